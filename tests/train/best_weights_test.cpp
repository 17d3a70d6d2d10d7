#include "tenure/train/best_weights.hpp"

#include <filesystem>

#include "../message.hpp"
#include "../temporary_directory.hpp"
#include "models.hpp"
#include "tenure/optim/adam.hpp"
#include "tenure/optim/sgd.hpp"
#include "tenure/train/early_stopping.hpp"
#include "tenure/train/model_checkpoint.hpp"

using namespace tenure;
using namespace tenure::test;

namespace {

using Run = Trained<Mlp, Adam<float>>;

/// So large that the loss goes up and down.
const AdamConfig config = {.learning_rate = 0.3};

}  // namespace

TEST_CASE("the model ends with the weights of the epoch of the least validation loss") {
  const auto data = make_regression(64);
  Run run(config), shorter(config);
  BestWeights best;
  const History history = fit(run.model, run.optimizer, mse, data, options_of(12, {&best}));
  const std::vector<double>& losses = history["val_loss"];
  const auto least = std::ranges::min_element(losses);
  REQUIRE(least + 1 != losses.end());
  CHECK(best.epoch() == least - losses.begin());
  CHECK(best.best() == *least);
  fit(shorter.model, shorter.optimizer, mse, data, options_of(best.epoch() + 1, {}));
  CHECK(run.values() == shorter.values());
}

TEST_CASE("a training that goes on from a checkpoint ends with the same weights, from before it too") {
  const TemporaryDirectory directory;
  const std::string path = directory / "checkpoint.safetensors";
  const auto data = make_regression(64);
  Run whole(config);
  BestWeights expected;
  fit(whole.model, whole.optimizer, mse, data, options_of(12, {&expected}));
  for (const Index cut : {expected.epoch() + 1, Index{11}}) {
    Run before(config), after(config);
    {
      BestWeights best;
      ModelCheckpoint checkpoints(path, before.model, before.optimizer, {}, best);
      fit(before.model, before.optimizer, mse, data, options_of(cut, {&best, &checkpoints}));
    }
    BestWeights best;
    ModelCheckpoint checkpoints(path, after.model, after.optimizer, {}, best);
    auto options = options_of(12, {&best, &checkpoints});
    options.initial_epoch = checkpoints.load();
    fit(after.model, after.optimizer, mse, data, options);
    CHECK(best.epoch() == expected.epoch());
    CHECK(after.values() == whole.values());
  }
}

TEST_CASE("what is monitored must be in the history") {
  Run run(config);
  BestWeights best({.monitor = "accuracy"});
  check_throws<ValueError>([&] { fit(run.model, run.optimizer, mse, make_regression(16), options_of(1, {&best})); },
                           {"best weights", "got accuracy"});
}

TEST_CASE("the best may be the most") {
  Run run(config);
  BestWeights best({.monitor = "val_loss", .mode = Mode::max});
  const auto losses = fit(run.model, run.optimizer, mse, make_regression(64), options_of(6, {&best}))["val_loss"];
  CHECK(best.best() == std::ranges::max(losses));
}

namespace {

/// Trains until early stopping ends it, in a new process, as it were, after every `cut` epochs.
std::vector<float> stopped_early(const std::string& path, Index cut, Index& best_epoch) {
  const auto data = make_regression(64);
  Index epoch = 0;
  std::filesystem::remove(path);
  while (true) {
    Run run(config);
    EarlyStopping early({.patience = 4, .restore_best_weights = true});
    ModelCheckpoint checkpoints(path, run.model, run.optimizer, {}, early);
    auto options = options_of(std::min<Index>(epoch + cut, 60), {&early, &checkpoints});
    if (epoch > 0) options.initial_epoch = checkpoints.load();
    const History history = fit(run.model, run.optimizer, mse, data, options);
    epoch += cut;
    best_epoch = early.best_epoch();
    if (history.stop == Stop::requested || epoch >= 60) return run.values();
  }
}

}  // namespace

TEST_CASE("early stopping of a training that was killed after its best epoch restores the weights of that epoch") {
  const TemporaryDirectory directory;
  const std::string path = directory / "checkpoint.safetensors";
  Index best = -1, expected_best = -1;
  const auto expected = stopped_early(path, 60, expected_best);
  REQUIRE(expected_best >= 0);
  REQUIRE(expected_best < 55);
  Run shorter(config);
  fit(shorter.model, shorter.optimizer, mse, make_regression(64), options_of(expected_best + 1, {}));
  CHECK(expected == shorter.values());
  for (const Index cut : {expected_best + 1, expected_best + 2, Index{1}, Index{3}}) {
    CHECK(stopped_early(path, cut, best) == expected);
    CHECK(best == expected_best);
  }
}

TEST_CASE("a checkpoint of version 0.2, which lacks early stopping's weights, does not restore wrong ones") {
  const TemporaryDirectory directory;
  const std::string path = directory / "checkpoint.safetensors";
  Run run(config);
  EarlyStopping without({.patience = 4}), with({.patience = 4, .restore_best_weights = true});
  ModelCheckpoint checkpoints(path, run.model, run.optimizer, {}, without);
  fit(run.model, run.optimizer, mse, make_regression(64), options_of(2, {&without, &checkpoints}));
  check_throws<FileError>([&] { ModelCheckpoint(path, run.model, run.optimizer, {}, with).load(); },
                          {"missing: part.0.weights.hidden.weight"});
}

TEST_CASE("best weights: buffers are those of the best epoch, too") {
  struct Model {
    Linear<float> head;
    Buffer<float> epochs{Shape{}};
    static auto fields() {
      return [](auto& self, auto&& f) {
        f("head", self.head);
        f("epochs", self.epochs);
      };
    }
    Var<float> operator()(Var<float> x) const { return head(x); }
  };
  struct Counter final : Callback {
    Buffer<float>* buffer = nullptr;
    void on_epoch_end(Training& training) override { buffer->value()() = static_cast<float>(training.epoch + 1); }
  };
  Rng rng(1);
  Model model{.head = Linear<float>({.in_features = 2, .out_features = 1}, rng)};
  const Parameters<float> parameters(model);
  Sgd<float> sgd(parameters, {.learning_rate = 0});  // so that the first epoch stays the best
  Counter counter;
  counter.buffer = &model.epochs;
  BestWeights best({.monitor = "loss"});
  const TensorDataset data(Tensor<float>({4, 2}, 1), Tensor<float>({4, 1}, 2));
  fit(model, sgd, mse, data, {.epochs = 3, .callbacks = {&counter, &best}, .progress = Progress::silent});
  CHECK(best.epoch() == 0);
  CHECK(model.epochs.value()() == 1);
}
