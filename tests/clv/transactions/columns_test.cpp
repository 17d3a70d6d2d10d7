#include <doctest/doctest.h>

#include <tenure/clv/transactions/columns.hpp>

#include "../../message.hpp"

using namespace tenure;

namespace {

std::string columns_error(std::string_view text) {
  return message_of<ValueError>([&] { clv::parse_columns(text); });
}
std::string options_error(std::string_view text) {
  return message_of<ValueError>([&] { clv::parse_csv_options(text); });
}

}  // namespace

TEST_CASE("columns that are named are mapped, the others keep Online Retail's names") {
  const clv::TransactionColumns columns = clv::parse_columns("customer=client id, date=Day ,amount=Total=EUR");
  CHECK(columns.customer == "client id");
  CHECK(columns.date == "Day");
  CHECK(columns.amount == "Total=EUR");
  CHECK(columns.invoice == "InvoiceNo");
  CHECK(clv::parse_columns("\"date=Day, local\",price=p").date == "Day, local");
}

TEST_CASE("what is no mapping of columns is refused with what was expected") {
  CHECK(
      columns_error("client=x") ==
      "--columns: expected keys among customer, date, amount, quantity, price, invoice, product, description, country, "
      "got 'client'");
  CHECK(columns_error("customer") == "--columns: expected key=value,key=value, got 'customer' in 'customer'");
  CHECK(columns_error("customer=a,") == "--columns: expected key=value,key=value, got '' in 'customer=a,'");
  CHECK(columns_error("=a") == "--columns: expected key=value,key=value, got '=a' in '=a'");
  CHECK(columns_error("") == "--columns: expected key=value,key=value, got ''");
  CHECK(columns_error("\"customer=a") == "--columns: expected key=value,key=value, got '\"customer=a'");
  CHECK(columns_error("customer=a\ndate=b").starts_with("--columns: expected one line, got 'customer=a"));
  CHECK(columns_error("date=") == "--columns: expected the name of a column behind date=, got nothing");
  CHECK(columns_error("date=a,date=b") == "--columns: expected date once, got it twice");
}

TEST_CASE("a format is read, and what it can't be is named") {
  const CsvOptions options = clv::parse_csv_options("delimiter=space,header=no,dates=day-first,encoding=latin1");
  CHECK(options.delimiter == ' ');
  CHECK_FALSE(options.header);
  CHECK(options.dates == DateOrder::day_first);
  CHECK(options.encoding == Encoding::latin1);
  CHECK(clv::parse_csv_options("delimiter=tab").delimiter == '\t');
  CHECK(clv::parse_csv_options("delimiter=tab").header);
  CHECK(options_error("delimiter=;") ==
        "--format, delimiter: expected one of comma, semicolon, tab, bar, space, got ';'");
  CHECK(options_error("header=true") == "--format, header: expected one of yes, no, got 'true'");
  CHECK(options_error("x=y") == "--format: expected keys among delimiter, header, dates, encoding, got 'x'");
}
