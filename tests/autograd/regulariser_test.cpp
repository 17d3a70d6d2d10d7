#include <doctest/doctest.h>

#include "../gradient_check.hpp"
#include "tenure/autograd/parameters.hpp"
#include "tenure/ops/activations.hpp"
#include "tenure/ops/reduce.hpp"

using namespace tenure;

namespace {

struct Model {
  Parameter<double> a{Tensor<double>::from({{1.0, -2.0, 0.0}, {0.5, 4.0, -0.25}})};
  Parameter<double> b{Tensor<double>::from({3.0, -1.0})};
  static void fields(auto& self, auto&& f) {
    f("a", self.a);
    f("b", self.b);
  }
};

// Keras: l1 · sum(abs(x)) + l2 · sum(square(x)) of keras/src/regularizers/regularizers.py.
constexpr double absolute_a = 7.75;
constexpr double square_a = 1 + 4 + 0.25 + 16 + 0.0625;

}  // namespace

TEST_CASE("the penalty is Keras's L1L2, of trainable parameters only") {
  Model model;
  model.a.set_regularizer({.l1 = 0.1, .l2 = 0.01});
  model.b.set_regularizer({.l2 = 0.5});
  const Parameters<double> parameters(model);
  CHECK(parameters.penalty() == doctest::Approx(0.1 * absolute_a + 0.01 * square_a + 0.5 * 10));
  model.b.set_trainable(false);
  CHECK(parameters.penalty() == doctest::Approx(0.1 * absolute_a + 0.01 * square_a));
  model.a.set_regularizer({});
  CHECK(parameters.penalty() == 0);
}

TEST_CASE("the penalty's gradient is added to that of the loss, equals its derivative, and frozen ones get none") {
  Model model;
  model.a.set_regularizer({.l1 = 0.1, .l2 = 0.01});
  model.b.set_regularizer({.l1 = 1});
  model.b.set_trainable(false);
  const Parameters<double> parameters(model);
  Tape<double> tape;
  sum(square(tape.parameter(model.a))).backward();
  parameters.add_penalty_gradients();
  for (Index i = 0; i < 6; ++i) {
    double& w = model.a.value().data()[i];
    if (w == 0) continue;  // the kink
    const double at = w;
    w = at + 1e-5;
    const double above = parameters.penalty();
    w = at - 1e-5;
    const double below = parameters.penalty();
    w = at;
    CHECK(model.a.gradient().data()[i] == doctest::Approx(2 * at + (above - below) / 2e-5).epsilon(1e-9));
  }
  CHECK(model.a.gradient()(0, 2) == 0);
  CHECK(model.b.gradient()(0) == 0);
}

TEST_CASE("a regularizer goes with copies, assignments and moves of a parameter, and into a gathered model's entries") {
  Model model;
  model.a.set_regularizer({.l1 = 0.1});
  Model copy(model);
  CHECK(copy.a.regularizer().l1 == 0.1);
  const Model moved(std::move(copy));
  CHECK(moved.a.regularizer().l1 == 0.1);

  Model gathered;
  const Parameters<double> parameters(gathered);
  gathered = moved;
  CHECK(parameters.penalty() == doctest::Approx(0.1 * absolute_a));
  gathered = Model();
  CHECK(parameters.penalty() == 0);

  const auto first = std::make_unique<Parameters<double>>(model);
  Model outlives(std::move(model));
  outlives.a.set_regularizer({.l2 = 2});
  CHECK(first->penalty() == doctest::Approx(2 * square_a));
}

TEST_CASE("a regularizer's factors are finite and not negative") {
  Model model;
  const Parameters<double> parameters(model);
  test::check_throws<ValueError>([&] { model.a.set_regularizer({.l1 = -1}); }, {"a: ", "at least 0", "got -1"});
  test::check_throws<ValueError>([] { Parameter<double>(Shape{1}).set_regularizer({.l2 = 1e300 * 1e300}); },
                                 {"regularizer"});
}
