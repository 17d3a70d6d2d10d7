#include <doctest/doctest.h>

#include <tenure/clv/daily_ltv/forecast.hpp>
#include <tenure/clv/daily_ltv/network.hpp>

#include "../../message.hpp"
#include "tables.hpp"

using namespace tenure;
using namespace tenure::clv;
using namespace tenure::test;

namespace {

/// Gives the first growth rate of the window again, so that it shows how the window rolls.
struct First {
  Var<float> operator()(Var<float> x) const { return reshape(slice(x, 1, 0, 1), {x.shape()[0], 1}); }
};

/// Gives a growth rate that is below the least.
struct Falling {
  Var<float> operator()(Var<float> x) const { return x.tape().input(Tensor<float>({x.shape()[0], 1}, -5.0F)); }
};

}  // namespace

TEST_CASE("the rolling forecast: what was predicted is applied, and seen by what follows") {
  std::vector<double> values{1, 1.1, 1.32, 1.32 * 1.3, 1.32 * 1.3 * 1.4, 1.32 * 1.3 * 1.4 * 1.5, 10, 11, 12, 13};
  const DailyLtvForecast forecast = daily_ltv_forecast(First(), ltv_table({values}), 8);
  CHECK(forecast.end() == 15);
  const double last_growth = 10 / values[5] - 1;
  double value = 10;
  std::size_t day = 7;
  for (const double growth : {0.1, 0.2, 0.3, 0.4, 0.5, last_growth, 0.1, 0.2}) {
    value *= 1 + growth;
    CHECK(forecast.at(0, day++) == doctest::Approx(value).epsilon(1e-6));
  }
}

TEST_CASE("the rolling forecast: growth is 0.001 at least, and later days of a row are not looked at") {
  const DailyLtvForecast forecast =
      daily_ltv_forecast(Falling(), ltv_table({growing(0.1, 20, 20), growing(0.1, 20, 7)}), 3);
  const double last = std::pow(1.1, 6);
  for (const std::size_t row : {0U, 1U}) CHECK(forecast.at(row, 9) == doctest::Approx(last * std::pow(1.001, 3)));
}

TEST_CASE("the rolling forecast: rows without seven known, positive days have none") {
  std::vector<double> negative = growing(0.1, 20, 20), gap = negative;
  negative[2] = 0;
  gap[6] = missing_value;
  const DailyLtvForecast forecast =
      daily_ltv_forecast(First(), ltv_table({growing(0.1, 20, 6), negative, gap, growing(0.1, 20, 7)}), 2);
  CHECK(!forecast.has(0));
  CHECK(!forecast.has(1));
  CHECK(!forecast.has(2));
  CHECK(forecast.has(3));
  check_throws<ValueError>([] { daily_ltv_forecast(First(), ltv_table({growing(0.1, 20, 7)}), 0); },
                           {"one day to predict"});
  check_throws<ValueError>([] { daily_ltv_forecast(First(), DailyLtvTable{{}, 20, {}}, 3); }, {"a row to predict"});
}

TEST_CASE("the rolling forecast of a row does not depend on the rows beside it") {
  Rng rng(1);
  const DailyLtv<float> model({}, rng);
  const std::vector<double> curve = growing(0.05, 20, 20);
  const DailyLtvForecast alone = daily_ltv_forecast(model, ltv_table({curve}), 5);
  const DailyLtvForecast among =
      daily_ltv_forecast(model, ltv_table({growing(0.3, 20, 20), curve, growing(0.01, 20, 9)}), 5);
  for (std::size_t day = 7; day < 12; ++day) CHECK(among.at(1, day) == doctest::Approx(alone.at(0, day)).epsilon(1e-5));
}
