/// Customers at a cut-off date, and what each spends in the days that follow: what the ANN learns from and is measured
/// on.
#pragma once

#include "../features/rfm_summary.hpp"

namespace tenure { inline namespace TENURE_ABI { namespace clv {

/// The features of customer_features() that a network is told: all but the shares of weekdays and months, which are
/// noise for customers of few purchases, and returns, for rows of purchases are all that counts.
inline constexpr std::array ann_features = {
    "recency",   "frequency",     "monetary",           "tenure",           "days_since_last", "total_spend",
    "invoices",  "basket_size",   "basket_value",       "spend_30",         "spend_60",        "spend_90",
    "spend_180", "interval_mean", "interval_deviation", "distinct_products"};

struct AnnData {
  std::chrono::sys_days cutoff;
  int horizon = 0;                     ///< days from the cut-off on that `spend` is of; 0: there is none
  std::vector<std::string> customers;  ///< ascending
  RfmSummary summaries;
  Tensor<double> features;    // (customers, ann_features.size())
  std::vector<double> spend;  // (customers)

  Index size() const noexcept { return static_cast<Index>(customers.size()); }
  /// "1200 customers before 2011-09-01, and their spend in 91 days"
  [[gnu::cold]] std::string to_string() const {
    return std::to_string(size()) + " customers before " + format_date(cutoff) +
           (horizon > 0 ? ", and their spend in " + std::to_string(horizon) + " days" : "");
  }
  double feature(Index customer, std::string_view name) const {
    const auto place = std::ranges::find(ann_features, name) - ann_features.begin();
    return features.at(customer, place);
  }
};

/// Customers with a purchase before the cut-off, without a target: to forecast from there on.
/// @throws ValueError for a cut-off before the first or more than a day after the last row
[[gnu::cold]] inline AnnData ann_customers(const Transactions& transactions, std::chrono::sys_days cutoff) {
  const std::chrono::sys_days last = last_day(transactions),
                              first = day_of(*std::ranges::min_element(transactions.time));
  if (cutoff <= first || cutoff > last + std::chrono::days{1}) {
    throw ValueError("cut-off",
                     {"a date from ", format_date(first + std::chrono::days{1}), " to ",
                      format_date(last + std::chrono::days{1}), ", within the data"},
                     format_date(cutoff));
  }
  const Calibration history(transactions, cutoff);
  AnnData data{cutoff, 0, history.customers(), rfm_summary(history), {}, {}};
  const FeatureTable table = customer_features(history);
  data.features = Tensor<double>({data.size(), static_cast<Index>(ann_features.size())});
  for (std::size_t f = 0; f < ann_features.size(); ++f) {
    const auto column = std::ranges::find(table.names, ann_features[f]) - table.names.begin();
    for (Index c = 0; c < data.size(); ++c) data.features(c, static_cast<Index>(f)) = table.values(c, column);
  }
  return data;
}

/// The same with what they spend in the `horizon` days from the cut-off on.
/// @throws ValueError for a cut-off outside the data, a horizon beyond their end, or where nobody comes back
[[gnu::cold]] inline AnnData ann_data(const Transactions& transactions, std::chrono::sys_days cutoff, int horizon) {
  AnnData data = ann_customers(transactions, cutoff);
  const std::chrono::sys_days end = last_day(transactions) + std::chrono::days{1};
  const auto most = (end - cutoff).count();
  if (horizon < 1 || horizon > most) {
    throw ValueError("horizon",
                     {"from 1 to ", most, " days, for the data end on ", format_date(end - std::chrono::days{1}),
                      " and the cut-off is ", format_date(cutoff)},
                     {horizon});
  }
  data.horizon = horizon;
  data.spend = calibration_holdout(transactions, cutoff, cutoff + std::chrono::days{horizon}).holdout.spend;
  if (std::ranges::all_of(data.spend, [](double y) { return y == 0; })) {
    throw ValueError("target", {"customers that spend something in the ", horizon, " days from ", format_date(cutoff)},
                     {"none of ", data.spend.size()});
  }
  return data;
}

/// A horizon before the end of the data's last whole month: for Online Retail and 91 days 2011-09-01. A month of which
/// the data reach the last three days is whole, for shops are closed on some.
[[gnu::cold]] inline std::chrono::sys_days default_cutoff(const Transactions& transactions, int horizon) {
  const std::chrono::sys_days last = last_day(transactions);
  const int month = month_index(last);
  const bool over = month_start(month + 1) - last <= std::chrono::days{3};
  return month_start(over ? month + 1 : month) - std::chrono::days{horizon};
}

}}}  // namespace tenure::TENURE_ABI::clv
