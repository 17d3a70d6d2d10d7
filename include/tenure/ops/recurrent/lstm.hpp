/// The LSTM's cell; kernels/lstm.hpp has its equations.
#pragma once

#include "../../kernels/lstm.hpp"
#include "layer.hpp"

namespace tenure { inline namespace TENURE_ABI { namespace ops {

template <class T>
struct LstmCell {
  using value_type = T;
  static constexpr std::string_view name = "Lstm";
  static constexpr Index gates = 4;   // i, f, g, o
  static constexpr Index states = 2;  // h and c
  static constexpr bool gates_are_states = false;

  /// Matrices of (batch, units) that a step leaves for the backward pass beside its gates and states: tanh(c).
  static constexpr Index extra = 1;
  static constexpr bool extra_in_forward = false;  // whether the forward pass needs them even without a backward pass
  /// Such matrices that the backward pass of a step leaves for the weight gradient.
  static constexpr Index dextra = 0;
  /// The gates, first ones, whose two biases are only ever added to each other.
  static constexpr Index shared_biases() { return gates; }

  void forward(const RecurrentStep<T>& s) const {
    const Index units = s.units, width = 4 * units;
    if (!s.starts) {
      kernels::gemm(s.batch, width, units, s.h_previous, units, s.weight, width, s.gates, width, {.accumulate = true});
    }
    kernels::lstm_step_forward(kernels::LstmStep<T>{.batch = s.batch,
                                                    .units = units,
                                                    .gates = {s.gates, width},
                                                    .c_previous = {s.c_previous, units},
                                                    .c = {s.c, units},
                                                    .tanh_c = {s.extra, units},
                                                    .h = {s.h, units},
                                                    .h_previous = {s.h_previous, units},
                                                    .mask = s.mask});
  }

  /// For PackedRecurrent.
  static constexpr bool has_row_step() { return true; }
  void row_step(const kernels::RecurrentRowStep<T>& step) const { kernels::lstm_row_step(step); }

  void backward(const RecurrentStepGradient<T>& s, Arena&) const {
    const Index units = s.units, width = 4 * units;
    kernels::lstm_step_backward(kernels::LstmStepGradient<T>{.batch = s.batch,
                                                             .units = units,
                                                             .gates = {s.gates, width},
                                                             .c_previous = {s.c_previous, units},
                                                             .tanh_c = {s.extra, units},
                                                             .dy = s.dy,
                                                             .dh = {s.dh, units},
                                                             .dc = {s.dc, units},
                                                             .dz = {s.dz, width},
                                                             .mask = s.mask});
    if (s.continues) {
      kernels::gemm(s.batch, units, width, s.dz, width, s.weight, units, s.dh, units, {.accumulate = true});
    }
  }

  void weight_gradient(const RecurrentWeightGradient<T>& g) const {
    kernels::gemm(g.units, 4 * g.units, g.rows, g.h_previous, g.units, g.dz, 4 * g.units, g.dweight, 4 * g.units,
                  {.transpose_a = true, .accumulate = true});
  }
};

template <class T>
using LstmLayer = Recurrent<LstmCell<T>>;

}}}  // namespace tenure::TENURE_ABI::ops

namespace tenure { inline namespace TENURE_ABI {

TENURE_COMPILED_OPERATION(ops::LstmLayer)

}}  // namespace tenure::TENURE_ABI
