/// The daily LTV model from the files to the decisions, as one call:
///
///   const auto analysis = clv::run_ltv_analysis({.base_path = "campaigns", .prediction_days = 30, .epochs = 50});
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

enum class LtvCorrection {
  published,  ///< learnt on all rows, so that it is measured on what it was learnt from
  holdout,    ///< learnt on the earlier half of the weeks
};
inline constexpr std::array ltv_correction_names{"published", "holdout"};

struct LtvOptions {
  std::string base_path;
  Index prediction_days = 30;
  Index epochs = 50;
  Index batch_size = 32;
  std::uint64_t seed = 42;
  double learning_rate = 1e-3;
  LtvCorrection correction = LtvCorrection::published;
  LtvTarget target = {};           ///< decisions, where there is one
  int decimals = 2;                ///< of the predictions in the files
  bool rolling_validation = true;  ///< takes about as long as the training
  bool write_files = true;
  /// A model to go on with rather than a new one.
  const DailyLtv<float>* start = nullptr;
  /// Trains the model: with checkpoints, on threads, with a word in between. By default fit() without any of that.
  std::function<History(DailyLtv<float>&, Adam<float>&, const LtvDataset& train, const LtvDataset& validation)> train =
      {};

  LtvTraining training() const noexcept {
    return {.epochs = epochs, .batch_size = batch_size, .seed = seed, .learning_rate = learning_rate};
  }
};

/// Accuracies of a band of days. "holdout" is what a model, a correction or a rule of the earlier half of the weeks
/// gives on the later half: only that is a forecast.
struct LtvBandScores {
  std::string name;
  LtvAccuracy accuracy;   ///< of all rows, by the model that learnt from all
  LtvAccuracy corrected;  ///< the same, by the published correction
  LtvAccuracy holdout_model, holdout_corrected;
  std::array<LtvAccuracy, ltv_rules.size()> holdout_rules;  ///< in the order of ltv_rules
};

struct LtvDayScores {
  std::size_t day;
  LtvAccuracy accuracy, corrected;
  double factor;  ///< of the correction that was applied
};

struct LtvAnalysis {
  LtvOptions options;
  LtvInput input;  ///< all rows, those of the newest file first
  DailyLtv<float> model;
  History history = {};
  Index sequences = 0, training_sequences = 0, validation_sequences = 0;
  std::size_t usable_rows = 0;  ///< of the newest file: with seven known, positive days
  std::size_t falling_values = 0;
  std::vector<double> factors = {};        ///< of the correction that was applied, from day 7 on
  LtvForecast predicted = {}, final = {};  ///< of all rows
  std::vector<LtvBandScores> bands = {};
  std::vector<LtvDayScores> by_day = {};
  std::vector<LtvGrowthOfDay> growth = {};
  std::vector<UnusualLtv> unusual = {};
  LtvValidation validation = {};
  LtvInterval interval = {};  ///< of single rows on the day of the target
  std::vector<LtvDecision> decisions = {};
  std::vector<LtvAccuracy> start_accuracy = {};  ///< by band, of the model that was gone on with, before it learnt more

  const LtvTable& table() const noexcept { return input.table; }
};

namespace detail {

/// Carries out an analysis; one use.
class LtvAnalyser {
 public:
  [[gnu::cold]] explicit LtvAnalyser(const LtvOptions& options)
      : rng_(options.seed),
        analysis_{.options = options, .input = read_ltv_input(options.base_path), .model = first_model()} {}

  [[gnu::cold]] LtvAnalysis run() {
    const LtvOptions& options = analysis_.options;
    const LtvTable& table = analysis_.table();
    if (options.write_files) make_ltv_directories(options.base_path);
    later_ = later_half(table);
    check();
    if (options.start) measure_start();
    train();
    analysis_.predicted = forecast_ltv(analysis_.model, table, options.prediction_days);
    measure();
    analysis_.growth = ltv_growth_by_day(table, analysis_.predicted.end() - 1);
    analysis_.unusual = unusual_ltv(table, analysis_.predicted.end() - 1);
    if (options.rolling_validation) {
      analysis_.validation = validate_ltv(table, options.prediction_days, options.training());
    }
    if (options.write_files) write();
    return std::move(analysis_);
  }

 private:
  static bool all(std::size_t) noexcept { return true; }
  bool earlier(std::size_t row) const noexcept { return analysis_.input.table.rows[row].begin < later_; }

  /// What can be known to go wrong before minutes of training.
  [[gnu::cold]] void check() {
    const LtvTable& table = analysis_.table();
    analysis_.falling_values = falls(table);
    for (std::size_t r = 0; r < analysis_.input.newest; ++r) {
      analysis_.usable_rows += table.rows[r].usable(0, ltv_days_seen);
    }
    if (!has_ltv_sequences(table)) {
      throw ValueError(analysis_.input.file.path, "a row with eight known, positive days on end",
                       {"none among ", table.rows.size()});
    }
    if (analysis_.usable_rows == 0) {
      throw ValueError(analysis_.input.file.path, "a row whose first seven days are known and positive",
                       {"none among ", analysis_.input.newest});
    }
    const LtvForecast none = empty_forecast(table, analysis_.options.prediction_days);
    if (analysis_.options.target.given()) LtvDecider(table, none, later_, analysis_.options.target);
    for (const std::string& name : analysis_.options.target.group_by) table.column(name);
  }

  DailyLtv<float> first_model() { return DailyLtv<float>({}, rng_); }

  [[gnu::cold]] void measure_start() {
    analysis_.model = *analysis_.options.start;
    const LtvForecast forecast = forecast_ltv(analysis_.model, analysis_.table(), analysis_.options.prediction_days);
    for (const LtvBand& band : ltv_bands) {
      analysis_.start_accuracy.push_back(ltv_accuracy(analysis_.table(), forecast, band.first, band.last, all));
    }
  }

  [[gnu::cold]] void train() {
    const LtvSequences sequences = ltv_sequences(analysis_.table());
    const Split split = split_ltv_sequences(analysis_.table(), sequences, analysis_.options.seed);
    const LtvDataset train = sequences.dataset(split.train), validation = sequences.dataset(split.validation);
    analysis_.sequences = sequences.count();
    analysis_.training_sequences = train.rows();
    analysis_.validation_sequences = validation.rows();
    const Parameters<float> parameters(analysis_.model);
    Adam<float> adam(parameters, ltv_adam(analysis_.options.learning_rate));
    if (analysis_.options.train) {
      analysis_.history = analysis_.options.train(analysis_.model, adam, train, validation);
      return;
    }
    analysis_.history = fit(analysis_.model, adam, mse, train,
                            {.epochs = analysis_.options.epochs,
                             .batch_size = analysis_.options.batch_size,
                             .seed = analysis_.options.seed,
                             .validation_data = &validation,
                             .metrics = ltv_metrics(),
                             .progress = Progress::silent});
    if (analysis_.history.stop == Stop::not_finite) throw Error("daily LTV: " + analysis_.history.reason);
  }

  /// What the model of the earlier weeks predicts.
  [[gnu::cold]] LtvForecast holdout_forecast() {
    const LtvTable& table = analysis_.table();
    const LtvSequences sequences = ltv_sequences(table, [&](std::size_t r) { return earlier(r); });
    DailyLtv<float> model = first_model();
    train_ltv(model, LtvDataset(sequences.growth, sequences.next), analysis_.options.training());
    return forecast_ltv(model, table, analysis_.options.prediction_days);
  }

  [[gnu::cold]] void measure() {
    const LtvTable& table = analysis_.table();
    const auto early = [&](std::size_t r) { return earlier(r); };
    const auto late = [&](std::size_t r) { return !earlier(r); };
    const LtvForecast& predicted = analysis_.predicted;
    const LtvForecast holdout = holdout_forecast();
    const LtvForecast holdout_corrected = corrected(holdout, ltv_correction(table, holdout, early));
    const std::vector<double> published = ltv_correction(table, predicted, all);
    const bool as_published = analysis_.options.correction == LtvCorrection::published;
    analysis_.factors = as_published ? published : ltv_correction(table, predicted, early);
    analysis_.final = corrected(predicted, analysis_.factors);
    const LtvForecast in_sample = corrected(predicted, published);
    std::vector<LtvForecast> rules;
    for (const LtvRule rule : ltv_rules) {
      rules.push_back(
          forecast_ltv_by_rule(growth_by_rule(rule, table, analysis_.options.prediction_days, early), table));
    }
    for (const LtvBand& band : ltv_bands) {
      const auto over = [&](const LtvForecast& forecast, auto&& wanted) {
        return ltv_accuracy(table, forecast, band.first, band.last, wanted);
      };
      LtvBandScores scores{.name = band.name,
                           .accuracy = over(predicted, all),
                           .corrected = over(in_sample, all),
                           .holdout_model = over(holdout, late),
                           .holdout_corrected = over(holdout_corrected, late),
                           .holdout_rules = {}};
      for (std::size_t i = 0; i < rules.size(); ++i) scores.holdout_rules[i] = over(rules[i], late);
      analysis_.bands.push_back(std::move(scores));
    }
    for (std::size_t day = ltv_days_seen; day < predicted.end(); ++day) {
      analysis_.by_day.push_back({day, ltv_accuracy(table, predicted, day, day, all),
                                  ltv_accuracy(table, analysis_.final, day, day, all),
                                  analysis_.factors[day - ltv_days_seen]});
    }
    if (!analysis_.options.target.given()) return;
    const LtvDecider decider(table, holdout_corrected, later_, analysis_.options.target);
    analysis_.interval = decider.interval();
    analysis_.decisions = decider.decide(analysis_.final, analysis_.input.newest);
  }

  [[gnu::cold]] void write() const {
    const LtvOptions& options = analysis_.options;
    const LtvInput& input = analysis_.input;
    clv::write_csv(analysis_.predicted, input.table, input.newest,
                   ltv_prediction_path(options.base_path, options.epochs, input.file), options.decimals);
    clv::write_csv(analysis_.final, input.table, input.newest, ltv_final_path(options.base_path, input.file),
                   options.decimals);
  }

  Rng rng_;
  LtvAnalysis analysis_;
  std::chrono::sys_days later_{};  // the week that the later half begins with
};

}  // namespace detail

/// @throws FileError for files that are missing, can't be read or can't be written; ValueError where there is nothing
/// to learn from or to predict, and for options outside their domain
[[gnu::cold]] inline LtvAnalysis run_ltv_analysis(const LtvOptions& options) {
  return detail::LtvAnalyser(options).run();
}

}}}  // namespace tenure::TENURE_ABI::clv
