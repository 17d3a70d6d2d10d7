/// From a shop's transactions to what the hybrid model is trained and measured on, by one of three recipes.
///
///                      months  rows left out               parts                                 scalers fitted on
///   published          6, 6    none; missing customers     60, 20, 20 % of the windows in order  all windows
///                              are pooled
///   customer_holdout   6, 6    missing customers, last     60, 20, 20 % of the customers at      train
///                              month if it is not over     random
///   forward            3, 3    the same                    test: the last 3 months as targets,   train
///                                                          validation: the 3 before, train: before them
///
/// The published recipe lets test rows into the scalers and has most customers on both sides of a cut; the forward one
/// shares no target month between parts.
#pragma once

#include <optional>

#include "../../core/range.hpp"
#include "../../data/category_encoder.hpp"
#include "../../data/dataset.hpp"
#include "../../data/scaler.hpp"
#include "../../data/splits.hpp"
#include "../features/monthly_panel.hpp"
#include "network.hpp"

TENURE_NO_CONTRACTION
namespace tenure { inline namespace TENURE_ABI { namespace clv {

/// How a shop's transactions become training, validation and test: see above.
enum class Recipe { published, customer_holdout, forward };

/// By the values of Recipe.
inline constexpr std::array<const char*, 3> recipe_names = {"published", "customer_holdout", "forward"};

/// The recipe of a name, of "honest" too, which customer_holdout was called in 0.1; nothing for others.
[[gnu::cold]] inline std::optional<Recipe> recipe_of(std::string_view name) {
  const auto found = std::ranges::find(recipe_names, name == "honest" ? "customer_holdout" : name);
  if (found == recipe_names.end()) return {};
  return static_cast<Recipe>(found - recipe_names.begin());
}

/// Months that a recipe's models look at, and as many that they forecast.
inline Index months_of(Recipe recipe) noexcept { return recipe == Recipe::forward ? 3 : 6; }

/// The recipe's panel of these transactions, which are looked at for whether their last month is over: it is where they
/// reach its last three days, for shops are closed on some. @throws ValueError for no rows
[[gnu::cold]] inline PanelOptions panel_options(Recipe recipe, const Transactions& transactions) {
  PanelOptions options;
  options.input_months = options.horizon = months_of(recipe);
  if (recipe == Recipe::published) return options;
  options.missing = MissingCustomer::dropped;
  const std::chrono::sys_days last = last_day(transactions);
  const int month = month_index(last);
  if (month_start(month + 1) - last > std::chrono::days{3}) options.end = month_start(month);
  return options;
}

/// The parts of the recipe, as numbers of windows. @throws ValueError where one would be empty, saying why
[[gnu::cold]] inline Split split_windows(Recipe recipe, const PanelWindows& windows, const PanelOptions& options,
                                         std::uint64_t seed) {
  Split split;
  std::string rows = std::to_string(windows.count()) + " windows of ";
  std::vector<std::int64_t> customers(windows.customer.begin(), windows.customer.end());
  const auto count = std::unique(customers.begin(), customers.end()) - customers.begin();
  rows += std::to_string(count) + (count == 1 ? " customer" : " customers");
  if (count < 2) throw ValueError("split", "windows of at least 2 customers", rows);
  if (recipe == Recipe::published) {
    if (windows.count() >= 5) split = split_in_order(windows.count(), {.validation = 0.2, .test = 0.2});
  } else if (recipe == Recipe::customer_holdout) {
    customers.assign(windows.customer.begin(), windows.customer.end());
    if (count >= 5) split = split_by_group(customers, {.validation = 0.2, .test = 0.2}, Rng(seed));
  } else {
    const int horizon = static_cast<int>(options.horizon), last = (std::ranges::max)(windows.first_month);
    for (Index w = 0; w < windows.count(); ++w) {
      const int before = last - windows.first_month[static_cast<std::size_t>(w)];
      if (before == 0) split.test.push_back(w);
      if (before == horizon) split.validation.push_back(w);
      if (before >= 2 * horizon) split.train.push_back(w);
    }
  }
  if (split.train.empty() || split.validation.empty() || split.test.empty()) {
    constexpr const char* needs[] = {"at least 5 windows, for three parts of them",
                                     "windows of at least 5 customers, for three parts of them",
                                     "months enough for three parts that share none"};
    throw ValueError("split", needs[static_cast<int>(recipe)], rows);
  }
  return split;
}

/// What a model of the recipe must know to read other transactions, and to be read itself.
struct HybridScalers {
  Scaler trend{{.scaling = Scaling::min_max}};
  Scaler target{{.scaling = Scaling::min_max}};
  CategoryEncoder countries;

  static void state(auto& self, auto&& f) {
    f("trend", self.trend);
    f("target", self.target);
    f("countries", self.countries);
  }
  /// Of what was read. @throws ValueError
  [[gnu::cold]] void check_state() const {
    if (!trend.fitted()) throw ValueError("trend", "a scaler that is fitted", "another");
    check_range("target", target.features(), Index{1}, Index{1});
  }

  /// Money to what the model gives, of any shape, and back.
  template <class T>
  Tensor<T> scaled(const Tensor<T>& amounts) const {
    return Tensor<T>(target.transform(amounts.reshape({-1, 1})).reshape(amounts.shape()));
  }
  template <class T>
  Tensor<T> money(const Tensor<T>& predictions) const {
    return Tensor<T>(target.inverse(predictions.reshape({-1, 1})).reshape(predictions.shape()));
  }
};

/// temporal, trend, countries; the target where windows have one that is asked for.
using HybridDataset = TensorDataset<float, float, float, std::int64_t>;

namespace detail {

/// The values of some windows.
template <class T>
[[gnu::cold]] Tensor<T> rows_of(const Tensor<T>& values, std::span<const Index> rows) {
  Tensor<T> chosen = Tensor<T>::uninitialized(values.shape().with(0, static_cast<Index>(rows.size())));
  const Index width = values.size() / values.shape()[0];
  for (std::size_t i = 0; i < rows.size(); ++i) {
    std::copy_n(values.data() + rows[i] * width, width, chosen.data() + static_cast<Index>(i) * width);
  }
  return chosen;
}

[[gnu::cold]] inline std::vector<std::string> countries_of(const MonthlyPanel& panel, const PanelWindows& windows) {
  std::vector<std::string> countries;
  for (const std::size_t customer : windows.customer) countries.push_back(panel.countries[customer]);
  return countries;
}

}  // namespace detail

/// Fits the recipe's scalers, and the categories of countries to those of the training part.
/// @throws ValueError where all amounts are equal, so that there is nothing to scale or to predict
[[gnu::cold]] inline HybridScalers fit_scalers(Recipe recipe, const MonthlyPanel& panel, const PanelWindows& windows,
                                               const Split& split) {
  const bool all = recipe == Recipe::published;
  HybridScalers scalers;
  scalers.trend.fit(all ? windows.trend : detail::rows_of(windows.trend, split.train));
  const Tensor<float> target = all ? windows.target : detail::rows_of(windows.target, split.train);
  scalers.target.fit(target.reshape({-1, 1}));
  if (!scalers.target.constant_features().empty()) {
    throw ValueError("target", "monthly amounts that differ, for a model to learn", {"all ", scalers.target.shift(0)});
  }
  std::vector<std::string> countries;
  for (const Index w : split.train) countries.push_back(panel.countries[windows.customer[static_cast<std::size_t>(w)]]);
  scalers.countries = CategoryEncoder(countries);
  return scalers;
}

/// What the model takes of windows.
[[gnu::cold]] inline HybridDataset hybrid_dataset(const MonthlyPanel& panel, const PanelWindows& windows,
                                                  const HybridScalers& scalers, CountryInput country) {
  const std::vector<std::string> names = detail::countries_of(panel, windows);
  Tensor<std::int64_t> countries =
      country == CountryInput::one_hot
          ? scalers.countries.one_hot<std::int64_t>(std::span(names))
          : Tensor<std::int64_t>(scalers.countries.ordinal(std::span(names)).reshape({-1, 1}));
  return HybridDataset(windows.temporal, scalers.trend.transform(windows.trend), std::move(countries),
                       scalers.scaled(windows.target));
}

/// Windows of a recipe with all that training needs.
struct HybridData {
  Recipe recipe;
  std::uint64_t seed;  ///< of the parts: with it the test part of the same transactions can be found again
  PanelOptions options;
  MonthlyPanel panel;
  PanelWindows windows;
  Split split;
  HybridScalers scalers;

  /// @throws ValueError for too few rows, months, windows or customers, saying what each step left
  [[gnu::cold]] HybridData(Recipe by, const Transactions& transactions, std::uint64_t with_seed = 42)
      : recipe(by),
        seed(with_seed),
        options(panel_options(recipe, transactions)),
        panel(monthly_panel(transactions, options)),
        windows(panel_windows(panel, options)),
        split(split_windows(recipe, windows, options, seed)),
        scalers(fit_scalers(recipe, panel, windows, split)) {}

  /// What the preparation kept and how it is parted, in lines.
  [[gnu::cold]] std::string to_string() const {
    const auto count = [](const auto& of) { return std::to_string(of.size()); };
    std::string text = panel.counts.to_string() + "\n" + std::to_string(windows.count()) +
                       " windows: " + count(split.train) + " to train on, " + count(split.validation) +
                       " to validate, " + count(split.test) + " to test\n";
    if (options.end)
      text += "rows from " + format_date(*options.end) + " on are left out, for that month is not over\n";
    return text;
  }
};

/// The customers' last months up to the panel's last, for what comes after it: a window for each customer, whose months
/// before the first and after the last purchase are 0. Its targets, of months that nobody knows yet, are 0.
[[gnu::cold]] inline MonthlyPanel recent_months(const MonthlyPanel& panel, const PanelOptions& options) {
  MonthlyPanel recent;
  recent.customers = panel.customers;
  recent.countries = panel.countries;
  recent.counts = panel.counts;
  const int end = (std::ranges::max)(panel.month) + 1;
  const auto length = static_cast<std::size_t>(options.input_months + options.horizon);
  for (std::size_t c = 0; c < panel.customers.size(); ++c) {
    const std::size_t begin = recent.month.size();
    for (int month = end - static_cast<int>(options.input_months); recent.month.size() < begin + length; ++month) {
      recent.month.push_back(month);
    }
    for (auto* series : {&recent.amount, &recent.quantity, &recent.frequency}) series->resize(begin + length);
    for (std::size_t i = panel.begin[c]; i < panel.begin[c + 1]; ++i) {
      if (panel.month[i] < recent.month[begin]) continue;
      const std::size_t to = begin + static_cast<std::size_t>(panel.month[i] - recent.month[begin]);
      recent.amount[to] = panel.amount[i];
      recent.quantity[to] = panel.quantity[i];
      recent.frequency[to] = panel.frequency[i];
    }
    recent.begin.push_back(begin + length);
  }
  return recent;
}

}}}  // namespace tenure::TENURE_ABI::clv
TENURE_CONTRACTION_AS_BEFORE
