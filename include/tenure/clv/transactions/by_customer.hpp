/// Rows of transactions by customer and day: what every preparation for customer lifetime value starts from.
#pragma once

#include <algorithm>
#include <charconv>
#include <numeric>
#include <span>

#include "../../core/error.hpp"
#include "../../data/dates.hpp"
#include "transactions.hpp"

namespace tenure { inline namespace TENURE_ABI { namespace clv {

/// Row numbers of transactions. 32 bits, for they are most of what sorting moves.
using Row = std::uint32_t;

/// What becomes of rows whose customer is missing.
enum class MissingCustomer {
  dropped,
  pooled,  ///< they are all one customer's, whose name the options tell
};

/// Some rows of transactions, customer by customer in ascending order; each customer's by day, and those of a day in
/// the order of the file.
class CustomerRows {
 public:
  std::size_t customers() const noexcept { return names_.size(); }
  /// Of all customers. // (rows)
  std::span<const Row> rows() const noexcept { return rows_; }
  std::span<const Row> of(std::size_t customer) const noexcept {
    return std::span(rows_).subspan(begin_[customer], begin_[customer + 1] - begin_[customer]);
  }
  const std::string& name(std::size_t customer) const noexcept { return names_[customer]; }
  const std::vector<std::string>& names() const noexcept { return names_; }

 private:
  friend CustomerRows rows_by_customer(const Transactions&, std::vector<Row>, const std::string*);

  std::vector<Row> rows_;
  std::vector<std::size_t> begin_ = {0};  // (customers + 1)
  std::vector<std::string> names_;
};

namespace detail {

/// The order of customers: by number where all names are numbers, else byte by byte.
[[gnu::cold]] inline std::vector<std::int32_t> ascending(const std::vector<std::string>& names) {
  std::vector<std::int32_t> order(names.size());
  std::iota(order.begin(), order.end(), 0);
  std::vector<double> numbers(names.size());
  const bool numeric = std::ranges::all_of(order, [&](std::int32_t code) {
    const std::string& name = names[static_cast<std::size_t>(code)];
    const auto [end, error] =
        std::from_chars(name.data(), name.data() + name.size(), numbers[static_cast<std::size_t>(code)]);
    // Infinities and NaN are names.
    return error == std::errc() && end == name.data() + name.size() &&
           name.find_first_not_of("-.0123456789") == std::string::npos;
  });
  std::ranges::sort(order, [&](std::int32_t a, std::int32_t b) {
    const auto i = static_cast<std::size_t>(a), j = static_cast<std::size_t>(b);
    if (numeric && numbers[i] != numbers[j]) return numbers[i] < numbers[j];
    return names[i] < names[j];
  });
  return order;
}

/// @throws ValueError unless there is a customer column of as many rows
[[gnu::cold]] inline void check_customers(const Transactions& transactions, const char* what) {
  if (transactions.customer.codes.size() != transactions.rows()) {
    throw ValueError(what, {"transactions with a customer column of ", transactions.rows(), " rows"},
                     {transactions.customer.codes.size()});
  }
  if (transactions.rows() >= std::size_t{1} << 32) throw ValueError(what, "fewer than 2^32 rows", "more");
}

}  // namespace detail

/// The day of a row.
inline std::chrono::sys_days day_of_row(const Transactions& transactions, Row row) noexcept {
  return day_of(transactions.time[row]);
}

/// The given rows, in the order of the file, by customer. Rows without a customer are those of the customer of name
/// `*pooled` (together with that customer's own, if there is one), or dropped where `pooled` is null. Customers without
/// any of the rows are not among the result.
inline CustomerRows rows_by_customer(const Transactions& transactions, std::vector<Row> rows,
                                     const std::string* pooled = nullptr) {
  std::vector<std::string> names = transactions.customer.names;
  std::int32_t missing = -1;
  if (pooled) {
    const auto place = std::ranges::find(names, *pooled);
    missing = static_cast<std::int32_t>(place - names.begin());
    if (place == names.end()) names.push_back(*pooled);
  } else {
    std::erase_if(rows, [&](Row row) { return transactions.customer.codes[row] < 0; });
  }
  const auto code_of = [&](Row row) {
    const std::int32_t code = transactions.customer.codes[row];
    return static_cast<std::size_t>(code < 0 ? missing : code);
  };

  // A counting sort by the customer's place, which keeps the order of the file.
  std::vector<std::size_t> count(names.size());
  for (const Row row : rows) ++count[code_of(row)];
  CustomerRows result;
  std::vector<std::size_t> next(names.size());
  for (const std::int32_t code : detail::ascending(names)) {
    const auto c = static_cast<std::size_t>(code);
    if (count[c] == 0) continue;
    next[c] = result.begin_.back();
    result.begin_.push_back(next[c] + count[c]);
    result.names_.push_back(std::move(names[c]));
  }
  result.rows_.resize(rows.size());
  for (const Row row : rows) result.rows_[next[code_of(row)]++] = row;

  // Most files are in order of time, so that there is nothing left to sort.
  const auto day = [&](Row row) { return day_of_row(transactions, row); };
  for (std::size_t c = 0; c < result.customers(); ++c) {
    const std::span<Row> own(result.rows_.data() + result.begin_[c], result.begin_[c + 1] - result.begin_[c]);
    if (!std::ranges::is_sorted(own, {}, day)) std::ranges::stable_sort(own, {}, day);
  }
  return result;
}

/// Calls f(day, rows of that day) for each day of some rows that are in order of days.
template <class F>
void for_each_day(const Transactions& transactions, std::span<const Row> rows, F&& f) {
  for (std::size_t begin = 0; begin < rows.size();) {
    const std::int64_t midnight = time_of(day_of_row(transactions, rows[begin])) + 86400;
    std::size_t end = begin + 1;
    while (end < rows.size() && transactions.time[rows[end]] < midnight) ++end;
    f(day_of(midnight - 86400), rows.subspan(begin, end - begin));
    begin = end;
  }
}

/// The country of the first of some rows that has one; empty for none.
inline std::string first_country(const Transactions& transactions, std::span<const Row> rows) {
  if (transactions.country.codes.empty()) return {};
  const auto known = std::ranges::find_if(rows, [&](Row row) { return transactions.country.codes[row] >= 0; });
  return known == rows.end() ? std::string() : std::string(transactions.country[*known]);
}

/// The last day of the data. @throws ValueError for none
[[gnu::cold]] inline std::chrono::sys_days last_day(const Transactions& transactions) {
  if (transactions.rows() == 0) throw ValueError("transactions", "at least one row", "none");
  return day_of(*std::ranges::max_element(transactions.time));
}

}}}  // namespace tenure::TENURE_ABI::clv
