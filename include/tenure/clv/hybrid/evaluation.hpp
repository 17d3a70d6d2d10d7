/// Forecasts of a recipe's test part beside one another, and what they are worth.
#pragma once

#include <map>

#include "../../metrics/scoreboard.hpp"
#include "baselines.hpp"

TENURE_NO_CONTRACTION
namespace tenure { inline namespace TENURE_ABI { namespace clv {

/// Measures in money, but for the published recipe's, which are those of amounts scaled from 0 to 1.
class HybridComparison {
 public:
  std::vector<metrics::Scored> scored;  ///< the model first
  Tensor<float> target;                 ///< in money. // (rows, horizon)
  Tensor<float> forecast;               ///< of the first that was added, in money. // (rows, horizon)
  std::vector<std::string> customers;   ///< of each row
  std::vector<int> first_months;        ///< month_index() of each row's first target

  /// @param scalers that forecasts are scaled by
  [[gnu::cold]] HybridComparison(const HybridData& data, HybridScalers scalers)
      : target(detail::rows_of(data.windows.target, data.split.test)),
        in_money_(data.recipe != Recipe::published),
        scalers_(std::move(scalers)),
        rows_(data.split.test) {
    for (const Index row : rows_) {
      const auto w = static_cast<std::size_t>(row);
      customers.push_back(data.panel.customers[data.windows.customer[w]]);
      first_months.push_back(data.windows.first_month[w] + static_cast<int>(data.options.input_months));
      pooled_.push_back(customers.back() == data.options.pooled_customer);
    }
  }

  bool in_money() const noexcept { return in_money_; }
  /// "money", or "scaled".
  const char* unit() const noexcept { return in_money_ ? "money" : "scaled"; }
  Index rows() const noexcept { return target.shape()[0]; }

  /// Scores a forecast in money of all windows.
  [[gnu::cold]] void add(const std::string& name, const Tensor<float>& of_windows) {
    const Tensor<float> own = detail::rows_of(of_windows, rows_);
    scored.push_back({name, in_money_ ? metrics::scores(own, target, pooled_)
                                      : metrics::scores(scalers_.scaled(own), scalers_.scaled(target), pooled_)});
    if (forecast.empty()) forecast = own;
  }

 private:
  bool in_money_;
  HybridScalers scalers_;
  std::vector<Index> rows_;  // the windows of the test part
  std::vector<std::uint8_t> pooled_;
};

/// Sums over a forecast, in money.
struct ForecastTotals {
  std::vector<double> predicted, actual;  ///< by customer or window
  std::vector<std::string> months;        ///< as 2011-11
  std::vector<double> predicted_by_month, actual_by_month;
};

/// Those of the first forecast that was added.
[[gnu::cold]] inline ForecastTotals totals_of(const HybridComparison& comparison) {
  ForecastTotals totals;
  std::map<int, std::pair<double, double>> by_month;
  for (Index row = 0; row < comparison.rows(); ++row) {
    double predicted = 0, actual = 0;
    for (Index t = 0; t < comparison.target.shape()[1]; ++t) {
      const auto p = static_cast<double>(comparison.forecast(row, t)),
                 y = static_cast<double>(comparison.target(row, t));
      predicted += p, actual += y;
      auto& month = by_month[comparison.first_months[static_cast<std::size_t>(row)] + static_cast<int>(t)];
      month.first += p, month.second += y;
    }
    totals.predicted.push_back(predicted), totals.actual.push_back(actual);
  }
  for (const auto& [month, sums] : by_month) {
    totals.months.push_back(format_month(month));
    totals.predicted_by_month.push_back(sums.first);
    totals.actual_by_month.push_back(sums.second);
  }
  return totals;
}

}}}  // namespace tenure::TENURE_ABI::clv
TENURE_CONTRACTION_AS_BEFORE
