#include "tenure/metrics/intervals.hpp"

#include "../close.hpp"
#include "../message.hpp"

using namespace tenure;

TEST_CASE("coverage counts targets on the bounds, and infinite bounds cover everything") {
  const std::vector<double> lower{0, 0, 2, 5}, upper{1, 3, 3, 5}, target{1, 4, 2, 5};
  CHECK(metrics::coverage(lower, upper, target) == 0.75);
  const double infinity = std::numeric_limits<double>::infinity();
  CHECK(metrics::coverage(std::vector{-infinity}, std::vector{infinity}, std::vector{7.0}) == 1);
  CHECK(metrics::mean_width(lower, upper) == 1.25);
}

TEST_CASE("the pinball loss is least for the targets' quantile, and half the absolute error for the median") {
  std::vector<double> target;
  for (int i = 1; i <= 100; ++i) target.push_back(i);
  const auto of_constant = [&](double p, double q) {
    return metrics::pinball_loss(std::vector<double>(target.size(), p), target, q);
  };
  double best = 0;
  for (double p = 1; p <= 100; ++p) {
    if (best == 0 || of_constant(p, 0.895) < of_constant(best, 0.895)) best = p;
  }
  CHECK(best == 90);
  CHECK(of_constant(110, 0.5) == doctest::Approx((110 - 50.5) / 2));
  CHECK(metrics::pinball_loss(std::vector{1.0, 5.0}, std::vector{3.0, 4.0}, 0.9) ==
        doctest::Approx((0.9 * 2 + 0.1) / 2));
}

TEST_CASE("the conformal quantile is the ⌈(n + 1)·coverage⌉-th smallest score, infinite where there is none") {
  const std::vector<double> scores{9, 1, 8, 2, 7, 3, 6, 4, 5};
  CHECK(metrics::conformal_quantile(scores, 0.9) == 9);
  CHECK(metrics::conformal_quantile(scores, 0.5) == 5);
  CHECK(metrics::conformal_quantile(scores, 0.51) == 6);
  CHECK(metrics::conformal_quantile(scores, 0.01) == 1);
  CHECK(metrics::conformal_quantile(scores, 0.91) == std::numeric_limits<double>::infinity());
}

TEST_CASE("intervals calibrated on other rows cover as promised, whatever the model") {
  Rng rng(3);
  const auto score = [&] { return std::abs(rng.normal() * rng.uniform() - 0.3); };
  double covered = 0;
  constexpr int rounds = 2000;
  for (int round = 0; round < rounds; ++round) {
    std::vector<double> scores(19);
    for (double& value : scores) value = score();
    covered += score() <= metrics::conformal_quantile(scores, 0.8);
  }
  CHECK(covered / rounds == doctest::Approx(0.8).epsilon(0.03));  // 16 of 20 ranks; a deviation of 0.009
}

TEST_CASE("bootstrapped residuals are among those given, the same for the same generator, and spread as they do") {
  std::vector<double> residuals;
  for (int i = -50; i <= 50; ++i) residuals.push_back(i);
  Rng rng(7), again(7);
  const Tensor<double> drawn = metrics::residual_bootstrap(residuals, 4000, 2, rng);
  CHECK(drawn.shape() == Shape{4000, 2});
  for (const double value : drawn) CHECK_UNARY(value >= -50 && value <= 50 && value == std::floor(value));
  const Tensor<double> same = metrics::residual_bootstrap(residuals, 4000, 2, again);
  CHECK(std::equal(drawn.begin(), drawn.end(), same.begin()));
  const metrics::Intervals intervals = metrics::intervals_of_paths(drawn, 0.8);
  REQUIRE(intervals.lower.size() == 2);
  for (std::size_t step = 0; step < 2; ++step) {
    CHECK(std::abs(intervals.lower[step] + 40) < 3);
    CHECK(std::abs(intervals.upper[step] - 40) < 3);
  }
}

TEST_CASE("intervals of paths are NumPy's interpolated quantiles of each step") {
  const Tensor<double> paths({5, 2}, {1, 50, 2, 40, 3, 30, 4, 20, 5, 10});
  const metrics::Intervals intervals = metrics::intervals_of_paths(paths, 0.75);
  test::check_close(intervals.lower, std::vector{1.5, 15.0});
  test::check_close(intervals.upper, std::vector{4.5, 45.0});
}

TEST_CASE("what is no interval, quantile or residual is refused, and told") {
  const std::vector<double> one{1}, two{1, 2}, none;
  test::check_throws<ShapeError>([&] { metrics::coverage(one, two, one); }, {"coverage: expected an upper bound for"});
  test::check_throws<ShapeError>([&] { metrics::coverage(two, two, one); },
                                 {"a target for each of 2 intervals, got 1"});
  test::check_throws<ShapeError>([&] { metrics::mean_width(none, none); }, {"at least one interval, got none"});
  test::check_throws<ValueError>([&] { metrics::mean_width(std::vector{2.0}, one); }, {"2 to 1 in row 0"});
  test::check_throws<ValueError>([&] { metrics::mean_width(std::vector{missing_value}, one); }, {"lower ≤ upper"});
  test::check_throws<ValueError>([&] { metrics::pinball_loss(one, one, 1); }, {"a quantile in (0, 1), got 1"});
  test::check_throws<ValueError>([&] { metrics::conformal_quantile(one, 0); }, {"a coverage in (0, 1), got 0"});
  test::check_throws<ValueError>([&] { metrics::conformal_quantile(std::vector{missing_value}, 0.5); }, {"score"});
  test::check_throws<ShapeError>([&] { metrics::conformal_quantile(none, 0.5); }, {"at least one score"});
  Rng rng;
  test::check_throws<ShapeError>([&] { metrics::residual_bootstrap(none, 2, 2, rng); }, {"at least one residual"});
  test::check_throws<ShapeError>([&] { metrics::intervals_of_paths(Tensor<double>({3}), 0.5); }, {"(paths, steps)"});
}
