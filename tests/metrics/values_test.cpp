#include "tenure/metrics/values.hpp"

#include <doctest/doctest.h>

#include "../message.hpp"
#include "tenure/metrics/curves.hpp"
#include "tenure/metrics/regression.hpp"

using namespace tenure;
using metrics::Values;

TEST_CASE("metrics take tensors, views, vectors and spans of floats, doubles and integers") {
  const Tensor<float> floats({2, 2}, {1, 2, 3, 4});
  const std::vector<double> doubles{1, 2, 3, 4};
  const Tensor<std::int64_t> integers({4}, {1, 2, 3, 4});
  for (const Values& values :
       {Values(floats), Values(floats.view()), Values(doubles), Values(std::span(doubles)), Values(integers)}) {
    CHECK(values.size() == 4);
    for (std::size_t i = 0; i < 4; ++i) CHECK(values[i] == static_cast<double>(i + 1));
  }
  CHECK(metrics::mae(floats, integers) == 0);
  CHECK(Values(Tensor<float>()).size() == 0);
}

TEST_CASE("every metric refuses nothing, unequal lengths, NaN and infinity, and says which") {
  struct Metric {
    const char* name;
    std::function<void(const Values&, const Values&)> of;
  };
  const Metric all[] = {{"mse", metrics::mse},
                        {"rmse", metrics::rmse},
                        {"mae", metrics::mae},
                        {"bias", metrics::bias},
                        {"r2", metrics::r2},
                        {"smape", metrics::smape},
                        {"mape", metrics::mape},
                        {"spearman", metrics::spearman},
                        {"auc", metrics::auc},
                        {"gini", metrics::gini},
                        {"normalized_gini", metrics::normalized_gini},
                        {"mutual_gini", metrics::mutual_gini},
                        {"gain_curve", metrics::gain_curve},
                        {"deciles", [](const Values& p, const Values& y) { metrics::deciles(p, y, 1); }}};
  const std::vector<double> nothing, three{1, 2, 3}, two{1, 2};
  const double infinity = std::numeric_limits<double>::infinity();
  for (const Metric& metric : all) {
    test::check_throws<ShapeError>([&] { metric.of(nothing, nothing); },
                                   {metric.name, "at least one target, got none"});
    test::check_throws<ShapeError>([&] { metric.of(two, three); },
                                   {metric.name, "a prediction for each of 3 targets, got 2"});
    for (const double bad : {missing_value, infinity, -infinity}) {
      const std::vector<double> broken{1, bad, 3};
      test::check_throws<ValueError>([&] { metric.of(broken, three); }, {metric.name, "finite", "in row 1"});
      test::check_throws<ValueError>([&] { metric.of(three, broken); }, {metric.name, "finite targets", "in row 1"});
    }
  }
  test::check_throws<ShapeError>([&] { metrics::lorenz_curve(nothing); },
                                 {"lorenz_curve: expected at least one value"});
  test::check_throws<ValueError>(
      [&] {
        metrics::lorenz_curve(std::vector{1.0, missing_value});
      },
      {"lorenz_curve: expected finite values, got nan in row 1"});
}
