#include <tenure/clv/features/rfm.hpp>
#include <tenure/clv/transactions/csv.hpp>

#include "../../message.hpp"
#include "golden.hpp"

using namespace tenure;
using namespace tenure::clv;
using namespace tenure::test;

namespace {

const std::chrono::sys_days cutoff = std::chrono::year{2021} / 12 / 5;

bool same(const FeatureTable& a, const FeatureTable& b) {
  return a.customers == b.customers && a.countries == b.countries && a.names == b.names &&
         std::ranges::equal(a.values, b.values);
}

/// The rows of some transactions that `keep` chooses.
template <class Keep>
Transactions filtered(const Transactions& from, Keep keep) {
  Transactions to = from;
  std::size_t next = 0;
  const auto move_row = [&](auto& column, std::size_t row) {
    if (!column.empty()) column[next] = column[row];
  };
  const auto resize = [&](auto& column) {
    if (!column.empty()) column.resize(next);
  };
  const auto for_each_column = [&](auto f) {
    f(to.time), f(to.amount), f(to.quantity), f(to.price), f(to.customer.codes), f(to.invoice.codes);
    f(to.product.codes), f(to.description.codes), f(to.country.codes);
  };
  for (std::size_t row = 0; row < from.rows(); ++row) {
    if (!keep(row)) continue;
    for_each_column([&](auto& column) { move_row(column, row); });
    ++next;
  }
  for_each_column(resize);
  return to;
}

template <class Data>
concept gives_features = requires(const Data& data) {
  customer_features(data);
};

}  // namespace

static_assert(gives_features<Calibration>);
static_assert(!gives_features<Transactions>, "features take what is before a cut-off only");

TEST_CASE("features and hold-out of a shop are those of pandas 1.5.3") {
  const auto [calibration, holdout] = calibration_holdout(read_transactions(beside("shop.csv")), cutoff);
  const FeatureTable table = customer_features(calibration);
  std::vector<CsvColumn> columns = {{"CustomerID", ColumnType::identifier}, {"country", ColumnType::text}};
  for (const char* name : {"holdout_spend", "holdout_frequency"}) columns.push_back({name, ColumnType::number});
  for (const std::string& name : table.names) columns.push_back({name, ColumnType::number});
  CsvTable expected = read_csv(beside("shop_features.csv"), columns);
  REQUIRE(table.customers.size() == expected.rows());
  CHECK(table.values.shape() == Shape{static_cast<Index>(expected.rows()), 36});
  const auto text = [](const TextColumn& column, std::size_t i) {
    return column.codes[i] < 0 ? std::string() : column.names[static_cast<std::size_t>(column.codes[i])];
  };
  for (std::size_t c = 0; c < table.customers.size(); ++c) {
    CHECK(table.customers[c] == text(expected["CustomerID"].texts, c));
    CHECK(table.countries[c] == text(expected["country"].texts, c));
    CHECK(holdout.spend[c] == doctest::Approx(expected["holdout_spend"].numbers[c]));
    CHECK(holdout.frequency[c] == expected["holdout_frequency"].numbers[c]);
    for (std::size_t i = 0; i < table.names.size(); ++i) {
      INFO(table.names[i], " of ", table.customers[c]);
      const double value = table.values(static_cast<Index>(c), static_cast<Index>(i));
      CHECK(value == doctest::Approx(expected[table.names[i]].numbers[c]).epsilon(1e-8));
    }
  }
}

TEST_CASE("what comes from the cut-off on changes no feature") {
  const Transactions shop = read_transactions(beside("shop.csv"));
  const FeatureTable whole = customer_features(Calibration(shop, cutoff));
  const Transactions before = filtered(shop, [&](std::size_t row) { return shop.time[row] < time_of(cutoff); });
  REQUIRE(before.rows() < shop.rows());
  CHECK(same(whole, customer_features(Calibration(before, cutoff))));
  Transactions changed = shop;
  for (std::size_t row = 0; row < shop.rows(); ++row) {
    if (shop.time[row] >= time_of(cutoff)) changed.amount[row] *= -1000;
  }
  CHECK(same(whole, customer_features(Calibration(changed, cutoff))));
  Transactions last_second = shop;
  *std::ranges::max_element(last_second.time) = time_of(cutoff) - 1;
  CHECK_FALSE(same(whole, customer_features(Calibration(last_second, cutoff))));
}

TEST_CASE("a hold-out ends before its end") {
  const Transactions shop = read_transactions(beside("shop.csv"));
  const auto end = cutoff + std::chrono::days{30};
  const Holdout month = calibration_holdout(shop, cutoff, end).holdout;
  const Transactions until = filtered(shop, [&](std::size_t row) { return shop.time[row] < time_of(end); });
  CHECK(month.spend == calibration_holdout(until, cutoff).holdout.spend);
  CHECK(month.spend != calibration_holdout(shop, cutoff).holdout.spend);
  CHECK_THROWS_AS(calibration_holdout(shop, cutoff, cutoff), ValueError);
}

TEST_CASE("a file of customer, date and amount alone has baskets of purchase days") {
  Transactions shop;
  shop.time = {0, 60, 86400 * 3, 86400 * 7};
  shop.amount = {10, 5, 20, -4};
  shop.customer = {{0, 0, 0, 0}, {"7"}};
  const Calibration history(shop, std::chrono::sys_days{std::chrono::days{10}});
  const CustomerFeatures features = customer_features(history, 0);
  CHECK(features.frequency == 1);
  CHECK(features.recency == 3);
  CHECK(features.tenure == 10);
  CHECK(features.monetary == 20);
  CHECK(features.invoices == 2);
  CHECK(features.basket_value == 17.5);
  CHECK(features.basket_size == 1.5);
  CHECK(features.distinct_products == 0);
  CHECK(features.returned == 4);
  CHECK(features.spend[0] == 35);
  CHECK(features.month[0] == 1);
  CHECK(features.weekday[3] == 0.5);
}

TEST_CASE("a cut-off before all purchases is an error") {
  const Transactions shop = read_transactions(beside("shop.csv"));
  check_throws<ValueError>([&] { Calibration(shop, std::chrono::sys_days{std::chrono::year{2019} / 1 / 1}); },
                           {"history", "customers with a purchase before 2019-01-01", "none in 1546 rows"});
}
