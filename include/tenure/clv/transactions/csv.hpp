/// Transactions from a CSV file: UCI's Online Retail as it is, others by the names of their columns.
///
///     read_transactions("online_retail.csv")
///     read_transactions("shop.csv", parse_columns("customer=client,date=day,amount=total"))
///     read_transactions("CDNOW_master.txt", parse_columns("customer=1,date=2,quantity=3,amount=4"),
///                       {.delimiter = ' ', .header = false})
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "../../data/csv/table.hpp"
#include "columns.hpp"
#include "transactions.hpp"

namespace tenure { inline namespace TENURE_ABI { namespace clv {

namespace detail {

/// What to read for the columns of transactions.
[[gnu::cold]] inline std::vector<CsvColumn> csv_columns(const TransactionColumns& columns) {
  const TransactionColumns defaults;
  const bool amounts = !columns.amount.empty();
  const auto optional = [](const std::string& name, const std::string& by_default) { return name == by_default; };
  std::vector<CsvColumn> wanted = {
      {columns.customer, ColumnType::identifier},
      {columns.date, ColumnType::time, false, true},
      {columns.quantity, ColumnType::number, amounts && optional(columns.quantity, defaults.quantity), true},
      {columns.price, ColumnType::number, amounts && optional(columns.price, defaults.price), true},
      {columns.invoice, ColumnType::text, optional(columns.invoice, defaults.invoice)},
      {columns.product, ColumnType::text, optional(columns.product, defaults.product)},
      {columns.description, ColumnType::text, optional(columns.description, defaults.description)},
      {columns.country, ColumnType::text, optional(columns.country, defaults.country)},
  };
  if (amounts) wanted.push_back({columns.amount, ColumnType::number, false, true});
  return wanted;
}

/// Transactions of a table with csv_columns().
inline Transactions transactions_of(CsvTable&& table, const TransactionColumns& columns, std::string_view name) {
  Transactions transactions;
  transactions.customer = std::move(table.column(0).texts);
  transactions.time = std::move(table.column(1).integers);
  transactions.quantity = std::move(table.column(2).numbers);
  transactions.price = std::move(table.column(3).numbers);
  transactions.invoice = std::move(table.column(4).texts);
  transactions.product = std::move(table.column(5).texts);
  transactions.description = std::move(table.column(6).texts);
  transactions.country = std::move(table.column(7).texts);
  if (columns.amount.empty()) {
    multiply_amounts(transactions, name);
  } else {
    transactions.amount = std::move(table.column(8).numbers);
  }
  return transactions;
}

}  // namespace detail

/// Reads transactions of a CSV text in memory; `name` is what messages call it. Rows without a customer are kept, with
/// a customer code of -1; rows without a date, quantity, price or amount are errors, or skipped and counted in
/// `skipped`. @throws FileError as parse_csv()
inline Transactions parse_transactions(std::string_view bytes, std::string_view name,
                                       const TransactionColumns& columns = {}, const CsvOptions& options = {},
                                       SkippedRows* skipped = nullptr) {
  return detail::transactions_of(parse_csv(bytes, name, detail::csv_columns(columns), options, skipped), columns, name);
}

/// The same of a file, which is mapped to memory. @throws FileError
inline Transactions read_transactions(const std::string& path, const TransactionColumns& columns = {},
                                      const CsvOptions& options = {}, SkippedRows* skipped = nullptr) {
  const MappedFile file(path);
  return parse_transactions(file.bytes(), path, columns, options, skipped);
}

}}}  // namespace tenure::TENURE_ABI::clv
