/// Derivatives against central differences: the one helper that every op's and layer's gradient test uses.
#pragma once

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <vector>

#include "message.hpp"
#include "tenure/autograd/tape.hpp"
#include "tenure/core/rng.hpp"

namespace tenure::test {

using Function = std::function<Var<double>(const std::vector<Var<double>>&)>;

/// Uniform in [low, high), but no closer to zero than `gap`: for functions with a kink or pole there.
inline Tensor<double> random(const Shape& shape, Rng& rng, double low = -2, double high = 2, double gap = 0) {
  Tensor<double> x(shape);
  for (double& value : x) {
    do {
      value = rng.uniform(low, high);
    } while (std::abs(value) < gap);
  }
  return x;
}

/// Checks the gradient of Σ f(inputs)·cotangent, the cotangent being random (a sum has zero gradient through a softmax
/// or a layer norm, whatever the code does), by central differences in every element of every input. The largest error
/// over a tensor is relative to its largest gradient, or to that of all inputs where it is zero.
inline void check_op(const Function& f, std::vector<Tensor<double>> inputs, double tolerance = 1e-6) {
  Rng rng(20240229);
  Tape<double> tape;
  Tensor<double> cotangent;
  const auto evaluate = [&](bool with_gradients) {
    tape.reset();
    std::vector<Var<double>> vars;
    for (const Tensor<double>& input : inputs)
      vars.push_back(with_gradients ? tape.variable(input) : tape.input(input));
    const Var<double> y = f(vars);
    if (cotangent.empty()) cotangent = random(y.shape(), rng);
    if (with_gradients) y.backward(cotangent);
    double loss = 0;
    for (Index i = 0; i < y.size(); ++i) loss += y.value().data()[i] * cotangent.data()[i];
    std::vector<Tensor<double>> gradients;
    for (const Var<double>& var : vars) {
      gradients.push_back(with_gradients ? Tensor<double>(var.gradient()) : Tensor<double>());
    }
    return std::pair(loss, std::move(gradients));
  };

  evaluate(true);  // leaves something where gradients will be
  const std::vector<Tensor<double>> gradients = evaluate(true).second;
  double largest = 0;
  for (const Tensor<double>& gradient : gradients) {
    for (const double g : gradient) largest = std::max(largest, std::abs(g));
  }
  REQUIRE(largest > 0);
  for (std::size_t k = 0; k < inputs.size(); ++k) {
    double scale = 0;
    double error = 0;
    for (Index i = 0; i < inputs[k].size(); ++i) {
      double& x = inputs[k].data()[i];
      const double before = x;
      const double step = 1e-5 * std::max(1.0, std::abs(before));
      x = before + step;
      const double above = evaluate(false).first;
      const double width = x;
      x = before - step;
      const double below = evaluate(false).first;
      const double numeric = (above - below) / (width - x);
      x = before;
      scale = std::max(scale, std::abs(numeric));
      error = std::max(error, std::abs(numeric - gradients[k].data()[i]));
    }
    const double relative = error / (scale > 1e-9 * largest ? scale : largest);
    INFO("input ", k, " of shape ", inputs[k].shape().to_string(), ": error ", relative);
    CHECK(relative < tolerance);
  }
}

}  // namespace tenure::test
