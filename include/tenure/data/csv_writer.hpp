/// CSV files by RFC 4180, with LF at the end of rows, that are there as a whole or not at all (OutputFile).
///
///   CsvWriter csv("features.csv", {"customer", "spend"});
///   csv.text("17850").number(391.21).end_row();
///   csv.commit();
#pragma once

#include <charconv>
#include <initializer_list>
#include <string>
#include <string_view>

#include "../io/file.hpp"

namespace tenure::inline TENURE_ABI {

/// Writes fields one after the other. Rows shorter or longer than the header are the caller's error, and not checked.
class CsvWriter {
 public:
  /// @throws FileError
  [[gnu::cold]] explicit CsvWriter(std::string path, std::initializer_list<std::string_view> header = {})
      : file_(std::move(path)) {
    buffer_.reserve(flush_size + 4096);
    for (const std::string_view name : header) text(name);
    if (header.size() > 0) end_row();
  }

  /// Quoted where it has to be.
  CsvWriter& text(std::string_view value) {
    separate();
    if (value.find_first_of(",\"\r\n") == std::string_view::npos) {
      buffer_ += value;
      return *this;
    }
    buffer_ += '"';
    for (const char c : value) {
      if (c == '"') buffer_ += '"';
      buffer_ += c;
    }
    buffer_ += '"';
    return *this;
  }

  /// The shortest text that reads back as the same number.
  CsvWriter& number(auto value) { return number_by(value); }
  /// Rounded to so many places after the point.
  CsvWriter& number(double value, int decimals) { return number_by(value, std::chars_format::fixed, decimals); }
  CsvWriter& missing() {
    separate();
    return *this;
  }

  /// @throws FileError
  CsvWriter& end_row() {
    buffer_ += '\n';
    row_begins_ = true;
    if (buffer_.size() >= flush_size) flush();
    return *this;
  }

  /// Puts the file in its place. @throws FileError
  [[gnu::cold]] void commit() {
    flush();
    file_.commit();
  }

 private:
  static constexpr std::size_t flush_size = std::size_t{1} << 18;

  void separate() {
    if (!row_begins_) buffer_ += ',';
    row_begins_ = false;
  }

  template <class... Format>
  CsvWriter& number_by(auto value, Format... format) {
    separate();
    char digits[400];  // the largest double has 309 places before the point
    buffer_.append(digits, std::to_chars(digits, digits + sizeof digits, value, format...).ptr);
    return *this;
  }

  void flush() {
    file_.write(buffer_.data(), buffer_.size());
    buffer_.clear();
  }

  OutputFile file_;
  std::string buffer_;
  bool row_begins_ = true;
};

}  // namespace tenure::inline TENURE_ABI
