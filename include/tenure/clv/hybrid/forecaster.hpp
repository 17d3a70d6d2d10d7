/// A trained hybrid model with all that it needs to read a shop's transactions.
///
///   const auto model = clv::load("runs/hybrid_clv");
///   const auto forecast = model.predict(read_transactions("shop.csv"));
///
/// A directory holds config.json (recipe, sizes, scalers, countries, versions) and model.safetensors (weights under
/// PyTorch's names). Component tenure::json.
#pragma once

#include <iterator>
#include <set>

#include "../../data/csv/writer.hpp"
#include "../../train/predict.hpp"
#include "../model_directory.hpp"
#include "data.hpp"

namespace tenure { inline namespace TENURE_ABI { namespace clv {

/// Amounts of the months to come.
struct Forecast {
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

class Forecaster {
 public:
  Recipe recipe = Recipe::published;
  HybridScalers scalers;
  std::uint64_t seed = 0;  ///< of the split: with it the test part of the same transactions can be found again
  Hybrid<float> model;

  /// A model that is not trained, of the size that the data ask for.
  [[gnu::cold]] Forecaster(const HybridData& data, CountryInput country, std::uint64_t with_seed, Rng& rng)
      : recipe(data.recipe), scalers(data.scalers), seed(with_seed), model(config_of(data, country), rng) {}
  [[gnu::cold]] Forecaster(Recipe by, const HybridConfig& config, Rng& rng) : recipe(by), model(config, rng) {}

  /// For every customer the months after the last of the transactions, from its own months up to then.
  /// @throws ValueError where no row remains, saying what each step left
  [[gnu::cold]] Forecast predict(const Transactions& transactions) const {
    PanelOptions options = panel_options(recipe, transactions);
    options.missing = MissingCustomer::dropped;  // a pool is nobody to send an offer to
    const MonthlyPanel panel = monthly_panel(transactions, options), recent = recent_months(panel, options);
    const int last = (std::ranges::max)(panel.month);
    Forecast forecast{panel.customers, panel.countries, {}, last + 1, static_cast<int>(options.input_months), {}};
    for (std::size_t c = 0; c < panel.customers.size(); ++c) {
      forecast.history.push_back((std::min)(last - panel.month[panel.begin[c]] + 1, forecast.input_months));
    }
    forecast.amounts = scalers.money(predict(recent, panel_windows(recent, options)));
    const std::set<std::string_view> known(panel.customers.begin(), panel.customers.end());
    std::ranges::copy_if(transactions.customer.names, std::back_inserter(forecast.left_out),
                         [&](const std::string& name) { return !known.contains(name); });
    return forecast;
  }

  /// What the model gives for windows, scaled. // (windows, horizon)  @throws ShapeError for windows of other lengths
  [[gnu::cold]] Tensor<float> predict(const MonthlyPanel& panel, const PanelWindows& windows) const {
    return tenure::predict(model, hybrid_dataset(panel, windows, scalers, model.config.country));
  }

 private:
  static HybridConfig config_of(const HybridData& data, CountryInput country) {
    return {.categories = data.scalers.countries.categories(),
            .steps = data.options.input_months,
            .horizon = data.options.horizon,
            .country = country};
  }
};

/// What config.json holds; other keys may be added to it.
[[gnu::cold]] inline nlohmann::ordered_json config_json(const Forecaster& forecaster) {
  nlohmann::ordered_json json = config_of_model("hybrid");
  json["recipe"] = recipe_names[static_cast<std::size_t>(forecaster.recipe)];
  json["split_seed"] = forecaster.seed;
  json["config"] = state_json(forecaster.model.config);
  json["scalers"] = state_json(forecaster.scalers);
  return json;
}

/// Writes model.safetensors and config.json, with these options in it, to a directory that is there. @throws FileError
[[gnu::cold]] inline void save(const Forecaster& forecaster, const std::string& directory,
                               const nlohmann::ordered_json& options = {}) {
  save_directory(directory, forecaster.model, config_json(forecaster), options);
}

/// @throws FileError for a directory that was not written by save(), is of another version, or whose files do not
/// belong together
[[gnu::cold]] inline Forecaster load(const std::string& directory) {
  const std::string path = directory + "/config.json";
  const nlohmann::ordered_json json = read_config(directory, "hybrid");
  const auto recipe = std::ranges::find(recipe_names, json.value("recipe", ""));
  if (recipe == recipe_names.end()) throw FileError(path, "a recipe that is known", json.value("recipe", "none"));
  HybridConfig config{};
  read_state(json.value("config", nlohmann::ordered_json()), path, config);
  Rng rng;
  Forecaster forecaster(static_cast<Recipe>(recipe - recipe_names.begin()), config, rng);
  read_state(json.value("scalers", nlohmann::ordered_json()), path, forecaster.scalers);
  forecaster.seed = json.value("split_seed", std::uint64_t{0});
  load_weights(directory, config_json(forecaster), forecaster.model);
  return forecaster;
}

/// customer, country, months of history, then a column for each month, as 2012-01. @throws FileError
[[gnu::cold]] inline void write_csv(const Forecast& forecast, const std::string& path) {
  CsvWriter csv(path);
  csv.field("customer").field("country").field("months_of_history");
  const Index horizon = forecast.amounts.shape()[1];
  for (Index t = 0; t < horizon; ++t) {
    csv.field(format_date(month_start(forecast.first_month + static_cast<int>(t))).substr(0, 7));
  }
  csv.end_row();
  for (std::size_t c = 0; c < forecast.customers.size(); ++c) {
    csv.field(forecast.customers[c]).field(forecast.countries[c]).field(forecast.history[c]);
    for (const float amount : forecast.amounts[static_cast<Index>(c)]) {
      csv.field(std::round(100 * static_cast<double>(amount)) / 100);
    }
    csv.end_row();
  }
  csv.commit();
}

}}}  // namespace tenure::TENURE_ABI::clv
