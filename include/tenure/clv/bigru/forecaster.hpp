/// A model of daily series with all that it must know to forecast others, and what it is saved as: a directory of
/// config.json and model.safetensors. Component tenure::json.
#pragma once

#include "../../train/evaluate.hpp"
#include "../model_directory.hpp"
#include "network.hpp"
#include "residual_bootstrap.hpp"

namespace tenure { inline namespace TENURE_ABI { namespace clv {

/// Days to come of one series.
struct BiGruForecast {
  std::string name;
  std::vector<std::chrono::sys_days> dates;
  std::vector<double> predicted;
  metrics::Intervals intervals;
};

struct BiGruForecastOptions {
  Index horizon = 30;
  double share = 0.9;  ///< of the paths that lie within an interval
  Index paths = 200;   ///< that are drawn for the intervals
  std::uint64_t seed = 42, stream = 0;
};

class BiGruForecaster {
 public:
  BiGruDataOptions options;
  std::vector<std::string> regressors;
  BiGruScalers scalers;
  BiGruResiduals residuals;
  BiGru<float> model;

  /// A model that is not trained, of as many features as the data have.
  [[gnu::cold]] BiGruForecaster(const BiGruData& data, BiGruConfig config, Rng& rng)
      : options(data.options),
        regressors(data.set.regressors),
        scalers(data.scalers),
        model((config.features = data.features.count(), config), rng) {}
  [[gnu::cold]] BiGruForecaster(const BiGruConfig& config, Rng& rng) : model(config, rng) {}

  /// The next day's value of each of some windows.
  [[gnu::cold]] std::vector<double> predict(const BiGruData& data, std::span<const Index> windows,
                                            Executor* executor = nullptr) const {
    return scalers.values(tenure::predict(model, data.dataset(windows), {.executor = executor}));
  }

  /// The days after the first `known` of a series: the model's output is fed back, with calendar and features of the
  /// new days. Regressors are taken to be as on the same weekday of the last week. Intervals come from paths to each
  /// day of which a residual is added. @param bounds of what is no anomaly
  /// @throws ValueError for a series shorter than a window, or with other regressors
  [[gnu::cold]] BiGruForecast forecast(const DailySeries& series, std::size_t known, const Bounds& bounds,
                                       const BiGruForecastOptions& with) const;

 private:
  struct Paths;
};

/// Paths into the future, the first of them without residuals.
struct BiGruForecaster::Paths {
  BiGruFeatures features;
  std::vector<std::vector<double>> past;  // of each path: at least the last `reach` values
  std::vector<double> deviations;         // of each path's last 30 days
  Tensor<float> windows;                  // (paths, window, features), scaled

  [[gnu::cold]] Paths(const BiGruForecaster& forecaster, const DailySeries& series, std::size_t known,
                      const Bounds& bounds, Index paths)
      : features(forecaster.regressors) {
    const auto window = static_cast<std::size_t>(forecaster.options.window);
    const std::size_t length = std::min(known, window + static_cast<std::size_t>(BiGruFeatures::reach) - 1);
    const std::size_t begin = known - length;
    const std::vector<double> tail = clip_anomalies(std::span(series.value).subspan(begin, length), bounds);
    const Tensor<double> others =
        series.regressors.empty()
            ? Tensor<double>()
            : Tensor<double>(series.regressors.slice(static_cast<Index>(begin), static_cast<Index>(known)));
    const Tensor<double> rows = features.table(tail, std::span(series.dates).subspan(begin, length), others);
    const Tensor<double> scaled = forecaster.scalers.inputs.transform(
        rows.slice(static_cast<Index>(length - window), static_cast<Index>(length)));
    windows = Tensor<float>({paths, forecaster.options.window, features.count()});
    for (Index path = 0; path < paths; ++path) {
      std::ranges::transform(scaled, windows.data() + path * scaled.size(),
                             [](double x) { return static_cast<float>(x); });
    }
    past.assign(static_cast<std::size_t>(paths), tail);
    deviations.assign(static_cast<std::size_t>(paths), rows(static_cast<Index>(length) - 1, BiGruFeatures::deviation));
  }

  /// Adds a day to each path: its value is already the last of the past. @param others the day's regressors
  [[gnu::cold]] void advance(const Scaler& scaler, std::chrono::sys_days date, const double* others) {
    const Index paths = windows.shape()[0], width = features.count(), size = windows.size() / paths;
    const Tensor<double> day = BiGruFeatures::calendar({&date, 1});
    Tensor<double> rows({paths, width});
    for (Index path = 0; path < paths; ++path) {
      const std::span<const double> values = past[static_cast<std::size_t>(path)];
      const std::size_t length = std::min(values.size(), static_cast<std::size_t>(BiGruFeatures::reach));
      features.write_row(values.last(length), day.data(), others, &rows(path, 0));
      deviations[static_cast<std::size_t>(path)] = rows(path, BiGruFeatures::deviation);
    }
    const Tensor<double> scaled = scaler.transform(rows);
    for (Index path = 0; path < paths; ++path) {
      float* const window = windows.data() + path * size;
      std::copy(window + width, window + size, window);
      std::transform(&scaled(path, 0), &scaled(path, 0) + width, window + size - width,
                     [](double x) { return static_cast<float>(x); });
    }
  }
};

inline BiGruForecast BiGruForecaster::forecast(const DailySeries& series, std::size_t known, const Bounds& bounds,
                                               const BiGruForecastOptions& with) const {
  if (known < static_cast<std::size_t>(options.window)) {
    throw ValueError(series.path, {"at least ", options.window, " days"}, {known});
  }
  const auto width = static_cast<Index>(regressors.size());
  if ((series.regressors.empty() ? 0 : series.regressors.shape()[1]) != width) {
    throw ValueError(series.path, {width, " regressors, as in training"}, "another number");
  }
  BiGruForecast result{.name = series.name, .dates = {}, .predicted = {}, .intervals = {}};
  Paths paths(*this, series, known, bounds, with.paths + 1);
  Tensor<double> drawn_paths({with.paths, with.horizon});
  Rng rng(with.seed, with.stream);
  for (Index step = 0; step < with.horizon; ++step) {
    const std::chrono::sys_days date = series.dates[known - 1] + std::chrono::days{step + 1};
    const std::vector<double>& drawn = residuals.of(weekday(date));
    std::vector<double> values = scalers.values(tenure::predict(model, paths.windows));
    for (std::size_t path = 0; path < values.size(); ++path) {
      if (path > 0) {
        const double residual = drawn[rng.below(drawn.size())];
        values[path] = scalers.allowed(values[path] + residual * residuals.scale(paths.deviations[path]));
        drawn_paths(static_cast<Index>(path) - 1, step) = values[path];
      }
      paths.past[path].push_back(std::clamp(values[path], bounds.low, bounds.high));
    }
    result.dates.push_back(date);
    result.predicted.push_back(values[0]);
    const auto week = static_cast<Index>(std::min<std::size_t>(known, 7));
    paths.advance(scalers.inputs, date,
                  width == 0 ? nullptr : &series.regressors(static_cast<Index>(known) - week + step % week, 0));
  }
  result.intervals = metrics::intervals_of_paths(drawn_paths.view(), with.share);
  return result;
}

/// What config.json holds; other keys may be added to it.
[[gnu::cold]] inline nlohmann::ordered_json config_json(const BiGruForecaster& forecaster) {
  nlohmann::ordered_json json = config_of_model("bigru");
  json["config"] = state_json(forecaster.model.config);
  json["series"] = state_json(forecaster.options);
  json["regressors"] = forecaster.regressors;
  json["scalers"] = state_json(forecaster.scalers);
  json["residuals"] = state_json(forecaster.residuals);
  return json;
}

/// Writes model.safetensors and config.json, with these options in it, to a directory that is there. @throws FileError
[[gnu::cold]] inline void save(const BiGruForecaster& forecaster, const std::string& directory,
                               const nlohmann::ordered_json& options = {}) {
  save_directory(directory, forecaster.model, config_json(forecaster), options);
}

/// @throws FileError for a directory that was not written by save(), is of another version, or whose files do not
/// belong together
[[gnu::cold]] inline BiGruForecaster load_bigru_forecaster(const std::string& directory) {
  const std::string path = directory + "/config.json";
  const nlohmann::ordered_json json = read_config(directory, "bigru");
  const auto part = [&](const char* name) { return json.value(name, nlohmann::ordered_json()); };
  BiGruConfig config{};
  read_state(part("config"), path, config);
  Rng rng;
  BiGruForecaster forecaster(config, rng);
  read_state(part("series"), path, forecaster.options);
  read_state(part("scalers"), path, forecaster.scalers);
  read_state(part("residuals"), path, forecaster.residuals);
  forecaster.regressors = json.value("regressors", std::vector<std::string>());
  load_weights(directory, config_json(forecaster), forecaster.model);
  return forecaster;
}

}}}  // namespace tenure::TENURE_ABI::clv
