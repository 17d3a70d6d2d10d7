/// Recency, frequency, monetary value and behavior of customers at a cut-off date, and what they spent afterwards.
///
///   const auto [calibration, holdout] = calibration_holdout(transactions, cutoff, end);
///   const FeatureTable x = customer_features(calibration);   // holdout.spend: what to predict
///
/// Conventions of Fader and Hardie and of the Python package `lifetimes`, in days: a purchase day is one with a
/// purchase; frequency = repeat purchase days (all but the first), recency = from the first to the last, T ("tenure") =
/// from the first to the cut-off, monetary = mean spend of the repeat purchase days. So a customer of one day has
/// frequency, recency and monetary 0.
///
/// Purchases are rows with a customer and an amount above 0. What is returned is a feature of its own, and does not
/// reduce the others.
#pragma once

#include <array>
#include <cmath>

#include "../../core/tensor.hpp"
#include "../transactions/by_customer.hpp"

TENURE_NO_CONTRACTION
namespace tenure { inline namespace TENURE_ABI { namespace clv {

/// What a customer bought or returned on one line of an invoice.
struct Line {
  std::chrono::sys_days day;
  double amount;
  double quantity;       // 1, where there are no quantities
  std::int32_t invoice;  // codes; −1: missing
  std::int32_t product;
};

/// The transactions before a cut-off date, of customers with a purchase by then, and nothing else: it holds no
/// reference to the data that it was made of, so that nothing that is computed from it can know what came later.
class Calibration {
 public:
  /// Rows of days before `cutoff`. @throws ValueError when no customer has bought by then
  Calibration(const Transactions& transactions, std::chrono::sys_days cutoff) : cutoff_(cutoff) {
    detail::check_customers(transactions, "history");
    std::vector<Row> before;
    for (std::size_t row = 0; row < transactions.rows(); ++row) {
      if (transactions.time[row] < time_of(cutoff)) before.push_back(static_cast<Row>(row));
    }
    const CustomerRows rows = rows_by_customer(transactions, std::move(before));
    lines_.reserve(rows.rows().size());
    for (std::size_t c = 0; c < rows.customers(); ++c) {
      const bool bought = std::ranges::any_of(rows.of(c), [&](Row row) { return transactions.amount[row] > 0; });
      if (!bought) continue;
      for (const Row row : rows.of(c)) lines_.push_back(line(transactions, row));
      begin_.push_back(lines_.size());
      customers_.push_back(rows.name(c));
      countries_.push_back(first_country(transactions, rows.of(c)));
    }
    if (customers_.empty()) {
      throw ValueError("history", {"customers with a purchase before ", format_date(cutoff)},
                       {"none in ", transactions.rows(), " rows"});
    }
  }

  std::chrono::sys_days cutoff() const noexcept { return cutoff_; }
  /// Ascending.
  const std::vector<std::string>& customers() const noexcept { return customers_; }
  /// Of the first row that has one; empty for none.
  const std::vector<std::string>& countries() const noexcept { return countries_; }
  /// A customer's lines by day.
  std::span<const Line> of(std::size_t customer) const noexcept {
    return std::span(lines_).subspan(begin_[customer], begin_[customer + 1] - begin_[customer]);
  }

 private:
  static Line line(const Transactions& transactions, Row row) {
    const auto code = [row](const TextColumn& column) { return column.codes.empty() ? -1 : column.codes[row]; };
    return {day_of_row(transactions, row), transactions.amount[row],
            transactions.quantity.empty() ? 1 : transactions.quantity[row], code(transactions.invoice),
            code(transactions.product)};
  }

  std::chrono::sys_days cutoff_;
  std::vector<Line> lines_;
  std::vector<std::size_t> begin_ = {0};  // (customers + 1)
  std::vector<std::string> customers_;
  std::vector<std::string> countries_;
};

/// What a history's customers bought from its cut-off on: the truth to predict, in the order of the history's
/// customers.
struct Holdout {
  std::chrono::sys_days begin;
  std::chrono::sys_days end;      // exclusive
  std::vector<double> spend;      // purchases; 0 for those who did not come back
  std::vector<double> frequency;  // purchase days
};

/// What was before a cut-off, and what came after it.
struct CalibrationHoldout {
  Calibration calibration;
  Holdout holdout;
};

/// Cuts transactions at a date: what is before it to learn from, what is from it to before `end` to be compared with;
/// by default to the end of the data. @throws ValueError for an empty period, or when no customer has bought by the
/// cut-off
inline CalibrationHoldout calibration_holdout(const Transactions& transactions, std::chrono::sys_days cutoff,
                                              std::chrono::sys_days end) {
  if (end <= cutoff) {
    throw ValueError("hold-out", {"an end after ", format_date(cutoff)}, {format_date(end)});
  }
  Calibration history(transactions, cutoff);
  std::vector<Row> after;
  for (std::size_t row = 0; row < transactions.rows(); ++row) {
    const std::int64_t time = transactions.time[row];
    if (time >= time_of(cutoff) && time < time_of(end) && transactions.amount[row] > 0) {
      after.push_back(static_cast<Row>(row));
    }
  }
  const CustomerRows rows = rows_by_customer(transactions, std::move(after));
  const std::size_t count = history.customers().size();
  Holdout holdout{cutoff, end, std::vector<double>(count), std::vector<double>(count)};
  // Both are ascending in one order, but each has customers that the other lacks.
  std::vector<std::pair<std::string_view, std::size_t>> places;
  for (std::size_t c = 0; c < count; ++c) places.emplace_back(history.customers()[c], c);
  std::ranges::sort(places);
  for (std::size_t c = 0; c < rows.customers(); ++c) {
    const auto place = std::ranges::lower_bound(places, std::pair(std::string_view(rows.name(c)), std::size_t{0}));
    if (place == places.end() || place->first != rows.name(c)) continue;
    for_each_day(transactions, rows.of(c), [&](std::chrono::sys_days, std::span<const Row> of_day) {
      for (const Row row : of_day) holdout.spend[place->second] += transactions.amount[row];
      ++holdout.frequency[place->second];
    });
  }
  return {std::move(history), std::move(holdout)};
}
inline CalibrationHoldout calibration_holdout(const Transactions& transactions, std::chrono::sys_days cutoff) {
  return calibration_holdout(transactions, cutoff, last_day(transactions) + std::chrono::days{1});
}

/// A customer's features. Days are whole ones, shares are of purchase days.
struct CustomerFeatures {
  double recency = 0;          ///< from the first purchase day to the last
  double frequency = 0;        ///< repeat purchase days
  double monetary = 0;         ///< mean spend of a repeat purchase day
  double tenure = 0;           ///< T: from the first purchase day to the cut-off
  double days_since_last = 0;  ///< from the last purchase day to the cut-off: "recency" in marketing
  double total_spend = 0;
  double interval_mean = 0;       ///< between purchase days; 0 for customers of one
  double interval_deviation = 0;  ///< sample deviation; 0 below three purchase days
  double invoices = 0;            ///< purchase days, where there are no invoices
  double basket_size = 0;         ///< mean quantity of an invoice
  double basket_value = 0;        ///< mean spend on an invoice
  double distinct_products = 0;
  double returned = 0;            ///< the value of returns, as a number above 0
  std::array<double, 4> spend{};  ///< in the last 30, 60, 90, 180 days before the cut-off
  std::array<double, 7> weekday{};
  std::array<double, 12> month{};

  static constexpr std::array<int, 4> spend_days = {30, 60, 90, 180};

  /// Calls f(name, value) for each in order.
  static void fields(auto& self, auto&& f) {
    f("recency", self.recency);
    f("frequency", self.frequency);
    f("monetary", self.monetary);
    f("tenure", self.tenure);
    f("days_since_last", self.days_since_last);
    f("total_spend", self.total_spend);
    f("interval_mean", self.interval_mean);
    f("interval_deviation", self.interval_deviation);
    f("invoices", self.invoices);
    f("basket_size", self.basket_size);
    f("basket_value", self.basket_value);
    f("distinct_products", self.distinct_products);
    f("returned", self.returned);
    constexpr const char* spend_names[] = {"spend_30", "spend_60", "spend_90", "spend_180"};
    constexpr const char* weekday_names[] = {"monday", "tuesday",  "wednesday", "thursday",
                                             "friday", "saturday", "sunday"};
    constexpr const char* month_names[] = {"january", "february", "march",     "april",   "may",      "june",
                                           "july",    "august",   "september", "october", "november", "december"};
    for (std::size_t i = 0; i < 4; ++i) f(spend_names[i], self.spend[i]);
    for (std::size_t i = 0; i < 7; ++i) f(weekday_names[i], self.weekday[i]);
    for (std::size_t i = 0; i < 12; ++i) f(month_names[i], self.month[i]);
  }
};

namespace detail {

/// A day with purchases, and what was spent.
struct PurchaseDay {
  std::chrono::sys_days day;
  double spend;
};

inline std::vector<PurchaseDay> purchase_days(std::span<const Line> lines) {
  std::vector<PurchaseDay> days;
  for (const Line& line : lines) {
    if (!(line.amount > 0)) continue;
    if (days.empty() || days.back().day != line.day) days.push_back({line.day, 0});
    days.back().spend += line.amount;
  }
  return days;
}

/// How many different codes above −1 some lines of purchases have.
inline std::size_t distinct(std::span<const Line> lines, std::int32_t Line::*code) {
  std::vector<std::int32_t> codes;
  for (const Line& line : lines) {
    if (line.amount > 0 && line.*code >= 0) codes.push_back(line.*code);
  }
  std::ranges::sort(codes);
  return static_cast<std::size_t>(std::unique(codes.begin(), codes.end()) - codes.begin());
}

inline void add_calendar(std::span<const PurchaseDay> days, CustomerFeatures& features) {
  const double share = 1 / static_cast<double>(days.size());
  for (const PurchaseDay& day : days) {
    features.weekday[static_cast<std::size_t>(weekday(day.day))] += share;
    const auto month = static_cast<unsigned>(std::chrono::year_month_day{day.day}.month());
    features.month[month - 1] += share;
  }
}

inline void add_intervals(std::span<const PurchaseDay> days, CustomerFeatures& features) {
  if (features.frequency == 0) return;
  features.interval_mean = features.recency / features.frequency;
  double squares = 0;
  for (std::size_t i = 1; i < days.size(); ++i) {
    const double deviation = static_cast<double>((days[i].day - days[i - 1].day).count()) - features.interval_mean;
    squares += deviation * deviation;
  }
  if (features.frequency > 1) features.interval_deviation = std::sqrt(squares / (features.frequency - 1));
}

inline void add_baskets(std::span<const Line> lines, CustomerFeatures& features) {
  double quantity = 0;
  for (const Line& line : lines) {
    if (line.amount > 0) quantity += line.quantity;
    if (line.amount < 0) features.returned -= line.amount;
  }
  const auto invoices = static_cast<double>(distinct(lines, &Line::invoice));
  features.invoices = invoices > 0 ? invoices : features.frequency + 1;
  features.basket_size = quantity / features.invoices;
  features.basket_value = features.total_spend / features.invoices;
  features.distinct_products = static_cast<double>(distinct(lines, &Line::product));
}

}  // namespace detail

/// The features of the history's customer of that number.
inline CustomerFeatures customer_features(const Calibration& history, std::size_t customer) {
  const std::span<const Line> lines = history.of(customer);
  const std::vector<detail::PurchaseDay> days = detail::purchase_days(lines);
  const auto between = [](std::chrono::sys_days from, std::chrono::sys_days to) {
    return static_cast<double>((to - from).count());
  };
  CustomerFeatures features;
  features.recency = between(days.front().day, days.back().day);
  features.frequency = static_cast<double>(days.size() - 1);
  features.tenure = between(days.front().day, history.cutoff());
  features.days_since_last = between(days.back().day, history.cutoff());
  for (const detail::PurchaseDay& day : days) {
    features.total_spend += day.spend;
    if (&day != &days.front()) features.monetary += day.spend / features.frequency;
    for (std::size_t i = 0; i < features.spend.size(); ++i) {
      if (between(day.day, history.cutoff()) <= CustomerFeatures::spend_days[i]) features.spend[i] += day.spend;
    }
  }
  detail::add_intervals(days, features);
  detail::add_baskets(lines, features);
  detail::add_calendar(days, features);
  return features;
}

/// Features of customers as numbers to learn from.
struct FeatureTable {
  std::vector<std::string> customers;  // ascending
  std::vector<std::string> countries;  // empty for none
  std::vector<std::string> names;      // of the features
  Tensor<double> values;               // (customers, features)
};

/// The features of all customers of a history.
inline FeatureTable customer_features(const Calibration& history) {
  FeatureTable table{history.customers(), history.countries(), {}, {}};
  const CustomerFeatures none;
  CustomerFeatures::fields(none, [&](const char* name, double) { table.names.emplace_back(name); });
  table.values = Tensor<double>::uninitialized(
      {static_cast<Index>(table.customers.size()), static_cast<Index>(table.names.size())});
  double* next = table.values.data();
  for (std::size_t c = 0; c < table.customers.size(); ++c) {
    const CustomerFeatures features = customer_features(history, c);
    CustomerFeatures::fields(features, [&](const char*, double value) { *next++ = value; });
  }
  return table;
}

}}}  // namespace tenure::TENURE_ABI::clv
TENURE_CONTRACTION_AS_BEFORE
