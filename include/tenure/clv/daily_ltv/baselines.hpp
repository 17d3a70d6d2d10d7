/// Rules to compare the daily LTV model with, which know of no window: v ← v · (1 + g_day).
#pragma once

#include <numeric>

#include "forecast.hpp"

namespace tenure { inline namespace TENURE_ABI { namespace clv {

/// Rules that need no training.
enum class DailyLtvRule {
  flat,      ///< the last value known, unchanged
  constant,  ///< the mean growth of all days
  by_day,    ///< the mean growth of each day; on days that no row is known on, the mean of all
};
inline constexpr std::array daily_ltv_rules{DailyLtvRule::flat, DailyLtvRule::constant, DailyLtvRule::by_day};
inline constexpr std::array daily_ltv_rule_names{"flat", "constant", "by_day"};

/// A rule's growth rates on the days of a forecast, as rows of a table had them for which `wanted` is true: 0 where
/// there are none.
[[gnu::cold]] inline std::vector<double> growth_by_rule(DailyLtvRule rule, const DailyLtvTable& table, Index days,
                                                        auto&& wanted) {
  const auto length = static_cast<std::size_t>(days);
  std::vector<double> sum(length), count(length);
  for (std::size_t r = 0; r < table.rows.size() && rule != DailyLtvRule::flat; ++r) {
    const DailyLtvRow& row = table.rows[r];
    for (std::size_t i = 0; i < length && wanted(r); ++i) {
      const std::size_t day = daily_ltv_days_seen + i;
      if (!row.usable(day - 1, 2)) continue;
      sum[i] += row.ltv[day] / row.ltv[day - 1] - 1;
      ++count[i];
    }
  }
  const double all = std::accumulate(sum.begin(), sum.end(), 0.0);
  const double mean = all / (std::max)(std::accumulate(count.begin(), count.end(), 0.0), 1.0);
  std::vector<double> growth(length, mean);
  if (rule != DailyLtvRule::by_day) return growth;
  for (std::size_t i = 0; i < length; ++i) {
    if (count[i] > 0) growth[i] = sum[i] / count[i];
  }
  return growth;
}

/// By growth rates that are the same for all rows, one for each day. @throws ValueError
[[gnu::cold]] inline DailyLtvForecast daily_ltv_forecast_by_rule(std::span<const double> growth,
                                                                 const DailyLtvTable& table) {
  DailyLtvForecast forecast = detail::empty_forecast(table, static_cast<Index>(growth.size()));
  for (const std::size_t row : detail::predictable_rows(table)) {
    double value = table.rows[row].ltv[daily_ltv_days_seen - 1];
    for (std::size_t day = daily_ltv_days_seen; day < forecast.end(); ++day) {
      forecast.at(row, day) = value *= 1 + growth[day - daily_ltv_days_seen];
    }
  }
  return forecast;
}

}}}  // namespace tenure::TENURE_ABI::clv
