/// What there is to show and to keep of an ANN: report.html, metrics.json, segments.csv, and forecasts as CSV.
#pragma once

#include "../../core/text.hpp"
#include "../../data/csv/writer.hpp"
#include "../../report/charts.hpp"
#include "../../report/page.hpp"
#include "../../report/tables.hpp"
#include "../../track/run_directory.hpp"
#include "../features/rfm_segments.hpp"
#include "forecaster.hpp"

namespace tenure { inline namespace TENURE_ABI { namespace clv {

namespace detail {

/// 0.10
[[gnu::cold]] inline std::string level_name(double level) { return std::to_string(level).substr(0, 4); }

[[gnu::cold]] inline RfmSegments segments_of(const AnnData& data, std::span<const Index> rows) {
  const auto column = [&](std::string_view feature) {
    std::vector<double> values;
    for (const Index row : rows) values.push_back(data.feature(row, feature));
    return values;
  };
  return rfm_segments(column("days_since_last"), column("frequency"), column("total_spend"));
}

/// customer, forecast, its quantiles, the probability of being alive, expected purchases, the RFM scores, segment and
/// tier, and what was spent where `actual` has it: a row for each of some customers.
[[gnu::cold]] inline void write_customers(const AnnData& data, std::span<const Index> rows, const AnnForecast& forecast,
                                          std::span<const double> actual, const std::string& path) {
  const RfmSegments segments = segments_of(data, rows);
  const std::vector<std::string> tiers = report::value_segments(forecast.spend);
  CsvWriter csv(path);
  csv.field("customer").field("forecast");
  for (const double level : forecast.levels) csv.field("quantile_" + level_name(level));
  for (const char* name : {"probability_alive", "expected_purchases", "recency_score", "frequency_score",
                           "monetary_score", "segment", "tier"}) {
    csv.field(name);
  }
  if (!actual.empty()) csv.field("actual");
  csv.end_row();
  const auto money = [](double x) { return std::round(100 * x) / 100; };
  const auto share = [](double x) { return std::round(1e4 * x) / 1e4; };
  for (std::size_t i = 0; i < rows.size(); ++i) {
    csv.field(data.customers[static_cast<std::size_t>(rows[i])]).field(money(forecast.spend[i]));
    for (const auto& of_share : forecast.quantiles) csv.field(money(of_share[i]));
    csv.field(share(forecast.alive[i])).field(share(forecast.purchases[i]));
    csv.field(segments.recency[i]).field(segments.frequency[i]).field(segments.monetary[i]);
    csv.field(segments.name[i]).field(tiers[i]);
    if (!actual.empty()) csv.field(money(actual[i]));
    csv.end_row();
  }
  csv.commit();
}

}  // namespace detail

/// A row for each customer that was evaluated: customer, forecast, its quantiles, the probability of being alive,
/// expected purchases, RFM scores, segment and tier, and what was spent. @throws FileError
[[gnu::cold]] inline void write_csv(const AnnEvaluation& evaluation, const AnnData& data, const std::string& path) {
  detail::write_customers(data, evaluation.rows, evaluation.forecast, evaluation.actual, path);
}

/// The same of all customers of the data that a forecast is of, without what was spent. @throws FileError
[[gnu::cold]] inline void write_csv(const AnnForecast& forecast, const AnnData& data, const std::string& path) {
  detail::write_customers(data, tenure::detail::numbers(0, data.size()), forecast, {}, path);
}

/// What metrics.json holds.
[[gnu::cold]] inline nlohmann::ordered_json metrics_json(const AnnEvaluation& evaluation, const AnnData& data,
                                                         const History& history) {
  nlohmann::ordered_json json = tenure::metrics_json(evaluation.scored), quantiles, likelihoods;
  const std::vector<double>& levels = evaluation.forecast.levels;
  for (std::size_t k = 0; k < levels.size(); ++k) {
    quantiles[detail::level_name(levels[k])] = {
        {"share_at_or_below", evaluation.share_at_or_below(k)},
        {"pinball_loss", metrics::pinball_loss(evaluation.forecast.quantiles[k], evaluation.actual, levels[k])}};
  }
  LikelihoodFits::fields(evaluation.fits, [&](const char* name, const MaximumLikelihood& fit) {
    nlohmann::ordered_json& one = likelihoods[name];
    for (const Estimated& parameter : fit.parameters) {  // NaN becomes null
      one[parameter.name] = {{"value", parameter.value}, {"standard_error", parameter.standard_error}};
    }
    one.update({{"log_likelihood", fit.log_likelihood}, {"converged", fit.converged}, {"boundary", fit.boundary}});
  });
  json["quantiles"] = quantiles;
  if (levels.size() > 1) {
    const auto &lower = evaluation.forecast.quantiles.front(), &upper = evaluation.forecast.quantiles.back();
    json["interval"] = {{"promised", levels.back() - levels.front()},
                        {"coverage", metrics::coverage(lower, upper, evaluation.actual)},
                        {"mean_width", metrics::mean_width(lower, upper)}};
  }
  json.update({{"network_share", evaluation.shares},
               {"customers", data.size()},
               {"evaluated", evaluation.rows.size()},
               {"cutoff", format_date(data.cutoff)},
               {"horizon", data.horizon},
               {"epochs", history.epochs()},
               {"val_loss", history.last("val_loss")},
               {"likelihoods", likelihoods}});
  return json;
}

/// The page of a training and what it is worth. @param notes to stand above all
/// @returns what keeps plots from being in it, in words, or nothing. @throws FileError
[[gnu::cold]] inline std::string write_report(const AnnEvaluation& evaluation, const AnnData& data,
                                              const History& history, const std::vector<std::string>& notes,
                                              const std::string& path) {
  const std::vector<double>&p = evaluation.forecast.spend, &y = evaluation.actual;
  const std::string unit = "money";
  report::Page page{"Customer lifetime value: the ANN", notes, {report::metrics_table(evaluation.scored, unit)}};
  for (const std::string& line : metrics::better_than_first(evaluation.scored)) {
    page.notes.push_back("Better than the model: " + line + ".");
  }
  LikelihoodFits::fields(evaluation.fits, [&](const char* name, const MaximumLikelihood& fit) {
    page.notes.push_back(std::string(name) + ": " + fit.to_string() + (fit.converged ? "." : "; not converged."));
  });
  const auto add = [&](auto make) { report::add_part(page, make); };
  add([&] { return report::gain_curves(p, y); });
  add([&] { return report::value_by_decile(p, y, unit); });
  add([&] { return report::predicted_against_actual(p, y, unit); });
  add([&] { return report::residuals_over_forecast(p, y, unit); });
  add([&] { return report::residual_histogram(p, y, unit); });
  add([&] { return report::importance_bars(evaluation.importance, "RMSE (money)"); });
  add([&] { return report::loss_curves(history); });
  add([&] {
    report::Table table = report::segment_table(detail::segments_of(data, evaluation.rows).name, p, y, unit);
    table.title = "RFM segments";
    return table;
  });
  add([&] {
    report::Table table = report::segment_table(report::value_segments(p), p, y, unit);
    table.id = "tiers", table.title = "Value tiers";
    return table;
  });
  return report::write_page(page, path);
}

/// How the model stands beside the baselines, and what its quantiles held, for a terminal.
[[gnu::cold]] inline std::string text_of(const AnnEvaluation& evaluation) {
  std::string lines = "On " + std::to_string(evaluation.rows.size()) +
                      " customers that the models which forecast them were not trained on, in money:\n" +
                      report::text_table(evaluation.scored);
  const std::vector<double>& levels = evaluation.forecast.levels;
  for (std::size_t k = 0; k < levels.size(); ++k) {
    lines += (k == 0 ? "\n" : ", ") + text::percent(evaluation.share_at_or_below(k)) +
             " of the customers spent at most the forecast quantile " + text::formatted("%g", levels[k]);
  }
  return lines + "\n";
}

/// All that a training leaves beside its page: model.safetensors, config.json with these options, history.csv,
/// metrics.json, segments.csv. @returns what metrics.json holds. @throws FileError
[[gnu::cold]] inline nlohmann::ordered_json write_run(const AnnForecaster& model, const History& history,
                                                      const AnnEvaluation& evaluation, const AnnData& data,
                                                      const std::string& directory,
                                                      const nlohmann::ordered_json& options = {}) {
  const nlohmann::ordered_json metrics = metrics_json(evaluation, data, history);
  model.save(directory, options);
  write_history(history, in_directory(directory, "history.csv"));
  write_json(in_directory(directory, "metrics.json"), metrics);
  write_csv(evaluation, data, in_directory(directory, "segments.csv"));
  return metrics;
}

}}}  // namespace tenure::TENURE_ABI::clv
