/// A hybrid model with all that it needs to read a shop's transactions.
///
///   clv::HybridForecaster model;
///   model.fit(clv::HybridData(model.config.recipe, transactions), {.epochs = 20});
///   const auto forecast = model.predict(transactions);
///   model.save("runs/hybrid_clv");   …   const auto again = clv::HybridForecaster::load("runs/hybrid_clv");
///
/// A directory holds config.json (recipe, sizes, scalers, countries, versions) and model.safetensors (weights under
/// PyTorch's names). Component tenure::json.
#pragma once

#include <iterator>
#include <set>

#include "../../ops/losses.hpp"
#include "../../train/predict.hpp"
#include "../model_directory.hpp"
#include "evaluation.hpp"

namespace tenure { inline namespace TENURE_ABI { namespace clv {

/// Amounts of the months to come.
struct HybridForecast {
  std::vector<std::string> customers;
  std::vector<std::string> countries;
  std::vector<int> history;  ///< a customer's months since its first purchase, at most as many as the model looks at
  int first_month = 0;       ///< month_index() of the first forecast month
  int input_months = 0;      ///< that the model looks at
  Tensor<float> amounts;     ///< in money. // (customers, horizon)
  /// Customers of whom the panel keeps no row (prices of 0, amounts far out, a month that is not over): no forecast.
  std::vector<std::string> left_out = {};

  /// Customers with fewer months than the model looks at. Those before their first purchase were taken as empty.
  std::size_t short_histories() const noexcept {
    return static_cast<std::size_t>(std::ranges::count_if(history, [&](int months) { return months < input_months; }));
  }
};

/// The defaults are those of the published model.
struct HybridForecasterConfig {
  Recipe recipe = Recipe::published;
  HybridConfig network = {};  ///< fit() sets its categories, steps and horizon to those of the data
};

/// What config.json says of a model's making, beside training_json().
[[gnu::cold]] inline nlohmann::ordered_json options_json(const HybridForecasterConfig& config) {
  return {{"recipe", recipe_names[static_cast<std::size_t>(config.recipe)]},
          {"country", config.network.country == CountryInput::index ? "index" : "one_hot"}};
}

/// Predicts, evaluates and saves once fit() has trained it, or load() read it.
struct HybridForecaster {
  static constexpr Index published_epochs = 20, published_batch_size = 30;

  HybridForecasterConfig config;
  HybridScalers scalers;
  std::uint64_t split_seed = 0;          ///< that of the data it was trained on
  std::optional<Hybrid<float>> network;  ///< there once fit() or load() made it

  [[gnu::cold]] explicit HybridForecaster(HybridForecasterConfig with = {}) : config(std::move(with)) {}

  /// Trains a new network on the data's training part, validated on its validation part.
  /// @throws ValueError for data of another recipe; Error where the training ended before its time
  [[gnu::cold]] History fit(const HybridData& data, const TrainingOptions& options = {}) {
    check_recipe(data);
    const TrainingOptions how = detail::with_defaults(options, published_epochs, published_batch_size);
    scalers = data.scalers;
    split_seed = data.seed;
    config.network.categories = scalers.countries.categories();
    config.network.steps = data.options.input_months;
    config.network.horizon = data.options.horizon;
    Rng rng(how.seed);
    network.emplace(config.network, rng);
    detail::ForgottenUnlessTrained untrained(network);
    const Parameters<float> parameters(*network);
    Adam<float> adam(parameters, AdamConfig::keras(how.learning_rate));
    const HybridDataset windows = dataset(data.panel, data.windows), train = windows.select(data.split.train),
                        validation = windows.select(data.split.validation);
    nlohmann::ordered_json identity = options_json(config);
    identity.update(training_json(how));
    const History history =
        detail::train_model(*network, adam, mse<float>,
                            detail::TrainingOf<HybridDataset>{
                                .parameters = parameters,
                                .train = train,
                                .validation = validation,
                                .identity = {{"options", json_text(identity)}, {"data", state_text(scalers)}}},
                            how);
    untrained.trained();
    return history;
  }

  /// For every customer the months after the last of the transactions, from its own months up to then.
  /// @throws ValueError where no row remains, saying what each step left; StateError for a model that is not trained
  [[gnu::cold]] HybridForecast predict(const Transactions& transactions) const {
    check_fitted("predict");
    PanelOptions options = panel_options(config.recipe, transactions);
    options.missing = MissingCustomer::dropped;  // a pool is nobody to send an offer to
    const MonthlyPanel panel = monthly_panel(transactions, options), recent = recent_months(panel, options);
    const int last = (std::ranges::max)(panel.month);
    HybridForecast forecast{panel.customers, panel.countries, {}, last + 1, static_cast<int>(options.input_months), {}};
    for (std::size_t c = 0; c < panel.customers.size(); ++c) {
      forecast.history.push_back((std::min)(last - panel.month[panel.begin[c]] + 1, forecast.input_months));
    }
    forecast.amounts = amounts(recent, panel_windows(recent, options));
    const std::set<std::string_view> known(panel.customers.begin(), panel.customers.end());
    std::ranges::copy_if(transactions.customer.names, std::back_inserter(forecast.left_out),
                         [&](const std::string& name) { return !known.contains(name); });
    return forecast;
  }

  /// The model on the data's test part, beside the rules; beside a plain LSTM too, where options to train one on the
  /// data's training part are given.
  /// @throws ValueError for data of another recipe; ShapeError for windows of other lengths; StateError for a model that
  /// is not trained
  [[gnu::cold]] HybridComparison evaluate(const HybridData& data,
                                          const std::optional<TrainingOptions>& plain_lstm = {}) const {
    check_fitted("evaluate");
    check_recipe(data);
    HybridComparison comparison(data, scalers);
    comparison.add("hybrid", amounts(data.panel, data.windows));
    comparison.add("mean of input months", mean_of_inputs(data.windows));
    comparison.add("last month repeated", last_month_repeated(data.windows));
    if (plain_lstm) {
      const HybridDataset windows = dataset(data.panel, data.windows);
      const PlainLstm<float> lstm =
          fit_plain_lstm(network->config, windows.select(data.split.train),
                         detail::with_defaults(*plain_lstm, published_epochs, published_batch_size));
      comparison.add("LSTM", scalers.money(tenure::predict(lstm, windows)));
    }
    return comparison;
  }

  /// Writes model.safetensors and config.json, with these options in it. @throws FileError; StateError for a model that
  /// is not trained
  [[gnu::cold]] void save(const std::string& directory, const nlohmann::ordered_json& options = {}) const {
    check_fitted("save");
    nlohmann::ordered_json json = config_of_model("hybrid");
    json["recipe"] = recipe_names[static_cast<std::size_t>(config.recipe)];
    json["split_seed"] = split_seed;
    json["config"] = state_json(network->config);
    json["scalers"] = state_json(scalers);
    save_directory(directory, *network, std::move(json), options);
  }

  /// @throws FileError for a directory that was not written by save(), is of another version, or whose files do not
  /// belong together
  [[gnu::cold]] static HybridForecaster load(const std::string& directory) {
    const JsonFile file = read_config(directory, "hybrid");
    const JsonValue json = file.root(), name = json["recipe"], scalers = json["scalers"];
    const std::optional<Recipe> recipe = recipe_of(name.as<std::string>());
    if (!recipe) name.fail("a recipe that is known");
    HybridForecaster forecaster({.recipe = *recipe});
    HybridConfig& sizes = forecaster.config.network;
    read_state(json["config"], sizes);
    read_state(scalers, forecaster.scalers);
    if (const auto seed = json.find("split_seed")) forecaster.split_seed = seed->as<std::uint64_t>();
    const Index months = months_of(*recipe);
    if (sizes.steps != months || sizes.horizon != months) {
      json["config"].fail({"steps and horizon of ", months, ", as the recipe ",
                           recipe_names[static_cast<std::size_t>(*recipe)], " has"},
                          {sizes.steps, " and ", sizes.horizon});
    }
    if (forecaster.scalers.trend.features() != sizes.trend) {
      scalers["trend"].fail({sizes.trend, " features, as config.trend has"}, {forecaster.scalers.trend.features()});
    }
    if (forecaster.scalers.countries.categories() != sizes.categories) {
      scalers["countries"].fail({sizes.categories, " categories, as config.places has, the unknown one included"},
                                {forecaster.scalers.countries.categories()});
    }
    load_network(directory, file, sizes, forecaster.network);
    return forecaster;
  }

 private:
  void check_fitted(const char* what) const {
    if (!network) throw StateError(what, "a trained model: call fit() or HybridForecaster::load() first", "none");
  }
  void check_recipe(const HybridData& data) const {
    if (data.recipe == config.recipe) return;
    throw ValueError("data", {"those of the model's recipe, ", recipe_names[static_cast<std::size_t>(config.recipe)]},
                     recipe_names[static_cast<std::size_t>(data.recipe)]);
  }

  HybridDataset dataset(const MonthlyPanel& panel, const PanelWindows& windows) const {
    return hybrid_dataset(panel, windows, scalers, config.network.country);
  }
  /// What the model gives for windows, in money. // (windows, horizon)
  Tensor<float> amounts(const MonthlyPanel& panel, const PanelWindows& windows) const {
    return scalers.money(tenure::predict(*network, dataset(panel, windows)));
  }
};

}}}  // namespace tenure::TENURE_ABI::clv
