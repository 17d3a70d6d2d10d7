/// What the example programs write into a run's directory, and the table of measures that they print.
#pragma once

#include <filesystem>
#include <tenure/data/csv/writer.hpp>
#include <tenure/io/file.hpp>
#include <tenure/io/state_json.hpp>
#include <tenure/core/text.hpp>
#include <tenure/metrics/scoreboard.hpp>
#include <tenure/train/history.hpp>
#include <utility>

namespace tenure {

/// Makes a directory, and those above it, where there are none. @throws FileError
inline void make_directory(const std::string& path) {
  std::error_code error;
  std::filesystem::create_directories(path, error);
  if (error) throw FileError(path, "to be able to make the directory", error.message());
}

inline std::string in_directory(const std::string& directory, const std::string& name) {
  return (std::filesystem::path(directory) / name).string();
}

/// Writes a JSON text with a name and a value to each line where it fits. @throws FileError
inline void write_json(const std::string& path, const nlohmann::ordered_json& json) {
  write_file(path, json.dump(2) + "\n");
}

template <class Measures>
nlohmann::ordered_json json_of(const Measures& scores) {
  nlohmann::ordered_json json;
  Measures::fields(scores, [&](const char* name, double value) { json[name] = value; });  // NaN becomes null
  return json;
}

/// {"model": {"rmse": …}, "baselines": {NAME: {the same}}}, to which a program adds what else it knows. The model is
/// the first.
template <class Measures>
nlohmann::ordered_json metrics_json(const std::vector<metrics::ScoredBy<Measures>>& scored) {
  nlohmann::ordered_json json{{"model", json_of(scored[0].scores)}, {"baselines", nlohmann::ordered_json::object()}};
  for (std::size_t i = 1; i < scored.size(); ++i) json["baselines"][scored[i].name] = json_of(scored[i].scores);
  return json;
}

/// The measures of each, and which of them are better than the model, which is the first.
template <class Measures>
void print_table(const std::vector<metrics::ScoredBy<Measures>>& scored) {
  std::size_t widest = 0;
  for (const auto& one : scored) widest = std::max(widest, one.name.size());
  std::string text(widest, ' ');
  for (const metrics::Measure& measure : Measures::measures) text += text::right_aligned(measure.name, 13);
  for (const auto& one : scored) {
    text += "\n" + one.name + std::string(widest - one.name.size(), ' ');
    for (const double value : metrics::values_of(one.scores))
      text += text::right_aligned(text::short_number(value), 13);
  }
  std::puts(text.c_str());
  const std::vector<std::string> better = metrics::better_than_first(scored);
  std::puts(better.empty() ? "\nNo baseline is better than the model in any of these." : "\nBetter than the model:");
  for (const std::string& line : better) std::printf("  %s\n", line.c_str());
}

/// epoch, loss, mse, val_loss, val_mse, seconds: epochs from 1 on, the mse without penalties; mae and val_mae before
/// the seconds where they were measured. @throws FileError
inline void write_history(const History& history, const std::string& path) {
  const bool mae = history.find("mae") && history.find("val_mae");
  CsvWriter csv(path);
  for (const char* name : {"epoch", "loss", "mse", "val_loss", "val_mse"}) csv.field(name);
  if (mae) csv.field("mae").field("val_mae");
  csv.field("seconds").end_row();
  for (Index epoch = 0; epoch < history.epochs(); ++epoch) {
    const auto value = [&](const char* name) { return history[name][static_cast<std::size_t>(epoch)]; };
    csv.field(epoch + 1);
    for (const auto& [name, without] : {std::pair("data_loss", "loss"), {"val_data_loss", "val_loss"}}) {
      csv.field(value(without)).field(value(history.find(name) ? name : without));
    }
    if (mae) csv.field(value("mae")).field(value("val_mae"));
    csv.field(value("seconds")).end_row();
  }
  csv.commit();
}

}  // namespace tenure
