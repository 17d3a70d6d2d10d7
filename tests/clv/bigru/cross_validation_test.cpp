#include "tenure/clv/bigru/cross_validation.hpp"

#include "../../close.hpp"
#include "../../message.hpp"
#include "daily_shops.hpp"
#include "tenure/clv/bigru/report.hpp"
#include "tenure/core/thread_pool.hpp"

using namespace tenure;
using namespace tenure::clv;

namespace {

/// Predicts each window's last value.
std::vector<double> last_value(const BiGruData& data) {
  std::vector<double> values;
  for (const Index w : data.split.test) values.push_back(data.series_of(w).value[data.target_day(w) - 1]);
  return values;
}

std::vector<BiGruFoldScores> validate(Index threads, BiGruFoldKind kind = BiGruFoldKind::forward) {
  const DailySeriesSet set = test::daily_shops(200);
  ThreadPool pool(threads);
  return cross_validate(set, {.window = 10}, 170, 4, kind, pool, "model", last_value);
}

}  // namespace

TEST_CASE("forward folds test days behind all that they learn from, and never those kept for the end") {
  const auto folds = validate(1);
  REQUIRE(folds.size() == 4);
  CHECK(format_date(folds[0].first) == "2022-04-04");  // day 34: five stretches of as many
  CHECK(format_date(folds[3].last) == "2022-08-17");   // day 169
  for (const BiGruFoldScores& fold : folds) {
    CHECK(fold.windows == 2 * 34);
    CHECK(fold.scored[0].scores.rmse == fold.scored[1].scores.rmse);
  }
  CHECK(validate(1, BiGruFoldKind::blocked)[0].first == test::daily_shops(1).series[0].dates[0]);
}

TEST_CASE("folds in parallel give what they give in sequence") {
  const auto one = validate(1), two = validate(3);
  for (std::size_t i = 0; i < one.size(); ++i) {
    for (std::size_t s = 0; s < 4; ++s)
      CHECK(metrics::values_of(one[i].scored[s].scores) == metrics::values_of(two[i].scored[s].scores));
  }
}

TEST_CASE("mean and deviation over the folds, and a table of them") {
  const auto folds = validate(1);
  const auto measures = over_folds(folds, 2);
  REQUIRE(measures.size() == BiGruScores::measures.size());
  CHECK(std::string(measures[2].name) == "mae");
  std::vector<double> values;
  for (const BiGruFoldScores& fold : folds) values.push_back(fold.scored[2].scores.mae);
  CHECK(measures[2].mean == doctest::Approx(moments(values).mean));
  CHECK(measures[2].deviation == doctest::Approx(moments(values).deviation()));
  const report::Table table = fold_table(folds);
  CHECK(table.rows.size() == 4 + 4);
  CHECK(table.rows[0].size() == table.columns.size());
  CHECK(table.rows[4][0] == "Mean ± deviation: model");
  test::check_throws<ValueError>([] { over_folds({}, 0); }, {"at least one fold"});
}

TEST_CASE("more folds than there are days to learn from are an error of the first that fails") {
  const DailySeriesSet set = test::daily_shops(200);
  ThreadPool pool(1);
  test::check_throws<ValueError>(
      [&] { cross_validate(set, {.window = 60}, 170, 4, BiGruFoldKind::forward, pool, "model", last_value); },
      {"training part: expected a series of 60 days before a day from 2022-03-01"});
}

TEST_CASE("folds of a forecaster: each is trained on its own days, and what can't be is known before") {
  const DailySeriesSet set = test::daily_shops(200);
  const BiGruForecasterConfig config{.network = {.units = 3, .layers = 1, .hidden = 3}, .data = {.window = 10}};
  const BiGruData data(set, config.data);
  ThreadPool pool(2);
  const auto folds = cross_validate(config, data, 3, BiGruFoldKind::forward, {.epochs = 1}, pool);
  REQUIRE(folds.size() == 3);
  CHECK(folds[0].scored[0].name == "BiGRU");
  CHECK(data.period.number(folds[2].last) < data.days.test.front());
  const std::vector<Fold> parts = forward_chaining(data.days.test.front(), 3);
  BiGruForecaster forecaster(config);
  const auto end =
      parts[0].train.end() - static_cast<std::ptrdiff_t>(0.15 * static_cast<double>(parts[0].train.size()));
  const BiGruData first(set, {{parts[0].train.begin(), end}, {end, parts[0].train.end()}, parts[0].test}, config.data);
  forecaster.fit(first, {.epochs = 1});
  CHECK(forecaster.evaluate(first)[0].scores.rmse == folds[0].scored[0].scores.rmse);
  test::check_throws<Error>(
      [&] { cross_validate(config, data, 3, BiGruFoldKind::forward, {.epochs = 2, .learning_rate = 1e30}, pool); },
      {"a fold: a", "loss of"});
  test::check_throws<ValueError>([&] { check_folds(data, 20, BiGruFoldKind::forward, pool); }, {"training part"});
}
