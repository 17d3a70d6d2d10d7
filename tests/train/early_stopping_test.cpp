#include "tenure/train/early_stopping.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <variant>

#include "../message.hpp"
#include "models.hpp"
#include "tenure/optim/sgd.hpp"
#include "tenure/train/learning_rate_scheduler.hpp"

using namespace tenure;

namespace {

/// A training of which only the monitored value and one weight are real: the weight is the number of the epoch.
struct Scripted {
  History history;
  double learning_rate = 0.1;
  float weight = -1;
  Training training{history, learning_rate, std::as_writable_bytes(std::span(&weight, 1)), 100, 1};

  /// Epochs run until the callback ended the training.
  Index run(Callback& callback, const std::vector<double>& values, const char* name = "val_loss") {
    callback.on_train_begin(training);
    for (const double value : values) {
      weight = static_cast<float>(training.epoch);
      history.record(name, value);
      callback.on_epoch_end(training);
      if (training.stopped) break;
      ++training.epoch;
    }
    const Index epochs = history.epochs();
    callback.on_train_end(training);
    return epochs;
  }
};

/// What a checkpoint does with a state.
void copy_state(const EarlyStopping& from, EarlyStopping& to) {
  std::vector<std::variant<double, Index, std::vector<std::byte>>> saved;
  EarlyStopping::state(from, [&](const char*, const auto& member) { saved.emplace_back(member); });
  auto next = saved.begin();
  EarlyStopping::state(to, [&]<class M>(const char*, M& member) { member = std::get<M>(*next++); });
}

}  // namespace

TEST_CASE("early stopping ends after `patience` epochs without improvement and restores the best weights") {
  Scripted scripted;
  EarlyStopping stopping({.patience = 3, .restore_best_weights = true});
  CHECK(scripted.run(stopping, {5, 4, 4.5, 3, 3.5, 3.2, 3.1, 2}) == 7);
  CHECK(scripted.weight == 3);
  CHECK(stopping.best_epoch() == 3);
  CHECK(stopping.best() == 3);
  CHECK(scripted.history.stop == Stop::requested);
  CHECK(scripted.history.reason == "no better val_loss in 3 epochs");
}

TEST_CASE("early stopping leaves the last weights unless told otherwise, and does not stop what improves") {
  Scripted scripted;
  EarlyStopping stopping({.patience = 1});
  CHECK(scripted.run(stopping, {5, 4, 3, 2}) == 4);
  CHECK(scripted.history.stop == Stop::completed);
  CHECK(scripted.weight == 3);
}

TEST_CASE("early stopping restores the best weights of a training that was not stopped, too") {
  Scripted scripted;
  EarlyStopping stopping({.patience = 9, .restore_best_weights = true});
  scripted.run(stopping, {5, 1, 3});
  CHECK(scripted.weight == 1);
}

TEST_CASE("early stopping: min_delta, a maximum, a NaN, and a second training") {
  EarlyStopping stopping({.patience = 2, .min_delta = 0.5});
  CHECK(Scripted().run(stopping, {5, 4.6, 4.6, 1}) == 3);
  CHECK(Scripted().run(stopping, {5, 4.4, 4.3, 3.8, 3}) == 5);
  EarlyStopping largest({.monitor = "auc", .patience = 2, .mode = Mode::max});
  CHECK(Scripted().run(largest, {0.5, 0.6, 0.55, 0.58, 0.9}, "auc") == 4);
  CHECK(largest.best() == 0.6);
  constexpr double nan = std::numeric_limits<double>::quiet_NaN();
  CHECK(Scripted().run(stopping, {nan, 3, nan, nan, 1}) == 4);
  CHECK(stopping.best_epoch() == 1);
}

TEST_CASE("early stopping that goes on with a training stops where it would have, uninterrupted") {
  const std::vector<double> losses = {5, 4, 4.5, 4.2, 4.3, 4.4};
  Scripted first, second;
  EarlyStopping stopping({.patience = 3, .restore_best_weights = true});
  CHECK(first.run(stopping, {losses.begin(), losses.begin() + 3}) == 3);
  EarlyStopping restored({.patience = 3, .restore_best_weights = true}), once_more(restored.config);
  copy_state(stopping, restored);
  second.training.epoch = 3;
  CHECK(second.run(restored, {losses.begin() + 3, losses.end()}) == 2);
  CHECK(restored.best_epoch() == 1);
  CHECK(second.weight == 1);

  copy_state(restored, once_more);
  Scripted third;
  third.training.epoch = 5;
  once_more.on_train_begin(third.training);
  CHECK(third.training.stopped);  // as it was
  CHECK(third.history.reason == "no better val_loss in 3 epochs");
  once_more.on_train_end(third.training);
  CHECK(third.weight == 1);
}

TEST_CASE("early stopping names what it could have monitored") {
  EarlyStopping stopping;
  test::check_throws<ValueError>([&] { Scripted().run(stopping, {1}, "loss"); },
                                 {"history", "one of loss", "val_loss"});
  test::check_throws<ValueError>([] { EarlyStopping({.patience = -1}); }, {"patience"});
  test::check_throws<ValueError>([] { EarlyStopping({.min_delta = -1}); }, {"early stopping", "min_delta", "got -1"});
  test::check_throws<ValueError>([] { EarlyStopping({.min_delta = std::nan("")}); }, {"min_delta"});
}

TEST_CASE("what is monitored must be measured: fit() says so before the first epoch") {
  test::Trained<test::Mlp, Sgd<float>> t({});
  const auto data = test::make_regression(40);
  const std::vector<float> before = t.values();
  const auto fits = [&](Callback& callback, double split = 0) {
    return [&, split] {
      fit(t.model, t.optimizer, mse, data,
          {.validation_split = split, .callbacks = {&callback}, .progress = Progress::silent});
    };
  };
  EarlyStopping stopping;
  test::check_throws<ValueError>(fits(stopping), {"early stopping: expected one of loss, learning_rate, seconds",
                                                  "got val_loss, but there are no validation data"});
  BestWeights best;
  test::check_throws<ValueError>(fits(best), {"best weights: ", "got val_loss"});
  ReduceLrOnPlateau reduce;
  test::check_throws<ValueError>(fits(reduce), {"reduce learning rate on plateau: ", "got val_loss"});
  EarlyStopping of_accuracy({.monitor = "val_accuracy"});
  test::check_throws<ValueError>(fits(of_accuracy, 0.25),
                                 {"loss, val_loss", "got val_accuracy, which nobody measures"});
  CHECK(t.values() == before);

  OnEpochEnd measures([](Training& training) { training.history.record("val_accuracy", 1); }, {"val_accuracy"});
  fit(t.model, t.optimizer, mse, data, {.callbacks = {&measures, &of_accuracy}, .progress = Progress::silent});
  CHECK(of_accuracy.best() == 1);
}

TEST_CASE("in fit, early stopping restores the weights whose validation loss was best") {
  test::Trained<test::Mlp, Sgd<float>> t({.learning_rate = 0.6, .momentum = 0.95});  // too much of both
  const auto data = test::make_regression(40);
  const auto validation = test::make_regression(40, 8);
  EarlyStopping stopping({.patience = 4, .restore_best_weights = true});
  const History history =
      fit(t.model, t.optimizer, mse, data,
          {.epochs = 200, .validation_data = &validation, .callbacks = {&stopping}, .progress = Progress::silent});
  CHECK(history.stop == Stop::requested);
  CHECK(history.epochs() == stopping.best_epoch() + 5);
  CHECK(evaluate(t.model, mse, validation).loss == doctest::Approx(stopping.best()).epsilon(1e-5));
  CHECK(history.last("val_loss") > stopping.best());
}
