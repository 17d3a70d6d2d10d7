/// What a report shows of forecasts of daily series, beside what report/charts.hpp has.
#pragma once

#include <map>

#include "../../core/text.hpp"
#include "../../report/charts.hpp"
#include "forecaster.hpp"

namespace tenure { inline namespace TENURE_ABI { namespace clv {

namespace detail {

/// Means over all series, by date.
struct DayMeans {
  std::vector<std::string> dates;
  std::vector<double> predicted, actual;

  [[gnu::cold]] DayMeans(const BiGruData& data, std::span<const Index> windows, const std::vector<double>& prediction) {
    struct Sums {
      double predicted = 0, actual = 0, count = 0;
    };
    std::map<std::chrono::sys_days, Sums> days;
    for (std::size_t i = 0; i < windows.size(); ++i) {
      Sums& day = days[data.target_date(windows[i])];
      day.predicted += prediction[i];
      day.actual += data.actual[static_cast<std::size_t>(windows[i])];
      ++day.count;
    }
    for (const auto& [date, day] : days) {
      dates.push_back(format_date(date));
      predicted.push_back(day.predicted / day.count);
      actual.push_back(day.actual / day.count);
    }
  }
};

/// What is shown of several series.
[[gnu::cold]] inline std::string means_of(const BiGruData& data) {
  const std::size_t count = data.set.series.size();
  return count > 1 ? " Means over the " + std::to_string(count) + " series." : "";
}

}  // namespace detail

/// The next day's value, predicted and actual, over the days of some windows: means over all series.
[[gnu::cold]] inline report::Figure predicted_by_day(const BiGruData& data, std::span<const Index> windows,
                                                     const std::vector<double>& prediction) {
  const detail::DayMeans means(data, windows, prediction);
  const std::vector<double> places = report::counting(means.dates.size());
  return {.id = "days",
          .title = "Predicted and actual value by day",
          .x_label = "Day",
          .y_label = "Value",
          .series = {{"actual", places, means.actual}, {"predicted", places, means.predicted}},
          .x_names = means.dates,
          .caption = "Each day is predicted from those before it." + detail::means_of(data)};
}

/// actual − predicted over the days of some windows: means over all series.
[[gnu::cold]] inline report::Figure residuals_by_day(const BiGruData& data, std::span<const Index> windows,
                                                     const std::vector<double>& prediction) {
  const detail::DayMeans means(data, windows, prediction);
  const std::vector<double> places = report::counting(means.dates.size());
  return {.id = "residuals-days",
          .title = "Residuals by day",
          .x_label = "Day",
          .y_label = "Actual − predicted",
          .kind = report::Figure::points,
          .series = {{"residuals", places, report::residuals_of("residuals_by_day", means.predicted, means.actual)},
                     {.name = "no error", .x = {0, places.back()}, .y = {0, 0}, .reference = true}},
          .x_names = means.dates,
          .caption =
              "Points that keep to one side for weeks, or a pattern that returns every week, could have been learnt." +
              detail::means_of(data)};
}

/// How alike residuals are some days apart: the autocorrelation within each series, over all series.
[[gnu::cold]] inline report::Figure residual_autocorrelation(const BiGruData& data, std::span<const Index> windows,
                                                             const std::vector<double>& prediction, Index lags = 28) {
  std::map<Index, std::vector<double>> of_series;
  for (std::size_t i = 0; i < windows.size(); ++i) {
    of_series[data.windows[windows[i]].series].push_back(data.actual[static_cast<std::size_t>(windows[i])] -
                                                         prediction[i]);
  }
  std::vector<double> products(static_cast<std::size_t>(lags));
  double squares = 0, count = 0;
  for (auto& [series, residuals] : of_series) {
    const double mean = moments(residuals).mean;
    for (double& residual : residuals) residual -= mean, squares += residual * residual;
    count += static_cast<double>(residuals.size());
    for (std::size_t lag = 1; lag <= products.size(); ++lag) {
      for (std::size_t t = lag; t < residuals.size(); ++t) products[lag - 1] += residuals[t] * residuals[t - lag];
    }
  }
  if (!(squares > 0)) throw ValueError("residual_autocorrelation", "residuals that differ", "none");
  for (double& product : products) product /= squares;
  report::Figure figure{.id = "autocorrelation",
                        .title = "Autocorrelation of the residuals",
                        .x_label = "Days apart",
                        .y_label = "Autocorrelation",
                        .kind = report::Figure::bars,
                        .series = {{"autocorrelation", report::counting(products.size(), 1), products}}};
  const double limit = 1.96 / std::sqrt(count);
  for (const double at : {limit, -limit}) {
    figure.series.push_back({.name = at > 0 ? "95 % of chance" : "",
                             .x = {0.5, static_cast<double>(lags) + 0.5},
                             .y = {at, at},
                             .reference = true});
  }
  figure.caption =
      "Bars beyond the dashed lines are more than chance: a bar at 7 is a week's rhythm that was not learnt.";
  return figure;
}

/// A series' days to come with their intervals. @param actual of the days, as far as it is known
[[gnu::cold]] inline report::Figure forecast_with_intervals(const BiGruForecast& forecast,
                                                            const std::vector<double>& actual, double share) {
  const std::vector<double> places = report::counting(forecast.dates.size());
  const std::string of = text::readable(100 * share) + " % interval";
  report::Figure figure{
      .id = "forecast",
      .title = "Forecast of " + forecast.name,
      .x_label = "Day",
      .y_label = "Value",
      .series = {{"forecast", places, forecast.predicted},
                 {"actual", report::counting(actual.size()), actual},
                 {.name = of, .x = places, .y = forecast.intervals.lower, .reference = true},
                 {.name = "", .x = places, .y = forecast.intervals.upper, .reference = true}},
      .caption =
          "The model's own output is fed back day by day; dashed, what residuals drawn at random make "
          "of it."};
  for (const std::chrono::sys_days date : forecast.dates) figure.x_names.push_back(format_date(date));
  return figure;
}

}}}  // namespace tenure::TENURE_ABI::clv
