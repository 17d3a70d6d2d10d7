/// A recurrent layer over whole sequences, in one direction or both, as one operation:
///
///   h_t = cell(x_t W + b, h_{t−1} U)
///
/// x (batch, time, features), or (batch, features) for a vector that is the same at every step; for each direction W
/// (features, gates · units), U (units, gates · units), up to two biases (gates · units); initial states (directions,
/// batch, units). The cells are in lstm.hpp, gru.hpp and simple_rnn.hpp.
///
/// What is one product for many steps, the projection of the input and the gradients of weights and input, is computed
/// for a block of steps at a time. A row whose sequence is over keeps its state, so that masks are right in both
/// directions. A state that is known to be zero is not multiplied.
#pragma once

#include <optional>

#include "../../autograd/tape.hpp"
#include "backward.hpp"
#include "forward.hpp"
#include "packed.hpp"

namespace tenure { inline namespace TENURE_ABI { namespace ops {

/// Inputs: x, then W and U of each direction, the biases of each direction, and, where they are given, the initial
/// states (directions, batch, units), one for each state of the cell. y is one flat buffer; see RecurrentOffsets.
template <class Cell>
struct Recurrent {
  using T = typename Cell::value_type;
  static constexpr std::string_view name = Cell::name;
  static constexpr Reads backward_reads{.inputs = 0b11111};  // x and the weights
  static constexpr Index gates = Cell::gates;

  Cell cell;
  RecurrentLayerOptions<T> options;

  RecurrentOffsets offsets(const Shape& x, Index units) const {
    return RecurrentOffsets::of(RecurrentSizes<Cell>(x, options.repeats, units), options);
  }

  Shape shape(Inputs<T> in) const {
    const Shape &x = in[0].shape(), &w = in[1].shape(), &u = in[2].shape();
    if (x.rank() != (options.repeats > 0 ? 2 : 3) || w.rank() != 2 || u != Shape{w[1] / gates, w[1]} ||
        w[0] != x.last()) {
      throw ShapeError(name, "x (batch, time, features), W (features, gates · units), U (units, gates · units)",
                       {x, ", ", w, " and ", u});
    }
    return {offsets(x, u[0]).end};
  }

  void check_values(Inputs<T> in) const {
    const View<const std::int64_t>& lengths = options.mask.lengths;
    const Index time = sizes(in).time, row = first_wrong_length(lengths, time);
    if (row >= 0) throw ValueError(name, {"lengths from 0 to ", time}, {lengths(row), " for row ", row});
  }

  void borrowed(auto&& f) {
    f("lengths", options.mask.lengths);
    f("a mask", options.mask.steps);
  }

  Index saved_size(Inputs<T> in) const { return options.keep ? RecurrentLayout<Cell>(options, sizes(in)).size : 0; }

  void forward(const Forward<T>& f) const { RecurrentForward<Cell>(cell, options, sizes(f.x), f).run(); }
  void backward(const Backward<T>& b) const { RecurrentBackward<Cell>(cell, options, sizes(b.x), b).run(); }

  /// Weights and biases: initial states may be others in each run.
  unsigned packs(Inputs<T>) const { return (1U << options.state_input(0)) - 2; }

  /// For a single row without steps that don't count.
  std::optional<PackedRecurrent<Cell>> packed(Inputs<T> in, PackedWeights<T>& weights) const requires HasRowStep<Cell> {
    const RecurrentSizes<Cell> s = sizes(in);
    if (s.batch != 1 || options.mask.any || !cell.has_row_step()) return {};
    const RecurrentOffsets out = RecurrentOffsets::of(s, options);
    PackedRecurrent<Cell> packed{.cell = cell,
                                 .directions = options.directions(),
                                 .features = s.features,
                                 .units = s.units,
                                 .steps = s.time,
                                 .repeated = options.repeats > 0,
                                 .sequence = options.output == RecurrentOutput::sequence,
                                 .last = options.output == RecurrentOutput::last,
                                 .reverse = options.direction == RecurrentDirection::reverse,
                                 .h = out.h,
                                 .c = out.c,
                                 .end = out.end,
                                 .state_input = options.initial ? options.state_input(0) : 0,
                                 .weights = {}};
    for (Index d = 0; d < options.directions(); ++d) {
      const T* const w = in[options.weight_input(d)].data();
      const T* const u = in[options.weight_input(d) + 1].data();
      const T* const bias = options.biases > 0 ? in[options.bias_input(d, 0)].data() : nullptr;
      const T* const recurrent_bias = options.biases > 1 ? in[options.bias_input(d, 1)].data() : nullptr;
      const auto pack = [&](T* to) { packed.pack(w, u, bias, recurrent_bias, to); };
      packed.weights[d] = weights.get({{w, u, bias}, packed.size()}, pack);
    }
    return packed;
  }

 private:
  RecurrentSizes<Cell> sizes(Inputs<T> in) const { return {in[0].shape(), options.repeats, in[2].shape()[0]}; }
};

}}}  // namespace tenure::TENURE_ABI::ops
