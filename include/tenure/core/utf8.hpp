/// What bytes are UTF-8.
#pragma once

#include <cstddef>
#include <string_view>

#include "../version.hpp"

namespace tenure { inline namespace TENURE_ABI { namespace detail {

/// Bytes of the UTF-8 character at the start of text, which begins with a byte above 0x7F; 0 where there is none. The
/// ranges of Unicode 15, table 3-7: no overlong forms, no surrogates, nothing above U+10FFFF.
inline std::size_t utf8_character(std::string_view text) noexcept {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char lead = byte(0);
  const std::size_t size = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
  if (lead < 0xC2 || lead > 0xF4 || text.size() < size) return 0;
  const unsigned char least = lead == 0xE0 ? 0xA0 : lead == 0xF0 ? 0x90 : 0x80;
  const unsigned char most = lead == 0xED ? 0x9F : lead == 0xF4 ? 0x8F : 0xBF;
  if (byte(1) < least || byte(1) > most) return 0;
  for (std::size_t i = 2; i < size; ++i) {
    if ((byte(i) & 0xC0) != 0x80) return 0;
  }
  return size;
}

}}}  // namespace tenure::TENURE_ABI::detail
