/// A recurrent layer over a single sequence, in a plan: what Recurrent (layer.hpp) is when there is one row and its
/// weights are constants. Each direction's weights are packed once, as
///
///   W (features, blocks, gates, lanes), biases (blocks, gates, lanes), (padded), U (blocks, units, gates, lanes)
///
/// blocks being vectors of units; kernels/packed/recurrent.hpp says why.
#pragma once

#include <concepts>
#include <utility>

#include "../../autograd/plan.hpp"
#include "../../kernels/packed/recurrent.hpp"

namespace tenure { inline namespace TENURE_ABI { namespace ops {

/// Whether a cell has `row_step`, which it need not be able to do in all its forms.
template <class Cell>
concept HasRowStep = requires(const Cell& cell) {
  { cell.has_row_step() } -> std::same_as<bool>;
};

template <class Cell>
struct PackedRecurrent {
  using T = typename Cell::value_type;
  static constexpr Index gates = Cell::gates;

  Cell cell;
  Index directions;
  Index features, units;
  Index steps;    // of the sequence
  bool repeated;  // whether x is the same at all steps
  bool sequence;  // whether the outputs of all steps are given
  bool last;      // whether the output of the last step alone is
  bool reverse;   // whether a single direction runs from the last step to the first
  Index h, c;     // where in y the final states begin, and, behind them, those of the second kind
  Index end;
  std::size_t state_input;  // the first initial state's number among the inputs, 0 for none
  const T* weights[2];

  Index padded() const noexcept { return kernels::padded_units<simd::DefaultArch, T>(units); }
  Index width() const noexcept { return gates * padded(); }
  Index size() const noexcept { return (features + 1 + units) * width() + padded(); }

  /// One direction's weights, from W (features, gates · units), U (units, gates · units) and up to two biases.
  void pack(const T* w, const T* u, const T* bias, const T* recurrent_bias, T* packed) const {
    constexpr Index lanes = simd::lanes<T>;
    const Index block = gates * lanes;
    kernels::pack_gates(gates, units, features, w, packed, width(), block);
    packed += features * width();
    if (bias) kernels::pack_gates(gates, units, 1, bias, packed, width(), block);
    for (Index j = 0; recurrent_bias && j < units; ++j) {
      for (Index gate = 0; gate < cell.shared_biases(); ++gate) {
        packed[j / lanes * block + gate * lanes + j % lanes] += recurrent_bias[gate * units + j];
      }
    }
    packed += width();
    if (recurrent_bias && cell.shared_biases() < gates) {
      std::copy_n(recurrent_bias + cell.shared_biases() * units, units, packed);
    }
    kernels::pack_gates(gates, units, units, u, packed + padded(), block, units * block);
  }

  void run(Inputs<T> x, T* y, Arena& scratch) const {
    T* const z = scratch.allocate<T>(static_cast<std::size_t>(steps * width()));
    T* const state = scratch.allocate<T>(static_cast<std::size_t>(3 * padded()));
    for (Index d = 0; d < directions; ++d) run(x, y, d, z, state);
  }

 private:
  /// @param z (steps, width)
  /// @param state (3, padded): c, and h before and after a step
  void run(Inputs<T> in, T* y, Index d, T* z, T* state) const {
    const T* const x = in[0].data();
    const bool backward = d == 1 || reverse;
    const Index count = backward && last ? 1 : steps;  // its output at the last step is its first
    const Index first = backward && last && !repeated ? steps - 1 : 0;
    const T *const bias = weights[d] + features * width(), *const recurrent_bias = bias + width();
    kernels::gemm(repeated ? 1 : count, width(), features, x + first * features, features, weights[d], width(), z,
                  width(), {.bias = bias});
    T *const cell_state = state, *before = nullptr, *after = state + padded(), *other = after + padded();
    std::fill_n(cell_state, padded(), T{});
    if (state_input > 0) {
      std::fill_n(other, padded(), T{});
      std::copy_n(in[state_input].data() + d * units, units, other);
      before = other;
      if (Cell::states == 2) std::copy_n(in[state_input + 1].data() + d * units, units, cell_state);
    }
    for (Index i = 0; i < count; ++i) {
      const Index t = backward ? count - 1 - i : i;
      cell.row_step(kernels::RecurrentRowStep<T>{.units = units,
                                                 .padded = padded(),
                                                 .z = z + (repeated ? 0 : t * width()),
                                                 .weight = recurrent_bias + padded(),
                                                 .bias = recurrent_bias,
                                                 .h = before,
                                                 .h_next = after,
                                                 .c = cell_state});
      if (sequence) std::copy_n(after, units, y + (t * directions + d) * units);
      before = std::exchange(after, other);
      other = before;
    }
    if (last) std::copy_n(before, units, y + d * units);
    if (c > h) std::copy_n(before, units, y + h + d * units);
    if (end > c) std::copy_n(cell_state, units, y + c + d * units);
  }
};

}}}  // namespace tenure::TENURE_ABI::ops
