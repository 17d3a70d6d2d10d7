/// Matrices by their rows.
#pragma once

#include "simd.hpp"

TENURE_NO_CONTRACTION
namespace tenure { inline namespace TENURE_ABI { namespace kernels {

/// A row-major matrix whose rows lie `stride` elements apart: one step of a (batch, time, units) buffer, one head of a
/// (batch, time, heads · units) one. Null where an optional argument is left out.
template <class T>
struct Rows {
  T* data = nullptr;
  Index stride = 0;

  constexpr T* operator[](Index row) const noexcept { return data + row * stride; }
  constexpr operator Rows<const T>() const noexcept requires(!std::is_const_v<T>) { return {data, stride}; }
  constexpr explicit operator bool() const noexcept { return data != nullptr; }
};

/// y = x.
template <class A, class T>
TENURE_INLINE void copy_row(Index n, const T* x, T* y) noexcept {
  simd::transform<A>(
      n, y, [](auto value) { return value; }, x);
}

/// y += x.
template <class A, class T>
TENURE_INLINE void add_row(Index n, const T* x, T* y) noexcept {
  simd::transform<A>(
      n, y, [](auto sum, auto value) { return sum + value; }, y, x);
}

/// x = 0.
template <class A, class T>
TENURE_INLINE void clear_row(Index n, T* x) noexcept {
  simd::transform<A>(n, x, [] { return T{}; });
}

}}}  // namespace tenure::TENURE_ABI::kernels
TENURE_CONTRACTION_AS_BEFORE
