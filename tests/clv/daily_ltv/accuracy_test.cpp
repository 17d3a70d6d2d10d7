#include <doctest/doctest.h>

#include <tenure/clv/daily_ltv/accuracy.hpp>

#include "../../message.hpp"
#include "tables.hpp"

using namespace tenure;
using namespace tenure::clv;
using namespace tenure::test;

namespace {

DailyLtvForecast forecast_of(const std::vector<std::vector<double>>& rows) {
  DailyLtvForecast forecast{Tensor<double>({static_cast<Index>(rows.size()), static_cast<Index>(rows[0].size())})};
  for (std::size_t r = 0; r < rows.size(); ++r) {
    for (std::size_t i = 0; i < rows[r].size(); ++i) forecast.at(r, 7 + i) = rows[r][i];
  }
  return forecast;
}

/// Seven days of 1, then these.
std::vector<double> after_a_week(std::vector<double> values) {
  values.insert(values.begin(), 7, 1.0);
  return values;
}

}  // namespace

TEST_CASE("accuracy: mean and range of 1 - |actual - predicted| / actual over what is known and above 0") {
  const DailyLtvTable table = ltv_table({after_a_week({2, 4, 0}), after_a_week({1, missing_value, -1})});
  const DailyLtvForecast forecast = forecast_of({{1, 5, 1}, {4, 1, 1}});
  const DailyLtvAccuracy all = daily_ltv_accuracy(table, forecast, 7, 9, all_rows);
  CHECK(all.count == 3);
  CHECK(all.mean == doctest::Approx((0.5 + 0.75 - 2) / 3));
  CHECK(all.low == -2);
  CHECK(all.high == 0.75);
  CHECK(daily_ltv_accuracy(table, forecast, 7, 100, [](std::size_t r) { return r == 0; }).mean ==
        doctest::Approx(0.625));
  const DailyLtvAccuracy none = daily_ltv_accuracy(table, forecast, 9, 9, all_rows);
  CHECK(none.count == 0);
  CHECK(is_nan(none.mean));
}

TEST_CASE("the correction: a day's mean of relative errors; 1 where nothing is known") {
  const DailyLtvTable table = ltv_table(
      {after_a_week({2, 4, missing_value}), after_a_week({3, missing_value, missing_value}), growing(0.1, 10, 5)});
  const DailyLtvForecast forecast = forecast_of({{1, 5, 1}, {2, 7, 1}, {missing_value, missing_value, missing_value}});
  const std::vector<double> factors = daily_ltv_correction(table, forecast, all_rows);
  REQUIRE(factors.size() == 3);
  CHECK(factors[0] == doctest::Approx(1 + (1 + 0.5) / 2));
  CHECK(factors[1] == doctest::Approx(0.8));
  CHECK(factors[2] == 1);
  CHECK(daily_ltv_correction(table, forecast, [](std::size_t r) { return r == 1; })[0] == doctest::Approx(1.5));
  const DailyLtvForecast final = corrected(forecast, factors);
  CHECK(final.at(1, 7) == doctest::Approx(3.5));
  CHECK(final.at(1, 8) == doctest::Approx(5.6));
  CHECK(!final.has(2));
}

TEST_CASE("days are compared as numbers: the correction of day 10 is not that of day 9") {
  const DailyLtvTable table = ltv_table({after_a_week({1, 1, 1, 3, missing_value})});
  const std::vector<double> factors = daily_ltv_correction(table, forecast_of({{1, 1, 1, 2, 2}}), all_rows);
  CHECK(factors[2] == 1);                     // day 9
  CHECK(factors[3] == doctest::Approx(1.5));  // day 10
  CHECK(factors[4] == 1);                     // not known yet
}

TEST_CASE("the later half begins with the middle of the weeks that there are, however many rows they have") {
  DailyLtvTable table = ltv_table({growing(0.1, 8, 8), growing(0.1, 8, 8), growing(0.1, 8, 8)});
  for (int i = 0; i < 5; ++i) table.rows.push_back(table.rows[0]);
  CHECK(later_half(table) == table.rows[1].begin);
  check_throws<ValueError>([] { later_half(ltv_table({growing(0.1, 8, 8)})); }, {"at least two weeks", "got 1"});
}

TEST_CASE("the earlier half has the rows of the weeks before the later half's first") {
  DailyLtvTable table = ltv_table({growing(0.1, 8, 8), growing(0.1, 8, 8), growing(0.1, 8, 8), growing(0.1, 8, 8)});
  const DailyLtvTable half = earlier_half(table);
  CHECK(half.rows.size() == 2);
  CHECK(half.days == 8);
  CHECK(half.rows.back().begin < later_half(table));
}
