#include <doctest/doctest.h>

#include <tenure/clv/daily_ltv/forecaster.hpp>

#include "../../message.hpp"
#include "../../temporary_directory.hpp"
#include "tables.hpp"

using namespace tenure;
using namespace tenure::clv;
using namespace tenure::test;

namespace {

/// Weeks that grow by less and less, each a little differently.
DailyLtvTable weeks(std::size_t count) {
  std::vector<std::vector<double>> curves(count);
  for (std::size_t week = 0; week < count; ++week) {
    double value = 1;
    for (std::size_t day = 0; day < 40; ++day) {
      curves[week].push_back(value);
      value *= 1 + (0.1 + 0.01 * static_cast<double>(week)) / static_cast<double>(day + 1);
    }
  }
  return ltv_table(curves);
}

std::vector<double> values_of(const DailyLtvForecast& forecast) {
  return {forecast.values.begin(), forecast.values.end()};
}

}  // namespace

TEST_CASE("fit is Keras's Adam on four fifths of the sequences, and the correction of what is then predicted") {
  const DailyLtvTable table = weeks(5);
  DailyLtvForecaster model({.prediction_days = 10});
  const History history = model.fit(table, {.epochs = 2, .batch_size = 16, .learning_rate = 0.01, .seed = 5});
  // The same by hand.
  Rng rng(5);
  DailyLtv<float> network({}, rng);
  Adam<float> adam(Parameters<float>(network), AdamConfig::keras(0.01));
  const DailyLtvSequences sequences = daily_ltv_sequences(table);
  const Split split = split_daily_ltv_sequences(table, sequences, 5);
  const DailyLtvDataset validation = sequences.dataset(split.validation);
  const History expected =
      fit(network, adam, mse, sequences.dataset(split.train),
          {.epochs = 2, .batch_size = 16, .seed = 5, .validation_data = &validation, .progress = Progress::silent});
  CHECK(history["loss"] == expected["loss"]);
  CHECK(history["val_loss"] == expected["val_loss"]);
  CHECK(history.find("val_mae"));
  const DailyLtvForecast predicted = model.predict(table);
  CHECK(predicted.days() == 10);
  CHECK(values_of(predicted) == values_of(daily_ltv_forecast(network, table, 10)));
  CHECK(model.factors == daily_ltv_correction(table, predicted, all_rows));
  CHECK(model.corrected(predicted).at(2, 9) == predicted.at(2, 9) * model.factors[2]);
  CHECK(model.epochs == 2);
}

TEST_CASE("the holdout correction is that of the earlier half of the weeks") {
  const DailyLtvTable table = weeks(6);
  DailyLtvForecaster model({.prediction_days = 5, .correction = DailyLtvCorrection::holdout});
  model.fit(table, {.epochs = 1});
  CHECK(model.factors == daily_ltv_correction(table, model.predict(table), [](std::size_t r) { return r < 3; }));
}

TEST_CASE("evaluate: the later half of the weeks, the model first, then with its correction, then the rules") {
  const DailyLtvTable table = weeks(6);
  DailyLtvForecaster model;
  model.fit(earlier_half(table), {.epochs = 1});
  const std::vector<DailyLtvScored> scored = model.evaluate(table);
  REQUIRE(scored.size() == 5);
  CHECK(scored[0].name == "LSTM");
  const auto late = [](std::size_t r) { return r >= 3; };
  CHECK(scored[0].scores.bands[1].mean == daily_ltv_accuracy(table, model.predict(table), 20, 30, late).mean);
  CHECK(scored[0].scores.bands[0].count == 3 * 4);
  // What the earlier weeks gave is what fit() learnt, for it knew no others.
  CHECK(scored[1].scores.bands[0].mean ==
        doctest::Approx(daily_ltv_accuracy(table, model.corrected(model.predict(table)), 7, 10, late).mean));
  CHECK(scored[4].name == "mean growth of the day");
  CHECK(scored[4].scores.bands[2].mean > scored[2].scores.bands[2].mean);
}

TEST_CASE("a saved model comes back with its forecasts, its correction and what it was made with") {
  const TemporaryDirectory directory;
  const DailyLtvTable table = weeks(5);
  DailyLtvForecaster model({.prediction_days = 8, .correction = DailyLtvCorrection::holdout});
  model.fit(table, {.epochs = 1});
  model.save(directory / "made");
  const DailyLtvForecaster loaded = DailyLtvForecaster::load(directory / "made");
  CHECK(values_of(loaded.predict(table)) == values_of(model.predict(table)));
  CHECK(loaded.factors == model.factors);
  CHECK(loaded.epochs == 1);
  CHECK(loaded.config.prediction_days == 8);
  CHECK(loaded.config.correction == DailyLtvCorrection::holdout);
  write_text(directory / "made/config.json", "{\"model\": \"bigru\"}");
  check_throws<FileError>([&] { DailyLtvForecaster::load(directory / "made"); },
                          {"the config.json of a daily_ltv model"});
}

TEST_CASE("a training that was cut in two gives the weights of one that was not, and only of the same table") {
  const TemporaryDirectory directory;
  const DailyLtvTable table = weeks(5);
  DailyLtvForecaster whole, parts;
  whole.fit(table, {.epochs = 4});
  TrainingOptions options{.epochs = 2, .directory = directory.path().string()};
  parts.fit(table, options);
  options.epochs = 4;
  options.resume = true;
  parts.fit(table, options);
  CHECK(values_of(parts.predict(table)) == values_of(whole.predict(table)));
  CHECK(parts.factors == whole.factors);
  check_throws<Error>([&] { parts.fit(weeks(6), options); }, {"a checkpoint of a training with the table"});
}

TEST_CASE("learning on begins with the weights that there are") {
  const DailyLtvTable table = weeks(5);
  DailyLtvForecaster model, more;
  model.fit(table, {.epochs = 1});
  more.network = model.network;
  const History history = more.fit_further(table, {.epochs = 1});
  DailyLtvForecaster anew;
  CHECK(history["loss"] != anew.fit(table, {.epochs = 1})["loss"]);
  CHECK(values_of(more.predict(table)) != values_of(model.predict(table)));
}

TEST_CASE("a model that is not trained says what to call") {
  const DailyLtvTable table = weeks(4);
  DailyLtvForecaster model;
  const std::vector<std::string> says = {"a trained model: call fit() or DailyLtvForecaster::load() first"};
  check_throws<StateError>([&] { model.predict(table); }, says);
  check_throws<StateError>([&] { model.evaluate(table); }, says);
  check_throws<StateError>([&] { model.save("no-such"); }, says);
  check_throws<StateError>([&] { model.fit_further(table); }, says);
  model.initialize(1);
  check_throws<StateError>([&] { model.corrected(model.predict(table)); }, {"a correction of 30 days", "got 0"});
}

TEST_CASE("a training that an exception ends leaves no model half-way") {
  const DailyLtvTable table = weeks(4);
  DailyLtvForecaster model;
  OnEpochEnd breaks([](Training&) { throw std::runtime_error("enough"); });
  CHECK_THROWS_AS(model.fit(table, {.epochs = 2, .callbacks = {&breaks}}), std::runtime_error);
  check_throws<StateError>([&] { model.save("no-such"); }, {"a trained model"});
}
