#include <doctest/doctest.h>

#include <tenure/clv/daily_ltv/baselines.hpp>

#include "tables.hpp"

using namespace tenure;
using namespace tenure::clv;
using namespace tenure::test;

TEST_CASE("rules: the last value, the mean growth, and the mean growth of each day") {
  std::vector<double> jump = growing(0, 12, 10);
  jump[8] = jump[9] = 2;
  const DailyLtvTable table = ltv_table({growing(0.1, 12, 9), jump});
  CHECK(growth_by_rule(DailyLtvRule::flat, table, 4, all_rows) == std::vector<double>(4, 0.0));
  const std::vector<double> by_day = growth_by_rule(DailyLtvRule::by_day, table, 4, all_rows);
  const double mean = (0.1 + 0.1 + 0 + 1 + 0) / 5;
  for (std::size_t i = 0; i < 4; ++i) CHECK(by_day[i] == doctest::Approx(std::array{0.05, 0.55, 0., mean}[i]));
  CHECK(growth_by_rule(DailyLtvRule::constant, table, 4, all_rows)[3] == doctest::Approx(mean));
  CHECK(growth_by_rule(DailyLtvRule::constant, table, 4, [](std::size_t r) { return r == 0; })[0] ==
        doctest::Approx(0.1));
  CHECK(growth_by_rule(DailyLtvRule::constant, table, 4, [](std::size_t) { return false; })[0] == 0);
  const DailyLtvForecast forecast = daily_ltv_forecast_by_rule(by_day, table);
  CHECK(forecast.at(1, 7) == doctest::Approx(1.05));
  CHECK(forecast.at(1, 10) == doctest::Approx(1.05 * 1.55 * (1 + mean)));
}
