#include "tenure/ops/layer_norm.hpp"

#include "../gradient_check.hpp"
#include "tenure/ops/arithmetic.hpp"

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

TEST_CASE("layer norm of a sum: that of x + residual, with its gradients, of each input alone too") {
  Rng rng(13);
  const auto x = random({3, 7, 5}, rng), residual = random({3, 7, 5}, rng);  // 21 rows: the last few on their own
  const auto gamma = random({5}, rng), beta = random({5}, rng);
  Tape<double> tape;
  const auto g = tape.input(gamma), b = tape.input(beta);
  const auto y = layer_norm_of_sum(tape.input(x), tape.input(residual), g, b);
  const auto expected = layer_norm(tape.input(x) + tape.input(residual), g, b);
  CHECK(std::equal(y.value().begin(), y.value().end(), expected.value().begin()));

  check_op([](auto& v) { return layer_norm_of_sum(v[0], v[1], v[2], v[3]); }, {x, residual, gamma, beta});
  check_op([](auto& v) { return layer_norm_of_sum(v[0], v[0], v[1], v[2]) * v[0]; }, {x, gamma, beta});
  const Tensor<double> all[] = {x, residual, gamma, beta};
  for (std::size_t wanted = 0; wanted < 4; ++wanted) {
    check_op(
        [&](auto& v) {
          const auto input = [&](std::size_t i) { return i == wanted ? v[0] : v[0].tape().input(all[i]); };
          return layer_norm_of_sum(input(0), input(1), input(2), input(3), 0.1);
        },
        {all[wanted]});
  }
  test::check_throws<ShapeError>([&] { layer_norm_of_sum(tape.input(x), g, g, b); },
                                 {"layer_norm", "residual", "(3, 7, 5)", "(5)"});
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
