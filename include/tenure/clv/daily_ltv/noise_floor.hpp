/// How well anything could predict simulated campaigns: what the noise of sampled users leaves to one who knows the
/// truth.
///
///   knows a row's curve:      v_(t+1) = v_t + expected increment
///   knows a campaign's mean:  v_t = v_6 · mean over its rows of expected_t / expected_6, which leaves out what is
///   special
///                             in a week: the events to come, and how good its users are
#pragma once

#include "accuracy.hpp"
#include "simulate.hpp"

TENURE_NO_CONTRACTION
namespace tenure { inline namespace TENURE_ABI { namespace clv {

/// What is left where the curves that simulated campaigns were drawn from are known exactly: no model does better.
struct CampaignFloor {
  double growth_mae;          ///< of the sequences' next growth rates
  DailyLtvScores row_curve;   ///< of forecasts from the first seven days, knowing rows' curves
  DailyLtvScores mean_curve;  ///< knowing campaigns' means
};

/// @throws ValueError where no row can be predicted
[[gnu::cold]] inline CampaignFloor campaign_floor(const Campaigns& campaigns) {
  const DailyLtvTable& table = campaigns.table;
  const auto increment = [&](std::size_t row, std::size_t day) {
    return campaigns.expected[row][day] - campaigns.expected[row][day - 1];
  };
  double sum = 0, count = 0;
  detail::for_each_daily_ltv_run(table, [&](std::size_t r, std::size_t first) {
    const std::size_t day = first + daily_ltv_days_seen;
    const double before = table.rows[r].ltv[day - 1];
    sum += std::abs(daily_ltv_growth(before, table.rows[r].ltv[day]) -
                    daily_ltv_growth(before, before + increment(r, day)));
    ++count;
  });
  if (count == 0) throw ValueError("campaign_floor", "a row with eight known days", "none");
  const std::size_t last = daily_ltv_bands.back().last;
  const auto campaigns_of_week = static_cast<std::size_t>(
      std::ranges::count(table.rows, table.rows[0].begin, [](const DailyLtvRow& row) { return row.begin; }));
  const auto mean_ratio = [&](std::size_t campaign, std::size_t day) {
    double ratio = 0, rows = 0;
    for (std::size_t r = campaign; r < table.rows.size(); r += campaigns_of_week, ++rows) {
      ratio += campaigns.expected[r][day] / campaigns.expected[r][daily_ltv_days_seen - 1];
    }
    return ratio / rows;
  };
  DailyLtvForecast row_curve = detail::empty_forecast(table, static_cast<Index>(last + 1 - daily_ltv_days_seen));
  DailyLtvForecast mean_curve = row_curve;
  for (const std::size_t r : detail::predictable_rows(table)) {
    const double known = table.rows[r].ltv[daily_ltv_days_seen - 1];
    double value = known;
    for (std::size_t day = daily_ltv_days_seen; day <= last; ++day) {
      row_curve.at(r, day) = value += increment(r, day);
      mean_curve.at(r, day) = known * mean_ratio(r % campaigns_of_week, day);
    }
  }
  const auto all = [](std::size_t) { return true; };
  return {sum / count, daily_ltv_scores(table, row_curve, all), daily_ltv_scores(table, mean_curve, all)};
}

}}}  // namespace tenure::TENURE_ABI::clv
TENURE_CONTRACTION_AS_BEFORE
