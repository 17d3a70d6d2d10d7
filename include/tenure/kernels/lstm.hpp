/// The gates of an LSTM for one time step (Hochreiter and Schmidhuber, 1997, with the forget gate of Gers et al.,
/// 2000), from the sum of the input and the recurrent product on:
///
///   i = σ(z_i), f = σ(z_f), g = tanh(z_g), o = σ(z_o),  c = f ∘ c_previous + i ∘ g,  h = o ∘ tanh(c)
///
/// The order of the gates, i, f, g, o, is that of PyTorch and Keras.
#pragma once

#include <cmath>

#include "math.hpp"
#include "rows.hpp"

TENURE_NO_CONTRACTION
namespace tenure { inline namespace TENURE_ABI { namespace kernels {

/// Arguments of lstm_step_forward().
template <class T>
struct LstmStep {
  Index batch = 0;
  Index units = 0;
  Rows<T> gates = {};             ///< (batch, 4·units), in: z, out: i, f, g, o
  Rows<const T> c_previous = {};  ///< (batch, units)
  Rows<T> c = {};                 ///< (batch, units), may be c_previous
  Rows<T> tanh_c = {};            ///< (batch, units), for the backward pass; null for inference
  Rows<T> h = {};                 ///< (batch, units)
  Rows<const T> h_previous = {};  ///< (batch, units), read only with a mask; may be h
  Rows<const T> mask = {};        ///< (batch, 1), 0 where the row keeps its state: its sequence is over. Null for none.
};

/// Arguments of lstm_step_backward().
template <class T>
struct LstmStepGradient {
  Index batch = 0;
  Index units = 0;
  Rows<const T> gates = {};       ///< (batch, 4·units) as the forward pass left them
  Rows<const T> c_previous = {};  ///< (batch, units)
  Rows<const T> tanh_c = {};      ///< (batch, units)
  Rows<const T> dy = {};          ///< (batch, units), gradient into h as this step's output; null for none
  Rows<T> dh = {};                ///< (batch, units), in: gradient into h from the next step; see below
  Rows<T> dc = {};                ///< (batch, units), in: gradient into c from the next step, out: into c_previous
  Rows<T> dz = {};                ///< (batch, 4·units), overwritten; may be gates
  Rows<const T> mask = {};        ///< (batch, 1) as in the forward pass
};

namespace reference {

template <class T>
void lstm_step_forward(LstmStep<T> step) noexcept {
  const auto sigmoid = [](T x) { return 1 / (1 + std::exp(-x)); };
  for (Index b = 0; b < step.batch; ++b) {
    for (Index j = 0; j < step.units; ++j) {
      if (step.mask && step.mask[b][0] == 0) {
        step.c[b][j] = step.c_previous[b][j];
        step.h[b][j] = step.h_previous[b][j];
        continue;
      }
      T& i = step.gates[b][j];
      T& f = step.gates[b][step.units + j];
      T& g = step.gates[b][2 * step.units + j];
      T& o = step.gates[b][3 * step.units + j];
      i = sigmoid(i);
      f = sigmoid(f);
      g = std::tanh(g);
      o = sigmoid(o);
      const T c = f * step.c_previous[b][j] + i * g;
      step.c[b][j] = c;
      if (step.tanh_c) step.tanh_c[b][j] = std::tanh(c);
      step.h[b][j] = o * std::tanh(c);
    }
  }
}

template <class T>
void lstm_step_backward(LstmStepGradient<T> step) noexcept {
  for (Index b = 0; b < step.batch; ++b) {
    for (Index j = 0; j < step.units; ++j) {
      const T dh = step.dh[b][j] + (step.dy ? step.dy[b][j] : T{});
      if (step.mask && step.mask[b][0] == 0) {
        for (Index gate = 0; gate < 4; ++gate) step.dz[b][gate * step.units + j] = 0;
        step.dh[b][j] = dh;
        continue;
      }
      const T i = step.gates[b][j];
      const T f = step.gates[b][step.units + j];
      const T g = step.gates[b][2 * step.units + j];
      const T o = step.gates[b][3 * step.units + j];
      const T tanh_c = step.tanh_c[b][j];
      const T dc = step.dc[b][j] + dh * o * (1 - tanh_c * tanh_c);
      step.dz[b][j] = dc * g * i * (1 - i);
      step.dz[b][step.units + j] = dc * step.c_previous[b][j] * f * (1 - f);
      step.dz[b][2 * step.units + j] = dc * i * (1 - g * g);
      step.dz[b][3 * step.units + j] = dh * tanh_c * o * (1 - o);
      step.dc[b][j] = dc * f;
      step.dh[b][j] = 0;
    }
  }
}

}  // namespace reference

/// One step forward, in place over the gates. tanh(c) is kept for the backward pass because computing it again costs
/// more than loading it.
template <class A = simd::DefaultArch, class T>
void lstm_step_forward(LstmStep<T> step) noexcept {
  const Index units = step.units;
  for (Index b = 0; b < step.batch; ++b) {
    const T* const c_previous = step.c_previous[b];
    T* const c = step.c[b];
    T* const h = step.h[b];
    if (step.mask && step.mask[b][0] == 0) {
      copy_row<A>(units, c_previous, c);
      copy_row<A>(units, step.h_previous[b], h);
      continue;
    }
    T* const gates = step.gates[b];
    T* const tanh_c = step.tanh_c ? step.tanh_c[b] : nullptr;
    simd::sweep<T, A>(units, [=](Index j, auto part) {
      T* const gate = gates + j;
      const auto i = simd::sigmoid(part.load(gate));
      const auto f = simd::sigmoid(part.load(gate + units));
      const auto g = simd::tanh(part.load(gate + 2 * units));
      const auto o = simd::sigmoid(part.load(gate + 3 * units));
      const auto cell = simd::fma(f, part.load(c_previous + j), simd::Batch<T, A>(i * g));
      const auto tanh_cell = simd::tanh(cell);
      part.store(gate, i);
      part.store(gate + units, f);
      part.store(gate + 2 * units, g);
      part.store(gate + 3 * units, o);
      part.store(c + j, cell);
      if (tanh_c) part.store(tanh_c + j, tanh_cell);
      part.store(h + j, simd::Batch<T, A>(o * tanh_cell));
    });
  }
}

/// One step backward. dh is left holding what reaches h_previous past the gates: nothing, or the whole gradient in a
/// masked row. The caller adds the part through the gates, dz · Uᵀ, by an accumulating gemm.
template <class A = simd::DefaultArch, class T>
void lstm_step_backward(LstmStepGradient<T> step) noexcept {
  using Vector = simd::Batch<T, A>;
  const Index units = step.units;
  const Vector one(T{1});
  for (Index b = 0; b < step.batch; ++b) {
    T* const dh = step.dh[b];
    T* const dz = step.dz[b];
    if (step.dy) add_row<A>(units, step.dy[b], dh);
    if (step.mask && step.mask[b][0] == 0) {
      clear_row<A>(4 * units, dz);
      continue;
    }
    const T* const gates = step.gates[b];
    const T* const c_previous = step.c_previous[b];
    const T* const tanh_c = step.tanh_c[b];
    T* const dc = step.dc[b];
    simd::sweep<T, A>(units, [=](Index j, auto part) {
      const Vector i = part.load(gates + j);
      const Vector f = part.load(gates + units + j);
      const Vector g = part.load(gates + 2 * units + j);
      const Vector o = part.load(gates + 3 * units + j);
      const Vector t = part.load(tanh_c + j);
      const Vector dh_sum = part.load(dh + j);
      const Vector dc_sum = simd::fma(Vector(dh_sum * o), simd::fnma(t, t, one), part.load(dc + j));
      part.store(dz + j, Vector(dc_sum * g * simd::fnma(i, i, i)));
      part.store(dz + units + j, Vector(dc_sum * part.load(c_previous + j) * simd::fnma(f, f, f)));
      part.store(dz + 2 * units + j, Vector(dc_sum * i * simd::fnma(g, g, one)));
      part.store(dz + 3 * units + j, Vector(dh_sum * t * simd::fnma(o, o, o)));
      part.store(dc + j, Vector(dc_sum * f));
      part.store(dh + j, Vector(T{}));
    });
  }
}

}}}  // namespace tenure::TENURE_ABI::kernels
TENURE_CONTRACTION_AS_BEFORE
