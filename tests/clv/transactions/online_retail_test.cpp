#include <doctest/doctest.h>

#include <algorithm>
#include <numeric>
#include <tenure/clv/transactions/csv.hpp>

#include "online_retail.hpp"

using namespace tenure;

namespace {

auto missing(const TextColumn& column) { return std::count(column.codes.begin(), column.codes.end(), -1); }

}  // namespace

TEST_CASE("Online Retail is read with all that is known of it") {
  const auto path = test::online_retail();
  if (!path) return;
  SkippedRows skipped;
  const clv::Transactions sales = clv::read_transactions(*path, {}, {}, &skipped);
  CHECK(skipped.count == 0);
  REQUIRE(sales.rows() == 541909);
  for (const TextColumn* column :
       {&sales.customer, &sales.invoice, &sales.product, &sales.description, &sales.country}) {
    CHECK(column->codes.size() == sales.rows());
    CHECK(*std::max_element(column->codes.begin(), column->codes.end()) + 1 == static_cast<int>(column->names.size()));
  }
  CHECK(missing(sales.customer) == 135080);
  CHECK(missing(sales.description) == 1454);
  CHECK(missing(sales.invoice) + missing(sales.product) + missing(sales.country) == 0);
  CHECK(sales.customer.names.size() == 4372);
  CHECK(sales.country.names.size() == 38);
  CHECK(sales.customer[0] == "17850");
  CHECK(sales.description[0] == "WHITE HANGING HEART T-LIGHT HOLDER");

  CHECK(std::accumulate(sales.amount.begin(), sales.amount.end(), 0.0) == doctest::Approx(9747747.934).epsilon(1e-11));
  CHECK(*std::min_element(sales.price.begin(), sales.price.end()) == -11062.06);
  CHECK(std::count(sales.price.begin(), sales.price.end(), 0.0) == 2515);
  const auto [first, last] = std::minmax_element(sales.time.begin(), sales.time.end());
  CHECK(format_time(*first) == "2010-12-01 08:26:00");
  CHECK(format_time(*last) == "2011-12-09 12:50:00");

  const auto& names = sales.description.names;
  CHECK(std::find(names.begin(), names.end(), "RECORD FRAME 7\" SINGLE SIZE") != names.end());
  CHECK(std::find(names.begin(), names.end(), "AIRLINE LOUNGE,METAL SIGN") != names.end());
  CHECK(std::find(names.begin(), names.end(), "Dotcomgiftshop Gift Voucher £40.00") != names.end());
}

TEST_CASE("Online Retail in Latin-1 and with CRLF is the same") {
  const auto path = test::online_retail();
  if (!path) return;
  const MappedFile file(*path);
  std::string changed;
  for (const char c : file.bytes()) {
    if (c == '\xC2') continue;  // £ is all that the file has beyond ASCII
    if (c == '\n') changed += '\r';
    changed += c;
  }
  const clv::Transactions sales = clv::parse_transactions(file.bytes(), *path),
                          same = clv::parse_transactions(changed, "changed");
  CHECK(same.time == sales.time);
  CHECK(same.amount == sales.amount);
  CHECK(same.customer.codes == sales.customer.codes);
  CHECK(same.customer.names == sales.customer.names);
  CHECK(same.description.codes == sales.description.codes);
  CHECK(same.description.names == sales.description.names);
  CHECK(same.country.names == sales.country.names);
}
