/// y = weight · (x − mean) / √(variance + eps) + bias over the last axis: torch.nn.LayerNorm, Keras's
/// LayerNormalization.
///
/// x, y (…, normalized_shape); weight, bias (normalized_shape), Keras's gamma and beta.
#pragma once

#include <optional>

#include "../ops/layer_norm.hpp"
#include "initializers.hpp"
#include "layer.hpp"

namespace tenure { inline namespace TENURE_ABI {

struct LayerNormConfig {
  Index normalized_shape = 0;      ///< required: of the last axis
  std::optional<double> eps = {};  ///< more than 0; absent: 1e-5, and 1e-3 in Keras's preset
  Preset preset = Preset::pytorch;
};

template <class T>
struct LayerNorm {
  Parameter<T> weight;
  Parameter<T> bias;
  double eps;

  static constexpr std::string_view type = "LayerNorm";

  /// Weights of 1, biases of 0. @throws ValueError for a normalized_shape below 1 or an eps of 0 or less
  [[gnu::cold]] explicit LayerNorm(const LayerNormConfig& config)
      : weight(Tensor<T>(Shape{detail::required(type, "normalized_shape", config.normalized_shape)}, 1), type),
        bias(Shape{config.normalized_shape}, FileLayout::same, type),
        eps(config.eps.value_or(config.preset == Preset::keras ? 1e-3 : 1e-5)) {
    if (!(eps > 0)) throw ValueError(type, "an eps above 0", {eps});
  }
  /// The same: as all layers are made, though nothing is drawn.
  [[gnu::cold]] LayerNorm(const LayerNormConfig& config, Rng&) : LayerNorm(config) {}

  static void fields(auto& self, auto&& f) {
    f("weight", self.weight);
    f("bias", self.bias);
  }

  /// @throws ShapeError
  Var<T> operator()(Var<T> x) const {
    detail::check_features(weight, type, x.shape(), weight.size(), 1);
    Tape<T>& tape = x.tape();
    return observed(*this, layer_norm(x, tape.parameter(weight), tape.parameter(bias), eps));
  }

  /// Of x + residual. @throws ShapeError
  Var<T> operator()(Var<T> x, Var<T> residual) const {
    detail::check_features(weight, type, x.shape(), weight.size(), 1);
    Tape<T>& tape = x.tape();
    return observed(*this, layer_norm_of_sum(x, residual, tape.parameter(weight), tape.parameter(bias), eps));
  }
};

}}  // namespace tenure::TENURE_ABI
