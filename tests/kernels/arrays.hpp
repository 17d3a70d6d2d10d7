/// What the kernel tests share: random arrays, the distance of two, and derivatives by central differences.
#pragma once

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
#include <vector>

#include "tenure/core/rng.hpp"
#include "tenure/core/shape.hpp"

namespace tenure::test {

template <class T>
std::vector<T> random(Index n, Rng& rng, double low = -1, double high = 1) {
  std::vector<T> x(static_cast<std::size_t>(n));
  for (T& value : x) value = static_cast<T>(rng.uniform(low, high));
  return x;
}

template <class To, class From>
std::vector<To> convert(const std::vector<From>& x) {
  std::vector<To> y(x.size());
  std::transform(x.begin(), x.end(), y.begin(), [](From value) { return static_cast<To>(value); });
  return y;
}

/// Seen in the bits, for under -ffast-math a compiler takes every number to be finite.
inline bool is_finite(double x) { return (std::bit_cast<std::uint64_t>(x) >> 52 & 0x7FF) != 0x7FF; }

/// The largest difference of two entries in units of T's epsilon; 1e300 if only one of them is finite.
template <class T, class Expected>
double distance(const std::vector<T>& x, const std::vector<Expected>& expected) {
  double largest = 0;
  for (std::size_t i = 0; i < x.size(); ++i) {
    const auto a = static_cast<double>(x[i]);
    const auto b = static_cast<double>(expected[i]);
    if (is_finite(a) != is_finite(b)) return 1e300;
    if (is_finite(a)) largest = std::max(largest, std::fabs(a - b));
  }
  return largest / static_cast<double>(std::numeric_limits<T>::epsilon());
}

template <class T>
std::vector<T> random_values(Index n, Rng& rng, double deviation = 1) {
  std::vector<T> values(static_cast<std::size_t>(n));
  for (T& value : values) value = static_cast<T>(rng.normal(0, deviation));
  return values;
}

/// Each 0 or 1.
template <class T>
std::vector<T> random_mask(Index n, Rng& rng) {
  std::vector<T> mask(static_cast<std::size_t>(n));
  for (T& value : mask) value = static_cast<T>(rng.below(2));
  return mask;
}

/// The largest |a − b| / (1 + |b|); 1e30 if any is not a number, also under -ffast-math, where NaN compares as it
/// likes.
template <class T>
double largest_difference(const std::vector<T>& a, const std::vector<T>& b) {
  double largest = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    const double difference =
        std::abs(static_cast<double>(a[i]) - static_cast<double>(b[i])) / (1 + std::abs(static_cast<double>(b[i])));
    largest = is_finite(difference) ? std::max(largest, difference) : 1e30;
  }
  return a.size() == b.size() ? largest : 1e30;
}

template <class T>
double dot(const std::vector<T>& a, const std::vector<T>& b) {
  double sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i) sum += static_cast<double>(a[i]) * static_cast<double>(b[i]);
  return sum;
}

/// The gradient of f() with respect to x, which f reads.
template <class F>
std::vector<double> central_differences(std::vector<double>& x, F f) {
  constexpr double step = 1e-5;
  std::vector<double> gradient;
  for (double& value : x) {
    const double at = value;
    value = at + step;
    const double above = f();
    value = at - step;
    const double below = f();
    value = at;
    gradient.push_back((above - below) / (2 * step));
  }
  return gradient;
}

}  // namespace tenure::test
