/// The daily LTV model's directory, laid out as published:
///
///   BASE/Files/…2024_05_19….csv                                       tables, the newest of which is predicted
///   BASE/Files_Predictions/LTV_predictions_epochs50_2024_05_19.csv    P_D7, P_D8, … as the model has them
///   BASE/Files_Predictions_Final/LTV_predictions_final_2024_05_19.csv after the correction
#pragma once

#include <filesystem>

#include "../../core/text.hpp"
#include "forecast.hpp"

namespace tenure { inline namespace TENURE_ABI { namespace clv {

/// A CSV file of cohorts by day, whose name has a date.
struct DailyLtvFile {
  std::string path;
  std::chrono::sys_days date;  // in its name

  /// "2024_05_19"
  std::string date_text() const { return underscored_date(date); }
};

namespace detail {

inline constexpr const char* daily_ltv_input = "Files";
inline constexpr const char* daily_ltv_predictions = "Files_Predictions";
inline constexpr const char* daily_ltv_final = "Files_Predictions_Final";

/// The first date written as 2024_05_19 in a name.
[[gnu::cold]] inline std::optional<std::chrono::sys_days> date_in_name(std::string_view name) {
  static constexpr std::string_view form = "dddd_dd_dd";
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  for (std::size_t begin = 0; begin + form.size() <= name.size(); ++begin) {
    const std::string_view part = name.substr(begin, form.size());
    const auto matches = [&](char c, char f) { return f == 'd' ? is_digit(c) : c == f; };
    if (!std::equal(part.begin(), part.end(), form.begin(), matches)) continue;
    const auto number = [&](std::size_t first, std::size_t count) {
      return *tenure::detail::parse_whole<int>(part.substr(first, count));
    };
    if (const auto date = tenure::detail::date_of(number(0, 4), number(5, 2), number(8, 2))) return date;
  }
  return {};
}

}  // namespace detail

/// The tables of BASE/Files in the order of their dates. @throws FileError where there are none, or two of one date
[[gnu::cold]] inline std::vector<DailyLtvFile> daily_ltv_files(const std::string& base) {
  namespace fs = std::filesystem;
  const fs::path directory = fs::path(base) / detail::daily_ltv_input;
  std::error_code error;
  std::vector<DailyLtvFile> files;
  std::size_t others = 0;
  for (fs::directory_iterator entry(directory, error), end; !error && entry != end; entry.increment(error)) {
    const std::string name = entry->path().filename().string();
    const auto date = detail::date_in_name(name);
    const bool wanted = name.ends_with(".csv") && !name.starts_with("LTV_predictions_") && date;
    wanted ? files.push_back({entry->path().string(), *date}) : void(++others);
  }
  if (error) throw FileError(directory.string(), "a directory of CSV files", error.message());
  if (files.empty()) {
    throw FileError(directory.string(), "a CSV file whose name has a date as 2024_05_19 in it",
                    {"none among ", others, " files"});
  }
  std::ranges::sort(files, {}, [](const DailyLtvFile& file) { return std::pair(file.date, file.path); });
  for (std::size_t i = 1; i < files.size(); ++i) {
    if (files[i].date != files[i - 1].date) continue;
    throw FileError(directory.string(), {"one file of ", format_date(files[i].date)},
                    {files[i - 1].path, " and ", files[i].path});
  }
  return files;
}

/// The newest file's rows, which are to be predicted, and behind them those of weeks that older files alone have.
struct DailyLtvInput {
  DailyLtvTable table;
  std::size_t newest = 0;  ///< number of rows of the newest file
  DailyLtvFile file;       ///< the newest
  std::size_t files = 0;
};

/// @throws FileError, also where the newest file has no rows
[[gnu::cold]] inline DailyLtvInput read_daily_ltv_input(const std::string& base) {
  const std::vector<DailyLtvFile> files = daily_ltv_files(base);
  DailyLtvInput input{read_daily_ltv_table(files.back().path), 0, files.back(), files.size()};
  input.newest = input.table.rows.size();
  if (input.newest == 0) throw FileError(input.file.path, "rows", "a header alone");
  const auto has_week = [&](std::chrono::sys_days week) {
    return std::ranges::any_of(input.table.rows, [&](const DailyLtvRow& row) { return row.begin == week; });
  };
  for (std::size_t f = files.size() - 1; f-- > 0;) {
    DailyLtvTable older = read_daily_ltv_table(files[f].path);
    std::erase_if(older.rows, [&](const DailyLtvRow& row) { return has_week(row.begin); });
    for (DailyLtvRow& row : older.rows) {
      row.metadata.assign(input.table.metadata.size(), "");
      row.ltv.resize(input.table.days, missing_value);
      input.table.rows.push_back(std::move(row));
    }
  }
  return input;
}

/// Makes the directories for predictions where there are none, and sees to it that files can be written there.
/// @throws FileError
[[gnu::cold]] inline void make_daily_ltv_directories(const std::string& base) {
  for (const char* name : {detail::daily_ltv_predictions, detail::daily_ltv_final}) {
    const std::filesystem::path path = std::filesystem::path(base) / name;
    std::error_code error;
    std::filesystem::create_directories(path, error);
    if (error) throw FileError(path.string(), "to be able to make the directory", error.message());
    OutputFile((path / "writable").string());
  }
}

/// Where the predictions for a file go, and below, where the corrected ones do.
[[gnu::cold]] inline std::string daily_ltv_prediction_path(const std::string& base, Index epochs,
                                                           const DailyLtvFile& file) {
  return (std::filesystem::path(base) / detail::daily_ltv_predictions /
          ("LTV_predictions_epochs" + std::to_string(epochs) + "_" + file.date_text() + ".csv"))
      .string();
}
/// BASE/Files_Predictions_Final/LTV_predictions_final_DATE.csv
[[gnu::cold]] inline std::string daily_ltv_final_path(const std::string& base, const DailyLtvFile& file) {
  return (std::filesystem::path(base) / detail::daily_ltv_final /
          ("LTV_predictions_final_" + file.date_text() + ".csv"))
      .string();
}

/// Date, the metadata, P_D7, P_D8, …, of the first `rows` rows; empty for those that could not be predicted.
/// @throws FileError
[[gnu::cold]] inline void write_csv(const DailyLtvForecast& forecast, const DailyLtvTable& table, std::size_t rows,
                                    const std::string& path, int decimals = 2) {
  CsvWriter csv(path);
  csv.field("Date");
  for (const std::string& name : table.metadata) csv.field(name);
  for (std::size_t day = daily_ltv_days_seen; day < forecast.end(); ++day) csv.field("P_D" + std::to_string(day));
  csv.end_row();
  for (std::size_t r = 0; r < rows; ++r) {
    csv.field(format_date(table.rows[r].begin) + '~' + format_date(table.rows[r].end));
    for (const std::string& value : table.rows[r].metadata) csv.field(value);
    for (std::size_t day = daily_ltv_days_seen; day < forecast.end(); ++day) {
      forecast.has(r) ? csv.field(text::formatted("%.*f", decimals, forecast.at(r, day))) : csv.missing();
    }
    csv.end_row();
  }
  csv.commit();
}

}}}  // namespace tenure::TENURE_ABI::clv
