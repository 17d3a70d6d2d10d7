#include "tenure/nn/linear.hpp"

#include <doctest/doctest.h>

#include "../gradient_check.hpp"
#include "tenure/autograd/parameters.hpp"

using namespace tenure;

TEST_CASE("linear layer: equals the op on its parameters") {
  Rng rng(1);
  Linear<float> layer({.inputs = 3, .outputs = 2}, rng);
  Tape<float> tape;
  const auto x = tape.input(Tensor<float>({4, 3}, 1));
  const auto expected = linear(x, tape.parameter(layer.weight), tape.parameter(*layer.bias));
  CHECK(std::equal(expected.value().begin(), expected.value().end(), layer(x).value().begin()));
}

TEST_CASE("linear layer: starts uniform in ±1/√inputs, the same for the same seed") {
  Rng rng(2);
  Rng same(2);
  const Linear<double> layer({.inputs = 400, .outputs = 100}, rng);
  const Linear<double> twin({.inputs = 400, .outputs = 100}, same);
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
  Linear<float> layer({.inputs = 3, .outputs = 2, .bias = false}, rng);
  const Parameters<float> parameters(layer);
  REQUIRE(parameters.entries().size() == 1);
  CHECK(parameters.entries()[0].name == "weight");
  Tape<float> tape;
  CHECK(layer(tape.input(Tensor<float>({1, 3}))).value()(0, 0) == 0);
}

TEST_CASE("linear layer: sizes below 1 and inputs of another width are errors") {
  Rng rng(4);
  test::check_throws<ShapeError>([&] { Linear<float>({.inputs = 0, .outputs = 2}, rng); },
                                 {"extents of at least 1", "0"});
  const Linear<float> layer({.inputs = 3, .outputs = 2}, rng);
  Tape<float> tape;
  test::check_throws<ShapeError>([&] { layer(tape.input(Tensor<float>({1, 4}))); }, {"linear", "(…, 3)", "(1, 4)"});
}
