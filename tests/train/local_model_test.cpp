/// Models that are structs within a function: everything that takes a model takes them.
#include <doctest/doctest.h>

#include "../message.hpp"
#include "../temporary_directory.hpp"
#include "tenure/core/thread_pool.hpp"
#include "tenure/io/training_state.hpp"
#include "tenure/nn/dropout.hpp"
#include "tenure/nn/linear.hpp"
#include "tenure/nn/lstm.hpp"
#include "tenure/nn/summary.hpp"
#include "tenure/ops/activations.hpp"
#include "tenure/ops/arithmetic.hpp"
#include "tenure/ops/losses.hpp"
#include "tenure/optim/adam.hpp"
#include "tenure/train/fit.hpp"
#include "tenure/train/model_checkpoint.hpp"
#include "tenure/train/predict.hpp"
#include "tenure/train/predictor.hpp"

using namespace tenure;

namespace {

TensorDataset<float, float> data() {
  Rng rng(3);
  Tensor<float> x({64, 3}), y({64, 1});
  normal(x.view(), 1, rng);
  for (Index i = 0; i < 64; ++i) y(i, 0) = x(i, 0) - x(i, 2);
  return TensorDataset(std::move(x), std::move(y));
}

}  // namespace

TEST_CASE("a local struct is trained, saved, loaded, resumed, summarized and made ready to predict") {
  struct Model {
    Linear<float> hidden, head;
    Dropout dropout{.p = 0.1};
    Buffer<float> scale{Tensor<float>::from({2, 2, 2})};
    static auto fields() {
      return [](auto& self, auto&& f) {
        f("hidden", self.hidden);
        f("head", self.head);
        f("scale", self.scale);
      };
    }
    Var<float> operator()(Var<float> x, Rng* rng = nullptr) const {
      return head(dropout(relu(hidden(x * x.tape().buffer(scale))), rng));
    }
  };
  Rng rng(1);
  const auto make = [&] {
    return Model{.hidden = Linear<float>({.in_features = 3, .out_features = 8}, rng),
                 .head = Linear<float>({.in_features = 8, .out_features = 1}, rng)};
  };
  const test::TemporaryDirectory directory;
  Model model = make();
  const auto train = data();
  {
    const Parameters<float> parameters(model);
    Adam<float> adam(parameters, {.learning_rate = 0.01});
    ModelCheckpoint checkpoints(directory / "run.safetensors", model, adam, {});
    const History history =
        fit(model, adam, mse, train, {.epochs = 60, .callbacks = {&checkpoints}, .progress = Progress::silent});
    CHECK(history.last("loss") < 0.2 * history["loss"].front());
    CHECK(checkpoints.load() == 60);
  }
  const Tensor<float> x({1, 3}, {1, 0, -1});
  const Tensor<float> y = predict(model, x);
  save(model, directory / "model.safetensors");
  Model loaded = make();
  loaded.scale = Buffer<float>(Shape{3});
  load(loaded, directory / "model.safetensors");
  CHECK(predict(loaded, x)(0, 0) == y(0, 0));
  const Predictor predictor(loaded, x);
  CHECK(predictor(x)(0, 0) == doctest::Approx(y(0, 0)));
  CHECK(summary(model, x) ==
        "Layer (type)     Output shape  Parameters\n"
        "-----------------------------------------\n"
        "hidden (Linear)  (1, 8)                32\n"
        "head (Linear)    (1, 1)                 9\n"
        "scale (Buffer)                          0\n"
        "-----------------------------------------\n"
        "Parameters: 41 (trainable: 41, frozen: 0), in buffers: 3\n");
}

TEST_CASE("fit() says which layer a model leaves out, whether batches are cut into shards or not") {
  struct Model {
    Linear<float> hidden, head;
    static auto fields() {
      return [](auto& self, auto&& f) { f("hidden", self.hidden); };
    }
    Var<float> operator()(Var<float> x) const { return head(relu(hidden(x))); }
  };
  Rng rng(1);
  Model model{.hidden = Linear<float>({.in_features = 3, .out_features = 64}, rng),
              .head = Linear<float>({.in_features = 64, .out_features = 1}, rng)};
  const Parameters<float> parameters(model);
  Adam<float> adam(parameters);
  const auto train = data();
  ThreadPool pool(2);
  for (Executor* executor : {static_cast<Executor*>(nullptr), static_cast<Executor*>(&pool)}) {
    test::check_throws<StateError>(
        [&] { fit(model, adam, mse, train, {.batch_size = 64, .progress = Progress::silent, .executor = executor}); },
        {"backward", "Linear's parameter of (64, 1)"});
  }
  freeze(model.head);
  CHECK(fit(model, adam, mse, train, {.progress = Progress::silent}).stop == Stop::completed);
}

TEST_CASE("fit() of a loss whose parameters are gathered elsewhere is an error, whether or not batches are cut") {
  Rng rng(1);
  Linear<float> trained({.in_features = 3, .out_features = 1}, rng), other = trained;
  const Parameters<float> parameters(trained), of_other(other);
  Adam<float> adam(parameters);
  const auto train = data();
  const auto loss = [&](Tape<float>& tape, const auto& batch, Rng*) {
    return mse(other(tape.input(std::get<0>(batch.inputs))), tape.input(batch.target));
  };
  test::check_throws<StateError>([&] { fit(adam, loss, train, {.progress = Progress::silent}); },
                                 {"weight", "gathered elsewhere"});
}
