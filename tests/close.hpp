/// Comparison of arrays of doubles.
#pragma once

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <span>

#include "tenure/kernels/finite.hpp"

namespace tenure::test {

/// Checks that values agree within a tolerance relative to the expected one, or to 1 where it is smaller; NaN with NaN.
inline void check_close(std::span<const double> values, std::span<const double> expected, double tolerance = 1e-12) {
  REQUIRE(values.size() == expected.size());
  for (std::size_t i = 0; i < values.size(); ++i) {
    INFO("value ", i, ": ", values[i], ", expected ", expected[i]);
    const bool both_missing = is_nan(values[i]) && is_nan(expected[i]);
    const bool one_missing = is_nan(values[i]) != is_nan(expected[i]);
    CHECK((both_missing ||
           (!one_missing && std::abs(values[i] - expected[i]) <= tolerance * std::max(1.0, std::abs(expected[i])))));
  }
}

}  // namespace tenure::test
