/// CRC-32C (Castagnoli, as in iSCSI, RFC 3720 appendix B.4): the checksum of TensorBoard's records. Debian packages no
/// library for it, and what is summed here is a kilobyte at a time.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "../../version.hpp"

namespace tenure { inline namespace TENURE_ABI {

/// @return 0xE3069283 for "123456789"
constexpr std::uint32_t crc32c(std::string_view bytes) noexcept {
  constexpr auto table = [] {
    std::array<std::uint32_t, 256> remainders{};
    for (std::uint32_t byte = 0; byte < 256; ++byte) {
      std::uint32_t remainder = byte;
      for (int bit = 0; bit < 8; ++bit) remainder = (remainder >> 1) ^ (remainder & 1 ? 0x82F63B78U : 0U);
      remainders[byte] = remainder;
    }
    return remainders;
  }();
  std::uint32_t crc = 0xFFFFFFFFU;
  for (const char byte : bytes) crc = (crc >> 8) ^ table[(crc ^ static_cast<unsigned char>(byte)) & 0xFFU];
  return ~crc;
}

}}  // namespace tenure::TENURE_ABI
