#include "tenure/metrics/permutation_importance.hpp"

#include "../message.hpp"

using namespace tenure;
using metrics::Feature, metrics::Importance, metrics::permutation_importance;

namespace {

const std::vector<std::string> names{"strong", "weak", "unused"};

/// y = 3·strong + weak of the first time step, whatever the third column says.
Tensor<double> predict(const Tensor<double>& x) {
  Tensor<double> y({x.shape()[0]});
  const Index row = x.size() / x.shape()[0];
  for (Index i = 0; i < y.size(); ++i) y.data()[i] = 3 * x.data()[i * row] + x.data()[i * row + 1];
  return y;
}

Tensor<double> noise(Shape shape, std::uint64_t seed = 1) {
  Tensor<double> x(shape);
  Rng rng(seed);
  for (double& value : x) value = rng.normal();
  return x;
}

}  // namespace

TEST_CASE("a feature's importance is what its exchange adds to the error, and 0 where it is not used") {
  const Tensor<double> x = noise({4000, 3}), y = predict(x);
  auto model = predict;
  const auto found = permutation_importance<double>(model, x, y, metrics::single_columns(names));
  REQUIRE(found.size() == 3);
  CHECK(found[0].name == "strong");
  // The difference of two independent standard normal numbers has deviation √2.
  CHECK(found[0].mean == doctest::Approx(3 * std::sqrt(2)).epsilon(0.05));
  CHECK(found[1].mean == doctest::Approx(std::sqrt(2)).epsilon(0.05));
  CHECK(found[0].deviation > 0);
  CHECK(found[0].deviation < 0.1);
  CHECK(found[2].mean == 0);
  CHECK(found[2].deviation == 0);
}

TEST_CASE("a feature of several columns is exchanged as one, and a row's times move together") {
  Tensor<double> x = noise({500, 4, 3});
  // Columns 0 and 1 say the same twice; the model looks at their difference alone, which an exchange of both keeps.
  for (Index i = 0; i < x.size(); i += 3) x.data()[i + 1] = x.data()[i];
  auto difference = [](const Tensor<double>& inputs) {
    Tensor<double> y({inputs.shape()[0]});
    for (Index i = 0; i < inputs.size(); i += 3) y.data()[i / 12] += inputs.data()[i] - inputs.data()[i + 1];
    return y;
  };
  // A row's times keep their order: this model sees whether time 1 is right behind time 0.
  Tensor<double> steps = noise({500, 2, 1});
  for (Index i = 0; i < 500; ++i) steps(i, 1, 0) = steps(i, 0, 0) + 1;
  auto step = [](const Tensor<double>& inputs) {
    Tensor<double> y({inputs.shape()[0]});
    for (Index i = 0; i < y.size(); ++i) y.data()[i] = inputs(i, 1, 0) - inputs(i, 0, 0);
    return y;
  };
  const std::vector<Feature> both{{"both", {0, 1}}}, one{{"one", {0}}};
  const Tensor<double> zeros({500}), ones({500}, 1);
  CHECK(permutation_importance<double>(difference, x, zeros, both)[0].mean == 0);
  CHECK(permutation_importance<double>(difference, x, zeros, one)[0].mean > 1);
  CHECK(std::abs(permutation_importance<double>(step, steps, ones, one)[0].mean) < 1e-15);
}

TEST_CASE("the same seed gives the same importances, and another one others") {
  const Tensor<double> x = noise({60, 3}), y = noise({60}, 2);
  auto model = predict;
  const std::vector<Feature> features = metrics::single_columns(names);
  const auto importance = [&](std::uint64_t seed) {
    return permutation_importance<double>(model, x, y, features, {.repeats = 3, .seed = seed, .error = metrics::mae})[0]
        .mean;
  };
  CHECK(importance(7) == importance(7));
  CHECK(importance(7) != importance(8));
}

TEST_CASE("permutation_importance refuses columns that x lacks, other ranks and no repeats") {
  auto model = predict;
  const Tensor<double> x = noise({5, 3}), y({5}, 1);
  const std::vector<Feature> fourth{{"price", {3}}};
  test::check_throws<IndexError>([&] { permutation_importance<double>(model, x, y, fourth); },
                                 {"expected columns in [0, 3)", "3 of price"});
  test::check_throws<ShapeError>([&] { permutation_importance<double>(model, y, y, {}); },
                                 {"x (rows[, time], features)", "(5)"});
  test::check_throws<ValueError>([&] { permutation_importance<double>(model, x, y, {}, {.repeats = 0}); },
                                 {"at least one repeat"});
  test::check_throws<ShapeError>([&] { permutation_importance<double>(model, x, Tensor<double>({4}), {}); },
                                 {"a prediction for each of 4 targets"});
}
