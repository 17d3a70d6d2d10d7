#include "tenure/ops/arithmetic.hpp"

#include "../gradient_check.hpp"
#include "tenure/ops/reshape.hpp"
#include "tenure/ops/slice.hpp"

using namespace tenure;
using test::check_op;
using test::random;

TEST_CASE("arithmetic: values with broadcasting") {
  Tape<float> tape;
  const auto a = tape.input(Tensor<float>({2, 3}, {1, 2, 3, 4, 5, 6}));
  const auto row = tape.input(Tensor<float>({3}, {10, 20, 30}));
  const auto column = tape.input(Tensor<float>({2, 1}, {2, 4}));
  CHECK((a + row).value()(1, 2) == 36);
  CHECK((row - a).value()(1, 0) == 6);
  CHECK((a * column).value()(1, 1) == 20);
  CHECK((a / column).value()(0, 1) == 1);
  CHECK((column / row).shape() == Shape{2, 3});
  CHECK((2 * a + 1).value()(1, 2) == 13);
  CHECK((1 - a / 2).value()(0, 0) == 0.5f);
  CHECK((-a - 1).value()(0, 2) == -4);
  CHECK((6 / a).value()(1, 0) == 1.5f);
  CHECK(scale(a, 3).value()(0, 1) == 6);
}

TEST_CASE("arithmetic: gradients with every kind of broadcasting") {
  Rng rng(5);
  const std::pair<Shape, Shape> pairs[] = {{{3, 5}, {3, 5}},     {{3, 5}, {5}},
                                           {{3, 5}, {3, 1}},     {{3, 5}, {}},
                                           {{4, 1, 7}, {3, 1}},  {{2, 3, 19}, {2, 1, 19}},
                                           {{1, 33}, {2, 3, 1}}, {{2, 1, 3, 1, 2}, {5, 1, 2, 1}}};
  for (const auto& [a, b] : pairs) {
    for (const bool swap : {false, true}) {
      const Shape& left = swap ? b : a;
      const Shape& right = swap ? a : b;
      check_op([](auto& v) { return v[0] + v[1]; }, {random(left, rng), random(right, rng)});
      check_op([](auto& v) { return v[0] - v[1]; }, {random(left, rng), random(right, rng)});
      check_op([](auto& v) { return v[0] * v[1]; }, {random(left, rng), random(right, rng)});
      check_op([](auto& v) { return v[0] / v[1]; }, {random(left, rng), random(right, rng, -2, 2, 0.5)});
    }
  }
}

TEST_CASE("arithmetic: gradients with scalars, and of a value used on both sides") {
  Rng rng(6);
  check_op([](auto& v) { return 3 * v[0] - 1; }, {random({3, 7}, rng)});
  check_op([](auto& v) { return 2 - v[0] / 4; }, {random({3, 7}, rng)});
  check_op([](auto& v) { return 2 / v[0]; }, {random({3, 7}, rng, -2, 2, 0.5)});
  check_op([](auto& v) { return v[0] * v[0] + v[0]; }, {random({3, 7}, rng)});
}

TEST_CASE("arithmetic: gradients of values that share theirs, in whole or in part") {
  Rng rng(7);
  const auto twice = [](auto x) { return 2 * x; };
  check_op(
      [&](auto& v) {
        const auto x = twice(v[0]);
        return x + x;
      },
      {random({4, 3}, rng)});
  check_op(
      [&](auto& v) {
        const auto x = twice(v[0]);
        return slice(x, 0, 0, 2) - slice(x, 0, 2, 4);
      },
      {random({4, 3}, rng)});
  check_op(
      [&](auto& v) {
        const auto x = twice(v[0]);
        return reshape(x, {3, 4}) * reshape(twice(x), {3, 4});
      },
      {random({4, 3}, rng)});
}

TEST_CASE("arithmetic: shapes that do not broadcast are named") {
  Tape<float> tape;
  const auto a = tape.input(Tensor<float>({2, 3}));
  const auto b = tape.input(Tensor<float>({2}));
  test::check_throws<ShapeError>([&] { a + b; }, {"add", "broadcast", "(2, 3) and (2)"});
  test::check_throws<ShapeError>([&] { a - b; }, {"subtract"});
  test::check_throws<ShapeError>([&] { a* b; }, {"multiply"});
  test::check_throws<ShapeError>([&] { a / b; }, {"divide"});
}
