/// y = x W + b: torch.nn.Linear, Keras's Dense without an activation.
///
/// x (…, in_features), y (…, out_features); weight (in_features, out_features), the transpose of PyTorch's; bias
/// (out_features).
#pragma once

#include <optional>

#include "../ops/linear.hpp"
#include "initializers.hpp"
#include "layer.hpp"

namespace tenure { inline namespace TENURE_ABI {

struct LinearConfig {
  Index in_features = 0;   ///< required
  Index out_features = 0;  ///< required
  bool bias = true;
  Preset preset = Preset::pytorch;
};

template <class T>
struct Linear {
  Parameter<T> weight;
  std::optional<Parameter<T>> bias;

  static constexpr std::string_view type = "Linear";

  /// PyTorch's preset: weights and biases uniform in ±1/√in_features. Keras's: Glorot-uniform weights, biases of 0.
  /// @throws ValueError for sizes below 1
  [[gnu::cold]] Linear(const LinearConfig& config, Rng& rng)
      : weight(Shape{detail::required(type, "in_features", config.in_features),
                     detail::required(type, "out_features", config.out_features)},
               FileLayout::transposed, type) {
    if (config.bias) bias.emplace(Shape{config.out_features}, FileLayout::same, type);
    if (config.preset == Preset::keras) {
      glorot_uniform(weight.value(), config.in_features, config.out_features, rng);
      return;
    }
    const double limit = 1 / std::sqrt(static_cast<double>(config.in_features));
    uniform(weight.value(), limit, rng);
    if (bias) uniform(bias->value(), limit, rng);
  }

  static void fields(auto& self, auto&& f) {
    f("weight", self.weight);
    f("bias", self.bias);
  }

  /// @throws ShapeError
  Var<T> operator()(Var<T> x) const {
    detail::check_features(weight, type, x.shape(), weight.shape()[0], 1);
    Tape<T>& tape = x.tape();
    const Var<T> w = tape.parameter(weight);
    return observed(*this, bias ? linear(x, w, tape.parameter(*bias)) : linear(x, w));
  }
};

}}  // namespace tenure::TENURE_ABI
