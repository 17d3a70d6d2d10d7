/// Errors that a model made, to draw those from that it will make: residual bootstrap.
///
///   residual = (actual − predicted) / scale,   scale = the deviation of the series' last 30 days, or a floor
///
/// In deviations, so that small and large series, calm and restless times share them; and by weekday, for a shop that
/// is closed on Saturdays is never wrong about them. Less than 20 of a weekday are too few: then those of all days are
/// drawn from.
#pragma once

#include "../../core/range.hpp"
#include "../../metrics/intervals.hpp"
#include "data.hpp"

TENURE_NO_CONTRACTION
namespace tenure { inline namespace TENURE_ABI { namespace clv {

/// Residuals of validated windows by weekday, each over the deviation of its last 30 days, from which paths are drawn.
class BiGruResiduals {
 public:
  BiGruResiduals() = default;
  /// Of the predictions for some windows. @throws ShapeError for none, or another number of predictions
  [[gnu::cold]] BiGruResiduals(const BiGruData& data, std::span<const Index> windows,
                               const std::vector<double>& prediction)
      : floor_(0.01 * data.scalers.target.spread(0)) {
    if (windows.empty() || windows.size() != prediction.size()) {
      throw ShapeError("residuals", {"a prediction for each of ", windows.size(), " windows, at least one"},
                       {prediction.size()});
    }
    for (std::size_t i = 0; i < windows.size(); ++i) {
      const auto w = static_cast<std::size_t>(windows[i]);
      const double residual = (data.actual[w] - prediction[i]) / scale(data.deviations[w]);
      by_weekday_[static_cast<std::size_t>(weekday(data.target_date(windows[i])))].push_back(residual);
      by_weekday_[all].push_back(residual);
    }
  }

  /// What a residual is multiplied with. @param deviation of the last 30 days
  double scale(double deviation) const noexcept { return (std::max)(deviation, floor_); }

  /// @param day 0 for Monday to 6 for Sunday
  const std::vector<double>& of(int day) const noexcept {
    const std::vector<double>& own = by_weekday_[static_cast<std::size_t>(day)];
    return own.size() < 20 ? by_weekday_[all] : own;
  }

  static void state(auto& self, auto&& f) {
    f("floor", self.floor_);
    f("by_weekday", self.by_weekday_);
  }
  /// Of what was read. @throws ValueError
  [[gnu::cold]] void check_state() const {
    check_range("floor", floor_, 0.0, (std::numeric_limits<double>::max)());
    if (by_weekday_.size() != all + 1) throw ValueError("by_weekday", {all + 1, " lists"}, {by_weekday_.size()});
    if (by_weekday_[all].empty()) throw ValueError("by_weekday[7]", "residuals", "none");
  }

 private:
  static constexpr std::size_t all = 7;

  double floor_ = 0;
  std::vector<std::vector<double>> by_weekday_ = std::vector<std::vector<double>>(8);  // Monday, …, Sunday, all
};

/// The interval of each of some predictions of the next day. @param share of what is to lie within, in (0, 1)
[[gnu::cold]] inline metrics::Intervals next_day_intervals(const BiGruData& data, std::span<const Index> windows,
                                                           const std::vector<double>& prediction,
                                                           const BiGruResiduals& residuals, double share) {
  std::vector<std::vector<double>> ends;  // of each weekday
  for (int day = 0; day < 7; ++day) ends.push_back(quantiles(residuals.of(day), {(1 - share) / 2, (1 + share) / 2}));
  metrics::Intervals intervals;
  for (std::size_t i = 0; i < windows.size(); ++i) {
    const std::vector<double>& end = ends[static_cast<std::size_t>(weekday(data.target_date(windows[i])))];
    const double scale = residuals.scale(data.deviations[static_cast<std::size_t>(windows[i])]);
    intervals.lower.push_back(data.scalers.allowed(prediction[i] + scale * end[0]));
    intervals.upper.push_back(data.scalers.allowed(prediction[i] + scale * end[1]));
  }
  return intervals;
}

}}}  // namespace tenure::TENURE_ABI::clv
TENURE_CONTRACTION_AS_BEFORE
