/// Numbers and names as people read them: in messages, tables and on the axes of figures. All texts are UTF-8.
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

}}}  // namespace tenure::TENURE_ABI::text
