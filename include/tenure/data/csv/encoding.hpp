/// Text in UTF-8 and in Latin-1 (ISO 8859-1: byte by byte the first 256 characters of Unicode).
#pragma once

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>

#include "../../core/utf8.hpp"
#include "scan.hpp"

namespace tenure { inline namespace TENURE_ABI {

/// How characters are encoded.
enum class Encoding {
  detect,  // UTF-8 where all of the text is valid UTF-8, Latin-1 otherwise
  utf8,
  latin1,
};

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
