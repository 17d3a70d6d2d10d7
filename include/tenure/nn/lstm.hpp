/// Long short-term memory (Hochreiter and Schmidhuber, 1997; Gers et al., 2000): torch.nn.LSTM, Keras's LSTM.
///
///   i = σ(z_i), f = σ(z_f), g = tanh(z_g), o = σ(z_o),  z = x_t W + h_{t−1} U + b
///   c_t = f ∘ c_{t−1} + i ∘ g,  h_t = o ∘ tanh(c_t)
///
/// x (batch, time, input_size), output (batch, time, directions · hidden_size), states (num_layers · directions, batch,
/// hidden_size); weight_ih_l* (input_size or directions · hidden_size, 4 · hidden_size), weight_hh_l* (hidden_size, 4 ·
/// hidden_size), the transposes of PyTorch's; bias_ih_l*, bias_hh_l* (4 · hidden_size). The order of the gates is i, f,
/// g, o in PyTorch, Keras and here.
#pragma once

#include "../ops/recurrent/lstm.hpp"
#include "recurrent.hpp"

namespace tenure { inline namespace TENURE_ABI {

struct LstmConfig {
  Index input_size = 0;        ///< required
  Index hidden_size = 0;       ///< required
  Index num_layers = 1;        ///< each takes the outputs of the one below
  bool bidirectional = false;  ///< both directions, their outputs side by side, in each layer
  double dropout = 0;          ///< of the outputs between layers, in training; 0 for a single one
  Preset preset = Preset::pytorch;
  std::optional<Index> biases = {};  ///< 0, 1 (bias_ih) or 2; as the preset has them: PyTorch 2, Keras 1
  bool unit_forget_bias = true;      ///< Keras's preset: the forget gate's bias starts as 1
};

template <class T>
struct Lstm : detail::RecurrentLayer<ops::LstmCell<T>> {
  using Config = LstmConfig;

  /// PyTorch's preset: all uniform in ±1/√hidden_size. Keras's: Glorot-uniform W, orthogonal U, one bias of 0.
  /// @throws ValueError for sizes below 1, biases and dropout rates outside their range
  [[gnu::cold]] Lstm(const LstmConfig& config, Rng& rng) : detail::RecurrentLayer<ops::LstmCell<T>>(config, {}, rng) {
    if (config.preset != Preset::keras || !config.unit_forget_bias) return;
    for (auto& w : this->weights) {
      if (w.bias_ih) std::fill_n(w.bias_ih->value().data() + config.hidden_size, config.hidden_size, T{1});
    }
  }
};

}}  // namespace tenure::TENURE_ABI
