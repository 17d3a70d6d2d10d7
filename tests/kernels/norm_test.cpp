#include "tenure/kernels/norm.hpp"

#include <doctest/doctest.h>

#include "arrays.hpp"

using namespace tenure;
using tenure::test::distance;
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

TEST_CASE_TEMPLATE("the penalty and its gradient agree with the reference", T, float, double) {
  Rng rng(1);
  for (const auto& [l1, l2] : {std::pair(0.1, 0.0), {0.0, 0.2}, {0.3, 0.4}}) {
    for (const Index n : {1, 9, 32, 300}) {
      CAPTURE(n);
      std::vector<T> w = random<T>(n, rng);
      w[0] = 0;
      std::vector<T> dw = random<T>(n, rng);
      std::vector<T> expected = dw;
      CHECK(kernels::penalty(n, l1, l2, w.data()) ==
            doctest::Approx(kernels::reference::penalty(n, l1, l2, w.data())).epsilon(1e-12));
      kernels::penalty_backward(n, l1, l2, w.data(), dw.data());
      kernels::reference::penalty_backward(n, l1, l2, w.data(), expected.data());
      CHECK(distance(dw, expected) <= 2);  // by -ffast-math, which may add in another order
      CHECK(dw[0] == expected[0]);
    }
  }
}

TEST_CASE("the penalty's gradient is its derivative") {
  Rng rng(2);
  std::vector<double> w = random<double>(21, rng);
  std::vector<double> dw(w.size());
  kernels::penalty_backward(21, 0.3, 0.4, w.data(), dw.data());
  const auto numeric = test::central_differences(w, [&] { return kernels::penalty(21, 0.3, 0.4, w.data()); });
  CHECK(test::largest_difference(dw, numeric) < 1e-8);
}

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
  CHECK(!is_finite(static_cast<double>(x[2])));
  CHECK(!is_finite(static_cast<double>(x[19])));
}
