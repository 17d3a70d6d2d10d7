#include "tenure/clv/bigru/baselines.hpp"

#include "../../close.hpp"
#include "daily_shops.hpp"

using namespace tenure;
using namespace tenure::clv;

TEST_CASE("a model's scores stand beside those of the three rules, from the days before") {
  DailySeriesSet set = test::daily_shops(100, 1);
  const std::vector<double>& value = set.series[0].value;
  const BiGruData data(set, split_in_order(100, {.validation = 0.15, .test = 0.15}), {.window = 20});
  const std::vector<double> perfect = of_windows(data.actual, data.split.test);
  const auto scored = scored_beside_rules(data, data.split.test, perfect, "model");
  REQUIRE(scored.size() == 4);
  CHECK(scored[0].scores.rmse == 0);
  CHECK(scored[0].scores.r2 == 1);
  std::vector<double> last, week, mean;
  for (std::size_t t = 85; t < 100; ++t) {
    last.push_back(value[t - 1]);
    week.push_back(value[t - 7]);
    double sum = 0;
    for (std::size_t k = 1; k <= 7; ++k) sum += value[t - k];
    mean.push_back(sum / 7);
  }
  CHECK(scored[1].scores.mae == metrics::mae(last, perfect));
  CHECK(scored[2].scores.mse == metrics::mse(week, perfect));
  CHECK(scored[3].scores.r2 == doctest::Approx(metrics::r2(mean, perfect)));
  CHECK(scored[2].scores.rmse < scored[1].scores.rmse);
  CHECK(better_than_first(scored).empty());
}

TEST_CASE("the usual error leaves out the days whose actual value is an anomaly") {
  DailySeriesSet set = test::daily_shops(100, 1);
  set.series[0].value[90] = 10'000;
  const BiGruData data(set, split_in_order(100, {.validation = 0.15, .test = 0.15}), {.window = 20});
  std::vector<double> prediction = of_windows(data.actual, data.split.test);
  prediction[5] = 0;  // day 90
  prediction[0] += 3;
  const BiGruScores scores = bigru_scores(data, data.split.test, prediction);
  CHECK(scores.rmse > 2000);
  CHECK(scores.rmse_usual == doctest::Approx(3 / std::sqrt(14)));
}
