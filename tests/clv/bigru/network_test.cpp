#include "tenure/clv/bigru/network.hpp"

#include <tenure/ops/losses.hpp>
#include <tenure/train/fit.hpp>

#include "../../layer_check.hpp"

using namespace tenure;
using namespace tenure::clv;

TEST_CASE("the published size has 107,329 parameters with 8 features, under PyTorch's names") {
  Rng rng(1);
  BiGru<float> model({.features = 8}, rng);
  Index count = 0;
  std::string names;
  for (const auto& [name, parameter] : named_parameters<float>(model)) count += parameter->size(), names += name + " ";
  CHECK(count == 107'329);
  for (const char* name :
       {"gru.weight_ih_l0 ", "gru.bias_hh_l1_reverse ", "norm.weight ", "hidden.bias ", "output.weight "}) {
    CHECK(names.find(name) != std::string::npos);
  }
  CHECK(names.find("attention") == std::string::npos);
}

TEST_CASE("gradients of all parameters, of the last step and with attention") {
  Rng rng(2);
  const Tensor<double> x = test::random({2, 4, 3}, rng);
  for (const bool attention : {false, true}) {
    BiGru<double> model({.features = 3, .units = 3, .hidden = 4, .attention = attention}, rng);
    const auto apply = [&](auto& inputs) { return model(inputs[0]); };
    test::check_layer(model, apply, {x});
  }
}

TEST_CASE("dropout needs a generator") {
  Rng rng(3);
  const BiGru<float> model({.features = 2, .units = 4, .layers = 1, .dropout = 0.5, .attention = true}, rng);
  Tape<float> tape;
  const Tensor<float> x({3, 5, 2}, 0.5f);
  const auto value = [&](Rng* generator) { return model(tape.input(x), generator).value()(0, 0); };
  const float y = value(nullptr);
  CHECK(y == value(nullptr));
  CHECK(y != value(&rng));
}

TEST_CASE("a wrong number of features is told with the layer's path") {
  Rng rng(4);
  BiGru<float> model({.features = 2, .units = 4}, rng);
  const Parameters<float> parameters(model);
  Tape<float> tape;
  const Tensor<float> x({3, 5, 4});
  test::check_throws<ShapeError>([&] { model(tape.input(x)); }, {"gru: expected 2 features, got 4"});
}
