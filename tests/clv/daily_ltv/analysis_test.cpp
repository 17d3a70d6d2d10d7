#include <doctest/doctest.h>

#include <tenure/clv/daily_ltv/forecaster.hpp>
#include <tenure/clv/daily_ltv/log.hpp>
#include <tenure/clv/daily_ltv/noise_floor.hpp>
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

[[maybe_unused]] std::string text_of(const std::string& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

/// Small campaigns, and an analysis of them.
struct Case {
  TemporaryDirectory directory;
  std::string base = directory / "base";
  DailyLtvOptions options{
      .base_path = base, .prediction_days = 30, .epochs = 2, .target = {.ltv = 2, .group_by = {"OS"}}};

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
  CHECK(analysis.final.at(0, 7) == doctest::Approx(analysis.predicted.at(0, 7) * analysis.factors[0]));
  CHECK(!analysis.growth.empty());
  CHECK(!analysis.decisions.empty());
  const std::string predicted = text_of(daily_ltv_prediction_path(data.base, data.options.epochs, analysis.input.file));
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
  data.options.seed = 7;
  CHECK(run_daily_ltv_analysis(data.options).predicted.at(0, 36) != first);
}

TEST_CASE("the holdout correction is learnt on the earlier weeks alone") {
  Case data(12);
  data.options.rolling_validation = data.options.write_files = false;
  data.options.correction = DailyLtvCorrection::holdout;
  const DailyLtvAnalysis analysis = run_daily_ltv_analysis(data.options);
  const auto later = later_half(analysis.table());
  const auto factors = daily_ltv_correction(analysis.table(), analysis.predicted,
                                            [&](std::size_t r) { return analysis.table().rows[r].begin < later; });
  CHECK(analysis.factors == factors);
  CHECK(!std::filesystem::exists(data.base + "/Files_Predictions"));
}

TEST_CASE("going on: the model starts from the saved one, and the log has a line for each run") {
  Case data(6);
  data.options.rolling_validation = false;
  const std::string log = data.directory / "log.csv", saved = data.directory / "";
  const DailyLtvAnalysis first = run_daily_ltv_analysis(data.options);
  save(DailyLtvModel{first.model, first.factors, 2}, saved);
  add_to_daily_ltv_log(first, "new model", log);
  data.add(7);
  const DailyLtvModel model = load_daily_ltv_model(saved);
  CHECK(model.factors == first.factors);
  CHECK(model.prediction_days() == 30);
  data.options.start = &model.model;
  const DailyLtvAnalysis second = run_daily_ltv_analysis(data.options);
  add_to_daily_ltv_log(second, "saved model", log);
  REQUIRE(second.start_accuracy.size() == 3);
  const DailyLtvForecast before = daily_ltv_forecast(model.model, second.table(), 30);
  CHECK(second.start_accuracy[0].mean == daily_ltv_accuracy(second.table(), before, 7, 10, all_rows).mean);
  const std::string lines = text_of(log);
  CHECK(lines.starts_with("date,start,sequences,epochs,val_mae,before_D7-D10,"));
  CHECK(has(lines, "\n2024-02-11,new model,"));
  CHECK(has(lines, "\n2024-02-18,saved model,"));
  CHECK(std::ranges::count(lines, '\n') == 3);
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
    CHECK(many.bands[band].mean > few.bands[band].mean);
    CHECK(many.mean_curve[band].mean > few.mean_curve[band].mean);
  }
  CHECK(many.mean_curve[0].mean > 0.97);
  CHECK(many.bands[0].mean > 0.97);
}
