#include <doctest/doctest.h>

#include <set>
#include <tenure/clv/features/monthly_panel.hpp>
#include <tenure/clv/transactions/csv.hpp>
#include <tenure/clv/transactions/simulate.hpp>

#include "../../sanitized.hpp"
#include "../../temporary_directory.hpp"

using namespace tenure;
using namespace tenure::clv;

namespace {

Shop simulate(const ShopConfig& config, std::uint64_t seed = 7) {
  Rng rng(seed);
  return simulate_shop(config, rng);
}

/// Many customers, few lines.
const Shop& large_shop() {
  static const Shop shop = simulate({.customers = 20'000, .mean_lines = 1.5});
  return shop;
}

template <class F>
Moments moments_of(const std::vector<SimulatedCustomer>& customers, F f) {
  std::vector<double> values;
  for (const auto& customer : customers) values.push_back(f(customer));
  return moments(values);
}

/// Invoices and spend in days [from, from + days), by the numbers of customers' names: guests and returns left out.
struct Bought {
  double invoices = 0, spend = 0;
};
Bought bought(const Shop& shop, std::chrono::sys_days from, int days, std::int32_t only = -1) {
  const Transactions& t = shop.transactions;
  Bought sum;
  std::int32_t last = -1;
  for (std::size_t row = 0; row < t.rows(); ++row) {
    const bool within = t.time[row] >= time_of(from) && t.time[row] < time_of(from + std::chrono::days{days});
    const std::int32_t customer = t.customer.codes[row];
    const bool counted = within && customer >= 0 && t.amount[row] > 0 && (only < 0 || customer == only);
    // Those who come in the period are no business of a forecast at its begin.
    if (!counted || shop.customers[static_cast<std::size_t>(customer)].first >= time_of(from)) continue;
    sum.spend += t.amount[row];
    sum.invoices += t.invoice.codes[row] != last;
    last = t.invoice.codes[row];
  }
  return sum;
}

double clock_between(const Shop& shop, std::chrono::sys_days from, std::chrono::sys_days to) {
  double clock = 0;
  for (auto day = from; day < to; day += std::chrono::days{1}) clock += Shop::activity(day, shop.config.season);
  return clock;
}

}  // namespace

TEST_CASE("rates, drop-outs and mean spends have the moments of their distributions") {
  const auto& [config, transactions, customers] = large_shop();
  const Moments rate = moments_of(customers, [](const auto& c) { return c.rate; });
  CHECK(rate.mean == doctest::Approx(config.purchase_r / config.purchase_alpha).epsilon(0.03));
  CHECK(rate.deviation() == doctest::Approx(std::sqrt(config.purchase_r) / config.purchase_alpha).epsilon(0.04));
  const double a = config.drop_out_a, b = config.drop_out_b;
  const Moments drop_out = moments_of(customers, [](const auto& c) { return c.drop_out; });
  CHECK(drop_out.mean == doctest::Approx(a / (a + b)).epsilon(0.03));
  CHECK(drop_out.deviation() == doctest::Approx(std::sqrt(a * b / (a + b + 1)) / (a + b)).epsilon(0.04));
  const Moments spend = moments_of(customers, [](const auto& c) { return c.mean_spend; });
  CHECK(spend.mean == doctest::Approx(config.spend_p * config.spend_gamma / (config.spend_q - 1)).epsilon(0.02));
  CHECK(spend.deviation() == doctest::Approx(spend.mean / std::sqrt(config.spend_q - 2)).epsilon(0.12));
}

TEST_CASE("as many customers as in a BG/NBD never come back") {
  const Shop& shop = large_shop();
  const std::chrono::sys_days end = shop.config.begin + std::chrono::days{shop.config.days};
  double expected = 0, seen = 0;
  for (const SimulatedCustomer& customer : shop.customers) {
    const double clock = clock_between(shop, day_of(customer.first), end);
    expected += std::pow(shop.config.purchase_alpha / (shop.config.purchase_alpha + clock), shop.config.purchase_r);
    seen += customer.purchases == 1;
  }
  CHECK(seen == doctest::Approx(expected).epsilon(0.04));
}

TEST_CASE("customers who are not gone are the ones whom drop-out spared") {
  const Shop& shop = large_shop();
  double expected = 0, gone = 0;
  for (const SimulatedCustomer& customer : shop.customers) {
    expected += customer.drop_out * (customer.purchases - 1);
    gone += customer.gone != std::numeric_limits<std::int64_t>::max();
  }
  CHECK(gone == doctest::Approx(expected).epsilon(0.04));
}

TEST_CASE("what customers buy after a day is what the truth expects, in and out of season") {
  const Shop& shop = large_shop();
  for (const int start : {270, 400}) {
    const std::chrono::sys_days from = shop.config.begin + std::chrono::days{start};
    double purchases = 0, value = 0;
    for (std::size_t c = 0; c < shop.customers.size(); ++c) {
      purchases += shop.expected_purchases(c, from, 90);
      value += shop.expected_value(c, from, 90);
    }
    const Bought actual = bought(shop, from, 90);
    CHECK(actual.invoices == doctest::Approx(purchases).epsilon(0.025));
    CHECK(actual.spend == doctest::Approx(value).epsilon(0.035));
  }
}

TEST_CASE("those who have not come or are gone are expected to buy nothing") {
  const Shop& shop = large_shop();
  const std::chrono::sys_days from = shop.config.begin + std::chrono::days{300};
  int absent = 0;
  for (std::size_t c = 0; c < 200; ++c) {
    const SimulatedCustomer& customer = shop.customers[c];
    if (customer.first < time_of(from) && customer.gone >= time_of(from)) continue;
    ++absent;
    CHECK(shop.expected_value(c, from, 100) == 0);
    CHECK(bought(shop, from, 100, static_cast<std::int32_t>(c)).spend == 0);
  }
  CHECK(absent > 20);
}

TEST_CASE("lines add up to what a customer spent, to a few cents") {
  const Shop& shop = large_shop();
  std::vector<double> spent(shop.customers.size());
  const Transactions& t = shop.transactions;
  for (std::size_t row = 0; row < t.rows(); ++row) {
    if (t.customer.codes[row] >= 0 && t.amount[row] > 0) {
      spent[static_cast<std::size_t>(t.customer.codes[row])] += t.amount[row];
    }
  }
  for (std::size_t c = 0; c < spent.size(); c += 100) {
    CHECK(std::abs(spent[c] - shop.customers[c].spend) < 0.01 * shop.customers[c].spend + 1);
  }
}

#ifndef TENURE_TEST_SANITIZED
TEST_CASE("the default shop holds what real files hold, in about 400,000 rows in order of time") {
  const Shop shop = simulate({});
  const Transactions& t = shop.transactions;
  CHECK(t.rows() > 380'000);
  CHECK(t.rows() < 420'000);
  CHECK(std::ranges::is_sorted(t.time));
  double mismatches = 0, guests = 0, returns = 0, free_lines = 0, saturdays = 0, wholesale = 0;
  std::set<std::int32_t> countries;
  for (std::size_t row = 0; row < t.rows(); ++row) {
    const bool returned = t.invoice[row].starts_with('C');
    mismatches += returned != (t.quantity[row] < 0);
    guests += t.customer.codes[row] < 0;
    returns += returned;
    free_lines += t.price[row] == 0 && t.description.codes[row] < 0;
    saturdays += weekday(day_of(t.time[row])) == 5;
    wholesale += t.amount[row] > 1000;
    countries.insert(t.country.codes[row]);
  }
  const auto rows = static_cast<double>(t.rows());
  CHECK(guests / rows == doctest::Approx(1.0 / 6).epsilon(0.05));
  CHECK(returns == doctest::Approx(0.04 * static_cast<double>(t.invoice.names.size())).epsilon(0.1));
  CHECK(free_lines / rows == doctest::Approx(0.005).epsilon(0.1));
  CHECK(mismatches == 0);
  CHECK(saturdays == 0);
  CHECK(wholesale > 100);
  CHECK(countries.size() == 8);
  CHECK(panel_windows(monthly_panel(t)).count() > 5'000);
}
#endif

TEST_CASE("a shop depends on its seed alone, and a customer's truth not on how many others there are") {
  const Shop one = simulate({.customers = 30}), same = simulate({.customers = 30}), more = simulate({.customers = 40}),
             other = simulate({.customers = 30}, 8);
  CHECK(one.transactions.time == same.transactions.time);
  CHECK(one.transactions.amount == same.transactions.amount);
  CHECK(one.transactions.amount != other.transactions.amount);
  for (std::size_t c = 0; c < 30; ++c) {
    CHECK(one.customers[c].spend == more.customers[c].spend);
    CHECK(one.customers[c].first == more.customers[c].first);
  }
}

TEST_CASE("a file in Online Retail's format reads back as it was") {
  const Shop shop = simulate({.customers = 50});
  const test::TemporaryDirectory directory;
  write_online_retail(shop.transactions, directory / "shop.csv");
  const Transactions read = read_transactions(directory / "shop.csv");
  const Transactions& t = shop.transactions;
  CHECK(read.time == t.time);
  CHECK(read.quantity == t.quantity);
  CHECK(read.price == t.price);
  CHECK(read.amount == t.amount);
  bool same = true;
  for (std::size_t row = 0; row < t.rows(); ++row) {
    same &= read.customer[row] == t.customer[row] && read.invoice[row] == t.invoice[row] &&
            read.product[row] == t.product[row] && read.description[row] == t.description[row] &&
            read.country[row] == t.country[row];
  }
  CHECK(same);
}

TEST_CASE("parameters outside their domain are errors") {
  CHECK_THROWS_AS(simulate({.customers = 0}), ValueError);
  CHECK_THROWS_AS(simulate({.days = 3}), ValueError);
  CHECK_THROWS_AS(simulate({.purchase_alpha = 0}), ValueError);
  CHECK_THROWS_AS(simulate({.season = 2}), ValueError);
  CHECK_THROWS_AS(simulate({.mean_lines = 1}), ValueError);
}
