#include <doctest/doctest.h>

#include <tenure/clv/daily_ltv/report.hpp>

#include "../../message.hpp"
#include "../../sanitized.hpp"
#include "../../temporary_directory.hpp"
#include "tables.hpp"

using namespace tenure;
using namespace tenure::clv;
using namespace tenure::test;

namespace {

[[maybe_unused]] bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

[[maybe_unused]] std::string file_text(const std::string& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

/// Small campaigns, and an analysis of them.
struct Case {
  TemporaryDirectory directory;
  std::string base = directory / "base";
  DailyLtvAnalysisOptions options{
      .base_path = base, .training = {.epochs = 2}, .target = {.ltv = 2, .group_by = {"OS"}}};

  explicit Case(int weeks = 12) {
    std::filesystem::create_directories(base + "/Files");
    add(weeks);
  }
  Campaigns add(int weeks) const {
    Rng rng(1);
    const Campaigns campaigns = simulate_campaigns({.weeks = weeks, .users = 500}, rng);
    const DailyLtvFile file{{}, campaigns.last};
    write_csv(campaigns.table, base + "/Files/LTV_" + file.date_text() + ".csv");
    return campaigns;
  }
};

}  // namespace

#ifndef TENURE_TEST_SANITIZED  // where trainings take minutes; the parts have tests of their own

TEST_CASE("the analysis: predictions, statistics by band and day, and files, in one call") {
  const Case data;
  const DailyLtvAnalysis analysis = run_daily_ltv_analysis(data.options);
  CHECK(analysis.input.newest == 48);
  CHECK(analysis.usable_rows == 44);
  CHECK(analysis.training_sequences + analysis.validation_sequences == analysis.sequences);
  CHECK(analysis.history.find("val_mae"));
  REQUIRE(analysis.by_day.size() == 30);
  CHECK(analysis.by_day[0].day == 7);
  CHECK(analysis.by_day[0].accuracy.count == 44);
  REQUIRE(analysis.bands.size() == 3);
  const DailyLtvBandScores& band = analysis.bands[0];
  CHECK(band.accuracy.mean ==
        doctest::Approx(daily_ltv_accuracy(analysis.table(), analysis.predicted, 7, 10, all_rows).mean));
  CHECK(band.accuracy.low <= band.accuracy.mean);
  CHECK(band.holdout_model.count < band.accuracy.count);
  CHECK(band.holdout_rules[2].mean > band.holdout_rules[0].mean);
  // The published correction makes the mean relative error of each day 0.
  CHECK(daily_ltv_correction(analysis.table(), analysis.final, all_rows)[0] == doctest::Approx(1));
  CHECK(analysis.final.at(0, 7) == doctest::Approx(analysis.predicted.at(0, 7) * analysis.forecaster.factors[0]));
  CHECK(!analysis.growth.empty());
  CHECK(!analysis.decisions.empty());
  const std::string predicted =
      file_text(daily_ltv_prediction_path(data.base, analysis.forecaster.epochs, analysis.input.file));
  CHECK(predicted.starts_with("Date,Apps,OS,Country,Users,P_D7,P_D8,"));
  CHECK(std::ranges::count(predicted, '\n') == 49);
  CHECK(std::filesystem::exists(daily_ltv_final_path(data.base, analysis.input.file)));
  REQUIRE(analysis.validation.weeks.size() == 10);
  CHECK(analysis.validation.weeks[0].sequences < analysis.validation.weeks[9].sequences);
  CHECK(analysis.validation.weeks[0].rows == 4);
}

TEST_CASE("the analysis: the same seed gives the same numbers") {
  Case data(6);
  data.options.rolling_validation = false;
  const double first = run_daily_ltv_analysis(data.options).predicted.at(0, 36);
  CHECK(run_daily_ltv_analysis(data.options).predicted.at(0, 36) == first);
  data.options.training.seed = 7;
  CHECK(run_daily_ltv_analysis(data.options).predicted.at(0, 36) != first);
}

TEST_CASE("the holdout correction is learnt on the earlier weeks alone") {
  Case data(12);
  data.options.rolling_validation = data.options.write_files = false;
  data.options.model.correction = DailyLtvCorrection::holdout;
  const DailyLtvAnalysis analysis = run_daily_ltv_analysis(data.options);
  const auto later = later_half(analysis.table());
  const auto factors = daily_ltv_correction(analysis.table(), analysis.predicted,
                                            [&](std::size_t r) { return analysis.table().rows[r].begin < later; });
  CHECK(analysis.forecaster.factors == factors);
  CHECK(!std::filesystem::exists(data.base + "/Files_Predictions"));
}

TEST_CASE("going on: the model starts from the saved one, and the log has a line for each run") {
  Case data(6);
  data.options.rolling_validation = false;
  const std::string run = data.directory / "run";
  data.options.training.directory = run;
  data.options.go_on = true;
  std::vector<std::string> said;
  data.options.say = [&](const std::string& line) { said.push_back(line); };
  const DailyLtvAnalysis first = run_daily_ltv_analysis(data.options);
  CHECK(first.start == "new model");
  CHECK(first.start_accuracy.empty());
  REQUIRE(said.size() == 3);
  CHECK(said[0] == "starting from: new model");
  CHECK(has(said[1], std::to_string(first.training_sequences) + " sequences to train on"));
  write_run(first, run);
  data.add(7);
  const DailyLtvForecaster model = DailyLtvForecaster::load(run);
  CHECK(model.factors == first.forecaster.factors);
  CHECK(model.config.prediction_days == 30);
  CHECK(model.epochs == 2);
  const DailyLtvAnalysis second = run_daily_ltv_analysis(data.options);
  CHECK(second.start == "saved model");
  CHECK(said[3] == "starting from: saved model");
  write_run(second, run);
  REQUIRE(second.start_accuracy.size() == 3);
  const DailyLtvForecast before = model.predict(second.table());
  CHECK(second.start_accuracy[0].mean == daily_ltv_accuracy(second.table(), before, 7, 10, all_rows).mean);
  const std::string lines = file_text(run + "/log.csv");
  CHECK(lines.starts_with("date,start,sequences,epochs,val_mae,before_D7-D10,"));
  CHECK(has(lines, "\n2024-02-11,new model,"));
  CHECK(has(lines, "\n2024-02-18,saved model,"));
  CHECK(std::ranges::count(lines, '\n') == 3);
  data.options.training.init = run + "/model.safetensors";
  CHECK(run_daily_ltv_analysis(data.options).start == data.options.training.init);
}

TEST_CASE("the report: every part that there is something for, and rules that are better by name") {
  const Case data;
  const DailyLtvAnalysis analysis = run_daily_ltv_analysis(data.options);
  const report::Page page = daily_ltv_report(analysis, 5);
  std::vector<std::string> ids;
  for (const auto& part : page.parts) std::visit([&](const auto& one) { ids.push_back(one.id); }, part);
  for (const char* id :
       {"decisions", "bands", "metrics", "accuracy", "by-day", "mae", "growth", "groups", "cohort-44"}) {
    CHECK_MESSAGE(std::ranges::find(ids, id) != ids.end(), id);
  }
  CHECK(std::ranges::find(ids, "cohort-1") == ids.end());
  CHECK(has(page.notes[0], "48 rows, of which 44 can be predicted"));
  CHECK(has(page.notes[1], "Better than the model: "));  // after two epochs it is no good
  CHECK(daily_ltv_accuracy_map(analysis).series.size() == 44);
  CHECK(daily_ltv_mae_trend(analysis.history).series.size() == 2);
  const std::string run = data.directory / "run";
  const nlohmann::ordered_json metrics = write_run(analysis, run);
  CHECK(metrics["bands"]["D7-D10"]["accuracy"] == 100 * analysis.bands[0].accuracy.mean);
  CHECK(metrics["model"]["accuracy D20-D30"] == 100 * analysis.holdout[0].scores.bands[1].mean);
  CHECK(metrics["baselines"]["by_day"]["accuracy D30-D36"] == 100 * analysis.holdout[4].scores.bands[2].mean);
  CHECK(metrics["rows"] == 48);
  for (const char* name :
       {"model.safetensors", "config.json", "history.csv", "metrics.json", "log.csv", "decisions.csv"}) {
    CHECK_MESSAGE(std::filesystem::exists(run + "/" + name), name);
  }
  write_report(analysis, run + "/report.html");
  CHECK(has(file_text(run + "/report.html"), "Beside rules that need no training"));
  const std::string said = text_of(analysis);
  CHECK(has(said, "\nD20-D30   "));
  CHECK(has(said, "Better than the model on the later half:\n"));
  CHECK(has(said, "44 of 48 rows predicted"));
}

#endif

TEST_CASE("what can't be analyzed is said, and older predictions stay") {
  Case data(6);
  data.options.rolling_validation = false;
  const std::string path = data.base + "/Files/LTV_2024_02_12.csv";
  const auto fails = [&](const std::vector<std::vector<double>>& curves, const std::vector<std::string>& parts) {
    write_csv(ltv_table(curves), path);
    std::filesystem::remove(data.base + "/Files/LTV_2024_02_11.csv");
    check_throws<ValueError>([&] { run_daily_ltv_analysis(data.options); }, parts);
  };
  fails({growing(0.1, 20, 3), growing(0.1, 20, 7)}, {"eight known, positive days"});
  std::vector<double> late = growing(0.1, 20, 20);
  late[0] = missing_value;
  fails({late, late, late}, {"2024_02_12.csv", "first seven days are known and positive", "none among 3"});
  fails({growing(0.1, 20, 20)}, {"at least two weeks"});
}

TEST_CASE("the floor of simulated campaigns is what their noise leaves: less for more users") {
  Rng rng(1), again(1);
  const CampaignFloor few = campaign_floor(simulate_campaigns({.weeks = 8, .users = 300}, rng));
  const CampaignFloor many = campaign_floor(simulate_campaigns({.weeks = 8, .users = 10'000}, again));
  CHECK(many.growth_mae < 0.5 * few.growth_mae);
  for (std::size_t band = 0; band < 3; ++band) {
    CHECK(many.row_curve.bands[band].mean > few.row_curve.bands[band].mean);
    CHECK(many.mean_curve.bands[band].mean > few.mean_curve.bands[band].mean);
  }
  CHECK(many.mean_curve.bands[0].mean > 0.97);
  CHECK(many.row_curve.bands[0].mean > 0.97);
}
