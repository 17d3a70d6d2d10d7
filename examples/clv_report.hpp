/// The report that programs on customer lifetime value write: what they measured, and pictures of it.
#pragma once

#include <tenure/clv/hybrid/evaluation.hpp>
#include <tenure/report/charts.hpp>
#include <tenure/report/page.hpp>

#include <tenure/io/state_json.hpp>
#include <tenure/report/tables.hpp>
#include <tenure/track/run_directory.hpp>

namespace tenure {

/// What a report shows.
struct ClvReport {
  std::string title;
  std::vector<std::string> notes;
  std::vector<metrics::Scored> scored;  ///< the model first
  std::string unit;                     ///< of RMSE and MAE
  const History& history;
  clv::ForecastTotals totals;
};

/// Figures that the values do not allow, as shares of a total of 0, are left out, with a note that says so.
/// @return what keeps plots from being in it, in words, or nothing. @throws FileError
inline std::string write_clv_report(const ClvReport& from, const std::string& path) {
  report::Page report{from.title, from.notes, {report::metrics_table(from.scored, from.unit)}};
  for (const std::string& line : metrics::better_than_first(from.scored)) {
    report.notes.push_back("Better than the model: " + line + ".");
  }
  const auto add = [&](auto make) { report::add_part(report, make); };
  const std::vector<double>&p = from.totals.predicted, &y = from.totals.actual;
  const std::string unit = "money";
  add([&] { return report::loss_curves(from.history); });
  add([&] { return report::lorenz_curves(p, y); });
  add([&] { return report::gain_curves(p, y); });
  add([&] { return report::predicted_against_actual(p, y, unit); });
  add([&] { return report::residual_histogram(p, y, unit); });
  add([&] { return report::residuals_over_forecast(p, y, unit); });
  add([&] { return report::value_by_decile(p, y, unit); });
  add([&] {
    return report::forecast_by_month(from.totals.months, from.totals.predicted_by_month, from.totals.actual_by_month,
                                     unit);
  });
  add([&] { return report::segment_table(report::value_segments(p), p, y, unit); });
  return report::write_page(report, path);
}

}  // namespace tenure
