#include <doctest/doctest.h>

#include <numeric>
#include <tenure/clv/features/cohorts.hpp>
#include <tenure/clv/transactions/simulate.hpp>

#include "../../temporary_directory.hpp"

using namespace tenure;
using namespace tenure::clv;
using namespace tenure::test;

namespace {

std::chrono::sys_days date(const char* text) { return parse_date(text, "test"); }

/// Three customers: two of a week in January, one of February; a return, a guest.
Transactions small_shop() {
  Transactions shop;
  const auto add = [&shop](const char* day, std::int32_t customer, double amount) {
    shop.time.push_back(time_of(date(day)) + 3600);
    shop.customer.codes.push_back(customer);
    shop.amount.push_back(amount);
  };
  add("2021-01-05", 0, 10);
  add("2021-01-06", 0, 2);
  add("2021-01-08", 1, 20);
  add("2021-01-09", 1, -20);
  add("2021-01-15", 0, 4);
  add("2021-02-03", 2, 7);
  add("2021-02-04", -1, 100);
  add("2021-02-04", 1, 6);
  add("2021-02-09", -1, 1);
  shop.customer.names = {"a", "b", "c"};
  return shop;
}

double sum(const std::vector<double>& values) { return std::accumulate(values.begin(), values.end(), 0.0); }

}  // namespace

TEST_CASE("a monthly cohort has a value per customer for every day to the last") {
  const auto cohorts = monthly_cohorts(small_shop());
  REQUIRE(cohorts.size() == 2);
  CHECK(cohorts[0].month == date("2021-01-01"));
  CHECK(cohorts[0].begin == date("2021-01-05"));
  CHECK(cohorts[0].customers == 2);
  REQUIRE(cohorts[0].value.size() == 36);
  CHECK(cohorts[0].value[0] == 5);
  CHECK(cohorts[0].value[2] == 0);
  CHECK(cohorts[0].value[10] == 2);
  CHECK(cohorts[0].value[30] == 3);
  CHECK(sum(cohorts[0].value) == 21);
  CHECK(cohorts[1].begin == date("2021-02-01"));
  CHECK(cohorts[1].value == std::vector<double>{0, 0, 7, 0, 0, 0, 0, 0, 0});
}

TEST_CASE("a weekly curve is cumulative, by days since each one's first purchase, as far as it is known") {
  const auto curves = ltv_curves(small_shop());
  REQUIRE(curves.size() == 2);
  CHECK(curves[0].monday == date("2021-01-04"));
  CHECK(curves[0].customers == 2);
  REQUIRE(curves[0].ltv.size() == 31);  // a customer of Sunday the 10th has been there for 30 days on 9 February
  CHECK(curves[0].ltv[0] == 15);
  CHECK(curves[0].ltv[1] == 16);
  CHECK(curves[0].ltv[10] == 18);
  CHECK(curves[0].ltv[26] == 18);
  CHECK(curves[0].ltv[27] == 21);
  CHECK(curves[1].customers == 1);
  CHECK(curves[1].ltv == std::vector<double>{7, 7, 7});
  CHECK(ltv_curves(small_shop(), 5)[0].ltv.size() == 6);
}

TEST_CASE("a week that is not over has no day that is known") {
  Transactions shop = small_shop();
  shop.time.push_back(time_of(date("2021-02-10")));
  shop.amount.push_back(3);
  shop.customer.codes.push_back(3);
  shop.customer.names.push_back("d");
  const auto curves = ltv_curves(shop);
  REQUIRE(curves.size() == 3);
  CHECK(curves[2].customers == 1);
  CHECK(curves[2].ltv.empty());
}

TEST_CASE("a date of long ago takes no memory for the time in between") {
  Transactions shop = small_shop();
  shop.time[5] = time_of(date("0021-02-03"));
  CHECK(monthly_cohorts(shop).size() == 2);
  CHECK(ltv_curves(shop).size() == 2);
}

TEST_CASE("files of cohorts hold a row a day, those of curves a row a week, empty where not known") {
  const TemporaryDirectory directory;
  write_csv(monthly_cohorts(small_shop())[1], directory / "cohort.csv");
  CHECK(read_text(directory / "cohort.csv")
            .starts_with("date,value,customers\n2021-02-01,0,1\n"
                         "2021-02-02,0,1\n2021-02-03,7,1\n"));
  write_csv(ltv_curves(small_shop(), 4), directory / "curves.csv", 4);
  CHECK(read_text(directory / "curves.csv") ==
        "Date,Customers,day_0,day_1,day_2,day_3,day_4\n"
        "2021-01-04~2021-01-10,2,15,16,16,16,16\n"
        "2021-02-01~2021-02-07,1,7,7,7,,\n");
  CHECK(directory.files() == 2);
}

TEST_CASE("no purchases with a customer are an error") {
  Transactions shop;
  shop.time = {0};
  shop.amount = {1};
  shop.customer.codes = {-1};
  CHECK_THROWS_AS(ltv_curves(shop), ValueError);
  shop.customer = {{0}, {"a"}};
  CHECK(ltv_curves(shop).size() == 1);
  shop.amount = {-1};
  CHECK_THROWS_AS(monthly_cohorts(shop), ValueError);
  CHECK_THROWS_AS(monthly_cohorts(Transactions()), ValueError);
}

TEST_CASE("cohorts as series are what their files give when they are read") {
  Rng rng(1);
  const auto cohorts = monthly_cohorts(simulate_shop({.customers = 30, .days = 150}, rng).transactions);
  const DailySeriesSet set = series_of_cohorts(cohorts);
  const TemporaryDirectory directory;
  for (const MonthlyCohort& cohort : cohorts) write_csv(cohort, directory / (name_of(cohort) + ".csv"));
  const DailySeriesSet read = read_daily_series(directory.path().string());
  CHECK(set.regressors == read.regressors);
  REQUIRE(set.series.size() == read.series.size());
  for (std::size_t i = 0; i < set.series.size(); ++i) {
    const DailySeries &one = set.series[i], &other = read.series[i];
    CHECK(one.name == other.name);
    CHECK(one.dates == other.dates);
    CHECK(std::ranges::equal(one.regressors, other.regressors));
    for (std::size_t t = 0; t < one.value.size(); ++t) CHECK(std::abs(one.value[t] - other.value[t]) < 1e-6);
  }
}
