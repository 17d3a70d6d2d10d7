#include "tenure/train/interrupt.hpp"

#include <doctest/doctest.h>

#include "models.hpp"
#include "tenure/optim/sgd.hpp"

using namespace tenure;
using namespace tenure::test;

namespace {

/// Sends itself a signal in the first batch of an epoch.
class Raise final : public Callback {
 public:
  explicit Raise(int signal, Index epoch) : signal_(signal), epoch_(epoch) {}
  void on_batch_begin(Training& training) override {
    if (training.epoch == epoch_ && training.batch == 0) std::raise(signal_);
  }

 private:
  int signal_;
  Index epoch_;
};

}  // namespace

TEST_CASE("a signal ends the training with its epoch, and the next training is not concerned") {
  const auto data = make_regression(64);
  for (const int signal : {SIGINT, SIGTERM}) {
    Trained<Mlp, Sgd<float>> trained({.learning_rate = 0.1});
    Raise raise(signal, 2);
    Interrupt interrupt;
    CHECK(!interrupt.requested());
    Index batches = 0;
    OnEpochEnd count([&](Training& training) { batches = training.batch; });
    const History history =
        fit(trained.model, trained.optimizer, mse, data,
            {.epochs = 10, .batch_size = 8, .callbacks = {&raise, &interrupt, &count}, .progress = Progress::silent});
    CHECK(interrupt.requested());
    CHECK(history.epochs() == 3);
    CHECK(batches == 8);
    CHECK(history.reason == "interrupted");
  }
}

TEST_CASE("with its end the signals' former handlers come back") {
  static bool called = false;
  struct sigaction own {
  }, before{}, after{};
  own.sa_handler = [](int) { called = true; };
  ::sigaction(SIGINT, &own, &before);
  { const Interrupt interrupt; }
  ::sigaction(SIGINT, &before, &after);
  const bool restored = after.sa_handler == own.sa_handler;
  CHECK(restored);
  CHECK(!called);
}
