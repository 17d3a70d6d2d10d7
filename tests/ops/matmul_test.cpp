#include "tenure/ops/matmul.hpp"

#include "../gradient_check.hpp"

using namespace tenure;
using test::check_op;
using test::random;

namespace {

Shape matrix(Index rows, Index columns, bool transposed, std::initializer_list<Index> batch) {
  Shape shape(batch);
  shape.append(transposed ? columns : rows);
  shape.append(transposed ? rows : columns);
  return shape;
}

}  // namespace

TEST_CASE("matmul: a batch of products") {
  Tape<float> tape;
  const auto a = tape.input(Tensor<float>({2, 1, 2}, {1, 2, 3, 4}));
  const auto b = tape.input(Tensor<float>({2, 2, 1}, {1, 10, 100, 1000}));
  const auto y = matmul(a, b);
  CHECK(y.shape() == Shape{2, 1, 1});
  CHECK(y.value()(0, 0, 0) == 21);
  CHECK(y.value()(1, 0, 0) == 4300);
}

TEST_CASE("matmul: gradients in all transpose cases, batched, and with one matrix for the whole batch") {
  Rng rng(3);
  for (const bool ta : {false, true}) {
    for (const bool tb : {false, true}) {
      const auto product = [=](auto& v) { return matmul(v[0], v[1], {.transpose_a = ta, .transpose_b = tb}); };
      check_op(product, {random(matrix(4, 3, ta, {}), rng), random(matrix(3, 5, tb, {}), rng)});
      check_op(product, {random(matrix(4, 3, ta, {2, 3}), rng), random(matrix(3, 5, tb, {2, 3}), rng)});
      check_op(product, {random(matrix(4, 3, ta, {2}), rng), random(matrix(3, 5, tb, {}), rng)});
      check_op(product, {random(matrix(4, 3, ta, {}), rng), random(matrix(3, 5, tb, {2}), rng)});
      check_op(product, {random(matrix(4, 3, ta, {1}), rng), random(matrix(3, 5, tb, {1}), rng)});
    }
  }
}

TEST_CASE("matmul: a product with itself gets both gradients") {
  Rng rng(4);
  check_op([](auto& v) { return matmul(v[0], v[0]); }, {random({3, 3}, rng)});
}

TEST_CASE("matmul: wrong shapes are named") {
  Tape<float> tape;
  const auto ones = [&](const Shape& shape) { return tape.input(Tensor<float>(shape, 1)); };
  test::check_throws<ShapeError>(
      [&] {
        matmul(ones({2, 3}), ones({2, 3}));
      },
      {"matmul", "inner extents", "(2, 3) and (2, 3)"});
  test::check_throws<ShapeError>(
      [&] {
        matmul(ones({2, 3}), ones({2, 3}), {.transpose_a = true, .transpose_b = true});
      },
      {"matmul", "(2, 3) transposed"});
  test::check_throws<ShapeError>([&] { matmul(ones({3}), ones({3, 3})); }, {"matmul", "rank 2"});
  test::check_throws<ShapeError>([&] { matmul(ones({2, 3, 3}), ones({4, 3, 3})); }, {"matmul", "equal leading axes"});
  test::check_throws<ShapeError>(
      [&] {
        matmul(ones({2, 2, 3, 3}), ones({4, 3, 3}));
      },
      {"matmul", "equal leading axes"});
}
