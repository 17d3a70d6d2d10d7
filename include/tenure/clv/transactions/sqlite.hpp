/// Transactions from a SQLite database, read in place. Needs SQLite: the CMake target tenure::sqlite.
///
///     query_transactions("shop.db", "select client, day, total from sales",
///                        parse_columns("customer=client,date=day,amount=total"))
#pragma once

#if !__has_include(<sqlite3.h>)
#error "tenure needs sqlite3.h here: add the component sqlite (target tenure::sqlite) or install SQLite 3"
#include <tenure_needs_sqlite3>
#endif
#include <sqlite3.h>

#include <cmath>
#include <cstdint>
#include <memory>
#include <new>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "csv.hpp"

namespace tenure { inline namespace TENURE_ABI { namespace clv {

namespace detail {

struct SqliteDelete {
  void operator()(sqlite3* database) const noexcept { ::sqlite3_close(database); }
  void operator()(sqlite3_stmt* statement) const noexcept { ::sqlite3_finalize(statement); }
};
using SqliteDatabase = std::unique_ptr<sqlite3, SqliteDelete>;
using SqliteStatement = std::unique_ptr<sqlite3_stmt, SqliteDelete>;

[[gnu::cold]] inline SqliteDatabase open_sqlite(const std::string& path) {
  // SQLite's own message for what is no file is less clear.
  const InputFile file(path);
  sqlite3* opened = nullptr;
  const int status = ::sqlite3_open_v2(path.c_str(), &opened, SQLITE_OPEN_READONLY, nullptr);
  SqliteDatabase database(opened);
  if (!database) throw std::bad_alloc();
  if (status != SQLITE_OK) throw FileError(path, "a SQLite database", ::sqlite3_errmsg(opened));
  ::sqlite3_busy_timeout(opened, 5000);
  return database;
}

[[gnu::cold]] inline SqliteStatement prepare_sqlite(sqlite3* database, const std::string& path,
                                                    const std::string& query) {
  sqlite3_stmt* prepared = nullptr;
  const char* rest = nullptr;
  // One byte more, which is zero, saves SQLite a copy.
  const int status =
      ::sqlite3_prepare_v2(database, query.c_str(), static_cast<int>(query.size() + 1), &prepared, &rest);
  SqliteStatement statement(prepared);
  if (status != SQLITE_OK) throw FileError(path, "a query that SQLite can answer", ::sqlite3_errmsg(database));
  const std::string_view left = std::string_view(query).substr(static_cast<std::size_t>(rest - query.c_str()));
  if (!statement || left.find_first_not_of(" \t\r\n;") != std::string_view::npos) {
    throw ValueError(path, "one query", {"'", query, "'"});
  }
  if (::sqlite3_column_count(prepared) == 0 || !::sqlite3_stmt_readonly(prepared)) {
    throw ValueError(path, "a query that gives rows and changes nothing", {"'", query, "'"});
  }
  return statement;
}

/// A time that is no text: an integer is seconds since 1970, or a date as 20111209; a real number is a Julian day.
inline std::optional<std::int64_t> sqlite_time(sqlite3_stmt* row, int place, bool real) {
  constexpr std::int64_t first = time_of(std::chrono::sys_days{std::chrono::year{1} / 1 / 1});
  constexpr std::int64_t last = time_of(std::chrono::sys_days{std::chrono::year{10000} / 1 / 1}) - 1;
  std::int64_t time = 0;
  if (real) {
    const double seconds = (::sqlite3_column_double(row, place) - 2440587.5) * 86400;
    if (!(seconds >= static_cast<double>(first) && seconds <= static_cast<double>(last))) return {};
    time = std::llround(seconds);
  } else {
    time = ::sqlite3_column_int64(row, place);
    // As seconds these would all lie in August 1970.
    if (time >= 19000101 && time <= 21001231) return parse_time(std::to_string(time));
  }
  if (time < first || time > last) return {};
  return time;
}

/// Reads the rows of a query; one use.
class SqliteReader {
 public:
  [[gnu::cold]] SqliteReader(const std::string& path, const std::string& query, const std::vector<CsvColumn>& columns,
                             const CsvOptions& options, SkippedRows* skipped)
      : path_(path),
        skipped_(skipped),
        database_(open_sqlite(path)),
        statement_(prepare_sqlite(database_.get(), path, query)) {
    for (const CsvColumn& column : columns) {
      const std::optional<int> place = place_of(column);
      places_.push_back(place);
      if (place) readers_.emplace_back(column, static_cast<std::size_t>(*place), options, 0);
    }
    texts_.resize(readers_.size());
  }

  CsvTable read(const std::vector<CsvColumn>& columns) {
    int status = SQLITE_ROW;
    for (std::size_t row = 1; (status = ::sqlite3_step(statement_.get())) == SQLITE_ROW; ++row) add_row(row);
    if (status != SQLITE_DONE) throw FileError(path_, "rows", ::sqlite3_errmsg(database_.get()));
    std::vector<std::string> names;
    std::vector<CsvValues> values;
    for (std::size_t i = 0, next = 0; i < columns.size(); ++i) {
      names.push_back(columns[i].name);
      values.push_back(places_[i] ? readers_[next++].take(false) : CsvValues());
    }
    return {count_, std::move(names), std::move(values)};
  }

 private:
  [[gnu::cold]] std::optional<int> place_of(const CsvColumn& column) const {
    std::optional<int> place;
    std::string names;
    for (int i = 0; i < ::sqlite3_column_count(statement_.get()); ++i) {
      const char* const name = ::sqlite3_column_name(statement_.get(), i);
      if (!name) throw std::bad_alloc();
      names += (i > 0 ? ", '" : "'") + std::string(name) + "'";
      if (name != column.name) continue;
      if (place) throw FileError(path_, {"one column '", column.name, "'"}, {"two in the query"});
      place = i;
    }
    if (!place && !column.optional) {
      throw FileError(path_, {"a column '", column.name, "' in the query"}, {"the columns ", names});
    }
    return place;
  }

  void add_row(std::size_t row) {
    for (std::size_t i = 0; i < readers_.size(); ++i) {
      if (!add_value(readers_[i], texts_[i])) return refuse(row, readers_[i], texts_[i]);
    }
    for (std::size_t i = 0; i < readers_.size(); ++i) {
      if (readers_[i].is_text()) readers_[i].add_text({.text = texts_[i]});
    }
    ++count_;
  }

  bool add_value(tenure::detail::CsvColumnReader& reader, std::string& text) {
    sqlite3_stmt* const row = statement_.get();
    const int place = static_cast<int>(reader.place()), type = ::sqlite3_column_type(row, place);
    const bool numeric = type == SQLITE_INTEGER || type == SQLITE_FLOAT;
    text.clear();
    if (numeric && reader.column().type == ColumnType::number) {
      const double number = ::sqlite3_column_double(row, place);
      reader.add_number(number);
      return std::abs(number) < 1e300;
    }
    if (const char* bytes = reinterpret_cast<const char*>(::sqlite3_column_text(row, place))) {
      text.assign(bytes, static_cast<std::size_t>(::sqlite3_column_bytes(row, place)));
    }
    if (numeric && reader.column().type == ColumnType::time) {
      const auto time = sqlite_time(row, place, type == SQLITE_FLOAT);
      if (time) reader.add_integer(*time);
      return time.has_value();
    }
    if (find_invalid_utf8(text) < text.size()) text = latin1_to_utf8(text);
    return text.find('\0') == std::string::npos && reader.add({.text = text});
  }

  [[gnu::cold, gnu::noinline]] void refuse(std::size_t row, const tenure::detail::CsvColumnReader& reader,
                                           const std::string& text) {
    for (tenure::detail::CsvColumnReader& other : readers_) other.truncate(count_);
    if (skipped_ && skipped_->count++ > 0) return;
    FileError error(path_ + ": row " + std::to_string(row) + ", column '" + reader.column().name + "'",
                    reader.expected(), text.empty() ? "nothing" : tenure::detail::quoted_excerpt(text, false));
    if (!skipped_) throw error;
    skipped_->first = error.what();
  }

  std::string path_;
  SkippedRows* skipped_;
  SqliteDatabase database_;
  SqliteStatement statement_;
  std::vector<std::optional<int>> places_;  // one for each column asked for
  std::vector<tenure::detail::CsvColumnReader> readers_;
  std::vector<std::string> texts_;  // the current row's, one for each reader
  std::size_t count_ = 0;
};

}  // namespace detail

/// Transactions from what a query gives, its columns mapped as those of a file. The database is opened for reading
/// alone, and the query may change nothing.
///
/// Dates may be texts as in a file, integers (seconds since 1970, or a date as 20111209) or real numbers (Julian days).
/// Texts that are not UTF-8 are taken for Latin-1. NULL is a missing value.
///
/// @param options only what it says of dates and missing values counts
/// @throws FileError for a file that is no database or a query that SQLite can't answer, and as parse_transactions();
///   ValueError for several statements or one that writes
inline Transactions query_transactions(const std::string& path, const std::string& query,
                                       const TransactionColumns& columns = {}, const CsvOptions& options = {},
                                       SkippedRows* skipped = nullptr) {
  if (skipped) *skipped = {};
  const std::vector<CsvColumn> wanted = detail::csv_columns(columns);
  return detail::transactions_of(detail::SqliteReader(path, query, wanted, options, skipped).read(wanted), columns,
                                 path);
}

}}}  // namespace tenure::TENURE_ABI::clv
