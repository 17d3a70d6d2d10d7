/// Monthly cohorts as daily series, as they are when they are written to files and read again.
#pragma once

#include "../../data/daily_series.hpp"
#include "cohorts.hpp"

namespace tenure { inline namespace TENURE_ABI { namespace clv {

/// "cohort_2010_12": how the file of a cohort is called.
[[gnu::cold]] inline std::string name_of(const MonthlyCohort& cohort) {
  std::string month = format_date(cohort.month).substr(0, 7);
  std::ranges::replace(month, '-', '_');
  return "cohort_" + month;
}

/// The value per customer, with the number of customers as a regressor.
[[gnu::cold]] inline DailySeriesSet series_of_cohorts(std::span<const MonthlyCohort> cohorts) {
  DailySeriesSet set{{"customers"}, {}};
  for (const MonthlyCohort& cohort : cohorts) {
    const auto days = static_cast<Index>(cohort.value.size());
    DailySeries series{
        .name = name_of(cohort), .path = name_of(cohort), .dates = {}, .value = cohort.value, .regressors = {}};
    for (Index day = 0; day < days; ++day) series.dates.push_back(cohort.begin + std::chrono::days{day});
    series.regressors = Tensor<double>({days, 1}, static_cast<double>(cohort.customers));
    set.series.push_back(std::move(series));
  }
  return set;
}

}}}  // namespace tenure::TENURE_ABI::clv
