#include "tenure/ops/layer_norm.hpp"

#include "../gradient_check.hpp"

using namespace tenure;
using test::check_op;
using test::random;

TEST_CASE("layer norm: mean β, deviation γ along the last axis") {
  Tape<double> tape;
  const auto x = tape.input(Tensor<double>({2, 2, 2}, {1, 3, -5, 5, 0, 1000, 7, 8}));
  const auto y =
      layer_norm(x, tape.input(Tensor<double>::from({1, 2})), tape.input(Tensor<double>::from({0, 10})), 0.0);
  CHECK(y.shape() == Shape{2, 2, 2});
  CHECK(y.value()(0, 0, 0) == doctest::Approx(-1));
  CHECK(y.value()(1, 0, 1) == doctest::Approx(12));
}

TEST_CASE("layer norm: gradients, of each input alone too") {
  Rng rng(12);
  const auto x = random({2, 3, 7}, rng);
  const auto gamma = random({7}, rng);
  const auto beta = random({7}, rng);
  check_op([](auto& v) { return layer_norm(v[0], v[1], v[2]); }, {x, gamma, beta});
  check_op([&](auto& v) { return layer_norm(v[0], v[0].tape().input(gamma), v[0].tape().input(beta), 0.1); }, {x});
  check_op([&](auto& v) { return layer_norm(v[0].tape().input(x), v[0], v[0].tape().input(beta)); }, {gamma});
  check_op([&](auto& v) { return layer_norm(v[0].tape().input(x), v[0].tape().input(gamma), v[0]); }, {beta});
}

TEST_CASE("layer norm: wrong shapes are named") {
  Tape<float> tape;
  const auto ones = [&](const Shape& shape) { return tape.input(Tensor<float>(shape, 1)); };
  test::check_throws<ShapeError>(
      [&] {
        layer_norm(ones({2, 3}), ones({3}), ones({2}));
      },
      {"layer_norm", "(3)", "(2, 3)", "(2)"});
  test::check_throws<ShapeError>([&] { layer_norm(ones({}), ones({3}), ones({3})); }, {"layer_norm", "()"});
}
