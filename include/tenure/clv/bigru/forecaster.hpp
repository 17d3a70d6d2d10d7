/// Bidirectional GRUs of daily series with all that they must know to forecast others.
///
///   clv::BiGruForecaster model;
///   model.fit(clv::BiGruData(shops), {.epochs = 30});
///   for (const clv::BiGruForecast& days : model.predict(shops, {.horizon = 90})) …
///   model.save("runs/bigru_ltv");   …   const auto again = clv::BiGruForecaster::load("runs/bigru_ltv");
///
/// A directory holds config.json (sizes, scalers, residuals, versions) and model.safetensors (weights under PyTorch's
/// names). Component tenure::json.
#pragma once

#include "../../ops/losses.hpp"
#include "../../optim/adam.hpp"
#include "../../train/best_weights.hpp"
#include "../../train/predict.hpp"
#include "../model_directory.hpp"
#include "../training.hpp"
#include "baselines.hpp"
#include "network.hpp"
#include "residual_bootstrap.hpp"

TENURE_NO_CONTRACTION
namespace tenure { inline namespace TENURE_ABI { namespace clv {

/// Days to come of one series.
struct BiGruForecast {
  std::string name;
  std::vector<std::chrono::sys_days> dates;
  std::vector<double> predicted;
  metrics::Intervals intervals;
};

/// How far a series is forecast, and how its intervals come about.
struct BiGruForecastOptions {
  Index horizon = 30;
  double share = 0.9;  ///< of the paths that lie within an interval
  Index paths = 200;   ///< that are drawn for the intervals
  std::uint64_t seed = 42, stream = 0;
};

/// What the network is trained to make small.
enum class BiGruLoss { mse, huber };
/// Names of the losses, in the order of BiGruLoss.
inline constexpr std::array<const char*, 2> bigru_losses = {"mse", "huber"};

/// The defaults are those of the published model.
struct BiGruForecasterConfig {
  BiGruConfig network = {};    ///< fit() sets its features to those of the data
  BiGruDataOptions data = {};  ///< with which the data are made that it is trained on
  BiGruLoss loss = BiGruLoss::mse;
};

/// What config.json says of the model's making, beside training_json().
[[gnu::cold]] inline nlohmann::ordered_json options_json(const BiGruForecasterConfig& config) {
  nlohmann::ordered_json json = state_json(config.network);
  json.erase("features");
  json.update(state_json(config.data));
  json.update({{"anomalies", anomaly_detections[static_cast<std::size_t>(config.data.anomalies)]},
               {"loss", bigru_losses[static_cast<std::size_t>(config.loss)]}});
  return json;
}

struct BiGruForecaster {
  static constexpr Index published_epochs = 30, published_batch_size = 32;

  BiGruForecasterConfig config;
  std::vector<std::string> regressors;
  BiGruScalers scalers;
  BiGruResiduals residuals;             ///< of the validation part, for intervals
  std::optional<BiGru<float>> network;  ///< there once fit() or load() made it

  [[gnu::cold]] explicit BiGruForecaster(const BiGruForecasterConfig& with = {}) : config(with) {}

  /// Trains a new network on the data's training part; its weights are those of the epoch that was best on the
  /// validation part, of which the residuals are.
  /// @throws ValueError for data of other options; Error where the training ended before its time
  [[gnu::cold]] History fit(const BiGruData& data, const TrainingOptions& options = {});

  /// The next day's value of each of some windows. @throws StateError for a model that is not trained
  [[gnu::cold]] std::vector<double> predict(const BiGruData& data, std::span<const Index> windows,
                                            Executor* executor = nullptr) const {
    check_fitted("predict");
    return scalers.values(tenure::predict(*network, data.dataset(windows), {.executor = executor}));
  }

  /// The days after the last of every series, in their order, with intervals; the executor works on several at once.
  /// @throws ValueError for other regressors than those of the training, or a series shorter than a window; StateError
  /// for a model that is not trained
  [[gnu::cold]] std::vector<BiGruForecast> predict(const DailySeriesSet& set, const BiGruForecastOptions& with = {},
                                                   Executor* executor = nullptr) const;

  /// The days after the first `known` of a series: the model's output is fed back, with calendar and features of the
  /// new days. Regressors are taken to be as on the same weekday of the last week. Intervals come from paths to each
  /// day of which a residual is added. @param bounds of what is no anomaly
  /// @throws ValueError for a series shorter than a window, or with other regressors; StateError for a model that is
  /// not trained
  [[gnu::cold]] BiGruForecast forecast(const DailySeries& series, std::size_t known, const Bounds& bounds,
                                       const BiGruForecastOptions& with) const;

  /// The model on the next days of the data's test part, beside rules that need no training.
  /// @throws StateError for a model that is not trained
  [[gnu::cold]] std::vector<BiGruScored> evaluate(const BiGruData& data, Executor* executor = nullptr) const {
    check_fitted("evaluate");
    return scored_beside_rules(data, data.split.test, predict(data, data.split.test, executor), "BiGRU");
  }

  /// @param where the series are from, for the error @throws ValueError for others than those of the training
  [[gnu::cold]] void check_regressors(const DailySeriesSet& set, const std::string& where) const {
    if (set.regressors == regressors) return;
    throw ValueError(where, {"the regressors of the training, ", text::joined(regressors)},
                     text::joined(set.regressors));
  }

  /// Writes model.safetensors and config.json, with these options in it: what options_json() has, if nothing is given.
  /// @throws FileError; StateError for a model that is not trained
  [[gnu::cold]] void save(const std::string& directory, const nlohmann::ordered_json& options = {}) const {
    check_fitted("save");
    save_directory(directory, *network, config_json(), options.is_null() ? options_json(config) : options);
  }

  /// @throws FileError for a directory that was not written by save(), is of another version, or whose files do not
  /// belong together
  [[gnu::cold]] static BiGruForecaster load(const std::string& directory);

 private:
  struct Paths;

  void check_fitted(const char* what) const {
    if (!network) throw StateError(what, "a trained model: call fit() or BiGruForecaster::load() first", "none");
  }

  /// What config.json holds beside the options.
  [[gnu::cold]] nlohmann::ordered_json config_json() const {
    nlohmann::ordered_json json = config_of_model("bigru");
    json["config"] = state_json(network->config);
    json["series"] = state_json(config.data);
    for (const std::string& name : regressors) tenure::detail::check_utf8("regressors", name);
    json["regressors"] = regressors;
    json["scalers"] = state_json(scalers);
    json["residuals"] = state_json(residuals);
    return json;
  }
};

inline History BiGruForecaster::fit(const BiGruData& data, const TrainingOptions& options) {
  if (data.options != config.data) {
    throw ValueError("fit", {"data that are made with the model's config.data, ", state_json(config.data).dump()},
                     state_json(data.options).dump());
  }
  const TrainingOptions how = detail::with_defaults(options, published_epochs, published_batch_size);
  config.network.features = data.features.count();
  regressors = data.set.regressors;
  scalers = data.scalers;
  residuals = {};
  Rng rng(how.seed);
  network.emplace(config.network, rng);
  detail::ForgottenUnlessTrained untrained(network);
  const Parameters<float> parameters(*network);
  Adam<float> adam(parameters, {.learning_rate = how.learning_rate});
  BestWeights best;
  const auto loss = [huber_loss = config.loss == BiGruLoss::huber](Var<float> p, Var<float> y) {
    return huber_loss ? huber(p, y) : mse(p, y);
  };
  const BiGruDataset train = data.dataset(data.split.train), validation = data.dataset(data.split.validation);
  nlohmann::ordered_json identity = options_json(config);
  identity.update(training_json(how));
  const History history =
      detail::train_model(*network, adam, loss,
                          detail::TrainingOf<BiGruDataset>{
                              .parameters = parameters,
                              .train = train,
                              .validation = validation,
                              .identity = {{"options", json_text(identity)}, {"data", json_text(config_json())}}},
                          how, best);
  ThreadPool pool(how.threads);
  residuals = BiGruResiduals(data, data.split.validation, predict(data, data.split.validation, &pool));
  untrained.trained();
  return history;
}

/// Paths into the future, the first of them without residuals.
struct BiGruForecaster::Paths {
  BiGruFeatures features;
  std::vector<std::vector<double>> past;  // of each path: at least the last `reach` values
  std::vector<double> deviations;         // of each path's last 30 days
  Tensor<float> windows;                  // (paths, window, features), scaled

  [[gnu::cold]] Paths(const BiGruForecaster& forecaster, const DailySeries& series, std::size_t known,
                      const Bounds& bounds, Index paths)
      : features(forecaster.regressors) {
    const auto window = static_cast<std::size_t>(forecaster.config.data.window);
    const std::size_t length = (std::min)(known, window + static_cast<std::size_t>(BiGruFeatures::reach) - 1);
    const std::size_t begin = known - length;
    const std::vector<double> tail = clip_anomalies(std::span(series.value).subspan(begin, length), bounds);
    const Tensor<double> others =
        series.regressors.empty()
            ? Tensor<double>()
            : Tensor<double>(series.regressors.slice(static_cast<Index>(begin), static_cast<Index>(known)));
    const Tensor<double> rows = features.table(tail, std::span(series.dates).subspan(begin, length), others);
    const Tensor<double> scaled = forecaster.scalers.inputs.transform(
        rows.slice(static_cast<Index>(length - window), static_cast<Index>(length)));
    windows = Tensor<float>({paths, forecaster.config.data.window, features.count()});
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
      const std::size_t length = (std::min)(values.size(), static_cast<std::size_t>(BiGruFeatures::reach));
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
  check_fitted("forecast");
  if (known < static_cast<std::size_t>(config.data.window)) {
    throw ValueError(series.path, {"at least ", config.data.window, " days"}, {known});
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
    std::vector<double> values = scalers.values(tenure::predict(*network, paths.windows));
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
    const auto week = static_cast<Index>((std::min<std::size_t>)(known, 7));
    paths.advance(scalers.inputs, date,
                  width == 0 ? nullptr : &series.regressors(static_cast<Index>(known) - week + step % week, 0));
  }
  result.intervals = metrics::intervals_of_paths(drawn_paths.view(), with.share);
  return result;
}

inline std::vector<BiGruForecast> BiGruForecaster::predict(const DailySeriesSet& set, const BiGruForecastOptions& with,
                                                           Executor* executor) const {
  check_fitted("predict");
  check_regressors(set, "predict");
  std::vector<BiGruForecast> forecasts(set.series.size());
  const auto work = [&](Index i) {
    const auto place = static_cast<std::size_t>(i);
    const DailySeries& series = set.series[place];
    BiGruForecastOptions own = with;
    own.stream = with.stream + place;
    forecasts[place] = forecast(series, series.value.size(), anomaly_bounds(series.value, config.data), own);
  };
  const auto count = static_cast<Index>(forecasts.size());
  if (executor) {
    executor->run(count, work);
  } else {
    for (Index i = 0; i < count; ++i) work(i);
  }
  return forecasts;
}

inline BiGruForecaster BiGruForecaster::load(const std::string& directory) {
  const JsonFile file = read_config(directory, "bigru");
  const JsonValue json = file.root();
  BiGruForecaster forecaster;
  const BiGruConfig& sizes = forecaster.config.network;
  read_state(json["config"], forecaster.config.network);
  read_state(json["series"], forecaster.config.data);
  read_state(json["scalers"], forecaster.scalers);
  read_state(json["residuals"], forecaster.residuals);
  forecaster.regressors = json["regressors"].as<std::vector<std::string>>();
  if (const Index features = BiGruFeatures(forecaster.regressors).count(); sizes.features != features) {
    json["config"]["features"].fail({features, ", with ", forecaster.regressors.size(), " regressors"});
  }
  if (forecaster.scalers.inputs.features() != sizes.features) {
    json["scalers"]["inputs"].fail({sizes.features, " features, as config.features has"},
                                   {forecaster.scalers.inputs.features()});
  }
  if (detail::has_option(file, "loss", "huber")) forecaster.config.loss = BiGruLoss::huber;
  load_network(directory, file, sizes, forecaster.network);
  return forecaster;
}

}}}  // namespace tenure::TENURE_ABI::clv
TENURE_CONTRACTION_AS_BEFORE
