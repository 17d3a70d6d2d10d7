/// What an analysis by the daily LTV model came to, and how it is written: metrics.json, log.csv, and text for a terminal.
///
///   clv::write_run(analysis, "runs/daily_ltv");
///   std::fputs(text_of(analysis).c_str(), stdout);
///
/// Component tenure::json.
#pragma once

#include <fstream>

#include "../../core/text.hpp"
#include "../../track/run_directory.hpp"
#include "analysis.hpp"
#include "noise_floor.hpp"

namespace tenure { inline namespace TENURE_ABI { namespace clv {

namespace detail {

[[gnu::cold]] inline nlohmann::ordered_json json_percent(double share) {
  return is_nan(share) ? nlohmann::ordered_json() : nlohmann::ordered_json(100 * share);
}

}  // namespace detail

/// {"model": …, "baselines": {…}, "bands": {…}, …}, accuracies in per cent; "floor" is that of simulated campaigns.
[[gnu::cold]] inline nlohmann::ordered_json metrics_json(const DailyLtvAnalysis& analysis,
                                                         const std::optional<CampaignFloor>& floor = {}) {
  nlohmann::ordered_json model, rules = nlohmann::ordered_json::object(), bands;
  for (const DailyLtvBandScores& band : analysis.bands) {
    nlohmann::ordered_json& one = bands[band.name];
    one = {{"accuracy", detail::json_percent(band.accuracy.mean)},
           {"corrected", detail::json_percent(band.corrected.mean)},
           {"holdout_model", detail::json_percent(band.holdout_model.mean)},
           {"holdout_corrected", detail::json_percent(band.holdout_corrected.mean)}};
    model["accuracy " + band.name] = one["holdout_model"];
    for (std::size_t i = 0; i < daily_ltv_rules.size(); ++i) {
      const std::string name = daily_ltv_rule_names[i];
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
  for (std::size_t b = 0; b < daily_ltv_bands.size(); ++b) {
    const std::string name = daily_ltv_bands[b].name;
    json["floor"][name] = detail::json_percent(floor->row_curve.bands[b].mean);
    json["floor"]["mean_curve " + name] = detail::json_percent(floor->mean_curve.bands[b].mean);
  }
  return json;
}

/// Adds a line to a CSV file, which is made where there is none: the file's date, what the training started from,
/// sequences, epochs, MAE, and accuracies in per cent: of the model that was there before it learnt from the new file
/// (empty for a new model), of the model now, and of a model of the earlier weeks on the later ones. The file is there
/// with the line or without it, never with half of it. @throws FileError
[[gnu::cold]] inline void add_to_daily_ltv_log(const DailyLtvAnalysis& analysis, const std::string& path) {
  std::string text;
  {
    std::ifstream file(path, std::ios::binary);
    text.assign(std::istreambuf_iterator<char>(file), {});
  }
  if (text.empty()) {
    text = "date,start,sequences,epochs,val_mae";
    for (const char* which : {"before", "now", "holdout"}) {
      for (const DailyLtvBand& band : daily_ltv_bands) text += std::string(",") + which + "_" + band.name;
    }
    text += '\n';
  }
  const auto add = [&](double value) { text += is_nan(value) ? "," : text::formatted(",%.6g", value); };
  text += format_date(analysis.input.file.date) + "," + analysis.start;
  add(static_cast<double>(analysis.sequences));
  add(static_cast<double>(analysis.history.epochs()));
  add(analysis.history.last("val_mae"));
  for (std::size_t b = 0; b < daily_ltv_bands.size(); ++b) {
    add(analysis.start_accuracy.empty() ? missing_value : 100 * analysis.start_accuracy[b].mean);
  }
  for (const DailyLtvBandScores& band : analysis.bands) add(100 * band.accuracy.mean);
  for (const DailyLtvBandScores& band : analysis.bands) add(100 * band.holdout_model.mean);
  text += '\n';
  write_file(path, text);
}

/// Writes what a run leaves beside its report: model.safetensors, config.json, history.csv, metrics.json, decisions.csv,
/// and a line in log.csv. @return what metrics.json holds @throws FileError
[[gnu::cold]] inline nlohmann::ordered_json write_run(const DailyLtvAnalysis& analysis, const std::string& directory,
                                                      const std::optional<CampaignFloor>& floor = {}) {
  analysis.forecaster.save(directory, options_json(analysis.options));
  write_history(analysis.history, in_directory(directory, "history.csv"));
  const nlohmann::ordered_json metrics = metrics_json(analysis, floor);
  write_json(in_directory(directory, "metrics.json"), metrics);
  add_to_daily_ltv_log(analysis, in_directory(directory, "log.csv"));
  write_csv(analysis.decisions, in_directory(directory, "decisions.csv"));
  return metrics;
}

/// Which rule is better than the model on the later half of the weeks, in what.
[[gnu::cold]] inline std::vector<std::string> better_than_daily_ltv(const DailyLtvAnalysis& analysis) {
  std::vector<std::string> lines;
  const DailyLtvScores& model = analysis.holdout[0].scores;
  for (std::size_t r = 1; r < analysis.holdout.size(); ++r) {
    std::string bands;
    for (std::size_t b = 0; b < daily_ltv_bands.size(); ++b) {
      const double own = 100 * analysis.holdout[r].scores.bands[b].mean, of_model = 100 * model.bands[b].mean;
      if (!(own > of_model)) continue;
      bands += (bands.empty() ? "" : ", ") + std::string(daily_ltv_bands[b].name) + " (" + text::fixed(own, 2) +
               " rather than " + text::fixed(of_model, 2) + " %)";
    }
    if (!bands.empty()) lines.push_back(analysis.holdout[r].name + ": " + bands);
  }
  return lines;
}

/// What was measured and decided, for a terminal; "floor" is that of simulated campaigns.
[[gnu::cold]] inline std::string text_of(const DailyLtvAnalysis& analysis,
                                         const std::optional<CampaignFloor>& floor = {}) {
  std::string text = text::formatted("\nMAE of growth rates: training %.6f, validation %.6f",
                                     analysis.history.last("mae"), analysis.history.last("val_mae"));
  if (floor) text += text::formatted(" (the simulator's noise leaves %.6f)", floor->growth_mae);
  text += text::formatted("\n\nAccuracy in per cent%36s\n%-10s%10s%10s", "later half of the weeks:", "", "model",
                          "corrected");
  for (const char* name : {"model", "corrected", "flat", "constant", "by day"}) text += text::formatted("%10s", name);
  if (floor) text += text::formatted("%10s%12s", "floor", "mean curve");
  for (std::size_t b = 0; b < analysis.bands.size(); ++b) {
    const DailyLtvBandScores& band = analysis.bands[b];
    text += text::formatted("\n%-10s", band.name.c_str());
    std::vector<double> values{band.accuracy.mean, band.corrected.mean, band.holdout_model.mean,
                               band.holdout_corrected.mean};
    for (const DailyLtvAccuracy& rule : band.holdout_rules) values.push_back(rule.mean);
    if (floor) values.insert(values.end(), {floor->row_curve.bands[b].mean, floor->mean_curve.bands[b].mean});
    for (const double value : values) text += text::formatted("%10s", text::in_percent(value).c_str());
  }
  const std::vector<std::string> better = better_than_daily_ltv(analysis);
  text += better.empty() ? "\n\nNo rule is better than the model on the later half.\n"
                         : "\n\nBetter than the model on the later half:\n";
  for (const std::string& line : better) text += "  " + line + "\n";
  for (const DailyLtvDecision& one : analysis.decisions) {
    text += "\n" + one.name + ": " + daily_ltv_decision_names[one.kind];
    if (one.change != 0) text += " by " + text::percent(std::abs(one.change));
    for (const std::string& reason : one.reasons) text += "\n  " + reason;
  }
  return text + text::formatted("\n%zu of %zu rows predicted; %zu unusual values, %zu of them falls: see the report\n",
                                analysis.usable_rows, analysis.input.newest, analysis.unusual.size(),
                                analysis.falling_values);
}

}}}  // namespace tenure::TENURE_ABI::clv
