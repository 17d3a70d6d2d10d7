#include "tenure/ops/concatenate.hpp"

#include "../gradient_check.hpp"

using namespace tenure;
using test::random;

TEST_CASE("concatenate: along any axis") {
  Tape<float> tape;
  const auto a = tape.input(Tensor<float>({2, 1}, {1, 2}));
  const auto b = tape.input(Tensor<float>({2, 2}, {3, 4, 5, 6}));
  const auto y = concatenate({a, b, a}, -1);
  CHECK(y.shape() == Shape{2, 4});
  CHECK(y.value()(1, 0) == 2);
  CHECK(y.value()(1, 2) == 6);
  CHECK(y.value()(0, 3) == 1);
  CHECK(concatenate({b, b}, 0).value()(2, 1) == 4);
}

TEST_CASE("concatenate: gradients, of one tensor twice too") {
  Rng rng(18);
  test::check_op(
      [](auto& v) {
        return concatenate({v[0], v[1], v[0]}, 1);
      },
      {random({2, 3, 4}, rng), random({2, 5, 4}, rng)});
  test::check_op([](auto& v) { return concatenate({v[0], v[1]}, 0); }, {random({2, 3}, rng), random({1, 3}, rng)});
  test::check_op(
      [](auto& v) {
        return concatenate({v[0], v[1]}, 2);
      },
      {random({2, 3, 1}, rng), random({2, 3, 17}, rng)});
}

TEST_CASE("concatenate: shapes that do not agree are named") {
  Tape<float> tape;
  const auto a = tape.input(Tensor<float>({2, 3}));
  const auto b = tape.input(Tensor<float>({4, 5}));
  test::check_throws<ShapeError>([&] { concatenate({a, b}, 1); }, {"concatenate", "(2, 3)", "axis 1", "(4, 5)"});
  test::check_throws<ShapeError>([&] { concatenate({a, tape.input(Tensor<float>({2}))}, 0); }, {"concatenate", "(2)"});
  test::check_throws<ValueError>([&] { concatenate(std::span<const Var<float>>(), 0); }, {"concatenate", "none"});
}
