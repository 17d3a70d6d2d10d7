/// What forecasts of the next day are worth, beside rules that need no training.
///
///   last value             y[t]
///   same weekday last week y[t − 6]
///   mean of 7 days         (y[t − 6] + … + y[t]) / 7        for day t + 1
#pragma once

#include "scores.hpp"
#include "series_data.hpp"

namespace tenure::inline TENURE_ABI::clv {

struct SeriesScores {
  double mse = missing_value;
  double rmse = missing_value;
  double mae = missing_value;
  double r2 = missing_value;

  /// In the order of fields().
  static constexpr std::array<Measure, 4> measures = {
      {{"MSE"}, {"RMSE", false, true}, {"MAE", false, true}, {"R²", true}}};

  /// f(name, value) in the order of metrics.json.
  static void fields(auto& self, auto&& f) {
    f("mse", self.mse);
    f("rmse", self.rmse);
    f("mae", self.mae);
    f("r2", self.r2);
  }
};

using SeriesScored = ScoredBy<SeriesScores>;

/// @throws ShapeError for no targets or another number of predictions; ValueError for values that are not finite
[[gnu::cold]] inline SeriesScores series_scores(const metrics::Values& prediction, const metrics::Values& target) {
  return {metrics::mse(prediction, target), metrics::rmse(prediction, target), metrics::mae(prediction, target),
          metrics::r2(prediction, target)};
}

/// Values of some windows.
[[gnu::cold]] inline std::vector<double> of_windows(const std::vector<double>& values, std::span<const Index> windows) {
  std::vector<double> chosen;
  for (const Index window : windows) chosen.push_back(values[static_cast<std::size_t>(window)]);
  return chosen;
}

/// The scores of a model's predictions for some windows, and those of the rules, from the values as they were.
[[gnu::cold]] inline std::vector<SeriesScored> scored_beside_rules(const SeriesData& data,
                                                                   std::span<const Index> windows,
                                                                   const std::vector<double>& prediction,
                                                                   const std::string& model) {
  std::vector<double> last, week_before, mean;
  for (const Index window : windows) {
    const std::size_t target = data.target_day(window), week = std::min<std::size_t>(target, 7);
    const std::span<const double> recent = std::span(data.series_of(window).value).subspan(target - week, week);
    last.push_back(recent.back());
    week_before.push_back(recent.front());
    mean.push_back(moments(recent).mean);
  }
  const std::vector<double> actual = of_windows(data.actual, windows);
  return {{model, series_scores(prediction, actual)},
          {"last value", series_scores(last, actual)},
          {"same weekday last week", series_scores(week_before, actual)},
          {"mean of 7 days", series_scores(mean, actual)}};
}

}  // namespace tenure::inline TENURE_ABI::clv
