#include "tenure/train/predictor.hpp"

#include <doctest/doctest.h>

#include <thread>

#include "../message.hpp"
#include "models.hpp"
#include "tenure/nn/embedding.hpp"
#include "tenure/nn/gru.hpp"
#include "tenure/nn/multi_head_attention.hpp"

using namespace tenure;

namespace {

/// Tokens with their lengths to a value: an embedding, a GRU and attention that all stop at the length.
struct Reader {
  Embedding<float> embedding;
  Gru<float> gru;
  MultiHeadAttention<float> attention;
  Linear<float> head;

  explicit Reader(Rng& rng)
      : embedding({.num_embeddings = 10, .embedding_dim = 4}, rng),
        gru({.input_size = 4, .hidden_size = 6}, rng),
        attention({.embed_dim = 6, .num_heads = 2}, rng),
        head({.in_features = 6, .out_features = 1}, rng) {}
  static void fields(auto& self, auto&& f) {
    f("embedding", self.embedding);
    f("gru", self.gru);
    f("attention", self.attention);
    f("head", self.head);
  }
  Var<float> operator()(Tape<float>& tape, View<const std::int64_t> tokens, View<const std::int64_t> lengths) const {
    const Var<float> states = gru(embedding(tape, tokens), {.lengths = lengths});
    return head(attention(states, {.lengths = lengths}));
  }
};

Tensor<float> random_rows(Index rows, Index columns) {
  Rng rng(3);
  Tensor<float> x({rows, columns});
  for (float& value : x) value = static_cast<float>(rng.uniform(-1, 1));
  return x;
}

}  // namespace

TEST_CASE("a predictor gives what the model's evaluation gives: the same bits for a batch, nearly so for a row") {
  Rng rng(1);
  test::Mlp model(rng, 12, 40);
  model.rate = 0.5;
  const Tensor<float> x = random_rows(20, 12), expected = predict(model, x);
  const Predictor predictor(model, Tensor<float>({20, 12})), of_row(model, x.slice(0, 1));
  CHECK(predictor.shape() == Shape{20, 1});
  const Tensor<float> y = predictor(x);
  CHECK(std::ranges::equal(y, expected));
  for (Index i = 0; i < 20; ++i) {
    CHECK(of_row(x.slice(i, i + 1))(0, 0) == doctest::Approx(expected(i, 0)).epsilon(1e-6));
  }
  // It has a copy of the model.
  model.head.weight.value().data()[0] += 1;
  CHECK(std::ranges::equal(predictor(x), expected));
}

TEST_CASE("a predictor follows indices and lengths, and checks them in every call") {
  Rng rng(2);
  const Reader model(rng);
  const auto tokens = Tensor<std::int64_t>::from({{1, 2, 3, 4}, {9, 8, 7, 6}});
  const auto lengths = Tensor<std::int64_t>::from({2, 4});
  // Made where nothing is ragged.
  const Predictor predictor(model, Tensor<std::int64_t>({2, 4}), Tensor<std::int64_t>({2}, 4));
  Tape<float> tape;
  const Tensor<float> expected(model(tape, tokens, lengths).value());
  CHECK(std::ranges::equal(predictor(tokens, lengths), expected));

  const auto unknown = Tensor<std::int64_t>::from({{1, 2, 3, 10}, {0, 0, 0, 0}});
  test::check_throws<IndexError>([&] { predictor(unknown, lengths); }, {"[0, 10)", "10 at position 3"});
  const auto long_one = Tensor<std::int64_t>::from({2, 5}), none = Tensor<std::int64_t>::from({0, 4});
  test::check_throws<ValueError>([&] { predictor(tokens, long_one); }, {"lengths from 1 to 4", "5 for row 1"});
  test::check_throws<ValueError>([&] { predictor(tokens, none); }, {"lengths from 1 to 4", "0 for row 0"});
  CHECK(std::ranges::equal(predictor(tokens, lengths), expected));
}

TEST_CASE("a predictor refuses other shapes by name") {
  Rng rng(1);
  const Predictor predictor(test::Mlp(rng), Tensor<float>({4, 2}));
  Tensor<float> y({4, 1}), wrong({4, 2});
  test::check_throws<ShapeError>([&] { predictor(Tensor<float>({5, 2}), y); }, {"predictor", "x of (4, 2)", "(5, 2)"});
  test::check_throws<ShapeError>([&] { predictor(wrong, wrong); }, {"predictor", "y of (4, 1)", "(4, 2)"});
  test::check_throws<ShapeError>([&] { Predictor(test::Mlp(rng), Tensor<float>({4, 3})); }, {"2 features"});
}

TEST_CASE("many threads call one predictor, more than it keeps places for") {
  Rng rng(1);
  const test::Mlp model(rng, 12, 40);
  const Predictor predictor(model, Tensor<float>({1, 12}));
  const Tensor<float> x = random_rows(50, 12);
  Tensor<float> expected({50, 1});
  for (Index i = 0; i < 50; ++i) predictor(x.slice(i, i + 1), expected.slice(i, i + 1));
  std::vector<Tensor<float>> results(40, Tensor<float>({50, 1}));
  std::vector<std::thread> threads;
  for (Tensor<float>& y : results) {
    threads.emplace_back([&] {
      for (Index i = 0; i < 50; ++i) predictor(x.slice(i, i + 1), y.slice(i, i + 1));
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (const Tensor<float>& y : results) CHECK(std::ranges::equal(y, expected));
}
