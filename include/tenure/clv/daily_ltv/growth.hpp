/// How cohorts grow: growth rates by day with their spread over cohorts, and rows that do what others don't.
///
///   growth of a day = v_day / v_(day−1) − 1, of rows whose both values are known and positive
#pragma once

#include "../../core/text.hpp"
#include "forecast.hpp"

TENURE_NO_CONTRACTION
namespace tenure { inline namespace TENURE_ABI { namespace clv {

/// The growth rate v_day / v_(day − 1) − 1 on one day since acquisition.
struct DailyLtvGrowthOfDay {
  std::size_t day;
  std::size_t rows;  ///< that it is known of
  double mean, deviation;
};

/// Days to `last`, as far as any row is known. The deviation is that of a sample, 0 for one row.
[[gnu::cold]] inline std::vector<DailyLtvGrowthOfDay> daily_ltv_growth_by_day(const DailyLtvTable& table,
                                                                              std::size_t last) {
  std::vector<DailyLtvGrowthOfDay> growth;
  for (std::size_t day = 1; day <= last && day < table.days; ++day) {
    std::vector<double> rates;
    for (const DailyLtvRow& row : table.rows) {
      if (row.usable(day - 1, 2)) rates.push_back(row.ltv[day] / row.ltv[day - 1] - 1);
    }
    if (rates.empty()) continue;
    const Moments sample = moments(rates);
    growth.push_back({day, rates.size(), sample.mean, rates.size() > 1 ? sample.deviation(1) : 0});
  }
  return growth;
}

/// Something to look into before a forecast is believed.
struct UnusualDailyLtv {
  enum Kind {
    jump,     ///< a day's growth far above that of other rows on that day
    fall,     ///< less than the day before: refunds, or users who were counted later
    plateau,  ///< nothing for a week in which all but a few rows grew
  } kind;
  std::size_t row, first, last;  ///< days
  double change;                 ///< v_last / v_(first−1) − 1

  /// "jump on day 12 (+31 %)"
  std::string to_string() const {
    static constexpr std::array names{"jump", "fall", "plateau"};
    std::string text = names[kind] + std::string(first == last ? " on day " : " on days ") + std::to_string(first);
    if (first != last) return text + " to " + std::to_string(last);
    return text + text::formatted(" (%+.3g %%)", 100 * change);
  }
};

namespace detail {

/// Above the third quartile by six times the distance between the quartiles, and by 5 % of the value at least.
[[gnu::cold]] inline double jump_threshold(const DailyLtvTable& table, std::size_t day) {
  std::vector<double> rates;
  for (const DailyLtvRow& row : table.rows) {
    if (row.usable(day - 1, 2)) rates.push_back(row.ltv[day] / row.ltv[day - 1] - 1);
  }
  if (rates.size() < 4) return std::numeric_limits<double>::infinity();
  const std::vector<double> quartiles = quantiles(rates, {0.25, 0.75});
  return quartiles[1] + (std::max)(6 * (quartiles[1] - quartiles[0]), 0.05);
}

/// How many rows grow by the least rate or more from day to day, as a share of those that are known.
[[gnu::cold]] inline double share_that_grows(const DailyLtvTable& table, std::size_t first, std::size_t last) {
  double grows = 0, count = 0;
  for (const DailyLtvRow& row : table.rows) {
    if (!row.usable(first - 1) || !row.usable(last)) continue;
    ++count;
    grows += row.ltv[last] > row.ltv[first - 1];
  }
  return count > 0 ? grows / count : 0;
}

}  // namespace detail

/// Of the days from 1 to `last`, in the order of the rows. At most one plateau of a row is named, the first, and of
/// days that are unusual for half of all rows none.
[[gnu::cold]] inline std::vector<UnusualDailyLtv> unusual_daily_ltv(const DailyLtvTable& table, std::size_t last) {
  static constexpr std::size_t week = 7;
  last = (std::min)(last, table.days - 1);
  std::vector<double> threshold(last + 1), growing(last + 1);
  for (std::size_t day = 1; day <= last; ++day) {
    threshold[day] = detail::jump_threshold(table, day);
    if (day >= week) growing[day] = detail::share_that_grows(table, day + 1 - week, day);
  }
  std::vector<UnusualDailyLtv> unusual;
  for (std::size_t r = 0; r < table.rows.size(); ++r) {
    const DailyLtvRow& row = table.rows[r];
    bool plateau = false;
    for (std::size_t day = 1; day <= last; ++day) {
      if (!row.usable(day - 1, 2)) continue;
      const double rate = row.ltv[day] / row.ltv[day - 1] - 1;
      if (rate > threshold[day]) unusual.push_back({UnusualDailyLtv::jump, r, day, day, rate});
      if (rate < 0) unusual.push_back({UnusualDailyLtv::fall, r, day, day, rate});
      if (plateau || day < week || growing[day] < 0.9 || !row.usable(day - week, week + 1)) continue;
      if (row.ltv[day] > row.ltv[day - week]) continue;
      plateau = true;
      unusual.push_back({UnusualDailyLtv::plateau, r, day + 1 - week, day, row.ltv[day] / row.ltv[day - week] - 1});
    }
  }
  return unusual;
}

}}}  // namespace tenure::TENURE_ABI::clv
TENURE_CONTRACTION_AS_BEFORE
