/// The monthly panel of the hybrid Transformer-LSTM's published example (keras.io, "Deep Learning for Customer Lifetime
/// Value"), and its windows.
///
///   1. keep price > 0; amount = price × quantity; a missing customer becomes customer 99999
///   2. keep q1 − 1.5·IQR ≤ amount ≤ q3 + 1.5·IQR, quartiles by linear interpolation
///   3. per customer and day: sums of amount and quantity; frequency = 1 where the day's amount > 0
///   4. per customer and month, from the customer's first to its last, empty months included: the sums of these three
///   5. per customer, in ascending order, and offset: 6 months in, 6 months out
///
///   temporal (windows, input months, 5)            month, year, sin 2π·month/12, cos 2π·month/12, month mod 3 = 1
///   trend    (windows, input months, 3·(1 + lags)) amount, quantity, frequency; the three of 1, 2, 3 months before, 0
///                                                  before the window's start
///   target   (windows, horizon)                    the amounts of the months that follow
///
/// Sums are those of pandas 1.5 to the bit: in double, compensated, in the order of the file.
#pragma once

#include <cmath>
#include <limits>
#include <numbers>
#include <optional>

#include "../../core/tensor.hpp"
#include "../../data/compensated_sum.hpp"
#include "../../data/statistics.hpp"
#include "../transactions/by_customer.hpp"

TENURE_NO_CONTRACTION
namespace tenure { inline namespace TENURE_ABI { namespace clv {

/// The defaults are those of the published model.
struct PanelOptions {
  Index input_months = 6;
  Index horizon = 6;        ///< in months
  Index lags = 3;           ///< how many months back the trend repeats its three values
  double iqr_factor = 1.5;  ///< how far beyond the quartiles an amount is kept, in interquartile ranges; ∞ keeps all
  MissingCustomer missing = MissingCustomer::pooled;
  std::string pooled_customer = "99999";
  /// Rows before this day only, as where the last month is not over; the quartiles are theirs, too.
  std::optional<std::chrono::sys_days> end = {};
};

/// What each step left.
struct PanelCounts {
  std::size_t rows = 0;    ///< given
  std::size_t priced = 0;  ///< with a price above 0 (all, where there are no prices), and before the end
  double lower = -std::numeric_limits<double>::infinity();  ///< the least amount to be kept
  double upper = std::numeric_limits<double>::infinity();
  std::size_t kept = 0;  ///< with an amount within these, and a customer
  std::size_t customers = 0;
  std::size_t days = 0;     ///< of a customer with a row
  std::size_t months = 0;   ///< of a customer, empty ones in between included
  std::size_t longest = 0;  ///< the most months of one customer

  /// "541909 rows, 539392 with a price above 0, …"
  [[gnu::cold]] std::string to_string() const {
    const auto cents = [](double amount) { return std::round(100 * amount) / 100; };
    std::string text;
    Text({rows, " rows, ", priced, " with a price above 0, ", kept, " with a customer and an amount from ",
          cents(lower), " to ", cents(upper), ", ", customers, " customers, ", days, " days, ", months,
          " months, the longest history ", longest, " months"})
        .append_to(text);
    return text;
  }
};

/// Customers' months, one after the other.
struct MonthlyPanel {
  std::vector<std::string> customers;    // ascending: by number where all are numbers
  std::vector<std::string> countries;    // of each customer: its first row's that has one; empty for none
  std::vector<std::size_t> begin = {0};  // (customers + 1): a customer's place in the following
  std::vector<int> month;                // month_index()
  std::vector<double> amount;
  std::vector<double> quantity;   // rows, where the transactions have no quantities
  std::vector<double> frequency;  // days with an amount above 0
  PanelCounts counts;
};

/// The panel's windows, unscaled. All have as many rows, in ascending order of customers and months.
struct PanelWindows {
  Tensor<float> temporal;             // (windows, input months, 5)
  Tensor<float> trend;                // (windows, input months, 3·(1 + lags))
  Tensor<float> target;               // (windows, horizon)
  std::vector<std::size_t> customer;  // the window's, as a place in the panel's customers
  std::vector<int> first_month;       // month_index()

  Index count() const noexcept { return static_cast<Index>(customer.size()); }
};

namespace detail {

/// The rows that steps 1 and 2 keep.
inline std::vector<Row> panel_rows(const Transactions& transactions, const PanelOptions& options, PanelCounts& counts) {
  const std::size_t count = transactions.rows();
  const double* const amount = transactions.amount.data();
  const double iqr_factor = options.iqr_factor;
  std::vector<Row> rows(count);
  std::size_t kept = 0;
  if (transactions.price.empty()) {
    std::iota(rows.begin(), rows.end(), Row{0});
    kept = count;
  } else {
    // Without branches, which would be mispredicted.
    for (std::size_t row = 0; row < count; ++row) {
      rows[kept] = static_cast<Row>(row);
      kept += transactions.price[row] > 0;
    }
  }
  rows.resize(kept);
  if (options.end) {
    std::erase_if(rows,
                  [end = time_of(*options.end), &transactions](Row row) { return transactions.time[row] >= end; });
  }
  counts.priced = rows.size();
  if (rows.empty() || iqr_factor > (std::numeric_limits<double>::max)()) return rows;

  std::vector<double> amounts(rows.size());
  std::ranges::transform(rows, amounts.begin(), [&](Row row) { return amount[row]; });
  const std::vector<double> quartiles = quantiles(amounts, {0.25, 0.75});
  const double q1 = quartiles[0], q3 = quartiles[1];
  counts.lower = q1 - tenure::detail::rounded(iqr_factor * (q3 - q1));
  counts.upper = q3 + tenure::detail::rounded(iqr_factor * (q3 - q1));
  kept = 0;
  for (const Row row : rows) {
    rows[kept] = row;
    kept += amount[row] >= counts.lower && amount[row] <= counts.upper;
  }
  rows.resize(kept);
  return rows;
}

/// A customer's months, from its rows: steps 3 and 4.
inline void append_months(const Transactions& transactions, std::span<const Row> rows, MonthlyPanel& panel) {
  const int first = month_index(day_of_row(transactions, rows.front()));
  const int last = month_index(day_of_row(transactions, rows.back()));
  const std::size_t begin = panel.month.size(), count = static_cast<std::size_t>(last - first) + 1;
  std::vector<CompensatedSum> amounts(count);
  panel.quantity.resize(begin + count);
  panel.frequency.resize(begin + count);
  for_each_day(transactions, rows, [&](std::chrono::sys_days day, std::span<const Row> of_day) {
    CompensatedSum amount, quantity;
    for (const Row row : of_day) {
      amount += transactions.amount[row];
      quantity += transactions.quantity.empty() ? 1 : transactions.quantity[row];
    }
    const auto month = static_cast<std::size_t>(month_index(day) - first);
    amounts[month] += amount;
    panel.quantity[begin + month] += quantity;
    panel.frequency[begin + month] += amount > 0;
    ++panel.counts.days;
  });
  for (int month = first; month <= last; ++month) panel.month.push_back(month);
  panel.amount.insert(panel.amount.end(), amounts.begin(), amounts.end());
  panel.begin.push_back(begin + count);
  panel.counts.longest = (std::max)(panel.counts.longest, count);
}

}  // namespace detail

/// Steps 1 to 4. Transactions without prices all count as priced; where there are no quantities either, rows are
/// counted instead. @throws ValueError where no row remains, saying what each step left
inline MonthlyPanel monthly_panel(const Transactions& transactions, const PanelOptions& options = {}) {
  detail::check_customers(transactions, "monthly panel");
  if (!(options.iqr_factor >= 0)) {
    throw ValueError("monthly panel", "an IQR factor of at least 0", {options.iqr_factor});
  }
  MonthlyPanel panel;
  panel.counts.rows = transactions.rows();
  const CustomerRows rows =
      rows_by_customer(transactions, detail::panel_rows(transactions, options, panel.counts),
                       options.missing == MissingCustomer::pooled ? &options.pooled_customer : nullptr);
  panel.customers = rows.names();
  panel.counts.kept = rows.rows().size();
  panel.counts.customers = rows.customers();
  for (std::size_t c = 0; c < rows.customers(); ++c) {
    detail::append_months(transactions, rows.of(c), panel);
    panel.countries.push_back(first_country(transactions, rows.of(c)));
  }
  panel.counts.months = panel.month.size();
  if (rows.rows().empty()) {
    throw ValueError("monthly panel", "customers to remain", {"none: ", panel.counts.to_string()});
  }
  return panel;
}

namespace detail {

/// A month of the trend: amount, quantity and frequency, then those of `lags` months before in turn.
inline void write_trend(const MonthlyPanel& panel, std::size_t begin, Index month, Index lags, float* to) {
  for (Index lag = 0; lag <= lags; ++lag, to += 3) {
    if (lag > month) {
      std::fill_n(to, 3, 0.0f);
      continue;
    }
    const std::size_t i = begin + static_cast<std::size_t>(month - lag);
    to[0] = static_cast<float>(panel.amount[i]);
    to[1] = static_cast<float>(panel.quantity[i]);
    to[2] = static_cast<float>(panel.frequency[i]);
  }
}

inline void write_temporal(int index, float* to) {
  const int month = (index % 12 + 12) % 12 + 1;
  const double angle = 2 * std::numbers::pi * month / 12;
  to[0] = static_cast<float>(month);
  to[1] = static_cast<float>(1970 + (index - (month - 1)) / 12);
  to[2] = static_cast<float>(std::sin(angle));
  to[3] = static_cast<float>(std::cos(angle));
  to[4] = month % 3 == 1 ? 1.0f : 0.0f;
}

[[gnu::cold]] inline void check_window_options(const PanelOptions& options) {
  if (options.input_months < 1 || options.horizon < 1 || options.lags < 0) {
    throw ValueError("panel windows", "at least 1 month in, 1 month out and 0 lags",
                     {options.input_months, ", ", options.horizon, " and ", options.lags});
  }
}

}  // namespace detail

/// Step 5. @throws ValueError where no customer's history is long enough, saying what each step before left
inline PanelWindows panel_windows(const MonthlyPanel& panel, const PanelOptions& options = {}) {
  detail::check_window_options(options);
  const Index length = options.input_months + options.horizon;
  PanelWindows windows;
  std::vector<std::size_t> begin;  // of each window in the panel
  for (std::size_t c = 0; c < panel.customers.size(); ++c) {
    for (std::size_t i = panel.begin[c]; i + static_cast<std::size_t>(length) <= panel.begin[c + 1]; ++i) {
      begin.push_back(i);
      windows.customer.push_back(c);
      windows.first_month.push_back(panel.month[i]);
    }
  }
  if (begin.empty()) {
    throw ValueError("panel windows",
                     {"a customer with ", length, " months (", options.input_months, " in, ", options.horizon,
                      " out) from its first to its last"},
                     {"none: ", panel.counts.to_string()});
  }
  const Index count = windows.count(), width = 3 * (1 + options.lags);
  windows.temporal = Tensor<float>::uninitialized({count, options.input_months, 5});
  windows.trend = Tensor<float>::uninitialized({count, options.input_months, width});
  windows.target = Tensor<float>::uninitialized({count, options.horizon});
  for (Index w = 0; w < count; ++w) {
    const std::size_t from = begin[static_cast<std::size_t>(w)];
    for (Index t = 0; t < options.input_months; ++t) {
      detail::write_temporal(panel.month[from] + static_cast<int>(t), &windows.temporal(w, t, 0));
      detail::write_trend(panel, from, t, options.lags, &windows.trend(w, t, 0));
    }
    for (Index t = 0; t < options.horizon; ++t) {
      const auto i = from + static_cast<std::size_t>(options.input_months + t);
      windows.target(w, t) = static_cast<float>(panel.amount[i]);
    }
  }
  return windows;
}

}}}  // namespace tenure::TENURE_ABI::clv
TENURE_CONTRACTION_AS_BEFORE
