/// How many samples a measurement takes, and what becomes of them.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdlib>
#include <vector>

namespace tenure::benchmarks {

/// What the environment variable TENURE_BENCHMARK_ROUNDS says; 101 where it is not set.
inline int rounds() {
  const char* const rounds = std::getenv("TENURE_BENCHMARK_ROUNDS");
  return rounds ? std::max(1, std::atoi(rounds)) : 101;
}

inline double median(std::vector<double> values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

}  // namespace tenure::benchmarks
