/// The simple recurrent layer's cell; kernels/simple_rnn.hpp has its equation.
#pragma once

#include "../../kernels/simple_rnn.hpp"
#include "layer.hpp"

namespace tenure { inline namespace TENURE_ABI { namespace ops {

/// The members are those of LstmCell.
template <class T>
struct SimpleRnnCell {
  using value_type = T;
  static constexpr std::string_view name = "SimpleRnn";
  static constexpr Index gates = 1;
  static constexpr Index states = 1;
  static constexpr bool gates_are_states = true;  // h is all that the backward pass reads: it replaces z

  bool relu = false;

  static constexpr Index extra = 0;
  static constexpr bool extra_in_forward = false;
  static constexpr Index dextra = 0;
  static constexpr Index shared_biases() { return gates; }

  void forward(const RecurrentStep<T>& s) const {
    const Index units = s.units;
    if (!s.starts) {
      kernels::gemm(s.batch, units, units, s.h_previous, units, s.weight, units, s.gates, units, {.accumulate = true});
    }
    kernels::simple_rnn_step_forward(kernels::SimpleRnnStep<T>{.batch = s.batch,
                                                               .units = units,
                                                               .relu = relu,
                                                               .z = {s.gates, units},
                                                               .h_previous = {s.h_previous, units},
                                                               .h = {s.h, units},
                                                               .mask = s.mask});
  }

  void backward(const RecurrentStepGradient<T>& s, Arena&) const {
    const Index units = s.units;
    kernels::simple_rnn_step_backward(kernels::SimpleRnnStepGradient<T>{.batch = s.batch,
                                                                        .units = units,
                                                                        .relu = relu,
                                                                        .h = {s.h, units},
                                                                        .dy = s.dy,
                                                                        .dh = {s.dh, units},
                                                                        .dz = {s.dz, units},
                                                                        .mask = s.mask});
    if (s.continues) {
      kernels::gemm(s.batch, units, units, s.dz, units, s.weight, units, s.dh, units, {.accumulate = true});
    }
  }

  void weight_gradient(const RecurrentWeightGradient<T>& g) const {
    kernels::gemm(g.units, g.units, g.rows, g.h_previous, g.units, g.dz, g.units, g.dweight, g.units,
                  {.transpose_a = true, .accumulate = true});
  }
};

template <class T>
using SimpleRnnLayer = Recurrent<SimpleRnnCell<T>>;

}}}  // namespace tenure::TENURE_ABI::ops

namespace tenure { inline namespace TENURE_ABI {

TENURE_COMPILED_OPERATION(ops::SimpleRnnLayer)

}}  // namespace tenure::TENURE_ABI
