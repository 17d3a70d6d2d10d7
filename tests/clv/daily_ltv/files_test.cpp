#include <doctest/doctest.h>

#include <fstream>
#include <tenure/clv/daily_ltv/baselines.hpp>
#include <tenure/clv/daily_ltv/files.hpp>

#include "../../message.hpp"
#include "../../temporary_directory.hpp"
#include "tables.hpp"

using namespace tenure;
using namespace tenure::clv;
using namespace tenure::test;

namespace {

/// BASE with empty files of these names in Files/.
struct Base {
  TemporaryDirectory directory;
  std::string path = directory / "base";

  explicit Base(const std::vector<std::string>& names) {
    std::filesystem::create_directories(path + "/Files");
    for (const std::string& name : names) std::ofstream(path + "/Files/" + name);
  }
  void write(const std::string& name, const DailyLtvTable& table) const { write_csv(table, path + "/Files/" + name); }
};

std::string text_of(const std::string& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

}  // namespace

TEST_CASE("input files: CSV files with a date in their names, the newest last; predictions are none") {
  const Base base({"b_2024_01_09.csv", "a_2024_01_10_x.csv", "z_2023_12_31.csv", "LTV_predictions_2025_01_01.csv",
                   "x.csv", "2024_13_40.csv", "c_2024_02_01.txt", "99992024_01_08.csv"});
  const std::vector<DailyLtvFile> files = daily_ltv_files(base.path);
  REQUIRE(files.size() == 4);
  CHECK(files[0].path.ends_with("z_2023_12_31.csv"));
  CHECK(files[1].date_text() == "2024_01_08");
  CHECK(files[3].path.ends_with("a_2024_01_10_x.csv"));
}

TEST_CASE("input files: what is missing is said") {
  const Base empty({"x.csv"}), twice({"a_2024_01_09.csv", "b_2024_01_09.csv"});
  check_throws<FileError>([&] { daily_ltv_files(empty.path); }, {"base/Files", "2024_05_19", "none among 1 files"});
  check_throws<FileError>([&] { daily_ltv_files(twice.path); }, {"one file of 2024-01-09", "a_2024", "b_2024"});
  check_throws<FileError>([&] { daily_ltv_files(empty.path + "/no"); },
                          {"no/Files", "a directory of CSV files", "No such file"});
}

TEST_CASE("the newest file is what is predicted; older ones add the weeks that it lacks") {
  const Base base({});
  DailyLtvTable older = ltv_table({growing(0.1, 12, 12), growing(0.2, 12, 12)}), newer = older;
  older.metadata = {"OS"};
  for (DailyLtvRow& row : older.rows) row.metadata = {"iOS"};
  newer.rows.erase(newer.rows.begin());
  newer.metadata = {"Country", "OS"};
  newer.rows[0].metadata = {"DE", "iOS"};
  newer.rows[0].ltv[11] = 99;
  base.write("a_2024_02_01.csv", older);
  base.write("a_2024_02_08.csv", newer);
  const DailyLtvInput input = read_daily_ltv_input(base.path);
  CHECK(input.newest == 1);
  CHECK(input.files == 2);
  CHECK(input.file.date_text() == "2024_02_08");
  REQUIRE(input.table.rows.size() == 2);
  CHECK(input.table.rows[0].ltv[11] == 99);
  CHECK(input.table.rows[1].begin == first_monday);
  CHECK(input.table.rows[1].metadata.size() == 2);
  newer.rows.clear();
  base.write("a_2024_02_09.csv", newer);
  check_throws<FileError>([&] { read_daily_ltv_input(base.path); }, {"a_2024_02_09.csv", "rows", "a header alone"});
}

TEST_CASE("predictions: metadata and P_D7, P_D8, …, with two decimals; nothing for rows that have none") {
  const Base base({});
  make_daily_ltv_directories(base.path);
  DailyLtvTable table = ltv_table({growing(0.1, 12, 12), growing(0.1, 12, 3), growing(0.1, 12, 12)});
  table.metadata = {"Country"};
  for (DailyLtvRow& row : table.rows) row.metadata = {"a,b"};
  const std::vector<double> growth{0.5, 1};
  const DailyLtvForecast forecast = daily_ltv_forecast_by_rule(growth, table);
  const DailyLtvFile file{{}, std::chrono::year{2024} / 5 / 19};
  const std::string predicted = daily_ltv_prediction_path(base.path, 50, file),
                    final = daily_ltv_final_path(base.path, file);
  CHECK(predicted.ends_with("base/Files_Predictions/LTV_predictions_epochs50_2024_05_19.csv"));
  CHECK(final.ends_with("base/Files_Predictions_Final/LTV_predictions_final_2024_05_19.csv"));
  write_csv(forecast, table, 2, predicted);
  CHECK(text_of(predicted) ==
        "Date,Country,P_D7,P_D8\n2024-01-01~2024-01-07,\"a,b\",2.66,5.31\n2024-01-08~2024-01-14,\"a,b\",,\n");
  write_csv(forecast, table, 1, final, 4);
  CHECK(text_of(final) == "Date,Country,P_D7,P_D8\n2024-01-01~2024-01-07,\"a,b\",2.6573,5.3147\n");
}

TEST_CASE("predictions of any size are written whole") {
  const Base base({});
  make_daily_ltv_directories(base.path);
  const DailyLtvTable table = ltv_table({growing(0.1, 12, 12)});
  const std::vector<double> growth{1e200};
  const std::string path = daily_ltv_final_path(base.path, {{}, std::chrono::year{2024} / 5 / 19});
  write_csv(daily_ltv_forecast_by_rule(growth, table), table, 1, path);
  CHECK(text_of(path).size() > 200);
  CHECK(text_of(path).ends_with(".00\n"));
}

TEST_CASE("a BASE that can't be written is an error before anything else is done") {
  const Base base({});
  std::ofstream(base.path + "/Files_Predictions") << "a file";
  check_throws<FileError>([&] { make_daily_ltv_directories(base.path); }, {"Files_Predictions"});
}
