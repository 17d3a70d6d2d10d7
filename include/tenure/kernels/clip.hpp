/// Gradients limited by value. (By norm: squared_norm() of norm.hpp, then scale() of elementwise.hpp.)
#pragma once

#include "simd.hpp"

namespace tenure { inline namespace TENURE_ABI { namespace kernels {

namespace reference {

template <class T>
void clip(Index n, std::type_identity_t<T> limit, T* x) noexcept {
  for (Index i = 0; i < n; ++i) {
    if (x[i] < -limit) x[i] = -limit;
    if (x[i] > limit) x[i] = limit;
  }
}

}  // namespace reference

/// x (n) limited to ±limit, limit ≥ 0; NaN stays NaN.
template <class A = simd::DefaultArch, class T>
void clip(Index n, std::type_identity_t<T> limit, T* x) noexcept {
  const simd::Batch<T, A> highest(limit);
  simd::transform<A>(
      n, x, [=](auto v) { return (simd::min)(highest, (simd::max)(-highest, v)); }, x);
}

}}}  // namespace tenure::TENURE_ABI::kernels
