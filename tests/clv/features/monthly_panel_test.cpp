#include <tenure/clv/features/monthly_panel.hpp>
#include <tenure/clv/transactions/csv.hpp>

#include "../../message.hpp"
#include "panel_golden.hpp"

using namespace tenure;
using namespace tenure::clv;
using namespace tenure::test;

namespace {

/// Rows of (customer, month, amount), one a day, without quantities.
struct Purchase {
  const char* customer;
  const char* date;
  double amount;
};
Transactions made_of(std::initializer_list<Purchase> purchases) {
  Transactions made;
  for (const Purchase& purchase : purchases) {
    made.time.push_back(time_of(parse_date(purchase.date, "test")) + 3600);
    made.amount.push_back(purchase.amount);
    const std::string name = purchase.customer;
    auto& [codes, names] = made.customer;
    const auto place = std::ranges::find(names, name);
    codes.push_back(name.empty() ? -1 : static_cast<std::int32_t>(place - names.begin()));
    if (!name.empty() && place == names.end()) names.push_back(name);
  }
  return made;
}

}  // namespace

TEST_CASE("the panel of a shop is that of pandas 1.5.3 in every bit") {
  check_golden(read_transactions(beside("shop.csv")), "shop_panel.txt");
}

TEST_CASE("customers are in the order of their numbers, or of their names where not all are numbers") {
  CHECK(monthly_panel(made_of({{"10", "2021-01-01", 1}, {"9", "2021-01-02", 1}, {"", "2021-01-01", 1}})).customers ==
        std::vector<std::string>{"9", "10", "99999"});
  CHECK(monthly_panel(made_of({{"b", "2021-01-01", 1}, {"10", "2021-01-01", 1}, {"9", "2021-01-02", 1}})).customers ==
        std::vector<std::string>{"10", "9", "b"});
}

TEST_CASE("missing customers are pooled with the one of that name, or dropped") {
  const Transactions shop = made_of({{"", "2021-01-01", 1}, {"7", "2021-01-02", 2}, {"", "2021-02-01", 3}});
  const MonthlyPanel pooled = monthly_panel(shop, {.pooled_customer = "7"});
  CHECK(pooled.customers == std::vector<std::string>{"7"});
  CHECK(pooled.amount == std::vector<double>{3, 3});
  CHECK(pooled.frequency == std::vector<double>{2, 1});
  const MonthlyPanel dropped = monthly_panel(shop, {.missing = MissingCustomer::dropped});
  CHECK(dropped.amount == std::vector<double>{2});
  CHECK(dropped.counts.kept == 1);
}

TEST_CASE("months without purchases are zeros, and rows count where there are no quantities") {
  const MonthlyPanel panel = monthly_panel(
      made_of({{"1", "2020-11-30", 5}, {"1", "2020-11-30", -5}, {"1", "2021-02-01", 4}, {"1", "2020-12-31", 1}}));
  CHECK(panel.month == std::vector<int>{610, 611, 612, 613});
  CHECK(panel.amount == std::vector<double>{0, 1, 0, 4});
  CHECK(panel.quantity == std::vector<double>{2, 1, 0, 1});
  CHECK(panel.frequency == std::vector<double>{0, 1, 0, 1});
}

TEST_CASE("amounts beyond the quartiles by more than the factor are left out") {
  const auto shop = made_of({{"1", "2021-01-01", 1},
                             {"1", "2021-01-02", 2},
                             {"1", "2021-01-03", 3},
                             {"1", "2021-01-04", 4},
                             {"1", "2021-01-05", 100}});
  const PanelCounts counts = monthly_panel(shop).counts;
  CHECK(counts.lower == -1);
  CHECK(counts.upper == 7);
  CHECK(counts.kept == 4);
  CHECK(monthly_panel(shop, {.iqr_factor = 48}).counts.kept == 5);
  CHECK(monthly_panel(shop, {.iqr_factor = std::numeric_limits<double>::infinity()}).counts.kept == 5);
  CHECK_THROWS_AS(monthly_panel(shop, {.iqr_factor = -1}), ValueError);
}

TEST_CASE("windows take any number of months and lags, at every offset") {
  const auto shop = made_of({{"1", "2021-01-01", 1},
                             {"1", "2021-02-01", 2},
                             {"1", "2021-03-01", 3},
                             {"1", "2021-04-01", 4},
                             {"2", "2021-01-01", 9}});
  const PanelOptions options{.input_months = 2, .horizon = 1, .lags = 1};
  const MonthlyPanel panel = monthly_panel(shop, options);
  const PanelWindows windows = panel_windows(panel, options);
  REQUIRE(windows.count() == 2);
  CHECK(windows.customer == std::vector<std::size_t>{0, 0});
  CHECK(windows.first_month == std::vector<int>{612, 613});
  CHECK(windows.trend.shape() == Shape{2, 2, 6});
  CHECK(std::ranges::equal(windows.trend, std::vector<float>{1, 1, 1, 0, 0, 0, 2, 1, 1, 1, 1, 1,  //
                                                             2, 1, 1, 0, 0, 0, 3, 1, 1, 2, 1, 1}));
  CHECK(std::ranges::equal(windows.target, std::vector<float>{3, 4}));
  CHECK(windows.temporal(0, 0, 0) == 1);
  CHECK(windows.temporal(1, 1, 1) == 2021);
  CHECK(windows.temporal(0, 0, 4) == 1);
  CHECK(windows.temporal(0, 1, 4) == 0);
  CHECK_THROWS_AS(panel_windows(panel, {.input_months = 0}), ValueError);
}

TEST_CASE("too short a history says what each step left") {
  const auto shop = made_of({{"1", "2021-01-01", 1}, {"1", "2021-03-01", 2}, {"2", "2021-01-01", 1}});
  test::check_throws<ValueError>([&] { panel_windows(monthly_panel(shop)); },
                                 {"panel windows", "12 months (6 in, 6 out)", "3 rows, 3 with a price above 0, 3 with",
                                  "2 customers, 3 days, 4 months, the longest history 3 months"});
}

TEST_CASE("no customer left says what each step left") {
  Transactions shop = made_of({{"1", "2021-01-01", 1}, {"1", "2021-03-01", 2}});
  shop.price = {0, -1};
  test::check_throws<ValueError>([&] { monthly_panel(shop); },
                                 {"monthly panel", "none: 2 rows, 0 with a price above 0"});
  const auto guests = made_of({{"", "2021-01-01", 1}});
  test::check_throws<ValueError>([&] { monthly_panel(guests, {.missing = MissingCustomer::dropped}); },
                                 {"1 rows, 1 with a price above 0, 0 with a customer"});
  CHECK_THROWS_AS(monthly_panel(Transactions()), ValueError);
}
