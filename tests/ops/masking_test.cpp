#include "tenure/ops/masking.hpp"

#include <limits>

#include "../gradient_check.hpp"

using namespace tenure;

TEST_CASE("masking: a step counts unless all of its features are the padding value") {
  Tape<float> tape;
  const float nan = std::numeric_limits<float>::quiet_NaN();
  const auto x = tape.variable(Tensor<float>({2, 3, 2}, {1, 0, 0, 0, -0.F, 0, -1, -1, nan, nan, -1, 2}));
  const auto steps = [&](float value) {
    const Var<float> mask = masking(x, value);
    CHECK(mask.shape() == Shape{2, 3});
    CHECK(!mask.requires_gradient());
    return std::vector<float>(mask.value().begin(), mask.value().end());
  };
  CHECK(steps(0) == std::vector<float>{1, 0, 0, 1, 1, 1});
  CHECK(steps(-1) == std::vector<float>{1, 1, 1, 0, 1, 1});
  CHECK(steps(nan) == std::vector<float>{1, 1, 1, 1, 0, 1});
  test::check_throws<ShapeError>(
      [&] {
        masking(tape.input(Tensor<float>({2, 3})));
      },
      {"masking", "(batch, time, features)", "(2, 3)"});
}

TEST_CASE("zero_padding: keeps the steps that count, by lengths or a mask, and lets nothing else through") {
  Tape<float> tape;
  const float nan = std::numeric_limits<float>::quiet_NaN();
  const auto x = tape.variable(Tensor<float>({2, 2, 2}, {1, 2, nan, nan, nan, 3, 4, 5}));
  const Tensor<std::int64_t> lengths({2}, {1, 0});
  const Tensor<float> mask({2, 2}, {0, 0, 0, 0.5});
  const Var<float> first = zero_padding(x, {.lengths = lengths}), last = zero_padding(x, {.mask = mask});
  CHECK(std::ranges::equal(first.value(), std::vector<float>{1, 2, 0, 0, 0, 0, 0, 0}));
  CHECK(std::ranges::equal(last.value(), std::vector<float>{0, 0, 0, 0, 0, 0, 4, 5}));
  last.backward(Tensor<float>({2, 2, 2}, {nan, nan, nan, nan, nan, nan, 6, 7}));
  CHECK(std::ranges::equal(x.gradient(), std::vector<float>{0, 0, 0, 0, 0, 0, 6, 7}));
}

TEST_CASE("zero_padding: gradients") {
  Rng rng(17);
  const Tensor<std::int64_t> lengths({2}, {2, 3});
  test::check_op([&](auto& v) { return zero_padding(v[0], {.lengths = lengths}); }, {test::random({2, 4, 5}, rng)});
}

TEST_CASE("zero_padding: wrong shapes are named") {
  Tape<float> tape;
  const auto x = tape.input(Tensor<float>({2, 3, 4}));
  const Tensor<float> mask({3, 2}, 1);
  const Tensor<std::int64_t> lengths({3});
  test::check_throws<ShapeError>([&] { zero_padding(x, {.mask = mask}); }, {"zero_padding", "(2, 3)", "(3, 2)"});
  test::check_throws<ShapeError>([&] { zero_padding(x, {.lengths = lengths}); }, {"lengths of (2)", "(3)"});
  test::check_throws<ShapeError>([&] { zero_padding(tape.input(mask), {}); }, {"(batch, time, features)", "(3, 2)"});
}
