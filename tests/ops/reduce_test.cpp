#include "tenure/ops/reduce.hpp"

#include "../gradient_check.hpp"

using namespace tenure;
using test::check_op;
using test::random;

TEST_CASE("reduce: sums and means over any axes") {
  Tape<float> tape;
  Tensor<float> values({2, 3, 4});
  for (Index i = 0; i < 24; ++i) values.data()[i] = static_cast<float>(i);
  const auto x = tape.input(values);
  CHECK(sum(x).item() == 276);
  CHECK(mean(x).item() == 11.5f);
  CHECK(sum(x, {1}).shape() == Shape{2, 4});
  CHECK(sum(x, {1}).value()(1, 2) == 14 + 18 + 22);
  CHECK(mean(x, {-1}).value()(1, 0) == 13.5f);
  CHECK(sum(x, {2, 0}).shape() == Shape{3});
  CHECK(sum(x, {2, 0}).value()(1) == 4 + 5 + 6 + 7 + 16 + 17 + 18 + 19);
  CHECK(mean(x, {0, 2}, {.keep_axes = true}).shape() == Shape{1, 3, 1});
  CHECK(mean(x, {0, 2}, {.keep_axes = true}).value()(0, 1, 0) == 11.5f);
  CHECK(sum(x, {0, 1, 2}).shape() == Shape{});
  CHECK(sum(x, {}).shape() == Shape{2, 3, 4});
}

TEST_CASE("reduce: gradients") {
  Rng rng(8);
  const auto x = random({2, 3, 5}, rng);
  check_op([](auto& v) { return sum(v[0]); }, {x});
  check_op([](auto& v) { return mean(v[0]); }, {x});
  check_op([](auto& v) { return sum(v[0], {0}); }, {x});
  check_op([](auto& v) { return mean(v[0], {1}); }, {x});
  check_op([](auto& v) { return mean(v[0], {-1}, {.keep_axes = true}); }, {x});
  check_op([](auto& v) { return mean(v[0], {0, 2}); }, {x});
  check_op([](auto& v) { return sum(v[0], {2, 1}); }, {x});
}

TEST_CASE("reduce: axes outside the shape or named twice are errors") {
  Tape<float> tape;
  const auto x = tape.input(Tensor<float>({2, 3}));
  test::check_throws<IndexError>([&] { sum(x, {2}); }, {"sum", "(2, 3)", "axis 2"});
  test::check_throws<ValueError>([&] { mean(x, {1, -1}); }, {"sum", "distinct", "-1"});
}
