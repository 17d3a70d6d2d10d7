/// Texts that a spreadsheet would run: a shop's customer may be called =HYPERLINK("http://…").
#pragma once

#include <charconv>
#include <string_view>
#include <system_error>

#include "../../version.hpp"

namespace tenure { inline namespace TENURE_ABI {

namespace detail {

/// Whether a spreadsheet would take a text for a formula, any apostrophes before it aside: =1+1, +1-1, -cmd, @sum. A
/// number is none.
inline bool is_formula(std::string_view text) noexcept {
  const std::size_t first = text.find_first_not_of('\'');
  if (first == std::string_view::npos || std::string_view("=+-@\t\r").find(text[first]) == std::string_view::npos)
    return false;
  if (first > 0) return true;
  double number = 0;
  const char* const end = text.data() + text.size();
  const auto read = std::from_chars(text.data() + (text[0] == '+'), end, number);
  return read.ec == std::errc::invalid_argument || read.ptr != end;
}

}  // namespace detail

/// A text as it was before CsvWriter put an apostrophe before what spreadsheets would take for a formula.
inline std::string_view without_formula_guard(std::string_view text) noexcept {
  return text.starts_with('\'') && detail::is_formula(text) ? text.substr(1) : text;
}

}}  // namespace tenure::TENURE_ABI
