/// The figures and tables that reports on customer lifetime value share.
///
/// Predictions and targets are arrays of any shape, one pair for each customer or window; `unit` is that of the values,
/// for labels ("£"), `rows` what there is a pair for ("customers", "windows"). Those that compare them throw ShapeError
/// for no targets or another number of predictions, and ValueError for a value that is not finite.
#pragma once

#include <functional>
#include <numeric>
#include <span>

#include "../core/text.hpp"
#include "../metrics/curves.hpp"
#include "../metrics/permutation_importance.hpp"
#include "../metrics/scoreboard.hpp"
#include "../train/history.hpp"
#include "axis.hpp"
#include "figure.hpp"
#include "tables.hpp"

namespace tenure { inline namespace TENURE_ABI { namespace report {

using metrics::Values;

/// 0, 1, …, n − 1, or from another number on.
[[gnu::cold]] inline std::vector<double> counting(std::size_t n, double first = 0) {
  std::vector<double> x(n);
  std::iota(x.begin(), x.end(), first);
  return x;
}

/// actual − predicted of each pair. @param name the caller's, for messages @throws ShapeError, ValueError
[[gnu::cold]] inline std::vector<double> residuals_of(std::string_view name, const Values& prediction,
                                                      const Values& target) {
  metrics::detail::check(name, prediction, target);
  std::vector<double> residuals(target.size());
  for (std::size_t i = 0; i < residuals.size(); ++i) residuals[i] = target[i] - prediction[i];
  return residuals;
}

namespace detail {

[[gnu::cold]] inline std::vector<double> copied(const Values& values) {
  std::vector<double> copy(values.size());
  for (std::size_t i = 0; i < copy.size(); ++i) copy[i] = values[i];
  return copy;
}

/// A curve's points about a two-hundredth of its length apart: a line of thousands of points looks no different.
[[gnu::cold]] inline Series series_of(const std::string& name, const metrics::Curve& curve) {
  Series series{.name = name, .x = {}, .y = {}};
  double length = 0;
  for (std::size_t i = 0; i < curve.rows.size(); ++i) {
    if (i > 0) length += std::hypot(curve.rows[i] - curve.rows[i - 1], curve.values[i] - curve.values[i - 1]);
    if (i > 0 && i + 1 < curve.rows.size() && length < 1. / 200) continue;
    length = 0;
    series.x.push_back(100 * curve.rows[i]);
    series.y.push_back(100 * curve.values[i]);
  }
  return series;
}

[[gnu::cold]] inline Series diagonal(const std::string& name, double low, double high) {
  return {.name = name, .x = {low, high}, .y = {low, high}, .reference = true};
}

/// Values whose largest is more than a hundred times their median are heavy-tailed: most would lie in a corner.
[[gnu::cold]] inline Scale scale_for(const std::vector<double>& values) {
  std::vector<double> sizes(values);
  for (double& size : sizes) size = std::abs(size);
  std::sort(sizes.begin(), sizes.end());
  return sizes.back() > 100 * sizes[sizes.size() / 2] ? Scale::symmetric : Scale::linear;
}

/// A name with '-' for whatever can't be in an id.
[[gnu::cold]] inline std::string id_of(std::string name) {
  const auto fits = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
  };
  std::ranges::replace_if(name, std::not_fn(fits), '-');
  return name;
}

}  // namespace detail

/// A metric of the training and of the validation, if there was one, by epoch ("loss" and "val_loss").
/// @throws ValueError when the history has no such metric
[[gnu::cold]] inline Figure loss_curves(const tenure::History& history, const std::string& metric = "loss",
                                        const std::string& title = "Loss by epoch") {
  Figure figure{.id = detail::id_of(metric), .title = title, .x_label = "Epoch", .y_label = metric, .series = {}};
  const std::vector<double>& train = history[metric];
  figure.series.push_back({"training", counting(train.size(), 1), train});
  std::vector<double> all = train;
  if (const auto* validation = history.find("val_" + metric)) {
    figure.series.push_back({"validation", counting(validation->values.size(), 1), validation->values});
    all.insert(all.end(), validation->values.begin(), validation->values.end());
  }
  std::erase_if(all, [](double value) { return !is_finite(value); });
  if (!all.empty()) {
    const auto [low, high] = std::ranges::minmax(all);
    if (low > 0 && high > 10 * low) figure.y_scale = Scale::logarithmic;
  }
  figure.caption =
      "Where the validation's rises while the training's falls, the model learns the training data by heart.";
  return figure;
}

/// What share of the total value the poorest share of customers has, in the targets and in the predictions.
/// Predictions below 0 count as 0. @throws ValueError also unless both have a sum above 0
[[gnu::cold]] inline Figure lorenz_curves(const Values& prediction, const Values& target,
                                          const std::string& rows = "customers") {
  metrics::detail::check("lorenz_curves", prediction, target);
  std::vector<double> spread = detail::copied(prediction);
  for (double& value : spread) value = (std::max)(value, 0.0);
  return {
      .id = "lorenz",
      .title = "How value is spread over " + rows,
      .x_label = "Share of " + rows + ", poorest first (%)",
      .y_label = "Share of value (%)",
      .series = {detail::series_of("actual", metrics::lorenz_curve(target)),
                 detail::series_of("predicted", metrics::lorenz_curve(spread)), detail::diagonal("all alike", 0, 100)},
      .caption = "Lorenz curves. The further below the diagonal, the fewer " + rows +
                 " hold most of the value; a prediction above the actual curve spreads value too evenly. They do not "
                 "tell whether the right " +
                 rows + " are rich."};
}

/// What share of the total value the customers of the highest predictions have, beside the best and no order.
/// @throws ValueError also unless the targets have a sum above 0
[[gnu::cold]] inline Figure gain_curves(const Values& prediction, const Values& target,
                                        const std::string& rows = "customers") {
  return {.id = "gain",
          .title = "Value reached by choosing the highest forecasts",
          .x_label = "Share of " + rows + ", highest first (%)",
          .y_label = "Share of actual value (%)",
          .series = {detail::series_of("by forecast", metrics::gain_curve(prediction, target)),
                     detail::series_of("best order", metrics::gain_curve(target, target)),
                     detail::diagonal("no order", 0, 100)},
          .caption =
              "Gain curves. Choosing a share of the " + rows + " by their forecasts reaches that share of the value."};
}

/// Each row's prediction beside its target, on axes that are linear near 0 and logarithmic beyond.
[[gnu::cold]] inline Figure predicted_against_actual(const Values& prediction, const Values& target,
                                                     const std::string& unit, const std::string& rows = "customers") {
  metrics::detail::check("predicted_against_actual", prediction, target);
  Figure figure{.id = "predicted-actual",
                .title = "Predicted against actual value",
                .x_label = detail::in_unit("Actual value", unit),
                .y_label = detail::in_unit("Predicted value", unit),
                .kind = Figure::points,
                .series = {{rows, detail::copied(target), detail::copied(prediction)}}};
  std::vector<double> all = figure.series[0].x;
  all.insert(all.end(), figure.series[0].y.begin(), figure.series[0].y.end());
  figure.x_scale = figure.y_scale = detail::scale_for(all);
  const auto [low, high] = std::ranges::minmax(all);
  figure.series.push_back(detail::diagonal("predicted = actual", low, high));
  figure.caption =
      "Above the dashed line forecasts are too high, below it too low. Of points that fall on one another "
      "one is drawn.";
  return figure;
}

/// actual − predicted over predicted.
[[gnu::cold]] inline Figure residuals_over_forecast(const Values& prediction, const Values& target,
                                                    const std::string& unit, const std::string& rows = "customers") {
  Figure figure{
      .id = "residuals",
      .title = "Residuals over the forecast",
      .x_label = detail::in_unit("Predicted value", unit),
      .y_label = detail::in_unit("Actual − predicted", unit),
      .kind = Figure::points,
      .series = {{rows, detail::copied(prediction), residuals_of("residuals_over_forecast", prediction, target)}}};
  const std::vector<double>& x = figure.series[0].x;
  figure.x_scale = detail::scale_for(x);
  figure.y_scale = detail::scale_for(figure.series[0].y);
  const auto [low, high] = std::ranges::minmax(x);
  figure.series.push_back({.name = "no error", .x = {low, high}, .y = {0, 0}, .reference = true});
  figure.caption =
      "Points above the dashed line are " + rows +
      " worth more than forecast. A cloud without a slope or a bend is good: structure could have been learnt.";
  return figure;
}

/// Values counted in intervals of the same width, about as many as √n (30 at most). The outermost two hold all beyond
/// them where a few values lie far out. @throws ShapeError for no values, ValueError for one that is not finite
[[gnu::cold]] inline Figure histogram(const Values& values, const std::string& id, const std::string& title,
                                      const std::string& x_label, const std::string& y_label) {
  metrics::detail::check("histogram", values, values);
  std::vector<double> sorted = detail::copied(values);
  std::sort(sorted.begin(), sorted.end());
  const std::size_t n = sorted.size();
  const double inner_low = sorted[n / 100], inner_high = sorted[n - 1 - n / 100];
  const auto end = [](double inner, double outer, double width) {
    return std::abs(outer - inner) > width / 2 ? inner : outer;
  };
  double low = end(inner_low, sorted.front(), inner_high - inner_low);
  double high = end(inner_high, sorted.back(), inner_high - inner_low);
  const bool cut = low != sorted.front() || high != sorted.back();
  if (low == high) low -= 0.5, high += 0.5;
  const auto bins = std::clamp<std::size_t>(static_cast<std::size_t>(std::sqrt(static_cast<double>(n))), 1, 30);
  const double width = (high - low) / static_cast<double>(bins);
  Series counts{.name = "", .x = {}, .y = std::vector<double>(bins)};
  for (std::size_t k = 0; k <= bins; ++k) counts.x.push_back(low + width * static_cast<double>(k));
  for (const double value : sorted) {
    const double place = std::clamp((value - low) / width, 0.0, static_cast<double>(bins - 1));
    counts.y[static_cast<std::size_t>(place)] += 1;
  }
  Figure figure{.id = id,
                .title = title,
                .x_label = x_label,
                .y_label = y_label,
                .kind = Figure::histogram,
                .series = {std::move(counts)}};
  if (cut) {
    figure.caption = "The outermost bars also hold what lies beyond them: values reach from " +
                     text::readable(sorted.front()) + " to " + text::readable(sorted.back()) + ".";
  }
  return figure;
}

/// How many residuals actual − predicted lie in each interval.
[[gnu::cold]] inline Figure residual_histogram(const Values& prediction, const Values& target, const std::string& unit,
                                               const std::string& rows = "customers") {
  const std::vector<double> residuals = residuals_of("residual_histogram", prediction, target);
  Figure figure = histogram(residuals, "residual-histogram", "How large the residuals are",
                            detail::in_unit("Actual − predicted", unit), detail::capitalized(rows));
  const double highest = (std::ranges::max)(figure.series[0].y);
  figure.series.push_back({.name = "no error", .x = {0, 0}, .y = {0, highest}, .reference = true});
  figure.series[0].name = "residuals";
  return figure;
}

/// Means by tenth of the customers, the first with the highest predictions; fewer parts for less than ten customers.
/// @throws ValueError also unless the targets have a sum above 0
[[gnu::cold]] inline Figure value_by_decile(const Values& prediction, const Values& target, const std::string& unit,
                                            const std::string& rows = "customers") {
  const std::size_t parts = std::clamp<std::size_t>(target.size(), 1, 10);
  const std::vector<metrics::Decile> deciles = metrics::deciles(prediction, target, parts);
  Series actual{.name = "actual", .x = counting(parts), .y = {}};
  Series predicted{.name = "predicted", .x = actual.x, .y = {}};
  Figure figure{.id = "deciles",
                .title = "Value by decile of the forecast",
                .x_label = "Decile, 1: the highest forecasts",
                .y_label = detail::in_unit("Mean value of the " + rows, unit),
                .kind = Figure::bars,
                .series = {}};
  for (const metrics::Decile& decile : deciles) {
    actual.y.push_back(decile.mean_target);
    predicted.y.push_back(decile.mean_prediction);
    figure.x_names.push_back(std::to_string(figure.x_names.size() + 1));
  }
  figure.series = {std::move(actual), std::move(predicted)};
  figure.caption =
      "Actual values that fall from left to right: the order is right. Bars of the same height: the "
      "amounts are right.";
  return figure;
}

/// Totals by month. @throws ShapeError unless there is one total each for every month
[[gnu::cold]] inline Figure forecast_by_month(std::span<const std::string> months, const Values& prediction,
                                              const Values& target, const std::string& unit) {
  metrics::detail::check("forecast_by_month", prediction, target);
  if (months.size() != target.size()) {
    throw ShapeError("forecast_by_month", {"a name for each of ", target.size(), " months"}, {months.size()});
  }
  const std::vector<double> places = counting(months.size());
  return {.id = "months",
          .title = "Forecast by month",
          .x_label = "Month",
          .y_label = detail::in_unit("Total value", unit),
          .kind = Figure::bars,
          .series = {{"actual", places, detail::copied(target)}, {"predicted", places, detail::copied(prediction)}},
          .x_names = {months.begin(), months.end()}};
}

/// Permutation importances with their deviations, the largest on top. `error` is what rises: "RMSE (£)".
[[gnu::cold]] inline Figure importance_bars(std::vector<metrics::Importance> importances, const std::string& error) {
  std::ranges::stable_sort(importances, std::greater<>(), &metrics::Importance::mean);
  Figure figure{.id = "importance",
                .title = "Importance of the features",
                .x_label = "Feature",
                .y_label = "Rise of the " + error,
                .kind = Figure::bars,
                .series = {{"importance", counting(importances.size()), {}}},
                .horizontal = true,
                .caption =
                    "How much the error rises when a feature is exchanged among rows, and the deviation over "
                    "several exchanges. Features that tell the same share their importance; a bar below 0 is "
                    "chance."};
  for (const metrics::Importance& importance : importances) {
    figure.x_names.push_back(importance.name);
    figure.series[0].y.push_back(importance.mean);
    figure.series[0].deviation.push_back(importance.deviation);
  }
  return figure;
}

}}}  // namespace tenure::TENURE_ABI::report
