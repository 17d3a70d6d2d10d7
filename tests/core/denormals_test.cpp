#include "tenure/core/denormals.hpp"

#include <doctest/doctest.h>

#include <limits>
#include <stdexcept>

using namespace tenure;

namespace {

// Volatile, so that the operations happen where they stand, and at run time.
double half_of_smallest() {
  volatile double smallest = std::numeric_limits<double>::min();
  volatile double half = smallest / 2;
  return half;
}

double sum_of_denormals() {
  volatile double denormal = std::numeric_limits<double>::denorm_min();
  volatile double sum = denormal + denormal;
  return sum;
}

bool is_zero(double x) {
  volatile double scaled = x * 0x1p1000;
  return scaled == 0;
}

}  // namespace

TEST_CASE("denormals are flushed while a guard lives, and kept before and after it") {
  const double denormal = half_of_smallest();
  CHECK(denormal > 0);
  CHECK(!FlushDenormals::active());
  {
    const FlushDenormals guard;
    CHECK(FlushDenormals::active() == FlushDenormals::supported());
    if (FlushDenormals::supported()) {
      CHECK(is_zero(half_of_smallest()));
      CHECK(is_zero(sum_of_denormals()));
      CHECK(is_zero(denormal));
    }
  }
  CHECK(!FlushDenormals::active());
  CHECK(half_of_smallest() == denormal);
}

TEST_CASE("an inner guard leaves the outer one's mode on, and an exception restores all") {
  try {
    const FlushDenormals outer;
    { const FlushDenormals inner; }
    CHECK(FlushDenormals::active() == FlushDenormals::supported());
    throw std::runtime_error("out of the scope");
  } catch (const std::runtime_error&) {
    CHECK(!FlushDenormals::active());
    CHECK(half_of_smallest() > 0);
  }
}
