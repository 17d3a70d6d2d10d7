#include "tenure/train/predictor.hpp"

#include <doctest/doctest.h>

#include <thread>

#include "../message.hpp"
#include "models.hpp"
#include "tenure/nn/embedding.hpp"
#include "tenure/nn/gru.hpp"
#include "tenure/nn/lstm.hpp"
#include "tenure/nn/multi_head_attention.hpp"
#include "tenure/ops/pooling.hpp"

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

/// A step of a stream: what comes in and the states go to what comes out and the states behind it.
template <class Layer>
struct Step {
  Layer layer;

  static void fields(auto& self, auto&& f) { f("layer", self.layer); }
  auto operator()(Var<float> x, Var<float> h, Var<float> c) const {
    const auto result = layer.run(x, {.h_0 = h, .c_0 = c});
    return std::tuple(result.output, result.h_n, result.c_n);
  }
  auto operator()(Var<float> x, Var<float> h) const {
    const auto result = layer.run(x, {.h_0 = h});
    return std::pair(result.output, result.h_n);
  }
};

/// A layer that copies of the model share, and one tied to it.
struct Sharing {
  std::shared_ptr<Linear<float>> first, again;
  Linear<float> head;

  explicit Sharing(Rng& rng)
      : first(std::make_shared<Linear<float>>(LinearConfig{.in_features = 4, .out_features = 4}, rng)),
        again(first),
        head({.in_features = 4, .out_features = 1}, rng) {}
  static void fields(auto& self, auto&& f) {
    f("first", self.first);
    f("again", self.again);
    f("head", self.head);
  }
  Var<float> operator()(Var<float> x) const { return head((*again)(tanh((*first)(x)))); }
};

/// The mean over the steps that a buffer says count, after rows of a table by a buffer of indices are added.
struct Buffered {
  Embedding<float> table;
  Buffer<float> mask{Tensor<float>::from({{1, 0, 1}})};
  Buffer<std::int64_t> indices{Tensor<std::int64_t>::from({2, 0, 1})};

  explicit Buffered(Rng& rng) : table({.num_embeddings = 3, .embedding_dim = 2}, rng) {}
  static void fields(auto& self, auto&& f) {
    f("table", self.table);
    f("mask", self.mask);
    f("indices", self.indices);
  }
  Var<float> operator()(Var<float> x) const {
    return global_average_pooling(x + table(x.tape(), indices.value()), mask.value());
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
  const auto long_one = Tensor<std::int64_t>::from({2, 5}), none = Tensor<std::int64_t>::from({-1, 4});
  test::check_throws<ValueError>([&] { predictor(tokens, long_one); }, {"lengths from 0 to 4", "5 for row 1"});
  test::check_throws<ValueError>([&] { predictor(tokens, none); }, {"lengths from 0 to 4", "-1 for row 0"});
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

TEST_CASE(
    "a predictor gives several outputs, over its inputs too: a stream is step by step what a sequence is at once") {
  Rng rng(1);
  const Step<Lstm<float>> lstm{Lstm<float>({.input_size = 3, .hidden_size = 10}, rng)};
  const Step<Lstm<float>> stacked{
      Lstm<float>({.input_size = 3, .hidden_size = 4, .num_layers = 2, .bidirectional = true}, rng)};
  const Tensor<float> x = random_rows(8, 3);
  const auto check = [&](const Step<Lstm<float>>& step, Index layers, Index units, Index steps_at_once) {
    Tensor<float> h({layers, 1, units}, 0.25F), c({layers, 1, units}, -0.5F);
    Tape<float> tape;
    const auto expected = step(tape.input(x.view().reshape({1, 8, 3})), tape.input(h), tape.input(c));
    const Predictor stream(step, Tensor<float>({1, steps_at_once, 3}), h, c);
    Tensor<float> y(stream.shapes()[0]);
    CHECK(stream.shapes()[2] == c.shape());
    for (Index t = 0; t < 8; t += steps_at_once) {
      stream(x.slice(t, t + steps_at_once).reshape({1, steps_at_once, 3}), h, c, {y.view(), h.view(), c.view()});
    }
    const auto close = [](View<const float> a, View<const float> b) {
      REQUIRE(a.shape() == b.shape());
      for (Index i = 0; i < a.size(); ++i) CHECK(a.data()[i] == doctest::Approx(b.data()[i]).epsilon(1e-5));
    };
    close(h, std::get<1>(expected).value());
    close(c, std::get<2>(expected).value());
    close(y[0][steps_at_once - 1], std::get<0>(expected).value()[0][7]);
  };
  check(lstm, 1, 10, 1);
  check(lstm, 1, 10, 2);
  check(stacked, 4, 4, 8);

  const Step<Gru<float>> gru{Gru<float>({.input_size = 3, .hidden_size = 20}, rng)};
  Tensor<float> h({1, 1, 20}, 0.25F);
  const Predictor stream(gru, Tensor<float>({1, 1, 3}), h);
  Tape<float> tape;
  const auto expected = gru(tape.input(x.slice(0, 1).reshape({1, 1, 3})), tape.input(h));
  const std::array<Tensor<float>, 2> got = stream(x.slice(0, 1).reshape({1, 1, 3}), h);
  for (Index i = 0; i < 20; ++i) {
    CHECK(got[0].data()[i] == doctest::Approx(expected.first.value().data()[i]).epsilon(1e-6));
    CHECK(got[1].data()[i] == got[0].data()[i]);
  }
}

TEST_CASE("a predictor is moved, and assigned to") {
  Rng rng(1);
  const test::Mlp model(rng, 12, 40), other(rng, 12, 40);
  const Tensor<float> x = random_rows(20, 12), expected = predict(model, x), of_other = predict(other, x);
  Predictor predictor(model, x);
  Predictor moved(std::move(predictor));
  CHECK(std::ranges::equal(moved(x), expected));
  predictor = Predictor(other, x);
  CHECK(std::ranges::equal(predictor(x), of_other));
  std::vector<Predictor<test::Mlp, float>> all;
  for (int i = 0; i < 5; ++i) all.emplace_back(i % 2 == 0 ? model : other, x);
  CHECK(std::ranges::equal(all[2](x), expected));
  CHECK(std::ranges::equal(all[3](x), of_other));
}

TEST_CASE("a predictor's model is replaced while threads call it: each result is the old one's or the new one's") {
  Rng rng(1);
  const test::Mlp models[] = {test::Mlp(rng, 12, 40), test::Mlp(rng, 12, 40)};
  const Tensor<float> x = random_rows(1, 12);
  Predictor predictor(models[0], x);
  float expected[2];
  for (int i = 1; i >= 0; --i) {
    predictor.update(models[i]);
    expected[i] = predictor(x)(0, 0);
    CHECK(expected[i] == doctest::Approx(predict(models[i], x)(0, 0)).epsilon(1e-6));
  }
  CHECK(expected[0] != expected[1]);
  std::atomic<bool> stop = false;
  std::atomic<int> wrong = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 20; ++i) {
    threads.emplace_back([&] {
      while (!stop) {
        const float y = predictor(x)(0, 0);
        wrong += y != expected[0] && y != expected[1];
      }
    });
  }
  for (int i = 0; i < 100; ++i) predictor.update(models[(i + 1) % 2]);
  stop = true;
  for (std::thread& thread : threads) thread.join();
  CHECK(wrong == 0);
  CHECK(predictor(x)(0, 0) == expected[0]);
}

TEST_CASE("a model that gives other shapes, or cannot be called, does not replace a predictor's") {
  struct Wide {
    Index width;
    Var<float> operator()(Var<float> x) const { return slice(x, 1, 0, width); }
  };
  const Tensor<float> x = random_rows(2, 4);
  Predictor predictor(Wide{3}, x);
  test::check_throws<ShapeError>([&] { predictor.update(Wide{2}); }, {"predictor", "(2, 3)", "(2, 2)"});
  test::check_throws<IndexError>([&] { predictor.update(Wide{5}); }, {"slice"});
  CHECK(predictor(x).shape() == Shape{2, 3});
}

TEST_CASE("a predictor has copies of what a model shares with others, tied as they were") {
  Rng rng(1);
  Sharing model(rng);
  const Tensor<float> x = random_rows(5, 4), expected = predict(model, x);
  const Predictor batch(model, x), row(model, x.slice(0, 1));
  const float before = row(x.slice(0, 1))(0, 0);
  model.first->weight.value().data()[0] += 1;
  CHECK(!std::ranges::equal(predict(model, x), expected));
  CHECK(std::ranges::equal(batch(x), expected));
  float elsewhere = 0;
  std::thread([&] { elsewhere = row(x.slice(0, 1))(0, 0); }).join();
  CHECK(elsewhere == before);
  CHECK(before == doctest::Approx(expected(0, 0)).epsilon(1e-6));
}

TEST_CASE("a predictor reads masks and indices that are buffers of its model") {
  Rng rng(1);
  Buffered model(rng);
  const Tensor<float> x({1, 3, 2}, 0.5F), expected = predict(model, x);
  const Predictor predictor(model, Tensor<float>({1, 3, 2}));
  model.mask.value().data()[0] = 0;  // it has its own
  CHECK(std::ranges::equal(predictor(x), expected));
}
