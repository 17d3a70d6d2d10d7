#include "tenure/autograd/buffer.hpp"

#include <doctest/doctest.h>

#include "../message.hpp"
#include "tenure/autograd/tape.hpp"
#include "tenure/nn/linear.hpp"
#include "tenure/ops/arithmetic.hpp"
#include "tenure/ops/losses.hpp"
#include "tenure/ops/reduce.hpp"
#include "tenure/optim/adam.hpp"

using namespace tenure;

namespace {

/// Standardizes its inputs, and counts something.
struct Model {
  Buffer<float> mean{Tensor<float>::from({1, 2})};
  Linear<float> head;
  Buffer<std::int64_t> count{Shape{}};
  Buffer<float> deviation{Tensor<float>::from({3, 4})};

  explicit Model(Rng& rng) : head({.in_features = 2, .out_features = 1}, rng) {}
  static void fields(auto& self, auto&& f) {
    f("mean", self.mean);
    f("head", self.head);
    f("count", self.count);
    f("deviation", self.deviation);
  }
  Var<float> operator()(Var<float> x) const {
    Tape<float>& tape = x.tape();
    return head((x - tape.buffer(mean)) / tape.buffer(deviation));
  }
};

void step(const Model& model, Adam<float>& adam) {
  Tape<float> tape;
  mse(model(tape.input(Tensor<float>({3, 2}, 1))), tape.input(Tensor<float>({3, 1}, 2))).backward();
  adam.step();
}

}  // namespace

TEST_CASE("buffers are no parameters: not counted, frozen, unfrozen, penalized or trained") {
  Rng rng(1);
  Model model(rng);
  CHECK(named_parameters<float>(model).size() == 2);
  CHECK(named_buffers<float>(model).size() == 2);
  CHECK(named_buffers<float>(model)[1].name == "deviation");
  CHECK(named_buffers<std::int64_t>(model)[0].buffer == &model.count);
  const Parameters<float> parameters(model);
  CHECK(parameters.count() == 3);
  unfreeze(model);
  Adam<float> adam(parameters, {.learning_rate = 0.5, .weight_decay = 0.5});
  const Tensor<float> weight(model.head.weight.value());
  for (int i = 0; i < 3; ++i) step(model, adam);
  CHECK(weight(0, 0) != model.head.weight.value()(0, 0));
  CHECK(model.mean.value()(1) == 2);
  CHECK(model.deviation.value()(0) == 3);
}

TEST_CASE("buffers lie behind the parameters of their model's type, and do not part their runs") {
  Rng rng(1);
  Model model(rng);
  const Parameters<float> parameters(model);
  REQUIRE(parameters.entries().size() == 4);
  CHECK(parameters.entries()[2].name == "mean");
  CHECK(parameters.entries()[2].buffer);
  CHECK(!parameters.entries()[2].trainable);
  int runs = 0;
  parameters.storage()->for_each_trainable_run([&](Index begin, Index n) {
    ++runs;
    CHECK(begin == 0);
    CHECK(n == parameters.entries()[2].offset);
  });
  CHECK(runs == 1);
  model.mean.value()(0) = 9;
  CHECK(parameters.values()(parameters.entries()[2].offset) == 9);
  CHECK(model.mean.path() == "mean");
}

TEST_CASE("a copy of a buffer owns its values; assigning to one of a gathered model writes in place") {
  Rng rng(1);
  Model model(rng);
  const Parameters<float> parameters(model);
  const Model copy = model;
  model.mean = Buffer<float>(Tensor<float>::from({5, 6}));
  CHECK(parameters.values()(parameters.entries()[2].offset + 1) == 6);
  CHECK(copy.mean.value()(1) == 2);
  test::check_throws<ShapeError>([&] { model.mean = Buffer<float>(Shape{3}); }, {"mean", "(2), as gathered", "(3)"});
  unfreeze(model);
  CHECK(!parameters.entries()[2].trainable);
}

TEST_CASE("a forward pass may change a buffer that it has read: the backward pass knows what it was") {
  Rng rng(1);
  struct Scaled {
    Linear<float> layer;
    mutable Buffer<float> scale{Tensor<float>({2}, 1)};
    Var<float> operator()(Var<float> x, bool changes) const {
      const Var<float> y = layer(x) * x.tape().buffer(scale);
      for (float& value : scale.value()) value = changes ? 100 : value;
      return y;
    }
  };
  Scaled model{Linear<float>({.in_features = 2, .out_features = 2}, rng)};
  const Parameters<float> parameters(model.layer);
  Tape<float> tape;
  const Tensor<float> x({3, 2}, 0.5);
  sum(model(tape.input(x), false)).backward();
  const Tensor<float> expected(parameters.gradients());
  parameters.zero_gradients();
  tape.reset();
  sum(model(tape.input(x), true)).backward();
  CHECK(std::ranges::equal(parameters.gradients(), expected));
}
