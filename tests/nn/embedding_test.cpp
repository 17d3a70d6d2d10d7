#include "tenure/nn/embedding.hpp"

#include "../layer_check.hpp"

using namespace tenure;

namespace {
struct Model {
  Embedding<double> country;
  static void fields(auto& self, auto&& f) { f("country", self.country); }
};
}  // namespace

TEST_CASE("embedding layer: PyTorch's preset is normal, Keras's uniform in ±0.05; a padding row is 0") {
  Rng rng(1);
  const Embedding<double> pytorch({.num_embeddings = 100, .embedding_dim = 50, .padding_idx = 7}, rng);
  double squares = 0;
  for (const double w : pytorch.weight.value()) squares += w * w;
  CHECK(squares / 4950 == doctest::Approx(1).epsilon(0.1));
  CHECK(std::ranges::all_of(pytorch.weight.value()[7], [](double w) { return w == 0; }));
  const Embedding<double> keras({.num_embeddings = 100, .embedding_dim = 50, .preset = Preset::keras}, rng);
  const auto [low, high] = std::ranges::minmax(keras.weight.value());
  CHECK(low >= -0.05);
  CHECK(low < -0.0499);
  CHECK(high <= 0.05);
  CHECK(high > 0.0499);
}

TEST_CASE("embedding layer: embeds each place of a matrix of indices, and learns all rows but padding") {
  Rng rng(2);
  Embedding<double> layer({.num_embeddings = 3, .embedding_dim = 4, .padding_idx = 2}, rng);
  const Parameters<double> parameters(layer);
  const Tensor<std::int64_t> one_hot({2, 3}, {0, 1, 0, 2, 0, 2});
  Tape<double> tape;
  const auto y = layer(tape, one_hot);
  REQUIRE(y.shape() == Shape{2, 3, 4});
  CHECK(y.value()(0, 1, 3) == layer.weight.value()(1, 3));
  CHECK(y.value()(1, 0, 3) == 0);
  y.backward(Tensor<double>({2, 3, 4}, 1));
  CHECK(layer.weight.gradient()(0, 0) == 3);
  CHECK(layer.weight.gradient()(1, 3) == 1);
  CHECK(layer.weight.gradient()(2, 1) == 0);
}

TEST_CASE("embedding layer: indices outside the vocabulary name the layer's path") {
  Rng rng(3);
  Model model{Embedding<double>({.num_embeddings = 3, .embedding_dim = 4}, rng)};
  const Parameters<double> parameters(model);
  const Tensor<std::int64_t> above({2}, {2, 3}), below({2}, {-1, 0});
  Tape<double> tape;
  test::check_throws<IndexError>([&] { model.country(tape, above); },
                                 {"country: expected indices in [0, 3), got 3 at position 1"});
  test::check_throws<IndexError>([&] { model.country(tape, below); }, {"country: ", "got -1 at position 0"});
  test::check_throws<IndexError>(
      [&] { Embedding<double>({.num_embeddings = 3, .embedding_dim = 4, .padding_idx = 3}, rng); },
      {"Embedding: expected a padding index in [0, 3), got 3"});
}
