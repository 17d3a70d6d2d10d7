#include "tenure/ops/repeat_vector.hpp"

#include "../gradient_check.hpp"

using namespace tenure;

TEST_CASE("repeat: a vector for every time step, and its gradient") {
  Tape<float> tape;
  const auto y = repeat_vector(tape.input(Tensor<float>({2, 2}, {1, 2, 3, 4})), 3);
  CHECK(y.shape() == Shape{2, 3, 2});
  CHECK(y.value()(1, 2, 0) == 3);
  CHECK(y.value()(0, 1, 1) == 2);
  Rng rng(9);
  test::check_op([](auto& v) { return repeat_vector(v[0], 6); }, {test::random({3, 5}, rng)});
}

TEST_CASE("repeat: wrong ranks and counts are errors") {
  Tape<float> tape;
  test::check_throws<ShapeError>([&] { repeat_vector(tape.input(Tensor<float>({2})), 3); },
                                 {"repeat", "(batch, features)", "(2)"});
  test::check_throws<ValueError>([&] { repeat_vector(tape.input(Tensor<float>({2, 2})), 0); }, {"repeat", "0"});
}
