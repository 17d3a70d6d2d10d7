#include "tenure/nn/attention_pooling.hpp"

#include "../layer_check.hpp"

using namespace tenure;

TEST_CASE("attention pooling: gradients, and all parameters move") {
  Rng rng(1);
  const auto x = test::random({2, 4, 3}, rng);
  AttentionPooling<double> layer({.features = 3, .units = 5}, rng);
  const auto apply = [&](auto& inputs) { return layer(inputs[0]); };
  test::check_layer(layer, apply, {x});
  AttentionPooling<double> fresh({.features = 3, .units = 5}, rng);
  test::check_all_parameters_move(fresh, [&](auto& inputs) { return fresh(inputs[0]); }, {x});
}

TEST_CASE("attention pooling: a weighted mean of the steps, by softmax of their scores") {
  Rng rng(2);
  AttentionPooling<double> layer({.features = 1, .units = 1}, rng);
  layer.projection.weight.value()(0, 0) = 1;
  layer.projection.bias->value()(0) = 0;
  layer.score.weight.value()(0, 0) = 2;
  Tape<double> tape;
  const auto y = layer(tape.input(Tensor<double>({1, 3, 1}, {-1, 0.5, 3}))).value()(0, 0);
  double sum = 0, weights = 0;
  for (const double x : {-1., 0.5, 3.}) sum += x * std::exp(2 * std::tanh(x)), weights += std::exp(2 * std::tanh(x));
  CHECK(y == doctest::Approx(sum / weights).epsilon(1e-12));
}

TEST_CASE("attention pooling: errors name it") {
  Rng rng(3);
  const AttentionPooling<float> layer({.features = 3}, rng);
  Tape<float> tape;
  const Tensor<float> x({2, 3}), narrow({2, 4, 2});
  test::check_throws<ShapeError>([&] { layer(tape.input(x)); }, {"AttentionPooling: expected at least 3 axes"});
  test::check_throws<ShapeError>([&] { layer(tape.input(narrow)); }, {"AttentionPooling: expected 3 features, got 2"});
}
