/// Numbers and names as people read them: in messages, tables and on the axes of figures. All texts are UTF-8, those
/// aside that utf8() and printable() make so.
#pragma once

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdarg>
#include <cstdio>
#include <span>
#include <string>
#include <string_view>

#include "finite.hpp"
#include "utf8.hpp"

namespace tenure { inline namespace TENURE_ABI { namespace text {

/// What printf would print, of any length.
[[gnu::cold, gnu::format(printf, 1, 2)]] inline std::string formatted(const char* form, ...) {
  std::va_list values, again;
  va_start(values, form);
  va_copy(again, values);
  std::string text(static_cast<std::size_t>(std::vsnprintf(nullptr, 0, form, values)), '\0');
  std::vsnprintf(text.data(), text.size() + 1, form, again);
  va_end(again);
  va_end(values);
  return text;
}

/// Number of characters of a text.
[[gnu::cold]] inline std::size_t width(std::string_view text) noexcept {
  return static_cast<std::size_t>(
      std::ranges::count_if(text, [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

/// Pads a text on the left to `width` characters; a longer one stays as it is.
[[gnu::cold]] inline std::string right_aligned(const std::string& text, std::size_t width) {
  return std::string(width - (std::min)(width, text::width(text)), ' ') + text;
}

/// At most `most` characters (≥ 1) of a text, the last of them "…" where it is longer.
[[gnu::cold]] inline std::string shortened(const std::string& text, std::size_t most) {
  if (width(text) <= most) return text;
  std::size_t end = 0;
  for (std::size_t count = 0; count < most; ++end) count += (static_cast<unsigned char>(text[end]) & 0xC0) != 0x80;
  return text.substr(0, end - 1) + "…";
}

/// "a, b, c"; "none" for no names.
[[gnu::cold]] inline std::string joined(std::span<const std::string> names) {
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "" : ", ") + name;
  return text.empty() ? "none" : text;
}

/// "1234567.25" with commas between the thousands: "1,234,567.25".
[[gnu::cold]] inline std::string with_thousands(const std::string& digits) {
  const std::size_t whole = (std::min)(digits.find('.'), digits.size());
  std::string text;
  for (std::size_t i = 0; i < digits.size(); ++i) {
    if (i > 0 && i < whole && (whole - i) % 3 == 0) text += ',';
    text += digits[i];
  }
  return text;
}

/// So many decimals, with a true minus sign and commas, as "−1,234.50". A value that is not finite is "–".
[[gnu::cold]] inline std::string fixed(double x, int decimals) {
  if (!is_finite(x)) return "–";
  char digits[400];
  const auto end = std::to_chars(digits, digits + sizeof digits, std::abs(x), std::chars_format::fixed, decimals).ptr;
  const std::string text(digits, end);
  const bool zero = text.find_first_of("123456789") == std::string::npos;
  return (x < 0 && !zero ? "−" : "") + with_thousands(text);
}

/// About four significant digits, at most four decimals, as fixed() writes them.
[[gnu::cold]] inline std::string in_four_digits(double x) {
  const double size = std::floor(std::log10((std::max)(std::abs(x), 1e-9)));
  return fixed(x, static_cast<int>(std::clamp(3 - size, 0.0, 4.0)));
}

/// Six significant digits, more for large whole numbers, without zeros at the end: "−0.25", "12,345.6", "1.5e-05".
[[gnu::cold]] inline std::string readable(double x) {
  if (!is_finite(x) || (std::abs(x) >= 1e5 && std::abs(x) < 1e15)) return fixed(x, 0);
  char digits[32];
  const auto end = std::to_chars(digits, digits + sizeof digits, std::abs(x), std::chars_format::general, 6).ptr;
  const std::string text(digits, end);
  return (x < 0 ? "−" : "") + (text.find('e') == std::string::npos ? with_thousands(text) : text);
}

/// "0.02534", "1.234e+05" for a terminal; "-" for NaN.
[[gnu::cold]] inline std::string short_number(double x) { return is_nan(x) ? "-" : formatted("%.4g", x); }

/// 10⁻⁵
[[gnu::cold]] inline std::string power_of_ten(int exponent) {
  static constexpr std::array superscripts{"⁰", "¹", "²", "³", "⁴", "⁵", "⁶", "⁷", "⁸", "⁹"};
  std::string text = exponent < 0 ? "10⁻" : "10";
  for (const char digit : std::to_string(std::abs(exponent)))
    text += superscripts[static_cast<std::size_t>(digit - '0')];
  return text;
}

/// A share in per cent, as "80 %".
[[gnu::cold]] inline std::string percent(double share, int decimals = 0) {
  return formatted("%.*f %%", decimals, 100 * share);
}

/// A share's per cent without the sign, for a column that has it: "79.50"; "–" for none.
[[gnu::cold]] inline std::string in_percent(double share, int decimals = 2) {
  return is_nan(share) ? "–" : fixed(100 * share, decimals);
}

namespace detail {

[[gnu::cold]] inline void append_byte(std::string& text, char byte) {
  static constexpr std::string_view digits = "0123456789ABCDEF";
  const auto number = static_cast<unsigned char>(byte);
  text += {'\\', 'x', digits[number >> 4], digits[number & 15]};
}

/// Whether a character of two or three bytes steers a terminal or the direction of writing: C1 controls (U+0080 to
/// U+009F), line and paragraph separators (U+2028, U+2029), marks and overrides of direction (U+200E, U+200F, U+202A to
/// U+202E, U+2066 to U+2069).
[[gnu::cold]] inline bool steers(std::string_view character) noexcept {
  if (character.size() == 2) return character[0] == '\xC2' && static_cast<unsigned char>(character[1]) < 0xA0;
  if (character.size() != 3 || !character.starts_with("\xE2")) return false;
  const auto last = static_cast<unsigned char>(character[2]);
  if (character[1] == '\x80') return last == 0x8E || last == 0x8F || (last >= 0xA8 && last <= 0xAE);
  return character[1] == '\x81' && last >= 0xA6 && last <= 0xA9;
}

/// The text with those characters as \xHH, byte by byte, of which `is_plain` is false, and bytes that are no UTF-8.
template <class IsPlain>
[[gnu::cold]] std::string with_escapes(std::string_view text, IsPlain is_plain) {
  std::string escaped;
  while (!text.empty()) {
    const std::size_t size = static_cast<unsigned char>(text[0]) < 0x80 ? 1 : tenure::detail::utf8_character(text);
    const std::string_view character = text.substr(0, (std::max<std::size_t>)(size, 1));
    if (size > 0 && is_plain(character)) {
      escaped += character;
    } else {
      for (const char byte : character) append_byte(escaped, byte);
    }
    text.remove_prefix(character.size());
  }
  return escaped;
}

}  // namespace detail

/// Any bytes as UTF-8: what is no part of a character is written as `\xHH`, all else stays. Names of files are bytes, and
/// JSON, YAML and TensorBoard's events take nothing but UTF-8.
[[gnu::cold]] inline std::string utf8(std::string_view bytes) {
  return detail::with_escapes(bytes, [](std::string_view) { return true; });
}

/// The same with all that steers a terminal as `\xHH`, such as the escape sequences that others' names may hold. Line
/// ends and tabs stay where `lines` is true, in a message of several lines.
[[gnu::cold]] inline std::string printable(std::string_view bytes, bool lines = false) {
  return detail::with_escapes(bytes, [lines](std::string_view character) {
    if (lines && (character == "\n" || character == "\t")) return true;
    const auto first = static_cast<unsigned char>(character[0]);
    return first >= 0x20 && first != 0x7F && !detail::steers(character);
  });
}

}}}  // namespace tenure::TENURE_ABI::text
