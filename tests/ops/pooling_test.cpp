#include "tenure/ops/pooling.hpp"

#include "../gradient_check.hpp"

using namespace tenure;

TEST_CASE("pooling: the mean over time, over the steps of a mask, and of none") {
  Tape<float> tape;
  const auto x = tape.input(Tensor<float>({3, 2, 2}, {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12}));
  CHECK(global_average_pooling(x).value()(0, 1) == 3);
  const Tensor<float> mask({3, 2}, {1, 1, 1, 0, 0, 0});
  const auto y = global_average_pooling(x, mask);
  CHECK(y.shape() == Shape{3, 2});
  CHECK(y.value()(0, 0) == 2);
  CHECK(y.value()(1, 0) == 5);
  CHECK(y.value()(2, 1) == 0);
}

TEST_CASE("pooling: gradients") {
  Rng rng(17);
  const Tensor<double> mask({2, 3}, {1, 0, 1, 0, 1, 0});
  test::check_op([](auto& v) { return global_average_pooling(v[0]); }, {test::random({2, 3, 5}, rng)});
  test::check_op([&](auto& v) { return global_average_pooling(v[0], mask); }, {test::random({2, 3, 5}, rng)});
}

TEST_CASE("pooling: wrong shapes are named") {
  Tape<float> tape;
  const auto x = tape.input(Tensor<float>({2, 3, 4}));
  const Tensor<float> mask({3, 2}, 1);
  test::check_throws<ShapeError>([&] { global_average_pooling(x, mask); },
                                 {"global_average_pooling", "(2, 3)", "(3, 2)"});
  test::check_throws<ShapeError>([&] { global_average_pooling(tape.input(mask)); }, {"(batch, time, units)", "(3, 2)"});
}
