#include "tenure/ops/reshape.hpp"

#include "../gradient_check.hpp"
#include "tenure/ops/linear.hpp"

using namespace tenure;

TEST_CASE("reshape: shares the memory, deduces one extent, flattens") {
  Tape<float> tape;
  const auto x = tape.variable(Tensor<float>({2, 3, 4}));
  CHECK(reshape(x, {6, -1}).shape() == Shape{6, 4});
  CHECK(reshape(x, {6, 4}).value().data() == x.value().data());
  CHECK(flatten(x).shape() == Shape{2, 12});
  CHECK(flatten(x, 0).shape() == Shape{24});
  CHECK(flatten(x, -1).shape() == Shape{2, 3, 4});
}

TEST_CASE("reshape: gradients pass through, before and after other operations") {
  Rng rng(10);
  test::check_op(
      [](auto& v) {
        return flatten(linear(reshape(v[0], {4, 3}), v[1]), 0);
      },
      {test::random({2, 6}, rng), test::random({3, 2}, rng)});
}

TEST_CASE("reshape: another number of elements is an error") {
  Tape<float> tape;
  const auto x = tape.input(Tensor<float>({2, 3}));
  test::check_throws<ShapeError>([&] { reshape(x, {4, 2}); }, {"reshape", "6 elements", "(4, 2)"});
  test::check_throws<ShapeError>([&] { reshape(x, {4, -1}); }, {"reshape", "6 elements"});
  test::check_throws<IndexError>([&] { flatten(x, 2); }, {"flatten", "axis 2"});
}
