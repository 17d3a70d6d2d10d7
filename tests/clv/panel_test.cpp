#include <tenure/clv/panel.hpp>
#include <tenure/data/read_transactions.hpp>

#include "../message.hpp"
#include "golden.hpp"

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

bool near(double x, double y) { return std::abs(x - y) <= 1e-6 * std::abs(y); }

/// Sums of an array's last axis against pandas'.
void check_sums(const Golden& golden, const std::string& name, const Tensor<float>& array, std::size_t width) {
  std::vector<double> sums(width);
  for (std::size_t i = 0; i < static_cast<std::size_t>(array.size()); ++i) {
    sums[i % width] += static_cast<double>(array.data()[i]);
  }
  const std::vector<double> expected = golden.numbers(name);
  REQUIRE(expected.size() == width);
  for (std::size_t i = 0; i < width; ++i) CHECK(sums[i] == doctest::Approx(expected[i]).epsilon(1e-9));
}

/// The rows that the golden file holds in full.
void check_rows(const Golden& golden, const MonthlyPanel& panel, const PanelWindows& windows) {
  int rows = 0;
  for (const auto& [name, values] : golden.lines()) {
    if (!name.starts_with("row_")) continue;
    ++rows;
    const Index w = std::stol(name.substr(4));
    const std::size_t customer = windows.customer.at(static_cast<std::size_t>(w));
    CHECK(panel.customers[customer] == values[0]);
    std::string country = panel.countries[customer];
    std::ranges::replace(country, ' ', '_');
    CHECK(country == values[1]);
    std::vector<double> got;
    for (const Tensor<float>* array : {&windows.temporal, &windows.trend, &windows.target}) {
      const View<const float> row = (*array)[w];
      for (Index i = 0; i < row.size(); ++i) got.push_back(static_cast<double>(row.data()[i]));
    }
    const std::vector<double> expected = golden.numbers(name, 2);
    REQUIRE(got.size() == expected.size());
    for (std::size_t i = 0; i < got.size(); ++i) CHECK(near(got[i], expected[i]));
  }
  CHECK(rows == 8);
}

void check_digests(const Golden& golden, const MonthlyPanel& panel, const PanelWindows& windows) {
  const auto span = [](const Tensor<float>& array) {
    return std::span(array.data(), static_cast<std::size_t>(array.size()));
  };
  CHECK(fnv1a(span(windows.trend)) == golden.text("trend_digest"));
  CHECK(fnv1a(span(windows.target)) == golden.text("target_digest"));
  std::vector<std::int32_t> rounded;
  for (const float x : windows.temporal) {
    rounded.push_back(static_cast<std::int32_t>(std::nearbyint(static_cast<double>(x) * 1e5)));
  }
  CHECK(fnv1a(std::span<const std::int32_t>(rounded)) == golden.text("temporal_digest"));
  std::vector<std::int64_t> customers;
  std::string countries;
  for (const std::size_t customer : windows.customer) {
    customers.push_back(std::stol(panel.customers[customer]));
    countries += (countries.empty() ? "" : "\n") + panel.countries[customer];
  }
  CHECK(fnv1a(std::span<const std::int64_t>(customers)) == golden.text("customers_digest"));
  CHECK(fnv1a(std::span<const char>(countries)) == golden.text("countries_digest"));
}

void check_golden(const Transactions& transactions, const std::string& file) {
  const Golden golden(beside(file));
  const MonthlyPanel panel = monthly_panel(transactions);
  const PanelWindows windows = panel_windows(panel);
  CHECK(panel.counts.rows == golden.number("rows"));
  CHECK(panel.counts.priced == golden.number("priced"));
  CHECK(panel.counts.lower == golden.number("lower"));
  CHECK(panel.counts.upper == golden.number("upper"));
  CHECK(panel.counts.kept == golden.number("kept"));
  CHECK(panel.counts.days == golden.number("days"));
  CHECK(panel.counts.months == golden.number("months"));
  REQUIRE(windows.count() == golden.number("windows"));
  check_sums(golden, "temporal_sum", windows.temporal, 5);
  check_sums(golden, "trend_sum", windows.trend, 12);
  check_sums(golden, "target_sum", windows.target, 1);
  check_rows(golden, panel, windows);
  check_digests(golden, panel, windows);
}

}  // namespace

TEST_CASE("the panel of a shop is that of pandas 1.5.3 in every bit") {
  check_golden(read_transactions(beside("shop.csv")), "shop_panel.txt");
}

TEST_CASE("the panel of Online Retail is the published one, that of pandas 1.5.3 in every bit") {
  const char* const path = std::getenv("TENURE_ONLINE_RETAIL");
  if (!path) {
    MESSAGE("skipped: TENURE_ONLINE_RETAIL does not say where the file is");
    return;
  }
  const Transactions transactions = read_transactions(path);
  check_golden(transactions, "online_retail_panel.txt");
  const PanelCounts counts = monthly_panel(transactions).counts;
  CHECK(counts.kept == 493'727);
  CHECK(counts.days == 17'723);
  CHECK(counts.months == 22'241);
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
