/// Inverted dropout (Srivastava et al., 2014): y = x · m / (1 − rate) with m = 0 at the given rate, else 1; 0 · x
/// at a rate of 1.
///
/// Whether element i is kept depends on the generator's seed and stream and on position + i alone: it is dropped where
/// Rng::bits(position + i) < rate · 2³². The mask so has the same bits for any cut into shards or threads, vector width
/// or compiler flag. The backward pass draws it anew, at about a cycle an element, instead of keeping it: a tape then
/// holds nothing for it. The output cannot stand in for the mask, for a zero of y may be a kept zero of x.
#pragma once

#include <array>
#include <cstdint>

#include "../core/rng.hpp"
#include "simd.hpp"

TENURE_NO_CONTRACTION
namespace tenure { inline namespace TENURE_ABI { namespace kernels {

namespace detail {

/// Numbers below this are dropped; rate in [0, 1].
template <class T>
std::uint32_t dropout_threshold(T rate) noexcept {
  const double threshold = static_cast<double>(rate) * 0x1p32;
  return threshold < 0xFFFFFFFF ? static_cast<std::uint32_t>(threshold) : 0xFFFFFFFF;
}

/// The factor of what is kept: 0 at a rate of 1, at which the greatest number is not below the threshold.
template <class T>
T dropout_kept(T rate) noexcept {
  return rate < 1 ? T{1} / (T{1} - rate) : T{0};
}

}  // namespace detail

/// Whether a rate is one: from 0 to 1. NaN is looked at by its bits, for -ffast-math's sake.
template <class T>
constexpr bool is_dropout_rate(T rate) noexcept {
  return !is_nan(rate) && rate >= 0 && rate <= 1;
}

namespace reference {

template <class T>
void dropout_factors(Index n, const Rng& rng, std::uint64_t position, T rate, T* factors) noexcept {
  for (Index i = 0; i < n; ++i) {
    const bool dropped = rng.bits(position + static_cast<std::uint64_t>(i)) < detail::dropout_threshold(rate);
    factors[i] = dropped ? T{0} : detail::dropout_kept(rate);
  }
}

template <class T>
void dropout(Index n, const Rng& rng, std::uint64_t position, std::type_identity_t<T> rate, const T* x, T* y) noexcept {
  for (Index i = 0; i < n; ++i) {
    T factor;
    reference::dropout_factors(1, rng, position + static_cast<std::uint64_t>(i), rate, &factor);
    y[i] = factor * x[i];
  }
}

template <class T>
void dropout_backward(Index n, const Rng& rng, std::uint64_t position, std::type_identity_t<T> rate, const T* dy,
                      T* dx) noexcept {
  for (Index i = 0; i < n; ++i) {
    T factor;
    reference::dropout_factors(1, rng, position + static_cast<std::uint64_t>(i), rate, &factor);
    dx[i] += factor * dy[i];
  }
}

}  // namespace reference

namespace detail {

/// Rng::block(index + i) for i = 0, ..., lanes − 1, one after the other in `bits`. Each word lies in a 64-bit lane of
/// its own, whose upper half is rubbish between the rounds: the product, all that reads it, takes the lower one.
template <class A>
TENURE_INLINE void philox_blocks(const Rng& rng, std::uint64_t index, std::uint32_t* bits) noexcept {
  using Words = simd::Batch<std::uint64_t, A>;
  constexpr std::size_t width = Words::size;
  alignas(64) static constexpr std::uint64_t lane[8] = {0, 1, 2, 3, 4, 5, 6, 7};
  static_assert(width <= 8);
  Words c0 = Words(index) + Words::load_aligned(lane);
  Words c1 = c0 >> 32;
  Words c2(rng.stream());
  Words c3(rng.stream() >> 32);
  auto key0 = static_cast<std::uint32_t>(rng.seed());
  auto key1 = static_cast<std::uint32_t>(rng.seed() >> 32);
  for (int round = 0; round < 10; ++round) {
    const Words product0 = simd::multiply_low_halves(c0, Words(std::uint64_t{0xD2511F53}));
    const Words product1 = simd::multiply_low_halves(c2, Words(std::uint64_t{0xCD9E8D57}));
    c0 = (product1 >> 32) ^ c1 ^ Words(std::uint64_t{key0});
    c1 = product1;
    c2 = (product0 >> 32) ^ c3 ^ Words(std::uint64_t{key1});
    c3 = product0;
    key0 += 0x9E3779B9;
    key1 += 0xBB67AE85;
  }
  const Words low(std::uint64_t{0xFFFFFFFF});
  const auto first = simd::bit_cast<double>((c0 & low) | (c1 << 32));
  const auto second = simd::bit_cast<double>((c2 & low) | (c3 << 32));
  alignas(64) double pairs[2 * width];
  simd::store(pairs, simd::interleave_low(first, second));
  simd::store(pairs + width, simd::interleave_high(first, second));
  std::memcpy(bits, pairs, sizeof pairs);
}

/// Calls f(i, count, factors) for runs of at most 256 elements, `factors` being 0 or 1 / (1 − rate) for each.
template <class A, class T, class F>
TENURE_INLINE void for_dropout_factors(Index n, const Rng& rng, std::uint64_t position, T rate, F f) noexcept {
  constexpr Index run = 256;
  constexpr Index step = 4 * simd::lanes<std::uint64_t, A>;
  const std::uint32_t threshold = dropout_threshold(rate);
  const T kept = dropout_kept(rate);
  alignas(64) std::uint32_t bits[run];
  alignas(64) T factors[run];
  for (Index i = 0; i < n;) {
    const std::uint64_t at = position + static_cast<std::uint64_t>(i);
    const auto skipped = static_cast<Index>(at % 4);  // the run begins within a block of four
    const Index count = n - i < run - skipped ? n - i : run - skipped;
    for (Index j = 0; j < skipped + count; j += step) {
      philox_blocks<A>(rng, at / 4 + static_cast<std::uint64_t>(j / 4), bits + j);
      for (Index k = j; k < j + step; ++k) factors[k] = bits[k] < threshold ? T{0} : kept;
    }
    f(i, count, factors + skipped);
    i += count;
  }
}

}  // namespace detail

/// factors (n): 0 or 1 / (1 − rate) for the elements from `position` on of the generator's stream; rate in [0, 1]. For
/// layers that use one mask more than once.
template <class A = simd::DefaultArch, class T>
void dropout_factors(Index n, const Rng& rng, std::uint64_t position, std::type_identity_t<T> rate,
                     T* factors) noexcept {
  detail::for_dropout_factors<A, T>(n, rng, position, rate, [=](Index i, Index count, const T* run) {
    simd::transform<A>(
        count, factors + i, [](auto f) { return f; }, run);
  });
}

/// y (n) = x · m / (1 − rate); y may be x.
template <class A = simd::DefaultArch, class T>
void dropout(Index n, const Rng& rng, std::uint64_t position, std::type_identity_t<T> rate, const T* x, T* y) noexcept {
  detail::for_dropout_factors<A, T>(n, rng, position, rate, [=](Index i, Index count, const T* factors) {
    simd::transform<A>(
        count, y + i, [](auto v, auto f) { return v * f; }, x + i, factors);
  });
}

/// dx (n) += dy · m / (1 − rate) with the mask of the forward pass's generator, position and rate.
template <class A = simd::DefaultArch, class T>
void dropout_backward(Index n, const Rng& rng, std::uint64_t position, std::type_identity_t<T> rate, const T* dy,
                      T* dx) noexcept {
  detail::for_dropout_factors<A, T>(n, rng, position, rate, [=](Index i, Index count, const T* factors) {
    simd::transform<A>(
        count, dx + i, [](auto g, auto d, auto f) { return simd::fma(d, f, g); }, dx + i, dy + i, factors);
  });
}

}}}  // namespace tenure::TENURE_ABI::kernels
TENURE_CONTRACTION_AS_BEFORE
