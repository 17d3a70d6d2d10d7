/// Names and values for readers that take nothing but UTF-8, and lose all of a run for one byte that is none: protobuf's,
/// and MLflow's of files.
#pragma once

#include <string>
#include <string_view>

#include "../data/csv/encoding.hpp"

namespace tenure { inline namespace TENURE_ABI {

/// The text with U+FFFD in place of each byte that is no part of a character.
[[gnu::cold]] inline std::string valid_utf8(std::string_view text) {
  std::string valid;
  while (!text.empty()) {
    const std::size_t invalid = find_invalid_utf8(text);
    valid += text.substr(0, invalid);
    if (invalid == text.size()) break;
    valid += "\uFFFD";
    text.remove_prefix(invalid + 1);
  }
  return valid;
}

}}  // namespace tenure::TENURE_ABI
