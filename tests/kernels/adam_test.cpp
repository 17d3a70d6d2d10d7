#include "tenure/kernels/adam.hpp"

#include <doctest/doctest.h>

#include "arrays.hpp"

using namespace tenure;
using tenure::test::distance;
using tenure::test::random;

TEST_CASE_TEMPLATE("Adam agrees with the reference over several steps", T, float, double) {
  Rng rng(1);
  const kernels::AdamSettings settings{.learning_rate = 0.01, .l2 = 0.1, .weight_decay = 0.05};
  for (const Index n : {1, 9, 32, 77}) {
    CAPTURE(n);
    std::vector<T> x = random<T>(n, rng), m(x.size()), v(x.size());
    std::vector<T> x_expected = x, m_expected = m, v_expected = v;
    for (Index t = 1; t <= 5; ++t) {
      const kernels::AdamStep<T> step(settings, t);
      std::vector<T> g = random<T>(n, rng);
      std::vector<T> g_expected = g;
      kernels::adam(n, step, x.data(), g.data(), m.data(), v.data(), t % 2 == 0);
      kernels::reference::adam(n, step, x_expected.data(), g_expected.data(), m_expected.data(), v_expected.data(),
                               t % 2 == 0);
      CHECK(g == g_expected);
    }
    CHECK(distance(x, x_expected) < 20);
    CHECK(distance(m, m_expected) < 4);
    CHECK(distance(v, v_expected) < 4);
  }
}

// The published formulas, step by step: https://pytorch.org/docs/stable/generated/torch.optim.AdamW.html and
// keras/src/optimizers/adam.py.
TEST_CASE("one formula gives both PyTorch's and Keras's update") {
  for (const bool keras : {false, true}) {
    const kernels::AdamSettings settings{.learning_rate = 0.1,
                                         .beta_1 = 0.8,
                                         .beta_2 = 0.95,
                                         .epsilon = 0.03,  // large, so that its place matters
                                         .weight_decay = 0.2,
                                         .epsilon_outside = keras};
    double x = 1.5, m = 0, v = 0;
    double x_expected = x, m_expected = 0, v_expected = 0;
    for (Index t = 1; t <= 4; ++t) {
      double g = 0.3 * static_cast<double>(t) - 0.5;
      m_expected = 0.8 * m_expected + 0.2 * g;
      v_expected = 0.95 * v_expected + 0.05 * g * g;
      x_expected -= 0.1 * 0.2 * x_expected;
      const double correction1 = 1 - std::pow(0.8, t);
      const double correction2 = 1 - std::pow(0.95, t);
      x_expected -= keras ? 0.1 * std::sqrt(correction2) / correction1 * m_expected / (std::sqrt(v_expected) + 0.03)
                          : 0.1 * (m_expected / correction1) / (std::sqrt(v_expected / correction2) + 0.03);
      kernels::adam(1, kernels::AdamStep<double>(settings, t), &x, &g, &m, &v);
      CHECK(x == doctest::Approx(x_expected).epsilon(1e-14));
    }
  }
}

TEST_CASE("a parameter that never had a gradient stays where it is") {
  std::vector<float> x(20, 3.0f), g(20), m(20), v(20);
  kernels::adam(20, kernels::AdamStep<float>({}, 1), x.data(), g.data(), m.data(), v.data());
  CHECK(x == std::vector<float>(20, 3.0f));
}
