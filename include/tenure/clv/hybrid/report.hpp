/// What there is to show and to keep of a hybrid model: report.html, metrics.json, predictions.csv.
#pragma once

#include "../../data/csv/writer.hpp"
#include "../../report/charts.hpp"
#include "../../report/page.hpp"
#include "../../report/tables.hpp"
#include "../../track/run_directory.hpp"
#include "forecaster.hpp"

namespace tenure { inline namespace TENURE_ABI { namespace clv {

/// The page of a training and what it is worth. Figures that the values do not allow, as shares of a total of 0, are
/// left out, with a note that says so. @param notes to stand above all
/// @returns what keeps plots from being in it, in words, or nothing. @throws FileError
[[gnu::cold]] inline std::string write_report(const HybridComparison& comparison, const History& history,
                                              const std::vector<std::string>& notes, const std::string& path) {
  report::Page page{"Customer lifetime value: the hybrid Transformer-LSTM",
                    notes,
                    {report::metrics_table(comparison.scored, comparison.unit())}};
  for (const std::string& line : metrics::better_than_first(comparison.scored)) {
    page.notes.push_back("Better than the model: " + line + ".");
  }
  const ForecastTotals totals = totals_of(comparison);
  const auto add = [&](auto make) { report::add_part(page, make); };
  const std::vector<double>&p = totals.predicted, &y = totals.actual;
  const std::string unit = "money";
  add([&] { return report::loss_curves(history); });
  add([&] { return report::lorenz_curves(p, y); });
  add([&] { return report::gain_curves(p, y); });
  add([&] { return report::predicted_against_actual(p, y, unit); });
  add([&] { return report::residual_histogram(p, y, unit); });
  add([&] { return report::residuals_over_forecast(p, y, unit); });
  add([&] { return report::value_by_decile(p, y, unit); });
  add([&] {
    return report::forecast_by_month(totals.months, totals.predicted_by_month, totals.actual_by_month, unit);
  });
  add([&] { return report::segment_table(report::value_segments(p), p, y, unit); });
  return report::write_page(page, path);
}

/// What metrics.json holds.
[[gnu::cold]] inline nlohmann::ordered_json metrics_json(const HybridComparison& comparison, const History& history) {
  nlohmann::ordered_json json = tenure::metrics_json(comparison.scored);
  json.update({{"unit", comparison.unit()},
               {"windows", comparison.rows()},
               {"epochs", history.epochs()},
               {"val_loss", history.last("val_loss")},
               {"val_mse", history.last("val_data_loss")}});
  return json;
}

/// How the model stands beside the others, for a terminal.
[[gnu::cold]] inline std::string text_of(const HybridComparison& comparison) {
  return "On the " + std::to_string(comparison.rows()) + " windows of the test part, amounts " +
         (comparison.in_money() ? "in money" : "scaled from 0 to 1") + ":\n" + report::text_table(comparison.scored);
}

/// customer, month, actual, predicted: a row for each month of the test part's windows, in money. @throws FileError
[[gnu::cold]] inline void write_csv(const HybridComparison& comparison, const std::string& path) {
  CsvWriter csv(path, {"customer", "month", "actual", "predicted"});
  for (Index row = 0; row < comparison.rows(); ++row) {
    const auto r = static_cast<std::size_t>(row);
    for (Index t = 0; t < comparison.target.shape()[1]; ++t) {
      csv.field(comparison.customers[r]);
      csv.field(format_month(comparison.first_months[r] + static_cast<int>(t)));
      csv.field(comparison.target(row, t)).field(comparison.forecast(row, t)).end_row();
    }
  }
  csv.commit();
}

/// customer, country, months of history, then a column for each month, as 2012-01. @throws FileError
[[gnu::cold]] inline void write_csv(const HybridForecast& forecast, const std::string& path) {
  CsvWriter csv(path);
  csv.field("customer").field("country").field("months_of_history");
  const Index horizon = forecast.amounts.shape()[1];
  for (Index t = 0; t < horizon; ++t) {
    csv.field(format_month(forecast.first_month + static_cast<int>(t)));
  }
  csv.end_row();
  for (std::size_t c = 0; c < forecast.customers.size(); ++c) {
    csv.field(forecast.customers[c]).field(forecast.countries[c]).field(forecast.history[c]);
    for (const float amount : forecast.amounts[static_cast<Index>(c)]) {
      csv.field(std::round(100 * static_cast<double>(amount)) / 100);
    }
    csv.end_row();
  }
  csv.commit();
}

/// All that a training leaves beside its page: model.safetensors, config.json with these options, history.csv,
/// metrics.json, predictions.csv. @returns what metrics.json holds. @throws FileError
[[gnu::cold]] inline nlohmann::ordered_json write_run(const HybridForecaster& model, const History& history,
                                                      const HybridComparison& comparison, const std::string& directory,
                                                      const nlohmann::ordered_json& options = {}) {
  const nlohmann::ordered_json metrics = metrics_json(comparison, history);
  model.save(directory, options);
  write_history(history, in_directory(directory, "history.csv"));
  write_json(in_directory(directory, "metrics.json"), metrics);
  write_csv(comparison, in_directory(directory, "predictions.csv"));
  return metrics;
}

}}}  // namespace tenure::TENURE_ABI::clv
