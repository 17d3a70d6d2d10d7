/// What to read from a CSV file, and one column of it.
#pragma once

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "../dates.hpp"
#include "encoding.hpp"
#include "formula.hpp"
#include "rows.hpp"
#include "text_column.hpp"

namespace tenure { inline namespace TENURE_ABI {

/// What a CSV looks like. The defaults are RFC 4180's, and pandas' texts for missing values.
struct CsvOptions {
  char delimiter = ',';  // ' ': any number of blanks and tabs
  bool header = true;    // without one the columns are named 1, 2, 3, …
  Encoding encoding = Encoding::detect;
  DateOrder dates = DateOrder::month_first;
  /// What stands for a missing value, as an empty field does, in all columns but those of text: NA is a country.
  std::vector<std::string> missing = {"NA", "N/A", "NaN", "nan", "NULL", "null", "None"};
};

/// What a column is read as.
enum class ColumnType {
  number,      // a decimal number, as 2.5, -11062.06 or 1e3; NaN where missing
  integer,     // 64 bits; also written as 6.0; missing_integer where missing
  text,        // as it is
  identifier,  // text, but 17850.0 is 17850, which is how pandas writes numbers of a column where some are missing
  time,        // what parse_time() reads: seconds since 1970; missing_integer where missing
};

/// Stands for a missing value in columns of integers and times.
inline constexpr std::int64_t missing_integer = (std::numeric_limits<std::int64_t>::min)();

/// A column to read.
struct CsvColumn {
  std::string name;
  ColumnType type = ColumnType::text;
  bool optional = false;  // the file may lack it
  bool complete = false;  // no value may be missing
};

/// A column's values: one vector has an element for each row, and the others are empty.
struct CsvValues {
  bool present = false;  // whether the file has the column
  std::vector<double> numbers;
  std::vector<std::int64_t> integers;  // times too
  TextColumn texts;                    // identifiers too
};

/// Rows that could not be read, and what was wrong with the first of them.
struct SkippedRows {
  std::size_t count = 0;
  std::string first;
};

namespace detail {

inline std::string_view trimmed(std::string_view text) noexcept {
  const auto is_blank = [](char c) { return c == ' ' || c == '\t'; };
  while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
  return text;
}

/// Takes the ".0" off a whole number; other texts are left alone.
inline std::string_view without_zero_decimals(std::string_view text) noexcept {
  const std::size_t dot = text.find('.');
  if (dot == std::string_view::npos || dot == 0 || dot + 1 == text.size()) return text;
  const auto digits = text.substr(text.front() == '-' ? 1 : 0, dot - (text.front() == '-' ? 1 : 0));
  if (digits.empty() || digits.find_first_not_of("0123456789") != std::string_view::npos) return text;
  return text.find_first_not_of('0', dot + 1) == std::string_view::npos ? text.substr(0, dot) : text;
}

template <class T>
std::optional<T> parse_whole(std::string_view text) noexcept {
  T value;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return {};
  return value;
}

inline std::optional<std::int64_t> parse_integer(std::string_view text) noexcept {
  return parse_whole<std::int64_t>(without_zero_decimals(text));
}

/// A finite decimal number with an optional sign, and nothing else.
inline std::optional<double> parse_number(std::string_view text) noexcept {
  if (text.starts_with('+')) {
    text.remove_prefix(1);
    if (text.starts_with('-')) return {};
  }
  // from_chars() also knows inf and nan.
  const std::size_t first = text.starts_with('-') ? 1 : 0;
  if (first >= text.size() || (text[first] != '.' && static_cast<unsigned char>(text[first] - '0') > 9)) return {};
  return parse_whole<double>(text);
}

/// For a message: the start of a text, without what would garble a terminal.
[[gnu::cold]] inline std::string quoted_excerpt(std::string_view text, bool latin1) {
  constexpr std::size_t most = 60;
  std::string excerpt = latin1 ? latin1_to_utf8(text.substr(0, most)) : std::string(text.substr(0, most));
  for (char& c : excerpt) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) c = '?';
  }
  // No half character at the end.
  if (const std::size_t valid = find_invalid_utf8(excerpt); valid < excerpt.size()) excerpt.resize(valid);
  return "'" + excerpt + (text.size() > most ? "…'" : "'");
}

/// Reads one column's fields, one for each row.
class CsvColumnReader {
 public:
  CsvColumnReader(const CsvColumn& column, std::size_t place, const CsvOptions& options, std::size_t rows)
      : column_(column), options_(options), place_(place) {
    for (const std::string& missing : options.missing) {
      if (!missing.empty()) starts_missing_[static_cast<unsigned char>(missing[0])] = true;
    }
    if (is_text()) texts_.reserve(rows);
    if (column.type == ColumnType::number) values_.numbers.reserve(rows);
    if (column.type == ColumnType::integer || column.type == ColumnType::time) values_.integers.reserve(rows);
  }

  const CsvColumn& column() const noexcept { return column_; }
  std::size_t place() const noexcept { return place_; }
  bool is_text() const noexcept { return column_.type == ColumnType::text || column_.type == ColumnType::identifier; }

  /// Appends the field's value; columns of text only check, see add_text(). False if the field can't be read.
  bool add(const CsvField& field) {
    if (is_text()) return !column_.complete || !is_missing(field.text);
    const std::string_view text = trimmed(field.text);
    const bool missing = is_missing(text);
    if (missing && column_.complete) return false;
    if (column_.type == ColumnType::number) {
      const auto number = missing ? std::numeric_limits<double>::quiet_NaN() : parse_number(text);
      if (number) values_.numbers.push_back(*number);
      return number.has_value();
    }
    std::optional<std::int64_t> integer = missing_integer;
    if (!missing) integer = column_.type == ColumnType::time ? time_of(text) : parse_integer(text);
    if (integer) values_.integers.push_back(*integer);
    return integer.has_value();
  }

  /// Appends a number, or a whole number or time, that was never a text.
  void add_number(double number) { values_.numbers.push_back(number); }
  void add_integer(std::int64_t integer) { values_.integers.push_back(integer); }

  /// Appends the text of a field that add() found right. Texts are last, for a row that has been refused must leave no
  /// name behind.
  void add_text(const CsvField& field) {
    std::string_view text = without_formula_guard(field.value(memory_));
    if (column_.type == ColumnType::identifier) text = without_zero_decimals(trimmed(text));
    if (is_missing(text)) {
      texts_.add_missing();
    } else {
      texts_.add(text);
    }
  }

  /// Drops what lies behind the first `rows` values.
  [[gnu::cold]] void truncate(std::size_t rows) {
    if (values_.numbers.size() > rows) values_.numbers.resize(rows);
    if (values_.integers.size() > rows) values_.integers.resize(rows);
  }

  CsvValues take(bool latin1) {
    values_.present = true;
    values_.texts = texts_.take();
    if (latin1) {
      for (std::string& name : values_.texts.names) name = latin1_to_utf8(name);
    }
    return std::move(values_);
  }

  /// What add() expects, for a message.
  std::string_view expected() const noexcept {
    switch (column_.type) {
      case ColumnType::number:
        return "a number";
      case ColumnType::integer:
        return "an integer";
      case ColumnType::time:
        return options_.dates == DateOrder::month_first ? "a date as 12/31/2011 8:26 or 2011-12-31 08:26"
                                                        : "a date as 31/12/2011 8:26 or 2011-12-31 08:26";
      default:
        return "a text";
    }
  }

 private:
  bool is_missing(std::string_view text) const noexcept {
    if (text.empty()) return true;
    if (column_.type == ColumnType::text || !starts_missing_[static_cast<unsigned char>(text[0])]) return false;
    return std::find(options_.missing.begin(), options_.missing.end(), text) != options_.missing.end();
  }

  /// Times repeat from row to row.
  std::optional<std::int64_t> time_of(std::string_view text) {
    if (text != last_text_) {
      last_time_ = parse_time(text, options_.dates);
      last_text_ = text;
    }
    return last_time_;
  }

  CsvColumn column_;
  const CsvOptions& options_;
  std::size_t place_;
  std::array<bool, 256> starts_missing_{};
  CsvValues values_;
  TextColumnBuilder texts_;
  std::string last_text_;
  std::optional<std::int64_t> last_time_;
  std::string memory_;
};

}  // namespace detail
}}  // namespace tenure::TENURE_ABI
