#include <doctest/doctest.h>

#include <tenure/data/dates.hpp>

#include "../message.hpp"

using namespace tenure;
using namespace std::chrono_literals;

namespace {

std::string read(std::string_view text, DateOrder order = DateOrder::month_first) {
  const auto time = parse_time(text, order);
  return time ? format_time(*time) : "nothing";
}

constexpr std::chrono::sys_days day(int year, unsigned month, unsigned of_month) {
  return std::chrono::year{year} / std::chrono::month{month} / std::chrono::day{of_month};
}

}  // namespace

TEST_CASE("dates are read in every form that the documentation names") {
  CHECK(read("12/1/2010 8:26") == "2010-12-01 08:26:00");
  CHECK(read("12/31/2011") == "2011-12-31 00:00:00");
  CHECK(read("02/03/2011 08:26:59") == "2011-02-03 08:26:59");
  CHECK(read("12.1.2010 8:26") == "2010-12-01 08:26:00");
  CHECK(read("12-1-2010") == "2010-12-01 00:00:00");
  CHECK(read("31/12/2011 23:59", DateOrder::day_first) == "2011-12-31 23:59:00");
  CHECK(read("31.12.2011", DateOrder::day_first) == "2011-12-31 00:00:00");
  CHECK(read("2011-12-09", DateOrder::day_first) == "2011-12-09 00:00:00");
  CHECK(read("2011-12-09T08:26") == "2011-12-09 08:26:00");
  CHECK(read("2011-12-09 08:26:30.123456789") == "2011-12-09 08:26:30");
  CHECK(read("2011/12/9 8:26") == "2011-12-09 08:26:00");
  CHECK(read("20111209") == "2011-12-09 00:00:00");
  CHECK(read("20111209T08:26") == "2011-12-09 08:26:00");
  CHECK(read("2012-02-29") == "2012-02-29 00:00:00");
  CHECK(read("0001-01-01") == "0001-01-01 00:00:00");
  CHECK(read("9999-12-31 23:59:59") == "9999-12-31 23:59:59");
}

TEST_CASE("an offset is checked and leaves the time on the wall alone") {
  for (const char* zone : {"Z", "+01:00", "-0530", "+14"}) {
    CHECK(read("2011-12-09T08:26:30" + std::string(zone)) == "2011-12-09 08:26:30");
  }
  for (const char* zone : {"z", "+1", "+24:00", "+01:60", "+01:", "+01:00Z", "+123", "+12345", " UTC"}) {
    CHECK(read("2011-12-09T08:26:30" + std::string(zone)) == "nothing");
  }
}

TEST_CASE("what is no date, or one that does not exist, is refused") {
  for (const char* text : {"",
                           " ",
                           "x",
                           "1",
                           "2011",
                           "2011-12",
                           "2011-12-",
                           "12/1",
                           "12/1/",
                           "12/1/10",
                           "12/1/20100",
                           "012/1/2010",
                           "12/001/2010",
                           "13/1/2010",
                           "0/1/2010",
                           "1/0/2010",
                           "2/29/2011",
                           "2/30/2012",
                           "4/31/2011",
                           "2011-02-29",
                           "2011-13-01",
                           "0000-01-01",
                           "2011/12-09",
                           "12/1-2010",
                           "201112090",
                           "2011129",
                           "20111301",
                           "-2011-12-09",
                           "+1/1/2011",
                           "1/1/2011 ",
                           " 1/1/2011",
                           "1/1/2011 8",
                           "1/1/2011 8:",
                           "1/1/2011 8:2",
                           "1/1/2011 24:00",
                           "1/1/2011 23:60",
                           "1/1/2011 23:59:60",
                           "1/1/2011 8:26:",
                           "1/1/2011 8:26.5",
                           "1/1/2011 8:26:30.",
                           "1/1/2011 8:26:30.1234567890",
                           "1/1/2011 8:26 AM",
                           "1/1/2011  8:26",
                           "1/1/2011x",
                           "1/1/2011 08:026"}) {
    INFO(text);
    CHECK(read(text) == "nothing");
  }
  CHECK(read("12/31/2011", DateOrder::day_first) == "nothing");
  CHECK(read(std::string_view("1/1/2011\0", 9)) == "nothing");
}

TEST_CASE("every day of five centuries comes back from its text") {
  for (std::chrono::sys_days at = day(1890, 1, 1); at < day(2390, 1, 1); at += std::chrono::days{1}) {
    const std::int64_t time = time_of(at) + 8 * 3600 + 5 * 60;
    if (parse_time(format_time(time)) != time || parse_time(format_time_of_online_retail(time)) != time ||
        parse_date(format_date(at), "test") != at || day_of(time) != at) {
      FAIL(format_time(time));
    }
  }
  CHECK(format_time_of_online_retail(*parse_time("2010-12-01 08:06:59")) == "12/1/2010 8:06");
}

TEST_CASE("times before 1970 belong to the day that they lie in") {
  CHECK(day_of(-1) == day(1969, 12, 31));
  CHECK(day_of(0) == day(1970, 1, 1));
  CHECK(format_time(-1) == "1969-12-31 23:59:59");
}

TEST_CASE("months are counted, begun and added by the calendar") {
  CHECK(month_index(day(1970, 1, 31)) == 0);
  CHECK(month_index(day(1969, 12, 31)) == -1);
  CHECK(month_index(day(2011, 12, 9)) == 503);
  for (const int index : {-13, -1, 0, 1, 11, 12, 503}) CHECK(month_index(month_start(index)) == index);
  CHECK(month_start(503) == day(2011, 12, 1));
  CHECK(add_months(day(2011, 1, 31), 1) == day(2011, 2, 28));
  CHECK(add_months(day(2012, 1, 31), 1) == day(2012, 2, 29));
  CHECK(add_months(day(2011, 3, 31), -1) == day(2011, 2, 28));
  CHECK(add_months(day(2011, 11, 15), 14) == day(2013, 1, 15));
  CHECK(weekday(day(2011, 12, 5)) == 0);
  CHECK(weekday(day(2011, 12, 11)) == 6);
}

TEST_CASE("a date on a command line is read or refused by the option's name") {
  CHECK(parse_date("2011-12-09", "--cutoff") == day(2011, 12, 9));
  CHECK(parse_date("9/12/2011", "--cutoff", DateOrder::day_first) == day(2011, 12, 9));
  test::check_throws<ValueError>([] { parse_date("2011-12-09 08:26", "--cutoff"); },
                                 {"--cutoff: expected a date", "'2011-12-09 08:26'"});
}
