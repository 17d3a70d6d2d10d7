/// What daily_ltv says of an analysis, and its metrics.json.
#pragma once

#include <tenure/clv/daily_ltv/noise_floor.hpp>
#include <tenure/clv/daily_ltv/report.hpp>

#include <tenure/io/state_json.hpp>
#include <tenure/report/tables.hpp>
#include <tenure/track/run_directory.hpp>

namespace tenure {

namespace detail {

inline nlohmann::ordered_json json_percent(double share) {
  return is_nan(share) ? nlohmann::ordered_json() : nlohmann::ordered_json(100 * share);
}

}  // namespace detail

/// {"model": …, "baselines": {…}, "bands": {…}, …}, accuracies in per cent; "floor" is that of simulated campaigns.
inline nlohmann::ordered_json daily_ltv_metrics_json(const clv::DailyLtvAnalysis& analysis,
                                                     const std::optional<clv::CampaignFloor>& floor) {
  nlohmann::ordered_json model, rules = nlohmann::ordered_json::object(), bands;
  for (const clv::DailyLtvBandScores& band : analysis.bands) {
    nlohmann::ordered_json& one = bands[band.name];
    one = {{"accuracy", detail::json_percent(band.accuracy.mean)},
           {"corrected", detail::json_percent(band.corrected.mean)},
           {"holdout_model", detail::json_percent(band.holdout_model.mean)},
           {"holdout_corrected", detail::json_percent(band.holdout_corrected.mean)}};
    model["accuracy " + band.name] = one["holdout_model"];
    for (std::size_t i = 0; i < clv::daily_ltv_rules.size(); ++i) {
      const std::string name = clv::daily_ltv_rule_names[i];
      rules[name]["accuracy " + band.name] = one["holdout_" + name] = detail::json_percent(band.holdout_rules[i].mean);
    }
  }
  nlohmann::ordered_json json{{"model", model}, {"baselines", rules}, {"bands", bands}};
  json.update({{"val_mae", analysis.history.last("val_mae")},
               {"val_mse", analysis.history.last("val_loss")},
               {"mae", analysis.history.last("mae")},
               {"epochs", analysis.history.epochs()},
               {"rows", analysis.input.newest},
               {"sequences", analysis.sequences},
               {"falling_values", analysis.falling_values},
               {"interval_coverage", detail::json_percent(analysis.interval.coverage)}});
  if (!floor) return json;
  json["floor"] = {{"mae", floor->growth_mae}};
  for (std::size_t b = 0; b < clv::daily_ltv_bands.size(); ++b) {
    const std::string name = clv::daily_ltv_bands[b].name;
    json["floor"][name] = detail::json_percent(floor->bands[b].mean);
    json["floor"]["mean_curve " + name] = detail::json_percent(floor->mean_curve[b].mean);
  }
  return json;
}

inline void print_ltv(const clv::DailyLtvAnalysis& analysis, const std::optional<clv::CampaignFloor>& floor) {
  std::printf("\nMAE of growth rates: training %.6f, validation %.6f", analysis.history.last("mae"),
              analysis.history.last("val_mae"));
  if (floor) std::printf(" (the simulator's noise leaves %.6f)", floor->growth_mae);
  std::printf("\n\nAccuracy in per cent%36s\n%-10s%10s%10s", "later half of the weeks:", "", "model", "corrected");
  for (const char* name : {"model", "corrected", "flat", "constant", "by day"}) std::printf("%10s", name);
  if (floor) std::printf("%10s%12s", "floor", "mean curve");
  for (std::size_t b = 0; b < analysis.bands.size(); ++b) {
    const clv::DailyLtvBandScores& band = analysis.bands[b];
    std::printf("\n%-10s", band.name.c_str());
    std::vector<double> values{band.accuracy.mean, band.corrected.mean, band.holdout_model.mean,
                               band.holdout_corrected.mean};
    for (const clv::DailyLtvAccuracy& rule : band.holdout_rules) values.push_back(rule.mean);
    if (floor) values.insert(values.end(), {floor->bands[b].mean, floor->mean_curve[b].mean});
    for (const double value : values) std::printf("%10s", text::in_percent(value).c_str());
  }
  const std::vector<std::string> better = clv::better_than_daily_ltv_model(analysis);
  std::puts(better.empty() ? "\n\nNo rule is better than the model on the later half."
                           : "\n\nBetter than the model on the later half:");
  for (const std::string& line : better) std::printf("  %s\n", line.c_str());
  for (const clv::DailyLtvDecision& one : analysis.decisions) {
    std::printf("\n%s: %s", one.name.c_str(), clv::daily_ltv_decision_names[one.kind]);
    if (one.change != 0) std::printf(" by %s", text::percent(std::abs(one.change)).c_str());
    for (const std::string& reason : one.reasons) std::printf("\n  %s", reason.c_str());
  }
  std::printf("\n%zu of %zu rows predicted; %zu unusual values, %zu of them falls: see the report\n",
              analysis.usable_rows, analysis.input.newest, analysis.unusual.size(), analysis.falling_values);
}

}  // namespace tenure
