/// Sums, moments and quantiles of a column of numbers, in which NaN is a missing value.
#pragma once

#include <algorithm>
#include <cmath>
#include <initializer_list>
#include <limits>
#include <span>
#include <vector>

#include "../core/error.hpp"
#include "../core/finite.hpp"

TENURE_NO_CONTRACTION
namespace tenure { inline namespace TENURE_ABI {

namespace detail {

/// Σ term(i) over [begin, end), pairwise: the error grows with the logarithm of the length.
template <class F>
double pairwise_sum(std::size_t begin, std::size_t end, const F& term) {
  if (end - begin > 64) {
    const std::size_t middle = begin + (end - begin) / 2;
    return pairwise_sum(begin, middle, term) + pairwise_sum(middle, end, term);
  }
  double sum = 0;
  for (std::size_t i = begin; i < end; ++i) sum += term(i);
  return sum;
}

/// The values that are not missing.
[[gnu::cold]] inline std::vector<double> present(std::span<const double> x) {
  std::vector<double> values;
  values.reserve(x.size());
  for (const double value : x) {
    if (!is_nan(value)) values.push_back(value);
  }
  return values;
}

}  // namespace detail

/// Number, mean and sum of squared deviations from it; of parts, those of the whole (Chan, Golub and LeVeque, 1979).
struct Moments {
  double count = 0;
  double mean = 0;
  double squares = 0;  ///< Σ (x − mean)²

  /// √(squares / (count − freedom)): freedom 1 as in pandas, 0 as in NumPy. NaN for too few values.
  double deviation(int freedom = 1) const noexcept {
    return count > freedom ? std::sqrt(squares / (count - freedom)) : missing_value;
  }

  friend Moments operator+(const Moments& a, const Moments& b) noexcept {
    if (a.count + b.count == 0) return {};
    const double difference = b.mean - a.mean, share = b.count / (a.count + b.count);
    return {a.count + b.count, a.mean + difference * share,
            a.squares + b.squares + difference * difference * a.count * share};
  }
};

/// Of the values that are not missing.
[[gnu::cold]] inline Moments moments(std::span<const double> x) {
  const std::vector<double> values = detail::present(x);
  if (values.empty()) return {};
  Moments result{static_cast<double>(values.size())};
  result.mean = detail::pairwise_sum(0, values.size(), [&](std::size_t i) { return values[i]; }) / result.count;
  result.squares = detail::pairwise_sum(
      0, values.size(), [&](std::size_t i) { return (values[i] - result.mean) * (values[i] - result.mean); });
  return result;
}

/// Quantiles of the values that are not missing, linearly interpolated between neighbors at q·(n − 1): pandas's
/// and NumPy's default, to the last bit. @throws ValueError when there is no value or a q is outside [0, 1]
[[gnu::cold]] inline std::vector<double> quantiles(std::span<const double> x, std::initializer_list<double> q) {
  std::vector<double> values = detail::present(x);
  if (values.empty()) throw ValueError("quantiles", "at least one value", "none");
  std::vector<double> results;
  for (const double share : q) {
    if (is_nan(share) || share < 0 || share > 1) throw ValueError("quantiles", "shares in [0, 1]", {share});
    const double place = share * static_cast<double>(values.size() - 1);
    const auto below = static_cast<std::ptrdiff_t>(place);
    const double rest = place - static_cast<double>(below);
    const auto lower = values.begin() + below;
    std::nth_element(values.begin(), lower, values.end());
    const double a = *lower;
    const double b = rest > 0 ? *std::min_element(lower + 1, values.end()) : a;
    // NumPy's interpolation, which starts from the nearer neighbor.
    results.push_back(rest >= 0.5 ? b - (b - a) * (1 - rest) : a + (b - a) * rest);
  }
  return results;
}
[[gnu::cold]] inline double quantile(std::span<const double> x, double q) { return quantiles(x, {q}).front(); }

}}  // namespace tenure::TENURE_ABI
TENURE_CONTRACTION_AS_BEFORE
