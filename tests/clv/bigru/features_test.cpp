#include "tenure/clv/bigru/features.hpp"

#include <tenure/data/rolling.hpp>

#include "../../close.hpp"
#include "daily_shops.hpp"

using namespace tenure;
using namespace tenure::clv;

namespace {

std::vector<double> column(const Tensor<double>& table, Index column) {
  std::vector<double> values;
  for (Index row = 0; row < table.shape()[0]; ++row) values.push_back(table(row, column));
  return values;
}

}  // namespace

TEST_CASE("features of a day: its value, calendar, rolling statistics, lags and regressors") {
  const DailySeries series = test::daily_shops(100, 1, true).series[0];
  const BiGruFeatures features({"spend"});
  const Tensor<double> table = features.table(series.value, series.dates, series.regressors);
  REQUIRE(table.shape() == Shape{100, features.count()});
  CHECK(column(table, 0) == series.value);
  const Tensor<double> calendar = calendar_features<double>(std::span(series.dates), {.day_of_year = false});
  for (Index c = 0; c < 5; ++c) CHECK(column(table, 1 + c) == column(calendar, c));
  Index at = 6;
  for (const Index length : BiGruFeatures::lengths) {
    test::check_close(column(table, at++), rolling_mean(series.value, {.length = length, .minimum_count = 1}));
    auto deviation = rolling_deviation(series.value, {.length = length, .minimum_count = 1});
    deviation[0] = 0;
    test::check_close(column(table, at++), deviation);
  }
  CHECK(BiGruFeatures::deviation == at - 1);
  for (const Index by : BiGruFeatures::lags)
    CHECK(column(table, at++) == [&] {
      auto lagged = lag(series.value, by, 0);
      std::fill_n(lagged.begin(), by, series.value[0]);
      return lagged;
    }());
  CHECK(at == 15);
  CHECK(column(table, 15) == column(series.regressors, 0));
}

TEST_CASE("what comes later does not change a day's features") {
  const DailySeries series = test::daily_shops(80, 1).series[0];
  const BiGruFeatures features;
  const Tensor<double> all = features.table(series.value, series.dates, {});
  const Tensor<double> first = features.table(std::span(series.value).first(50), std::span(series.dates).first(50), {});
  CHECK(std::equal(first.begin(), first.end(), all.begin()));
}

TEST_CASE("feature groups have every column once, and the calendar is not scaled") {
  const BiGruFeatures features({"customers", "spend"});
  std::vector<Index> columns;
  for (const auto& group : features.groups()) columns.insert(columns.end(), group.columns.begin(), group.columns.end());
  CHECK(columns == tenure::detail::numbers(0, features.count()));
  CHECK(features.groups().back().name == "spend");
  const auto scaling = features.scaling();
  CHECK(scaling.size() == columns.size());
  for (std::size_t i = 0; i < scaling.size(); ++i) {
    CHECK((scaling[i].scaling == Scaling::none) == (i >= 1 && i <= 5));
  }
}
