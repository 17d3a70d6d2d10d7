/// What a trained model is worth beside its next-day scores: iterated forecasts and their intervals, and the features
/// that it relies on.
#pragma once

#include "forecaster.hpp"

namespace tenure { inline namespace TENURE_ABI { namespace clv {

/// Every series is forecast from the day before a part of the data on, to the part's end, as if no day of it were known.
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
    own.horizon = (std::min)(options.horizon, series.days() - static_cast<Index>(known));
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

/// Permutation importance by the RMSE of the test part's next days, on at most `most` of its windows, evenly chosen.
[[gnu::cold]] inline std::vector<metrics::Importance> bigru_importances(const BiGruForecaster& forecaster,
                                                                        const BiGruData& data, std::uint64_t seed,
                                                                        Executor* executor = nullptr,
                                                                        std::size_t most = 1000) {
  std::vector<Index> windows;
  const std::size_t stride = (data.split.test.size() + most - 1) / most;
  for (std::size_t i = 0; i < data.split.test.size(); i += stride) windows.push_back(data.split.test[i]);
  const BiGruDataset set = data.dataset(windows);
  const auto predict = [&](const Tensor<float>& x) {
    const auto values = forecaster.scalers.values(tenure::predict(*forecaster.network, x, {.executor = executor}));
    return Tensor<float>({x.shape()[0]}, std::vector<float>(values.begin(), values.end()));
  };
  return metrics::permutation_importance<float>(predict, std::get<0>(set.inputs()), of_windows(data.actual, windows),
                                                data.features.groups(), {.seed = seed});
}

}}}  // namespace tenure::TENURE_ABI::clv
