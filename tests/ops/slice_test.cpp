#include "tenure/ops/slice.hpp"

#include "../gradient_check.hpp"
#include "tenure/ops/activations.hpp"
#include "tenure/ops/arithmetic.hpp"

using namespace tenure;
using test::check_op;
using test::random;

TEST_CASE("slice: any axis, one element, the last step") {
  Tape<float> tape;
  Tensor<float> values({2, 3, 4});
  for (Index i = 0; i < 24; ++i) values.data()[i] = static_cast<float>(i);
  const auto x = tape.input(values);
  CHECK(slice(x, 1, 1, 3).shape() == Shape{2, 2, 4});
  CHECK(slice(x, 1, 1, 3).value()(1, 0, 0) == 16);
  CHECK(slice(x, -1, 2, 3).value()(1, 2, 0) == 22);
  CHECK(slice(x, 0, 1, 2).value().data() == x.value().data() + 12);
  CHECK(select(x, 1, 0).shape() == Shape{2, 4});
  CHECK(select(x, -1, -2).value()(1, 1) == 18);
  CHECK(last_step(x).value()(0, 3) == 11);
}

TEST_CASE("slice: gradients, of overlapping slices too") {
  Rng rng(11);
  const auto x = random({3, 4, 5}, rng);
  check_op([](auto& v) { return slice(tanh(v[0]), 0, 1, 3); }, {x});
  check_op([](auto& v) { return slice(v[0], 1, 0, 3); }, {x});
  check_op([](auto& v) { return slice(v[0], 2, 4, 5); }, {x});
  check_op([](auto& v) { return last_step(v[0]); }, {x});
  check_op([](auto& v) { return slice(v[0], 1, 0, 3) * slice(v[0], 1, 1, 4); }, {x});
}

TEST_CASE("slice: ranges outside the axis are errors") {
  Tape<float> tape;
  const auto x = tape.input(Tensor<float>({2, 3}));
  test::check_throws<IndexError>([&] { slice(x, 1, 1, 4); }, {"slice", "axis 1 of (2, 3)", "[1, 4)"});
  test::check_throws<IndexError>([&] { slice(x, 1, 2, 2); }, {"slice", "[2, 2)"});
  test::check_throws<IndexError>([&] { slice(x, 2, 0, 1); }, {"slice", "axis 2"});
  test::check_throws<IndexError>([&] { select(x, 1, -4); }, {"slice", "axis 1"});
}
