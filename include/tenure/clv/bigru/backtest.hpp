/// What iterated forecasts and their intervals would have been worth: every series is forecast from the day before a
/// part of the data on, to the part's end, as if no day of it were known.
#pragma once

#include "forecaster.hpp"

namespace tenure { inline namespace TENURE_ABI { namespace clv {

struct BiGruBacktest {
  std::vector<BiGruForecast> forecasts;
  std::vector<std::vector<double>> actual;  ///< of each forecast
  double rmse = missing_value;
  double coverage = missing_value;    ///< the share of days whose actual value lies in its interval
  double mean_width = missing_value;  ///< of the intervals
};

/// Of the series that have a window of days before the day of that number, and that day. `options.horizon` is the most
/// days; the executor works on several series at once, if there is one. No series: measures are missing.
[[gnu::cold]] inline BiGruBacktest backtest(const BiGruForecaster& forecaster, const BiGruData& data, Index first,
                                            const BiGruForecastOptions& options, Executor* executor = nullptr) {
  struct Task {
    std::size_t series, known;
  };
  std::vector<Task> tasks;
  for (std::size_t s = 0; s < data.set.series.size(); ++s) {
    const Index known = first - data.period.number(data.set.series[s].dates.front());
    if (known >= data.options.window && known < data.set.series[s].days()) {
      tasks.push_back({s, static_cast<std::size_t>(known)});
    }
  }
  BiGruBacktest result;
  result.forecasts.resize(tasks.size());
  result.actual.resize(tasks.size());
  const auto work = [&](Index i) {
    const auto [s, known] = tasks[static_cast<std::size_t>(i)];
    const DailySeries& series = data.set.series[s];
    BiGruForecastOptions own = options;
    own.horizon = std::min(options.horizon, series.days() - static_cast<Index>(known));
    own.stream = s;
    result.forecasts[static_cast<std::size_t>(i)] = forecaster.forecast(series, known, data.bounds[s], own);
    const auto begin = series.value.begin() + static_cast<std::ptrdiff_t>(known);
    result.actual[static_cast<std::size_t>(i)].assign(begin, begin + own.horizon);
  };
  const auto count = static_cast<Index>(tasks.size());
  if (executor) {
    executor->run(count, work);
  } else {
    for (Index i = 0; i < count; ++i) work(i);
  }
  if (tasks.empty()) return result;
  std::vector<double> predicted, actual;
  metrics::Intervals intervals;
  const auto append = [](const std::vector<double>& more, std::vector<double>& all) {
    all.insert(all.end(), more.begin(), more.end());
  };
  for (std::size_t i = 0; i < tasks.size(); ++i) {
    append(result.forecasts[i].predicted, predicted);
    append(result.forecasts[i].intervals.lower, intervals.lower);
    append(result.forecasts[i].intervals.upper, intervals.upper);
    append(result.actual[i], actual);
  }
  result.rmse = metrics::rmse(predicted, actual);
  result.coverage = metrics::coverage(intervals.lower, intervals.upper, actual);
  result.mean_width = metrics::mean_width(intervals.lower, intervals.upper);
  return result;
}

}}}  // namespace tenure::TENURE_ABI::clv
