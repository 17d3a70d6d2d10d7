/// Simple recurrent layer (Elman, 1990): torch.nn.RNN, Keras's SimpleRNN.
///
///   h_t = tanh(x_t W + h_{t−1} U + b), or max(·, 0) of the same
///
/// x (batch, time, input_size), output (batch, time, directions · hidden_size), states (num_layers · directions, batch,
/// hidden_size); weight_ih_l* (input_size or directions · hidden_size, hidden_size), weight_hh_l* (hidden_size,
/// hidden_size), the transposes of PyTorch's; bias_ih_l*, bias_hh_l* (hidden_size).
#pragma once

#include "../ops/recurrent/simple_rnn.hpp"
#include "recurrent.hpp"

namespace tenure { inline namespace TENURE_ABI {

/// Of the state: tanh(z), or max(z, 0).
enum class Nonlinearity { tanh, relu };

struct SimpleRnnConfig {
  Index input_size = 0;        ///< required
  Index hidden_size = 0;       ///< required
  Index num_layers = 1;        ///< each takes the outputs of the one below
  bool bidirectional = false;  ///< both directions, their outputs side by side, in each layer
  double dropout = 0;          ///< of the outputs between layers, in training; 0 for a single one
  Nonlinearity nonlinearity = Nonlinearity::tanh;
  Preset preset = Preset::pytorch;
  std::optional<Index> biases = {};  ///< 0, 1 (bias_ih) or 2; as the preset has them: PyTorch 2, Keras 1
};

template <class T>
struct SimpleRnn : detail::RecurrentLayer<ops::SimpleRnnCell<T>> {
  using Config = SimpleRnnConfig;

  /// PyTorch's preset: all uniform in ±1/√hidden_size. Keras's: Glorot-uniform W, orthogonal U, one bias of 0.
  /// @throws ValueError for sizes below 1, biases and dropout rates outside their range
  [[gnu::cold]] SimpleRnn(const SimpleRnnConfig& config, Rng& rng)
      : detail::RecurrentLayer<ops::SimpleRnnCell<T>>(config, {.relu = config.nonlinearity == Nonlinearity::relu},
                                                      rng) {}
};

}}  // namespace tenure::TENURE_ABI
