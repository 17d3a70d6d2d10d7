/// Two layers of one kind over the same sequence, one of them from its end, as Keras's Bidirectional:
///
///   y = merge_mode(forward_layer(x), backward_layer(x)),  outputs in the order of the input
///
/// x (batch, time, input_size); output (batch, time, hidden_size), twice as wide where the two are concatenated. A
/// layer's own `bidirectional` is PyTorch's, whose stacked layers each see both directions of the one below.
#pragma once

#include "../ops/arithmetic.hpp"
#include "recurrent.hpp"

namespace tenure { inline namespace TENURE_ABI {

/// How a Bidirectional joins its two outputs: side by side, their sum, mean or product.
enum class MergeMode { concat, sum, ave, mul };

template <class Layer>
struct BidirectionalConfig {
  typename Layer::Config layer = {};  ///< of each of the two, whose sizes are required; not itself bidirectional
  MergeMode merge_mode = MergeMode::concat;
};

template <class Layer>
struct Bidirectional {
  using T = typename Layer::value_type;

  Layer forward_layer;
  Layer backward_layer;
  MergeMode merge_mode;

  static constexpr std::string_view type = "Bidirectional";

  /// @throws what the layer's constructor throws; ValueError for one that is bidirectional
  [[gnu::cold]] Bidirectional(const BidirectionalConfig<Layer>& config, Rng& rng)
      : forward_layer(config.layer, rng), backward_layer(config.layer, rng), merge_mode(config.merge_mode) {
    if (config.layer.bidirectional) throw ValueError(type, "a layer of one direction", "a bidirectional one");
  }

  static void fields(auto& self, auto&& f) {
    f("forward_layer", self.forward_layer);
    f("backward_layer", self.backward_layer);
  }

  /// Keras's return_sequences=False is RecurrentOutput::state: both final states. Initial states are
  /// (2 · num_layers, batch, hidden_size), those of the forward layer first.
  /// @param rng for the layers' dropout; null for the tape's, which fit() sets. @throws ShapeError, ValueError
  Var<T> operator()(Var<T> x, const RecurrentOptions<T>& options = {}, Rng* rng = nullptr) const {
    RecurrentOptions<T> forward = options, backward = options;
    backward.reverse = !options.reverse;
    halve(options.h_0, forward.h_0, backward.h_0);
    halve(options.c_0, forward.c_0, backward.c_0);
    // In this order for all compilers: it is that of the sums in the gradient of x, and of what dropout draws.
    const Var<T> last = backward_layer(x, backward, rng);
    return observed(*this, joined(forward_layer(x, forward, rng), last));
  }
  Var<T> operator()(Var<T> x, Rng* rng) const { return (*this)(x, {}, rng); }

 private:
  void halve(const std::optional<Var<T>>& states, std::optional<Var<T>>& first, std::optional<Var<T>>& second) const {
    if (!states) return;
    const Index count = static_cast<Index>(forward_layer.weights.size());
    if (states->shape().rank() != 3 || states->shape()[0] != 2 * count) {
      throw ShapeError(type, {"initial states of (", 2 * count, ", batch, hidden_size)"}, {states->shape()});
    }
    first = slice(*states, 0, 0, count);
    second = slice(*states, 0, count, 2 * count);
  }

  Var<T> joined(Var<T> a, Var<T> b) const {
    switch (merge_mode) {
      case MergeMode::sum:
        return a + b;
      case MergeMode::ave:
        return scale(a + b, 0.5);
      case MergeMode::mul:
        return a * b;
      default:
        return concatenate({a, b}, -1);
    }
  }
};

}}  // namespace tenure::TENURE_ABI
