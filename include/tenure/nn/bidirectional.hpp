/// Two layers of one kind over the same sequence, one of them from its end, as Keras's Bidirectional:
///
///   y = merge(forward_layer(x), backward_layer(x)),  outputs in the order of the input
///
/// x (batch, time, inputs); output (batch, time, units), twice as wide where the two are concatenated. A layer's own
/// `bidirectional` is PyTorch's, whose stacked layers each see both directions of the one below.
#pragma once

#include "../ops/arithmetic.hpp"
#include "recurrent.hpp"

namespace tenure { inline namespace TENURE_ABI {

/// How a Bidirectional joins its two outputs: Keras's merge_mode "concat", "sum", "ave" and "mul".
enum class Merge { concatenate, sum, average, multiply };

template <class Layer>
struct BidirectionalConfig {
  typename Layer::Config layer;  ///< of each of the two; not itself bidirectional
  Merge merge = Merge::concatenate;
};

template <class Layer>
struct Bidirectional {
  using T = typename Layer::value_type;

  Layer forward_layer;
  Layer backward_layer;
  Merge merge;

  static constexpr std::string_view type = "Bidirectional";

  /// @throws what the layer's constructor throws; ValueError for one that is bidirectional
  [[gnu::cold]] Bidirectional(const BidirectionalConfig<Layer>& config, Rng& rng)
      : forward_layer(config.layer, rng), backward_layer(config.layer, rng), merge(config.merge) {
    if (config.layer.bidirectional) throw ValueError(type, "a layer of one direction", "a bidirectional one");
  }

  static void fields(auto& self, auto&& f) {
    f("forward_layer", self.forward_layer);
    f("backward_layer", self.backward_layer);
  }

  /// Keras's return_sequences=False is RecurrentOutput::state: both final states. Initial states are
  /// (2 · layers, batch, units), those of the forward layer first. @throws ShapeError, ValueError
  Var<T> operator()(Var<T> x, const RecurrentOptions<T>& options = {}) const {
    RecurrentOptions<T> forward = options, backward = options;
    backward.reverse = !options.reverse;
    halve(options.h, forward.h, backward.h);
    halve(options.c, forward.c, backward.c);
    return observed(*this, joined(forward_layer(x, forward), backward_layer(x, backward)));
  }

 private:
  void halve(const std::optional<Var<T>>& states, std::optional<Var<T>>& first, std::optional<Var<T>>& second) const {
    if (!states) return;
    const Index count = static_cast<Index>(forward_layer.weights.size());
    if (states->shape().rank() != 3 || states->shape()[0] != 2 * count) {
      throw ShapeError(type, {"initial states of (", 2 * count, ", batch, units)"}, {states->shape()});
    }
    first = slice(*states, 0, 0, count);
    second = slice(*states, 0, count, 2 * count);
  }

  Var<T> joined(Var<T> a, Var<T> b) const {
    switch (merge) {
      case Merge::sum:
        return a + b;
      case Merge::average:
        return scale(a + b, 0.5);
      case Merge::multiply:
        return a * b;
      default:
        return concatenate({a, b}, -1);
    }
  }
};

}}  // namespace tenure::TENURE_ABI
