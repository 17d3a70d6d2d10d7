/// Anomalies: values outside bounds that are derived from a sample, and what becomes of them.
///
///   const Bounds bounds = iqr_bounds(training);       // fitted on the training part
///   const auto clipped = clip_anomalies(test, bounds);  // and applied to any
///
/// A missing value (NaN) takes no part in the bounds and is never an anomaly.
#pragma once

#include <cstdint>

#include "../core/tensor.hpp"
#include "statistics.hpp"

TENURE_NO_CONTRACTION
namespace tenure { inline namespace TENURE_ABI {

/// The values that are no anomalies: low ≤ x ≤ high.
struct Bounds {
  double low;
  double high;

  /// True of a missing value.
  bool contains(double x) const noexcept { return is_nan(x) || (x >= low && x <= high); }

  static void state(auto& self, auto&& f) {
    f("low", self.low);
    f("high", self.high);
  }
};

/// Tukey's fences [q1 − factor·(q3 − q1), q3 + factor·(q3 − q1)], the quartiles being linearly interpolated as in
/// pandas.
/// @throws ValueError for no values or a negative factor
[[gnu::cold]] inline Bounds iqr_bounds(std::span<const double> x, double factor = 1.5) {
  if (!(factor >= 0)) throw ValueError("iqr_bounds", "a factor of at least 0", {factor});
  const std::vector<double> quartiles = quantiles(x, {0.25, 0.75});
  const double range = quartiles[1] - quartiles[0];
  return {quartiles[0] - factor * range, quartiles[1] + factor * range};
}

/// mean ± threshold · deviation, the deviation with n as in scipy.stats.zscore.
/// @throws ValueError for no values or a negative threshold
[[gnu::cold]] inline Bounds z_score_bounds(std::span<const double> x, double threshold = 3) {
  if (!(threshold >= 0)) throw ValueError("z_score_bounds", "a threshold of at least 0", {threshold});
  const Moments sample = moments(x);
  if (sample.count == 0) throw ValueError("z_score_bounds", "at least one value", "none");
  return {sample.mean - threshold * sample.deviation(0), sample.mean + threshold * sample.deviation(0)};
}

struct HampelConfig {
  Index length = 7;       ///< of the window, the value itself included
  double threshold = 3;   ///< in deviations, as estimated from the median of absolute deviations
  bool centered = false;  ///< looks (length − 1) / 2 values ahead: for cleaning a closed history, not for features
};

/// The bounds of every value of a series: median ± threshold · 1.4826 · MAD of the window that ends with it (Hampel,
/// 1974), or, where centered, surrounds it. Windows are shorter at a series' ends.
/// @throws ValueError for a length below 1, an even one where centered, or a negative threshold
[[gnu::cold]] inline std::vector<Bounds> hampel_bounds(std::span<const double> x, const HampelConfig& config = {}) {
  if (config.length < 1) throw ValueError("hampel", "a length of at least 1", {config.length});
  if (config.centered && config.length % 2 == 0) throw ValueError("hampel", "an odd centered length", {config.length});
  if (!(config.threshold >= 0)) throw ValueError("hampel", "a threshold of at least 0", {config.threshold});
  constexpr double consistency = 1.4826;  // σ / MAD of a normal distribution
  const auto length = static_cast<std::size_t>(config.length);
  const std::size_t ahead = config.centered ? length / 2 : 0, behind = length - 1 - ahead;
  std::vector<Bounds> bounds;
  std::vector<double> deviations;
  for (std::size_t t = 0; t < x.size(); ++t) {
    const std::size_t begin = t - (std::min)(t, behind), end = (std::min)(x.size(), t + ahead + 1);
    deviations = detail::present(x.subspan(begin, end - begin));
    if (deviations.empty()) {
      bounds.push_back({missing_value, missing_value});
      continue;
    }
    const double median = quantile(deviations, 0.5);
    for (double& value : deviations) value = std::abs(value - median);
    const double reach = config.threshold * consistency * quantile(deviations, 0.5);
    bounds.push_back({median - reach, median + reach});
  }
  return bounds;
}

namespace detail {

/// f(i, bounds of value i), the bounds being one for all or one for each.
template <class F>
void for_each_bounds(std::span<const double> x, std::span<const Bounds> bounds, F f) {
  if (bounds.size() != 1 && bounds.size() != x.size()) {
    throw ShapeError("anomalies", {"bounds for each of ", x.size(), " values"}, {bounds.size()});
  }
  for (std::size_t i = 0; i < x.size(); ++i) f(i, bounds[bounds.size() == 1 ? 0 : i]);
}

}  // namespace detail

/// 1 for each anomaly, 0 for all else. @throws ShapeError for another number of bounds than of values
[[gnu::cold]] inline std::vector<std::uint8_t> mark_anomalies(std::span<const double> x,
                                                              std::span<const Bounds> bounds) {
  std::vector<std::uint8_t> marks(x.size());
  detail::for_each_bounds(x, bounds, [&](std::size_t i, const Bounds& b) { marks[i] = !b.contains(x[i]); });
  return marks;
}
[[gnu::cold]] inline std::vector<std::uint8_t> mark_anomalies(std::span<const double> x, const Bounds& bounds) {
  return mark_anomalies(x, {&bounds, 1});
}

/// Each anomaly moved to the nearest of its bounds.
[[gnu::cold]] inline std::vector<double> clip_anomalies(std::span<const double> x, std::span<const Bounds> bounds) {
  std::vector<double> y(x.begin(), x.end());
  detail::for_each_bounds(x, bounds, [&](std::size_t i, const Bounds& b) {
    if (!b.contains(x[i])) y[i] = x[i] < b.low ? b.low : b.high;
  });
  return y;
}
[[gnu::cold]] inline std::vector<double> clip_anomalies(std::span<const double> x, const Bounds& bounds) {
  return clip_anomalies(x, {&bounds, 1});
}

/// The numbers of the rows that stay when anomalies are removed, with which all columns of a table are cut alike.
[[gnu::cold]] inline std::vector<Index> rows_without_anomalies(std::span<const double> x,
                                                               std::span<const Bounds> bounds) {
  std::vector<Index> rows;
  detail::for_each_bounds(x, bounds, [&](std::size_t i, const Bounds& b) {
    if (b.contains(x[i])) rows.push_back(static_cast<Index>(i));
  });
  return rows;
}
[[gnu::cold]] inline std::vector<Index> rows_without_anomalies(std::span<const double> x, const Bounds& bounds) {
  return rows_without_anomalies(x, {&bounds, 1});
}

/// The values that are no anomalies.
template <class AnyBounds>
[[gnu::cold]] std::vector<double> remove_anomalies(std::span<const double> x, const AnyBounds& bounds) {
  std::vector<double> y;
  for (const Index row : rows_without_anomalies(x, bounds)) y.push_back(x[static_cast<std::size_t>(row)]);
  return y;
}

}}  // namespace tenure::TENURE_ABI
TENURE_CONTRACTION_AS_BEFORE
