#include "tenure/train/early_stopping.hpp"

#include <doctest/doctest.h>

#include <limits>

#include "../message.hpp"
#include "models.hpp"
#include "tenure/optim/sgd.hpp"

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
  EarlyStopping restored({.patience = 3});
  std::vector<double> saved;
  EarlyStopping::state(stopping, [&](const char*, auto member) { saved.push_back(static_cast<double>(member)); });
  auto next = saved.begin();
  EarlyStopping::state(restored, [&]<class M>(const char*, M& member) { member = static_cast<M>(*next++); });
  second.training.epoch = 3;
  CHECK(second.run(restored, {losses.begin() + 3, losses.end()}) == 2);
  CHECK(restored.best_epoch() == 1);
}

TEST_CASE("early stopping names what it could have monitored") {
  EarlyStopping stopping;
  test::check_throws<ValueError>([&] { Scripted().run(stopping, {1}, "loss"); },
                                 {"history", "one of loss", "val_loss"});
  test::check_throws<ValueError>([] { EarlyStopping({.patience = -1}); }, {"patience"});
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
