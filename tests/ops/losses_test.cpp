#include "tenure/ops/losses.hpp"

#include "../gradient_check.hpp"

using namespace tenure;
using test::check_op;
using test::random;

TEST_CASE("losses: values") {
  Tape<double> tape;
  const auto x = tape.input(Tensor<double>({2, 2}, {1, 2, 3, -4}));
  const auto t = tape.input(Tensor<double>({2, 2}, {1, 0, 3.5, 0}));
  CHECK(mse(x, t).item() == doctest::Approx((0 + 4 + 0.25 + 16) / 4));
  CHECK(mae(x, t).item() == doctest::Approx((0 + 2 + 0.5 + 4) / 4));
  CHECK(huber(x, t).item() == doctest::Approx((0 + 1.5 + 0.125 + 3.5) / 4));
  CHECK(huber(x, t, 3).item() == doctest::Approx((0 + 2 + 0.125 + 7.5) / 4));
  const auto certain = tape.input(Tensor<double>({2, 2}, {1000, -1000, 0, 2}));
  const auto labels = tape.input(Tensor<double>({2, 2}, {1, 0, 1, 1}));
  CHECK(binary_cross_entropy_with_logits(certain, labels).item() ==
        doctest::Approx((std::log(2) + std::log1p(std::exp(-2))) / 4));
}

TEST_CASE("losses: gradients of prediction and target") {
  Rng rng(21);
  const auto x = random({3, 7}, rng);
  const auto t = random({3, 7}, rng, 3, 5);  // no kink of mae or huber(2.5) is near
  const auto labels = random({3, 7}, rng, 0, 1);
  check_op([](auto& v) { return mse(v[0], v[1]); }, {x, t});
  check_op([](auto& v) { return mae(v[0], v[1]); }, {x, t});
  check_op([](auto& v) { return huber(v[0], v[1], 2.5); }, {x, t});
  check_op([](auto& v) { return binary_cross_entropy_with_logits(v[0], v[1]); }, {x, labels});
}

TEST_CASE("losses: shapes that differ are errors, even where they would broadcast") {
  Tape<float> tape;
  const auto x = tape.input(Tensor<float>({30, 1}));
  const auto t = tape.input(Tensor<float>({30}));
  test::check_throws<ShapeError>([&] { mse(x, t); }, {"mse", "(30, 1)", "(30)"});
  test::check_throws<ShapeError>([&] { mae(x, t); }, {"mae"});
  test::check_throws<ShapeError>([&] { binary_cross_entropy_with_logits(x, t); }, {"binary_cross_entropy_with_logits"});
  test::check_throws<ValueError>([&] { huber(x, x, 0); }, {"huber", "delta above 0", "0.0"});
}
