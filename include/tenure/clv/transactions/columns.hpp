/// Which columns of a file or query hold a shop's transactions.
#pragma once

#include <algorithm>
#include <array>
#include <string>
#include <string_view>
#include <utility>

#include "../../core/error.hpp"
#include "../../data/csv/columns.hpp"

namespace tenure { inline namespace TENURE_ABI { namespace clv {

/// Names of columns; by default those of UCI's Online Retail.
///
/// Customer and date must be there, and either an amount or quantity and price. The others are read where the file has
/// them, and must be there once they have another name than the default.
struct TransactionColumns {
  std::string customer = "CustomerID";
  std::string date = "InvoiceDate";
  std::string amount;  // empty: quantity × price
  std::string quantity = "Quantity";
  std::string price = "UnitPrice";
  std::string invoice = "InvoiceNo";
  std::string product = "StockCode";
  std::string description = "Description";
  std::string country = "Country";

  static void fields(auto& self, auto&& f) {
    f("customer", self.customer);
    f("date", self.date);
    f("amount", self.amount);
    f("quantity", self.quantity);
    f("price", self.price);
    f("invoice", self.invoice);
    f("product", self.product);
    f("description", self.description);
    f("country", self.country);
  }
};

namespace detail {

/// Calls assign(key, value) for each of "key=value,key=value"; an item in double quotes may hold commas.
/// @throws ValueError for items without '='
[[gnu::cold]] inline void for_each_setting(std::string_view text, std::string_view name, auto&& assign) {
  CsvRows rows(text, ',');
  if (!rows.next() || rows.problem()) throw ValueError(name, "key=value,key=value", {"'", text, "'"});
  for (const CsvField& field : rows.fields()) {
    std::string memory;
    const std::string_view item = tenure::detail::trimmed(field.value(memory));
    const std::size_t sign = item.find('=');
    if (sign == std::string_view::npos || sign == 0) {
      throw ValueError(name, "key=value,key=value", {"'", item, "' in '", text, "'"});
    }
    assign(tenure::detail::trimmed(item.substr(0, sign)), tenure::detail::trimmed(item.substr(sign + 1)));
  }
  if (rows.next()) throw ValueError(name, "one line", {"'", text, "'"});
}

/// The value that `choices` has for a word. @throws ValueError that lists them
template <class T, std::size_t n>
[[gnu::cold]] T choice(std::string_view name, std::string_view word,
                       const std::array<std::pair<const char*, T>, n>& choices) {
  std::string known;
  for (const auto& [text, value] : choices) {
    if (text == word) return value;
    known += (known.empty() ? "" : ", ") + std::string(text);
  }
  throw ValueError(name, {"one of ", known}, {"'", word, "'"});
}

}  // namespace detail

/// Reads "customer=Client,date=Day,amount=Total" for a command line's --columns. What is not named keeps its default.
/// An item in double quotes may hold commas: `"date=Day, local"`.
/// @throws ValueError for a key that is not known or given twice, or an empty name
[[gnu::cold]] inline TransactionColumns parse_columns(std::string_view text, std::string_view name = "--columns") {
  TransactionColumns columns;
  std::string seen = ",";
  detail::for_each_setting(text, name, [&](std::string_view key, std::string_view value) {
    std::string known;
    bool found = false;
    TransactionColumns::fields(columns, [&](const char* field, std::string& column) {
      known += (known.empty() ? "" : ", ") + std::string(field);
      if (key != field) return;
      found = true;
      column = value;
    });
    if (!found) throw ValueError(name, {"keys among ", known}, {"'", key, "'"});
    if (value.empty()) throw ValueError(name, {"the name of a column behind ", key, "="}, "nothing");
    const std::string listed = std::string(key) + ",";
    if (seen.find("," + listed) != std::string::npos) throw ValueError(name, {key, " once"}, "it twice");
    seen += listed;
  });
  return columns;
}

/// Reads "delimiter=semicolon,header=no,dates=day-first,encoding=latin1" for a command line's --format. The delimiter
/// is comma, semicolon, tab, bar or space (any number of blanks). What is not named keeps its default.
/// @throws ValueError for a key or value that is not known
[[gnu::cold]] inline CsvOptions parse_csv_options(std::string_view text, std::string_view name = "--format") {
  using detail::choice;
  CsvOptions options;
  detail::for_each_setting(text, name, [&](std::string_view key, std::string_view value) {
    const std::string place = std::string(name) + ", " + std::string(key);
    if (key == "delimiter") {
      constexpr std::array<std::pair<const char*, char>, 5> delimiters = {
          {{"comma", ','}, {"semicolon", ';'}, {"tab", '\t'}, {"bar", '|'}, {"space", ' '}}};
      options.delimiter = choice(place, value, delimiters);
    } else if (key == "header") {
      options.header = choice<bool, 2>(place, value, {{{"yes", true}, {"no", false}}});
    } else if (key == "dates") {
      constexpr std::array<std::pair<const char*, DateOrder>, 2> orders = {
          {{"month-first", DateOrder::month_first}, {"day-first", DateOrder::day_first}}};
      options.dates = choice(place, value, orders);
    } else if (key == "encoding") {
      constexpr std::array<std::pair<const char*, Encoding>, 3> encodings = {
          {{"detect", Encoding::detect}, {"utf8", Encoding::utf8}, {"latin1", Encoding::latin1}}};
      options.encoding = choice(place, value, encodings);
    } else {
      throw ValueError(name, "keys among delimiter, header, dates, encoding", {"'", key, "'"});
    }
  });
  return options;
}

}}}  // namespace tenure::TENURE_ABI::clv
