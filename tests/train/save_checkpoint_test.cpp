#include "tenure/train/save_checkpoint.hpp"

#include <doctest/doctest.h>

#include "../io/temporary_directory.hpp"
#include "tenure/nn/linear.hpp"
#include "tenure/ops/losses.hpp"
#include "tenure/optim/adam.hpp"
#include "tenure/train/fit.hpp"

using namespace tenure;

namespace {

struct Run {
  Rng rng{1};
  Linear<float> model{{.inputs = 2, .outputs = 1}, rng};
  Parameters<float> parameters{model};
  Adam<float> adam{parameters, {.learning_rate = 0.1}};
  TensorDataset<float, float> data{Tensor<float>::from({{1, 2}, {3, 4}, {5, 7}}), Tensor<float>::from({{1}, {2}, {0}})};

  void train(Index begin, Index end, std::vector<Callback*> callbacks = {}) {
    fit(model, adam, mse, data,
        {.epochs = end, .batch_size = 2, .initial_epoch = begin, .callbacks = callbacks, .progress = Progress::silent});
  }
};

}  // namespace

TEST_CASE("save checkpoint: a training that goes on from the last one equals one that was not interrupted") {
  const test::TemporaryDirectory directory;
  const std::string path = directory / "run.safetensors";
  Run straight, first, second;
  straight.train(0, 6);
  SaveCheckpoint saved(path, first.model, first.adam);
  first.train(0, 4, {&saved});
  const Index epoch = load_checkpoint(path, second.model, second.adam).epoch;
  CHECK(epoch == 4);
  second.train(epoch, 6);
  CHECK(std::ranges::equal(second.parameters.values(), straight.parameters.values()));
}

TEST_CASE("save checkpoint: writes every so many epochs and after the last") {
  const test::TemporaryDirectory directory;
  const std::string path = directory / "run.safetensors";
  Run run;
  SaveCheckpoint saved(path, run.model, run.adam);
  saved.period = 3;
  std::vector<Index> epochs;
  OnEpochEnd look([&](Training&) {
    epochs.push_back(std::filesystem::exists(path) ? SafetensorsReader(path).read<Index>("epoch").data()[0] : 0);
  });
  run.train(0, 7, {&saved, &look});
  CHECK(epochs == std::vector<Index>{0, 0, 3, 3, 3, 6, 7});
}
