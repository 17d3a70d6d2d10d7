/// Tests for infinities and NaN that look at the bits: -ffast-math would take their comparisons for granted.
#pragma once

#include <bit>
#include <cstdint>
#include <limits>
#include <type_traits>

#include "../version.hpp"

namespace tenure { inline namespace TENURE_ABI {

namespace detail {

/// The unsigned integer of T's size, for float and double.
template <class T>
using BitsOf = std::conditional_t<sizeof(T) == sizeof(std::uint32_t), std::uint32_t, std::uint64_t>;

template <class T>
inline constexpr auto exponent_bits = std::bit_cast<BitsOf<T>>(std::numeric_limits<T>::infinity());

/// The bits of |x|.
template <class T>
constexpr BitsOf<T> magnitude_bits(T x) noexcept {
  return std::bit_cast<BitsOf<T>>(x) & ((std::numeric_limits<BitsOf<T>>::max)() >> 1);
}

}  // namespace detail

/// Stands for a missing value among numbers.
inline constexpr double missing_value = std::numeric_limits<double>::quiet_NaN();

/// Whether x (float or double) is neither infinite nor NaN.
template <class T>
constexpr bool is_finite(T x) noexcept {
  return detail::magnitude_bits(x) < detail::exponent_bits<T>;
}

/// Whether x (float or double) is 0 or −0; NaN is not.
template <class T>
constexpr bool is_zero(T x) noexcept {
  return detail::magnitude_bits(x) == 0;
}

/// Whether x (float or double) is NaN.
template <class T>
constexpr bool is_nan(T x) noexcept {
  return detail::magnitude_bits(x) > detail::exponent_bits<T>;
}

}}  // namespace tenure::TENURE_ABI
