#include "tenure/ops/activations.hpp"

#include "../gradient_check.hpp"
#include "tenure/ops/arithmetic.hpp"

using namespace tenure;
using test::check_op;
using test::random;

TEST_CASE("activations: values") {
  Tape<double> tape;
  const auto x = tape.input(Tensor<double>::from({-1.5, 0.25, 2.0}));
  const auto check = [&](Var<double> y, double (*f)(double)) {
    for (Index i = 0; i < 3; ++i) CHECK(y.value()(i) == doctest::Approx(f(x.value()(i))).epsilon(1e-14));
  };
  check(exp(x), [](double v) { return std::exp(v); });
  check(tanh(x), [](double v) { return std::tanh(v); });
  check(sigmoid(x), [](double v) { return 1 / (1 + std::exp(-v)); });
  check(softplus(x), [](double v) { return std::log1p(std::exp(v)); });
  check(relu(x), [](double v) { return std::max(v, 0.0); });
  check(abs(x), [](double v) { return std::abs(v); });
  check(square(x), [](double v) { return v * v; });
  check(gelu(x), [](double v) { return v / 2 * (1 + std::erf(v / std::sqrt(2.0))); });
  check(gelu_tanh(x), [](double v) {
    return v / 2 * (1 + std::tanh(std::sqrt(2 / 3.14159265358979323846) * (v + 0.044715 * v * v * v)));
  });
  CHECK(leaky_relu(x).value()(0) == doctest::Approx(-0.015));
  test::check_throws<ValueError>([&] { leaky_relu(x, -1); }, {"leaky_relu", "at least 0", "-1"});
  CHECK(log(exp(x)).value()(1) == doctest::Approx(0.25).epsilon(1e-14));
  CHECK(sqrt(square(x)).value()(0) == doctest::Approx(1.5).epsilon(1e-14));
}

TEST_CASE("activations: gradients") {
  Rng rng(7);
  const Shape shape{3, 13};
  check_op([](auto& v) { return exp(v[0]); }, {random(shape, rng)});
  check_op([](auto& v) { return log(v[0]); }, {random(shape, rng, 0.5, 3)});
  check_op([](auto& v) { return square(v[0]); }, {random(shape, rng)});
  check_op([](auto& v) { return sqrt(v[0]); }, {random(shape, rng, 0.5, 3)});
  check_op([](auto& v) { return abs(v[0]); }, {random(shape, rng, -2, 2, 0.01)});
  check_op([](auto& v) { return tanh(v[0]); }, {random(shape, rng)});
  check_op([](auto& v) { return sigmoid(v[0]); }, {random(shape, rng)});
  check_op([](auto& v) { return softplus(v[0]); }, {random(shape, rng)});
  check_op([](auto& v) { return relu(v[0]); }, {random(shape, rng, -2, 2, 0.01)});
  // where its gradient is the first to be written, and where another is there
  check_op([](auto& v) { return relu(scale(v[0], 3)); }, {random(shape, rng, -2, 2, 0.01)});
  check_op(
      [](auto& v) {
        const auto twice = scale(v[0], 2);
        return relu(twice) + tanh(twice);
      },
      {random(shape, rng, -2, 2, 0.01)});
  check_op([](auto& v) { return leaky_relu(v[0], 0.2); }, {random(shape, rng, -2, 2, 0.01)});
  check_op([](auto& v) { return gelu(v[0]); }, {random(shape, rng)});
  check_op([](auto& v) { return gelu_tanh(v[0]); }, {random(shape, rng)});
}
