/// Where certain bytes stand in a text, 64 bytes at a time: what a CSV reader finds its fields by.
///
/// In plain 64-bit integers, eight bytes in each: no slower than the memory that a file is mapped to, the same for
/// every architecture, and quick to compile.
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>

#include "../../version.hpp"

namespace tenure { inline namespace TENURE_ABI { namespace detail {

namespace reference {

/// Bit i: whether text[i] is `first` or `second`; i < 64.
inline std::uint64_t find_either(const char* text, char first, char second) noexcept {
  std::uint64_t found = 0;
  for (unsigned i = 0; i < 64; ++i) {
    if (text[i] == first || text[i] == second) found |= std::uint64_t{1} << i;
  }
  return found;
}

}  // namespace reference

inline constexpr std::uint64_t each_byte = 0x0101010101010101;
inline constexpr std::uint64_t high_bits = 0x80 * each_byte;

/// Eight bytes, the first in the lowest place.
inline std::uint64_t load_bytes(const char* text) noexcept {
  std::uint64_t word;
  std::memcpy(&word, text, sizeof word);
  if constexpr (std::endian::native == std::endian::big) {
    std::uint64_t turned = 0;
    for (unsigned i = 0; i < 8; ++i) turned = turned << 8 | (word >> 8 * i & 0xFF);
    word = turned;
  }
  return word;
}

/// The high bit of every byte that is zero, and no other.
inline std::uint64_t zero_bytes(std::uint64_t word) noexcept {
  return ~(((word & ~high_bits) + ~high_bits) | word | ~high_bits);
}

/// Bit i: whether text[i] is `first` or `second`; i < 64.
inline std::uint64_t find_either(const char* text, char first, char second) noexcept {
  const std::uint64_t firsts = each_byte * static_cast<unsigned char>(first);
  const std::uint64_t seconds = each_byte * static_cast<unsigned char>(second);
  std::uint64_t found = 0;
  for (unsigned i = 0; i < 64; i += 8) {
    const std::uint64_t word = load_bytes(text + i);
    const std::uint64_t bytes = zero_bytes(word ^ firsts) | zero_bytes(word ^ seconds);
    // The eight high bits end up side by side in the product's highest byte.
    found |= ((bytes >> 7) * 0x0102040810204080) >> 56 << i;
  }
  return found;
}

/// Whether all of text (n) is ASCII.
inline bool is_ascii(const char* text, std::size_t n) noexcept {
  std::size_t i = 0;
  std::uint64_t bits = 0;
  for (; i + 8 <= n; i += 8) bits |= load_bytes(text + i);
  for (; i < n; ++i) bits |= static_cast<unsigned char>(text[i]) & 0x80;
  return (bits & high_bits) == 0;
}

}}}  // namespace tenure::TENURE_ABI::detail
