#include "tenure/optim/adam.hpp"

#include <doctest/doctest.h>

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

TEST_CASE("adam: the buffers outlive the model and the Parameters") {
  auto parameters = std::make_unique<Parameters<double>>(*std::make_unique<Model>());
  Adam<double> adam(*parameters);
  parameters.reset();
  adam.step();
  CHECK(adam.steps() == 1);
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
}
