/// How well anything could predict simulated campaigns: what the noise of sampled users leaves to one who knows the
/// truth.
///
///   v_(t+1) = v_t + expected increment,  from what is known of the row up to t
#pragma once

#include "ltv_accuracy.hpp"
#include "simulate_campaigns.hpp"

namespace tenure::inline TENURE_ABI::clv {

struct CampaignFloor {
  double growth_mae;                                ///< of the sequences' next growth rates
  std::array<LtvAccuracy, ltv_bands.size()> bands;  ///< of forecasts from the first seven days
};

/// @throws ValueError where no row can be predicted
[[gnu::cold]] inline CampaignFloor campaign_floor(const Campaigns& campaigns) {
  const LtvTable& table = campaigns.table;
  const auto increment = [&](std::size_t row, std::size_t day) {
    return campaigns.expected[row][day] - campaigns.expected[row][day - 1];
  };
  double sum = 0, count = 0;
  detail::for_each_ltv_run(table, [&](std::size_t r, std::size_t first) {
    const std::size_t day = first + ltv_days_seen;
    const double before = table.rows[r].ltv[day - 1];
    sum += std::abs(ltv_growth(before, table.rows[r].ltv[day]) - ltv_growth(before, before + increment(r, day)));
    ++count;
  });
  if (count == 0) throw ValueError("campaign_floor", "a row with eight known days", "none");
  const std::size_t last = ltv_bands.back().last;
  LtvForecast forecast = detail::empty_forecast(table, static_cast<Index>(last + 1 - ltv_days_seen));
  for (const std::size_t r : detail::predictable_rows(table)) {
    double value = table.rows[r].ltv[ltv_days_seen - 1];
    for (std::size_t day = ltv_days_seen; day <= last; ++day) forecast.at(r, day) = value += increment(r, day);
  }
  CampaignFloor floor{sum / count, {}};
  for (std::size_t b = 0; b < ltv_bands.size(); ++b) {
    floor.bands[b] =
        ltv_accuracy(table, forecast, ltv_bands[b].first, ltv_bands[b].last, [](std::size_t) { return true; });
  }
  return floor;
}

}  // namespace tenure::inline TENURE_ABI::clv
