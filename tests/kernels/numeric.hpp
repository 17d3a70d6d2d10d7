/// What the kernel tests share: random buffers, the distance of two, and derivatives by central differences.
#pragma once

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <vector>

#include "../../include/tenure/core/rng.hpp"
#include "../../include/tenure/core/shape.hpp"

namespace tenure::testing {

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
    const bool finite = (std::bit_cast<std::uint64_t>(difference) >> 52 & 0x7FF) != 0x7FF;
    largest = finite ? std::max(largest, difference) : 1e30;
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

}  // namespace tenure::testing
