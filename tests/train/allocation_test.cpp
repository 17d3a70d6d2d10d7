/// From the third step on, fit allocates nothing within an epoch, shuffled batches, clipping, penalties and schedules
/// included; nor does a predictor from its third call on.
#include <doctest/doctest.h>

#include "../count_allocations.hpp"
#include "models.hpp"
#include "tenure/metrics/regression.hpp"
#include "tenure/optim/adam.hpp"
#include "tenure/train/learning_rate_scheduler.hpp"
#include "tenure/train/predictor.hpp"

using namespace tenure;

namespace {

struct CountSteps final : Callback {
  std::size_t before = 0;
  std::vector<std::size_t> counts;

  CountSteps() { counts.reserve(100); }
  void on_batch_begin(Training& training) override {
    if (training.batch > 0) counts.push_back(allocations::count - before);
    before = allocations::count;
  }
};

}  // namespace

TEST_CASE("a step of fit allocates nothing after the second") {
  test::Trained<test::Mlp, Adam<float>> t({});
  t.model.rate = 0.2;
  t.model.hidden.weight.set_regularizer({.l2 = 1e-4});
  CountSteps count;
  LearningRateScheduler schedule(WarmUp(5, CosineDecay{.initial_learning_rate = 1e-3, .decay_steps = 20}), Every::step);
  fit(t.model, t.optimizer, mse, test::make_regression(70),
      {.epochs = 4,
       .batch_size = 8,
       .validation_split = 0.1,
       .clipping = {.value = 1, .norm_each = 1, .norm = 1},
       .metrics = {{"rmse", metrics::rmse}},
       .callbacks = {&schedule, &count},
       .progress = Progress::silent});
  REQUIRE(count.counts.size() == 4 * 7);
  CHECK(count.counts[0] > 0);  // the counter works
  for (std::size_t i = 2; i < count.counts.size(); ++i) CHECK(count.counts[i] == 0);
}

TEST_CASE("a predictor allocates nothing after its second call") {
  Rng rng(1);
  const Predictor predictor(test::Mlp(rng), Tensor<float>({100, 2}));
  const Tensor<float> x({100, 2});
  Tensor<float> y({100, 1});
  for (int call = 0; call < 2; ++call) predictor(x, y);
  const std::size_t before = allocations::count;
  for (int call = 0; call < 3; ++call) predictor(x, y);
  CHECK(allocations::count == before);
}
