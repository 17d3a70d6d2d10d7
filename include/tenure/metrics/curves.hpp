/// How a total is spread over customers: Lorenz curves, and gain, lift and calibration by decile.
///
/// All throw ShapeError for no values or another number of predictions, ValueError for a value that is not finite or
/// for a total that is not above 0, of which there would be no shares.
#pragma once

#include "ranking.hpp"

TENURE_NO_CONTRACTION
namespace tenure { inline namespace TENURE_ABI { namespace metrics {

/// Points of a curve through (0, 0) and (1, 1).
struct Curve {
  std::vector<double> rows;    ///< share of the rows
  std::vector<double> values;  ///< share of the total
};

namespace detail {

/// Shares of the total that the first 0, 1, …, n rows have. Summed with the error of each addition carried on
/// (Neumaier, 1974).
[[gnu::cold]] inline Curve cumulated(std::string_view name, std::span<const Row> rows) {
  Curve curve{{0}, {0}};
  double sum = 0, error = 0;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const double y = rows[i].target, next = sum + y;
    error += std::abs(sum) >= std::abs(y) ? (sum - next) + y : (y - next) + sum;
    sum = next;
    curve.rows.push_back(static_cast<double>(i + 1) / static_cast<double>(rows.size()));
    curve.values.push_back(sum + error);
  }
  const double total = curve.values.back();
  check_total(name, total);
  for (double& value : curve.values) value /= total;
  return curve;
}

/// ∫ y dx over evenly spaced points on [0, 1], by trapezia.
[[gnu::cold]] inline double area(std::span<const double> y) {
  const std::size_t n = y.size() - 1;
  return mean(n, [&](std::size_t i) { return (y[i] + y[i + 1]) / 2; });
}

}  // namespace detail

/// Values in ascending order: what share of the total the poorest share of rows has. // n + 1 points
[[gnu::cold]] inline Curve lorenz_curve(const Values& values) {
  if (values.size() == 0) throw ShapeError("lorenz_curve", "at least one value", "none");
  detail::check_finite("lorenz_curve", "value", values);
  std::vector<detail::Row> rows = detail::ranked(values, values);
  std::reverse(rows.begin(), rows.end());
  return detail::cumulated("lorenz_curve", rows);
}

/// Targets in descending order of their predictions: what share of the total a mailing to the highest predictions
/// reaches. Tied predictions share their mean target. // n + 1 points
[[gnu::cold]] inline Curve gain_curve(const Values& prediction, const Values& target) {
  detail::check("gain_curve", prediction, target);
  return detail::cumulated("gain_curve", detail::ranked_without_ties(prediction, target));
}

/// The "Mutual Gini" of the published hybrid model (keras.io, "Deep Learning for Customer Lifetime Value"): the
/// difference of the areas under two Lorenz curves, each in its own descending order, drawn through n points from the
/// first value on. 0: the predictions are as unevenly spread as the targets. It does not compare orders.
/// @throws ShapeError also for a single value
[[gnu::cold]] inline double mutual_gini(const Values& prediction, const Values& target) {
  detail::check("mutual_gini", prediction, target);
  if (target.size() < 2) throw ShapeError("mutual_gini", "at least two targets", "one");
  const auto area = [](const Values& values) {
    const Curve curve = detail::cumulated("mutual_gini", detail::ranked(values, values));
    return detail::area(std::span(curve.values).subspan(1));
  };
  return std::abs(area(target) - area(prediction));
}

/// A tenth (or another part) of the rows, the first with the highest predictions.
struct Decile {
  std::size_t rows;
  double mean_prediction;  ///< beside mean_target: calibration
  double mean_target;
  double gain;             ///< share of the targets' total in this part and those before it
  double lift;             ///< mean_target over that of all rows
  double cumulative_lift;  ///< that of this part and those before it
};

/// Rows in descending order of their predictions, cut into parts that differ by one row at most. Tied predictions share
/// their mean target, so that it does not matter on which side of a cut they fall.
/// @throws ValueError also for no parts or more than rows
[[gnu::cold]] inline std::vector<Decile> deciles(const Values& prediction, const Values& target,
                                                 std::size_t parts = 10) {
  detail::check("deciles", prediction, target);
  const std::size_t n = target.size();
  if (parts < 1 || parts > n) throw ValueError("deciles", {"between 1 and ", n, " parts"}, {parts});
  const std::vector<detail::Row> rows = detail::ranked_without_ties(prediction, target);
  const Curve gain = detail::cumulated("deciles", rows);
  const double overall = detail::mean(n, [&](std::size_t i) { return rows[i].target; });
  std::vector<Decile> table;
  for (std::size_t k = 0; k < parts; ++k) {
    const std::size_t begin = n * k / parts, end = n * (k + 1) / parts;
    const auto mean = [&](double detail::Row::*field) {
      return tenure::detail::pairwise_sum(begin, end, [&](std::size_t i) { return rows[i].*field; }) /
             static_cast<double>(end - begin);
    };
    const double mean_target = mean(&detail::Row::target);
    table.push_back({end - begin, mean(&detail::Row::prediction), mean_target, gain.values[end], mean_target / overall,
                     gain.values[end] / gain.rows[end]});
  }
  return table;
}

}}}  // namespace tenure::TENURE_ABI::metrics
TENURE_CONTRACTION_AS_BEFORE
