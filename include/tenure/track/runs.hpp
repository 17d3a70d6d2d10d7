/// Trainings side by side, as programs leave them in directories: config.json with what they were started with,
/// metrics.json with what was measured, history.csv with a row for each epoch. A component: link tenure::json.
///
///   const std::vector<TrainedRun> runs = read_runs("runs");
///   report::write_page(compare(runs), "runs/compare.html");
#pragma once

#include <cmath>
#include <filesystem>
#include <optional>

#include "../core/text.hpp"
#include "../data/csv/table.hpp"
#include "../report/page.hpp"
#include "json_values.hpp"

namespace tenure { inline namespace TENURE_ABI {

/// One training.
struct TrainedRun {
  std::string name;  ///< its directory, without what all have in common
  std::vector<std::pair<std::string, std::string>> parameters;
  std::vector<std::pair<std::string, double>> metrics;              ///< the model's, and of the run; not of baselines
  std::vector<std::pair<std::string, std::vector<double>>> curves;  ///< history.csv's columns but "epoch"
  std::vector<double> epochs;

  const std::string* parameter(std::string_view wanted) const noexcept {
    for (const auto& [key, value] : parameters) {
      if (key == wanted) return &value;
    }
    return nullptr;
  }
  /// NaN where there is none.
  double metric(std::string_view wanted) const noexcept {
    for (const auto& [key, value] : metrics) {
      if (key == wanted) return value;
    }
    return std::numeric_limits<double>::quiet_NaN();
  }
  const std::vector<double>* curve(std::string_view wanted) const noexcept {
    for (const auto& [key, values] : curves) {
      if (key == wanted) return &values;
    }
    return nullptr;
  }
};

namespace detail {

/// The JSON in a file, null where there is no file. @throws FileError
[[gnu::cold]] inline nlohmann::ordered_json read_object(const std::filesystem::path& path) {
  if (!std::filesystem::exists(path)) return nullptr;
  const JsonFile file(path.string());
  if (!file.json().is_object()) throw FileError(path.string(), "a JSON object", "something else");
  return file.json();
}

/// What config.json says of a training: its options and the model's sizes, lists aside.
[[gnu::cold]] inline void read_parameters(const nlohmann::ordered_json& config, TrainedRun& run) {
  const auto add = [&](const std::string& name, const nlohmann::ordered_json& value) {
    if (!value.is_array() && !run.parameter(name)) run.parameters.emplace_back(name, text_of(value));
  };
  if (config.contains("model")) add("model", config["model"]);
  for (const char* part : {"options", "config"}) {
    if (config.contains(part) && config[part].is_object()) for_each_value(config[part], add);
  }
}

[[gnu::cold]] inline void read_metrics(const nlohmann::ordered_json& metrics, TrainedRun& run) {
  static constexpr std::string_view of_model = "model/", of_baselines = "baselines/";
  for_each_value(metrics, [&](const std::string& name, const nlohmann::ordered_json& value) {
    if (!value.is_number() || name.starts_with(of_baselines)) return;
    run.metrics.emplace_back(name.starts_with(of_model) ? name.substr(of_model.size()) : name, value.get<double>());
  });
}

[[gnu::cold]] inline void read_history(const std::filesystem::path& path, TrainedRun& run) {
  if (!std::filesystem::exists(path)) return;
  const MappedFile file(path.string());
  std::vector<CsvColumn> columns;
  for (const std::string& name : csv_names(file.bytes(), path.string())) {
    columns.push_back({.name = name, .type = ColumnType::number});
  }
  CsvTable table = parse_csv(file.bytes(), path.string(), columns);
  for (std::size_t i = 0; i < columns.size(); ++i) {
    if (columns[i].name == "epoch") {
      run.epochs = table.column(i).numbers;
    } else {
      run.curves.emplace_back(columns[i].name, table.column(i).numbers);
    }
  }
  if (run.epochs.empty()) {
    for (std::size_t row = 0; row < table.rows(); ++row) run.epochs.push_back(static_cast<double>(row + 1));
  }
}

}  // namespace detail

/// Whether a directory is one that a training wrote to its end.
[[gnu::cold]] inline bool is_run(const std::filesystem::path& directory) {
  return std::filesystem::exists(directory / "metrics.json");
}

/// @throws FileError for files that are not what they should be
[[gnu::cold]] inline TrainedRun read_run(const std::filesystem::path& directory, std::string name) {
  TrainedRun run{.name = std::move(name), .parameters = {}, .metrics = {}, .curves = {}, .epochs = {}};
  detail::read_parameters(detail::read_object(directory / "config.json"), run);
  detail::read_metrics(detail::read_object(directory / "metrics.json"), run);
  detail::read_history(directory / "history.csv", run);
  return run;
}

/// The run that a directory is, or all below it, by name. Those that can't be read are left out, and `broken` has what
/// was said of them. @throws FileError where there is no directory, or no run in it
[[gnu::cold]] inline std::vector<TrainedRun> read_runs(const std::string& path, std::vector<std::string>& broken) {
  namespace fs = std::filesystem;
  std::error_code error;
  if (!fs::is_directory(path, error)) throw FileError(path, "a directory of runs", error ? error.message() : "a file");
  std::vector<fs::path> directories;
  if (is_run(path)) directories.emplace_back(path);
  for (const auto& entry : fs::recursive_directory_iterator(path, fs::directory_options::skip_permission_denied)) {
    if (entry.is_directory() && is_run(entry.path())) directories.push_back(entry.path());
  }
  if (directories.empty()) throw FileError(path, "runs, which are directories with a metrics.json", "none");
  std::ranges::sort(directories);
  std::vector<TrainedRun> runs;
  for (const fs::path& directory : directories) {
    const fs::path name = fs::relative(directory, path);
    try {
      runs.push_back(read_run(directory, name == "." ? fs::absolute(path).lexically_normal().string() : name.string()));
    } catch (const FileError& problem) {
      broken.emplace_back(problem.what());
    }
  }
  return runs;
}

/// Names of what runs have, each once, in the order in which they are met.
template <class Member>
[[gnu::cold]] std::vector<std::string> names_of(const std::vector<TrainedRun>& runs, Member member) {
  std::vector<std::string> names;
  for (const TrainedRun& run : runs) {
    for (const auto& one : run.*member) {
      if (std::ranges::find(names, one.first) == names.end()) names.push_back(one.first);
    }
  }
  return names;
}

/// The parameters in which runs differ, or all where there is one run.
[[gnu::cold]] inline std::vector<std::string> differing_parameters(const std::vector<TrainedRun>& runs) {
  std::vector<std::string> names = names_of(runs, &TrainedRun::parameters);
  if (runs.size() < 2) return names;
  std::erase_if(names, [&](const std::string& name) {
    return std::ranges::all_of(runs, [&](const TrainedRun& run) {
      const std::string *first = runs.front().parameter(name), *its = run.parameter(name);
      return (first && its) ? *first == *its : first == its;
    });
  });
  return names;
}

/// Which way a metric is better, by its name: 1 the more, −1 the less, 0 where that is not known.
[[gnu::cold]] inline int better_direction(std::string_view metric) {
  const auto has = [&](std::initializer_list<std::string_view> words) {
    return std::ranges::any_of(words,
                               [&](std::string_view word) { return metric.find(word) != std::string_view::npos; });
  };
  if (has({"r2", "spearman", "gini", "accuracy", "auc"})) return 1;
  if (has({"rmse", "mae", "mse", "mape", "loss", "pinball", "deviance"})) return -1;
  return 0;
}

/// The run whose value is best; none where that is not known, or where several have it.
[[gnu::cold]] inline std::optional<std::size_t> best_run(const std::vector<TrainedRun>& runs,
                                                         const std::string& metric) {
  const int direction = better_direction(metric);
  std::optional<std::size_t> best;
  double best_value = -(std::numeric_limits<double>::max)();
  for (std::size_t r = 0; r < runs.size() && direction != 0; ++r) {
    const double value = direction * runs[r].metric(metric);
    if (!is_finite(value) || value < best_value) continue;
    best = value > best_value ? std::optional(r) : std::nullopt;
    best_value = value;
  }
  return best;
}

/// Parameters in which they differ and metrics, a column for each run.
[[gnu::cold]] inline report::Table run_table(const std::vector<TrainedRun>& runs) {
  report::Table table{.id = "runs", .title = "Runs", .columns = {""}, .rows = {}};
  for (const TrainedRun& run : runs) table.columns.push_back(run.name);
  for (const std::string& name : differing_parameters(runs)) {
    table.rows.push_back({name});
    for (const TrainedRun& run : runs) {
      const std::string* value = run.parameter(name);
      table.rows.back().push_back(value ? *value : "–");
    }
  }
  for (const std::string& name : names_of(runs, &TrainedRun::metrics)) {
    const auto best = best_run(runs, name);
    if (best && runs.size() > 1) table.strong.emplace_back(table.rows.size(), *best + 1);
    table.rows.push_back({name});
    for (const TrainedRun& run : runs) {
      const double value = run.metric(name);
      table.rows.back().push_back(is_finite(value) ? text::formatted("%.5g", value) : "–");
    }
  }
  table.caption = "What differs among the runs, then what was measured; the best in bold.";
  return table;
}

/// A page that lays their curves over one another, under a table of the runs. @throws ValueError where there are none
[[gnu::cold]] inline report::Page compare(const std::vector<TrainedRun>& runs) {
  if (runs.empty()) throw ValueError("compare", "runs", "none");
  report::Page report{"Runs compared", {std::to_string(runs.size()) + " runs."}, {run_table(runs)}};
  for (const std::string& name : names_of(runs, &TrainedRun::curves)) {
    report::Figure figure{.id = "curve-" + std::to_string(report.parts.size()),
                          .title = name + " by epoch",
                          .x_label = "Epoch",
                          .y_label = name,
                          .series = {}};
    double low = std::numeric_limits<double>::infinity(), high = 0;
    for (const TrainedRun& run : runs) {
      const std::vector<double>* values = run.curve(name);
      if (!values) continue;
      figure.series.push_back({run.name, run.epochs, *values});
      for (const double value : *values) {
        if (!is_finite(value)) continue;
        low = (std::min)(low, value);
        high = (std::max)(high, value);
      }
    }
    if (low > 0 && high > 10 * low) figure.y_scale = report::Scale::logarithmic;
    report.parts.emplace_back(std::move(figure));
  }
  return report;
}

}}  // namespace tenure::TENURE_ABI
