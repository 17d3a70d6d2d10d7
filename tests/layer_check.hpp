/// What every layer's test checks: derivatives into inputs and parameters, and that a step of Adam moves all of them.
#pragma once

#include "gradient_check.hpp"
#include "tenure/autograd/parameters.hpp"
#include "tenure/optim/adam.hpp"

namespace tenure::test {

/// check_op() of f, which applies the layer, in its inputs, and the same in the layer's parameters.
template <class Layer>
void check_layer(Layer& layer, const Function& f, const std::vector<Tensor<double>>& inputs, double tolerance = 1e-6) {
  check_op(f, inputs, tolerance);
  const Parameters<double> parameters(layer);
  Rng rng(20240301);
  Tape<double> tape;
  Tensor<double> cotangent;
  const auto evaluate = [&](bool with_gradients) {
    tape.reset();
    std::vector<Var<double>> vars;
    for (const Tensor<double>& input : inputs) vars.push_back(tape.input(input));
    const Var<double> y = f(vars);
    if (cotangent.empty()) cotangent = random(y.shape(), rng);
    if (with_gradients) y.backward(cotangent);
    double loss = 0;
    for (Index i = 0; i < y.size(); ++i) loss += y.value().data()[i] * cotangent.data()[i];
    return loss;
  };
  evaluate(true);
  double largest = 0;
  for (const double g : parameters.gradients()) largest = std::max(largest, std::abs(g));
  REQUIRE(largest > 0);
  for (const auto& entry : parameters.entries()) {
    double scale = 0, error = 0;
    for (Index i = entry.offset; i < entry.offset + entry.shape.size(); ++i) {
      double& w = parameters.values().data()[i];
      const double before = w, step = 1e-5;
      w = before + step;
      const double above = evaluate(false);
      w = before - step;
      const double below = evaluate(false);
      w = before;
      const double numeric = (above - below) / (2 * step);
      scale = std::max(scale, std::abs(numeric));
      error = std::max(error, std::abs(numeric - parameters.gradients().data()[i]));
    }
    INFO(entry.name, " of shape ", entry.shape.to_string());
    CHECK(error / (scale > 1e-7 * largest ? scale : largest) < tolerance);
  }
}

/// Takes one step of Adam along the gradient of f with a random cotangent and checks that each parameter changed.
template <class Layer>
void check_all_parameters_move(Layer& layer, const Function& f, const std::vector<Tensor<double>>& inputs) {
  const Parameters<double> parameters(layer);
  Adam<double> adam(parameters);
  Rng rng(20240302);
  Tape<double> tape;
  std::vector<Var<double>> vars;
  for (const Tensor<double>& input : inputs) vars.push_back(tape.input(input));
  const Var<double> y = f(vars);
  y.backward(random(y.shape(), rng));
  const Tensor<double> before(parameters.values());
  adam.step();
  for (const auto& entry : parameters.entries()) {
    INFO(entry.name);
    CHECK(!std::equal(before.data() + entry.offset, before.data() + entry.offset + entry.shape.size(),
                      parameters.values().data() + entry.offset));
  }
}

}  // namespace tenure::test
