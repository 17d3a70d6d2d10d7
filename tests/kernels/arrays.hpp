/// Random arrays and their distance, for the kernels' tests.
#pragma once

#include <algorithm>
#include <cmath>
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

/// The largest difference of two entries, in units of T's epsilon.
template <class T, class Expected>
double distance(const std::vector<T>& x, const std::vector<Expected>& expected) {
  double largest = x.size() == expected.size() ? 0 : 1e300;
  for (std::size_t i = 0; i < x.size(); ++i) {
    const double difference = std::fabs(static_cast<double>(x[i]) - static_cast<double>(expected[i]));
    largest = difference <= largest ? largest : difference;  // keeps a NaN
  }
  return largest / static_cast<double>(std::numeric_limits<T>::epsilon());
}

}  // namespace tenure_test
