#include "tenure/train/learning_rate_scheduler.hpp"

#include <doctest/doctest.h>

#include <limits>
#include <vector>

#include "../message.hpp"
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

void check_plateau(const ReduceLrOnPlateauConfig& config, const std::vector<double>& losses,
                   const std::vector<double>& expected) {
  ReduceLrOnPlateau plateau(config);
  double rate = 1;
  for (std::size_t t = 0; t < losses.size(); ++t) {
    CAPTURE(t);
    rate = plateau(losses[t], rate);
    CHECK(rate == expected[t]);
  }
}

const std::vector<double> plateau_losses = {5, 4, 3.9995, 3.9994, 4, 4, 4, 4, 4, 4, 4, 3, 3, 3, 3, 3, 3, 3};

}  // namespace

TEST_CASE("a schedule by epochs sets the rate of each epoch, one by steps that of each step") {
  const StepLr schedule{.initial_learning_rate = 1, .step_size = 2, .gamma = 0.5};
  LearningRateScheduler by_epochs(schedule);
  CHECK(train(by_epochs)["learning_rate"] == std::vector<double>{1, 1, 0.5, 0.5});
  LearningRateScheduler by_steps(schedule, Every::step);
  CHECK(train(by_steps)["learning_rate"] == std::vector<double>{1, 0.5, 0.25, 0.125});
}

TEST_CASE("a training that goes on finds its place in a schedule") {
  LearningRateScheduler by_steps(StepLr{.initial_learning_rate = 1, .step_size = 2, .gamma = 0.5}, Every::step);
  CHECK(train(by_steps, 0.5, 2)["learning_rate"] == std::vector<double>{0.25, 0.125});
}

TEST_CASE("the rate is reduced where the loss has not improved") {
  ReduceLrOnPlateau reduce(
      {.monitor = "loss", .factor = 0.5, .patience = 1, .min_delta = 1e9});  // nothing is good enough
  CHECK(train(reduce)["learning_rate"] == std::vector<double>{0.5, 0.5, 0.25, 0.125});
  ReduceLrOnPlateau patient({.monitor = "loss", .patience = 9});
  CHECK(train(patient).last("learning_rate") == 0.5);
}

// PyTorch 1.13: ReduceLROnPlateau(o, factor=0.5, patience=2, threshold=1e-3), and
// (o, factor=0.5, patience=1, threshold=1e-3, cooldown=2, min_lr=0.2).
TEST_CASE("reduce on plateau with PyTorch's settings, patience and cooldown one more, gives PyTorch's rates") {
  check_plateau(
      {.factor = 0.5, .patience = 3, .min_delta = 1e-3, .relative = true, .cooldown = 1}, plateau_losses,
      {1, 1, 1, 1, 0.5, 0.5, 0.5, 0.25, 0.25, 0.25, 0.125, 0.125, 0.125, 0.125, 0.0625, 0.0625, 0.0625, 0.03125});
  check_plateau({.factor = 0.5, .patience = 2, .min_delta = 1e-3, .relative = true, .cooldown = 3, .min_lr = 0.2},
                plateau_losses,
                {1, 1, 1, 0.5, 0.5, 0.5, 0.5, 0.25, 0.25, 0.25, 0.25, 0.25, 0.25, 0.2, 0.2, 0.2, 0.2, 0.2});
}

// By hand from keras/src/callbacks/reduce_lr_on_plateau.py.
TEST_CASE("reduce on plateau gives Keras's rates") {
  check_plateau({.factor = 0.5, .patience = 2, .min_delta = 1e-3}, plateau_losses,
                {1, 1, 1, 0.5, 0.5, 0.25, 0.25, 0.125, 0.125, 0.0625, 0.0625, 0.0625, 0.0625, 0.03125, 0.03125,
                 0.015625, 0.015625, 0.0078125});
  check_plateau({.factor = 0.5, .patience = 2, .cooldown = 2}, {2, 2, 2, 2, 2, 2, 2, 2, 1, 1, 1},
                {1, 1, 0.5, 0.5, 0.5, 0.25, 0.25, 0.25, 0.25, 0.25, 0.125});
}

TEST_CASE("reduce on plateau: a NaN is no improvement; state is all that the next epoch depends on") {
  ReduceLrOnPlateau plateau({.factor = 0.5, .patience = 3, .cooldown = 2});
  CHECK(plateau(1, 1) == 1);
  CHECK(plateau(std::numeric_limits<double>::quiet_NaN(), 1) == 1);
  CHECK(plateau(1, 1) == 1);
  ReduceLrOnPlateau other(plateau.config);
  std::vector<double> saved;
  ReduceLrOnPlateau::state(plateau, [&](const char*, auto member) { saved.push_back(static_cast<double>(member)); });
  auto next = saved.begin();
  ReduceLrOnPlateau::state(other,
                           [&]<class Member>(const char*, Member& member) { member = static_cast<Member>(*next++); });
  CHECK(other(1, 1) == 0.5);
  test::check_throws<ValueError>([] { ReduceLrOnPlateau({.factor = 1}); }, {"factor", "got 1"});
  test::check_throws<ValueError>([] { ReduceLrOnPlateau({.patience = -1}); }, {"patience", "got -1"});
}
