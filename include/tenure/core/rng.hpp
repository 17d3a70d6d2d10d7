/// Counter-based random numbers: Philox 4x32-10 of Salmon, Moraes, Dror and Shaw, "Parallel random numbers: as easy as
/// 1, 2, 3" (SC 2011). The n-th number depends on the seed and n alone, so that work cut among threads in any way draws
/// the same numbers.
#pragma once

#include <array>
#include <cmath>
#include <cstdint>
#include <numbers>

#include "../version.hpp"

TENURE_NO_CONTRACTION
namespace tenure { inline namespace TENURE_ABI {

/// The generator's function: 128 bits from a 128-bit counter under a 64-bit key.
constexpr std::array<std::uint32_t, 4> philox4x32(std::array<std::uint32_t, 4> counter,
                                                  std::array<std::uint32_t, 2> key) noexcept {
  for (int round = 0; round < 10; ++round) {
    const std::uint64_t product0 = std::uint64_t{0xD2511F53} * counter[0];
    const std::uint64_t product1 = std::uint64_t{0xCD9E8D57} * counter[2];
    counter = {static_cast<std::uint32_t>(product1 >> 32) ^ counter[1] ^ key[0], static_cast<std::uint32_t>(product1),
               static_cast<std::uint32_t>(product0 >> 32) ^ counter[3] ^ key[1], static_cast<std::uint32_t>(product0)};
    key = {key[0] + 0x9E3779B9, key[1] + 0xBB67AE85};  // the golden ratio and √3 − 1
  }
  return counter;
}

/// A stream of random numbers: a seed, a stream number and a position, which together are its whole state.
/// Meets std::uniform_random_bit_generator.
class Rng {
 public:
  using result_type = std::uint32_t;

  explicit constexpr Rng(std::uint64_t seed = 0, std::uint64_t stream = 0) noexcept : seed_(seed), stream_(stream) {}

  static constexpr result_type(min)() noexcept { return 0; }
  static constexpr result_type(max)() noexcept { return 0xFFFFFFFF; }

  /// The next 32 random bits.
  constexpr result_type operator()() noexcept { return bits(position_++); }

  /// 32 bits at a position of this stream, wherever the stream stands.
  constexpr result_type bits(std::uint64_t position) const noexcept { return block(position / 4)[position % 4]; }

  /// The four numbers at positions 4·index to 4·index + 3.
  [[gnu::noinline]] constexpr std::array<std::uint32_t, 4> block(std::uint64_t index) const noexcept {
    return philox4x32({static_cast<std::uint32_t>(index), static_cast<std::uint32_t>(index >> 32),
                       static_cast<std::uint32_t>(stream_), static_cast<std::uint32_t>(stream_ >> 32)},
                      {static_cast<std::uint32_t>(seed_), static_cast<std::uint32_t>(seed_ >> 32)});
  }

  /// A double in [0, 1) with 53 random bits; takes two numbers.
  constexpr double uniform() noexcept {
    const std::uint64_t high = (*this)();
    const std::uint64_t low = (*this)();
    return static_cast<double>((high << 32 | low) >> 11) * 0x1p-53;
  }
  constexpr double uniform(double low, double high) noexcept { return low + (high - low) * uniform(); }

  /// A standard normal number by Box and Muller; takes four numbers.
  double normal() noexcept {
    const double radius = std::sqrt(-2 * std::log1p(-uniform()));
    return radius * std::cos(2 * std::numbers::pi * uniform());
  }
  double normal(double mean, double deviation) noexcept { return mean + deviation * normal(); }

  /// An integer in [0, n), without bias; n > 0.
  constexpr std::uint64_t below(std::uint64_t n) noexcept {
    const std::uint64_t limit = n * (~std::uint64_t{0} / n);
    while (true) {
      const std::uint64_t high = (*this)();
      const std::uint64_t value = high << 32 | (*this)();
      if (value < limit) return value % n;
    }
  }

  /// A stream of its own, drawn from this one: for a layer, a shard, a worker.
  constexpr Rng split() noexcept {
    const std::uint64_t high = (*this)();
    return Rng(seed_, high << 32 | (*this)());
  }

  constexpr std::uint64_t seed() const noexcept { return seed_; }
  constexpr std::uint64_t stream() const noexcept { return stream_; }
  /// How many numbers were taken.
  constexpr std::uint64_t position() const noexcept { return position_; }
  constexpr void seek(std::uint64_t position) noexcept { position_ = position; }

  friend constexpr bool operator==(const Rng&, const Rng&) noexcept = default;

 private:
  std::uint64_t seed_;
  std::uint64_t stream_;
  std::uint64_t position_ = 0;
};

}}  // namespace tenure::TENURE_ABI
TENURE_CONTRACTION_AS_BEFORE
