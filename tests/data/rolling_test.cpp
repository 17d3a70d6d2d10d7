#include "tenure/data/rolling.hpp"

#include "../close.hpp"
#include "../message.hpp"
#include "golden.hpp"
#include "tenure/core/rng.hpp"

using namespace tenure;

namespace {

using Feature = std::vector<double> (*)(std::span<const double>, RollingConfig);
constexpr Feature features[] = {rolling_mean, rolling_deviation, rolling_minimum, rolling_maximum};

std::vector<double> random_series(std::size_t n, Rng& rng) {
  std::vector<double> x(n);
  for (double& value : x) value = rng.uniform() < 0.1 ? missing_value : rng.normal(100, 5);
  return x;
}

}  // namespace

TEST_CASE("rolling features equal pandas's, missing values and short windows included") {
  const RollingConfig full{.length = 5}, short_too{.length = 5, .minimum_count = 2};
  test::check_close(rolling_mean(golden::series, full), golden::rolling_mean_5);
  test::check_close(rolling_mean(golden::series, short_too), golden::rolling_mean_2);
  // pandas adds to and subtracts from a running variance, which costs it digits.
  test::check_close(rolling_deviation(golden::series, full), golden::rolling_deviation_5, 1e-10);
  test::check_close(rolling_deviation(golden::series, short_too), golden::rolling_deviation_2, 1e-10);
  test::check_close(rolling_minimum(golden::series, full), golden::rolling_minimum_5, 0);
  test::check_close(rolling_minimum(golden::series, short_too), golden::rolling_minimum_2, 0);
  test::check_close(rolling_maximum(golden::series, full), golden::rolling_maximum_5, 0);
  test::check_close(rolling_maximum(golden::series, short_too), golden::rolling_maximum_2, 0);
}

TEST_CASE("lags equal pandas's shift") {
  test::check_close(lag(golden::series, 3), golden::lag_3, 0);
  CHECK(lag(std::vector{1.0, 2.0}, 5, 0) == std::vector{0.0, 0.0});
  CHECK(lag(std::vector{1.0, 2.0}, 0) == std::vector{1.0, 2.0});
}

TEST_CASE("no feature at t sees what comes after t: changing the future changes nothing before it") {
  Rng rng(1);
  const std::vector<double> x = random_series(40, rng);
  for (const Index length : {1, 3, 7, 40, 60}) {
    const RollingConfig config{.length = length, .minimum_count = 1};
    for (const Feature feature : features) {
      const std::vector<double> y = feature(x, config);
      for (std::size_t t = 0; t < x.size(); ++t) {
        std::vector<double> changed = x;
        for (std::size_t later = t + 1; later < x.size(); ++later) changed[later] = -1e6;
        const std::vector<double> z = feature(changed, config);
        test::check_close(std::span(z).first(t + 1), std::span(y).first(t + 1), 0);
      }
    }
  }
}

TEST_CASE("rolling features of any length equal those of each window by itself") {
  Rng rng(2);
  for (const std::size_t n : {1u, 6u, 7u, 8u, 30u}) {
    const std::vector<double> x = random_series(n, rng);
    for (const Index length : {1, 2, 7, 31}) {
      std::vector<double> mean, deviation, least, largest;
      for (std::size_t t = 0; t < n; ++t) {
        const std::size_t begin = t + 1 - std::min(t + 1, static_cast<std::size_t>(length));
        const auto window = std::span(x).subspan(begin, t + 1 - begin);
        const Moments of = moments(window);
        mean.push_back(of.count > 0 ? of.mean : missing_value);
        deviation.push_back(of.deviation());
        least.push_back(of.count > 0 ? quantile(window, 0) : missing_value);
        largest.push_back(of.count > 0 ? quantile(window, 1) : missing_value);
      }
      const RollingConfig config{.length = length, .minimum_count = 1};
      test::check_close(rolling_mean(x, config), mean);
      test::check_close(rolling_deviation(x, config), deviation);
      test::check_close(rolling_minimum(x, config), least, 0);
      test::check_close(rolling_maximum(x, config), largest, 0);
    }
  }
}

TEST_CASE("an outlier that has left the window leaves no error behind") {
  std::vector<double> x(50, 0.1);
  x[5] = 1e17;
  CHECK(rolling_deviation(x, {.length = 4})[20] == 0);
  CHECK(rolling_mean(x, {.length = 4})[20] == 0.1);
}

TEST_CASE("lags of windows stay inside each window, as the hybrid model's trend") {
  // (windows, time, features)
  const Tensor<float> x({2, 3, 2}, {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12});
  const Tensor<float> y = with_lags(x, {1, 2});
  CHECK(y.shape() == Shape{2, 3, 6});
  const std::vector<float> expected{1, 2, 0, 0, 0, 0, 3, 4,  1, 2, 0, 0, 5,  6,  3, 4,  1, 2,
                                    7, 8, 0, 0, 0, 0, 9, 10, 7, 8, 0, 0, 11, 12, 9, 10, 7, 8};
  CHECK(std::vector<float>(y.begin(), y.end()) == expected);
}

TEST_CASE("features by series do not reach from one into the next") {
  const std::vector<double> x{1, 2, 3, 10, 20};
  const std::vector<Index> lengths{3, 0, 2};
  const auto y = by_series(x, lengths, [](auto part) { return lag(part, 1, -1); });
  CHECK(y == std::vector<double>{-1, 1, 2, -1, 10});
  const auto same = [](auto part) { return std::vector<double>(part.begin(), part.end()); };
  test::check_throws<ShapeError>([&] { by_series(x, std::vector<Index>{3}, same); }, {"add up to 5, got 3"});
  test::check_throws<ShapeError>([&] { by_series(x, std::vector<Index>{3, 3}, same); }, {"at most the 2", "got 3"});
  test::check_throws<ShapeError>([&] { by_series(x, std::vector<Index>{6, -1}, same); }, {"got 6"});
  test::check_throws<ShapeError>([&] { by_series(x, lengths, [](auto) { return std::vector<double>(3); }); },
                                 {"a value for each of 0, got 3"});
}

TEST_CASE("windows of no length and lags into the future are errors") {
  const std::vector<double> x{1, 2};
  test::check_throws<ValueError>([&] { rolling_mean(x, {.length = 0}); }, {"a length of at least 1, got 0"});
  test::check_throws<ValueError>([&] { rolling_mean(x, {.length = 2, .minimum_count = 3}); }, {"[0, 2], got 3"});
  test::check_throws<ValueError>([&] { lag(x, -1); }, {"a lag of at least 0, got -1"});
  test::check_throws<ValueError>([&] { with_lags(Tensor<float>({2, 2}), {0}); }, {"lags of at least 1, got 0"});
  test::check_throws<ShapeError>([&] { with_lags(Tensor<float>({2}), {1}); }, {"(…, time, features)"});
  CHECK(rolling_mean({}, {.length = 3}).empty());
}
