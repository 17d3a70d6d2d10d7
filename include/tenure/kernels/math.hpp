/// Elementary functions on one SIMD vector.
#pragma once

#include "simd.hpp"

namespace tenure::inline TENURE_ABI::simd {

template <class T, class A>
TENURE_INLINE Batch<T, A> exp(Batch<T, A> x) noexcept {
  return xsimd::exp(x);
}
template <class T, class A>
TENURE_INLINE Batch<T, A> log(Batch<T, A> x) noexcept {
  return xsimd::log(x);
}
template <class T, class A>
TENURE_INLINE Batch<T, A> tanh(Batch<T, A> x) noexcept {
  return xsimd::tanh(x);
}
template <class T, class A>
TENURE_INLINE Batch<T, A> sigmoid(Batch<T, A> x) noexcept {
  return T{1} / (T{1} + xsimd::exp(-x));
}

}  // namespace tenure::inline TENURE_ABI::simd
