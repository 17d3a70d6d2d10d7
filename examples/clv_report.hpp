/// The report that programs on customer lifetime value write: what they measured, and pictures of it.
#pragma once

#include <tenure/clv/hybrid_comparison.hpp>
#include <tenure/clv/report.hpp>
#include <tenure/clv/report_parts.hpp>

#include "run_directory.hpp"

namespace tenure {

/// What a report shows.
struct ClvReport {
  std::string title;
  std::vector<std::string> notes;
  std::vector<clv::Scored> scored;  ///< the model first
  std::string unit;                 ///< of RMSE and MAE
  const History& history;
  clv::ForecastTotals totals;
};

/// Figures that the values do not allow, as shares of a total of 0, are left out, with a note that says so.
/// @return what keeps plots from being in it, in words, or nothing. @throws FileError
inline std::string write_clv_report(const ClvReport& from, const std::string& path) {
  clv::Report report{from.title, from.notes, {clv::metrics_table(from.scored, from.unit)}};
  for (const std::string& line : clv::better_than_first(from.scored)) {
    report.notes.push_back("Better than the model: " + line + ".");
  }
  const auto add = [&](auto make) { clv::add_part(report, make); };
  const std::vector<double>&p = from.totals.predicted, &y = from.totals.actual;
  const std::string unit = "money";
  add([&] { return clv::loss_curves(from.history); });
  add([&] { return clv::lorenz_curves(p, y); });
  add([&] { return clv::gain_curves(p, y); });
  add([&] { return clv::predicted_against_actual(p, y, unit); });
  add([&] { return clv::residual_histogram(p, y, unit); });
  add([&] { return clv::residuals_over_forecast(p, y, unit); });
  add([&] { return clv::value_by_decile(p, y, unit); });
  add([&] {
    return clv::forecast_by_month(from.totals.months, from.totals.predicted_by_month, from.totals.actual_by_month,
                                  unit);
  });
  add([&] { return clv::segment_table(clv::value_segments(p), p, y, unit); });
  return clv::write_report(report, path);
}

}  // namespace tenure
