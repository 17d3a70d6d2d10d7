#include "tenure/data/statistics.hpp"

#include "../close.hpp"
#include "../message.hpp"
#include "golden.hpp"

using namespace tenure;

TEST_CASE("quantiles equal pandas's to the last bit, missing values left out") {
  for (std::size_t i = 0; i < golden::quantile_shares.size(); ++i) {
    CHECK(quantile(golden::series, golden::quantile_shares[i]) == golden::quantile_values[i]);
  }
  CHECK(quantile(std::vector{7.0}, 0.3) == 7);
}

TEST_CASE("moments of parts add up to those of the whole, and hold far from zero") {
  std::vector<double> x;
  for (int i = 0; i < 1000; ++i) x.push_back(1e9 + i % 10);
  x[3] = missing_value;
  const std::span<const double> all(x);
  const Moments whole = moments(all), sum = moments(all.first(300)) + moments(all.subspan(300));
  CHECK(whole.count == 999);
  CHECK(whole.mean - 1e9 == doctest::Approx(4.5015015).epsilon(1e-7));
  CHECK(whole.deviation() == doctest::Approx(2.874767).epsilon(1e-6));
  CHECK(sum.count == whole.count);
  CHECK(sum.mean == doctest::Approx(whole.mean).epsilon(1e-15));
  CHECK(sum.squares == doctest::Approx(whole.squares).epsilon(1e-9));
  CHECK(is_nan(moments(all.first(1)).deviation()));
  CHECK(moments(all.first(1)).deviation(0) == 0);
}

TEST_CASE("pairwise sums keep what a running sum loses") {
  const double sum = detail::pairwise_sum(0, 1 << 20, [](std::size_t) { return 0.1; });
  double running = 0;
  for (int i = 0; i < 1 << 20; ++i) running += 0.1;
  CHECK(std::abs(sum - 104857.6) < 2e-10);
  CHECK(std::abs(running - 104857.6) > 1e-8);
}

TEST_CASE("quantiles of nothing, and outside [0, 1], are errors") {
  test::check_throws<ValueError>([] { quantile(std::vector{missing_value}, 0.5); }, {"at least one value, got none"});
  test::check_throws<ValueError>([] { quantile(std::vector{1.0}, 1.5); }, {"shares in [0, 1], got 1.5"});
  test::check_throws<ValueError>([] { quantile(std::vector{1.0}, missing_value); }, {"shares in [0, 1]"});
}
