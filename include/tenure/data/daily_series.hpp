/// Series of a value a day, each a CSV file of its own: a directory of shops, products or cohorts.
///
///   date,value,customers,spend          any further columns of numbers are regressors
///   2010-12-01,12.5,885,40
///
///   const DailySeriesSet set = read_daily_series("cohorts");
#pragma once

#include <span>

#include "../core/text.hpp"
#include "calendar.hpp"
#include "csv/files.hpp"
#include "csv/table.hpp"

namespace tenure { inline namespace TENURE_ABI {

/// What to read of the files.
struct DailySeriesOptions {
  std::string date = "date";                        ///< the column of dates
  std::string value = "value";                      ///< that of what is to be forecast
  std::vector<std::string> ignored = {};            ///< columns that are no regressors
  GapFill gaps = GapFill::zero;                     ///< of values; regressors go on as they were
  std::optional<std::chrono::sys_days> until = {};  ///< days from this on are left out: one that is not over
  CsvOptions csv = {};
};

/// One file.
struct DailySeries {
  std::string name;  ///< the file's, without .csv
  std::string path;
  std::vector<std::chrono::sys_days> dates;  ///< every day from the first to the last
  std::vector<double> value;
  Tensor<double> regressors;  ///< (days, regressors); empty where there are none
  Index filled = 0;           ///< days that the file lacks

  Index days() const noexcept { return static_cast<Index>(dates.size()); }
};

/// Files of the same columns.
struct DailySeriesSet {
  std::vector<std::string> regressors;  ///< in ascending order
  std::vector<DailySeries> series;      ///< in natural order of the files' names

  Index filled() const noexcept {
    Index days = 0;
    for (const DailySeries& one : series) days += one.filled;
    return days;
  }
};

namespace detail {

/// The columns that are left for regressors.
[[gnu::cold]] inline std::vector<std::string> regressors_of(const std::vector<std::string>& header,
                                                            const DailySeriesOptions& options) {
  std::vector<std::string> names;
  for (const std::string& name : header) {
    const bool other = name != options.date && name != options.value;
    if (other && std::ranges::find(options.ignored, name) == options.ignored.end()) names.push_back(name);
  }
  std::ranges::sort(names);
  return names;
}

/// The days of a file's rows. @throws FileError unless they rise, each once
[[gnu::cold]] inline std::vector<std::chrono::sys_days> rising_days(std::span<const std::int64_t> times,
                                                                    const std::string& path) {
  std::vector<std::chrono::sys_days> days;
  for (const std::int64_t time : times) {
    const std::chrono::sys_days day = day_of(time);
    if (!days.empty() && day <= days.back()) {
      throw FileError(path, "dates that rise from row to row, each once",
                      {format_date(day), " after ", format_date(days.back()), " in row ", days.size() + 1});
    }
    days.push_back(day);
  }
  if (days.empty()) throw FileError(path, "rows", "a header alone");
  return days;
}

/// Reads a file that has these regressors, in any order.
[[gnu::cold]] inline DailySeries read_daily_series(const MappedFile& file, const std::vector<std::string>& regressors,
                                                   const DailySeriesOptions& options) {
  std::vector<CsvColumn> columns = {{options.date, ColumnType::time, false, true},
                                    {options.value, ColumnType::number, false, true}};
  for (const std::string& name : regressors) columns.push_back({name, ColumnType::number, false, true});
  CsvTable table = parse_csv(file.bytes(), file.path(), columns, options.csv);
  std::vector<std::chrono::sys_days> days = rising_days(table.column(0).integers, file.path());
  if (options.until) days.erase(std::ranges::lower_bound(days, *options.until), days.end());
  if (days.empty()) throw FileError(file.path(), {"rows before ", format_date(*options.until)}, "none");
  const auto rows = static_cast<Index>(days.size()), width = static_cast<Index>(regressors.size());
  const std::vector<double>& values = table.column(1).numbers;
  const Tensor<double> value({rows, 1}, std::span(values).first(days.size()));
  const auto filled = fill_gaps(std::span(days), value, {.fill = options.gaps});
  DailySeries series{.name = std::filesystem::path(file.path()).stem().string(),
                     .path = file.path(),
                     .dates = filled.dates,
                     .value = {filled.values.begin(), filled.values.end()},
                     .regressors = {},
                     .filled = filled.filled};
  if (width == 0) return series;
  Tensor<double> others({rows, width});
  for (Index r = 0; r < width; ++r) {
    const std::vector<double>& numbers = table.column(static_cast<std::size_t>(r + 2)).numbers;
    for (Index row = 0; row < rows; ++row) others(row, r) = numbers[static_cast<std::size_t>(row)];
  }
  series.regressors = fill_gaps(std::span(days), others, {.fill = GapFill::previous}).values;
  return series;
}

}  // namespace detail

/// Reads all CSV files of a directory, or one file. Gaps between dates are filled and counted.
/// @throws FileError that names the file: columns other than the first file's, dates that do not rise, values that are
/// missing or no numbers, a directory without CSV files
[[gnu::cold]] inline DailySeriesSet read_daily_series(const std::string& path, const DailySeriesOptions& options = {}) {
  DailySeriesSet set;
  std::vector<std::string> expected;
  std::string first;
  for (const std::string& name : csv_files(path)) {
    const MappedFile file(name);
    const std::vector<std::string> header = csv_names(file.bytes(), name, options.csv);
    std::vector<std::string> sorted = header;
    std::ranges::sort(sorted);
    if (first.empty()) {
      first = name;
      expected = sorted;
      set.regressors = detail::regressors_of(header, options);
    } else if (sorted != expected) {
      throw FileError(name, {"the columns of ", first, ", ", text::joined(expected)}, text::joined(sorted));
    }
    set.series.push_back(detail::read_daily_series(file, set.regressors, options));
  }
  return set;
}

}}  // namespace tenure::TENURE_ABI
