/// One time step of a simple recurrent layer (Elman, 1990), from the sum of the input's and the recurrent product on:
///
///   h = tanh(z)  or  h = max(z, 0)
#pragma once

#include <cmath>

#include "math.hpp"
#include "rows.hpp"

TENURE_NO_CONTRACTION
namespace tenure { inline namespace TENURE_ABI { namespace kernels {

/// Arguments of simple_rnn_step_forward().
template <class T>
struct SimpleRnnStep {
  Index batch = 0;
  Index units = 0;
  bool relu = false;              ///< max(z, 0) rather than tanh(z)
  Rows<const T> z = {};           ///< (batch, units)
  Rows<const T> h_previous = {};  ///< (batch, units), read only with a mask
  Rows<T> h = {};                 ///< (batch, units), may be z or h_previous
  Rows<const T> mask = {};        ///< (batch, 1), 0 where the row keeps its state: its sequence is over. Null for none.
};

/// Arguments of simple_rnn_step_backward().
template <class T>
struct SimpleRnnStepGradient {
  Index batch = 0;
  Index units = 0;
  bool relu = false;
  Rows<const T> h = {};     ///< (batch, units)
  Rows<const T> dy = {};    ///< (batch, units), gradient into h as this step's output; null for none
  Rows<T> dh = {};          ///< (batch, units), in: gradient into h from the next step; see below
  Rows<T> dz = {};          ///< (batch, units), overwritten
  Rows<const T> mask = {};  ///< (batch, 1) as in the forward pass
};

namespace reference {

template <class T>
void simple_rnn_step_forward(SimpleRnnStep<T> step) noexcept {
  for (Index b = 0; b < step.batch; ++b) {
    for (Index j = 0; j < step.units; ++j) {
      const T z = step.z[b][j];
      const bool masked = step.mask && step.mask[b][0] == 0;
      step.h[b][j] = masked ? step.h_previous[b][j] : step.relu ? (z < 0 ? T{} : z) : std::tanh(z);
    }
  }
}

template <class T>
void simple_rnn_step_backward(SimpleRnnStepGradient<T> step) noexcept {
  for (Index b = 0; b < step.batch; ++b) {
    for (Index j = 0; j < step.units; ++j) {
      const T h = step.h[b][j];
      const T dh = step.dh[b][j] + (step.dy ? step.dy[b][j] : T{});
      const bool masked = step.mask && step.mask[b][0] == 0;
      step.dz[b][j] = masked ? T{} : step.relu ? (h > 0 ? dh : T{}) : dh * (1 - h * h);
      step.dh[b][j] = masked ? dh : T{};
    }
  }
}

}  // namespace reference

/// One step forward.
template <class A = simd::DefaultArch, class T>
void simple_rnn_step_forward(SimpleRnnStep<T> step) noexcept {
  using Vector = simd::Batch<T, A>;
  for (Index b = 0; b < step.batch; ++b) {
    if (step.mask && step.mask[b][0] == 0) {
      copy_row<A>(step.units, step.h_previous[b], step.h[b]);
    } else if (step.relu) {
      simd::transform<A>(
          step.units, step.h[b], [](Vector z) { return (simd::max)(Vector(T{}), z); }, step.z[b]);
    } else {
      simd::transform<A>(
          step.units, step.h[b], [](Vector z) { return simd::tanh(z); }, step.z[b]);
    }
  }
}

/// One step backward. dh is left holding what reaches h_previous past the activation: nothing, or the whole gradient in
/// a masked row. The caller adds the part through it, dz · Uᵀ, by an accumulating gemm.
template <class A = simd::DefaultArch, class T>
void simple_rnn_step_backward(SimpleRnnStepGradient<T> step) noexcept {
  using Vector = simd::Batch<T, A>;
  const Vector zero(T{}), one(T{1});
  const bool relu = step.relu;
  for (Index b = 0; b < step.batch; ++b) {
    T* const dh = step.dh[b];
    T* const dz = step.dz[b];
    if (step.dy) add_row<A>(step.units, step.dy[b], dh);
    if (step.mask && step.mask[b][0] == 0) {
      clear_row<A>(step.units, dz);
      continue;
    }
    const T* const h = step.h[b];
    simd::sweep<T, A>(step.units, [=](Index j, auto part) {
      const Vector state = part.load(h + j), gradient = part.load(dh + j);
      part.store(dz + j,
                 relu ? simd::select(state > zero, gradient, zero) : Vector(gradient * simd::fnma(state, state, one)));
      part.store(dh + j, zero);
    });
  }
}

}}}  // namespace tenure::TENURE_ABI::kernels
TENURE_CONTRACTION_AS_BEFORE
