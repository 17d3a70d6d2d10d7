/// The daily LTV model from the files to the decisions, as one call:
///
///   const auto analysis = clv::run_daily_ltv_analysis({.base_path = "campaigns", .prediction_days = 30, .epochs = 50});
///   analysis.final.at(row, 30);  analysis.by_day[0].accuracy.mean;
///
/// It reads BASE/Files, trains, predicts 30 days from the first seven of every row, corrects, measures the model beside
/// rules that need no training, and writes BASE/Files_Predictions and BASE/Files_Predictions_Final.
#pragma once

#include <functional>

#include "decision.hpp"
#include "files.hpp"
#include "growth.hpp"
#include "rolling_validation.hpp"

namespace tenure { inline namespace TENURE_ABI { namespace clv {

enum class DailyLtvCorrection {
  published,  ///< learnt on all rows, so that it is measured on what it was learnt from
  holdout,    ///< learnt on the earlier half of the weeks
};
inline constexpr std::array daily_ltv_correction_names{"published", "holdout"};

struct DailyLtvOptions {
  std::string base_path;
  Index prediction_days = 30;
  Index epochs = 50;
  Index batch_size = 32;
  std::uint64_t seed = 42;
  double learning_rate = 1e-3;
  DailyLtvCorrection correction = DailyLtvCorrection::published;
  DailyLtvTarget target = {};      ///< decisions, where there is one
  int decimals = 2;                ///< of the predictions in the files
  bool rolling_validation = true;  ///< takes about as long as the training
  bool write_files = true;
  /// A model to go on with rather than a new one.
  const DailyLtv<float>* start = nullptr;
  /// Trains the model: with checkpoints, on threads, with a word in between. By default fit() without any of that.
  std::function<History(DailyLtv<float>&, Adam<float>&, const DailyLtvDataset& train,
                        const DailyLtvDataset& validation)>
      train = {};

  DailyLtvTraining training() const noexcept {
    return {.epochs = epochs, .batch_size = batch_size, .seed = seed, .learning_rate = learning_rate};
  }
};

/// Accuracies of a band of days. "holdout" is what a model, a correction or a rule of the earlier half of the weeks
/// gives on the later half: only that is a forecast.
struct DailyLtvBandScores {
  std::string name;
  DailyLtvAccuracy accuracy;   ///< of all rows, by the model that learnt from all
  DailyLtvAccuracy corrected;  ///< the same, by the published correction
  DailyLtvAccuracy holdout_model, holdout_corrected;
  std::array<DailyLtvAccuracy, daily_ltv_rules.size()> holdout_rules;  ///< in the order of daily_ltv_rules
};

struct DailyLtvDayScores {
  std::size_t day;
  DailyLtvAccuracy accuracy, corrected;
  double factor;  ///< of the correction that was applied
};

struct DailyLtvAnalysis {
  DailyLtvOptions options;
  DailyLtvInput input;  ///< all rows, those of the newest file first
  DailyLtv<float> model;
  History history = {};
  Index sequences = 0, training_sequences = 0, validation_sequences = 0;
  std::size_t usable_rows = 0;  ///< of the newest file: with seven known, positive days
  std::size_t falling_values = 0;
  std::vector<double> factors = {};             ///< of the correction that was applied, from day 7 on
  DailyLtvForecast predicted = {}, final = {};  ///< of all rows
  std::vector<DailyLtvBandScores> bands = {};
  std::vector<DailyLtvDayScores> by_day = {};
  std::vector<DailyLtvGrowthOfDay> growth = {};
  std::vector<UnusualDailyLtv> unusual = {};
  DailyLtvValidation validation = {};
  DailyLtvInterval interval = {};  ///< of single rows on the day of the target
  std::vector<DailyLtvDecision> decisions = {};
  std::vector<DailyLtvAccuracy> start_accuracy =
      {};  ///< by band, of the model that was gone on with, before it learnt more

  const DailyLtvTable& table() const noexcept { return input.table; }
};

namespace detail {

/// Carries out an analysis; one use.
class DailyLtvAnalyser {
 public:
  [[gnu::cold]] explicit DailyLtvAnalyser(const DailyLtvOptions& options)
      : rng_(options.seed),
        analysis_{.options = options, .input = read_daily_ltv_input(options.base_path), .model = first_model()} {}

  [[gnu::cold]] DailyLtvAnalysis run() {
    const DailyLtvOptions& options = analysis_.options;
    const DailyLtvTable& table = analysis_.table();
    if (options.write_files) make_daily_ltv_directories(options.base_path);
    later_ = later_half(table);
    check();
    if (options.start) measure_start();
    train();
    analysis_.predicted = daily_ltv_forecast(analysis_.model, table, options.prediction_days);
    measure();
    analysis_.growth = daily_ltv_growth_by_day(table, analysis_.predicted.end() - 1);
    analysis_.unusual = unusual_daily_ltv(table, analysis_.predicted.end() - 1);
    if (options.rolling_validation) {
      analysis_.validation = validate_daily_ltv(table, options.prediction_days, options.training());
    }
    if (options.write_files) write();
    return std::move(analysis_);
  }

 private:
  static bool all(std::size_t) noexcept { return true; }
  bool earlier(std::size_t row) const noexcept { return analysis_.input.table.rows[row].begin < later_; }

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
    const DailyLtvForecast none = empty_forecast(table, analysis_.options.prediction_days);
    if (analysis_.options.target.given()) DailyLtvDecider(table, none, later_, analysis_.options.target);
    for (const std::string& name : analysis_.options.target.group_by) table.column(name);
  }

  DailyLtv<float> first_model() { return DailyLtv<float>({}, rng_); }

  [[gnu::cold]] void measure_start() {
    analysis_.model = *analysis_.options.start;
    const DailyLtvForecast forecast =
        daily_ltv_forecast(analysis_.model, analysis_.table(), analysis_.options.prediction_days);
    for (const DailyLtvBand& band : daily_ltv_bands) {
      analysis_.start_accuracy.push_back(daily_ltv_accuracy(analysis_.table(), forecast, band.first, band.last, all));
    }
  }

  [[gnu::cold]] void train() {
    const DailyLtvSequences sequences = daily_ltv_sequences(analysis_.table());
    const Split split = split_daily_ltv_sequences(analysis_.table(), sequences, analysis_.options.seed);
    const DailyLtvDataset train = sequences.dataset(split.train), validation = sequences.dataset(split.validation);
    analysis_.sequences = sequences.count();
    analysis_.training_sequences = train.rows();
    analysis_.validation_sequences = validation.rows();
    const Parameters<float> parameters(analysis_.model);
    Adam<float> adam(parameters, daily_ltv_adam(analysis_.options.learning_rate));
    if (analysis_.options.train) {
      analysis_.history = analysis_.options.train(analysis_.model, adam, train, validation);
      return;
    }
    analysis_.history = fit(analysis_.model, adam, mse, train,
                            {.epochs = analysis_.options.epochs,
                             .batch_size = analysis_.options.batch_size,
                             .seed = analysis_.options.seed,
                             .validation = &validation,
                             .metrics = daily_ltv_metrics(),
                             .progress = Progress::silent});
    if (analysis_.history.stop == Stop::not_finite) throw Error("daily LTV: " + analysis_.history.reason);
  }

  /// What the model of the earlier weeks predicts.
  [[gnu::cold]] DailyLtvForecast holdout_forecast() {
    const DailyLtvTable& table = analysis_.table();
    const DailyLtvSequences sequences = daily_ltv_sequences(table, [&](std::size_t r) { return earlier(r); });
    DailyLtv<float> model = first_model();
    train_daily_ltv(model, DailyLtvDataset(sequences.growth, sequences.next), analysis_.options.training());
    return daily_ltv_forecast(model, table, analysis_.options.prediction_days);
  }

  [[gnu::cold]] void measure() {
    const DailyLtvTable& table = analysis_.table();
    const auto early = [&](std::size_t r) { return earlier(r); };
    const auto late = [&](std::size_t r) { return !earlier(r); };
    const DailyLtvForecast& predicted = analysis_.predicted;
    const DailyLtvForecast holdout = holdout_forecast();
    const DailyLtvForecast holdout_corrected = corrected(holdout, daily_ltv_correction(table, holdout, early));
    const std::vector<double> published = daily_ltv_correction(table, predicted, all);
    const bool as_published = analysis_.options.correction == DailyLtvCorrection::published;
    analysis_.factors = as_published ? published : daily_ltv_correction(table, predicted, early);
    analysis_.final = corrected(predicted, analysis_.factors);
    const DailyLtvForecast in_sample = corrected(predicted, published);
    std::vector<DailyLtvForecast> rules;
    for (const DailyLtvRule rule : daily_ltv_rules) {
      rules.push_back(
          daily_ltv_forecast_by_rule(growth_by_rule(rule, table, analysis_.options.prediction_days, early), table));
    }
    for (const DailyLtvBand& band : daily_ltv_bands) {
      const auto over = [&](const DailyLtvForecast& forecast, auto&& wanted) {
        return daily_ltv_accuracy(table, forecast, band.first, band.last, wanted);
      };
      DailyLtvBandScores scores{.name = band.name,
                                .accuracy = over(predicted, all),
                                .corrected = over(in_sample, all),
                                .holdout_model = over(holdout, late),
                                .holdout_corrected = over(holdout_corrected, late),
                                .holdout_rules = {}};
      for (std::size_t i = 0; i < rules.size(); ++i) scores.holdout_rules[i] = over(rules[i], late);
      analysis_.bands.push_back(std::move(scores));
    }
    for (std::size_t day = daily_ltv_days_seen; day < predicted.end(); ++day) {
      analysis_.by_day.push_back({day, daily_ltv_accuracy(table, predicted, day, day, all),
                                  daily_ltv_accuracy(table, analysis_.final, day, day, all),
                                  analysis_.factors[day - daily_ltv_days_seen]});
    }
    if (!analysis_.options.target.given()) return;
    const DailyLtvDecider decider(table, holdout_corrected, later_, analysis_.options.target);
    analysis_.interval = decider.interval();
    analysis_.decisions = decider.decide(analysis_.final, analysis_.input.newest);
  }

  [[gnu::cold]] void write() const {
    const DailyLtvOptions& options = analysis_.options;
    const DailyLtvInput& input = analysis_.input;
    clv::write_csv(analysis_.predicted, input.table, input.newest,
                   daily_ltv_prediction_path(options.base_path, options.epochs, input.file), options.decimals);
    clv::write_csv(analysis_.final, input.table, input.newest, daily_ltv_final_path(options.base_path, input.file),
                   options.decimals);
  }

  Rng rng_;
  DailyLtvAnalysis analysis_;
  std::chrono::sys_days later_{};  // the week that the later half begins with
};

}  // namespace detail

/// @throws FileError for files that are missing, can't be read or can't be written; ValueError where there is nothing
/// to learn from or to predict, and for options outside their domain
[[gnu::cold]] inline DailyLtvAnalysis run_daily_ltv_analysis(const DailyLtvOptions& options) {
  return detail::DailyLtvAnalyser(options).run();
}

}}}  // namespace tenure::TENURE_ABI::clv
