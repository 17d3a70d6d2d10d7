/// Features of a series from its own past: lags and rolling statistics.
///
/// x (time): y[t] depends on x[t − length + 1 … t], on x[t − by] for a lag, and never on what comes after t: nothing
/// here takes an argument that could ask for it. A feature for predicting x[t] itself must not see x[t] either: take
/// lag(rolling_mean(x, …), 1).
#pragma once

#include "../core/tensor.hpp"
#include "statistics.hpp"

TENURE_NO_CONTRACTION
namespace tenure { inline namespace TENURE_ABI {

struct RollingConfig {
  Index length;             ///< of the window, the present value included
  Index minimum_count = 0;  ///< values that a window must hold, or its statistic is missing; 0: `length`
};

namespace detail {

struct RollingSum {
  double count = 0;
  double sum = 0;
  static RollingSum of(double x) noexcept { return {1, x}; }
  friend RollingSum operator+(const RollingSum& a, const RollingSum& b) noexcept {
    return {a.count + b.count, a.sum + b.sum};
  }
};

struct RollingMoments : Moments {
  RollingMoments(const Moments& moments = {}) noexcept : Moments(moments) {}
  static RollingMoments of(double x) noexcept { return Moments{1, x, 0}; }
};

struct RollingExtremes {
  double count = 0;
  double least = (std::numeric_limits<double>::max)();
  double largest = std::numeric_limits<double>::lowest();
  static RollingExtremes of(double x) noexcept { return {1, x, x}; }
  friend RollingExtremes operator+(const RollingExtremes& a, const RollingExtremes& b) noexcept {
    return {a.count + b.count, (std::min)(a.least, b.least), (std::max)(a.largest, b.largest)};
  }
};

/// statistic(summary) of every window, the summary being the sum of its values' (van Herk, 1992): a window is the end
/// of one block of `length` values and the start of the next, so that three additions per value suffice for any length,
/// and nothing is ever subtracted again.
template <class Summary, class F>
std::vector<double> rolling(std::span<const double> x, RollingConfig config, F statistic) {
  if (config.length < 1) throw ValueError("rolling", "a length of at least 1", {config.length});
  if (config.minimum_count < 0 || config.minimum_count > config.length) {
    throw ValueError("rolling", {"a minimum count in [0, ", config.length, "]"}, {config.minimum_count});
  }
  const auto length = static_cast<std::size_t>(config.length);
  const auto least = static_cast<double>(config.minimum_count == 0 ? config.length : config.minimum_count);
  const auto summary = [&](std::size_t t) { return is_nan(x[t]) ? Summary() : Summary::of(x[t]); };

  std::vector<double> y(x.size());
  std::vector<Summary> ends((std::min)(length, x.size()) + 1);  // of the block before: [k]: its values from k on
  for (std::size_t begin = 0; begin < x.size(); begin += length) {
    const std::size_t n = (std::min)(length, x.size() - begin);
    Summary start;
    for (std::size_t k = 0; k < n; ++k) {
      start = start + summary(begin + k);
      const Summary window = ends[k + 1] + start;
      y[begin + k] = window.count >= least ? statistic(window) : missing_value;
    }
    for (std::size_t k = n; k-- > 0;) ends[k] = summary(begin + k) + (k + 1 < n ? ends[k + 1] : Summary());
  }
  return y;
}

}  // namespace detail

/// Means of windows; missing where a window holds too few values. Equals pandas's x.rolling(length, minimum_count).
/// @throws ValueError for a length below 1 or a minimum count above it
[[gnu::cold]] inline std::vector<double> rolling_mean(std::span<const double> x, RollingConfig config) {
  return detail::rolling<detail::RollingSum>(x, config, [](const auto& window) { return window.sum / window.count; });
}

/// Sample deviations (n − 1), missing for a single value. As above.
[[gnu::cold]] inline std::vector<double> rolling_deviation(std::span<const double> x, RollingConfig config) {
  return detail::rolling<detail::RollingMoments>(x, config, [](const auto& window) { return window.deviation(); });
}

/// The least value of each window.
[[gnu::cold]] inline std::vector<double> rolling_minimum(std::span<const double> x, RollingConfig config) {
  return detail::rolling<detail::RollingExtremes>(x, config, [](const auto& window) { return window.least; });
}

/// The largest value of each window.
[[gnu::cold]] inline std::vector<double> rolling_maximum(std::span<const double> x, RollingConfig config) {
  return detail::rolling<detail::RollingExtremes>(x, config, [](const auto& window) { return window.largest; });
}

/// y[t] = x[t − by], `fill` before. @throws ValueError for a negative `by`, which would be the future
[[gnu::cold]] inline std::vector<double> lag(std::span<const double> x, Index by, double fill = missing_value) {
  if (by < 0) throw ValueError("lag", "a lag of at least 0", {by});
  const std::size_t first = (std::min)(static_cast<std::size_t>(by), x.size());
  std::vector<double> y(x.size(), fill);
  std::copy_n(x.begin(), x.size() - first, y.begin() + static_cast<std::ptrdiff_t>(first));
  return y;
}

/// The features of every step and, after them, those of the steps before it by each of the lags; `fill` where a series
/// has not begun. x (…, time, features) → (…, time, features·(1 + lags)); each (time, features) is a series of its own.
/// @throws ShapeError for a rank below 2; ValueError for a lag below 1
template <class T>
[[gnu::cold]] Tensor<std::remove_const_t<T>> with_lags(View<T> x, std::initializer_list<Index> lags,
                                                       std::type_identity_t<T> fill = 0) {
  if (x.rank() < 2) throw ShapeError("with_lags", "x of (…, time, features)", {x.shape()});
  for (const Index by : lags) {
    if (by < 1) throw ValueError("with_lags", "lags of at least 1", {by});
  }
  const Index features = x.shape().last(), steps = x.shape().at(-2), rows = x.shape().rows();
  Tensor<std::remove_const_t<T>> y(x.shape().with(x.rank() - 1, features * (1 + static_cast<Index>(lags.size()))),
                                   fill);
  auto* place = y.data();
  for (Index row = 0; row < rows; ++row) {
    place = std::copy_n(x.data() + row * features, features, place);
    for (const Index by : lags) {
      if (row % steps >= by) std::copy_n(x.data() + (row - by) * features, features, place);
      place += features;
    }
  }
  return y;
}
template <class T>
Tensor<T> with_lags(const Tensor<T>& x, std::initializer_list<Index> lags, std::type_identity_t<T> fill = 0) {
  return with_lags(x.view(), lags, fill);
}

/// f of each of several series that lie one after another in x, joined again: f(span) → as many values.
/// @throws ShapeError unless the lengths add up to that of x and f keeps them
template <class F>
[[gnu::cold]] std::vector<double> by_series(std::span<const double> x, std::span<const Index> lengths, F f) {
  std::vector<double> y;
  y.reserve(x.size());
  for (const Index length : lengths) {
    const std::size_t left = x.size() - y.size();
    if (length < 0 || static_cast<std::size_t>(length) > left) {
      throw ShapeError("by_series", {"a series of at most the ", left, " values that are left"}, {length});
    }
    const std::vector<double> part = f(x.subspan(y.size(), static_cast<std::size_t>(length)));
    if (static_cast<Index>(part.size()) != length) {
      throw ShapeError("by_series", {"a value for each of ", length}, {part.size()});
    }
    y.insert(y.end(), part.begin(), part.end());
  }
  if (y.size() != x.size()) throw ShapeError("by_series", {"lengths that add up to ", x.size()}, {y.size()});
  return y;
}

}}  // namespace tenure::TENURE_ABI
TENURE_CONTRACTION_AS_BEFORE
