#pragma once
#include <tenure/data/csv.hpp>
#include <tenure/data/transactions.hpp>
namespace tenure::test {
inline Transactions read_shop(const std::string& path) {
  using enum ColumnType;
  CsvTable t = read_csv(path, {{"InvoiceNo", text}, {"StockCode", text}, {"Description", text}, {"Quantity", number}, {"InvoiceDate", time}, {"UnitPrice", number}, {"CustomerID", identifier}, {"Country", text}});
  Transactions s;
  s.time = std::move(t["InvoiceDate"].integers);
  s.quantity = std::move(t["Quantity"].numbers); s.price = std::move(t["UnitPrice"].numbers);
  for (std::size_t i = 0; i < s.rows(); ++i) s.amount.push_back(s.quantity[i] * s.price[i]);
  s.customer = std::move(t["CustomerID"].texts); s.invoice = std::move(t["InvoiceNo"].texts); s.product = std::move(t["StockCode"].texts);
  s.description = std::move(t["Description"].texts); s.country = std::move(t["Country"].texts);
  return s;
}
}
