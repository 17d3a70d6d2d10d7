/// Random arrays and their distance, for the kernels' tests.
#pragma once

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
#include <vector>

#include "tenure/core/rng.hpp"
#include "tenure/core/shape.hpp"

namespace tenure_test {

template <class T>
std::vector<T> random(tenure::Index n, tenure::Rng& rng, double low = -1, double high = 1) {
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

}  // namespace tenure_test
