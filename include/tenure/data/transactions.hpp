/// Transactions of a shop in columns: who bought what, when, and for how much.
///
/// What every reader gives (CSV, SQLite, the simulator) and every preparation takes.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "text_column.hpp"

namespace tenure::inline TENURE_ABI {

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

}  // namespace tenure::inline TENURE_ABI
