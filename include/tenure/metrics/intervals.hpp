/// Whether intervals and quantiles hold what they promise, and how to make ones that do.
///
///   coverage       the share of targets y with lower ≤ y ≤ upper: to be set beside the share that was promised
///   mean_width     mean upper − lower: of two intervals that cover alike, the narrower is the better one
///   pinball_loss   mean max(q·e, (q − 1)·e), e = y − p: least where p is the quantile q of y
///   conformal_quantile   the ⌈(n + 1)·c⌉-th smallest of n scores of rows that a model was not trained on: that of
///                        another such row is at most this with probability c at least (split conformal prediction;
///                        Lei, G'Sell, Rinaldo, Tibshirani and Wasserman, 2018)
///   residual bootstrap   errors that a model made, drawn with replacement, are what its forecasts will be off by
///
/// All throw ShapeError for no values or unequal numbers of them, ValueError for a value that is not finite or a share
/// outside (0, 1).
#pragma once

#include <limits>

#include "../core/rng.hpp"
#include "values.hpp"

TENURE_NO_CONTRACTION
namespace tenure { inline namespace TENURE_ABI { namespace metrics {

namespace detail {

[[gnu::cold]] inline void check_interval(std::string_view name, const Values& lower, const Values& upper) {
  if (lower.size() == 0) throw ShapeError(name, "at least one interval", "none");
  if (upper.size() != lower.size()) {
    throw ShapeError(name, {"an upper bound for each of ", lower.size(), " lower ones"}, {upper.size()});
  }
  for (std::size_t i = 0; i < lower.size(); ++i) {
    if (is_nan(lower[i]) || is_nan(upper[i]) || lower[i] > upper[i]) {
      throw ValueError(name, "intervals with lower ≤ upper", {lower[i], " to ", upper[i], " in row ", i});
    }
  }
}

[[gnu::cold]] inline void check_share(std::string_view name, std::string_view what, double share) {
  if (!(is_finite(share) && share > 0 && share < 1)) throw ValueError(name, {what, " in (0, 1)"}, {share});
}

}  // namespace detail

/// Bounds may be infinite. @throws ValueError also where a lower bound is above the upper one
[[gnu::cold]] inline double coverage(const Values& lower, const Values& upper, const Values& target) {
  detail::check_interval("coverage", lower, upper);
  if (target.size() != lower.size()) {
    throw ShapeError("coverage", {"a target for each of ", lower.size(), " intervals"}, {target.size()});
  }
  detail::check_finite("coverage", "target", target);
  return detail::mean(target.size(), [&](std::size_t i) { return lower[i] <= target[i] && target[i] <= upper[i]; });
}

/// @throws ValueError also where a lower bound is above the upper one
[[gnu::cold]] inline double mean_width(const Values& lower, const Values& upper) {
  detail::check_interval("mean_width", lower, upper);
  return detail::mean(lower.size(), [&](std::size_t i) { return upper[i] - lower[i]; });
}

/// Of predictions of the quantile q.
[[gnu::cold]] inline double pinball_loss(const Values& prediction, const Values& target, double q) {
  detail::check("pinball_loss", prediction, target);
  detail::check_share("pinball_loss", "a quantile", q);
  return detail::mean(target.size(), [&](std::size_t i) {
    const double error = target[i] - prediction[i];
    return (std::max)(q * error, (q - 1) * error);
  });
}

/// What to add to an upper bound, or take from a lower one, so that it holds with that probability: of scores
/// y − upper, lower − y, their greater for an interval's both ends, or |y − p| for one around a point forecast.
/// Infinite where there are too few scores to promise as much: fewer than coverage / (1 − coverage).
[[gnu::cold]] inline double conformal_quantile(const Values& scores, double coverage) {
  if (scores.size() == 0) throw ShapeError("conformal_quantile", "at least one score", "none");
  detail::check_finite("conformal_quantile", "score", scores);
  detail::check_share("conformal_quantile", "a coverage", coverage);
  const auto n = static_cast<double>(scores.size());
  // 0.9 · 10 must be 9, whatever the last bit of 0.9.
  const double rank = std::ceil((n + 1) * coverage * (1 - 1e-12));
  if (rank > n) return std::numeric_limits<double>::infinity();
  std::vector<double> sorted(scores.size());
  for (std::size_t i = 0; i < sorted.size(); ++i) sorted[i] = scores[i];
  const auto place = sorted.begin() + static_cast<std::ptrdiff_t>(rank) - 1;
  std::nth_element(sorted.begin(), place, sorted.end());
  return *place;
}

/// Residuals y − p drawn with replacement, one for each step of each path: what to add to a forecast's steps, before
/// they are fed back where it is iterated. // (paths, steps)  @throws ShapeError also for no paths or steps
[[gnu::cold]] inline Tensor<double> residual_bootstrap(const Values& residuals, Index paths, Index steps, Rng& rng) {
  if (residuals.size() == 0) throw ShapeError("residual_bootstrap", "at least one residual", "none");
  detail::check_finite("residual_bootstrap", "residual", residuals);
  Tensor<double> drawn = Tensor<double>::uninitialized({paths, steps});
  for (double& value : drawn) value = residuals[static_cast<std::size_t>(rng.below(residuals.size()))];
  return drawn;
}

/// Bounds of one interval per row.
struct Intervals {
  std::vector<double> lower;
  std::vector<double> upper;
};

/// The central interval that holds that share of the paths, for each step: its ends leave out (1 − coverage) / 2 each,
/// linearly interpolated. // paths (paths, steps)  @throws ShapeError unless of two axes
[[gnu::cold]] inline Intervals intervals_of_paths(View<const double> paths, double coverage) {
  if (paths.shape().rank() != 2) throw ShapeError("intervals_of_paths", "values of (paths, steps)", {paths.shape()});
  detail::check_finite("intervals_of_paths", "value", paths);
  detail::check_share("intervals_of_paths", "a coverage", coverage);
  const Index count = paths.shape()[0], steps = paths.shape()[1];
  Intervals intervals;
  std::vector<double> column(static_cast<std::size_t>(count));
  for (Index step = 0; step < steps; ++step) {
    for (Index path = 0; path < count; ++path) column[static_cast<std::size_t>(path)] = paths(path, step);
    const std::vector<double> ends = quantiles(column, {(1 - coverage) / 2, (1 + coverage) / 2});
    intervals.lower.push_back(ends[0]);
    intervals.upper.push_back(ends[1]);
  }
  return intervals;
}

}}}  // namespace tenure::TENURE_ABI::metrics
TENURE_CONTRACTION_AS_BEFORE
