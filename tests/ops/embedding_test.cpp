#include "tenure/ops/embedding.hpp"

#include "../gradient_check.hpp"

using namespace tenure;

TEST_CASE("embedding: rows of the table in the shape of the indices") {
  Tape<float> tape;
  const auto table = tape.input(Tensor<float>({3, 2}, {0, 1, 10, 11, 20, 21}));
  const Tensor<std::int64_t> indices({2, 2}, {2, 0, 1, 2});
  const auto y = embedding(indices, table);
  CHECK(y.shape() == Shape{2, 2, 2});
  CHECK(y.value()(0, 0, 1) == 21);
  CHECK(y.value()(1, 0, 0) == 10);
}

TEST_CASE("embedding: gradients add up where an index repeats, and padding gets none") {
  Rng rng(13);
  const Tensor<std::int64_t> indices({2, 3}, {4, 0, 4, 1, 4, 1});
  test::check_op([&](auto& v) { return embedding(indices, v[0]); }, {test::random({5, 3}, rng)});

  Tape<float> tape;
  const auto table = tape.variable(Tensor<float>({5, 1}));
  embedding(indices, table, {.padding_idx = 4}).backward(Tensor<float>({2, 3, 1}, 1));
  CHECK(table.gradient()(0, 0) == 1);
  CHECK(table.gradient()(1, 0) == 2);
  CHECK(table.gradient()(4, 0) == 0);
}

TEST_CASE("embedding: indices outside the vocabulary and wrong tables are named") {
  Tape<float> tape;
  const auto table = tape.input(Tensor<float>({3, 2}));
  const Tensor<std::int64_t> above({2}, {0, 3});
  const Tensor<std::int64_t> below({1}, {-1});
  test::check_throws<IndexError>([&] { embedding(above, table); }, {"embedding", "[0, 3)", "3 at position 1"});
  test::check_throws<IndexError>([&] { embedding(below, table); }, {"embedding", "-1 at position 0"});
  test::check_throws<ShapeError>([&] { embedding(below, tape.input(Tensor<float>({3}))); },
                                 {"embedding", "(vocabulary, width)"});
  test::check_throws<ShapeError>([&] { embedding(View<const std::int64_t>(), table); },
                                 {"embedding", "at least one index"});
}
