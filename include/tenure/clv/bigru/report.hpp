/// What a training of bidirectional GRUs came to, and how it is written: metrics.json, predictions.csv and the report.
///
///   const clv::BiGruOutcome outcome = clv::bigru_outcome(model, data, history);
///   clv::write_run(model, outcome, "runs/bigru_ltv");
///   clv::write_report(outcome, "runs/bigru_ltv/report.html");
///
/// Component tenure::json.
#pragma once

#include "../../core/text.hpp"
#include "../../report/page.hpp"
#include "../../report/tables.hpp"
#include "../../track/run_directory.hpp"
#include "backtest.hpp"
#include "charts.hpp"
#include "cross_validation.hpp"

namespace tenure { inline namespace TENURE_ABI { namespace clv {

/// What a training came to.
struct BiGruOutcome {
  const BiGruData& data;
  const History& history;
  std::vector<BiGruScored> scored;  ///< on the test part, the model first
  std::vector<double> predicted;    ///< for the windows of the test part
  metrics::Intervals intervals;     ///< of these
  double share;                     ///< that the intervals promise
  BiGruBacktest backtest;           ///< iterated over the test part
  std::vector<metrics::Importance> importances;
  std::vector<BiGruFoldScores> folds = {};
  std::vector<std::string> notes = {};  ///< paragraphs of the report

  /// Whose weights the model has, from 1 on.
  Index best_epoch() const {
    const std::vector<double>& losses = history["val_loss"];
    return std::ranges::min_element(losses) - losses.begin() + 1;
  }
  std::vector<double> actual() const { return of_windows(data.actual, data.split.test); }
};

/// What bigru_outcome() draws, and what its intervals promise.
struct BiGruOutcomeOptions {
  double share = 0.9;       ///< that the intervals promise
  std::uint64_t seed = 42;  ///< of paths and permutations
};

/// Measures a trained model on the data's test part: next days and iterated forecasts, intervals, features' importance.
/// @param data and history, which must stay @throws StateError for a model that is not trained
[[gnu::cold]] inline BiGruOutcome bigru_outcome(const BiGruForecaster& forecaster, const BiGruData& data,
                                                const History& history, const BiGruOutcomeOptions& options = {},
                                                Executor* executor = nullptr) {
  const std::vector<Index>& test = data.split.test;
  const std::vector<double> predicted = forecaster.predict(data, test, executor);
  return {.data = data,
          .history = history,
          .scored = scored_beside_rules(data, test, predicted, "BiGRU"),
          .predicted = predicted,
          .intervals = next_day_intervals(data, test, predicted, forecaster.residuals, options.share),
          .share = options.share,
          .backtest = backtest(forecaster, data, data.days.test.front(),
                               {.horizon = static_cast<Index>(data.days.test.size()),
                                .share = options.share,
                                .paths = 100,
                                .seed = options.seed},
                               executor),
          .importances = bigru_importances(forecaster, data, options.seed, executor)};
}

namespace detail {

[[gnu::cold]] inline nlohmann::ordered_json fold_json(const std::vector<BiGruFoldScores>& folds) {
  const auto measures = [&](std::size_t scored) {
    nlohmann::ordered_json json;
    for (const BiGruFoldMeasure& one : over_folds(folds, scored)) {
      json[one.name] = {{"mean", one.mean}, {"deviation", one.deviation}};
    }
    return json;
  };
  nlohmann::ordered_json json{{"folds", folds.size()}, {"model", measures(0)}};
  for (std::size_t s = 1; s < folds[0].scored.size(); ++s) json["baselines"][folds[0].scored[s].name] = measures(s);
  return json;
}

}  // namespace detail

/// What metrics.json holds: metrics_json() of the scores, "intervals", "cross_validation" and more.
[[gnu::cold]] inline nlohmann::ordered_json metrics_json(const BiGruOutcome& outcome) {
  nlohmann::ordered_json json = tenure::metrics_json(outcome.scored);
  const metrics::Intervals& intervals = outcome.intervals;
  json.update({{"windows", outcome.predicted.size()},
               {"epochs", outcome.history.epochs()},
               {"best_epoch", outcome.best_epoch()},
               {"val_loss", (std::ranges::min)(outcome.history["val_loss"])}});
  json["intervals"] = {{"share", outcome.share},
                       {"next_day",
                        {{"coverage", metrics::coverage(intervals.lower, intervals.upper, outcome.actual())},
                         {"mean_width", metrics::mean_width(intervals.lower, intervals.upper)}}},
                       {"iterated",
                        {{"series", outcome.backtest.forecasts.size()},
                         {"coverage", outcome.backtest.coverage},
                         {"mean_width", outcome.backtest.mean_width},
                         {"rmse", outcome.backtest.rmse}}}};
  if (!outcome.folds.empty()) json["cross_validation"] = detail::fold_json(outcome.folds);
  return json;
}

/// series, date, actual, predicted, lower, upper: the next day's forecasts of the test part. @throws FileError
[[gnu::cold]] inline void write_predictions(const BiGruOutcome& outcome, const std::string& path) {
  CsvWriter csv(path, {"series", "date", "actual", "predicted", "lower", "upper"});
  for (std::size_t i = 0; i < outcome.predicted.size(); ++i) {
    const Index window = outcome.data.split.test[i];
    csv.field(outcome.data.series_of(window).name).field(format_date(outcome.data.target_date(window)));
    csv.field(outcome.data.actual[static_cast<std::size_t>(window)]).field(outcome.predicted[i]);
    csv.field(outcome.intervals.lower[i]).field(outcome.intervals.upper[i]).end_row();
  }
  csv.commit();
}

/// series, date, predicted, lower, upper: days to come. @throws FileError
[[gnu::cold]] inline void write_csv(const std::vector<BiGruForecast>& forecasts, const std::string& path) {
  CsvWriter csv(path, {"series", "date", "predicted", "lower", "upper"});
  for (const BiGruForecast& forecast : forecasts) {
    for (std::size_t day = 0; day < forecast.dates.size(); ++day) {
      csv.field(forecast.name).field(format_date(forecast.dates[day])).field(forecast.predicted[day]);
      csv.field(forecast.intervals.lower[day]).field(forecast.intervals.upper[day]).end_row();
    }
  }
  csv.commit();
}

/// Writes what a run leaves beside its report: model.safetensors, config.json with these options in it, history.csv,
/// metrics.json and predictions.csv. @return what metrics.json holds @throws FileError
[[gnu::cold]] inline nlohmann::ordered_json write_run(const BiGruForecaster& forecaster, const BiGruOutcome& outcome,
                                                      const std::string& directory,
                                                      const nlohmann::ordered_json& options = {}) {
  forecaster.save(directory, options);
  write_history(outcome.history, in_directory(directory, "history.csv"));
  const nlohmann::ordered_json metrics = metrics_json(outcome);
  write_json(in_directory(directory, "metrics.json"), metrics);
  write_predictions(outcome, in_directory(directory, "predictions.csv"));
  return metrics;
}

/// "Data: cohorts, 12 series from …": what a model learnt from, for its report. @param source of the series
/// @param seed of the training
[[gnu::cold]] inline std::string describe(const BiGruData& data, const std::string& source, std::uint64_t seed) {
  const auto count = [](std::size_t n) { return std::to_string(n); };
  return "Data: " + source + ", " + count(data.set.series.size()) + " series from " + format_date(data.period.first) +
         " to " + format_date(data.period.day(data.period.days - 1)) + "; " + std::to_string(data.set.filled()) +
         " days that the files lack were filled, " + count(data.anomalies.size()) + " anomalies were bounded. " +
         count(data.split.train.size()) + " windows of " + std::to_string(data.options.window) + " days to train on, " +
         count(data.split.validation.size()) + " to validate, " + count(data.split.test.size()) + " to test, from " +
         format_date(data.target_date(data.split.test.front())) + " on. Seed " + std::to_string(seed) + ".";
}

/// What was measured, for a terminal.
[[gnu::cold]] inline std::string text_of(const BiGruOutcome& outcome) {
  const metrics::Intervals& intervals = outcome.intervals;
  std::string text =
      text::formatted("\nOn the %zu windows of the test part:\n", outcome.predicted.size()) +
      report::text_table(outcome.scored) +
      text::formatted(
          "\nIntervals that are to hold %g %% of the days hold %.1f %% of the next days, and %.1f %% "
          "of the days of forecasts that are fed back over the test part.\n",
          100 * outcome.share, 100 * metrics::coverage(intervals.lower, intervals.upper, outcome.actual()),
          100 * outcome.backtest.coverage);
  if (outcome.folds.empty()) return text;
  text += text::formatted("\nMean ± deviation over %zu folds:\n", outcome.folds.size());
  for (std::size_t s = 0; s < outcome.folds[0].scored.size(); ++s) {
    text += outcome.folds[0].scored[s].name + ":";
    for (const BiGruFoldMeasure& one : over_folds(outcome.folds, s)) {
      text += text::formatted("  %s %.4g ± %.2g", one.name, one.mean, one.deviation);
    }
    text += "\n";
  }
  return text;
}

/// Each fold's days and measures, then mean ± deviation of the model's and the rules'.
[[gnu::cold]] inline report::Table fold_table(std::span<const BiGruFoldScores> folds) {
  report::Table table{.id = "folds", .title = "Cross-validation", .columns = {"Tested", "Windows"}, .rows = {}};
  for (const metrics::Measure& measure : BiGruScores::measures) table.columns.push_back(measure.name);
  for (const BiGruFoldScores& fold : folds) {
    table.rows.push_back({format_date(fold.first) + " to " + format_date(fold.last), std::to_string(fold.windows)});
    for (const double value : metrics::values_of(fold.scored[0].scores))
      table.rows.back().push_back(text::in_four_digits(value));
  }
  for (std::size_t s = 0; s < folds[0].scored.size(); ++s) {
    table.rows.push_back({"Mean ± deviation: " + folds[0].scored[s].name, ""});
    for (const BiGruFoldMeasure& measure : over_folds(folds, s)) {
      table.rows.back().push_back(text::in_four_digits(measure.mean) + " ± " + text::in_four_digits(measure.deviation));
    }
  }
  table.caption = "Each model learnt from other days than those that it was tested on; the test part took no part.";
  return table;
}

namespace detail {

/// What intervals promise and hold.
[[gnu::cold]] inline report::Table interval_table(const BiGruOutcome& outcome) {
  report::Table table{.id = "intervals",
                      .title = "Prediction intervals",
                      .columns = {"Forecast", "Promised (%)", "Covered on the test part (%)", "Mean width"},
                      .rows = {}};
  const auto add = [&](const char* forecast, double coverage, double mean_width) {
    table.rows.push_back(
        {forecast, text::readable(100 * outcome.share), text::fixed(100 * coverage, 1), text::fixed(mean_width, 4)});
  };
  const auto& [lower, upper] = outcome.intervals;
  add("next day", metrics::coverage(lower, upper, outcome.actual()), metrics::mean_width(lower, upper));
  add("iterated over the test part", outcome.backtest.coverage, outcome.backtest.mean_width);
  table.caption = "From residuals of the validation part, by weekday, in deviations of a series' last 30 days.";
  return table;
}

/// The values that were bounded, the farthest out first.
[[gnu::cold]] inline report::Table anomaly_table(const BiGruData& data) {
  report::Table table{
      .id = "anomalies", .title = "Anomalies", .columns = {"Series", "Day", "Value", "Moved to"}, .rows = {}};
  std::vector<BiGruAnomaly> sorted = data.anomalies;
  std::ranges::stable_sort(sorted, std::greater<>(), [](const auto& one) { return std::abs(one.value - one.bound); });
  for (const BiGruAnomaly& one : std::span(sorted).first((std::min<std::size_t>)(sorted.size(), 20))) {
    const DailySeries& series = data.set.series[one.series];
    table.rows.push_back(
        {series.name, format_date(series.dates[one.day]), text::readable(one.value), text::readable(one.bound)});
  }
  table.caption = std::to_string(sorted.size()) + " in all" +
                  (sorted.size() > 20 ? ", of which the farthest 20. " : ". ") +
                  "They were moved for what the model reads and learns, not for what it is measured on.";
  return table;
}

}  // namespace detail

/// @return what keeps plots from being in it, in words, or nothing. @throws FileError
[[gnu::cold]] inline std::string write_report(const BiGruOutcome& outcome, const std::string& path) {
  report::Page report{"Daily values: bidirectional GRUs", outcome.notes, {report::metrics_table(outcome.scored, "")}};
  const std::vector<std::string> better = metrics::better_than_first(outcome.scored);
  for (const std::string& line : better) report.notes.push_back("Better than the model: " + line + ".");
  if (better.empty()) report.notes.push_back("No naive rule is better than the model in any of these measures.");
  const auto add = [&](auto make) { report::add_part(report, make); };
  const BiGruData& data = outcome.data;
  const std::vector<double>&p = outcome.predicted, y = outcome.actual();
  const BiGruBacktest& backtest = outcome.backtest;
  if (!outcome.folds.empty()) report.parts.push_back(fold_table(outcome.folds));
  add([&] { return report::loss_curves(outcome.history); });
  add([&] { return predicted_by_day(data, data.split.test, p); });
  add([&] { return report::predicted_against_actual(p, y, "", "days of a series"); });
  add([&] { return residuals_by_day(data, data.split.test, p); });
  add([&] { return report::residual_histogram(p, y, "", "days of a series"); });
  add([&] { return residual_autocorrelation(data, data.split.test, p); });
  add([&] { return report::importance_bars(outcome.importances, "RMSE"); });
  if (!backtest.forecasts.empty()) {
    add([&] { return forecast_with_intervals(backtest.forecasts[0], backtest.actual[0], outcome.share); });
  }
  report.parts.push_back(detail::interval_table(outcome));
  if (!data.anomalies.empty()) report.parts.push_back(detail::anomaly_table(data));
  return report::write_page(report, path);
}

}}}  // namespace tenure::TENURE_ABI::clv
