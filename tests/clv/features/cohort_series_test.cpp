#include "tenure/clv/features/cohort_series.hpp"

#include <doctest/doctest.h>

#include <tenure/clv/transactions/simulate.hpp>

#include "../../temporary_directory.hpp"

using namespace tenure;
using namespace tenure::clv;

TEST_CASE("cohorts as series are what their files give when they are read") {
  Rng rng(1);
  const auto cohorts = monthly_cohorts(simulate_shop({.customers = 30, .days = 150}, rng).transactions);
  const DailySeriesSet set = series_of_cohorts(cohorts);
  const test::TemporaryDirectory directory;
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
