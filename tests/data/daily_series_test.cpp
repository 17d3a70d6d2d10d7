#include "tenure/data/daily_series.hpp"

#include "../message.hpp"
#include "../temporary_directory.hpp"

using namespace tenure;
using test::check_throws;

namespace {

struct Files : test::TemporaryDirectory {
  void write(const std::string& name, const std::string& text) const { test::write_text(*this / name, text); }
  DailySeriesSet read(const DailySeriesOptions& options = {}) const {
    return read_daily_series(path().string(), options);
  }
};

}  // namespace

TEST_CASE("daily series: files in natural order, columns in any, gaps filled and counted") {
  const Files files;
  files.write("shop10.csv", "date,value,spend\n2011-01-01,1,5\n2011-01-02,2,6\n");
  files.write("shop9.csv", "spend,date,value\n7,2010-12-30,1\n8,2011-01-02,-4.5\n");
  const DailySeriesSet set = files.read();
  CHECK(set.regressors == std::vector<std::string>{"spend"});
  REQUIRE(set.series.size() == 2);
  const DailySeries& nine = set.series[0];
  CHECK(nine.name == "shop9");
  CHECK(nine.path == files / "shop9.csv");
  CHECK(nine.value == std::vector<double>{1, 0, 0, -4.5});
  CHECK(nine.days() == 4);
  CHECK(format_date(nine.dates[1]) == "2010-12-31");
  CHECK(std::vector<double>(nine.regressors.begin(), nine.regressors.end()) == std::vector<double>{7, 7, 7, 8});
  CHECK(nine.filled == 2);
  CHECK(set.series[1].filled == 0);
  CHECK(set.filled() == 2);
  CHECK(files.read({.gaps = GapFill::previous}).series[0].value == std::vector<double>{1, 1, 1, -4.5});
}

TEST_CASE("daily series: names of columns, and columns that are ignored") {
  const Files files;
  files.write("a.csv", "day;sales;note\n31.12.2010;1;x\n01.01.2011;2;y\n");
  const DailySeriesSet set = files.read(
      {.date = "day", .value = "sales", .ignored = {"note"}, .csv = {.delimiter = ';', .dates = DateOrder::day_first}});
  CHECK(set.regressors.empty());
  CHECK(set.series[0].regressors.empty());
  CHECK(set.series[0].value == std::vector<double>{1, 2});
}

TEST_CASE("daily series: days from a date on are left out") {
  const Files files;
  files.write("a.csv", "date,value,spend\n2011-12-07,1,5\n2011-12-08,2,6\n2011-12-09,168469,7\n");
  const DailySeriesSet set = files.read({.until = parse_date("2011-12-09", "date")});
  CHECK(set.series[0].value == std::vector<double>{1, 2});
  CHECK(set.series[0].regressors.shape() == Shape{2, 1});
  check_throws<FileError>([&] { files.read({.until = parse_date("2011-12-07", "date")}); },
                          {"a.csv", "rows before 2011-12-07, got none"});
}

TEST_CASE("daily series: what is wrong is named with the file") {
  const Files files;
  const auto refused = [&](const std::string& text, const std::vector<std::string>& parts) {
    files.write("b.csv", text);
    std::vector<std::string> with_file = parts;
    with_file.push_back(files / "b.csv");
    check_throws<FileError>([&] { files.read(); }, with_file);
  };
  files.write("a.csv", "date,value\n2011-01-01,1\n");
  refused("date,value,spend\n2011-01-01,1,2\n", {"the columns of " + files / "a.csv", "date, spend, value"});
  refused("day,value\n2011-01-01,1\n", {"expected the columns of", "date, value", "got day, value"});
  refused("date,value\n2011-01-02,1\n2011-01-01,2\n", {"dates that rise", "2011-01-01 after 2011-01-02 in row 2"});
  refused("date,value\n2011-01-01,1\n2011-01-02,2\n2011-01-02,3\n",
          {"each once", "2011-01-02 after 2011-01-02 in row 3"});
  refused("date,value\n2011-01-01,1\n2011-01-02,NaN\n", {"line 3, column 'value'", "a number, got 'NaN'"});
  refused("date,value\n2011-01-01,\n", {"line 2, column 'value'", "a number, got nothing"});
  refused("date,value\n2011-01-01,inf\n", {"line 2, column 'value'", "got 'inf'"});
  refused("date,value\n2011-02-30,1\n", {"line 2, column 'date'", "'2011-02-30'"});
  refused("date,value\n,1\n", {"line 2, column 'date'", "got nothing"});
  refused("date,value\n", {"rows, got a header alone"});
  refused("", {"an empty file"});
  files.write("a.csv", "date,amount\n2011-01-01,1\n");
  check_throws<FileError>([&] { files.read(); }, {files / "a.csv", "a column 'value'", "'date', 'amount'"});
}
