/// Transactions of a shop in columns: who bought what, when, and for how much.
///
/// What every reader gives (CSV, SQLite, the simulator) and every preparation takes.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "../../data/csv/text_column.hpp"

namespace tenure { inline namespace TENURE_ABI { namespace clv {

/// Columns of equal length, a row for each line of an invoice, in the order of the file. What the file lacks is empty.
struct Transactions {
  std::vector<std::int64_t> time;  // seconds since 1970-01-01 00:00, by the clock that the file was written by
  std::vector<double> amount;      // quantity × price, or the file's own amounts; finite
  std::vector<double> quantity;    // empty, like price, where the file has only amounts; finite
  std::vector<double> price;
  TextColumn customer;  // "17850" also where the file says 17850.0
  TextColumn invoice;
  TextColumn product;
  TextColumn description;
  TextColumn country;

  std::size_t rows() const noexcept { return time.size(); }
};

namespace detail {

/// Sets the amounts to quantity × price. @throws FileError for products of 1e300 or more
inline void multiply_amounts(Transactions& transactions, std::string_view name) {
  transactions.amount.resize(transactions.quantity.size());
  for (std::size_t i = 0; i < transactions.amount.size(); ++i) {
    const double amount = transactions.quantity[i] * transactions.price[i];
    if (!(amount > -1e300 && amount < 1e300)) {
      throw FileError(name, "amounts below 1e300", {transactions.quantity[i], " × ", transactions.price[i]});
    }
    transactions.amount[i] = amount;
  }
}

}  // namespace detail

}}}  // namespace tenure::TENURE_ABI::clv
