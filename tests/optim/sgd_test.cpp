#include "tenure/optim/sgd.hpp"

#include <doctest/doctest.h>

#include <cmath>

#include "../message.hpp"

using namespace tenure;

namespace {

struct Model {
  Parameter<double> a{Tensor<double>::from({1.0, -2.0, 3.0})};
  static void fields(auto& self, auto&& f) { f("a", self.a); }
};

double gradient(Index i, int step) { return std::sin(step + 1.0 + static_cast<double>(i)); }

/// 25 steps by https://pytorch.org/docs/stable/generated/torch.optim.SGD.html
double by_formula(double theta, Index i, const SgdConfig& c) {
  double b = 0;
  for (int t = 1; t <= 25; ++t) {
    theta *= 1 - c.learning_rate * c.weight_decay;
    double g = gradient(i, t) + c.l2 * theta / (1 - c.learning_rate * c.weight_decay);
    if (c.momentum != 0) {
      b = t > 1 ? c.momentum * b + (1 - c.dampening) * g : g;
      g = c.nesterov ? g + c.momentum * b : b;
    }
    theta -= c.learning_rate * g;
  }
  return theta;
}

void check_against_formula(const SgdConfig& config) {
  Model model;
  const Parameters<double> parameters(model);
  Sgd<double> sgd(parameters, config);
  for (int step = 1; step <= 25; ++step) {
    for (Index i = 0; i < 3; ++i) model.a.gradient()(i) = gradient(i, step);
    sgd.step();
    CHECK(model.a.gradient()(1) == 0);
  }
  const Model start;
  for (Index i = 0; i < 3; ++i) {
    CHECK(model.a.value()(i) == doctest::Approx(by_formula(start.a.value()(i), i, config)).epsilon(1e-12));
  }
  CHECK(sgd.steps() == 25);
}

}  // namespace

TEST_CASE("sgd: 25 steps equal PyTorch's formula, and Keras's decoupled weight decay") {
  check_against_formula({});
  check_against_formula({.learning_rate = 0.1, .momentum = 0.9});
  check_against_formula({.learning_rate = 0.1, .momentum = 0.9, .dampening = 0.4, .l2 = 0.1});
  check_against_formula({.learning_rate = 0.1, .momentum = 0.9, .nesterov = true});
  check_against_formula({.learning_rate = 0.1, .weight_decay = 0.2});
}

TEST_CASE("sgd: frozen parameters stay as they are") {
  Model model;
  const Parameters<double> parameters(model);
  Sgd<double> sgd(parameters, {.momentum = 0.9, .weight_decay = 0.1});
  model.a.gradient()(0) = 1;
  sgd.step();
  CHECK(model.a.value()(0) != 1);
  model.a.set_trainable(false);
  const double before = model.a.value()(0);
  sgd.step();
  CHECK(model.a.value()(0) == before);
}

TEST_CASE("sgd: the first step with momentum of a parameter that was frozen sets its velocity to the gradient") {
  Model model;
  const Parameters<double> parameters(model);
  Sgd<double> sgd(parameters, {.learning_rate = 0.1, .momentum = 0.9, .dampening = 0.5});
  model.a.set_trainable(false);
  for (int step = 0; step < 3; ++step) sgd.step();
  model.a.set_trainable(true);
  model.a.gradient()(0) = 2;
  sgd.step();
  CHECK(model.a.value()(0) == doctest::Approx(1 - 0.1 * 2));
  model.a.gradient()(0) = 2;
  sgd.step();
  CHECK(model.a.value()(0) == doctest::Approx(0.8 - 0.1 * (0.9 * 2 + 0.5 * 2)));
}

TEST_CASE("sgd: momentum that begins later begins with the gradient, too") {
  Model model;
  const Parameters<double> parameters(model);
  Sgd<double> sgd(parameters, {.learning_rate = 0.1, .dampening = 0.5});
  sgd.step();
  sgd.config.momentum = 0.9;
  model.a.gradient()(0) = 2;
  sgd.step();
  CHECK(model.a.value()(0) == doctest::Approx(0.8));
}

TEST_CASE("sgd: a gradient that is not finite is named, and nothing changes") {
  Model model;
  const Parameters<double> parameters(model);
  Sgd<double> sgd(parameters, {.momentum = 0.9});
  model.a.gradient()(2) = std::nan("");
  test::check_throws<StateError>([&] { sgd.step(); }, {"sgd: expected finite gradients", "nan", " in a"});
  CHECK(model.a.value()(2) == 3);
  CHECK(sgd.steps() == 0);
}

TEST_CASE("sgd: settings outside their domain are named") {
  Model model;
  const Parameters<double> parameters(model);
  const auto sgd = [&](const SgdConfig& config) { return [&, config] { Sgd<double>(parameters, config); }; };
  test::check_throws<ValueError>(sgd({.learning_rate = -1}), {"sgd", "learning rate", "-1"});
  test::check_throws<ValueError>(sgd({.momentum = -1}), {"momentum"});
  test::check_throws<ValueError>(sgd({.dampening = 2}), {"dampening"});
  test::check_throws<ValueError>(sgd({.nesterov = true}), {"Nesterov", "got 0"});
  test::check_throws<ValueError>(sgd({.momentum = 0.9, .dampening = 0.1, .nesterov = true}), {"no dampening"});
  test::check_throws<ValueError>(sgd({.momentum = HUGE_VAL}), {"momentum", "inf"});
}
