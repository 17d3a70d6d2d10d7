/// The daily LTV model's files: a row for each week of acquisition, with what its users were worth by day.
///
///   Date                    Country  …  day_0   day_1   …  day_360
///   2024-01-01~2024-01-07   DE          0.31    0.39    …           cumulative, per user; empty when not yet known
///
/// All columns other than Date and day_* are metadata, which are carried through.
#pragma once

#include <chrono>
#include <limits>
#include <map>

#include "../../data/csv/table.hpp"
#include "../../data/csv/writer.hpp"
#include "../../data/statistics.hpp"

namespace tenure { inline namespace TENURE_ABI { namespace clv {

/// Users who came in the same week, and from the same campaign where metadata say so.
struct DailyLtvRow {
  std::chrono::sys_days begin, end;   // first and last day of acquisition
  std::vector<std::string> metadata;  // a value for each of the table's names
  std::vector<double> ltv;            // day_0, day_1, …; NaN where not known

  bool known(std::size_t day) const noexcept { return day < ltv.size() && !is_nan(ltv[day]); }
  /// Known, and a value that growth can be relative to.
  bool usable(std::size_t day) const noexcept { return known(day) && ltv[day] > 0; }
  /// All days of [begin, begin + count).
  bool usable(std::size_t first, std::size_t count) const noexcept {
    for (std::size_t day = first; day < first + count; ++day) {
      if (!usable(day)) return false;
    }
    return true;
  }
};

struct DailyLtvTable {
  std::vector<std::string> metadata;  // names
  std::size_t days = 0;               // columns day_0 to day_(days − 1), as many values in each row
  std::vector<DailyLtvRow> rows;

  /// "2024-01-01~2024-01-07 DE", to name a row.
  std::string name(std::size_t row) const {
    std::string text = format_date(rows[row].begin) + '~' + format_date(rows[row].end);
    for (const std::string& value : rows[row].metadata) text += ' ' + value;
    return text;
  }
  /// The place of a metadata column. @throws ValueError that lists the names
  std::size_t column(std::string_view wanted) const {
    const auto found = std::ranges::find(metadata, wanted);
    if (found != metadata.end()) return static_cast<std::size_t>(found - metadata.begin());
    std::string names;
    for (const std::string& name : metadata) names += (names.empty() ? "" : ", ") + name;
    throw ValueError("LTV table", {"one of the metadata columns ", names.empty() ? "(of which there are none)" : names},
                     {"'", wanted, "'"});
  }
};

/// How many known values are below those of the day before: refunds, or users counted later.
inline std::size_t falls(const DailyLtvTable& table) noexcept {
  std::size_t count = 0;
  for (const DailyLtvRow& row : table.rows) {
    for (std::size_t day = 1; day < row.ltv.size(); ++day) {
      count += row.known(day) && row.known(day - 1) && row.ltv[day] < row.ltv[day - 1];
    }
  }
  return count;
}

/// What was known at the end of a day: day n of a row when the row's last users were n days old. Rows of which nothing
/// was known are left out.
[[gnu::cold]] inline DailyLtvTable known_by(const DailyLtvTable& table, std::chrono::sys_days date) {
  DailyLtvTable known{table.metadata, table.days, {}};
  for (const DailyLtvRow& row : table.rows) {
    if (row.end > date) continue;
    known.rows.push_back(row);
    const auto first_unknown = static_cast<std::size_t>((date - row.end).count()) + 1;
    for (std::size_t day = first_unknown; day < table.days; ++day) known.rows.back().ltv[day] = missing_value;
  }
  return known;
}

namespace detail {

/// The n of "day_n"; nothing for other names.
[[gnu::cold]] inline std::optional<std::size_t> day_of_column(std::string_view name) {
  static constexpr std::string_view prefix = "day_";
  if (!name.starts_with(prefix)) return {};
  return tenure::detail::parse_whole<std::size_t>(name.substr(prefix.size()));
}

/// The number of columns day_0, day_1, …. @throws FileError where there are too few or one is missing
[[gnu::cold]] inline std::size_t days_of(const std::vector<std::string>& names, std::string_view path) {
  static constexpr std::size_t least = 8;  // seven days to see, and one to learn
  std::size_t days = 0, count = 0;
  for (const std::string& name : names) {
    if (const auto day = day_of_column(name)) days = (std::max)(days, *day + 1), ++count;
  }
  if (days < least) {
    throw FileError(path, "columns day_0 to day_7 at least",
                    count == 0 ? "no column day_0" : "none behind day_" + std::to_string(days - 1));
  }
  for (std::size_t day = 0; day < days; ++day) {
    const std::string name = "day_" + std::to_string(day);
    if (std::ranges::find(names, name) == names.end()) {
      throw FileError(path, {"a column '", name, "'"}, {"columns to day_", days - 1, " without it"});
    }
  }
  return days;
}

/// "2024-01-01~2024-01-07". @throws FileError
[[gnu::cold]] inline void read_week(std::string_view text, const std::string& place, DailyLtvRow& row) {
  const std::size_t tilde = text.find('~');
  try {
    if (tilde == text.npos) throw ValueError("", "", "");
    row.begin = parse_date(tenure::detail::trimmed(text.substr(0, tilde)), "");
    row.end = parse_date(tenure::detail::trimmed(text.substr(tilde + 1)), "");
    if (row.end < row.begin) throw ValueError("", "", "");
  } catch (const ValueError&) {
    throw FileError(place + ", column 'Date'", "a week as 2024-01-01~2024-01-07", {"'", text, "'"});
  }
}

}  // namespace detail

/// @throws FileError that names the file, and line and column where one is at fault
[[gnu::cold]] inline DailyLtvTable read_daily_ltv_table(const std::string& path) {
  const MappedFile file(path);
  const std::vector<std::string> names = csv_names(file.bytes(), path);
  DailyLtvTable table{{}, detail::days_of(names, path), {}};
  std::vector<CsvColumn> columns{{.name = "Date", .type = ColumnType::text, .complete = true}};
  for (std::size_t day = 0; day < table.days; ++day) {
    columns.push_back({.name = "day_" + std::to_string(day), .type = ColumnType::number});
  }
  for (const std::string& name : names) {
    if (name == "Date" || detail::day_of_column(name)) continue;
    table.metadata.push_back(name);
    columns.push_back({.name = name, .type = ColumnType::text});
  }
  CsvTable csv = parse_csv(file.bytes(), path, columns);
  table.rows.resize(csv.rows());
  for (std::size_t r = 0; r < csv.rows(); ++r) {
    DailyLtvRow& row = table.rows[r];
    detail::read_week(csv.column(0).texts[r], path + ": row " + std::to_string(r + 1), row);
    for (std::size_t day = 0; day < table.days; ++day) row.ltv.push_back(csv.column(1 + day).numbers[r]);
    for (std::size_t m = 0; m < table.metadata.size(); ++m) {
      row.metadata.emplace_back(csv.column(1 + table.days + m).texts[r]);
    }
  }
  return table;
}

/// @throws FileError
[[gnu::cold]] inline void write_csv(const DailyLtvTable& table, const std::string& path) {
  CsvWriter csv(path);
  csv.field("Date");
  for (const std::string& name : table.metadata) csv.field(name);
  for (std::size_t day = 0; day < table.days; ++day) csv.field("day_" + std::to_string(day));
  csv.end_row();
  for (const DailyLtvRow& row : table.rows) {
    csv.field(format_date(row.begin) + '~' + format_date(row.end));
    for (const std::string& value : row.metadata) csv.field(value);
    for (std::size_t day = 0; day < table.days; ++day) {
      row.known(day) ? csv.field(std::round(1e6 * row.ltv[day]) / 1e6) : csv.missing();
    }
    csv.end_row();
  }
  csv.commit();
}

}}}  // namespace tenure::TENURE_ABI::clv
