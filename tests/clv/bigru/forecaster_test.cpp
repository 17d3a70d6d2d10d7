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

/// What is small enough to be trained in a test.
BiGruForecasterConfig small(BiGruLoss loss = BiGruLoss::mse) {
  return {.network = {.units = 4, .layers = 1, .hidden = 4}, .data = {.window = 14}, .loss = loss};
}

/// A model that was trained for one epoch, which is as good a function as any.
struct Barely {
  DailySeriesSet set;
  BiGruData data;
  BiGruForecaster forecaster;

  explicit Barely(bool regressor = true, std::uint64_t seed = 3)
      : set(daily_shops(120, 2, regressor)), data(set, {.window = 14}), forecaster(small()) {
    forecaster.fit(data, {.epochs = 1, .seed = seed});
  }
};

}  // namespace

TEST_CASE("the first day of a forecast is the model's prediction of the next day") {
  const Barely u;
  const auto expected = u.forecaster.predict(u.data, u.data.split.test);
  const BiGruForecast forecast = u.forecaster.forecast(u.set.series[0], 102, u.data.bounds[0], {.horizon = 3});
  CHECK(forecast.name == "shop1");
  CHECK(forecast.dates[0] == u.set.series[0].dates[102]);
  CHECK(forecast.predicted[0] == doctest::Approx(expected[0]).epsilon(1e-5));
}

TEST_CASE("output is fed back, with the features of the new days and regressors of the last week") {
  const Barely u;
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
    const double next = u.forecaster.scalers.values(predict(*u.forecaster.network, window))[0];
    CHECK(forecast.predicted[day] == doctest::Approx(next).epsilon(1e-5));
    known.value.push_back(next);
  }
}

TEST_CASE("the same seed and stream give the same intervals, which widen with the share") {
  const Barely u;
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
  const Barely u;
  const std::vector<Index>& windows = u.data.split.validation;
  const auto prediction = u.forecaster.predict(u.data, windows);
  const auto intervals = next_day_intervals(u.data, windows, prediction, u.forecaster.residuals, 0.8);
  const double coverage = metrics::coverage(intervals.lower, intervals.upper, of_windows(u.data.actual, windows));
  CHECK(coverage > 0.7);
  CHECK(coverage < 0.9);
}

TEST_CASE("a backtest forecasts every series that was known, with any number of threads alike") {
  const Barely u;
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

TEST_CASE("importances are of every feature of a model, the same for a seed") {
  const Barely u;
  const auto importances = bigru_importances(u.forecaster, u.data, 5, nullptr, 20);
  CHECK(importances.size() == u.data.features.groups().size());
  CHECK(importances[0].name == "value");
  CHECK(importances[0].mean != 0);
  CHECK(importances[0].mean == bigru_importances(u.forecaster, u.data, 5, nullptr, 20)[0].mean);
}

TEST_CASE("a forecaster comes back from its directory with the same forecasts") {
  const test::TemporaryDirectory directory;
  const std::string path = directory.path().string();
  const Barely u;
  u.forecaster.save(path, {{"seed", 3}});
  const BiGruForecaster loaded = BiGruForecaster::load(path);
  CHECK(loaded.regressors == std::vector<std::string>{"spend"});
  const auto forecast = [&](const BiGruForecaster& of) {
    const BiGruForecast days = of.forecast(u.set.series[0], 100, u.data.bounds[0], {.horizon = 4, .paths = 10});
    return std::pair(days.predicted, days.intervals.lower);
  };
  CHECK(forecast(loaded) == forecast(u.forecaster));
  const Barely without(false, 4);
  const test::TemporaryDirectory other;
  without.forecaster.save(other.path().string());
  std::filesystem::copy_file(other / "model.safetensors", directory / "model.safetensors",
                             std::filesystem::copy_options::overwrite_existing);
  check_throws<FileError>([&] { BiGruForecaster::load(path); }, {"model.safetensors", "those of another"});
  test::write_text(directory / "config.json", "{\"model\": \"hybrid\"}");
  check_throws<FileError>([&] { BiGruForecaster::load(path); }, {"the config.json of a bigru model"});
  test::write_text(directory / "config.json", "{\"model\": \"bigru\", \"format\": 99}");
  check_throws<FileError>([&] { BiGruForecaster::load(path); }, {"a directory of format 1", "format 99"});
}

TEST_CASE("a series that is too short or lacks the regressors is told") {
  const Barely u;
  const BiGruForecastOptions options;
  check_throws<ValueError>([&] { u.forecaster.forecast(u.set.series[0], 13, u.data.bounds[0], options); },
                           {"shop1.csv: expected at least 14 days, got 13"});
  const DailySeries without = daily_shops(50).series[0];
  check_throws<ValueError>([&] { u.forecaster.forecast(without, 50, u.data.bounds[0], options); }, {"1 regressors"});
}

TEST_CASE("a model that is not trained says what to call") {
  const DailySeriesSet set = daily_shops(120);
  const BiGruData data(set);
  const BiGruForecaster model;
  const std::vector<std::string> says = {"a trained model: call fit() or BiGruForecaster::load() first"};
  check_throws<StateError>([&] { model.predict(data, data.split.test); }, says);
  check_throws<StateError>([&] { model.predict(set); }, says);
  check_throws<StateError>([&] { model.evaluate(data); }, says);
  check_throws<StateError>([&] { model.save("no-such"); }, says);
  BiGruForecaster other(small());
  check_throws<ValueError>([&] { other.fit(data); }, {"fit: expected data that are made with the model's config.data"});
}

TEST_CASE("a training that an exception ends leaves no model half-way") {
  const DailySeriesSet set = daily_shops(120);
  BiGruForecaster model(small());
  const BiGruData data(set, small().data);
  OnEpochEnd breaks([](Training&) { throw std::runtime_error("enough"); });
  CHECK_THROWS_AS(model.fit(data, {.epochs = 2, .callbacks = {&breaks}}), std::runtime_error);
  check_throws<StateError>([&] { model.save("no-such"); }, {"a trained model"});
}

TEST_CASE("fit is Adam on the loss, with the weights of the best epoch") {
  const DailySeriesSet set = daily_shops(120);
  const BiGruData data(set, {.window = 14});
  for (const BiGruLoss loss : {BiGruLoss::mse, BiGruLoss::huber}) {
    BiGruForecaster forecaster(small(loss));
    const History history = forecaster.fit(data, {.epochs = 3, .batch_size = 16, .learning_rate = 0.01, .seed = 5});
    // The same by hand.
    Rng rng(5);
    BiGru<float> network({.features = data.features.count(), .units = 4, .layers = 1, .hidden = 4}, rng);
    const Parameters<float> parameters(network);
    Adam<float> adam(parameters, {.learning_rate = 0.01});
    BestWeights best;
    const BiGruDataset validation = data.dataset(data.split.validation);
    const auto by_name = [&](Var<float> p, Var<float> y) { return loss == BiGruLoss::mse ? mse(p, y) : huber(p, y); };
    const History expected = fit(network, adam, by_name, data.dataset(data.split.train),
                                 {.epochs = 3,
                                  .batch_size = 16,
                                  .seed = 5,
                                  .validation_data = &validation,
                                  .callbacks = {&best},
                                  .progress = Progress::silent});
    CHECK(history["val_loss"] == expected["val_loss"]);
    CHECK(forecaster.predict(data, data.split.test) ==
          data.scalers.values(predict(network, data.dataset(data.split.test))));
  }
}

TEST_CASE("a training that was cut in two gives the weights of one that was not, and only of the same options") {
  const test::TemporaryDirectory directory;
  const DailySeriesSet set = daily_shops(120);
  const BiGruData data(set, {.window = 14});
  BiGruForecaster whole(small()), parts(small());
  whole.fit(data, {.epochs = 4});
  TrainingOptions options{.epochs = 2, .directory = directory.path().string()};
  parts.fit(data, options);
  options.epochs = 4;
  options.resume = true;
  parts.fit(data, options);
  CHECK(parts.predict(data, data.split.test) == whole.predict(data, data.split.test));
  options.seed = 7;
  check_throws<Error>([&] { parts.fit(data, options); }, {"a checkpoint of a training with the options"});
}

TEST_CASE("forecasts of a set are those of its series, with any number of threads") {
  const Barely u;
  const std::vector<BiGruForecast> days = u.forecaster.predict(u.set, {.horizon = 4, .paths = 10});
  REQUIRE(days.size() == 2);
  const DailySeries& second = u.set.series[1];
  const Bounds bounds = anomaly_bounds(second.value, u.forecaster.config.data);
  const BiGruForecast one =
      u.forecaster.forecast(second, second.value.size(), bounds, {.horizon = 4, .paths = 10, .stream = 1});
  CHECK(days[1].name == "shop2");
  CHECK(days[1].predicted == one.predicted);
  CHECK(days[1].intervals.upper == one.intervals.upper);
  ThreadPool pool(2);
  CHECK(u.forecaster.predict(u.set, {.horizon = 4, .paths = 10}, &pool)[1].intervals.upper == one.intervals.upper);
  check_throws<ValueError>([&] { u.forecaster.predict(daily_shops(120)); },
                           {"the regressors of the training, spend, got none"});
}

TEST_CASE("the model stands first among its scores, and a loaded one has the same, and the loss") {
  const test::TemporaryDirectory directory;
  const DailySeriesSet set = daily_shops(120);
  const BiGruData data(set, {.window = 14});
  BiGruForecaster forecaster(small(BiGruLoss::huber));
  forecaster.fit(data, {.epochs = 1});
  forecaster.save(directory / "made");
  const BiGruForecaster loaded = BiGruForecaster::load(directory / "made");
  CHECK(loaded.config.loss == BiGruLoss::huber);
  CHECK(loaded.config.data == forecaster.config.data);
  const auto scored = forecaster.evaluate(data), again = loaded.evaluate(data);
  REQUIRE(scored.size() == 4);
  CHECK(scored[0].name == "BiGRU");
  CHECK(scored[0].scores.rmse ==
        metrics::rmse(forecaster.predict(data, data.split.test), of_windows(data.actual, data.split.test)));
  for (std::size_t s = 0; s < 4; ++s)
    CHECK(metrics::values_of(scored[s].scores) == metrics::values_of(again[s].scores));
}
