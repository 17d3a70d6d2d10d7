/// Forecasts of a recipe's test part beside one another, and what they are worth.
#pragma once

#include <map>

#include "../../data/csv/writer.hpp"
#include "../../metrics/scoreboard.hpp"
#include "data.hpp"

namespace tenure { inline namespace TENURE_ABI { namespace clv {

/// Measures in money, but for the published recipe's, which are those of amounts scaled from 0 to 1.
class HybridComparison {
 public:
  std::vector<metrics::Scored> scored;

  /// Of data that must stay, scaled as a model has them.
  [[gnu::cold]] HybridComparison(const HybridData& data, const HybridScalers& scalers)
      : data_(data), scalers_(scalers), target_(detail::rows_of(data.windows.target, data.split.test)) {
    for (const Index w : data.split.test) pooled_.push_back(customer(w) == data.options.pooled_customer);
  }

  bool in_money() const noexcept { return data_.recipe != Recipe::published; }
  Index rows() const noexcept { return target_.shape()[0]; }
  /// In money. // (rows, horizon)
  const Tensor<float>& target() const noexcept { return target_; }

  /// Scores a forecast in money of all windows. @returns that of the test part // (rows, horizon)
  [[gnu::cold]] Tensor<float> add(const std::string& name, const Tensor<float>& of_windows) {
    Tensor<float> forecast = detail::rows_of(of_windows, data_.split.test);
    scored.push_back({name, in_money()
                                ? metrics::scores(forecast, target_, pooled_)
                                : metrics::scores(scalers_.scaled(forecast), scalers_.scaled(target_), pooled_)});
    return forecast;
  }
  /// Those that need no training.
  [[gnu::cold]] void add_rules() {
    add("mean of input months", mean_of_inputs(data_.windows));
    add("last month repeated", last_month_repeated(data_.windows));
  }

  /// f(row, t, customer, month_index()) for each month of the test part's windows.
  template <class F>
  void for_each_month(F f) const {
    for (Index row = 0; row < rows(); ++row) {
      const Index w = data_.split.test[static_cast<std::size_t>(row)];
      for (Index t = 0; t < target_.shape()[1]; ++t) {
        f(row, t, customer(w),
          data_.windows.first_month[static_cast<std::size_t>(w)] + static_cast<int>(data_.options.input_months + t));
      }
    }
  }

 private:
  const std::string& customer(Index window) const noexcept {
    return data_.panel.customers[data_.windows.customer[static_cast<std::size_t>(window)]];
  }

  const HybridData& data_;
  const HybridScalers& scalers_;
  Tensor<float> target_;
  std::vector<std::uint8_t> pooled_;
};

/// Sums over a forecast, in money.
struct ForecastTotals {
  std::vector<double> predicted, actual;  ///< by customer or window
  std::vector<std::string> months;        ///< as 2011-11
  std::vector<double> predicted_by_month, actual_by_month;
};

/// Those of the test part.
[[gnu::cold]] inline ForecastTotals totals_of(const HybridComparison& comparison, const Tensor<float>& forecast) {
  ForecastTotals totals;
  totals.predicted.resize(static_cast<std::size_t>(comparison.rows()));
  totals.actual.resize(totals.predicted.size());
  std::map<int, std::pair<double, double>> by_month;
  comparison.for_each_month([&](Index row, Index t, const std::string&, int month) {
    const auto p = static_cast<double>(forecast(row, t)), y = static_cast<double>(comparison.target()(row, t));
    totals.predicted[static_cast<std::size_t>(row)] += p;
    totals.actual[static_cast<std::size_t>(row)] += y;
    by_month[month].first += p;
    by_month[month].second += y;
  });
  for (const auto& [month, sums] : by_month) {
    totals.months.push_back(format_date(month_start(month)).substr(0, 7));
    totals.predicted_by_month.push_back(sums.first);
    totals.actual_by_month.push_back(sums.second);
  }
  return totals;
}

/// customer, month, actual, predicted: a row for each month of the test part's windows, in money. @throws FileError
[[gnu::cold]] inline void write_csv(const HybridComparison& comparison, const Tensor<float>& forecast,
                                    const std::string& path) {
  CsvWriter csv(path, {"customer", "month", "actual", "predicted"});
  comparison.for_each_month([&](Index row, Index t, const std::string& customer, int month) {
    csv.field(customer).field(format_date(month_start(month)).substr(0, 7));
    csv.field(comparison.target()(row, t)).field(forecast(row, t)).end_row();
  });
  csv.commit();
}

}}}  // namespace tenure::TENURE_ABI::clv
