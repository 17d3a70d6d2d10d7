/// A daily LTV model with the correction that goes with it.
///
///   clv::DailyLtvForecaster model;
///   model.fit(table, {.epochs = 50});
///   const auto predicted = model.predict(table), final = model.corrected(predicted);   predicted.at(row, 30);
///   model.save("runs/daily_ltv");   …   const auto again = clv::DailyLtvForecaster::load("runs/daily_ltv");
///
/// A directory holds config.json (sizes, correction, versions) and model.safetensors (weights under PyTorch's names).
/// Component tenure::json.
#pragma once

#include "../model_directory.hpp"
#include "accuracy.hpp"
#include "baselines.hpp"
#include "training.hpp"

TENURE_NO_CONTRACTION
namespace tenure { inline namespace TENURE_ABI { namespace clv {

/// What the factors of the correction are learnt from.
enum class DailyLtvCorrection {
  published,  ///< learnt on all rows, so that it is measured on what it was learnt from
  holdout,    ///< learnt on the earlier half of the weeks
};
/// Names of the corrections, in the order of DailyLtvCorrection.
inline constexpr std::array daily_ltv_correction_names{"published", "holdout"};

/// The defaults are those of the published model.
struct DailyLtvForecasterConfig {
  DailyLtvConfig network = {};
  Index prediction_days = 30;  ///< behind the seven that are known
  DailyLtvCorrection correction = DailyLtvCorrection::published;
};

/// What config.json says of the model's making, beside training_json().
[[gnu::cold]] inline nlohmann::ordered_json options_json(const DailyLtvForecasterConfig& config) {
  return {{"prediction_days", config.prediction_days},
          {"correction", daily_ltv_correction_names[static_cast<std::size_t>(config.correction)]}};
}

struct DailyLtvForecaster {
  static constexpr Index published_epochs = daily_ltv_epochs, published_batch_size = daily_ltv_batch_size;

  DailyLtvForecasterConfig config;
  std::optional<DailyLtv<float>> network;  ///< there once fit(), initialize() or load() made it
  std::vector<double> factors = {};        ///< of the correction, from day 7 on
  Index epochs = 0;                        ///< that it was trained for, for the names of files

  [[gnu::cold]] explicit DailyLtvForecaster(const DailyLtvForecasterConfig& with = {}) : config(with) {}

  /// Trains a new network on four fifths of the rows' sequences, validated on the others, and learns the correction.
  /// @throws ValueError where there is nothing to learn from; Error where the training ended before its time
  [[gnu::cold]] History fit(const DailyLtvTable& table, const TrainingOptions& options = {}) {
    initialize(options.seed);
    return fit_further(table, options);
  }

  /// The same from the weights that there are, when a newer table has come: sequences that both have stay where they
  /// were, in training or in validation.
  /// @param identity what a checkpoint must agree in to be gone on from; empty: the options and the table's size and sum
  /// @throws as fit(); StateError for a model without weights
  [[gnu::cold]] History fit_further(const DailyLtvTable& table, const TrainingOptions& options = {},
                                    std::map<std::string, std::string> identity = {});

  /// Makes a new network of drawn weights, and forgets the correction.
  [[gnu::cold]] void initialize(std::uint64_t seed) {
    Rng rng(seed);
    network.emplace(config.network, rng);
    factors.clear();
    epochs = 0;
  }

  /// The days behind the first seven of every row, before the correction.
  /// @throws ValueError for no rows or days; StateError for a model that is not trained
  [[gnu::cold]] DailyLtvForecast predict(const DailyLtvTable& table, Index days) const {
    check_fitted("predict");
    return daily_ltv_forecast(*network, table, days);
  }
  [[gnu::cold]] DailyLtvForecast predict(const DailyLtvTable& table) const {
    return predict(table, config.prediction_days);
  }

  /// The same after the correction. @param forecast of config.prediction_days days at most
  [[gnu::cold]] DailyLtvForecast corrected(DailyLtvForecast forecast) const {
    if (forecast.days() > factors.size()) {
      throw StateError("corrected", {"a correction of ", forecast.days(), " days, which fit() learns"},
                       {factors.size()});
    }
    return clv::corrected(std::move(forecast), factors);
  }

  /// Learns the correction from the rows for which `wanted` is true. @throws as predict()
  [[gnu::cold]] void learn_correction(const DailyLtvTable& table, auto&& wanted) {
    factors = daily_ltv_correction(table, predict(table), wanted);
  }

  /// Accuracies on the later half of the table's weeks: the model, the model with a correction that the earlier half
  /// gave, and rules that learnt from the earlier half. They are forecasts where the model has not seen the later half:
  ///
  ///   model.fit(earlier_half(table));   model.evaluate(table);
  ///
  /// @throws ValueError for fewer than two weeks; StateError for a model that is not trained
  [[gnu::cold]] std::vector<DailyLtvScored> evaluate(const DailyLtvTable& table) const;

  /// Writes model.safetensors and config.json, with these options in it: what options_json() has, if nothing is given.
  /// @throws FileError; StateError for a model that is not trained
  [[gnu::cold]] void save(const std::string& directory, const nlohmann::ordered_json& options = {}) const {
    check_fitted("save");
    save_directory(directory, *network, config_json(), options.is_null() ? options_json(config) : options);
  }

  /// @throws FileError for a directory that was not written by save(), is of another version, or whose files do not
  /// belong together
  [[gnu::cold]] static DailyLtvForecaster load(const std::string& directory);

 private:
  void check_fitted(const char* what) const {
    if (!network) throw StateError(what, "a trained model: call fit() or DailyLtvForecaster::load() first", "none");
  }

  /// What config.json holds beside the options.
  [[gnu::cold]] nlohmann::ordered_json config_json() const {
    nlohmann::ordered_json json = config_of_model("daily_ltv");
    json.update({{"config", state_json(network->config)}, {"epochs", epochs}, {"correction", factors}});
    return json;
  }
};

namespace detail {

/// Rows, columns and the sum of what is known: a table with other rows or values has another.
[[gnu::cold]] inline std::string size_and_sum(const DailyLtvTable& table) {
  double sum = 0;
  for (const DailyLtvRow& row : table.rows) {
    for (const double value : row.ltv) sum += is_nan(value) ? 0 : value;
  }
  return nlohmann::ordered_json{{"rows", table.rows.size()}, {"days", table.days}, {"sum", sum}}.dump();
}

}  // namespace detail

inline History DailyLtvForecaster::fit_further(const DailyLtvTable& table, const TrainingOptions& options,
                                               std::map<std::string, std::string> identity) {
  check_fitted("fit_further");
  detail::ForgottenUnlessTrained untrained(network);
  const TrainingOptions how = detail::with_defaults(options, published_epochs, published_batch_size);
  if (identity.empty()) {
    nlohmann::ordered_json json = options_json(config);
    json.update(training_json(how));
    identity = {{"options", json_text(json)}, {"table", detail::size_and_sum(table)}};
  }
  const DailyLtvSequences sequences = daily_ltv_sequences(table);
  const Split split = split_daily_ltv_sequences(table, sequences, how.seed);
  const DailyLtvDataset train = sequences.dataset(split.train), validation = sequences.dataset(split.validation);
  const Parameters<float> parameters(*network);
  Adam<float> adam(parameters, AdamConfig::keras(how.learning_rate));
  const History history =
      detail::train_model(*network, adam, mse<float>,
                          detail::TrainingOf<DailyLtvDataset>{.parameters = parameters,
                                                              .train = train,
                                                              .validation = validation,
                                                              .metrics = detail::daily_ltv_metrics(),
                                                              .identity = std::move(identity)},
                          how);
  epochs = how.epochs.value();
  if (config.correction == DailyLtvCorrection::published) {
    learn_correction(table, [](std::size_t) { return true; });
  } else {
    learn_correction(table, [&, later = later_half(table)](std::size_t r) { return table.rows[r].begin < later; });
  }
  untrained.trained();
  return history;
}

inline std::vector<DailyLtvScored> DailyLtvForecaster::evaluate(const DailyLtvTable& table) const {
  const auto early = [&, later = later_half(table)](std::size_t r) { return table.rows[r].begin < later; };
  const auto late = [&](std::size_t r) { return !early(r); };
  const DailyLtvForecast predicted = predict(table);
  const DailyLtvForecast after = clv::corrected(predicted, daily_ltv_correction(table, predicted, early));
  std::vector<DailyLtvScored> scored{{"LSTM", daily_ltv_scores(table, predicted, late)},
                                     {"LSTM, corrected", daily_ltv_scores(table, after, late)}};
  static constexpr std::array names{"last value (flat)", "constant growth", "mean growth of the day"};
  for (std::size_t i = 0; i < daily_ltv_rules.size(); ++i) {
    const std::vector<double> growth = growth_by_rule(daily_ltv_rules[i], table, config.prediction_days, early);
    scored.push_back({names[i], daily_ltv_scores(table, daily_ltv_forecast_by_rule(growth, table), late)});
  }
  return scored;
}

inline DailyLtvForecaster DailyLtvForecaster::load(const std::string& directory) {
  const JsonFile file = read_config(directory, "daily_ltv");
  const JsonValue json = file.root();
  DailyLtvForecaster forecaster;
  read_state(json["config"], forecaster.config.network);
  if (const auto epochs = json.find("epochs")) forecaster.epochs = epochs->within<Index>(0, 1'000'000'000);
  forecaster.factors = json["correction"].as<std::vector<double>>();
  forecaster.config.prediction_days = static_cast<Index>(forecaster.factors.size());
  if (detail::has_option(file, "correction", "holdout")) forecaster.config.correction = DailyLtvCorrection::holdout;
  load_network(directory, file, forecaster.config.network, forecaster.network);
  return forecaster;
}

}}}  // namespace tenure::TENURE_ABI::clv
TENURE_CONTRACTION_AS_BEFORE
