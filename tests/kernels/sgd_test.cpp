#include "tenure/kernels/sgd.hpp"

#include <doctest/doctest.h>

#include "arrays.hpp"

using namespace tenure;
using tenure::test::distance;
using tenure::test::random;

TEST_CASE_TEMPLATE("SGD agrees with the reference over several steps", T, float, double) {
  Rng rng(1);
  const kernels::SgdSettings all[] = {
      {.learning_rate = 0.1, .l2 = 0.1, .weight_decay = 0.05},
      {.learning_rate = 0.1, .momentum = 0.9, .dampening = 0.3, .l2 = 0.1},
      {.learning_rate = 0.1, .momentum = 0.8, .weight_decay = 0.2, .nesterov = true},
  };
  for (const kernels::SgdSettings& settings : all) {
    for (const Index n : {1, 9, 32, 77}) {
      CAPTURE(n);
      std::vector<T> x = random<T>(n, rng), v(x.size());
      std::vector<T> x_expected = x, v_expected = v;
      const bool momentum = settings.momentum > 0;
      for (Index t = 1; t <= 5; ++t) {
        const kernels::SgdStep<T> step(settings, t);
        std::vector<T> g = random<T>(n, rng);
        std::vector<T> g_expected = g;
        kernels::sgd(n, step, x.data(), g.data(), momentum ? v.data() : nullptr, t % 2 == 0);
        kernels::reference::sgd(n, step, x_expected.data(), g_expected.data(),
                                momentum ? v_expected.data() : static_cast<T*>(nullptr), t % 2 == 0);
        CHECK(g == g_expected);
      }
      CHECK(distance(x, x_expected) < 10);
      CHECK(distance(v, v_expected) < 10);
    }
  }
}
