/// Daily series for the tests of what models of them are made of.
#pragma once

#include <tenure/core/rng.hpp>
#include <tenure/data/daily_series.hpp>

namespace tenure::test {

/// Shops that are closed on Sundays, sell more on Saturdays and in summer, and one of which is twice the other.
inline DailySeriesSet daily_shops(Index days, std::size_t shops = 2, bool regressor = false) {
  DailySeriesSet set;
  if (regressor) set.regressors = {"spend"};
  Rng rng(7);
  const std::chrono::sys_days first = std::chrono::year{2022} / 3 / 1;
  for (std::size_t shop = 0; shop < shops; ++shop) {
    DailySeries series;
    series.name = "shop" + std::to_string(shop + 1);
    series.path = series.name + ".csv";
    if (regressor) series.regressors = Tensor<double>({days, 1});
    for (Index day = 0; day < days; ++day) {
      const std::chrono::sys_days date = first + std::chrono::days{day};
      const double week[] = {10, 9, 10, 11, 12, 20, 0};
      series.dates.push_back(date);
      series.value.push_back(week[weekday(date)] * static_cast<double>(shop + 1) * rng.uniform(0.8, 1.2));
      if (regressor) series.regressors(day, 0) = static_cast<double>(day % 7);
    }
    set.series.push_back(std::move(series));
  }
  return set;
}

}  // namespace tenure::test
