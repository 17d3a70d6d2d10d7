/// Elementary functions on one SIMD vector.
///
/// Largest relative errors, over all arguments whose result is a normal number (tests/kernels/math_test.cpp):
///
///     |        | exp, log, tanh, sigmoid | expm1, log1p, softplus, erf |
///     | float  | 3e-7                    | 5e-7                        |
///     | double | 1e-15                   | 4e-15                       |
///
/// Smaller results are right to within the smallest normal number: they may be flushed to zero. Zeros keep their sign,
/// infinities and NaN give what <cmath> gives, except where -ffast-math has the compiler assume that there are none.
///
/// Polynomials and rational functions are minimax for the relative error of the function, from a Remez exchange
/// (polynomials) or Lawson's weighted least squares (rationals) with 50 digits; each table says on which interval, and
/// how large the error is before rounding. Highest power first.
#pragma once

#include <array>
#include <cstddef>
#include <limits>
#include <utility>

#include "simd.hpp"

namespace tenure::inline TENURE_ABI::simd {

namespace detail {

/// sum·x^(N−I) + c[I]·x^(N−I−1) + … + c[N−1]; from I = 0 the polynomial itself, by Horner's rule.
template <std::size_t I = 0, class T, class A, std::size_t N>
TENURE_INLINE Batch<T, A> polynomial(Batch<T, A> x, const std::array<T, N>& c, Batch<T, A> sum = T{}) noexcept {
  if constexpr (I == N) {
    return sum;
  } else {
    const Batch<T, A> next = broadcast<T, A>(c[I]);
    return polynomial<I + 1>(x, c, I == 0 ? next : simd::fma(sum, x, next));
  }
}

template <class T>
struct Constants;

template <>
struct Constants<float> {
  static constexpr int mantissa_bits = 23;
  static constexpr float exponent_bias = 127;
  // A number whose last mantissa bit is worth 1: adding it to a small x leaves the nearest integer in the last bits.
  static constexpr float round = 0x1.8p23F;
  static constexpr float ln2_high = 0x1.62e4p-1F;  // 15 bits: exact times any exponent
  static constexpr float ln2_low = 0x1.7f7d1cp-20F;
  static constexpr float exp_lowest = -88, exp_lowest_avx512 = -104, exp_highest = 89;  // 0 below, infinite above
  static constexpr float expm1_lowest = -18;                                            // −1 below
  static constexpr float sigmoid_highest = 18;                                          // 1 above

  // (eʳ − 1) / r, r in [−0.002, ln 2 + 0.002]: 2.1e-9 of eʳ.
  static constexpr std::array<float, 6> exp{0x1.ff5a48p-10F, 0x1.fe730ap-8F, 0x1.5762ecp-5F,
                                            0x1.553756p-3F,  0x1.0000c6p-1F, 0x1.fffffap-1F};
  // (eʳ − 1 − r) / r², |r| ≤ ln 2 / 2: 2.4e-10 of eʳ − 1.
  static constexpr std::array<float, 6> expm1{0x1.a032bep-13F, 0x1.6d71f8p-10F, 0x1.11118ap-7F,
                                              0x1.5554b2p-5F,  0x1.555554p-3F,  0x1p-1F};
  // (log(1 + f) − f + f²/2) / f³, 1 + f in [√½, √2]: 5.8e-9 of log(1 + f).
  static constexpr std::array<float, 8> log{-0x1.38b6bep-4F, 0x1.055c58p-3F, -0x1.0d8576p-3F, 0x1.22da02p-3F,
                                            -0x1.54723cp-3F, 0x1.99a00ap-3F, -0x1.000228p-2F, 0x1.555554p-2F};

  // tanh(x) = x (1 + u N(u)) / D(u), u = x², |x| ≤ 9.02: 2.1e-8.
  static constexpr float tanh_highest = 9.02F;  // ±1 beyond
  static constexpr std::array<float, 4> tanh_numerator{0x1.c940bep-27F, 0x1.592f04p-16F, 0x1.c9e4e8p-9F,
                                                       0x1.1201a2p-3F};
  static constexpr std::array<float, 5> tanh_denominator{0x1.a075cep-21F, 0x1.58291ep-12F, 0x1.a7d5bcp-6F,
                                                         0x1.de561ap-2F, 1};
  // erf(x), likewise, |x| ≤ 3.93: 1.9e-8.
  static constexpr float erf_highest = 3.93F;
  static constexpr std::array<float, 5> erf_numerator{0x1.e5aea2p-20F, 0x1.08b3e2p-12F, 0x1.b743b4p-9F, 0x1.7f4d02p-5F,
                                                      0x1.5a5adp-3F};
  static constexpr std::array<float, 6> erf_denominator{0x1.1a83fcp-15F, 0x1.0ecef6p-10F, 0x1.b3a3a8p-7F,
                                                        0x1.9ed28ap-4F,  0x1.c7f902p-2F,  0x1.c5bf8ap-1F};
};

template <>
struct Constants<double> {
  static constexpr int mantissa_bits = 52;
  static constexpr double exponent_bias = 1023;
  static constexpr double round = 0x1.8p52;
  static constexpr double ln2_high = 0x1.62e42fefa3p-1;  // 41 bits
  static constexpr double ln2_low = 0x1.3de6af278ece6p-42;
  static constexpr double exp_lowest = -709, exp_lowest_avx512 = -746, exp_highest = 710;
  static constexpr double expm1_lowest = -38;
  static constexpr double sigmoid_highest = 38;

  // 3.3e-18
  static constexpr std::array<double, 11> exp{0x1.2f7ea80948ebap-25, 0x1.12fc01d6011f9p-22, 0x1.749fa57eaa5a4p-19,
                                              0x1.9fdfeb12edb52p-16, 0x1.a01d2273398d1p-13, 0x1.6c16a4e7b1e07p-10,
                                              0x1.111111ba8906bp-7,  0x1.5555555068e09p-5,  0x1.555555556a807p-3,
                                              0x1.ffffffffffa5cp-2,  0x1.0000000000004p0};
  // 1.8e-17
  static constexpr std::array<double, 10> expm1{
      0x1.ae6ba9388eb84p-26, 0x1.28a1dff2f3efap-22, 0x1.71de88061e079p-19, 0x1.a019a76f508ddp-16, 0x1.a01a0175150c6p-13,
      0x1.6c16c17edba58p-10, 0x1.1111111118faap-7,  0x1.55555555522b8p-5,  0x1.5555555555539p-3,  0x1.0000000000005p-1};
  // 9.1e-18
  static constexpr std::array<double, 19> log{
      0x1.ac79042529dd9p-6,  -0x1.ea09c144da92cp-5, 0x1.0a633e046fbb1p-4,  -0x1.d11f1b180394bp-5, 0x1.d059971658d31p-5,
      -0x1.fba1b06a76659p-5, 0x1.11cd0f22604a6p-4,  -0x1.24d751b854b26p-4, 0x1.3b0b880ebf88bp-4,  -0x1.5550ee2960a65p-4,
      0x1.745d3f2696e95p-4,  -0x1.9999c26edbb75p-4, 0x1.c71c71dfe80bcp-4,  -0x1.ffffff2bdf548p-4, 0x1.24924922a4066p-3,
      -0x1.555555566b5b8p-3, 0x1.999999999f759p-3,  -0x1.fffffffffef11p-3, 0x1.5555555555533p-2};

  // 6.8e-17
  static constexpr double tanh_highest = 19.07;
  static constexpr std::array<double, 9> tanh_numerator{
      0x1.e3862a1ab5f62p-76, 0x1.b56ee15fd3c08p-61, 0x1.b968540569c63p-49, 0x1.257949768b0b2p-38, 0x1.4f69bf339c0e5p-29,
      0x1.6eb638dceb548p-21, 0x1.889a89acefb31p-14, 0x1.878f88f80b6f5p-8,  0x1.36e5d4739da3ap-3};
  static constexpr std::array<double, 10> tanh_denominator{
      0x1.d5f4dcfe6bf4dp-68, 0x1.039f4b0cbe426p-54, 0x1.1e052fecf52f9p-43, 0x1.e8a89a3cb001p-34, 0x1.7f6321f78d609p-25,
      0x1.25b9f91458399p-17, 0x1.b22dba89400f6p-11, 0x1.196e565872f5dp-5,  0x1.f0c83f8f24262p-2, 1};
  // 3.0e-17
  static constexpr double erf_highest = 5.93;
  static constexpr std::array<double, 12> erf_numerator{
      0x1.00c99c387a74p-56,  0x1.6375171c5b48fp-46, 0x1.a031603d36902p-39, 0x1.4f42e3d65e771p-33,
      0x1.9bc69685dd785p-28, 0x1.42a192f613d76p-23, 0x1.d00593118b4a2p-19, 0x1.a7696212334e7p-15,
      0x1.8d9ccee8e1ce7p-11, 0x1.9031e1076e66bp-8,  0x1.e00fc23bad83p-5,   0x1.8fa3a1daa5ec8p-3};
  static constexpr std::array<double, 13> erf_denominator{
      0x1.c40da120b7225p-51, 0x1.4b2cec2fd9663p-42, 0x1.8d926b3895246p-36, 0x1.1205a3da82b54p-30, 0x1.0bb0adb0ac8bp-25,
      0x1.8d610254ec9c7p-21, 0x1.ccf6337dd16a5p-17, 0x1.a4450dd8dc8e6p-13, 0x1.29f3bd70a503p-9,   0x1.3f44e4b73f05cp-6,
      0x1.e92b3e2a6df5bp-4,  0x1.df95945e96852p-2,  0x1.c5bf891b4ef6bp-1};
};

template <class T, class A>
TENURE_INLINE Batch<T, A> clamp(Batch<T, A> x, T lowest, T highest) noexcept {
  return simd::min(broadcast<T, A>(highest), simd::max(broadcast<T, A>(lowest), x));
}

/// x − n ln 2, for an integer n.
template <class T, class A>
TENURE_INLINE Batch<T, A> subtract_ln2(Batch<T, A> n, Batch<T, A> x) noexcept {
  const Batch<T, A> high = simd::keep(simd::fnma(n, broadcast<T, A>(Constants<T>::ln2_high), x));
  return simd::fnma(n, broadcast<T, A>(Constants<T>::ln2_low), high);
}

/// 2ⁿ from n + Constants::round + Constants::exponent_bias: infinite for the largest exponent + 1, 0 for the least − 1.
template <class T, class A>
TENURE_INLINE Batch<T, A> power_of_two(Batch<T, A> shifted) noexcept {
  return simd::bit_cast<T>(simd::bit_cast<UnsignedOf<T>>(shifted) << Constants<T>::mantissa_bits);
}

/// eˣ for exp_lowest ≤ x ≤ exp_highest, as 2ⁿ eʳ with 0 ≤ r < ln 2 (and a margin): with the nearest n, r would be
/// smaller, but n would reach 128, for which there is no power of two.
template <class T, class A>
TENURE_INLINE Batch<T, A> exp_in_range(Batch<T, A> x) noexcept {
  using C = Constants<T>;
  // Smaller than log₂ e, so that x log₂ e stays within the exponents' range at either end whatever the rounding.
  const Batch<T, A> log2e = broadcast<T, A>(static_cast<T>(0x1.715445ea103ddp0));
  const Batch<T, A> shift = broadcast<T, A>(C::round + C::exponent_bias);
  Batch<T, A> shifted, n;
#if defined(__AVX512F__)
  if constexpr (is_avx512<A>) {
    constexpr int down = _MM_FROUND_TO_NEG_INF | _MM_FROUND_NO_EXC;
    if constexpr (std::is_same_v<T, float>) {
      shifted = _mm512_fmadd_round_ps(x, log2e, shift, down);
    } else {
      shifted = _mm512_fmadd_round_pd(x, log2e, shift, down);
    }
  } else
#endif
  {
    // Just less than a half, lest whole numbers be halfway cases and exp(0) not be 1.
    shifted = simd::keep(keep(simd::fma(x, log2e, broadcast<T, A>(T(-0.4999)))) + shift);
  }
  n = shifted - shift;
  const Batch<T, A> r = subtract_ln2(n, x);
  const Batch<T, A> p = simd::fma(polynomial(r, C::exp), r, broadcast<T, A>(1));
#if defined(__AVX512F__)
  if constexpr (is_avx512<A> && std::is_same_v<T, float>) return _mm512_scalef_ps(p, n);
  if constexpr (is_avx512<A> && std::is_same_v<T, double>) return _mm512_scalef_pd(p, n);
#endif
  return p * power_of_two(shifted);
}

/// log x = k ln 2 + log(1 + f), √½ ≤ 1 + f < √2.
template <class T, class A>
struct LogParts {
  Batch<T, A> k, f;
};

template <class T, class A>
TENURE_INLINE LogParts<T, A> split(Batch<T, A> x) noexcept {
  using C = Constants<T>;
  using Bits = Batch<UnsignedOf<T>, A>;
  constexpr UnsignedOf<T> one = std::bit_cast<UnsignedOf<T>>(T{1});
  constexpr UnsignedOf<T> root_half = std::bit_cast<UnsignedOf<T>>(static_cast<T>(0x1.6a09e667f3bcdp-1));
  constexpr UnsignedOf<T> mantissa = (UnsignedOf<T>{1} << C::mantissa_bits) - 1;
  constexpr T two_to_mantissa_bits = static_cast<T>(UnsignedOf<T>{1} << C::mantissa_bits);
  const Bits shifted = simd::bit_cast<UnsignedOf<T>>(x) + Bits(one - root_half);
  const Bits exponent = (shifted >> C::mantissa_bits) | Bits(std::bit_cast<UnsignedOf<T>>(two_to_mantissa_bits));
  const Bits fraction = (shifted & Bits(mantissa)) + Bits(root_half);
  return {simd::bit_cast<T>(exponent) - broadcast<T, A>(two_to_mantissa_bits + C::exponent_bias),
          simd::bit_cast<T>(fraction) - broadcast<T, A>(1)};
}

template <class T, class A>
TENURE_INLINE Batch<T, A> join(LogParts<T, A> x) noexcept {
  using C = Constants<T>;
  const Batch<T, A> square = x.f * x.f;
  Batch<T, A> low = simd::fma(square * x.f, polynomial(x.f, C::log), x.k * broadcast<T, A>(C::ln2_low));
  low = simd::fnma(square, broadcast<T, A>(T(0.5)), low);
  return simd::fma(x.k, broadcast<T, A>(C::ln2_high), x.f + low);
}

/// The logarithm y of x where x is negative, infinite, NaN, or `zero` is 0.
template <class T, class A>
TENURE_INLINE Batch<T, A> log_special(Batch<T, A> y, Batch<T, A> x, Batch<T, A> zero) noexcept {
  using Limits = std::numeric_limits<T>;
  const Batch<T, A> none = broadcast<T, A>(0);
  y = simd::select(x <= broadcast<T, A>(Limits::max()), y, x);
  y = simd::select(zero == none, simd::keep(broadcast<T, A>(-Limits::infinity())), y);
  return simd::select(x < none, simd::keep(broadcast<T, A>(Limits::quiet_NaN())), y);
}

/// log(1 + x) for 1 + x finite and positive, given that sum. Its rounding does not matter except near 1.
template <class T, class A>
TENURE_INLINE Batch<T, A> log1p_in_range(Batch<T, A> x, Batch<T, A> one_plus_x) noexcept {
  LogParts<T, A> parts = split(one_plus_x);
  parts.f = simd::select(parts.k == broadcast<T, A>(0), x, parts.f);
  return join(parts);
}

/// y with the sign of x, for a y that is positive or has it anyway.
template <class T, class A>
TENURE_INLINE Batch<T, A> with_sign_of(Batch<T, A> y, Batch<T, A> x) noexcept {
  return y | (x & broadcast<T, A>(T(-0.0)));
}

/// x / y to 1 ulp, for a y neither tiny nor huge. On Intel's AVX-512 the divider would be what tanh waits for.
template <class T, class A>
TENURE_INLINE Batch<T, A> quotient(Batch<T, A> x, Batch<T, A> y) noexcept {
#if defined(__AVX512F__)
  if constexpr (is_avx512<A> && std::is_same_v<T, float>) {
    const Batch<T, A> reciprocal = _mm512_rcp14_ps(y);
    const Batch<T, A> estimate = x * reciprocal;
    return simd::fma(simd::fnma(estimate, y, x), reciprocal, estimate);
  }
#endif
  return simd::divide(x, y);
}

/// x (1 + u N(u)) / D(u), u = x², for |x| up to `highest` and constant beyond.
template <class T, class A, std::size_t N>
TENURE_INLINE Batch<T, A> odd_rational(Batch<T, A> x, T highest, const std::array<T, N>& numerator,
                                       const std::array<T, N + 1>& denominator) noexcept {
  x = clamp(x, -highest, highest);
  const Batch<T, A> u = x * x;
  return quotient(simd::fma(u * x, polynomial(u, numerator), x), polynomial(u, denominator));
}

}  // namespace detail

/// eˣ: infinite from log(max) on.
template <class T, class A>
TENURE_INLINE Batch<T, A> exp(Batch<T, A> x) noexcept {
  using C = detail::Constants<T>;
  return detail::exp_in_range(detail::clamp(x, is_avx512<A> ? C::exp_lowest_avx512 : C::exp_lowest, C::exp_highest));
}

/// eˣ − 1, without cancellation near 0.
template <class T, class A>
TENURE_INLINE Batch<T, A> expm1(Batch<T, A> x) noexcept {
  using C = detail::Constants<T>;
  const Batch<T, A> y = detail::clamp(x, C::expm1_lowest, C::exp_highest);
  // Half of 2ⁿ, which exists for the largest n too.
  const Batch<T, A> shift = broadcast<T, A>(C::round + (C::exponent_bias - 1));
  const Batch<T, A> shifted = simd::keep(simd::fma(y, broadcast<T, A>(static_cast<T>(0x1.71547652b82fep0)), shift));
  const Batch<T, A> half_power = detail::power_of_two(shifted);
  const Batch<T, A> r = detail::subtract_ln2(shifted - shift, y);
  const Batch<T, A> p = simd::fma(r * r, detail::polynomial(r, C::expm1), r);
  const Batch<T, A> half = simd::fma(p, half_power, half_power - broadcast<T, A>(T(0.5)));
  return detail::with_sign_of(half + half, x);
}

/// The natural logarithm, of denormal numbers too: −infinity for 0, NaN below.
template <class T, class A>
TENURE_INLINE Batch<T, A> log(Batch<T, A> x) noexcept {
  using Limits = std::numeric_limits<T>;
  constexpr UnsignedOf<T> one = std::bit_cast<UnsignedOf<T>>(T{1});
  constexpr UnsignedOf<T> mantissa = (UnsignedOf<T>{1} << detail::Constants<T>::mantissa_bits) - 1;
  // A denormal number's bits are its digits: behind a one they make a normal number, whatever the flush-to-zero mode.
  const BatchBool<T, A> denormal = x < broadcast<T, A>(Limits::min());
  const Batch<UnsignedOf<T>, A> digits = simd::bit_cast<UnsignedOf<T>>(x) & Batch<UnsignedOf<T>, A>(mantissa);
  const Batch<T, A> scaled = simd::bit_cast<T>(digits | Batch<UnsignedOf<T>, A>(one)) - broadcast<T, A>(1);
  const Batch<T, A> y = simd::select(denormal, scaled, x);
  detail::LogParts<T, A> parts = detail::split(y);
  parts.k += simd::select(denormal, broadcast<T, A>(Limits::min_exponent - 1), broadcast<T, A>(0));
  return detail::log_special(detail::join(parts), x, y);
}

/// log(1 + x), without cancellation near 0.
template <class T, class A>
TENURE_INLINE Batch<T, A> log1p(Batch<T, A> x) noexcept {
  const Batch<T, A> sum = simd::keep(x + broadcast<T, A>(1));
  return detail::with_sign_of(detail::log_special(detail::log1p_in_range(x, sum), sum, sum), x);
}

/// Hyperbolic tangent.
template <class T, class A>
TENURE_INLINE Batch<T, A> tanh(Batch<T, A> x) noexcept {
  using C = detail::Constants<T>;
  return detail::odd_rational(x, C::tanh_highest, C::tanh_numerator, C::tanh_denominator);
}

/// The error function, 2/√π ∫₀ˣ exp(−t²) dt.
template <class T, class A>
TENURE_INLINE Batch<T, A> erf(Batch<T, A> x) noexcept {
  using C = detail::Constants<T>;
  return detail::odd_rational(x, C::erf_highest, C::erf_numerator, C::erf_denominator);
}

/// 1 / (1 + e⁻ˣ), as eˣ / (1 + eˣ): small values for negative x keep their digits.
template <class T, class A>
TENURE_INLINE Batch<T, A> sigmoid(Batch<T, A> x) noexcept {
  using C = detail::Constants<T>;
  const T lowest = is_avx512<A> ? C::exp_lowest_avx512 : C::exp_lowest;
  const Batch<T, A> power = detail::exp_in_range(detail::clamp(x, lowest, C::sigmoid_highest));
  return detail::quotient(power, power + broadcast<T, A>(1));
}

/// log(1 + eˣ), as max(x, 0) + log(1 + e⁻ˡˣˡ).
template <class T, class A>
TENURE_INLINE Batch<T, A> softplus(Batch<T, A> x) noexcept {
  using C = detail::Constants<T>;
  const Batch<T, A> lowest = broadcast<T, A>(is_avx512<A> ? C::exp_lowest_avx512 : C::exp_lowest);
  const Batch<T, A> power = detail::exp_in_range(simd::max(lowest, -simd::abs(x)));
  return simd::max(broadcast<T, A>(0), x) + detail::log1p_in_range(power, simd::keep(power + broadcast<T, A>(1)));
}

}  // namespace tenure::inline TENURE_ABI::simd
