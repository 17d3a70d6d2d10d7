#include "tenure/optim/adam.hpp"

#include <doctest/doctest.h>

#include <limits>

#include "../gradient_check.hpp"

using namespace tenure;

namespace {

struct Model {
  Parameter<double> a{Tensor<double>::from({1.0, -2.0, 3.0})};
  Parameter<double> b{Tensor<double>::from({0.5})};
  static void fields(auto& self, auto&& f) {
    f("a", self.a);
    f("b", self.b);
  }
};

/// Gradients that differ from step to step, the smallest far below epsilon.
double gradient(Index i, int step) {
  return std::pow(10.0, -3.0 * static_cast<double>(i)) * std::sin(step + 1.0 + static_cast<double>(i));
}

/// 25 steps by the papers' formulas for the parameter that starts at `theta` and gets gradient(i, step).
double by_formula(double theta, Index i, const AdamConfig& c) {
  double m = 0;
  double v = 0;
  for (int t = 1; t <= 25; ++t) {
    const double g = gradient(i, t) + c.l2 * theta;
    m = c.beta_1 * m + (1 - c.beta_1) * g;
    v = c.beta_2 * v + (1 - c.beta_2) * g * g;
    const double m_correction = 1 - std::pow(c.beta_1, t);
    const double v_correction = 1 - std::pow(c.beta_2, t);
    theta *= 1 - c.learning_rate * c.weight_decay;
    theta -= c.epsilon_outside
                 ? c.learning_rate * std::sqrt(v_correction) / m_correction * m / (std::sqrt(v) + c.epsilon)
                 : c.learning_rate * (m / m_correction) / (std::sqrt(v / v_correction) + c.epsilon);
  }
  return theta;
}

void check_against_formula(const AdamConfig& config) {
  Model model;
  const Parameters<double> parameters(model);
  Adam<double> adam(parameters, config);
  for (int step = 1; step <= 25; ++step) {
    for (Index i = 0; i < 3; ++i) model.a.gradient()(i) = gradient(i, step);
    model.b.gradient()(0) = gradient(3, step);
    adam.step();
    CHECK(model.a.gradient()(1) == 0);
  }
  const Model start;
  for (Index i = 0; i < 3; ++i) {
    CHECK(model.a.value()(i) == doctest::Approx(by_formula(start.a.value()(i), i, config)).epsilon(1e-12));
  }
  CHECK(model.b.value()(0) == doctest::Approx(by_formula(0.5, 3, config)).epsilon(1e-12));
  CHECK(adam.steps() == 25);
}

}  // namespace

TEST_CASE("adam: 25 steps equal the formulas of PyTorch, Keras and AdamW") {
  check_against_formula({});
  check_against_formula({.learning_rate = 0.05, .beta_1 = 0.8, .beta_2 = 0.95, .epsilon = 1e-3});
  check_against_formula({.epsilon = 1e-7, .epsilon_outside = true});
  check_against_formula({.learning_rate = 0.01, .l2 = 0.1});
  check_against_formula({.learning_rate = 0.01, .weight_decay = 0.1});
}

TEST_CASE("adam: frozen parameters stay as they are, whatever their past gradients and decay") {
  Model model;
  const Parameters<double> parameters(model);
  Adam<double> adam(parameters, {.weight_decay = 0.1});
  model.a.gradient()(0) = 1;
  model.b.gradient()(0) = 1;
  adam.step();
  model.a.set_trainable(false);
  const double a = model.a.value()(0);
  const double b = model.b.value()(0);
  adam.step();
  CHECK(model.a.value()(0) == a);
  CHECK(model.b.value()(0) != b);
  model.a.set_trainable(true);
  adam.step();
  CHECK(model.a.value()(0) != a);
}

TEST_CASE("adam: a changed learning rate counts from the next step") {
  Model model;
  const Parameters<double> parameters(model);
  Adam<double> adam(parameters, {.learning_rate = 0});
  model.b.gradient()(0) = 1;
  adam.step();
  CHECK(model.b.value()(0) == 0.5);
  adam.config.learning_rate = 0.1;
  adam.step();
  CHECK(model.b.value()(0) < 0.5);
}

TEST_CASE("adam: a model may move, and its Parameters go, but not the model itself") {
  auto model = std::make_unique<Model>();
  auto parameters = std::make_unique<Parameters<double>>(*model);
  Adam<double> adam(*parameters);
  auto moved = std::make_unique<Model>(std::move(*model));
  model.reset();
  parameters.reset();
  moved->b.gradient()(0) = 1;
  adam.step();
  CHECK(moved->b.value()(0) != 0.5);
  moved.reset();
  test::check_throws<StateError>([&] { adam.step(); }, {"adam: expected buffers", "of a model that is gone"});
  CHECK(adam.steps() == 1);
}

TEST_CASE("adam: an optimizer of before a model was gathered anew says so") {
  Model model;
  auto parameters = std::make_unique<Parameters<double>>(model);
  Adam<double> adam(*parameters);
  parameters.reset();
  const Parameters<double> anew(model);
  Adam<double> other(anew);
  model.a.gradient()(0) = 1;
  test::check_throws<StateError>([&] { adam.step(); }, {"adam: expected buffers", "gathered anew since"});
  other.step();
  CHECK(model.a.value()(0) != 1);
}

// PyTorch 1.13: b.requires_grad False for 1,000 steps of a, then five steps of both.
TEST_CASE("adam: a parameter that was frozen takes its first step as the first") {
  Model model;
  const Parameters<double> parameters(model);
  Adam<double> adam(parameters, {.learning_rate = 0.01});
  model.b.value()(0) = 1;
  model.b.set_trainable(false);
  for (int step = 0; step < 1000; ++step) {
    model.a.gradient()(0) = 1e-3;
    adam.step();
  }
  model.b.set_trainable(true);
  for (const double expected : {0.99, 0.98, 0.97, 0.96, 0.95}) {
    model.a.gradient()(0) = 1e-3;
    model.b.gradient()(0) = 1;
    adam.step();
    CHECK(model.b.value()(0) == doctest::Approx(expected).epsilon(1e-7));
  }
  CHECK(adam.steps() == 1005);
  CHECK(std::ranges::equal(adam.parameter_steps(), std::vector<Index>{1005, 5}));
}

TEST_CASE("adam: a gradient that is not finite is named, and nothing changes") {
  for (const double bad : {std::numeric_limits<double>::quiet_NaN(), std::numeric_limits<double>::infinity()}) {
    Model model;
    const Parameters<double> parameters(model);
    Adam<double> adam(parameters);
    model.a.gradient()(0) = 1;
    adam.step();
    const std::vector<double> before(parameters.values().begin(), parameters.values().end());
    model.a.gradient()(1) = 1;
    model.b.gradient()(0) = bad;
    test::check_throws<StateError>([&] { adam.step(); }, {"adam: expected finite gradients", " in b"});
    CHECK(std::ranges::equal(parameters.values(), before));
    CHECK(adam.steps() == 1);
    CHECK(model.a.gradient()(1) == 1);
    model.b.set_trainable(false);  // whose gradient nobody uses
    adam.step();
    CHECK(adam.steps() == 2);
  }
}

TEST_CASE("adam: settings outside their domain are named") {
  Model model;
  const Parameters<double> parameters(model);
  const auto adam = [&](const AdamConfig& config) { return [&, config] { Adam<double>(parameters, config); }; };
  test::check_throws<ValueError>(adam({.learning_rate = -1}), {"adam", "learning rate", "-1"});
  test::check_throws<ValueError>(adam({.beta_1 = 1}), {"beta_1 in [0, 1)", "got 1"});
  test::check_throws<ValueError>(adam({.beta_2 = -0.5}), {"beta_2"});
  test::check_throws<ValueError>(adam({.epsilon = 0}), {"epsilon"});
  test::check_throws<ValueError>(adam({.weight_decay = -1}), {"weight decay"});
  constexpr double infinity = std::numeric_limits<double>::infinity();
  test::check_throws<ValueError>(adam({.learning_rate = infinity}), {"learning rate", "inf"});
  test::check_throws<ValueError>(adam({.epsilon = infinity}), {"epsilon", "inf"});
  test::check_throws<ValueError>(adam({.l2 = std::numeric_limits<double>::quiet_NaN()}), {"l2", "nan"});
}
