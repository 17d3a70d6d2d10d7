#include "tenure/data/calendar.hpp"

#include "../close.hpp"
#include "../message.hpp"
#include "golden.hpp"

using namespace tenure;
using namespace std::chrono;

namespace {

std::vector<sys_days> golden_dates() {
  std::vector<sys_days> dates;
  for (const int day : golden::gap_days) dates.push_back(sys_days{days{day}});
  return dates;
}

}  // namespace

TEST_CASE("calendar features are points on circles and flags, in the order of their names") {
  // A Monday, a Sunday, a leap year's last day
  const std::vector<sys_days> dates{2011y / January / 3, 2011y / November / 20, 2012y / December / 31};
  const Tensor<double> x = calendar_features<double>(dates);
  CHECK(calendar_names() == std::vector<std::string>{"weekday_sin", "weekday_cos", "month_sin", "month_cos",
                                                     "day_of_year_sin", "day_of_year_cos", "season_0"});
  const double turn = 2 * std::numbers::pi;
  CHECK(x.shape() == Shape{3, 7});
  test::check_close(x.view().span(), std::vector{std::sin(turn / 7),
                                                 std::cos(turn / 7),
                                                 std::sin(turn / 12),
                                                 std::cos(turn / 12),
                                                 std::sin(turn * 3 / 365),
                                                 std::cos(turn * 3 / 365),
                                                 0.0,  //
                                                 0.0,
                                                 1.0,
                                                 std::sin(turn * 11 / 12),
                                                 std::cos(turn * 11 / 12),
                                                 std::sin(turn * 324 / 365),  //
                                                 std::cos(turn * 324 / 365),
                                                 1.0,  //
                                                 std::sin(turn / 7),
                                                 std::cos(turn / 7),
                                                 0.0,
                                                 1.0,
                                                 0.0,
                                                 1.0,
                                                 1.0});
}

TEST_CASE("seasons are configurable and may go over the new year") {
  const Season winter{December / 20, January / 6};
  CHECK(winter.contains(December / 20));
  CHECK(winter.contains(January / 6));
  CHECK(!winter.contains(January / 7));
  CHECK(!winter.contains(July / 1));
  const CalendarConfig config{
      .weekday = false, .month = false, .day_of_year = false, .seasons = {winter, {February / 29, February / 29}}};
  CHECK(calendar_names(config) == std::vector<std::string>{"season_0", "season_1"});
  const std::vector<sys_days> dates{2012y / January / 1, 2012y / February / 29};
  const Tensor<float> x = calendar_features<float>(dates, config);
  CHECK(std::vector<float>(x.begin(), x.end()) == std::vector<float>{1, 0, 0, 1});
}

TEST_CASE("gaps in dates are filled as by pandas's asfreq, and counted") {
  const std::vector<sys_days> dates = golden_dates();
  const Tensor<double> values({5, 1}, golden::gap_values);
  for (const auto& [fill, expected] :
       {std::pair(GapFill::zero, &golden::gaps_zero), std::pair(GapFill::previous, &golden::gaps_previous),
        std::pair(GapFill::missing, &golden::gaps_missing)}) {
    const auto series = fill_gaps(dates, values, {.fill = fill});
    CHECK(series.filled == 5);
    CHECK(series.dates.size() == 10);
    CHECK(series.dates.back() == dates.back());
    test::check_close(series.values.view().span(), *expected, 0);
  }
}

TEST_CASE("weekly series are filled by weeks, all columns alike") {
  const std::vector<sys_days> dates{2011y / March / 7, 2011y / March / 28};
  const Tensor<float> values({2, 2}, {1, 2, 3, 4});
  const auto series = fill_gaps(dates, values, {.step = days{7}, .fill = GapFill::previous});
  CHECK(series.filled == 2);
  CHECK(std::vector<float>(series.values.begin(), series.values.end()) == std::vector<float>{1, 2, 1, 2, 1, 2, 3, 4});
}

TEST_CASE("dates out of order, twice, or between steps are errors that name the row") {
  const Tensor<float> values({3, 1});
  const auto fill = [&](std::vector<sys_days> dates, days step) { fill_gaps(dates, values, {.step = step}); };
  const sys_days d = 2011y / March / 7;
  test::check_throws<ValueError>([&] { fill({d, d + days{1}, d + days{1}}, days{1}); }, {"0 days to row 2"});
  test::check_throws<ValueError>([&] { fill({d, d - days{1}, d}, days{1}); }, {"-1 days to row 1"});
  test::check_throws<ValueError>(
      [&] {
        fill({d, d + days{7}, d + days{10}}, days{7});
      },
      {"rise by a multiple of 7 days, got 3 days to row 2"});
  test::check_throws<ValueError>([&] { fill({d, d + days{1}, d + days{2}}, days{0}); }, {"a step of at least a day"});
  test::check_throws<ShapeError>([&] { fill({d}, days{1}); }, {"each of 1 dates", "(3, 1)"});
  test::check_throws<ShapeError>([&] { calendar_features<float>({}); }, {"0 dates, 7 features"});
}
