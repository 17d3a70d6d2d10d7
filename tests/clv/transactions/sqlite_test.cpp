#include <doctest/doctest.h>

#include <tenure/clv/transactions/sqlite.hpp>

#include "../../message.hpp"
#include "../../temporary_directory.hpp"

using namespace tenure;

namespace {

using Numbers = std::vector<double>;

/// A database made by SQL.
struct Database {
  test::TemporaryDirectory directory;
  std::string path = directory / "shop.db";

  explicit Database(const char* sql) {
    sqlite3* database = nullptr;
    REQUIRE(::sqlite3_open(path.c_str(), &database) == SQLITE_OK);
    REQUIRE(::sqlite3_exec(database, sql, nullptr, nullptr, nullptr) == SQLITE_OK);
    ::sqlite3_close(database);
  }

  std::string error(const std::string& query, const clv::TransactionColumns& columns = {}) const {
    return message_of([&] { clv::query_transactions(path, query, columns); });
  }
};

const char* const sales_of_all_types =
    "create table sales (c, d, a);"
    "insert into sales values (17850.0, '12/1/2010 8:26', 0.1), (17850, 1291191960, '2.5'), ('17850', "
    "2455531.8513888889, 3),"
    "  (null, 20101201, -1e3), ('caf' || cast(x'e9' as text), '2010-12-01T08:26', 1);";
const clv::TransactionColumns named = {.customer = "c", .date = "d", .amount = "a"};

}  // namespace

TEST_CASE("transactions are read from values of every type") {
  const Database shop(sales_of_all_types);
  const clv::Transactions sales = clv::query_transactions(shop.path, "select * from sales", named);
  CHECK(sales.amount == Numbers{0.1, 2.5, 3, -1000, 1});
  CHECK(sales.customer.codes == std::vector<std::int32_t>{0, 0, 0, -1, 1});
  CHECK(sales.customer.names == std::vector<std::string>{"17850", "café"});
  for (const std::size_t row : {0u, 1u, 2u, 4u}) CHECK(format_time(sales.time[row]) == "2010-12-01 08:26:00");
  CHECK(format_time(sales.time[3]) == "2010-12-01 00:00:00");
  CHECK(sales.quantity.empty());
  CHECK(sales.country.codes.empty());
}

TEST_CASE("a query names and derives columns, by default as Online Retail's") {
  const Database shop(sales_of_all_types);
  const clv::Transactions sales = clv::query_transactions(
      shop.path, "select c CustomerID, d InvoiceDate, 2 Quantity, a UnitPrice, 'X' Country from sales where a < 1;\n");
  CHECK(sales.amount == Numbers{0.2, -2000});
  CHECK(sales.country.names == std::vector<std::string>{"X"});
}

TEST_CASE("rows that can't be read are refused, or skipped and counted") {
  const Database shop(
      "create table sales (c, d, a); insert into sales values (1, '2011-01-01', 5), (2, null, 1), (3, '2011-02-30', 1),"
      "(4, 9999999999999, 1), (5, 1e300, 1), (6, '2011-01-01', 'x'), (7, '2011-01-01', null), (8, '2011-01-01', 9e999),"
      "('a' || char(0) || 'b', '2011-01-01', 1), (9, '2011-01-02', 6);");
  CHECK(shop.error("select * from sales", named) ==
        shop.path + ": row 2, column 'd': expected a date as 12/31/2011 8:26 or 2011-12-31 08:26, got nothing");
  CHECK(shop.error("select * from sales where c = 6", named) ==
        shop.path + ": row 1, column 'a': expected a number, got 'x'");
  SkippedRows skipped;
  const clv::Transactions sales = clv::query_transactions(shop.path, "select * from sales", named, {}, &skipped);
  CHECK(skipped.count == 8);
  CHECK(sales.amount == Numbers{5, 6});
  CHECK(sales.customer.names == std::vector<std::string>{"1", "9"});
}

TEST_CASE("a query that is wrong, writes, or lacks a column is refused, and the database stays as it is") {
  const Database shop(sales_of_all_types);
  CHECK(shop.error("selec").starts_with(shop.path + ": expected a query that SQLite can answer, got near \"selec\""));
  CHECK(shop.error("select * from absent").ends_with("got no such table: absent"));
  CHECK(shop.error("") == shop.path + ": expected one query, got ''");
  CHECK(shop.error("select 1; drop table sales") ==
        shop.path + ": expected one query, got 'select 1; drop table sales'");
  for (const char* query :
       {"delete from sales", "drop table sales", "insert into sales values (1, 2, 3) returning c"}) {
    CHECK(shop.error(query, named) ==
          shop.path + ": expected a query that gives rows and changes nothing, got '" + query + "'");
  }
  CHECK(shop.error("select c, d from sales", named) ==
        shop.path + ": expected a column 'a' in the query, got the columns 'c', 'd'");
  CHECK(shop.error("select c, d, a, a from sales", named) ==
        shop.path + ": expected one column 'a', got two in the query");
  CHECK(clv::query_transactions(shop.path, "select * from sales", named).rows() == 5);
}

TEST_CASE("what is no database is refused") {
  const test::TemporaryDirectory directory;
  test::check_throws<FileError>([&] { clv::query_transactions(directory / "no.db", "select 1"); },
                                {"no.db", "no such file"});
  CHECK(directory.files() == 0);
  test::write_text(directory / "text.db", std::string(5000, 'x'));
  test::check_throws<FileError>([&] { clv::query_transactions(directory / "text.db", "select * from sales"); },
                                {"text.db", "file is not a database"});
}
