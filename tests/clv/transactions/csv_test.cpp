#include <doctest/doctest.h>

#include <tenure/clv/transactions/csv.hpp>

#include "../../message.hpp"
#include "../../temporary_directory.hpp"

using namespace tenure;

namespace {

using Numbers = std::vector<double>;

const std::string online_retail =
    "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country\n"
    "536365,85123A,WHITE HANGING HEART T-LIGHT HOLDER,6,12/1/2010 8:26,2.55,17850.0,United Kingdom\n"
    "C536379,D,,-1,12/1/2010 9:41,27.5,,France\n"
    "536370,22728,\"ALARM CLOCK, PINK\",24,12/1/2010 8:45,3.75,12583,France\n";

}  // namespace

TEST_CASE("a file in Online Retail's form needs no mapping") {
  const clv::Transactions sales = clv::parse_transactions(online_retail, "a.csv");
  CHECK(sales.rows() == 3);
  CHECK(sales.quantity == Numbers{6, -1, 24});
  CHECK(sales.price == Numbers{2.55, 27.5, 3.75});
  CHECK(sales.amount == Numbers{6 * 2.55, -27.5, 24 * 3.75});
  CHECK(sales.customer[0] == "17850");
  CHECK(sales.customer.codes == std::vector<std::int32_t>{0, -1, 1});
  CHECK(sales.description.codes == std::vector<std::int32_t>{0, -1, 1});
  CHECK(sales.description[2] == "ALARM CLOCK, PINK");
  CHECK(sales.invoice[1] == "C536379");
  CHECK(sales.country.names == std::vector<std::string>{"United Kingdom", "France"});
  CHECK(format_time(sales.time[1]) == "2010-12-01 09:41:00");
}

TEST_CASE("customer, date and amount are enough") {
  const clv::Transactions sales =
      clv::parse_transactions("day;client;total\n2011-12-09;A;1.5\n", "a.csv",
                              clv::parse_columns("customer=client,date=day,amount=total"), {.delimiter = ';'});
  CHECK(sales.rows() == 1);
  CHECK(sales.amount == Numbers{1.5});
  CHECK(sales.quantity.empty());
  CHECK(sales.price.empty());
  CHECK(sales.invoice.codes.empty());
  CHECK(sales.country.codes.empty());
}

TEST_CASE("CDNOW's own file, blanks and no header, is read by the places of its columns") {
  const test::TemporaryDirectory directory;
  test::write_text(directory / "CDNOW_master.txt",
                   " 00001 19970101  1   11.77\n 00002 19970112  1   12.00\n 00002 19970112  5   77.00\n");
  const clv::Transactions sales = clv::read_transactions(directory / "CDNOW_master.txt",
                                                         clv::parse_columns("customer=1,date=2,quantity=3,amount=4"),
                                                         clv::parse_csv_options("delimiter=space,header=no"));
  CHECK(sales.amount == Numbers{11.77, 12, 77});
  CHECK(sales.quantity == Numbers{1, 1, 5});
  CHECK(sales.customer.codes == std::vector<std::int32_t>{0, 1, 1});
  CHECK(sales.customer[0] == "00001");
  CHECK(format_time(sales.time[2]) == "1997-01-12 00:00:00");
}

TEST_CASE("columns that are needed, or named, must be there") {
  const auto error = [](std::string_view header, std::string_view columns) {
    return message_of<FileError>([&] { clv::parse_transactions(header, "a.csv", clv::parse_columns(columns)); });
  };
  CHECK(error("c,d,a\n", "customer=c,date=d,amount=a") == "nothing thrown");
  CHECK(error("c,d\n", "customer=c,date=d") == "a.csv: expected a column 'Quantity', got the columns 'c', 'd'");
  CHECK(error("c,d,Quantity\n", "customer=c,date=d") ==
        "a.csv: expected a column 'UnitPrice', got the columns 'c', 'd', 'Quantity'");
  CHECK(error("c,d,a\n", "customer=c,date=e,amount=a") ==
        "a.csv: expected a column 'e', got the columns 'c', 'd', 'a'");
  CHECK(error("c,d,a\n", "customer=c,date=d,amount=a,country=land") ==
        "a.csv: expected a column 'land', got the columns 'c', 'd', 'a'");
}

TEST_CASE("rows without a date or an amount are refused, or skipped and counted") {
  const std::string text =
      "c,d,a\n1,2011-01-01,5\n2,,5\n3,2011-01-01,\n4,2011-01-01,NaN\n5,2011-01-01,inf\n,2011-01-02,6\n";
  const clv::TransactionColumns columns = clv::parse_columns("customer=c,date=d,amount=a");
  CHECK(message_of<FileError>([&] { clv::parse_transactions(text, "a.csv", columns); }) ==
        "a.csv: line 3, column 'd': expected a date as 12/31/2011 8:26 or 2011-12-31 08:26, got nothing");
  SkippedRows skipped;
  const clv::Transactions sales = clv::parse_transactions(text, "a.csv", columns, {}, &skipped);
  CHECK(skipped.count == 4);
  CHECK(sales.amount == Numbers{5, 6});
  CHECK(sales.customer.codes == std::vector<std::int32_t>{0, -1});
  CHECK(sales.customer.names == std::vector<std::string>{"1"});
}

TEST_CASE("an amount that no double holds is refused") {
  CHECK(message_of<FileError>([] {
          clv::parse_transactions("c,d,Quantity,UnitPrice\n1,2011-01-01,1e200,-1e200\n", "a.csv",
                                  clv::parse_columns("customer=c,date=d"));
        }) == "a.csv: expected amounts below 1e300, got 1e+200 × -1e+200");
}

TEST_CASE("one column may serve two purposes") {
  const clv::Transactions sales = clv::parse_transactions(
      "c,d,a\n1,2011-01-01,5\n", "a.csv", clv::parse_columns("customer=c,invoice=c,date=d,amount=a,price=a"));
  CHECK(sales.customer[0] == "1");
  CHECK(sales.invoice[0] == "1");
  CHECK(sales.price == Numbers{5});
  CHECK(sales.amount == Numbers{5});
}
