#include "tenure/ops/linear.hpp"

#include "../gradient_check.hpp"
#include "tenure/ops/concatenate.hpp"
#include "tenure/ops/repeat_vector.hpp"

using namespace tenure;
using test::check_op;
using test::random;

TEST_CASE("linear: y = x W + b for any number of leading axes") {
  Tape<float> tape;
  const auto weight = tape.variable(Tensor<float>({2, 3}, {1, 2, 3, 4, 5, 6}));
  const auto bias = tape.variable(Tensor<float>({3}, {10, 20, 30}));
  const auto y = linear(tape.input(Tensor<float>({1, 2, 2}, {1, 0, 2, -1})), weight, bias);
  CHECK(y.shape() == Shape{1, 2, 3});
  CHECK(y.value()(0, 0, 2) == 33);
  CHECK(y.value()(0, 1, 0) == 8);
  CHECK(linear(tape.input(Tensor<float>::from({1, 1})), weight).value()(1) == 7);
}

TEST_CASE("linear: gradients") {
  Rng rng(1);
  for (const Shape& x : {Shape{3}, Shape{4, 3}, Shape{2, 5, 3}}) {
    check_op([](auto& v) { return linear(v[0], v[1], v[2]); }, {random(x, rng), random({3, 7}, rng), random({7}, rng)});
    check_op([](auto& v) { return linear(v[0], v[1]); }, {random(x, rng), random({3, 7}, rng)});
  }
}

TEST_CASE("linear: some columns of a weight give those of the whole, and leave the others' gradients alone") {
  Rng rng(3);
  const auto x = random({4, 3}, rng), weight = random({3, 7}, rng), bias = random({2}, rng);
  Tape<double> tape;
  const auto w = tape.variable(weight);
  const auto y = linear(tape.input(x), w, Columns{2, 4});
  const auto whole = linear(tape.input(x), w);
  for (Index i = 0; i < 4; ++i) {
    for (Index j = 0; j < 2; ++j) CHECK(y.value()(i, j) == doctest::Approx(whole.value()(i, 2 + j)));
  }
  y.backward(random({4, 2}, rng));
  for (Index i = 0; i < 3; ++i) {
    for (Index j = 0; j < 7; ++j) CHECK((w.gradient()(i, j) == 0) == (j < 2 || j >= 4));
  }
  check_op([](auto& v) { return linear(v[0], v[1], v[2], Columns{2, 4}); }, {x, weight, bias});
  test::check_throws<IndexError>([&] { linear(tape.input(x), w, Columns{2, 8}); }, {"linear", "(3, 7)", "[2, 8)"});
}

TEST_CASE("linear with a constant: that of both side by side, with its gradients, of each input alone too") {
  Rng rng(4);
  const auto x = random({3, 5, 2}, rng), constant = random({3, 4}, rng);
  const auto weight = random({6, 7}, rng), bias = random({7}, rng);
  Tape<double> tape;
  const auto v = tape.input(x), c = tape.input(constant), w = tape.input(weight), b = tape.input(bias);
  const auto y = linear_with_constant(v, c, w, b);
  const auto expected = linear(concatenate({v, repeat_vector(c, 5)}, 2), w, b);
  CHECK(y.shape() == Shape{3, 5, 7});
  for (Index i = 0; i < y.size(); ++i) CHECK(y.value().data()[i] == doctest::Approx(expected.value().data()[i]));

  check_op([](auto& u) { return linear_with_constant(u[0], u[1], u[2], u[3]); }, {x, constant, weight, bias});
  check_op([](auto& u) { return linear_with_constant(u[0], u[1], u[2]); }, {x, constant, weight});
  const Tensor<double> all[] = {x, constant, weight, bias};
  for (std::size_t wanted = 0; wanted < 4; ++wanted) {
    check_op(
        [&](auto& u) {
          const auto input = [&](std::size_t i) { return i == wanted ? u[0] : u[0].tape().input(all[i]); };
          return linear_with_constant(input(0), input(1), input(2), input(3));
        },
        {all[wanted]});
  }
  const auto throws = [&](Var<double> one, Var<double> other, const std::vector<std::string>& parts) {
    test::check_throws<ShapeError>([&] { linear_with_constant(one, other, w, b); }, parts);
  };
  throws(v, b, {"linear_with_constant", "(3, 5, 2)", "(7)", "(6, 7)"});
  throws(c, c, {"linear_with_constant", "(3, 4)"});
  test::check_throws<ShapeError>([&] { linear_with_constant(v, c, w, v); }, {"a bias of (7)", "(3, 5, 2)"});
}

TEST_CASE("linear: inputs that want no gradient get none") {
  Rng rng(2);
  Tape<double> tape;
  const auto x = tape.input(random({4, 3}, rng));
  const auto weight = tape.variable(random({3, 2}, rng));
  linear(x, weight, tape.input(random({2}, rng))).backward(random({4, 2}, rng));
  CHECK(x.gradient().empty());
  CHECK(!weight.gradient().empty());
}

TEST_CASE("linear: wrong shapes are named") {
  Tape<float> tape;
  const auto ones = [&](const Shape& shape) { return tape.input(Tensor<float>(shape, 1)); };
  test::check_throws<ShapeError>(
      [&] {
        linear(ones({6, 13}), ones({12, 64}));
      },
      {"linear", "(…, 12)", "(12, 64)", "(6, 13)"});
  test::check_throws<ShapeError>([&] { linear(ones({}), ones({12, 64})); }, {"linear", "(…, 12)", "got ()"});
  test::check_throws<ShapeError>([&] { linear(ones({6, 12}), ones({12})); }, {"linear", "(inputs, outputs)", "(12)"});
  test::check_throws<ShapeError>(
      [&] {
        linear(ones({6, 2}), ones({2, 3}), ones({2}));
      },
      {"linear", "bias of (3)", "(2)"});
}
