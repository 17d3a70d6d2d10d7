#include "tenure/train/best_weights.hpp"

#include "../message.hpp"
#include "../temporary_directory.hpp"
#include "models.hpp"
#include "tenure/optim/adam.hpp"
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
  BestWeights<float> best(run.parameters);
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
  BestWeights<float> expected(whole.parameters);
  fit(whole.model, whole.optimizer, mse, data, options_of(12, {&expected}));
  for (const Index cut : {expected.epoch() + 1, Index{11}}) {
    Run before(config), after(config);
    {
      BestWeights<float> best(before.parameters);
      ModelCheckpoint checkpoints(path, before.model, before.optimizer, {}, best);
      fit(before.model, before.optimizer, mse, data, options_of(cut, {&best, &checkpoints}));
    }
    BestWeights<float> best(after.parameters);
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
  BestWeights<float> best(run.parameters, "accuracy");
  check_throws<ValueError>([&] { fit(run.model, run.optimizer, mse, make_regression(16), options_of(1, {&best})); },
                           {"got accuracy"});
}
