/// What a training of bigru_ltv came to, and how it is written: metrics.json, predictions.csv and the report.
#pragma once

#include <tenure/clv/bigru/backtest.hpp>
#include <tenure/clv/bigru/charts.hpp>
#include <tenure/clv/bigru/cross_validation.hpp>
#include <tenure/clv/bigru/importance.hpp>
#include <tenure/report/page.hpp>

#include <tenure/io/state_json.hpp>
#include <tenure/report/tables.hpp>
#include <tenure/track/run_directory.hpp>

namespace tenure {

struct BiGruOutcome {
  const clv::BiGruData& data;
  const History& history;
  std::vector<std::string> notes;        ///< paragraphs of the report
  std::vector<clv::BiGruScored> scored;  ///< on the test part, the model first
  std::vector<double> predicted;         ///< for the windows of the test part
  metrics::Intervals intervals;          ///< of these
  double share;                          ///< that the intervals promise
  clv::Backtest backtest;                ///< iterated over the test part
  std::vector<metrics::Importance> importances;
  std::vector<clv::BiGruFoldScores> folds = {};

  /// Whose weights the model has, from 1 on.
  Index best_epoch() const {
    const std::vector<double>& losses = history["val_loss"];
    return std::ranges::min_element(losses) - losses.begin() + 1;
  }
  std::vector<double> actual() const { return clv::of_windows(data.actual, data.split.test); }
};

inline nlohmann::ordered_json fold_json(const std::vector<clv::BiGruFoldScores>& folds) {
  const auto measures = [&](std::size_t scored) {
    nlohmann::ordered_json json;
    for (const clv::BiGruFoldMeasure& one : clv::over_folds(folds, scored)) {
      json[one.name] = {{"mean", one.mean}, {"deviation", one.deviation}};
    }
    return json;
  };
  nlohmann::ordered_json json{{"folds", folds.size()}, {"model", measures(0)}};
  for (std::size_t s = 1; s < folds[0].scored.size(); ++s) json["baselines"][folds[0].scored[s].name] = measures(s);
  return json;
}

inline nlohmann::ordered_json metrics_json(const BiGruOutcome& outcome) {
  nlohmann::ordered_json json = metrics_json(outcome.scored);
  const metrics::Intervals& intervals = outcome.intervals;
  json.update({{"windows", outcome.predicted.size()},
               {"epochs", outcome.history.epochs()},
               {"best_epoch", outcome.best_epoch()},
               {"val_loss", std::ranges::min(outcome.history["val_loss"])}});
  json["intervals"] = {{"share", outcome.share},
                       {"next_day",
                        {{"coverage", metrics::coverage(intervals.lower, intervals.upper, outcome.actual())},
                         {"mean_width", metrics::mean_width(intervals.lower, intervals.upper)}}},
                       {"iterated",
                        {{"series", outcome.backtest.forecasts.size()},
                         {"coverage", outcome.backtest.coverage},
                         {"mean_width", outcome.backtest.mean_width},
                         {"rmse", outcome.backtest.rmse}}}};
  if (!outcome.folds.empty()) json["cross_validation"] = fold_json(outcome.folds);
  return json;
}

inline void print_folds(const std::vector<clv::BiGruFoldScores>& folds) {
  std::printf("\nMean ± deviation over %zu folds:\n", folds.size());
  for (std::size_t s = 0; s < folds[0].scored.size(); ++s) {
    std::printf("%s:", folds[0].scored[s].name.c_str());
    for (const clv::BiGruFoldMeasure& one : clv::over_folds(folds, s)) {
      std::printf("  %s %.4g ± %.2g", one.name, one.mean, one.deviation);
    }
    std::puts("");
  }
}

/// series, date, actual, predicted, lower, upper: the next day's forecasts of the test part. @throws FileError
inline void write_predictions(const BiGruOutcome& outcome, const std::string& path) {
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
inline void write_forecasts(const std::vector<clv::BiGruForecast>& forecasts, const std::string& path) {
  CsvWriter csv(path, {"series", "date", "predicted", "lower", "upper"});
  for (const clv::BiGruForecast& forecast : forecasts) {
    for (std::size_t day = 0; day < forecast.dates.size(); ++day) {
      csv.field(forecast.name).field(format_date(forecast.dates[day])).field(forecast.predicted[day]);
      csv.field(forecast.intervals.lower[day]).field(forecast.intervals.upper[day]).end_row();
    }
  }
  csv.commit();
}

namespace detail {

/// What intervals promise and hold.
inline report::Table interval_table(const BiGruOutcome& outcome) {
  const nlohmann::ordered_json json = metrics_json(outcome)["intervals"];
  report::Table table{.id = "intervals",
                      .title = "Prediction intervals",
                      .columns = {"Forecast", "Promised (%)", "Covered on the test part (%)", "Mean width"},
                      .rows = {}};
  for (const auto& [key, name] : {std::pair("next_day", "next day"), {"iterated", "iterated over the test part"}}) {
    const nlohmann::ordered_json& one = json[key];
    const auto number = [&](const char* field, double factor, int decimals) {
      return text::fixed(one[field].is_number() ? factor * one[field].get<double>() : missing_value, decimals);
    };
    table.rows.push_back(
        {name, text::readable(100 * outcome.share), number("coverage", 100, 1), number("mean_width", 1, 4)});
  }
  table.caption = "From residuals of the validation part, by weekday, in deviations of a series' last 30 days.";
  return table;
}

/// The values that were bounded, the farthest out first.
inline report::Table anomaly_table(const clv::BiGruData& data) {
  report::Table table{
      .id = "anomalies", .title = "Anomalies", .columns = {"Series", "Day", "Value", "Moved to"}, .rows = {}};
  std::vector<clv::BiGruAnomaly> sorted = data.anomalies;
  std::ranges::stable_sort(sorted, std::greater<>(), [](const auto& one) { return std::abs(one.value - one.bound); });
  for (const clv::BiGruAnomaly& one : std::span(sorted).first(std::min<std::size_t>(sorted.size(), 20))) {
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
inline std::string write_report(const BiGruOutcome& outcome, const std::string& path) {
  report::Page report{"Daily values: bidirectional GRUs", outcome.notes, {report::metrics_table(outcome.scored, "")}};
  const std::vector<std::string> better = metrics::better_than_first(outcome.scored);
  for (const std::string& line : better) report.notes.push_back("Better than the model: " + line + ".");
  if (better.empty()) report.notes.push_back("No naive rule is better than the model in any of these measures.");
  const auto add = [&](auto make) { report::add_part(report, make); };
  const clv::BiGruData& data = outcome.data;
  const std::vector<double>&p = outcome.predicted, y = outcome.actual();
  const clv::BiGruBacktest& backtest = outcome.backtest;
  if (!outcome.folds.empty()) report.parts.push_back(clv::fold_table(outcome.folds));
  add([&] { return report::loss_curves(outcome.history); });
  add([&] { return clv::predicted_by_day(data, data.split.test, p); });
  add([&] { return report::predicted_against_actual(p, y, "", "days of a series"); });
  add([&] { return clv::residuals_by_day(data, data.split.test, p); });
  add([&] { return report::residual_histogram(p, y, "", "days of a series"); });
  add([&] { return clv::residual_autocorrelation(data, data.split.test, p); });
  add([&] { return report::importance_bars(outcome.importances, "RMSE"); });
  if (!backtest.forecasts.empty()) {
    add([&] { return clv::forecast_with_intervals(backtest.forecasts[0], backtest.actual[0], outcome.share); });
  }
  report.parts.push_back(detail::interval_table(outcome));
  if (!data.anomalies.empty()) report.parts.push_back(detail::anomaly_table(data));
  return report::write_page(report, path);
}

}  // namespace tenure
