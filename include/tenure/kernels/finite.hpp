/// Whether numbers are finite, by their bits: -ffast-math lets a compiler assume that all are, and fold away std::isnan
/// and comparisons that say otherwise.
#pragma once

#include <bit>
#include <cstdint>
#include <limits>

#include "simd.hpp"

namespace tenure::inline TENURE_ABI::kernels {

namespace detail {

/// The bits of the exponent, all set in infinities and NaN.
template <class T>
inline constexpr simd::IntegerOf<T> exponent_bits =
    std::bit_cast<simd::IntegerOf<T>>(std::numeric_limits<T>::infinity());

}  // namespace detail

/// Neither infinite nor NaN.
template <class T>
constexpr bool is_finite(T x) noexcept {
  return (std::bit_cast<simd::IntegerOf<T>>(x) & detail::exponent_bits<T>) != detail::exponent_bits<T>;
}

template <class T>
constexpr bool is_nan(T x) noexcept {
  using Integer = simd::IntegerOf<T>;
  return (std::bit_cast<Integer>(x) & std::numeric_limits<Integer>::max()) > detail::exponent_bits<T>;
}

namespace reference {

template <class T>
bool all_finite(Index n, const T* x) noexcept {
  for (Index i = 0; i < n; ++i) {
    if (!is_finite(x[i])) return false;
  }
  return true;
}

}  // namespace reference

/// Whether all of n elements are finite.
template <class A = simd::DefaultArch, class T>
bool all_finite(Index n, const T* x) noexcept {
  using Integer = simd::IntegerOf<T>;
  using Integers = simd::Batch<Integer, A>;
  const Integers exponent(detail::exponent_bits<T>);
  bool finite = true;
  simd::sweep<T, A>(n, [&](Index i, auto part) {
    // Beyond the end a tail holds zeros, which are finite.
    const Integers bits = simd::bit_cast<Integer>(part.load(x + i)) & exponent;
    finite &= !simd::any(bits == exponent);
  });
  return finite;
}

}  // namespace tenure::inline TENURE_ABI::kernels
