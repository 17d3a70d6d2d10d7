/// The GRU's cell, with the reset gate after the recurrent product or before it; kernels/gru.hpp has the equations.
#pragma once

#include "../kernels/gru.hpp"
#include "recurrent.hpp"

namespace tenure::inline TENURE_ABI::ops {

/// The members are those of LstmCell. With the reset gate after the product, `extra` is the product u (3 · units) and
/// `dextra` its gradient, which differs from that of the input's part in n; before it, `extra` is r ∘ h_previous.
template <class T>
struct GruCell {
  using value_type = T;
  static constexpr std::string_view name = "Gru";
  static constexpr Index gates = 3;  // r, z, n
  static constexpr Index states = 1;
  static constexpr bool gates_are_states = false;

  bool reset_after = true;

  Index extra() const { return reset_after ? 3 : 1; }
  static constexpr bool extra_in_forward() { return true; }
  Index dextra() const { return reset_after ? 3 : 0; }
  bool bias_apart() const { return reset_after; }

  void forward(const RecurrentStep<T>& s) const { reset_after ? forward_after(s) : forward_before(s); }
  void backward(const RecurrentStepGradient<T>& s, Arena& scratch) const {
    reset_after ? backward_after(s) : backward_before(s, scratch);
  }

  void weight_gradient(const RecurrentWeightGradient<T>& g) const {
    const Index units = g.units, width = 3 * units;
    if (reset_after) {
      kernels::gemm(units, width, g.rows, g.h_previous, units, g.dextra, width, g.dweight, width,
                    {.transpose_a = true, .accumulate = true});
    } else {
      kernels::gemm(units, 2 * units, g.rows, g.h_previous, units, g.dz, width, g.dweight, width,
                    {.transpose_a = true, .accumulate = true});
      kernels::gemm(units, units, g.rows, g.extra, units, g.dz + 2 * units, width, g.dweight + 2 * units, width,
                    {.transpose_a = true, .accumulate = true});
    }
  }

 private:
  void forward_after(const RecurrentStep<T>& s) const {
    const Index units = s.units, width = 3 * units;
    // Nothing times the weights leaves the bias.
    kernels::gemm(s.batch, width, s.starts ? 0 : units, s.h_previous, units, s.weight, width, s.extra, width,
                  {.bias = s.bias});
    kernels::gru_step_forward(kernels::GruStep<T>{.batch = s.batch,
                                                  .units = units,
                                                  .gates = {s.gates, width},
                                                  .recurrent = {s.extra, width},
                                                  .h_previous = {s.h_previous, units},
                                                  .h = {s.h, units},
                                                  .mask = s.mask});
  }

  void backward_after(const RecurrentStepGradient<T>& s) const {
    const Index units = s.units, width = 3 * units;
    kernels::gru_step_backward(kernels::GruStepGradient<T>{.batch = s.batch,
                                                           .units = units,
                                                           .gates = {s.gates, width},
                                                           .recurrent = {s.extra, width},
                                                           .h_previous = {s.h_previous, units},
                                                           .dy = s.dy,
                                                           .dh = {s.dh, units},
                                                           .dx = {s.dz, width},
                                                           .du = {s.dextra, width},
                                                           .mask = s.mask});
    if (s.continues) {
      kernels::gemm(s.batch, units, width, s.dextra, width, s.weight, units, s.dh, units, {.accumulate = true});
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
    if (!s.starts) {
      kernels::gemm(s.batch, 2 * units, units, s.h_previous, units, s.weight, width, s.gates, width,
                    {.accumulate = true});
    }
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
    if (s.continues) {
      kernels::gemm(s.batch, units, 2 * units, s.dz, width, s.weight, units, s.dh, units, {.accumulate = true});
    }
    scratch.rewind(mark);
  }
};

}  // namespace tenure::inline TENURE_ABI::ops
