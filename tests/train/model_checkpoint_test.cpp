#include "tenure/train/model_checkpoint.hpp"

#include "../message.hpp"
#include "../temporary_directory.hpp"
#include "models.hpp"
#include "tenure/ops/reduce.hpp"
#include "tenure/optim/adam.hpp"
#include "tenure/train/early_stopping.hpp"

using namespace tenure;
using namespace tenure::test;

namespace {

using Run = Trained<Mlp, Adam<float>>;

const AdamConfig config = {.learning_rate = 0.01};

}  // namespace

TEST_CASE("a training that goes on has the weights and the history of an unbroken one, bit for bit") {
  const TemporaryDirectory directory;
  const auto data = make_regression(96);
  const std::string path = directory / "checkpoint.safetensors";
  Run unbroken(config), first(config), second(config);
  const History whole = fit(unbroken.model, unbroken.optimizer, mse, data, options_of(7, {}));
  {
    EarlyStopping early({.patience = 9});
    ModelCheckpoint checkpoints(path, first.model, first.optimizer, {{"options", "a"}}, early);
    fit(first.model, first.optimizer, mse, data, options_of(3, {&early, &checkpoints}));
  }
  EarlyStopping early({.patience = 9});
  ModelCheckpoint checkpoints(path, second.model, second.optimizer, {{"options", "a"}}, early);
  auto options = options_of(7, {&early, &checkpoints});
  options.initial_epoch = checkpoints.load();
  CHECK(options.initial_epoch == 3);
  CHECK(early.best_epoch() >= 0);
  const History history = checkpoints.whole(fit(second.model, second.optimizer, mse, data, options));
  CHECK(second.values() == unbroken.values());
  CHECK(history["loss"] == whole["loss"]);
  CHECK(history["val_loss"] == whole["val_loss"]);
}

TEST_CASE("a checkpoint of another training is refused, and nothing changes") {
  const TemporaryDirectory directory;
  const std::string path = directory / "checkpoint.safetensors";
  Run run(config), other(config);
  ModelCheckpoint saved(path, run.model, run.optimizer, {{"options", "seed 1"}});
  fit(run.model, run.optimizer, mse, make_regression(32), options_of(1, {&saved}));
  const auto before = other.values();
  ModelCheckpoint loaded(path, other.model, other.optimizer, {{"options", "seed 2"}});
  check_throws<FileError>([&] { loaded.load(); }, {"a training with the options seed 2, got seed 1"});
  CHECK(other.values() == before);
  ModelCheckpoint absent(directory / "none", other.model, other.optimizer, {});
  check_throws<FileError>([&] { absent.load(); }, {"none: expected to be able to open it"});
}

TEST_CASE("the checkpoint before a loss that is not finite stays") {
  const TemporaryDirectory directory;
  const std::string path = directory / "checkpoint.safetensors";
  Run run(config);
  ModelCheckpoint checkpoints(path, run.model, run.optimizer, {});
  checkpoints.interval = std::chrono::milliseconds(0);
  const auto data = make_regression(32);
  fit(run.model, run.optimizer, mse, data, options_of(2, {&checkpoints}));
  const auto good = run.values();
  OnEpochEnd spoil([&](Training& training) { training.history.record("val_loss", std::nan("")); });
  auto options = options_of(1, {&spoil, &checkpoints});
  options.validation_split = 0;
  fit(run.model, run.optimizer, mse, data, options);
  CHECK(run.values() != good);
  Run reader(config);
  CHECK(ModelCheckpoint(path, reader.model, reader.optimizer, {}).load() == 2);
  CHECK(reader.values() == good);
}

TEST_CASE("between the first and the last epoch checkpoints wait for their interval") {
  const TemporaryDirectory directory;
  Run run(config);
  const std::string path = directory / "checkpoint.safetensors";
  ModelCheckpoint checkpoints(path, run.model, run.optimizer, {});
  checkpoints.interval = std::chrono::hours(1);
  std::vector<Index> epochs;
  OnEpochEnd look([&](Training&) {
    Run reader(config);
    epochs.push_back(ModelCheckpoint(path, reader.model, reader.optimizer, {}).load());
  });
  fit(run.model, run.optimizer, mse, make_regression(32), options_of(4, {&checkpoints, &look}));
  CHECK(epochs == std::vector<Index>{1, 1, 1, 4});
}

TEST_CASE("the checkpoint before a gradient that is not finite stays, as do weights and state") {
  const TemporaryDirectory directory;
  const std::string path = directory / "checkpoint.safetensors";
  Run run(config);
  ModelCheckpoint checkpoints(path, run.model, run.optimizer, {});
  checkpoints.interval = std::chrono::milliseconds(0);
  bool spoil = false;
  const auto loss = [&](Var<float> prediction, Var<float> target) {
    // The gradient of sqrt(x²) at 0 is NaN, its value 0.
    const Var<float> all = mse(prediction, target);
    return spoil ? all + mean(sqrt(square(prediction * 0.0F))) : all;
  };
  OnEpochEnd spoils([&](Training& training) { spoil = training.epoch == 1; });
  const History history =
      fit(run.model, run.optimizer, loss, make_regression(32), options_of(4, {&spoils, &checkpoints}));
  CHECK(history.stop == Stop::not_finite);
  CHECK(history.reason.find("a gradient of ") == 0);
  CHECK(history.reason.find("nan in hidden.weight in epoch 3, batch 1") != std::string::npos);
  CHECK(history.epochs() == 2);
  CHECK(run.optimizer.steps() == 6);
  Run reader(config);
  CHECK(ModelCheckpoint(path, reader.model, reader.optimizer, {}).load() == 2);
  CHECK(reader.values() == run.values());
}

TEST_CASE("a callback whose state would not be in the checkpoint is named before the first epoch") {
  const TemporaryDirectory directory;
  const std::string path = directory / "checkpoint.safetensors";
  Run run(config), other(config);
  EarlyStopping early({.patience = 3});
  const auto data = make_regression(32);
  ModelCheckpoint without(path, run.model, run.optimizer, {});
  check_throws<ValueError>(
      [&] {
        fit(run.model, run.optimizer, mse, data, options_of(1, {&early, &without}));
      },
      {"model checkpoint: expected all callbacks with a state", "none of early stopping"});
  ModelCheckpoint before(path, run.model, run.optimizer, {}, early);
  check_throws<ValueError>(
      [&] {
        fit(run.model, run.optimizer, mse, data, options_of(1, {&before, &early}));
      },
      {"model checkpoint: expected early stopping before it"});
  ModelCheckpoint of_other(path, run.model, other.optimizer, {});
  check_throws<StateError>([&] { fit(run.model, run.optimizer, mse, data, options_of(1, {&of_other})); },
                           {"model checkpoint: expected the optimizer that is trained with"});
  CHECK(run.optimizer.steps() == 0);
}
