#include <doctest/doctest.h>

#include <limits>
#include <tenure/kernels/finite.hpp>
#include <vector>

using namespace tenure;

TEST_CASE_TEMPLATE("is_finite and is_nan look at the bits", TestType, float, double) {
  using Limits = std::numeric_limits<TestType>;
  for (const TestType x : {TestType(0), TestType(-1), Limits::max(), Limits::lowest(), Limits::denorm_min()}) {
    CHECK(is_finite(x));
    CHECK_FALSE(is_nan(x));
  }
  for (const TestType x : {Limits::infinity(), -Limits::infinity()}) {
    CHECK_FALSE(is_finite(x));
    CHECK_FALSE(is_nan(x));
  }
  for (const TestType x : {Limits::quiet_NaN(), -Limits::quiet_NaN(), Limits::signaling_NaN()}) {
    CHECK_FALSE(is_finite(x));
    CHECK(is_nan(x));
  }
}

TEST_CASE_TEMPLATE("all_finite finds a single culprit anywhere, and none beyond the end", TestType, float, double) {
  using Limits = std::numeric_limits<TestType>;
  CHECK(kernels::all_finite(0, static_cast<const TestType*>(nullptr)));
  int wrong = 0;
  for (Index n = 1; n <= 70; ++n) {
    std::vector<TestType> x(static_cast<std::size_t>(n) + 1, Limits::lowest());
    x.back() = Limits::infinity();
    wrong += !kernels::all_finite(n, x.data());
    for (std::size_t i = 0; i < static_cast<std::size_t>(n); ++i) {
      for (const TestType culprit : {Limits::infinity(), -Limits::infinity(), Limits::quiet_NaN()}) {
        x[i] = culprit;
        wrong += kernels::all_finite(n, x.data());
        wrong += kernels::reference::all_finite(n, x.data());
      }
      x[i] = Limits::max();
    }
  }
  CHECK(wrong == 0);
}
