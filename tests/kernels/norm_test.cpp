#include "tenure/kernels/norm.hpp"

#include <doctest/doctest.h>

#include "arrays.hpp"

using namespace tenure;
using tenure::test::is_finite;
using tenure::test::random;

TEST_CASE_TEMPLATE("norms and the dot product agree with the reference", T, float, double) {
  Rng rng(1);
  for (const Index n : {1, 7, 16, 129, 5000}) {
    CAPTURE(n);
    const std::vector<T> x = random<T>(n, rng);
    const std::vector<T> y = random<T>(n, rng);
    const double squares = kernels::reference::squared_norm(n, x.data());
    CHECK(kernels::squared_norm(n, x.data()) == doctest::Approx(squares).epsilon(1e-13));
    CHECK(kernels::absolute_sum(n, x.data()) ==
          doctest::Approx(kernels::reference::absolute_sum(n, x.data())).epsilon(1e-13));
    const double difference = kernels::dot(n, x.data(), y.data()) - kernels::reference::dot(n, x.data(), y.data());
    CHECK(std::fabs(difference) < 1e-13 * static_cast<double>(n));
  }
}

TEST_CASE("squares of floats that no float can hold are summed") {
  const std::vector<float> x(100, 1e30f);
  const double squares = kernels::squared_norm(100, x.data());
  CHECK(is_finite(squares));
  CHECK(squares == doctest::Approx(1e62));
}
