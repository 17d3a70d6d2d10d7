/// The daily LTV model from the files to the decisions, as one call:
///
///   const auto analysis = clv::run_daily_ltv_analysis({.base_path = "campaigns", .training = {.epochs = 50}});
///   analysis.final.at(row, 30);  analysis.by_day[0].accuracy.mean;
///
/// It reads BASE/Files, trains, predicts 30 days from the first seven of every row, corrects, measures the model beside
/// rules that need no training, and writes BASE/Files_Predictions and BASE/Files_Predictions_Final.
#pragma once

#include <functional>

#include "decision.hpp"
#include "files.hpp"
#include "forecaster.hpp"
#include "growth.hpp"
#include "rolling_validation.hpp"

namespace tenure { inline namespace TENURE_ABI { namespace clv {

/// What run_daily_ltv_analysis() reads, trains, measures and writes.
struct DailyLtvAnalysisOptions {
  std::string base_path;
  DailyLtvForecasterConfig model = {};
  TrainingOptions training = {};
  bool go_on = false;              ///< start from the model in training.directory, if there is one
  DailyLtvTarget target = {};      ///< decisions, where there is one
  int decimals = 2;                ///< of the predictions in the files
  bool rolling_validation = true;  ///< takes about as long as the training
  bool write_files = true;
  std::function<void(const std::string&)> say = {};  ///< called with a line for each stage
};

/// What config.json says of an analysis's model.
[[gnu::cold]] inline nlohmann::ordered_json options_json(const DailyLtvAnalysisOptions& options) {
  nlohmann::ordered_json json{{"base_path", options.base_path}};
  json.update(options_json(options.model));
  json["continue"] = options.go_on;
  json.update(training_json(detail::with_defaults(options.training, daily_ltv_epochs, daily_ltv_batch_size)));
  return json;
}

/// Accuracies of a band of days. "holdout" is what a model, a correction or a rule of the earlier half of the weeks
/// gives on the later half: only that is a forecast.
struct DailyLtvBandScores {
  std::string name;
  DailyLtvAccuracy accuracy;   ///< of all rows, by the model that learnt from all
  DailyLtvAccuracy corrected;  ///< the same, by the published correction
  DailyLtvAccuracy holdout_model, holdout_corrected;
  std::array<DailyLtvAccuracy, daily_ltv_rules.size()> holdout_rules;  ///< in the order of daily_ltv_rules
};

/// Accuracy on one day since acquisition, as predicted and as corrected.
struct DailyLtvDayScores {
  std::size_t day;
  DailyLtvAccuracy accuracy, corrected;
  double factor;  ///< of the correction that was applied
};

struct DailyLtvAnalysis {
  DailyLtvAnalysisOptions options;
  DailyLtvForecaster forecaster;
  std::string start = "new model";  ///< what the training began with: that, "saved model", or a file of weights
  DailyLtvInput input = {};         ///< all rows, those of the newest file first
  History history = {};
  Index sequences = 0, training_sequences = 0, validation_sequences = 0;
  std::size_t usable_rows = 0;  ///< of the newest file: with seven known, positive days
  std::size_t falling_values = 0;
  DailyLtvForecast predicted = {}, final = {};  ///< of all rows
  std::vector<DailyLtvScored> holdout = {};     ///< DailyLtvForecaster::evaluate() of a model of the earlier half
  std::vector<DailyLtvBandScores> bands = {};
  std::vector<DailyLtvDayScores> by_day = {};
  std::vector<DailyLtvGrowthOfDay> growth = {};
  std::vector<UnusualDailyLtv> unusual = {};
  DailyLtvValidation validation = {};
  DailyLtvInterval interval = {};  ///< of single rows on the day of the target
  std::vector<DailyLtvDecision> decisions = {};
  std::vector<DailyLtvAccuracy> start_accuracy = {};  ///< by band, of the model that was gone on with, before that

  const DailyLtvTable& table() const noexcept { return input.table; }
};

namespace detail {

/// Carries out an analysis; one use.
class DailyLtvAnalyzer {
 public:
  [[gnu::cold]] explicit DailyLtvAnalyzer(const DailyLtvAnalysisOptions& options)
      : analysis_{.options = options, .forecaster = DailyLtvForecaster(options.model)} {}

  [[gnu::cold]] DailyLtvAnalysis run() {
    const DailyLtvAnalysisOptions& options = analysis_.options;
    begin();
    analysis_.input = read_daily_ltv_input(options.base_path);
    const DailyLtvTable& table = analysis_.table();
    if (options.write_files) make_daily_ltv_directories(options.base_path);
    later_ = later_half(table);
    check();
    if (analysis_.start != "new model") measure_start();
    train();
    say("measuring on weeks that models have not seen ...");
    analysis_.predicted = analysis_.forecaster.predict(table);
    analysis_.final = analysis_.forecaster.corrected(analysis_.predicted);
    measure();
    analysis_.growth = daily_ltv_growth_by_day(table, analysis_.predicted.end() - 1);
    analysis_.unusual = unusual_daily_ltv(table, analysis_.predicted.end() - 1);
    if (options.rolling_validation) {
      analysis_.validation =
          validate_daily_ltv(table, options.model.prediction_days, options.training, options.model.network);
    }
    if (options.write_files) write();
    return std::move(analysis_);
  }

 private:
  static bool all(std::size_t) noexcept { return true; }
  bool earlier(std::size_t row) const noexcept { return analysis_.input.table.rows[row].begin < later_; }
  void say(const std::string& line) const {
    if (analysis_.options.say) analysis_.options.say(line);
  }

  /// The weights to start from.
  [[gnu::cold]] void begin() {
    const TrainingOptions& training = analysis_.options.training;
    DailyLtvForecaster& forecaster = analysis_.forecaster;
    forecaster.initialize(training.seed);
    const bool saved_before =
        !training.directory.empty() && std::filesystem::exists(in_directory(training.directory, "config.json"));
    if (analysis_.options.go_on && saved_before) {
      DailyLtvForecaster saved = DailyLtvForecaster::load(training.directory);
      if (training.init.empty()) {
        forecaster.config.network = saved.config.network;
        forecaster.network = std::move(saved.network);
      }
      analysis_.start = "saved model";
    }
    if (!training.init.empty()) {
      tenure::load(*forecaster.network, training.init);
      analysis_.start = training.init;
    }
    say("starting from: " + analysis_.start);
  }

  /// What can be known to go wrong before minutes of training.
  [[gnu::cold]] void check() {
    const DailyLtvTable& table = analysis_.table();
    analysis_.falling_values = falls(table);
    for (std::size_t r = 0; r < analysis_.input.newest; ++r) {
      analysis_.usable_rows += table.rows[r].usable(0, daily_ltv_days_seen);
    }
    if (!has_daily_ltv_sequences(table)) {
      throw ValueError(analysis_.input.file.path, "a row with eight known, positive days on end",
                       {"none among ", table.rows.size()});
    }
    if (analysis_.usable_rows == 0) {
      throw ValueError(analysis_.input.file.path, "a row whose first seven days are known and positive",
                       {"none among ", analysis_.input.newest});
    }
    const DailyLtvForecast none = empty_forecast(table, analysis_.options.model.prediction_days);
    if (analysis_.options.target.given()) DailyLtvDecider(table, none, later_, analysis_.options.target);
    for (const std::string& name : analysis_.options.target.group_by) table.column(name);
  }

  [[gnu::cold]] void measure_start() {
    const DailyLtvTable& table = analysis_.table();
    const DailyLtvScores scores = daily_ltv_scores(table, analysis_.forecaster.predict(table), all);
    analysis_.start_accuracy.assign(scores.bands.begin(), scores.bands.end());
  }

  [[gnu::cold]] void train() {
    const DailyLtvAnalysisOptions& options = analysis_.options;
    const std::string& file = analysis_.input.file.path;
    const DailyLtvSequences sequences = daily_ltv_sequences(analysis_.table());
    const Split split = split_daily_ltv_sequences(analysis_.table(), sequences, options.training.seed);
    analysis_.sequences = sequences.count();
    analysis_.training_sequences = static_cast<Index>(split.train.size());
    analysis_.validation_sequences = static_cast<Index>(split.validation.size());
    say(file + ": " + std::to_string(split.train.size()) + " sequences to train on, " +
        std::to_string(split.validation.size()) + " to validate");
    analysis_.history =
        analysis_.forecaster.fit_further(analysis_.table(), options.training,
                                         {{"options", json_text(options_json(options))}, {"file", text::utf8(file)}});
  }

  /// A model of the earlier weeks, with other drawn weights than those that the model of all weeks began with.
  [[gnu::cold]] DailyLtvForecaster earlier_model() {
    const DailyLtvTable& table = analysis_.table();
    const auto early = [&](std::size_t r) { return earlier(r); };
    DailyLtvForecaster model(analysis_.options.model);
    Rng rng(analysis_.options.training.seed);
    const DailyLtv<float> of_all(model.config.network, rng);
    model.network.emplace(model.config.network, rng);
    train_daily_ltv(*model.network, daily_ltv_sequences(table, early), analysis_.options.training);
    model.learn_correction(table, early);
    return model;
  }

  [[gnu::cold]] void measure() {
    const DailyLtvTable& table = analysis_.table();
    const DailyLtvForecast& predicted = analysis_.predicted;
    const DailyLtvForecaster model = earlier_model();
    analysis_.holdout = model.evaluate(table);
    const DailyLtvScores of_all = daily_ltv_scores(table, predicted, all);
    const DailyLtvForecast in_sample = clv::corrected(predicted, daily_ltv_correction(table, predicted, all));
    const DailyLtvScores of_all_corrected = daily_ltv_scores(table, in_sample, all);
    for (std::size_t b = 0; b < daily_ltv_bands.size(); ++b) {
      const auto holdout = [&](std::size_t place) { return analysis_.holdout[place].scores.bands[b]; };
      analysis_.bands.push_back({.name = daily_ltv_bands[b].name,
                                 .accuracy = of_all.bands[b],
                                 .corrected = of_all_corrected.bands[b],
                                 .holdout_model = holdout(0),
                                 .holdout_corrected = holdout(1),
                                 .holdout_rules = {holdout(2), holdout(3), holdout(4)}});
    }
    for (std::size_t day = daily_ltv_days_seen; day < predicted.end(); ++day) {
      analysis_.by_day.push_back({day, daily_ltv_accuracy(table, predicted, day, day, all),
                                  daily_ltv_accuracy(table, analysis_.final, day, day, all),
                                  analysis_.forecaster.factors[day - daily_ltv_days_seen]});
    }
    if (!analysis_.options.target.given()) return;
    const DailyLtvForecast learnt_from = model.corrected(model.predict(table));
    const DailyLtvDecider decider(table, learnt_from, later_, analysis_.options.target);
    analysis_.interval = decider.interval();
    analysis_.decisions = decider.decide(analysis_.final, analysis_.input.newest);
  }

  [[gnu::cold]] void write() const {
    const DailyLtvAnalysisOptions& options = analysis_.options;
    const DailyLtvInput& input = analysis_.input;
    clv::write_csv(analysis_.predicted, input.table, input.newest,
                   daily_ltv_prediction_path(options.base_path, analysis_.forecaster.epochs, input.file),
                   options.decimals);
    clv::write_csv(analysis_.final, input.table, input.newest, daily_ltv_final_path(options.base_path, input.file),
                   options.decimals);
  }

  DailyLtvAnalysis analysis_;
  std::chrono::sys_days later_{};  // the week that the later half begins with
};

}  // namespace detail

/// @throws FileError for files that are missing, can't be read or can't be written; ValueError where there is nothing
/// to learn from or to predict, and for options outside their domain; what DailyLtvForecaster::fit() throws
[[gnu::cold]] inline DailyLtvAnalysis run_daily_ltv_analysis(const DailyLtvAnalysisOptions& options) {
  return detail::DailyLtvAnalyzer(options).run();
}

}}}  // namespace tenure::TENURE_ABI::clv
