/// Typed columns of a CSV file, chosen by name.
///
///     CsvTable table = read_csv("shop.csv", {{"CustomerID", ColumnType::identifier}, {"Price", ColumnType::number}});
///     table["Price"].numbers   // std::vector<double>, one for each row
///
/// Every row is either read whole or not at all. What can't be read is an error that names file, line and column, or,
/// where the caller says so, a row that is skipped and counted.
#pragma once

#include <algorithm>
#include <cstring>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "../../io/mapped_file.hpp"
#include "columns.hpp"

namespace tenure { inline namespace TENURE_ABI {

/// The columns that were read, in the order that they were asked for in.
class CsvTable {
 public:
  CsvTable(std::size_t rows, std::vector<std::string> names, std::vector<CsvValues> columns)
      : rows_(rows), names_(std::move(names)), columns_(std::move(columns)) {}

  std::size_t rows() const noexcept { return rows_; }
  CsvValues& column(std::size_t i) noexcept { return columns_[i]; }
  /// @throws ValueError for a name that was not asked for
  CsvValues& operator[](std::string_view name) {
    const auto found = std::find(names_.begin(), names_.end(), name);
    if (found == names_.end()) throw ValueError("CsvTable", "the name of a column that was read", {"'", name, "'"});
    return columns_[static_cast<std::size_t>(found - names_.begin())];
  }

 private:
  std::size_t rows_;
  std::vector<std::string> names_;
  std::vector<CsvValues> columns_;
};

namespace detail {

/// Reads a whole text; one use.
class CsvTableReader {
 public:
  [[gnu::cold]] CsvTableReader(std::string_view bytes, std::string_view name, const std::vector<CsvColumn>& columns,
                               const CsvOptions& options, SkippedRows* skipped)
      : name_(name), options_(options), skipped_(skipped), text_(checked(bytes)), rows_(text_, options.delimiter) {
    read_header();
    const std::size_t estimate = estimated_rows();
    for (const CsvColumn& column : columns) {
      const std::size_t place = place_of(column);
      if (place < header_.size()) readers_.emplace_back(column, place, options_, estimate);
      places_.push_back(place);
    }
  }

  CsvTable read(const std::vector<CsvColumn>& columns) {
    if (!options_.header) add_row();
    while (rows_.next()) add_row();
    std::vector<std::string> names;
    std::vector<CsvValues> values;
    for (std::size_t i = 0, next = 0; i < columns.size(); ++i) {
      names.push_back(columns[i].name);
      values.push_back(places_[i] < header_.size() ? readers_[next++].take(latin1_) : CsvValues());
    }
    return {count_, std::move(names), std::move(values)};
  }

  /// The names of all columns.
  const std::vector<std::string>& header() const noexcept { return header_; }

 private:
  /// The text without its mark, with latin1_ and nul_ found out.
  [[gnu::cold]] std::string_view checked(std::string_view bytes) {
    if (bytes.empty()) throw FileError(name_, "lines of text", "an empty file");
    if (bytes.starts_with("\x1F\x8B")) {
      throw FileError(name_, "text", "gzip data, which TextFile in tenure/data/csv/gzip.hpp unpacks");
    }
    if (bytes.starts_with("\xFF\xFE") || bytes.starts_with("\xFE\xFF")) {
      throw FileError(name_, "UTF-8 or Latin-1", "UTF-16");
    }
    const bool marked = bytes.starts_with("\xEF\xBB\xBF");
    if (marked) bytes.remove_prefix(3);
    nul_ = !bytes.empty() && std::memchr(bytes.data(), 0, bytes.size()) != nullptr;
    latin1_ = options_.encoding == Encoding::latin1;
    if (latin1_) return bytes;
    const std::size_t invalid = find_invalid_utf8(bytes);
    if (invalid == bytes.size()) return bytes;
    if (marked || options_.encoding == Encoding::utf8) {
      throw FileError(place(line_of(bytes, invalid)), "UTF-8", {"a byte that is no part of a character"});
    }
    latin1_ = true;
    return bytes;
  }

  [[gnu::cold]] void read_header() {
    if (!rows_.next()) throw FileError(name_, "lines of text", "blank lines alone");
    if (rows_.problem()) throw FileError(place(line()), rows_.problem(), "none");
    for (const CsvField& field : rows_.fields()) {
      std::string memory;
      const std::string_view text = without_formula_guard(trimmed(field.value(memory)));
      if (options_.header && text.find('\r') != std::string_view::npos) {
        throw FileError(name_, "lines that end in LF or CRLF", "lines that end in CR alone");
      }
      header_.push_back(!options_.header ? std::to_string(header_.size() + 1)
                        : latin1_        ? latin1_to_utf8(text)
                                         : std::string(text));
    }
  }

  /// Which field of a row holds a column; header_.size() for none.
  [[gnu::cold]] std::size_t place_of(const CsvColumn& column) const {
    const auto found = std::find(header_.begin(), header_.end(), column.name);
    if (found == header_.end() && !column.optional) throw FileError(name_, {"a column '", column.name, "'"}, names());
    if (found != header_.end() && std::find(found + 1, header_.end(), column.name) != header_.end()) {
      throw FileError(name_, {"one column '", column.name, "'"}, names());
    }
    return static_cast<std::size_t>(found - header_.begin());
  }

  /// The header, for a message.
  [[gnu::cold]] std::string names() const {
    std::string text = header_.size() == 1 ? "the column " : "the columns ";
    for (std::size_t i = 0; i < header_.size() && i < 50; ++i) {
      text += (i > 0 ? ", " : "") + quoted_excerpt(header_[i], false);
    }
    return text + (header_.size() > 50 ? ", …" : "");
  }

  /// From the length of the first lines.
  [[gnu::cold]] std::size_t estimated_rows() const noexcept {
    const std::string_view start = text_.substr(0, std::size_t{1} << 16);
    const auto lines = static_cast<std::size_t>(std::count(start.begin(), start.end(), '\n'));
    return static_cast<std::size_t>(1.02 * static_cast<double>(text_.size()) * static_cast<double>(lines + 1) /
                                    static_cast<double>(start.size() + 1)) +
           16;
  }

  void add_row() {
    if (rows_.problem()) return refuse("", rows_.problem(), "none");
    const auto fields = rows_.fields();
    if (fields.size() != header_.size()) return refuse_count(fields.size());
    if (nul_ && rows_.row().find('\0') != std::string_view::npos) return refuse("", "text", "a NUL byte");
    for (CsvColumnReader& reader : readers_) {
      if (!reader.add(fields[reader.place()])) return refuse_field(reader, fields[reader.place()]);
    }
    for (CsvColumnReader& reader : readers_) {
      if (reader.is_text()) reader.add_text(fields[reader.place()]);
    }
    ++count_;
  }

  [[gnu::cold, gnu::noinline]] void refuse_count(std::size_t got) { refuse("", {header_.size(), " fields"}, {got}); }

  [[gnu::cold, gnu::noinline]] void refuse_field(const CsvColumnReader& reader, const CsvField& field) {
    for (CsvColumnReader& other : readers_) other.truncate(count_);
    const std::string where = ", column '" + reader.column().name + "'";
    refuse(where, reader.expected(), field.text.empty() ? "nothing" : quoted_excerpt(field.text, latin1_));
  }

  [[gnu::cold, gnu::noinline]] void refuse(const std::string& where, const Text& expected, const Text& got) {
    if (skipped_ && skipped_->count++ > 0) return;
    FileError error(place(line()) + where, expected, got);
    if (!skipped_) throw error;
    skipped_->first = error.what();
  }

  [[gnu::cold]] static std::size_t line_of(std::string_view text, std::size_t offset) noexcept {
    const auto end = text.begin() + static_cast<std::ptrdiff_t>(offset);
    return static_cast<std::size_t>(std::count(text.begin(), end, '\n')) + 1;
  }
  [[gnu::cold]] std::size_t line() const noexcept { return line_of(text_, rows_.offset()); }
  [[gnu::cold]] std::string place(std::size_t line) const {
    return std::string(name_) + ": line " + std::to_string(line);
  }

  std::string_view name_;
  const CsvOptions& options_;
  SkippedRows* skipped_;
  bool latin1_ = false;
  bool nul_ = false;  // whether there is a NUL byte anywhere
  std::string_view text_;
  CsvRows rows_;
  std::vector<std::string> header_;
  std::vector<std::size_t> places_;  // one for each column asked for
  std::vector<CsvColumnReader> readers_;
  std::size_t count_ = 0;
};

}  // namespace detail

/// Reads columns of a CSV text. Columns of the text that are not asked for are passed over.
///
/// UTF-8, with or without a byte-order mark, or Latin-1; LF or CRLF. Rows with too few or too many fields, with NUL
/// bytes, with fields of more than 1 MiB, with quotes that are not closed or with values that can't be read are errors;
/// with `skipped` they are left out and counted there.
///
/// @param bytes the whole file, unpacked
/// @param name what messages call it, its path
/// @throws FileError that names file, line and column: "shop.csv: line 7, column 'Price': expected a number, got 'x'"
inline CsvTable parse_csv(std::string_view bytes, std::string_view name, const std::vector<CsvColumn>& columns,
                          const CsvOptions& options = {}, SkippedRows* skipped = nullptr) {
  if (skipped) *skipped = {};
  return detail::CsvTableReader(bytes, name, columns, options, skipped).read(columns);
}

/// parse_csv() of a file, which is mapped to memory. @throws FileError
inline CsvTable read_csv(const std::string& path, const std::vector<CsvColumn>& columns, const CsvOptions& options = {},
                         SkippedRows* skipped = nullptr) {
  const MappedFile file(path);
  return parse_csv(file.bytes(), path, columns, options, skipped);
}

/// The names of a text's columns, for callers who can't know them beforehand; 1, 2, 3, … where it has no header.
/// @throws FileError as parse_csv()
[[gnu::cold]] inline std::vector<std::string> csv_names(std::string_view bytes, std::string_view name,
                                                        const CsvOptions& options = {}) {
  return detail::CsvTableReader(bytes, name, {}, options, nullptr).header();
}

}}  // namespace tenure::TENURE_ABI
