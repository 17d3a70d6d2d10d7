#include "tenure/ops/transpose.hpp"

#include "../gradient_check.hpp"

using namespace tenure;

TEST_CASE("transpose: any two axes") {
  Tape<float> tape;
  Tensor<float> values({2, 3, 4});
  for (Index i = 0; i < 24; ++i) values.data()[i] = static_cast<float>(i);
  const auto x = tape.input(values);
  const auto y = transpose(x, 0, 2);
  CHECK(y.shape() == Shape{4, 3, 2});
  CHECK(y.value()(3, 1, 1) == values(1, 1, 3));
  CHECK(transpose(x, -1, -2).value()(1, 3, 2) == values(1, 2, 3));
  CHECK(transpose(x, 1, 1).value().data() == x.value().data());
}

TEST_CASE("permute: axes in any order") {
  Tape<float> tape;
  Tensor<float> values({2, 3, 4});
  for (Index i = 0; i < 24; ++i) values.data()[i] = static_cast<float>(i);
  const auto y = permute(tape.input(values), {2, 0, -2});
  CHECK(y.shape() == Shape{4, 2, 3});
  CHECK(y.value()(3, 1, 2) == values(1, 2, 3));
}

TEST_CASE("transpose: gradients") {
  Rng rng(20);
  test::check_op([](auto& v) { return transpose(v[0], 0, 1); }, {test::random({3, 5}, rng)});
  test::check_op([](auto& v) { return transpose(v[0], 1, 2); }, {test::random({2, 3, 4, 5}, rng)});
  test::check_op([](auto& v) { return permute(v[0], {2, 0, 3, 1}); }, {test::random({2, 3, 4, 5}, rng)});
  test::check_op([](auto& v) { return transpose(v[0], 0, -1); }, {test::random({2, 3, 1, 2, 3}, rng)});
}

TEST_CASE("transpose: axes outside the shape are errors") {
  Tape<float> tape;
  test::check_throws<IndexError>([&] { transpose(tape.input(Tensor<float>({2, 3})), 0, 2); }, {"transpose", "axis 2"});
  const auto x = tape.input(Tensor<float>({2, 3}));
  test::check_throws<ValueError>([&] { permute(x, {0, 0}); }, {"permute", "(2, 3)", "1 differ"});
  test::check_throws<ValueError>([&] { permute(x, {0}); }, {"permute", "1 axes"});
}
