/// The gates of a GRU for one time step (Cho et al., 2014), from the input's and the recurrent product on, in both
/// forms of the candidate n. Where the reset gate comes after the recurrent product (PyTorch; Keras' reset_after):
///
///   r = σ(x_r + u_r), z = σ(x_z + u_z), n = tanh(x_n + r ∘ u_n),  h = (1 − z) ∘ n + z ∘ h_previous
///
/// with x = W · input + b_W and u = U · h_previous + b_U, of which the caller adds all but u_n together. Where it comes
/// before, n = tanh(x_n + U_n (r ∘ h_previous)): a matrix product stands between r and n, and a step takes two kernels.
/// The order of the gates, r, z, n, is PyTorch's.
#pragma once

#include <cmath>

#include "math.hpp"
#include "rows.hpp"

TENURE_NO_CONTRACTION
namespace tenure { inline namespace TENURE_ABI { namespace kernels {

/// Arguments of gru_step_forward().
template <class T>
struct GruStep {
  Index batch = 0;
  Index units = 0;
  Rows<T> gates = {};             ///< (batch, 3·units), in: x_r + u_r, x_z + u_z, x_n, out: r, z, n
  Rows<const T> recurrent = {};   ///< (batch, units), u_n; the backward pass reads it again
  Rows<const T> h_previous = {};  ///< (batch, units)
  Rows<T> h = {};                 ///< (batch, units), may be h_previous
  Rows<const T> mask = {};        ///< (batch, 1), 0 where the row keeps its state: its sequence is over. Null for none.
};

/// Arguments of gru_step_backward().
template <class T>
struct GruStepGradient {
  Index batch = 0;
  Index units = 0;
  Rows<const T> gates = {};       ///< (batch, 3·units) as the forward pass left them
  Rows<const T> recurrent = {};   ///< (batch, units), u_n
  Rows<const T> h_previous = {};  ///< (batch, units)
  Rows<const T> dy = {};          ///< (batch, units), gradient into h as this step's output; null for none
  Rows<T> dh = {};                ///< (batch, units), in: gradient into h from the next step; see below
  Rows<T> dz = {};                ///< (batch, 3·units), gradient into the gates' input, overwritten; may be gates
  Rows<T> du = {};                ///< (batch, units), gradient into u_n, overwritten; may be recurrent
  Rows<const T> mask = {};        ///< (batch, 1) as in the forward pass
};

/// Arguments of gru_reset_forward() and gru_candidate_forward(): the two halves of a step whose reset gate comes before
/// the recurrent product.
template <class T>
struct GruResetBeforeStep {
  Index batch = 0;
  Index units = 0;
  Rows<T> gates = {};             ///< (batch, 3·units), in: the sum of both products, out: r, z, n
  Rows<T> reset_h = {};           ///< (batch, units), r ∘ h_previous, written by the first half
  Rows<const T> h_previous = {};  ///< (batch, units)
  Rows<T> h = {};                 ///< (batch, units), written by the second half; may be h_previous
  Rows<const T> mask = {};        ///< (batch, 1), 0 where the row keeps its state: its sequence is over. Null for none.
};

/// Arguments of gru_candidate_backward() and gru_reset_backward().
template <class T>
struct GruResetBeforeGradient {
  Index batch = 0;
  Index units = 0;
  Rows<const T> gates = {};       ///< (batch, 3·units) as the forward pass left them
  Rows<const T> h_previous = {};  ///< (batch, units)
  Rows<const T> dreset_h = {};    ///< (batch, units), gradient into reset_h
  Rows<const T> dy = {};          ///< (batch, units), gradient into h as this step's output; null for none
  Rows<T> dh = {};                ///< (batch, units), in: gradient into h from the next step; see below
  Rows<T> dz = {};          ///< (batch, 3·units), gradient into the sum of both products, overwritten; may be gates
  Rows<const T> mask = {};  ///< (batch, 1) as in the forward pass
};

namespace reference {

template <class T>
void gru_step_forward(GruStep<T> step) noexcept {
  const auto sigmoid = [](T x) { return 1 / (1 + std::exp(-x)); };
  for (Index b = 0; b < step.batch; ++b) {
    for (Index j = 0; j < step.units; ++j) {
      const T h_previous = step.h_previous[b][j];
      if (step.mask && step.mask[b][0] == 0) {
        step.h[b][j] = h_previous;
        continue;
      }
      T& r = step.gates[b][j];
      T& z = step.gates[b][step.units + j];
      T& n = step.gates[b][2 * step.units + j];
      r = sigmoid(r);
      z = sigmoid(z);
      n = std::tanh(n + r * step.recurrent[b][j]);
      step.h[b][j] = (1 - z) * n + z * h_previous;
    }
  }
}

template <class T>
void gru_step_backward(GruStepGradient<T> step) noexcept {
  for (Index b = 0; b < step.batch; ++b) {
    for (Index j = 0; j < step.units; ++j) {
      const T dh = step.dh[b][j] + (step.dy ? step.dy[b][j] : T{});
      const bool masked = step.mask && step.mask[b][0] == 0;
      const T r = step.gates[b][j];
      const T z = step.gates[b][step.units + j];
      const T n = step.gates[b][2 * step.units + j];
      const T dn = masked ? T{} : dh * (1 - z) * (1 - n * n);
      step.dz[b][j] = dn * step.recurrent[b][j] * r * (1 - r);
      step.dz[b][step.units + j] = masked ? T{} : dh * (step.h_previous[b][j] - n) * z * (1 - z);
      step.dz[b][2 * step.units + j] = dn;
      step.du[b][j] = dn * r;
      step.dh[b][j] = masked ? dh : dh * z;
    }
  }
}

template <class T>
void gru_reset_forward(GruResetBeforeStep<T> step) noexcept {
  const auto sigmoid = [](T x) { return 1 / (1 + std::exp(-x)); };
  for (Index b = 0; b < step.batch; ++b) {
    for (Index j = 0; j < step.units; ++j) {
      T& r = step.gates[b][j];
      T& z = step.gates[b][step.units + j];
      r = sigmoid(r);
      z = sigmoid(z);
      step.reset_h[b][j] = r * step.h_previous[b][j];
    }
  }
}

template <class T>
void gru_candidate_forward(GruResetBeforeStep<T> step) noexcept {
  for (Index b = 0; b < step.batch; ++b) {
    for (Index j = 0; j < step.units; ++j) {
      const T h_previous = step.h_previous[b][j];
      if (step.mask && step.mask[b][0] == 0) {
        step.h[b][j] = h_previous;
        continue;
      }
      const T z = step.gates[b][step.units + j];
      T& n = step.gates[b][2 * step.units + j];
      n = std::tanh(n);
      step.h[b][j] = (1 - z) * n + z * h_previous;
    }
  }
}

template <class T>
void gru_candidate_backward(GruResetBeforeGradient<T> step) noexcept {
  for (Index b = 0; b < step.batch; ++b) {
    for (Index j = 0; j < step.units; ++j) {
      const T dh = step.dh[b][j] + (step.dy ? step.dy[b][j] : T{});
      const bool masked = step.mask && step.mask[b][0] == 0;
      const T z = step.gates[b][step.units + j];
      const T n = step.gates[b][2 * step.units + j];
      step.dz[b][step.units + j] = masked ? T{} : dh * (step.h_previous[b][j] - n) * z * (1 - z);
      step.dz[b][2 * step.units + j] = masked ? T{} : dh * (1 - z) * (1 - n * n);
      step.dh[b][j] = masked ? dh : dh * z;
    }
  }
}

template <class T>
void gru_reset_backward(GruResetBeforeGradient<T> step) noexcept {
  for (Index b = 0; b < step.batch; ++b) {
    for (Index j = 0; j < step.units; ++j) {
      const T r = step.gates[b][j];
      const T dreset_h = step.dreset_h[b][j];
      step.dz[b][j] = dreset_h * step.h_previous[b][j] * r * (1 - r);
      step.dh[b][j] += dreset_h * r;
    }
  }
}

}  // namespace reference

/// One step forward, in place over the gates.
template <class A = simd::DefaultArch, class T>
void gru_step_forward(GruStep<T> step) noexcept {
  using Vector = simd::Batch<T, A>;
  const Index units = step.units;
  for (Index b = 0; b < step.batch; ++b) {
    const T* const h_previous = step.h_previous[b];
    T* const h = step.h[b];
    if (step.mask && step.mask[b][0] == 0) {
      copy_row<A>(units, h_previous, h);
      continue;
    }
    T* const gates = step.gates[b];
    const T* const recurrent = step.recurrent[b];
    simd::sweep<T, A>(units, [=](Index j, auto part) {
      const Vector r = simd::sigmoid(part.load(gates + j));
      const Vector z = simd::sigmoid(part.load(gates + units + j));
      const Vector n = simd::tanh(simd::fma(r, part.load(recurrent + j), part.load(gates + 2 * units + j)));
      part.store(gates + j, r);
      part.store(gates + units + j, z);
      part.store(gates + 2 * units + j, n);
      part.store(h + j, simd::fma(z, Vector(part.load(h_previous + j) - n), n));
    });
  }
}

/// One step backward. dh is left holding what reaches h_previous past the gates: dh ∘ z, or the whole gradient in a
/// masked row. The caller adds the part through the gates, dz_rz · U_rzᵀ + du · U_nᵀ, by accumulating gemms.
template <class A = simd::DefaultArch, class T>
void gru_step_backward(GruStepGradient<T> step) noexcept {
  using Vector = simd::Batch<T, A>;
  const Index units = step.units;
  const Vector one(T{1});
  for (Index b = 0; b < step.batch; ++b) {
    T* const dh = step.dh[b];
    T* const dz = step.dz[b];
    T* const du = step.du[b];
    if (step.dy) add_row<A>(units, step.dy[b], dh);
    if (step.mask && step.mask[b][0] == 0) {
      clear_row<A>(3 * units, dz);
      clear_row<A>(units, du);
      continue;
    }
    const T* const gates = step.gates[b];
    const T* const recurrent = step.recurrent[b];
    const T* const h_previous = step.h_previous[b];
    simd::sweep<T, A>(units, [=](Index j, auto part) {
      const Vector r = part.load(gates + j);
      const Vector z = part.load(gates + units + j);
      const Vector n = part.load(gates + 2 * units + j);
      const Vector dh_z = part.load(dh + j) * z;
      const Vector dn = (part.load(dh + j) - dh_z) * simd::fnma(n, n, one);
      const Vector u = part.load(recurrent + j);
      part.store(dz + j, Vector(dn * u * simd::fnma(r, r, r)));
      part.store(dz + units + j, Vector(dh_z * (part.load(h_previous + j) - n) * (one - z)));
      part.store(dz + 2 * units + j, dn);
      part.store(du + j, Vector(dn * r));
      part.store(dh + j, dh_z);
    });
  }
}

/// The first half of a step forward: r and z in place over the gates, and reset_h. The caller then adds
/// reset_h · U_n to the gates' third part by an accumulating gemm.
template <class A = simd::DefaultArch, class T>
void gru_reset_forward(GruResetBeforeStep<T> step) noexcept {
  using Vector = simd::Batch<T, A>;
  const Index units = step.units;
  for (Index b = 0; b < step.batch; ++b) {
    T* const gates = step.gates[b];
    T* const reset_h = step.reset_h[b];
    const T* const h_previous = step.h_previous[b];
    simd::sweep<T, A>(units, [=](Index j, auto part) {
      const Vector r = simd::sigmoid(part.load(gates + j));
      part.store(gates + j, r);
      part.store(gates + units + j, simd::sigmoid(part.load(gates + units + j)));
      part.store(reset_h + j, Vector(r * part.load(h_previous + j)));
    });
  }
}

/// The second half of a step forward: n in place over the gates, and h.
template <class A = simd::DefaultArch, class T>
void gru_candidate_forward(GruResetBeforeStep<T> step) noexcept {
  using Vector = simd::Batch<T, A>;
  const Index units = step.units;
  for (Index b = 0; b < step.batch; ++b) {
    const T* const h_previous = step.h_previous[b];
    T* const h = step.h[b];
    if (step.mask && step.mask[b][0] == 0) {
      copy_row<A>(units, h_previous, h);
      continue;
    }
    T* const gates = step.gates[b];
    simd::sweep<T, A>(units, [=](Index j, auto part) {
      const Vector n = simd::tanh(part.load(gates + 2 * units + j));
      part.store(gates + 2 * units + j, n);
      part.store(h + j, simd::fma(part.load(gates + units + j), Vector(part.load(h_previous + j) - n), n));
    });
  }
}

/// The second half of a step backward, which comes first: dz of z and n. dh is left holding dh ∘ z, or the whole
/// gradient in a masked row. The caller then computes dreset_h = dz_n · U_nᵀ.
template <class A = simd::DefaultArch, class T>
void gru_candidate_backward(GruResetBeforeGradient<T> step) noexcept {
  using Vector = simd::Batch<T, A>;
  const Index units = step.units;
  const Vector one(T{1});
  for (Index b = 0; b < step.batch; ++b) {
    T* const dh = step.dh[b];
    T* const dz = step.dz[b] + units;
    T* const dn = dz + units;
    if (step.dy) add_row<A>(units, step.dy[b], dh);
    if (step.mask && step.mask[b][0] == 0) {
      clear_row<A>(2 * units, dz);
      continue;
    }
    const T* const gates = step.gates[b] + units;
    const T* const h_previous = step.h_previous[b];
    simd::sweep<T, A>(units, [=](Index j, auto part) {
      const Vector z = part.load(gates + j);
      const Vector n = part.load(gates + units + j);
      const Vector dh_z = part.load(dh + j) * z;
      part.store(dn + j, Vector((part.load(dh + j) - dh_z) * simd::fnma(n, n, one)));
      part.store(dz + j, Vector(dh_z * (part.load(h_previous + j) - n) * (one - z)));
      part.store(dh + j, dh_z);
    });
  }
}

/// The first half of a step backward, from dreset_h: dz of r, and dh += dreset_h ∘ r. The caller then adds the part of
/// dh through r and z, dz_rz · U_rzᵀ, by an accumulating gemm.
template <class A = simd::DefaultArch, class T>
void gru_reset_backward(GruResetBeforeGradient<T> step) noexcept {
  using Vector = simd::Batch<T, A>;
  const Index units = step.units;
  for (Index b = 0; b < step.batch; ++b) {
    const T* const gates = step.gates[b];
    const T* const h_previous = step.h_previous[b];
    const T* const dreset_h = step.dreset_h[b];
    T* const dh = step.dh[b];
    T* const dz = step.dz[b];
    simd::sweep<T, A>(units, [=](Index j, auto part) {
      const Vector r = part.load(gates + j);
      const Vector dreset = part.load(dreset_h + j);
      part.store(dz + j, Vector(dreset * part.load(h_previous + j) * simd::fnma(r, r, r)));
      part.store(dh + j, simd::fma(dreset, r, part.load(dh + j)));
    });
  }
}

}}}  // namespace tenure::TENURE_ABI::kernels
TENURE_CONTRACTION_AS_BEFORE
