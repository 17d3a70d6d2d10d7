/// What customers who came at the same time bought since: day by day for those of a month, by days since the first
/// purchase for those of a week.
///
///   value of a day = purchases of the cohort on that day / customers of the cohort
///   day_n          = purchases of the cohort's customers up to n days after each one's first / customers of the cohort
///
/// Purchases are rows with a customer and an amount above 0. A customer belongs where its first purchase is, and counts
/// from the cohort's first day on.
#pragma once

#include <cmath>
#include <map>

#include "../../data/csv/writer.hpp"
#include "../../data/daily_series.hpp"
#include "../transactions/by_customer.hpp"

namespace tenure { inline namespace TENURE_ABI { namespace clv {

/// Customers whose first purchase was in one month.
struct MonthlyCohort {
  std::chrono::sys_days month;  // its first day
  std::size_t customers = 0;
  std::chrono::sys_days begin;  // of the values: the month's first day, or the first in the data
  std::vector<double> value;    // per customer, for every day to the last in the data; 0 without sales
};

/// Customers whose first purchase was in one week, Monday to Sunday: a row of the daily LTV model's files.
struct LtvCurve {
  std::chrono::sys_days monday;
  std::size_t customers = 0;
  std::vector<double> ltv;  // cumulative, per customer: day_0, day_1, … as far as the data tell them for all customers
};

namespace detail {

/// Rows that are purchases, by customer. @throws ValueError when there are none
inline CustomerRows purchases(const Transactions& transactions) {
  check_customers(transactions, "cohorts");
  std::vector<Row> rows;
  for (std::size_t row = 0; row < transactions.rows(); ++row) {
    if (transactions.amount[row] > 0) rows.push_back(static_cast<Row>(row));
  }
  CustomerRows purchases = rows_by_customer(transactions, std::move(rows));
  if (purchases.customers() == 0) {
    throw ValueError("cohorts", "purchases with a customer", {"none in ", transactions.rows(), " rows"});
  }
  return purchases;
}

inline std::chrono::sys_days monday_of(std::chrono::sys_days day) noexcept {
  return day - std::chrono::days{weekday(day)};
}

inline std::pair<std::chrono::sys_days, std::chrono::sys_days> first_and_last_day(const Transactions& transactions) {
  const auto [first, last] = std::ranges::minmax_element(transactions.time);
  return {day_of(*first), day_of(*last)};
}

/// The place in `values` that a day is `days` behind `begin`.
inline double& at_day(std::vector<double>& values, std::chrono::sys_days begin, std::chrono::sys_days day) noexcept {
  return values[static_cast<std::size_t>((day - begin).count())];
}

}  // namespace detail

/// Months without new customers have no cohort. @throws ValueError when there are no purchases
inline std::vector<MonthlyCohort> monthly_cohorts(const Transactions& transactions) {
  const CustomerRows purchases = detail::purchases(transactions);
  const auto [first, last] = detail::first_and_last_day(transactions);
  std::map<int, MonthlyCohort> cohorts;
  for (std::size_t c = 0; c < purchases.customers(); ++c) {
    const std::span<const Row> rows = purchases.of(c);
    const int month = month_index(day_of_row(transactions, rows.front()));
    MonthlyCohort& cohort = cohorts[month];
    if (cohort.customers++ == 0) {
      cohort.month = month_start(month);
      cohort.begin = (std::max)(cohort.month, first);
      cohort.value.resize(static_cast<std::size_t>((last - cohort.begin).count()) + 1);
    }
    for (const Row row : rows) {
      detail::at_day(cohort.value, cohort.begin, day_of_row(transactions, row)) += transactions.amount[row];
    }
  }
  std::vector<MonthlyCohort> result;
  for (auto& [month, cohort] : cohorts) {
    for (double& value : cohort.value) value /= static_cast<double>(cohort.customers);
    result.push_back(std::move(cohort));
  }
  return result;
}

/// Curves to `days` days after the first purchase. A day is known when the data reach it for a customer who came on the
/// week's Sunday; a week that is not over has a curve without days. @throws ValueError when there are no purchases
inline std::vector<LtvCurve> ltv_curves(const Transactions& transactions, int days = 360) {
  const CustomerRows purchases = detail::purchases(transactions);
  const std::chrono::sys_days last = last_day(transactions);
  std::map<std::chrono::sys_days, LtvCurve> curves;  // by their Mondays
  for (std::size_t c = 0; c < purchases.customers(); ++c) {
    const std::span<const Row> rows = purchases.of(c);
    const std::chrono::sys_days came = day_of_row(transactions, rows.front()), monday = detail::monday_of(came);
    LtvCurve& curve = curves[monday];
    if (curve.customers++ == 0) {
      curve.monday = monday;
      const auto known = (last - monday).count() - 6 + 1;
      curve.ltv.resize(static_cast<std::size_t>(std::clamp<decltype(known)>(known, 0, days + 1)));
    }
    for (const Row row : rows) {
      const std::chrono::sys_days day = day_of_row(transactions, row);
      if (static_cast<std::size_t>((day - came).count()) >= curve.ltv.size()) break;
      detail::at_day(curve.ltv, came, day) += transactions.amount[row];
    }
  }
  std::vector<LtvCurve> result;
  for (auto& [monday, curve] : curves) {
    double sum = 0;
    for (double& value : curve.ltv) value = (sum += value) / static_cast<double>(curve.customers);
    result.push_back(std::move(curve));
  }
  return result;
}

namespace detail {

/// A millionth of the currency is beyond what the data hold, and keeps files legible.
inline double rounded_value(double value) noexcept { return std::round(1e6 * value) / 1e6; }

}  // namespace detail

/// One monthly cohort's file: date, value, customers. @throws FileError
[[gnu::cold]] inline void write_csv(const MonthlyCohort& cohort, const std::string& path) {
  CsvWriter csv(path, {"date", "value", "customers"});
  std::chrono::sys_days day = cohort.begin;
  for (const double value : cohort.value) {
    csv.field(format_date(day)).field(detail::rounded_value(value)).field(cohort.customers).end_row();
    day += std::chrono::days{1};
  }
  csv.commit();
}

/// The daily LTV model's file: Date as "2010-11-29~2010-12-05", Customers, day_0 to `days`, empty where not yet known.
/// @throws FileError
[[gnu::cold]] inline void write_csv(std::span<const LtvCurve> curves, const std::string& path, int days = 360) {
  CsvWriter csv(path);
  csv.field("Date").field("Customers");
  for (int day = 0; day <= days; ++day) csv.field("day_" + std::to_string(day));
  csv.end_row();
  for (const LtvCurve& curve : curves) {
    csv.field(format_date(curve.monday) + '~' + format_date(curve.monday + std::chrono::days{6}));
    csv.field(curve.customers);
    for (std::size_t day = 0; day <= static_cast<std::size_t>(days); ++day) {
      day < curve.ltv.size() ? csv.field(detail::rounded_value(curve.ltv[day])) : csv.missing();
    }
    csv.end_row();
  }
  csv.commit();
}

/// "cohort_2010_12": how the file of a cohort is called.
[[gnu::cold]] inline std::string name_of(const MonthlyCohort& cohort) {
  return "cohort_" + underscored_date(cohort.month).substr(0, 7);
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
