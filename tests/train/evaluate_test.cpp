#include "tenure/train/evaluate.hpp"

#include <doctest/doctest.h>

#include "models.hpp"

using namespace tenure;

TEST_CASE("evaluation is the mean over rows, whatever the batches") {
  Rng rng(1);
  const test::Mlp model(rng);
  const auto data = test::make_regression(50);
  const double loss = evaluate(model, mae, data, {.batch_size = 50}).loss;
  CHECK(evaluate(model, mae, data, {.batch_size = 7}).loss == doctest::Approx(loss).epsilon(1e-5));
  const auto twice = [](Var<float> prediction, Var<float> target) { return mae(prediction, target) * 2; };
  CHECK(evaluate(model, twice, data).loss == doctest::Approx(2 * loss).epsilon(1e-5));
}
