/// What forecasts of the next day are worth, beside rules that need no training.
///
///   last value             y[t]
///   same weekday last week y[t − 6]
///   mean of 7 days         (y[t − 6] + … + y[t]) / 7        for day t + 1
#pragma once

#include "../../metrics/scoreboard.hpp"
#include "data.hpp"

namespace tenure { inline namespace TENURE_ABI { namespace clv {

/// Measures of next-day values, in the unit of the values; NaN where one is not defined.
struct BiGruScores {
  double mse = missing_value;
  double rmse = missing_value;
  double mae = missing_value;
  double r2 = missing_value;
  double rmse_usual = missing_value;  ///< over the days whose actual value is no anomaly

  /// In the order of fields().
  static constexpr std::array<metrics::Measure, 5> measures = {
      {{"MSE"}, {"RMSE", false, true}, {"MAE", false, true}, {"R²", true}, {"usual RMSE", false, true}}};

  /// f(name, value) in the order of metrics.json.
  static void fields(auto& self, auto&& f) {
    f("mse", self.mse);
    f("rmse", self.rmse);
    f("mae", self.mae);
    f("r2", self.r2);
    f("rmse_usual", self.rmse_usual);
  }
};

/// A model or a rule with its measures.
using BiGruScored = metrics::ScoredBy<BiGruScores>;

/// Values of some windows.
[[gnu::cold]] inline std::vector<double> of_windows(const std::vector<double>& values, std::span<const Index> windows) {
  std::vector<double> chosen;
  for (const Index window : windows) chosen.push_back(values[static_cast<std::size_t>(window)]);
  return chosen;
}

/// Of predictions for some windows, from the values as they were.
/// @throws ShapeError for no windows or another number of predictions; ValueError for values that are not finite
[[gnu::cold]] inline BiGruScores bigru_scores(const BiGruData& data, std::span<const Index> windows,
                                              const std::vector<double>& prediction) {
  const std::vector<double> actual = of_windows(data.actual, windows);
  BiGruScores scores{metrics::mse(prediction, actual), metrics::rmse(prediction, actual),
                     metrics::mae(prediction, actual), metrics::r2(prediction, actual)};
  std::vector<double> usual_prediction, usual;
  for (std::size_t i = 0; i < windows.size(); ++i) {
    if (!data.bounds[static_cast<std::size_t>(data.windows[windows[i]].series)].contains(actual[i])) continue;
    usual_prediction.push_back(prediction[i]);
    usual.push_back(actual[i]);
  }
  if (!usual.empty()) scores.rmse_usual = metrics::rmse(usual_prediction, usual);
  return scores;
}

/// The scores of a model's predictions for some windows, and those of the rules.
[[gnu::cold]] inline std::vector<BiGruScored> scored_beside_rules(const BiGruData& data, std::span<const Index> windows,
                                                                  const std::vector<double>& prediction,
                                                                  const std::string& model) {
  std::vector<double> last, week_before, mean;
  for (const Index window : windows) {
    const std::size_t target = data.target_day(window), week = (std::min<std::size_t>)(target, 7);
    const std::span<const double> recent = std::span(data.series_of(window).value).subspan(target - week, week);
    last.push_back(recent.back());
    week_before.push_back(recent.front());
    mean.push_back(moments(recent).mean);
  }
  const auto scored = [&](const std::string& name, const std::vector<double>& of) {
    return BiGruScored{name, bigru_scores(data, windows, of)};
  };
  return {scored(model, prediction), scored("last value", last), scored("same weekday last week", week_before),
          scored("mean of 7 days", mean)};
}

}}}  // namespace tenure::TENURE_ABI::clv
