/// Writing CSV: RFC 4180 with LF line ends, in UTF-8.
#pragma once

#include <charconv>
#include <concepts>
#include <initializer_list>
#include <string>
#include <string_view>

#include "../../io/file.hpp"
#include "formula.hpp"

namespace tenure { inline namespace TENURE_ABI {

/// A CSV file that takes its place when it is complete, see OutputFile.
///
///     CsvWriter writer("features.csv", {"customer", "recency"});
///     writer.field("17850").field(301).end_row();
///     writer.commit();
class CsvWriter {
 public:
  /// Writes a header unless `names` is empty. Any row must then have as many fields.
  /// @throws FileError when the directory is not there or can't be written to
  [[gnu::cold]] CsvWriter(std::string path, std::initializer_list<std::string_view> names, char delimiter = ',')
      : CsvWriter(std::move(path), delimiter) {
    for (const std::string_view name : names) field(name);
    if (names.size() > 0) end_row();
  }
  /// For a header whose length is known at run time alone: write it as the first row.
  [[gnu::cold]] explicit CsvWriter(std::string path, char delimiter = ',')
      : path_(path), file_(std::move(path)), delimiter_(delimiter) {
    buffer_.reserve(capacity + 4096);
  }

  /// Appends a text, in quotes where it needs them. One that a spreadsheet would take for a formula, and run, has an
  /// apostrophe before it, which parse_csv() takes away again.
  CsvWriter& field(std::string_view text) {
    separate();
    if (detail::is_formula(text)) return quoted("'" + std::string(text));
    return quoted(text);
  }
  CsvWriter& field(const char* text) { return field(std::string_view(text)); }
  CsvWriter& field(const std::string& text) { return field(std::string_view(text)); }

  /// Appends a number in the fewest digits that read back as the same; NaN is "nan", which readers take for missing.
  template <class T>
  requires std::integral<T> || std::floating_point<T> CsvWriter& field(T number) {
    char digits[64];
    separate();
    buffer_.append(digits, std::to_chars(digits, digits + sizeof digits, number).ptr);
    return *this;
  }

  /// Appends nothing, a missing value.
  CsvWriter& missing() { return field(std::string_view()); }

  /// @throws StateError for another number of fields than in the first row; FileError
  void end_row() {
    if (rows_ > 0 && fields_ != expected_) {
      throw StateError(path_, {expected_, " fields as in the first row"}, {fields_, " in row ", rows_ + 1});
    }
    // A lone empty field would be a blank line, which readers pass over.
    if (fields_ == 1 && (buffer_.empty() || buffer_.back() == '\n')) buffer_ += "\"\"";
    expected_ = fields_;
    fields_ = 0;
    ++rows_;
    buffer_ += '\n';
    if (buffer_.size() >= capacity) flush();
  }

  /// Puts the file in its place. Nothing may be written afterwards. @throws FileError, StateError in an open row
  [[gnu::cold]] void commit() {
    if (fields_ > 0) throw StateError(path_, "end_row() before commit()", "an open row");
    flush();
    file_.commit();
  }

 private:
  static constexpr std::size_t capacity = std::size_t{1} << 16;

  CsvWriter& quoted(std::string_view text) {
    const char special[] = {delimiter_, '"', '\n', '\r'};
    if (text.find_first_of({special, sizeof special}) == std::string_view::npos) {
      buffer_ += text;
      return *this;
    }
    buffer_ += '"';
    for (const char c : text) {
      if (c == '"') buffer_ += '"';
      buffer_ += c;
    }
    buffer_ += '"';
    return *this;
  }

  void separate() {
    if (fields_++ > 0) buffer_ += delimiter_;
  }
  void flush() {
    file_.write(buffer_.data(), buffer_.size());
    buffer_.clear();
  }

  std::string path_;
  OutputFile file_;
  char delimiter_;
  std::string buffer_;
  std::size_t fields_ = 0;    // of the current row
  std::size_t expected_ = 0;  // in every row
  std::size_t rows_ = 0;      // the header too
};

}}  // namespace tenure::TENURE_ABI
