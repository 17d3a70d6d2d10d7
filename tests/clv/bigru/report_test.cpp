#include "tenure/clv/bigru/report.hpp"

#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>

#include "../../temporary_directory.hpp"
#include "daily_shops.hpp"

using namespace tenure;
using namespace tenure::clv;

namespace {

std::string text_of_file(const std::string& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

}  // namespace

TEST_CASE("all that a run leaves is written by the library: model, history, metrics, predictions and report") {
  const test::TemporaryDirectory directory;
  const std::string run = directory / "run";
  const DailySeriesSet set = test::daily_shops(150);
  BiGruForecaster model({.network = {.units = 3, .layers = 1, .hidden = 3}, .data = {.window = 14}});
  const BiGruData data(set, model.config.data);
  const History history = model.fit(data, {.epochs = 2});
  BiGruOutcome outcome = bigru_outcome(model, data, history, {.share = 0.8});
  ThreadPool pool(1);
  outcome.folds = cross_validate(model.config, data, 2, BiGruFoldKind::blocked, {.epochs = 1}, pool);
  outcome.notes = {describe(data, "shops", 42)};
  const nlohmann::ordered_json metrics = write_run(model, outcome, run);
  CHECK(metrics["model"]["rmse"] == outcome.scored[0].scores.rmse);
  CHECK(metrics["baselines"].size() == 3);
  CHECK(metrics["epochs"] == 2);
  CHECK(metrics["intervals"]["share"] == 0.8);
  CHECK(metrics["cross_validation"]["folds"] == 2);
  for (const char* name : {"config.json", "model.safetensors", "history.csv", "metrics.json"}) {
    CHECK_MESSAGE(std::filesystem::exists(in_directory(run, name)), name);
  }
  const std::string predictions = text_of_file(in_directory(run, "predictions.csv"));
  CHECK(predictions.starts_with("series,date,actual,predicted,lower,upper\nshop1,"));
  CHECK(std::ranges::count(predictions, '\n') == 1 + static_cast<std::ptrdiff_t>(data.split.test.size()));
  write_report(outcome, in_directory(run, "report.html"));
  const std::string page = text_of_file(in_directory(run, "report.html"));
  for (const char* part : {"Data: shops, 2 series from 2022-03-01", "Prediction intervals", "Cross-validation"}) {
    CHECK_MESSAGE(page.find(part) != std::string::npos, part);
  }
  const std::string said = text_of(outcome);
  CHECK(said.find("On the " + std::to_string(data.split.test.size()) + " windows of the test part:") !=
        std::string::npos);
  CHECK(said.find("Intervals that are to hold 80 % of the days") != std::string::npos);
  CHECK(said.find("Mean ± deviation over 2 folds:\nBiGRU:  mse ") != std::string::npos);
  write_csv(model.predict(set, {.horizon = 5}), in_directory(run, "days.csv"));
  const std::string days = text_of_file(in_directory(run, "days.csv"));
  CHECK(days.starts_with("series,date,predicted,lower,upper\nshop1,2022-07-29,"));
  CHECK(std::ranges::count(days, '\n') == 11);
}
