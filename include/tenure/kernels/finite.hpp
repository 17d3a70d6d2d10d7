/// Whether all of many numbers are finite, by their bits (core/finite.hpp).
#pragma once

#include <limits>

#include "../core/finite.hpp"
#include "simd.hpp"

TENURE_NO_CONTRACTION
namespace tenure { inline namespace TENURE_ABI { namespace kernels {

namespace reference {

template <class T>
bool all_finite(Index n, const T* x) noexcept {
  for (Index i = 0; i < n; ++i) {
    if (!is_finite(x[i])) return false;
  }
  return true;
}

}  // namespace reference

/// Whether all of x (n) are finite; true for n = 0.
template <class A = simd::DefaultArch, class T>
bool all_finite(Index n, const T* x) noexcept {
  using Bits = simd::UnsignedOf<T>;
  using Vector = simd::Batch<Bits, A>;
  constexpr Index lanes = simd::lanes<T, A>;
  constexpr Bits sign = ~((std::numeric_limits<Bits>::max)() >> 1);
  // One more in the exponent carries into the sign where the exponent is all ones, and nowhere else.
  const auto overflow = [](simd::Batch<T, A> v) {
    return (simd::bit_cast<Bits>(v) & Vector(~sign)) + Vector(sign - tenure::detail::exponent_bits<T>);
  };
  Vector any(Bits{0}), second(Bits{0}), third(Bits{0}), fourth(Bits{0});
  Index i = 0;
  for (; i + 4 * lanes <= n; i += 4 * lanes) {
    any = any | overflow(simd::load<A>(x + i));
    second = second | overflow(simd::load<A>(x + i + lanes));
    third = third | overflow(simd::load<A>(x + i + 2 * lanes));
    fourth = fourth | overflow(simd::load<A>(x + i + 3 * lanes));
  }
  any = (any | second) | (third | fourth);
  for (; i + lanes <= n; i += lanes) any = any | overflow(simd::load<A>(x + i));
  if (i < n) any = any | overflow(simd::Tail<T, A>(n - i).load(x + i));
  Bits lane[Vector::size];
  any.store_unaligned(lane);
  for (std::size_t j = 1; j < Vector::size; ++j) lane[0] |= lane[j];
  return (lane[0] & sign) == 0;
}

}}}  // namespace tenure::TENURE_ABI::kernels
TENURE_CONTRACTION_AS_BEFORE
