#include "tenure/train/learning_rate_scheduler.hpp"

#include <doctest/doctest.h>

#include <cmath>
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

namespace {

/// The rates of a group that begins at a fifth of the optimizer's, epoch by epoch, beside the optimizer's.
std::vector<std::pair<double, double>> group_rates(Callback& callback, Index epochs) {
  test::Trained<test::Mlp, Sgd<float>> t({.learning_rate = 0});
  Sgd<float> sgd(
      t.parameters, {.learning_rate = 0.1},
      {{.parameters = [](const std::string& name) { return name.starts_with("head."); }, .learning_rate = 0.02}});
  std::vector<std::pair<double, double>> rates;
  OnEpochEnd look([&](Training& training) {
    rates.emplace_back(training.learning_rate, training.learning_rate * training.group_rates[0].current);
  });
  fit(t.model, sgd, mse, test::make_regression(20),
      {.epochs = epochs, .callbacks = {&callback, &look}, .progress = Progress::silent});
  return rates;
}

void check_rates(Callback& callback, const std::vector<std::pair<double, double>>& expected) {
  const auto rates = group_rates(callback, static_cast<Index>(expected.size()));
  for (std::size_t t = 0; t < expected.size(); ++t) {
    CAPTURE(t);
    CHECK(rates[t].first == doctest::Approx(expected[t].first).epsilon(1e-12));
    CHECK(rates[t].second == doctest::Approx(expected[t].second).epsilon(1e-12));
  }
}

}  // namespace

// PyTorch 1.13: CosineAnnealingLR(o, 8, 0.01), SequentialLR(o, [LinearLR(o, 0.1, 1, 2), CosineAnnealingLR(o, 4, 0.01)],
// [2]) and ReduceLROnPlateau(o, factor=0.5, patience=0, min_lr=0.008, threshold=0), of groups at 0.1 and 0.02.
TEST_CASE("schedules set the rates of groups as PyTorch's do") {
  const CosineDecay cosine{.initial_learning_rate = 0.1, .decay_steps = 8, .minimum = 0.01};
  LearningRateScheduler decay(cosine);
  check_rates(decay, {{0.1, 0.02},
                      {0.0965745789630079, 0.019619397662556434},
                      {0.08681980515339463, 0.01853553390593274},
                      {0.07222075445642905, 0.01691341716182545}});
  LearningRateScheduler warm(
      WarmUp(2, CosineDecay{.initial_learning_rate = 0.1, .decay_steps = 4, .minimum = 0.01}, 0.1));
  check_rates(warm, {{0.01, 0.002}, {0.055, 0.011}, {0.1, 0.02}, {0.08681980515339464, 0.01853553390593274}});
  LearningRateScheduler any([](Index t) { return 0.1 / static_cast<double>(t + 1); });
  check_rates(any, {{0.1, 0.02}, {0.05, 0.01}});
  ReduceLrOnPlateau plateau({.monitor = "loss", .factor = 0.5, .patience = 1, .min_delta = 1e9, .min_lr = 0.008});
  check_rates(plateau, {{0.1, 0.02}, {0.05, 0.01}, {0.025, 0.008}, {0.0125, 0.008}, {0.008, 0.008}, {0.008, 0.008}});
}

TEST_CASE("reduce on plateau may watch what is to be large") {
  ReduceLrOnPlateau plateau({.factor = 0.5, .patience = 1, .mode = Mode::max});
  CHECK(plateau(0.5, 1) == 1);
  CHECK(plateau(0.6, 1) == 1);
  CHECK(plateau(0.6, 1) == 0.5);
  CHECK(plateau(0.5, 0.5) == 0.25);
}

TEST_CASE("a rate that is no rate ends the training before its step") {
  LearningRateScheduler explodes([](Index t) { return t == 2 ? std::nan("") : 0.1; });
  test::check_throws<ValueError>([&] { train(explodes); }, {"fit: expected a learning rate of at least 0", "nan"});
  test::check_throws<ValueError>([] { ReduceLrOnPlateau({.min_delta = -1}); }, {"min_delta", "got -1"});
  test::check_throws<ValueError>([] { ReduceLrOnPlateau({.cooldown = -1}); }, {"cooldown", "got -1"});
  test::check_throws<ValueError>([] { ReduceLrOnPlateau({.min_lr = -1}); }, {"min_lr", "got -1"});
}
