/// Text in UTF-8 and in Latin-1 (ISO 8859-1: byte by byte the first 256 characters of Unicode).
#pragma once

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>

#include "scan.hpp"

namespace tenure { inline namespace TENURE_ABI {

/// How characters are encoded.
enum class Encoding {
  detect,  // UTF-8 where all of the text is valid UTF-8, Latin-1 otherwise
  utf8,
  latin1,
};

namespace detail {

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

}  // namespace detail

/// The offset of the first byte that is not part of a valid UTF-8 character; text.size() if there is none.
inline std::size_t find_invalid_utf8(std::string_view text) noexcept {
  constexpr std::size_t block = 512;
  for (std::size_t i = 0; i < text.size();) {
    const std::size_t n = (std::min)(block, text.size() - i);
    if (detail::is_ascii(text.data() + i, n)) {
      i += n;
      continue;
    }
    for (const std::size_t end = i + n; i < end;) {
      const std::size_t size = static_cast<unsigned char>(text[i]) < 0x80 ? 1 : detail::utf8_character(text.substr(i));
      if (size == 0) return i;
      i += size;
    }
  }
  return text.size();
}

/// A text in ISO 8859-1 as UTF-8.
inline std::string latin1_to_utf8(std::string_view text) {
  std::string converted;
  converted.reserve(text.size());
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x80) {
      converted += c;
    } else {
      converted += static_cast<char>(0xC0 | byte >> 6);
      converted += static_cast<char>(0x80 | (byte & 0x3F));
    }
  }
  return converted;
}

}}  // namespace tenure::TENURE_ABI
