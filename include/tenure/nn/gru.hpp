/// Gated recurrent unit (Cho et al., 2014): torch.nn.GRU, Keras's GRU.
///
///   r = σ(x_r + u_r), z = σ(x_z + u_z), n = tanh(x_n + r ∘ u_n),  h_t = (1 − z) ∘ n + z ∘ h_{t−1}
///   with x = x_t W + b_ih, u = h_{t−1} U + b_hh
///
/// or, with the reset gate before the product (the paper's first version, Keras's reset_after=False),
/// n = tanh(x_n + (r ∘ h_{t−1}) U_n + b_hh,n).
///
/// x (batch, time, input_size), output (batch, time, directions · hidden_size), states (num_layers · directions, batch,
/// hidden_size); weight_ih_l* (input_size or directions · hidden_size, 3 · hidden_size), weight_hh_l* (hidden_size, 3 ·
/// hidden_size), the transposes of PyTorch's; bias_ih_l*, bias_hh_l* (3 · hidden_size). The order of the gates is r, z,
/// n, as in PyTorch; Keras stores z, r, h, so its kernels and biases have their first two thirds exchanged.
#pragma once

#include "../ops/recurrent/gru.hpp"
#include "recurrent.hpp"

namespace tenure { inline namespace TENURE_ABI {

struct GruConfig {
  Index input_size = 0;        ///< required
  Index hidden_size = 0;       ///< required
  Index num_layers = 1;        ///< each takes the outputs of the one below
  bool bidirectional = false;  ///< both directions, their outputs side by side, in each layer
  double dropout = 0;          ///< of the outputs between layers, in training; 0 for a single one
  bool reset_after = true;     ///< the reset gate after the recurrent product: PyTorch, cuDNN, Keras's default
  Preset preset = Preset::pytorch;
  /// 0, 1 (bias_ih) or 2; as the preset has them: 2, but 1 for Keras with the reset gate before the product
  std::optional<Index> biases = {};
};

template <class T>
struct Gru : detail::RecurrentLayer<ops::GruCell<T>> {
  using Config = GruConfig;

  /// PyTorch's preset: all uniform in ±1/√hidden_size. Keras's: Glorot-uniform W, orthogonal U, biases of 0.
  /// @throws ValueError for sizes below 1, biases and dropout rates outside their range
  [[gnu::cold]] Gru(const GruConfig& config, Rng& rng)
      : detail::RecurrentLayer<ops::GruCell<T>>(config, {.reset_after = config.reset_after}, rng) {}
};

}}  // namespace tenure::TENURE_ABI
