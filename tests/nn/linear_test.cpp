#include "tenure/nn/linear.hpp"

#include <doctest/doctest.h>

#include "../gradient_check.hpp"
#include "tenure/autograd/parameters.hpp"

using namespace tenure;

TEST_CASE("linear layer: equals the op on its parameters") {
  Rng rng(1);
  Linear<float> layer({.in_features = 3, .out_features = 2}, rng);
  Tape<float> tape;
  const auto x = tape.input(Tensor<float>({4, 3}, 1));
  const auto expected = linear(x, tape.parameter(layer.weight), tape.parameter(*layer.bias));
  CHECK(std::equal(expected.value().begin(), expected.value().end(), layer(x).value().begin()));
}

TEST_CASE("linear layer: starts uniform in ±1/√inputs, the same for the same seed") {
  Rng rng(2);
  Rng same(2);
  const Linear<double> layer({.in_features = 400, .out_features = 100}, rng);
  const Linear<double> twin({.in_features = 400, .out_features = 100}, same);
  const auto [low, high] = std::minmax_element(layer.weight.value().begin(), layer.weight.value().end());
  CHECK(*low < -0.0499);
  CHECK(*low >= -0.05);
  CHECK(*high > 0.0499);
  CHECK(*high < 0.05);
  CHECK(std::equal(layer.weight.value().begin(), layer.weight.value().end(), twin.weight.value().begin()));
  CHECK(std::equal(layer.bias->value().begin(), layer.bias->value().end(), twin.bias->value().begin()));
}

TEST_CASE("linear layer: without a bias has one parameter") {
  Rng rng(3);
  Linear<float> layer({.in_features = 3, .out_features = 2, .bias = false}, rng);
  const Parameters<float> parameters(layer);
  REQUIRE(parameters.entries().size() == 1);
  CHECK(parameters.entries()[0].name == "weight");
  Tape<float> tape;
  CHECK(layer(tape.input(Tensor<float>({1, 3}))).value()(0, 0) == 0);
}

TEST_CASE("linear layer: sizes below 1 and inputs of another width are errors") {
  Rng rng(4);
  test::check_throws<ValueError>([&] { Linear<float>({.in_features = 0, .out_features = 2}, rng); },
                                 {"Linear: expected in_features of at least 1, got 0"});
  const Linear<float> layer({.in_features = 3, .out_features = 2}, rng);
  Tape<float> tape;
  test::check_throws<ShapeError>(
      [&] {
        layer(tape.input(Tensor<float>({1, 4})));
      },
      {"Linear: expected 3 features, got 4"});
}

TEST_CASE("linear layer: Keras's preset is Glorot-uniform with biases of 0") {
  Rng rng(5);
  const Linear<double> layer({.in_features = 400, .out_features = 200, .preset = Preset::keras}, rng);
  const auto [low, high] = std::minmax_element(layer.weight.value().begin(), layer.weight.value().end());
  CHECK(*low < -0.0999);
  CHECK(*low >= -0.1);
  CHECK(*high > 0.0999);
  CHECK(*high < 0.1);
  CHECK(std::ranges::all_of(layer.bias->value(), [](double b) { return b == 0; }));
}

namespace {
struct Nested {
  struct Decoder {
    Linear<float> head;
    static void fields(auto& self, auto&& f) { f("head", self.head); }
  } decoder;
  static void fields(auto& self, auto&& f) { f("decoder", self.decoder); }
};
}  // namespace

TEST_CASE("linear layer: errors name it by its path in a gathered model") {
  Rng rng(6);
  Nested model{{Linear<float>({.in_features = 65, .out_features = 2}, rng)}};
  const Parameters<float> parameters(model);
  Tape<float> tape;
  test::check_throws<ShapeError>(
      [&] {
        model.decoder.head(tape.input(Tensor<float>({30, 6, 64})));
      },
      {"decoder.head: expected 65 features, got 64 in x of (30, 6, 64)"});
}
