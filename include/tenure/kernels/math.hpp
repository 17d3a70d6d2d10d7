/// Elementary functions on one SIMD vector.
///
/// Largest relative errors, over all arguments whose result is a normal number (tests/kernels/math_test.cpp):
///
///     |        | exp, log, tanh, sigmoid | expm1, log1p, softplus, erf |
///     | float  | 3e-7                    | 5e-7                        |
///     | double | 1e-15                   | 4e-15                       |
///
/// Smaller results are right to within the smallest normal number: they may be flushed to zero. Zeros keep their sign,
/// infinities and NaN give what `<cmath>` gives, with -ffast-math too.
///
/// Polynomials and rational functions are minimax for the relative error of the function, from a Remez exchange
/// (polynomials) or Lawson's weighted least squares (rationals) with 50 digits; each table says on which interval, and
/// how large the error is before rounding. Highest power first.
#pragma once

#include <array>
#include <cstddef>
#include <limits>

#include "simd.hpp"

TENURE_NO_CONTRACTION
namespace tenure { inline namespace TENURE_ABI { namespace simd {

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
  static constexpr float exp_lowest = -88, exp_lowest_denormal = -104, exp_highest = 89;  // 0 below, infinite above
  static constexpr float expm1_lowest = -18;                                              // −1 below
  static constexpr float sigmoid_highest = 18;                                            // 1 above

  // (eʳ − 1) / r, r in [−0.002, ln 2 + 0.002]: 2.1e-9 of eʳ.
  static constexpr std::array<float, 6> exp{0x1.ff5a48p-10F, 0x1.fe730ap-8F, 0x1.5762ecp-5F,
                                            0x1.553756p-3F,  0x1.0000c6p-1F, 0x1.fffffap-1F};
  // (eʳ − 1 − r) / r², |r| ≤ ln 2 / 2: 2.4e-10 of eʳ − 1.
  static constexpr std::array<float, 6> expm1{0x1.a032bep-13F, 0x1.6d71f8p-10F, 0x1.11118ap-7F,
                                              0x1.5554b2p-5F,  0x1.555554p-3F,  0x1p-1F};
  // (log(1 + f) − f) / f², 1 + f in [√½, √2]: 3.0e-8 of log(1 + f).
  static constexpr std::array<float, 8> log{0x1.65c8cap-4F, -0x1.250594p-3F, 0x1.318556p-3F, -0x1.535d14p-3F,
                                            0x1.98d2b8p-3F, -0x1.00049ap-2F, 0x1.5556f4p-2F, -0x1.fffffap-2F};
  // 2 tanh(x/2) = x (1 + u N(u)) / (1 + u D(u)), u = x², |x| ≤ 9.02: 7.1e-9 of tanh x computed from it.
  static constexpr float tanh_highest = 8.98F;  // ±1 beyond
  static constexpr std::array<float, 2> tanh_numerator{0x1.deab5p-14F, 0x1.e7b4fap-6F};
  static constexpr std::array<float, 3> tanh_denominator{0x1.493f4p-20F, 0x1.3c1d4p-10F, 0x1.cf4286p-4F};
  // erf(x) = x (1 + u N(u)) / D(u), u = x², |x| ≤ 3.93: 1.9e-8.
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
  static constexpr double exp_lowest = -709, exp_lowest_denormal = -746, exp_highest = 710;
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
  // 5.0e-17
  static constexpr std::array<double, 19> log{
      -0x1.cfb0d61e6bdadp-6, 0x1.0316007aa3605p-4,  -0x1.1600c2a590d73p-4, 0x1.e95958d5b1aaap-5,  -0x1.eee28e2b56e72p-5,
      0x1.0f388d959cdb1p-4,  -0x1.2548d651afb38p-4, 0x1.3b4c5b8ed5d26p-4,  -0x1.554d23021dfb4p-4, 0x1.7459ac78667e7p-4,
      -0x1.9999ca75d7a9cp-4, 0x1.c71c8f1115aa5p-4,  -0x1.ffffff8ad41fap-4, 0x1.249248e0526e6p-3,  -0x1.555555553265dp-3,
      0x1.9999999a32e2p-3,   -0x1.00000000008b2p-2, 0x1.55555555551a5p-2,  -0x1.ffffffffffffbp-2};

  // 4.8e-17
  static constexpr double tanh_highest = 18.998;
  static constexpr std::array<double, 5> tanh_numerator{
      0x1.995dff795f2b5p-43, 0x1.bba6f42fdc931p-31, 0x1.c9d9d00ed03e6p-21, 0x1.3e02cb8dbc4a7p-12, 0x1.271a65022fa2p-5};
  static constexpr std::array<double, 6> tanh_denominator{0x1.2cba4104624cfp-51, 0x1.0b4c5a28b160ep-37,
                                                          0x1.04d4254325f96p-26, 0x1.3370b4b8829ecp-17,
                                                          0x1.f65afed282c3fp-10, 0x1.e8e287d66d24p-4};
  // 3.0e-17
  static constexpr double erf_highest = 5.929;
  static constexpr std::array<double, 12> erf_numerator{
      0x1.00c99c387a74p-56,  0x1.6375171c5b48fp-46, 0x1.a031603d36902p-39, 0x1.4f42e3d65e771p-33,
      0x1.9bc69685dd785p-28, 0x1.42a192f613d76p-23, 0x1.d00593118b4a2p-19, 0x1.a7696212334e7p-15,
      0x1.8d9ccee8e1ce7p-11, 0x1.9031e1076e66bp-8,  0x1.e00fc23bad83p-5,   0x1.8fa3a1daa5ec8p-3};
  static constexpr std::array<double, 13> erf_denominator{
      0x1.c40da120b7225p-51, 0x1.4b2cec2fd9663p-42, 0x1.8d926b3895246p-36, 0x1.1205a3da82b54p-30, 0x1.0bb0adb0ac8bp-25,
      0x1.8d610254ec9c7p-21, 0x1.ccf6337dd16a5p-17, 0x1.a4450dd8dc8e6p-13, 0x1.29f3bd70a503p-9,   0x1.3f44e4b73f05cp-6,
      0x1.e92b3e2a6df5bp-4,  0x1.df95945e96852p-2,  0x1.c5bf891b4ef6bp-1};
};

/// Where eˣ is 0 from. AVX-512 gives denormal numbers on the way.
template <class T, class A>
inline constexpr T exp_lowest = is_avx512<A> ? Constants<T>::exp_lowest_denormal : Constants<T>::exp_lowest;

template <class T>
inline constexpr auto one_bits = std::bit_cast<UnsignedOf<T>>(T{1});

template <class T>
inline constexpr UnsignedOf<T> mantissa_mask = (UnsignedOf<T>{1} << Constants<T>::mantissa_bits) - 1;

template <class T, class A>
TENURE_INLINE Batch<T, A> clamp(Batch<T, A> x, T lowest, T highest) noexcept {
  return (simd::min)(broadcast<T, A>(highest), (simd::max)(broadcast<T, A>(lowest), x));
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
  Batch<T, A> shifted;
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
    shifted = simd::keep(simd::keep(simd::fma(x, log2e, broadcast<T, A>(T(-0.4999)))) + shift);
  }
  const Batch<T, A> n = shifted - shift;
  const Batch<T, A> r = subtract_ln2(n, x);
  const Batch<T, A> p = simd::fma(polynomial(r, C::exp), r, broadcast<T, A>(1));
#if defined(__AVX512F__)
  if constexpr (is_avx512<A> && std::is_same_v<T, float>) return _mm512_scalef_ps(p, n);
  if constexpr (is_avx512<A> && std::is_same_v<T, double>) return _mm512_scalef_pd(p, n);
#endif
  return p * power_of_two(shifted);
}

/// x = 2ᵏ (1 + f), √½ ≤ 1 + f < √2.
template <class T, class A>
struct LogParts {
  Batch<T, A> k, f;
};

/// For normal, positive x.
template <class T, class A>
TENURE_INLINE LogParts<T, A> split(Batch<T, A> x) noexcept {
  using C = Constants<T>;
  using Bits = Batch<UnsignedOf<T>, A>;
  constexpr UnsignedOf<T> root_half = std::bit_cast<UnsignedOf<T>>(static_cast<T>(0x1.6a09e667f3bcdp-1));
  constexpr T two_to_mantissa_bits = static_cast<T>(UnsignedOf<T>{1} << C::mantissa_bits);
  const Bits shifted = simd::bit_cast<UnsignedOf<T>>(x) + Bits(one_bits<T> - root_half);
  const Bits exponent = (shifted >> C::mantissa_bits) | Bits(std::bit_cast<UnsignedOf<T>>(two_to_mantissa_bits));
  const Bits fraction = (shifted & Bits(mantissa_mask<T>)) + Bits(root_half);
  return {simd::bit_cast<T>(exponent) - broadcast<T, A>(two_to_mantissa_bits + C::exponent_bias),
          simd::bit_cast<T>(fraction) - broadcast<T, A>(1)};
}

/// k ln 2 + log(1 + f).
template <class T, class A>
TENURE_INLINE Batch<T, A> join(LogParts<T, A> x) noexcept {
  const Batch<T, A> fraction = simd::fma(x.f * x.f, polynomial(x.f, Constants<T>::log), x.f);
  return simd::fma(x.k, broadcast<T, A>(static_cast<T>(0x1.62e42fefa39efp-1)), fraction);
}

/// y with the sign of x, for a y that is positive or has it anyway.
template <class T, class A>
TENURE_INLINE Batch<T, A> with_sign_of(Batch<T, A> y, Batch<T, A> x) noexcept {
  return y | (x & broadcast<T, A>(T(-0.0)));
}

/// Whether log() needs care: some x is 0, denormal, negative, infinite or NaN.
template <class T, class A>
TENURE_INLINE bool any_special(Batch<T, A> x) noexcept {
  using Limits = std::numeric_limits<T>;
#if defined(__FAST_MATH__)
  // Positive normal numbers are one range of bits; comparisons of numbers would be taken for granted.
  using Bits = Batch<IntegerOf<T>, A>;
  const Bits bits = simd::bit_cast<IntegerOf<T>>(x);
  return !simd::all((bits >= Bits(std::bit_cast<IntegerOf<T>>((Limits::min)()))) &
                    (bits <= Bits(std::bit_cast<IntegerOf<T>>((Limits::max)()))));
#else
  return !simd::all((x >= broadcast<T, A>((Limits::min)())) & (x <= broadcast<T, A>((Limits::max)())));
#endif
}

/// The logarithm y of x, mended where x is negative, infinite, NaN, or `zero` is 0. By the bits, for -ffast-math's sake.
template <class T, class A>
TENURE_INLINE Batch<T, A> log_special(Batch<T, A> y, Batch<T, A> x, Batch<T, A> zero) noexcept {
  using Limits = std::numeric_limits<T>;
  using Integer = IntegerOf<T>;
  using Bits = Batch<Integer, A>;
  const auto constant = [](T value) { return Bits(std::bit_cast<Integer>(value)); };
  const Bits bits = simd::bit_cast<Integer>(x);
  Bits result = simd::select(bits > constant((Limits::max)()), bits, simd::bit_cast<Integer>(y));
  result = simd::select(simd::bit_cast<Integer>(zero) == Bits(0), constant(-Limits::infinity()), result);
  const auto negative = (bits < Bits(0)) & (bits > constant(T(-0.0)));
  return simd::bit_cast<T>(simd::select(negative, constant(Limits::quiet_NaN()), result));
}

/// log(1 + x) for 1 + x finite and positive, given that sum. Its rounding does not matter except near 1.
template <class T, class A>
TENURE_INLINE Batch<T, A> log1p_in_range(Batch<T, A> x, Batch<T, A> one_plus_x) noexcept {
  LogParts<T, A> parts = split(one_plus_x);
  parts.f = simd::select(parts.k == broadcast<T, A>(0), x, parts.f);
  return join(parts);
}

}  // namespace detail

/// eˣ: infinite from log(max) on.
template <class T, class A>
TENURE_INLINE Batch<T, A> exp(Batch<T, A> x) noexcept {
  using C = detail::Constants<T>;
  return detail::exp_in_range(detail::clamp(x, detail::exp_lowest<T, A>, C::exp_highest));
}

/// eˣ − 1, without cancellation near 0.
template <class T, class A>
TENURE_INLINE Batch<T, A> expm1(Batch<T, A> x) noexcept {
  using C = detail::Constants<T>;
  const Batch<T, A> y = detail::clamp(x, C::expm1_lowest, C::exp_highest);
  // Half of 2ⁿ, as 2ⁿ itself need not exist; twice p rather than the result, lest a small half be flushed to zero.
  const Batch<T, A> shift = broadcast<T, A>(C::round + (C::exponent_bias - 1));
  const Batch<T, A> shifted = simd::keep(simd::fma(y, broadcast<T, A>(static_cast<T>(0x1.71547652b82fep0)), shift));
  const Batch<T, A> half_power = detail::power_of_two(shifted);
  const Batch<T, A> r = detail::subtract_ln2(shifted - shift, y);
  const Batch<T, A> p = simd::fma(r * r, detail::polynomial(r, C::expm1), r);
  const Batch<T, A> half_rest = half_power - broadcast<T, A>(T(0.5));
  // Kept apart: twice half_rest may be beyond the range.
  const Batch<T, A> most = simd::keep(simd::fma(p + p, half_power, half_rest));
  return detail::with_sign_of(most + half_rest, x);
}

/// The natural logarithm, of denormal numbers too: −infinity for 0, NaN below.
template <class T, class A>
TENURE_INLINE Batch<T, A> log(Batch<T, A> x) noexcept {
  using Limits = std::numeric_limits<T>;
  using Bits = Batch<UnsignedOf<T>, A>;
  if (!detail::any_special(x)) [[likely]] {
    return detail::join(detail::split(x));
  }
  // A denormal number's bits are its digits: behind a one they make a normal number, whatever the flush-to-zero mode.
  const BatchBool<T, A> denormal = x < broadcast<T, A>((Limits::min)());
  const Bits digits = simd::bit_cast<UnsignedOf<T>>(x) & Bits(detail::mantissa_mask<T>);
  const Batch<T, A> scaled = simd::bit_cast<T>(digits | Bits(detail::one_bits<T>)) - broadcast<T, A>(1);
  const Batch<T, A> y = simd::select(denormal, scaled, x);
  detail::LogParts<T, A> parts = detail::split(y);
  parts.k += simd::select(denormal, broadcast<T, A>(Limits::min_exponent - 1), broadcast<T, A>(0));
  return detail::log_special(detail::join(parts), x, y);
}

/// log(1 + x), without cancellation near 0.
template <class T, class A>
TENURE_INLINE Batch<T, A> log1p(Batch<T, A> x) noexcept {
  const Batch<T, A> sum = simd::keep(x + broadcast<T, A>(1));
  Batch<T, A> y = detail::log1p_in_range(x, sum);
  if (detail::any_special(sum)) [[unlikely]] {
    y = detail::log_special(y, sum, sum);
  }
  return detail::with_sign_of(y, x);
}

/// Hyperbolic tangent.
template <class T, class A>
TENURE_INLINE Batch<T, A> tanh(Batch<T, A> x) noexcept {
  using C = detail::Constants<T>;
  x = detail::clamp(x, -C::tanh_highest, C::tanh_highest);
  const Batch<T, A> u = x * x;
  // 2 tanh(x/2) = a / (1 + b), from which tanh x = a (1 + b) / ((1 + b)² + a²/4): where a and b are large, their errors
  // have next to no effect.
  const Batch<T, A> a = simd::fma(u * x, detail::polynomial(u, C::tanh_numerator), x);
  const Batch<T, A> b = u * detail::polynomial(u, C::tanh_denominator);
  const Batch<T, A> one_plus_square = simd::fma(a * broadcast<T, A>(T(0.25)), a, broadcast<T, A>(1));
  const Batch<T, A> y = simd::divide(simd::fma(a, b, a), simd::fma(b, b + broadcast<T, A>(2), one_plus_square));
  // With two roundings in each multiply-add, y may be the next number after 1.
  if constexpr (!has_fma<A>) return detail::clamp(y, T{-1}, T{1});
  return y;
}

/// The error function, 2/√π ∫₀ˣ exp(−t²) dt.
template <class T, class A>
TENURE_INLINE Batch<T, A> erf(Batch<T, A> x) noexcept {
  using C = detail::Constants<T>;
  x = detail::clamp(x, -C::erf_highest, C::erf_highest);
  const Batch<T, A> u = x * x;
  const Batch<T, A> numerator = simd::fma(u * x, detail::polynomial(u, C::erf_numerator), x);
  // Rounding may take it beyond 1.
  return detail::clamp(simd::divide(numerator, detail::polynomial(u, C::erf_denominator)), T{-1}, T{1});
}

/// 1 / (1 + e⁻ˣ), as eˣ / (1 + eˣ): small values for negative x keep their digits.
template <class T, class A>
TENURE_INLINE Batch<T, A> sigmoid(Batch<T, A> x) noexcept {
  using C = detail::Constants<T>;
  const Batch<T, A> power = detail::exp_in_range(detail::clamp(x, detail::exp_lowest<T, A>, C::sigmoid_highest));
  return simd::divide(power, power + broadcast<T, A>(1));
}

/// log(1 + eˣ), as max(x, 0) + log(1 + e⁻ˡˣˡ).
template <class T, class A>
TENURE_INLINE Batch<T, A> softplus(Batch<T, A> x) noexcept {
  const Batch<T, A> power = detail::exp_in_range((simd::max)(broadcast<T, A>(detail::exp_lowest<T, A>), -simd::abs(x)));
  return (simd::max)(broadcast<T, A>(0), x) + detail::log1p_in_range(power, simd::keep(power + broadcast<T, A>(1)));
}

}}}  // namespace tenure::TENURE_ABI::simd
TENURE_CONTRACTION_AS_BEFORE
