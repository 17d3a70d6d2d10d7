#include "tenure/clv/bigru/charts.hpp"

#include "../../close.hpp"
#include "../../message.hpp"
#include "daily_shops.hpp"

using namespace tenure;
using namespace tenure::clv;

namespace {

struct Forecasts {
  DailySeriesSet set = test::daily_shops(120);
  BiGruData data{set, split_in_order(120, {.validation = 0.15, .test = 0.15}), {.window = 14}};
  const std::vector<Index>& test = data.split.test;
  std::vector<double> prediction = std::vector<double>(test.size(), 10);
};

}  // namespace

TEST_CASE("predictions and residuals by day are means over all series") {
  const Forecasts f;
  const report::Figure days = predicted_by_day(f.data, f.test, f.prediction),
                       residuals = residuals_by_day(f.data, f.test, f.prediction);
  REQUIRE(days.x_names.size() == 18);
  CHECK(days.x_names[0] == format_date(f.set.series[0].dates[102]));
  const double actual = (f.set.series[0].value[102] + f.set.series[1].value[102]) / 2;
  CHECK(days.series[0].y[0] == doctest::Approx(actual));
  CHECK(days.series[1].y[0] == 10);
  CHECK(residuals.series[0].y[0] == doctest::Approx(actual - 10));
  CHECK(days.caption.find("2 series") != std::string::npos);
}

TEST_CASE("residuals of a weekly rhythm are alike after a week, and not in between") {
  const Forecasts f;
  const report::Figure figure = residual_autocorrelation(f.data, f.test, f.prediction, 10);
  const std::vector<double>& y = figure.series[0].y;
  REQUIRE(y.size() == 10);
  CHECK(figure.series[0].x[0] == 1);
  CHECK(y[6] > 0.4);
  CHECK(y[6] == *std::ranges::max_element(y));
  CHECK(figure.series[1].y[0] == doctest::Approx(1.96 / std::sqrt(36)));
  std::vector<double> perfect = of_windows(f.data.actual, f.test);
  test::check_throws<ValueError>([&] { residual_autocorrelation(f.data, f.test, perfect); }, {"residuals that differ"});
}

TEST_CASE("a forecast is drawn between its intervals' ends") {
  BiGruForecast forecast{.name = "shop", .dates = {}, .predicted = {1, 2}, .intervals = {{0, 1}, {2, 3}}};
  forecast.dates = {std::chrono::year{2022} / 1 / 31, std::chrono::year{2022} / 2 / 1};
  const report::Figure figure = forecast_with_intervals(forecast, {1.5}, 0.9);
  CHECK(figure.x_names == std::vector<std::string>{"2022-01-31", "2022-02-01"});
  REQUIRE(figure.series.size() == 4);
  CHECK(figure.series[1].x == std::vector<double>{0});
  CHECK(figure.series[2].name == "90 % interval");
  CHECK(figure.series[3].y == std::vector<double>{2, 3});
}
