/// y = x W + b: torch.nn.Linear, Keras's Dense without an activation.
///
/// x (…, inputs), y (…, outputs); weight (inputs, outputs), the transpose of PyTorch's; bias (outputs).
#pragma once

#include <optional>

#include "../autograd/parameter.hpp"
#include "../core/rng.hpp"
#include "../ops/linear.hpp"

namespace tenure::inline TENURE_ABI {

struct LinearConfig {
  Index inputs;
  Index outputs;
  bool bias = true;
};

template <class T>
struct Linear {
  Parameter<T> weight;
  std::optional<Parameter<T>> bias;

  /// Weights and biases uniform in ±1/√inputs, as PyTorch's. @throws ShapeError for sizes below 1
  [[gnu::cold]] Linear(LinearConfig config, Rng& rng) : weight(Shape{config.inputs, config.outputs}) {
    if (config.bias) bias.emplace(Shape{config.outputs});
    const double limit = 1 / std::sqrt(static_cast<double>(config.inputs));
    for (T& w : weight.value()) w = static_cast<T>(rng.uniform(-limit, limit));
    if (!bias) return;
    for (T& b : bias->value()) b = static_cast<T>(rng.uniform(-limit, limit));
  }

  static void fields(auto& self, auto&& f) {
    f("weight", self.weight);
    f("bias", self.bias);
  }

  /// @throws ShapeError
  Var<T> operator()(Var<T> x) const {
    Tape<T>& tape = x.tape();
    const Var<T> w = tape.parameter(weight);
    return bias ? linear(x, w, tape.parameter(*bias)) : linear(x, w);
  }
};

}  // namespace tenure::inline TENURE_ABI
