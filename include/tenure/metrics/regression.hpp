/// How far predictions p are from targets y, e = p − y, over all elements of arrays of any shape.
///
///   mse    mean e²          rmse  √mse      mae  mean |e|      bias  mean e: above 0 where predictions are too high
///   r2     1 − Σ e² / Σ (y − ȳ)²
///   smape  mean 2·|e| / (|y| + |p|), in [0, 2]: 2 are 200 %
///   mape   mean |e| / |y| over the targets other than 0: 1 is 100 %
///
/// All sums are pairwise, in double, and nothing is allocated. All throw ShapeError for no targets or another number of
/// predictions, ValueError for a value that is not finite.
#pragma once

#include "values.hpp"

TENURE_NO_CONTRACTION
namespace tenure { inline namespace TENURE_ABI { namespace metrics {

namespace detail {

inline double squares(const Values& prediction, const Values& target) {
  return sum(target.size(), [&](std::size_t i) { return (prediction[i] - target[i]) * (prediction[i] - target[i]); });
}

}  // namespace detail

/// Mean of e², in squared units of the target.
[[gnu::cold]] inline double mse(const Values& prediction, const Values& target) {
  detail::check("mse", prediction, target);
  return detail::squares(prediction, target) / static_cast<double>(target.size());
}

/// √ of the mean of e², in units of the target.
[[gnu::cold]] inline double rmse(const Values& prediction, const Values& target) {
  detail::check("rmse", prediction, target);
  return std::sqrt(detail::squares(prediction, target) / static_cast<double>(target.size()));
}

/// Mean of |e|, in units of the target.
[[gnu::cold]] inline double mae(const Values& prediction, const Values& target) {
  detail::check("mae", prediction, target);
  return detail::mean(target.size(), [&](std::size_t i) { return std::abs(prediction[i] - target[i]); });
}

/// Mean of e, in units of the target: above 0 where predictions are too high.
[[gnu::cold]] inline double bias(const Values& prediction, const Values& target) {
  detail::check("bias", prediction, target);
  return detail::mean(target.size(), [&](std::size_t i) { return prediction[i] - target[i]; });
}

/// The share of the targets' variance that the predictions explain: 1 at best, 0 for predicting the targets' mean.
/// Where all targets are equal, 1 if the predictions are, too, and 0 otherwise, as scikit-learn. Arrays of several
/// columns are one sample, where scikit-learn takes the mean of the columns' R².
[[gnu::cold]] inline double r2(const Values& prediction, const Values& target) {
  detail::check("r2", prediction, target);
  const std::size_t n = target.size();
  const double center = detail::mean(n, [&](std::size_t i) { return target[i]; });
  const double residual = detail::squares(prediction, target);
  std::size_t differing = 1;  // the first target that is not as the first
  while (differing < n && target[differing] == target[0]) ++differing;
  if (differing == n) return residual == 0 ? 1 : 0;
  return 1 - residual / detail::sum(n, [&](std::size_t i) { return (target[i] - center) * (target[i] - center); });
}

/// A row in which both are 0 counts 0.
[[gnu::cold]] inline double smape(const Values& prediction, const Values& target) {
  detail::check("smape", prediction, target);
  return detail::mean(target.size(), [&](std::size_t i) {
    const double size = std::abs(target[i]) + std::abs(prediction[i]);
    return size == 0 ? 0 : 2 * std::abs(prediction[i] - target[i]) / size;
  });
}

/// A mean relative error, and what it leaves out.
struct Mape {
  double value;       ///< over the targets other than 0
  std::size_t zeros;  ///< targets of 0, which have no percentage and are left out
};

/// @throws ValueError also when every target is 0
[[gnu::cold]] inline Mape mape(const Values& prediction, const Values& target) {
  detail::check("mape", prediction, target);
  std::size_t zeros = 0;
  for (std::size_t i = 0; i < target.size(); ++i) zeros += target[i] == 0;
  if (zeros == target.size()) throw ValueError("mape", "a target other than 0", {"none among ", zeros});
  const double sum = detail::sum(target.size(), [&](std::size_t i) {
    return target[i] == 0 ? 0 : std::abs((prediction[i] - target[i]) / target[i]);
  });
  return {sum / static_cast<double>(target.size() - zeros), zeros};
}

}}}  // namespace tenure::TENURE_ABI::metrics
TENURE_CONTRACTION_AS_BEFORE
