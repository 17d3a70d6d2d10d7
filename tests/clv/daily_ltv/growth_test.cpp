#include <doctest/doctest.h>

#include <tenure/clv/daily_ltv/growth.hpp>

#include "tables.hpp"

using namespace tenure;
using namespace tenure::clv;
using namespace tenure::test;

TEST_CASE("growth by day: mean and deviation over the rows that know it") {
  const auto growth =
      daily_ltv_growth_by_day(ltv_table({growing(0.1, 9, 9), growing(0.3, 9, 4), growing(0.2, 9, 2)}), 30);
  REQUIRE(growth.size() == 8);
  CHECK(growth[0].day == 1);
  CHECK(growth[0].rows == 3);
  CHECK(growth[0].mean == doctest::Approx(0.2));
  CHECK(growth[0].deviation == doctest::Approx(0.1));
  CHECK(growth[1].rows == 2);
  CHECK(growth[7].rows == 1);
  CHECK(growth[7].deviation == 0);
  CHECK(daily_ltv_growth_by_day(ltv_table({growing(0.1, 9, 9)}), 3).size() == 3);
}

TEST_CASE("unusual rows: a jump, a fall and a plateau are named, and nothing else is") {
  std::vector<std::vector<double>> curves(12, growing(0.02, 30, 30));
  for (std::size_t day = 12; day < 30; ++day) curves[3][day] *= 1.5;
  curves[5][20] = 0.9 * curves[5][19];
  for (std::size_t day = 10; day < 30; ++day) curves[7][day] = curves[7][9];
  const DailyLtvTable table = ltv_table(curves);
  const std::vector<UnusualDailyLtv> unusual = unusual_daily_ltv(table, 36);
  std::vector<std::string> texts;
  for (const UnusualDailyLtv& one : unusual) texts.push_back(std::to_string(one.row) + ": " + one.to_string());
  // What comes after the fall is a jump back.
  CHECK(texts == std::vector<std::string>{"3: jump on day 12 (+53 %)", "5: fall on day 20 (-10 %)",
                                          "5: jump on day 21 (+15.6 %)", "7: plateau on days 10 to 16"});
}

TEST_CASE("unusual rows: where all rest for a week, none is unusual") {
  std::vector<std::vector<double>> curves(6, std::vector<double>(20, 3.0));
  CHECK(unusual_daily_ltv(ltv_table(curves), 19).empty());
}
