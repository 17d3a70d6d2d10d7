/// CSV text as rows of fields: RFC 4180, and no more memory than one row's worth of pointers.
///
/// Lines end in LF or CRLF. A field that begins with a quote ends at the next quote that is not doubled; in between,
/// delimiters, line ends and doubled quotes are text. A quote inside a field that began without one is text, as in
/// `5" nail`. Lines without any character are passed over.
#pragma once

#include <cstddef>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "scan.hpp"

namespace tenure { inline namespace TENURE_ABI {

/// A field as it stands in the text, outer quotes aside.
struct CsvField {
  std::string_view text;
  bool quoted = false;
  bool escaped = false;  // holds doubled quotes

  /// The text with single quotes for doubled ones, made in `memory` where there are any.
  std::string_view value(std::string& memory) const {
    if (!escaped) return text;
    memory.clear();
    for (std::size_t i = 0; i < text.size(); ++i) {
      memory += text[i];
      if (text[i] == '"') ++i;
    }
    return memory;
  }
};

/// Goes over the rows of a text. Where a row is broken, the next one begins at the line after the one that the broken
/// row began in, so that a stray quote costs the rows up to the next quote at most.
class CsvRows {
 public:
  /// No field may be longer: it bounds how far an open quote is followed. In bytes.
  static constexpr std::size_t longest_field = std::size_t{1} << 20;
  static constexpr std::size_t most_fields = std::size_t{1} << 16;

  /// A delimiter of ' ' stands for any number of blanks and tabs, and then quotes are text.
  /// @param text must outlive this
  CsvRows(std::string_view text, char delimiter)
      : text_(text.data()), end_(text.data() + text.size()), next_(text_), delimiter_(delimiter), fields_(64) {
    load(0);
  }

  /// Goes to the next row; false behind the last one.
  bool next() {
    do {
      if (next_ == end_) return false;
      start_ = next_;
      count_ = 0;
      problem_ = nullptr;
      if (delimiter_ == ' ') {
        split_at_blanks();
      } else {
        split();
      }
      if (problem_) resume();
    } while (blank());
    return true;
  }

  /// The current row's fields, of a row that is not broken.
  std::span<const CsvField> fields() const noexcept { return {fields_.data(), count_}; }
  /// What was expected where the current row is broken; null where it is not.
  const char* problem() const noexcept { return problem_; }
  /// Where the current row begins, and the text up to the next one.
  std::size_t offset() const noexcept { return static_cast<std::size_t>(start_ - text_); }
  std::string_view row() const noexcept { return {start_, static_cast<std::size_t>(next_ - start_)}; }

 private:
  bool blank() const noexcept {
    return !problem_ && (count_ == 0 || (count_ == 1 && fields_[0].text.empty() && !fields_[0].quoted));
  }

  void split() {
    for (const char* at = start_;; ++at) {
      CsvField field;
      if (at != end_ && *at == '"') {
        at = quoted(at, field);
        if (!at) return;
      } else {
        const char* const stop = find_stop();
        field.text = {at, static_cast<std::size_t>(stop - at)};
        at = stop;
      }
      const bool last = at == end_ || *at == '\n';
      if (last && !field.quoted && field.text.ends_with('\r')) field.text.remove_suffix(1);
      if (!append(field)) return;
      if (at != end_) pass(at);
      if (last) {
        next_ = at == end_ ? at : at + 1;
        return;
      }
    }
  }

  /// Reads the quoted field that begins at `quote`, and gives the delimiter or line end behind it; null if broken.
  const char* quoted(const char* quote, CsvField& field) noexcept {
    const char* const start = quote + 1;
    const char* const limit = left(start) > longest_field ? start + longest_field + 1 : end_;
    const char* close = start;
    for (;; close += 2) {
      close = static_cast<const char*>(std::memchr(close, '"', static_cast<std::size_t>(limit - close)));
      if (!close) return broken("a closing quote within 1 MiB");
      if (close + 1 >= limit || close[1] != '"') break;
      field.escaped = true;
    }
    field.text = {start, static_cast<std::size_t>(close - start)};
    field.quoted = true;
    const char* behind = close + 1;
    if (left(behind) > 0 && *behind == '\r' && (left(behind) == 1 || behind[1] == '\n')) ++behind;
    if (behind == end_ || *behind == delimiter_ || *behind == '\n') return behind;
    return broken("a delimiter or the line's end behind a closing quote");
  }

  void split_at_blanks() {
    const void* found = std::memchr(start_, '\n', left(start_));
    const char* const stop = found ? static_cast<const char*>(found) : end_;
    next_ = found ? stop + 1 : end_;
    const auto is_blank = [](char c) { return c == ' ' || c == '\t' || c == '\r'; };
    for (const char* at = start_;;) {
      while (at != stop && is_blank(*at)) ++at;
      if (at == stop) return;
      const char* const start = at;
      while (at != stop && !is_blank(*at)) ++at;
      if (!append({.text = {start, static_cast<std::size_t>(at - start)}})) return;
    }
  }

  bool append(const CsvField& field) {
    if (field.text.size() > longest_field) return broken("fields of 1 MiB at most") != nullptr;
    if (count_ == most_fields) return broken("65536 fields at most") != nullptr;
    if (count_ == fields_.size()) fields_.resize(2 * count_);
    fields_[count_++] = field;
    return true;
  }

  [[gnu::cold, gnu::noinline]] const char* broken(const char* expected) noexcept {
    problem_ = expected;
    return nullptr;
  }

  [[gnu::cold, gnu::noinline]] void resume() noexcept {
    const void* found = std::memchr(start_, '\n', left(start_));
    next_ = found ? static_cast<const char*>(found) + 1 : end_;
    load(static_cast<std::size_t>(next_ - text_));
  }

  std::size_t left(const char* from) const noexcept { return static_cast<std::size_t>(end_ - from); }

  /// The first delimiter or line end that was not passed yet, or the end.
  const char* find_stop() noexcept {
    while (stops_ == 0) {
      if (left(block_) <= 64) return end_;
      load(static_cast<std::size_t>(block_ - text_) + 64);
    }
    return block_ + std::countr_zero(stops_);
  }

  /// Forgets the stops up to and with the one at `at`.
  void pass(const char* at) noexcept {
    const auto distance = static_cast<std::size_t>(at - block_);
    if (distance < 64) {
      stops_ &= ~std::uint64_t{1} << distance;
    } else {
      load(static_cast<std::size_t>(at - text_) + 1);
    }
  }

  /// Finds the stops among the 64 bytes from `offset` on.
  void load(std::size_t offset) noexcept {
    block_ = text_ + offset;
    if (left(block_) >= 64) {
      stops_ = detail::find_either(block_, delimiter_, '\n');
      return;
    }
    char rest[64] = {};
    if (left(block_) > 0) std::memcpy(rest, block_, left(block_));
    stops_ = detail::find_either(rest, delimiter_, '\n');
    if (left(block_) < 64) stops_ &= (std::uint64_t{1} << left(block_)) - 1;
  }

  const char* text_;
  const char* end_;
  const char* next_;             // where the next row begins
  const char* start_ = nullptr;  // of the current row
  char delimiter_;
  const char* problem_ = nullptr;
  const char* block_ = nullptr;  // 64 bytes, or what is left
  std::uint64_t stops_ = 0;      // bit i: block_[i] ends a field, and was not passed yet
  std::vector<CsvField> fields_;
  std::size_t count_ = 0;
};

}}  // namespace tenure::TENURE_ABI
