/// How near forecasts of LTV came, and how they are corrected from what came before.
///
///   accuracy   = 1 − |actual − predicted| / actual, of a row and day
///   correction = 1 + mean over rows (actual − predicted) / predicted, of a day; predictions are multiplied by it
///
/// Means over a band of days are over all its rows and days of which both are there, with an actual value above 0.
#pragma once

#include "../../metrics/scoreboard.hpp"
#include "forecast.hpp"

TENURE_NO_CONTRACTION
namespace tenure { inline namespace TENURE_ABI { namespace clv {

/// Days since acquisition, both included.
struct DailyLtvBand {
  const char* name;
  std::size_t first, last;
};
inline constexpr std::array daily_ltv_bands{DailyLtvBand{"D7-D10", 7, 10}, DailyLtvBand{"D20-D30", 20, 30},
                                            DailyLtvBand{"D30-D36", 30, 36}};

/// A mean with the range of what it is over; NaN over nothing.
struct DailyLtvAccuracy {
  double mean = missing_value, low = missing_value, high = missing_value;
  std::size_t count = 0;
};

/// Accuracies of all bands: what a model or a rule has.
struct DailyLtvScores {
  std::array<DailyLtvAccuracy, daily_ltv_bands.size()> bands;

  /// In the order of fields().
  static constexpr std::array<metrics::Measure, daily_ltv_bands.size()> measures = {
      {{daily_ltv_bands[0].name, true}, {daily_ltv_bands[1].name, true}, {daily_ltv_bands[2].name, true}}};

  /// f(name, value): means, as shares.
  static void fields(auto& self, auto&& f) {
    for (std::size_t b = 0; b < self.bands.size(); ++b) f(daily_ltv_bands[b].name, self.bands[b].mean);
  }
};
using DailyLtvScored = metrics::ScoredBy<DailyLtvScores>;

/// 1 − |actual − predicted| / actual; NaN where one of them is not there or the actual value is not above 0.
inline double daily_ltv_accuracy(const DailyLtvRow& row, double predicted, std::size_t day) noexcept {
  return row.usable(day) && is_finite(predicted) ? 1 - std::abs(row.ltv[day] - predicted) / row.ltv[day]
                                                 : missing_value;
}

/// Over days [first, last], as far as the forecast goes, of the rows for which `wanted` is true.
[[gnu::cold]] inline DailyLtvAccuracy daily_ltv_accuracy(const DailyLtvTable& table, const DailyLtvForecast& forecast,
                                                         std::size_t first, std::size_t last, auto&& wanted) {
  DailyLtvAccuracy accuracy;
  double sum = 0;
  for (std::size_t r = 0; r < table.rows.size(); ++r) {
    for (std::size_t day = first; day <= last && day < forecast.end() && wanted(r); ++day) {
      const double one = daily_ltv_accuracy(table.rows[r], forecast.at(r, day), day);
      if (is_nan(one)) continue;
      accuracy.low = accuracy.count == 0 ? one : (std::min)(accuracy.low, one);
      accuracy.high = accuracy.count == 0 ? one : (std::max)(accuracy.high, one);
      sum += one;
      ++accuracy.count;
    }
  }
  if (accuracy.count > 0) accuracy.mean = sum / static_cast<double>(accuracy.count);
  return accuracy;
}

/// Of all bands, of the rows for which `wanted` is true.
[[gnu::cold]] inline DailyLtvScores daily_ltv_scores(const DailyLtvTable& table, const DailyLtvForecast& forecast,
                                                     auto&& wanted) {
  DailyLtvScores scores;
  for (std::size_t b = 0; b < daily_ltv_bands.size(); ++b) {
    scores.bands[b] = daily_ltv_accuracy(table, forecast, daily_ltv_bands[b].first, daily_ltv_bands[b].last, wanted);
  }
  return scores;
}

/// Factors by day, from day 7 on, as far as the forecast goes, from the rows for which `wanted` is true. 1 for a day
/// that none of them is known on.
///
/// The published code takes the last day for which it has a correction by comparing names as text, so that day_9 comes
/// behind day_10; here days are numbers.
[[gnu::cold]] inline std::vector<double> daily_ltv_correction(const DailyLtvTable& table,
                                                              const DailyLtvForecast& forecast, auto&& wanted) {
  std::vector<double> factors;
  for (std::size_t day = daily_ltv_days_seen; day < forecast.end(); ++day) {
    double sum = 0, count = 0;
    for (std::size_t r = 0; r < table.rows.size(); ++r) {
      if (!forecast.has(r) || !table.rows[r].known(day) || !wanted(r)) continue;
      sum += (table.rows[r].ltv[day] - forecast.at(r, day)) / forecast.at(r, day);
      ++count;
    }
    factors.push_back(count > 0 ? 1 + sum / count : 1);
  }
  return factors;
}

/// Predictions times a day's factor.
[[gnu::cold]] inline DailyLtvForecast corrected(DailyLtvForecast forecast, std::span<const double> factors) {
  for (std::size_t r = 0; r < forecast.rows(); ++r) {
    for (std::size_t day = daily_ltv_days_seen; day < forecast.end(); ++day) {
      forecast.at(r, day) *= factors[day - daily_ltv_days_seen];
    }
  }
  return forecast;
}

/// The week that the later half of a table's weeks begins with: earlier rows are those before it.
/// @throws ValueError for fewer than two weeks
[[gnu::cold]] inline std::chrono::sys_days later_half(const DailyLtvTable& table) {
  std::vector<std::chrono::sys_days> weeks;
  for (const DailyLtvRow& row : table.rows) weeks.push_back(row.begin);
  std::sort(weeks.begin(), weeks.end());
  weeks.erase(std::unique(weeks.begin(), weeks.end()), weeks.end());
  if (weeks.size() < 2) throw ValueError("daily LTV", "at least two weeks to compare", {weeks.size()});
  return weeks[weeks.size() / 2];
}

/// The rows of the earlier half of a table's weeks, to learn from what evaluate() is to measure on the later half.
/// @throws ValueError for fewer than two weeks
[[gnu::cold]] inline DailyLtvTable earlier_half(const DailyLtvTable& table) {
  const std::chrono::sys_days later = later_half(table);
  DailyLtvTable half = table;
  std::erase_if(half.rows, [&](const DailyLtvRow& row) { return row.begin >= later; });
  return half;
}

}}}  // namespace tenure::TENURE_ABI::clv
TENURE_CONTRACTION_AS_BEFORE
