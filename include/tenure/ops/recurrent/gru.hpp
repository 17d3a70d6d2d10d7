/// The GRU's cell, with the reset gate after the recurrent product or before it; kernels/gru.hpp has the equations.
#pragma once

#include "../../kernels/gru.hpp"
#include "layer.hpp"

namespace tenure { inline namespace TENURE_ABI { namespace ops {

/// The members are those of LstmCell. With the reset gate after the product, `extra` is the product's third part, u_n,
/// and `dextra` its gradient; before it, `extra` is r ∘ h_previous.
template <class T>
struct GruCell {
  using value_type = T;
  static constexpr std::string_view name = "Gru";
  static constexpr Index gates = 3;  // r, z, n
  static constexpr Index states = 1;
  static constexpr bool gates_are_states = false;

  bool reset_after = true;

  static constexpr Index extra = 1;
  static constexpr bool extra_in_forward = true;
  static constexpr Index dextra = 1;
  Index shared_biases() const { return reset_after ? 2 : 3; }

  void forward(const RecurrentStep<T>& s) const { reset_after ? forward_after(s) : forward_before(s); }
  void backward(const RecurrentStepGradient<T>& s, Arena& scratch) const {
    reset_after ? backward_after(s) : backward_before(s, scratch);
  }

  /// For PackedRecurrent.
  bool has_row_step() const { return reset_after; }
  void row_step(const kernels::RecurrentRowStep<T>& step) const { kernels::gru_row_step(step); }

  void weight_gradient(const RecurrentWeightGradient<T>& g) const {
    const Index units = g.units, width = 3 * units;
    kernels::gemm(units, 2 * units, g.rows, g.h_previous, units, g.dz, width, g.dweight, width,
                  {.transpose_a = true, .accumulate = true});
    if (reset_after) {
      kernels::gemm(units, units, g.rows, g.h_previous, units, g.dextra, units, g.dweight + 2 * units, width,
                    {.transpose_a = true, .accumulate = true});
    } else {
      kernels::gemm(units, units, g.rows, g.extra, units, g.dz + 2 * units, width, g.dweight + 2 * units, width,
                    {.transpose_a = true, .accumulate = true});
    }
  }

 private:
  /// r and z take part in the gates' sums as an LSTM's gates do.
  static void add_reset_and_update(const RecurrentStep<T>& s) {
    if (s.starts) return;
    kernels::gemm(s.batch, 2 * s.units, s.units, s.h_previous, s.units, s.weight, 3 * s.units, s.gates, 3 * s.units,
                  {.accumulate = true});
  }
  static void add_gradient(const RecurrentStepGradient<T>& s) {
    if (!s.continues) return;
    kernels::gemm(s.batch, s.units, 2 * s.units, s.dz, 3 * s.units, s.weight, s.units, s.dh, s.units,
                  {.accumulate = true});
  }

  void forward_after(const RecurrentStep<T>& s) const {
    const Index units = s.units, width = 3 * units;
    add_reset_and_update(s);
    // Zeros times the weights leave the bias.
    kernels::gemm(s.batch, units, s.starts ? 0 : units, s.h_previous, units, s.weight + 2 * units, width, s.extra,
                  units, {.bias = s.bias});
    kernels::gru_step_forward(kernels::GruStep<T>{.batch = s.batch,
                                                  .units = units,
                                                  .gates = {s.gates, width},
                                                  .recurrent = {s.extra, units},
                                                  .h_previous = {s.h_previous, units},
                                                  .h = {s.h, units},
                                                  .mask = s.mask});
  }

  void backward_after(const RecurrentStepGradient<T>& s) const {
    const Index units = s.units, width = 3 * units;
    kernels::gru_step_backward(kernels::GruStepGradient<T>{.batch = s.batch,
                                                           .units = units,
                                                           .gates = {s.gates, width},
                                                           .recurrent = {s.extra, units},
                                                           .h_previous = {s.h_previous, units},
                                                           .dy = s.dy,
                                                           .dh = {s.dh, units},
                                                           .dz = {s.dz, width},
                                                           .du = {s.dextra, units},
                                                           .mask = s.mask});
    add_gradient(s);
    if (s.continues) {
      kernels::gemm(s.batch, units, units, s.dextra, units, s.weight + 2 * units * units, units, s.dh, units,
                    {.accumulate = true});
    }
  }

  void forward_before(const RecurrentStep<T>& s) const {
    const Index units = s.units, width = 3 * units;
    const kernels::GruResetBeforeStep<T> step{.batch = s.batch,
                                              .units = units,
                                              .gates = {s.gates, width},
                                              .reset_h = {s.extra, units},
                                              .h_previous = {s.h_previous, units},
                                              .h = {s.h, units},
                                              .mask = s.mask};
    add_reset_and_update(s);
    kernels::gru_reset_forward(step);
    if (!s.starts) {
      kernels::gemm(s.batch, units, units, s.extra, units, s.weight + 2 * units, width, s.gates + 2 * units, width,
                    {.accumulate = true});
    }
    kernels::gru_candidate_forward(step);
  }

  void backward_before(const RecurrentStepGradient<T>& s, Arena& scratch) const {
    const Index units = s.units, width = 3 * units;
    const Arena::Mark mark = scratch.mark();
    T* const dreset_h = scratch.template allocate<T>(static_cast<std::size_t>(s.batch * units));
    const kernels::GruResetBeforeGradient<T> step{.batch = s.batch,
                                                  .units = units,
                                                  .gates = {s.gates, width},
                                                  .h_previous = {s.h_previous, units},
                                                  .dreset_h = {dreset_h, units},
                                                  .dy = s.dy,
                                                  .dh = {s.dh, units},
                                                  .dz = {s.dz, width},
                                                  .mask = s.mask};
    kernels::gru_candidate_backward(step);
    if (s.starts) {
      std::fill_n(dreset_h, s.batch * units, T{});  // zeros may be reset or not
    } else {
      kernels::gemm(s.batch, units, units, s.dz + 2 * units, width, s.weight + 2 * units * units, units, dreset_h,
                    units);
    }
    kernels::gru_reset_backward(step);
    add_gradient(s);
    scratch.rewind(mark);
  }
};

template <class T>
using GruLayer = Recurrent<GruCell<T>>;

}}}  // namespace tenure::TENURE_ABI::ops

namespace tenure { inline namespace TENURE_ABI {

TENURE_COMPILED_OPERATION(ops::GruLayer)

}}  // namespace tenure::TENURE_ABI
