#include "tenure/kernels/clip.hpp"

#include <doctest/doctest.h>

#include "arrays.hpp"

using namespace tenure;
using tenure::test::random;

TEST_CASE_TEMPLATE("clipping agrees with the reference", T, float, double) {
  Rng rng(1);
  for (const Index n : {1, 9, 32, 77}) {
    std::vector<T> x = random<T>(n, rng);
    x[0] = T(-0.25);
    std::vector<T> expected = x;
    kernels::clip(n, 0.25, x.data());
    kernels::reference::clip(n, 0.25, expected.data());
    CHECK(x == expected);
    CHECK(*std::max_element(x.begin(), x.end()) <= T(0.25));
  }
}

TEST_CASE("clipping limits infinities and keeps NaN") {
  constexpr float infinity = std::numeric_limits<float>::infinity();
  std::vector<float> x(20, infinity);
  x[1] = -infinity;
  x[2] = x[19] = std::numeric_limits<float>::quiet_NaN();
  kernels::clip(20, 2, x.data());
  CHECK(x[0] == 2);
  CHECK(x[1] == -2);
  CHECK(!test::is_finite(static_cast<double>(x[2])));
  CHECK(!test::is_finite(static_cast<double>(x[19])));
}
