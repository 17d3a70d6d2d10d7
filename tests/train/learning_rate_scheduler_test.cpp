#include "tenure/train/learning_rate_scheduler.hpp"

#include <doctest/doctest.h>

#include "models.hpp"
#include "tenure/optim/sgd.hpp"

using namespace tenure;

namespace {

History train(Callback& callback, double learning_rate = 0.5, Index initial_epoch = 0) {
  test::Trained<test::Mlp, Sgd<float>> t({.learning_rate = learning_rate});
  return fit(t.model, t.optimizer, mse, test::make_regression(20),
             {.epochs = 4,
              .batch_size = 10,
              .initial_epoch = initial_epoch,
              .callbacks = {&callback},
              .progress = Progress::silent});
}

}  // namespace

TEST_CASE("a schedule by epochs sets the rate of each epoch, one by steps that of each step") {
  const StepSchedule schedule{.initial = 1, .period = 2, .factor = 0.5};
  ScheduleByEpochs by_epochs(schedule);
  CHECK(train(by_epochs)["learning_rate"] == std::vector<double>{1, 1, 0.5, 0.5});
  ScheduleBySteps by_steps(schedule);
  CHECK(train(by_steps)["learning_rate"] == std::vector<double>{1, 0.5, 0.25, 0.125});
}

TEST_CASE("a training that goes on finds its place in a schedule") {
  ScheduleBySteps by_steps(StepSchedule{.initial = 1, .period = 2, .factor = 0.5});
  CHECK(train(by_steps, 0.5, 2)["learning_rate"] == std::vector<double>{0.25, 0.125});
}

TEST_CASE("the rate is reduced where the loss has not improved") {
  ReduceLearningRate reduce({.factor = 0.5, .patience = 1, .min_delta = 1e9}, "loss");  // nothing is good enough
  CHECK(train(reduce)["learning_rate"] == std::vector<double>{0.5, 0.5, 0.25, 0.125});
  ReduceLearningRate patient({.patience = 9}, "loss");
  CHECK(train(patient).last("learning_rate") == 0.5);
}
