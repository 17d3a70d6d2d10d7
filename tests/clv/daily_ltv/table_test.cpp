#include <doctest/doctest.h>

#include <fstream>
#include <tenure/clv/daily_ltv/table.hpp>

#include "../../message.hpp"
#include "../../temporary_directory.hpp"

using namespace tenure;
using namespace tenure::clv;
using tenure::test::check_throws;

namespace {

struct File {
  test::TemporaryDirectory directory;
  std::string path = directory / "ltv.csv";

  explicit File(const std::string& text) { std::ofstream(path) << text; }
  DailyLtvTable read() const { return read_daily_ltv_table(path); }
  void fails(const std::vector<std::string>& parts) const {
    check_throws<FileError>([&] { read(); }, parts);
  }
};

const std::string days = "day_0,day_1,day_2,day_3,day_4,day_5,day_6,day_7";

}  // namespace

TEST_CASE("a table of weeks: days where they stand, empty ones unknown, all other columns carried through") {
  const File file("OS,day_7,Date," + days.substr(0, days.size() - 6) +
                  ",Country\n\"i,OS\",,2024-01-01~2024-01-07,1,2,3,4,3.5,6,7,DE\n"
                  ",8,2024-01-08 ~ 2024-01-14,1,,3,4,5,6,7,\n");
  const DailyLtvTable table = file.read();
  CHECK(table.days == 8);
  CHECK(table.metadata == std::vector<std::string>{"OS", "Country"});
  REQUIRE(table.rows.size() == 2);
  CHECK(table.name(0) == "2024-01-01~2024-01-07 i,OS DE");
  CHECK(table.rows[1].metadata == std::vector<std::string>{"", ""});
  CHECK(format_date(table.rows[1].end) == "2024-01-14");
  CHECK(table.rows[0].ltv[4] == 3.5);
  CHECK(!table.rows[0].known(7));
  CHECK(!table.rows[1].known(1));
  CHECK(table.rows[1].ltv[7] == 8);
  CHECK(table.rows[0].usable(0, 7));
  CHECK(!table.rows[1].usable(0, 7));
  CHECK(falls(table) == 1);
  CHECK(table.column("Country") == 1);
  check_throws<ValueError>([&] { table.column("Spend"); }, {"OS, Country", "'Spend'"});
}

TEST_CASE("a table of weeks is what it was after it was written and read") {
  const File file("Date,Country," + days + "\n2024-01-01~2024-01-07,DE,1,2,3,4,3.5,6,7.25,\n");
  const DailyLtvTable table = file.read();
  write_csv(table, file.path);
  const DailyLtvTable again = file.read();
  CHECK(again.name(0) == table.name(0));
  CHECK(again.days == 8);
  for (std::size_t day = 0; day < 7; ++day) CHECK(again.rows[0].ltv[day] == table.rows[0].ltv[day]);
  CHECK(!again.rows[0].known(7));
}

TEST_CASE("what is wrong with a table of weeks is said with the place") {
  File("Date,LTV\n2024-01-01~2024-01-07,1\n").fails({"ltv.csv", "day_0 to day_7", "no column day_0"});
  File("Date,day_0,day_1\n2024-01-01~2024-01-07,1,2\n").fails({"day_0 to day_7", "none behind day_1"});
  File("Date," + days + ",day_9\n").fails({"a column 'day_8'", "day_9"});
  File("Week," + days + "\n").fails({"a column 'Date'"});
  File("Date," + days + "\n2024-01-01~2024-01-07,1,2,x,4,5,6,7,8\n")
      .fails({"line 2, column 'day_2'", "a number", "'x'"});
  for (const char* week : {"2024-01-01", "2024-01-07~2024-01-01", "2024-01-01~2024-02-30", "~"}) {
    File("Date," + days + "\n" + week + ",1,2,3,4,5,6,7,8\n")
        .fails({"row 1, column 'Date'", "2024-01-01~2024-01-07", week});
  }
  File("Date," + days + "\n2024-01-01~2024-01-07,1,2\n").fails({"line 2", "9 fields"});
  File("").fails({"an empty file"});
}

TEST_CASE("known_by: a day is known when the week's last users reached it") {
  DailyLtvTable table{{}, 4, {}};
  const std::chrono::sys_days monday = std::chrono::year{2024} / 1 / 1;
  for (int week = 0; week < 3; ++week) {
    const auto begin = monday + std::chrono::days{7 * week};
    table.rows.push_back({begin, begin + std::chrono::days{6}, {}, {1, 2, 3, 4}});
  }
  const DailyLtvTable known = known_by(table, monday + std::chrono::days{15});  // Tuesday of the third week
  REQUIRE(known.rows.size() == 2);
  CHECK(known.rows[0].known(3));
  CHECK(known.rows[1].known(2));
  CHECK(!known.rows[1].known(3));
}
