#include "tenure/kernels/penalty.hpp"

#include <doctest/doctest.h>

#include "arrays.hpp"

using namespace tenure;
using tenure::test::distance;
using tenure::test::random;

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
      CHECK(distance(dw, expected) <= 1);
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
