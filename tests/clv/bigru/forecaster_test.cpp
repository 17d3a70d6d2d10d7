#include "tenure/clv/bigru/forecaster.hpp"

#include "../../message.hpp"
#include "../../temporary_directory.hpp"
#include "daily_shops.hpp"
#include "tenure/clv/bigru/backtest.hpp"
#include "tenure/clv/bigru/baselines.hpp"
#include "tenure/core/thread_pool.hpp"

using namespace tenure;
using namespace tenure::clv;
using test::check_throws, test::daily_shops;

namespace {

/// A model that was not trained, which is as good a function as any.
struct Untrained {
  DailySeriesSet set;
  BiGruData data;
  BiGruForecaster forecaster;

  explicit Untrained(bool regressor = true, Rng rng = Rng(3))
      : set(daily_shops(120, 2, regressor)),
        data(set, split_in_order(120, {.validation = 0.15, .test = 0.15}), {.window = 14}),
        forecaster(data, {.features = 1, .units = 4, .layers = 1, .hidden = 4}, rng) {
    forecaster.residuals = BiGruResiduals(data, data.split.validation, forecaster.predict(data, data.split.validation));
  }
};

}  // namespace

TEST_CASE("the first day of a forecast is the model's prediction of the next day") {
  const Untrained u;
  const auto expected = u.forecaster.predict(u.data, u.data.split.test);
  const BiGruForecast forecast = u.forecaster.forecast(u.set.series[0], 102, u.data.bounds[0], {.horizon = 3});
  CHECK(forecast.name == "shop1");
  CHECK(forecast.dates[0] == u.set.series[0].dates[102]);
  CHECK(forecast.predicted[0] == doctest::Approx(expected[0]).epsilon(1e-5));
}

TEST_CASE("output is fed back, with the features of the new days and regressors of the last week") {
  const Untrained u;
  const DailySeries& series = u.set.series[1];
  const BiGruForecast forecast = u.forecaster.forecast(series, 100, u.data.bounds[1], {.horizon = 9});
  // The same by hand: each day is added to the series, which is then read as if it were known.
  DailySeries known = series;
  known.value.resize(100);
  for (std::size_t day = 0; day < 9; ++day) {
    DailySeriesSet one{u.set.regressors, {known}};
    one.series[0].dates.resize(100 + day);
    const Tensor<double> regressors(known.regressors.slice(0, static_cast<Index>(100 + day)));
    const Tensor<double> rows = u.data.features.table(known.value, one.series[0].dates, regressors);
    const Tensor<double> scaled = u.forecaster.scalers.inputs.transform(rows);
    Tensor<float> window({1, 14, u.data.features.count()});
    std::transform(scaled.end() - window.size(), scaled.end(), window.begin(),
                   [](double x) { return static_cast<float>(x); });
    const double next = u.forecaster.scalers.values(predict(u.forecaster.model, window))[0];
    CHECK(forecast.predicted[day] == doctest::Approx(next).epsilon(1e-5));
    known.value.push_back(next);
  }
}

TEST_CASE("the same seed and stream give the same intervals, which widen with the share") {
  const Untrained u;
  const auto widths = [&](double share, std::uint64_t stream) {
    const auto forecast = u.forecaster.forecast(u.set.series[0], 100, u.data.bounds[0],
                                                {.horizon = 5, .share = share, .paths = 50, .stream = stream});
    return metrics::mean_width(forecast.intervals.lower, forecast.intervals.upper);
  };
  CHECK(widths(0.9, 0) == widths(0.9, 0));
  CHECK(widths(0.9, 0) != widths(0.9, 1));
  CHECK(widths(0.9, 0) > widths(0.5, 0));
}

TEST_CASE("residuals are drawn by weekday where there are enough of them") {
  const DailySeriesSet set = daily_shops(400, 3);
  const BiGruData data(set, split_in_order(400, {.validation = 0.2, .test = 0.15}), {.window = 14});
  std::vector<double> mean(data.split.validation.size(), 10);
  const BiGruResiduals residuals(data, data.split.validation, mean);
  CHECK(residuals.of(6).size() < residuals.of(5).size() + 4);
  CHECK(residuals.of(6).size() >= 20);
  for (const double residual : residuals.of(6)) CHECK(residual < 0);  // closed, where 10 was predicted
  const auto first = std::span(data.split.validation).first(10);
  const BiGruResiduals few(data, first, std::vector<double>(10, 10.0));
  CHECK(few.of(0).size() == 10);
  check_throws<ShapeError>([&] { BiGruResiduals(data, first, {}); }, {"a prediction for each of 10 windows"});
}

TEST_CASE("intervals of the next day hold their share of the part that the residuals are of") {
  const Untrained u;
  const std::vector<Index>& windows = u.data.split.validation;
  const auto prediction = u.forecaster.predict(u.data, windows);
  const auto intervals = next_day_intervals(u.data, windows, prediction, u.forecaster.residuals, 0.8);
  const double coverage = metrics::coverage(intervals.lower, intervals.upper, of_windows(u.data.actual, windows));
  CHECK(coverage > 0.7);
  CHECK(coverage < 0.9);
}

TEST_CASE("a backtest forecasts every series that was known, with any number of threads alike") {
  const Untrained u;
  const BiGruBacktest one = backtest(u.forecaster, u.data, 102, {.horizon = 18, .paths = 20});
  REQUIRE(one.forecasts.size() == 2);
  CHECK(one.actual[1] == std::vector<double>(u.set.series[1].value.end() - 18, u.set.series[1].value.end()));
  CHECK(one.coverage >= 0);
  CHECK(one.mean_width > 0);
  ThreadPool pool(2);
  const BiGruBacktest two = backtest(u.forecaster, u.data, 102, {.horizon = 18, .paths = 20}, &pool);
  CHECK(one.rmse == two.rmse);
  CHECK(one.forecasts[1].intervals.upper == two.forecasts[1].intervals.upper);
  CHECK(backtest(u.forecaster, u.data, 5, {}).forecasts.empty());
}

TEST_CASE("a forecaster comes back from its directory with the same forecasts") {
  const test::TemporaryDirectory directory;
  const std::string path = directory.path().string();
  const Untrained u;
  save(u.forecaster, path, {{"seed", 3}});
  const BiGruForecaster loaded = load_bigru_forecaster(path);
  CHECK(loaded.regressors == std::vector<std::string>{"spend"});
  const auto forecast = [&](const BiGruForecaster& of) {
    const BiGruForecast days = of.forecast(u.set.series[0], 100, u.data.bounds[0], {.horizon = 4, .paths = 10});
    return std::pair(days.predicted, days.intervals.lower);
  };
  CHECK(forecast(loaded) == forecast(u.forecaster));
  const Untrained without(false, Rng(4));
  const test::TemporaryDirectory other;
  save(without.forecaster, other.path().string());
  std::filesystem::copy_file(other / "model.safetensors", directory / "model.safetensors",
                             std::filesystem::copy_options::overwrite_existing);
  check_throws<FileError>([&] { load_bigru_forecaster(path); }, {"model.safetensors", "those of another"});
  test::write_text(directory / "config.json", "{\"model\": \"hybrid\"}");
  check_throws<FileError>([&] { load_bigru_forecaster(path); }, {"the config.json of a bigru model"});
  test::write_text(directory / "config.json", "{\"model\": \"bigru\", \"format\": 99}");
  check_throws<FileError>([&] { load_bigru_forecaster(path); }, {"a directory of format 1", "format 99"});
}

TEST_CASE("a series that is too short or lacks the regressors is told") {
  const Untrained u;
  const BiGruForecastOptions options;
  check_throws<ValueError>([&] { u.forecaster.forecast(u.set.series[0], 13, u.data.bounds[0], options); },
                           {"shop1.csv: expected at least 14 days, got 13"});
  const DailySeries without = daily_shops(50).series[0];
  check_throws<ValueError>([&] { u.forecaster.forecast(without, 50, u.data.bounds[0], options); }, {"1 regressors"});
}
