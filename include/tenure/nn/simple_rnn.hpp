/// Simple recurrent layer (Elman, 1990): torch.nn.RNN, Keras's SimpleRNN.
///
///   h_t = tanh(x_t W + h_{t−1} U + b), or max(·, 0) of the same
///
/// x (batch, time, inputs), output (batch, time, directions · units), states (layers · directions, batch, units);
/// weight_ih_l* (inputs or directions · units, units), weight_hh_l* (units, units), the transposes of PyTorch's;
/// bias_ih_l*, bias_hh_l* (units).
#pragma once

#include "../ops/recurrent/simple_rnn.hpp"
#include "recurrent.hpp"

namespace tenure { inline namespace TENURE_ABI {

struct SimpleRnnConfig {
  Index inputs;
  Index units;
  Index layers = 1;            ///< each takes the outputs of the one below
  bool bidirectional = false;  ///< both directions, their outputs side by side, in each layer
  double dropout = 0;          ///< of the outputs between layers, while training
  bool relu = false;           ///< max(z, 0) rather than tanh(z)
  Preset preset = Preset::pytorch;
  std::optional<Index> biases = {};  ///< 0, 1 (bias_ih) or 2; as the preset has them: PyTorch 2, Keras 1
};

template <class T>
struct SimpleRnn : detail::RecurrentLayer<ops::SimpleRnnCell<T>> {
  using Config = SimpleRnnConfig;

  /// PyTorch's preset: all uniform in ±1/√units. Keras's: Glorot-uniform W, orthogonal U, one bias of 0.
  /// @throws ShapeError for sizes below 1; ValueError
  [[gnu::cold]] SimpleRnn(const SimpleRnnConfig& config, Rng& rng)
      : detail::RecurrentLayer<ops::SimpleRnnCell<T>>(config, {.relu = config.relu}, rng) {}
};

}}  // namespace tenure::TENURE_ABI
