/// The penalty of an elastic net (Zou and Hastie, 2005) on weights w, as Keras's L1L2: l1 · Σ |w| + l2 · Σ w².
#pragma once

#include "norm.hpp"

namespace tenure { inline namespace TENURE_ABI { namespace kernels {

namespace reference {

template <class T>
double penalty(Index n, double l1, double l2, const T* w) noexcept {
  return l1 * absolute_sum(n, w) + l2 * squared_norm(n, w);
}

template <class T>
void penalty_backward(Index n, double l1, double l2, const T* w, T* dw) noexcept {
  for (Index i = 0; i < n; ++i) {
    const int sign = (w[i] > 0) - (w[i] < 0);
    dw[i] += static_cast<T>(l1) * static_cast<T>(sign) + static_cast<T>(2 * l2) * w[i];
  }
}

}  // namespace reference

/// l1 · Σ |w| + l2 · Σ w² over n weights.
template <class A = simd::DefaultArch, class T>
double penalty(Index n, double l1, double l2, const T* w) noexcept {
  return (l1 == 0 ? 0 : l1 * absolute_sum<A>(n, w)) + (l2 == 0 ? 0 : l2 * squared_norm<A>(n, w));
}

/// dw += l1 · sign(w) + 2 · l2 · w, with sign(0) = 0.
template <class A = simd::DefaultArch, class T>
void penalty_backward(Index n, double l1, double l2, const T* w, T* dw) noexcept {
  using Vector = simd::Batch<T, A>;
  const Vector zero(T{0});
  const Vector step(static_cast<T>(l1));
  const Vector slope(static_cast<T>(2 * l2));
  simd::transform<A>(
      n, dw,
      [=](Vector gradient, Vector weight) {
        const Vector sign = simd::select(weight > zero, step, simd::select(weight < zero, -step, zero));
        return simd::fma(slope, weight, gradient + sign);
      },
      dw, w);
}

}}}  // namespace tenure::TENURE_ABI::kernels
