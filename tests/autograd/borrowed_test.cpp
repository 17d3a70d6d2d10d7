// What an operation refers to beside its inputs is there during the call only: models have nothing but local variables to
// make indices, lengths and masks in. Each case compares with the same of memory that stays; the address sanitizer sees
// what is read after its time, and so does the comparison, for what was local is overwritten before it goes.
#include <doctest/doctest.h>

#include <functional>

#include "../message.hpp"
#include "tenure/autograd/parameters.hpp"
#include "tenure/nn/bidirectional.hpp"
#include "tenure/nn/embedding.hpp"
#include "tenure/nn/gru.hpp"
#include "tenure/nn/lstm.hpp"
#include "tenure/nn/simple_rnn.hpp"
#include "tenure/nn/transformer_encoder.hpp"
#include "tenure/ops/losses.hpp"
#include "tenure/ops/masking.hpp"
#include "tenure/ops/pooling.hpp"
#include "tenure/train/predictor.hpp"

using namespace tenure;

namespace {

using Lengths = Tensor<std::int64_t>;

Tensor<double> sequences(std::uint64_t seed) {
  Rng rng(seed);
  Tensor<double> x({3, 5, 4});
  for (double& value : x) value = rng.uniform(-1, 1);
  return x;
}

template <class U>
struct Local {
  Tensor<U> tensor;

  ~Local() { std::fill(tensor.begin(), tensor.end(), U{1}); }
  operator View<const U>() const { return tensor.view(); }
};

/// Lengths 5, 2, 3, and the mask that says the same.
Local<std::int64_t> lengths() { return {Lengths::from({5, 2, 3})}; }
Local<double> mask() { return {Tensor<double>::from({{1, 1, 1, 1, 1}, {1, 1, 0, 0, 0}, {1, 1, 1, 0, 0}})}; }
Local<double> additive_mask() {
  Local<double> mask{Tensor<double>({5, 5})};
  for (Index q = 0; q < 5; ++q) {
    for (Index k = 0; k < 5; ++k) mask.tensor(q, k) = k > q ? -1e30 : 0.25 * static_cast<double>(k);
  }
  return mask;
}

/// Gradients of a layer that is called with what is gone afterwards, and with what stays.
template <class Layer, class Argument>
void check_outlives(const char* name, Layer layer, Argument make, auto call) {
  INFO(name);
  const Parameters<double> parameters(layer);
  const Tensor<double> x = sequences(1), cotangent = sequences(2);
  Tape<double> tape;
  const auto gradients = [&](auto forward) {
    parameters.zero_gradients();
    tape.reset();
    const Var<double> in = tape.variable(x), y = forward(in);
    const Tensor<double> overwriting({1000}, 1);  // where something freed was
    mse(y, tape.input(cotangent.view().reshape(Shape{60}).slice(0, y.size()).reshape(y.shape()))).backward();
    std::vector<double> all(parameters.gradients().begin(), parameters.gradients().end());
    all.insert(all.end(), in.gradient().begin(), in.gradient().end());
    return all;
  };
  const auto stays = make();
  const std::vector<double> expected = gradients([&](Var<double> in) { return call(layer, in, stays); });
  CHECK(gradients([&](Var<double> in) {
          const auto local = make();
          return call(layer, in, local);
        }) == expected);
  CHECK(std::ranges::any_of(expected, [](double g) { return g != 0; }));
}

template <class Layer>
void check_recurrent(const char* name, const Layer& layer) {
  check_outlives(name, layer, lengths,
                 [](const Layer& l, Var<double> x, const auto& n) { return l(x, {.lengths = n}); });
  check_outlives(name, layer, mask, [](const Layer& l, Var<double> x, const auto& m) { return l(x, {.mask = m}); });
}

template <class Layer>
void check_attention(const char* name, const Layer& layer) {
  check_outlives(name, layer, lengths,
                 [](const Layer& l, Var<double> x, const auto& n) { return l(x, {.lengths = n}); });
  check_outlives(name, layer, mask, [](const Layer& l, Var<double> x, const auto& m) { return l(x, {.key_mask = m}); });
  check_outlives(name, layer, additive_mask,
                 [](const Layer& l, Var<double> x, const auto& m) { return l(x, {.attn_mask = m}); });
  check_outlives(
      name, layer,
      [] {
        return Local<double>{Tensor<double>({3, 5, 5})};
      },
      [](const Layer& l, Var<double> x, auto& weights) {
        return l(x, {.weights = const_cast<Local<double>&>(weights).tensor.view()});
      });
}

/// Adds an embedding of positions to x, by indices that it makes.
struct Positions {
  Embedding<double> embedding;
  bool constant = true;  // whether it says that they are

  static void fields(auto& self, auto&& f) { f("embedding", self.embedding); }
  Var<double> operator()(Var<double> x) const {
    Local<std::int64_t> steps{Lengths({x.shape()[1]})};
    for (Index t = 0; t < x.shape()[1]; ++t) steps.tensor(t) = t;
    Tape<double>& tape = x.tape();
    return x + (constant ? embedding(tape, tape.constant(steps.tensor)) : embedding(tape, steps.tensor));
  }
};

/// The mean over the steps that are not all zero.
struct MaskedMean {
  bool by_operation = true;

  static void fields(auto&, auto&&) {}
  Var<double> operator()(Var<double> x) const {
    if (by_operation) return global_average_pooling(x, masking(x).value());
    Local<double> mask{Tensor<double>({x.shape()[0], x.shape()[1]})};
    for (Index i = 0; i < mask.tensor.size(); ++i) mask.tensor.data()[i] = x.value().data()[i * x.shape()[2]] != 0;
    return global_average_pooling(x, mask);
  }
};

}  // namespace

TEST_CASE("indices, lengths and masks need not outlive the call that reads them") {
  Rng rng(5);
  check_recurrent("Lstm", Lstm<double>({.input_size = 4, .hidden_size = 4, .num_layers = 2}, rng));
  check_recurrent("Gru", Gru<double>({.input_size = 4, .hidden_size = 3}, rng));
  check_recurrent("SimpleRnn", SimpleRnn<double>({.input_size = 4, .hidden_size = 4}, rng));
  check_recurrent("Bidirectional", Bidirectional<Gru<double>>({.layer = {.input_size = 4, .hidden_size = 2}}, rng));
  check_attention("MultiHeadAttention", MultiHeadAttention<double>({.embed_dim = 4, .num_heads = 2}, rng));
  const TransformerEncoderLayerConfig layer{.d_model = 4, .nhead = 2, .dim_feedforward = 3, .dropout = 0};
  check_attention("TransformerEncoder", TransformerEncoder<double>({.encoder_layer = layer, .num_layers = 2}, rng));
  const Linear<double> linear({.in_features = 4, .out_features = 4}, rng);
  check_outlives("global_average_pooling", linear, mask,
                 [](const auto& l, Var<double> x, const auto& m) { return global_average_pooling(l(x), m); });
  check_outlives("zero_padding", linear, lengths,
                 [](const auto& l, Var<double> x, const auto& n) { return zero_padding(l(x), {.lengths = n}); });
  check_outlives("zero_padding", linear, mask,
                 [](const auto& l, Var<double> x, const auto& m) { return zero_padding(l(x), {.mask = m}); });
  check_outlives("Embedding", Embedding<double>({.num_embeddings = 6, .embedding_dim = 4}, rng), lengths,
                 [](const auto& l, Var<double> x, const auto& n) { return mean(x, {1}) * l(x.tape(), n); });
}

TEST_CASE("an input is copied: what a model makes of itself need not outlive its call") {
  Rng rng(5);
  check_outlives(
      "input", Linear<double>({.in_features = 4, .out_features = 4}, rng), [] { return Local<double>{sequences(3)}; },
      [](const auto& l, Var<double> x, const auto& local) { return l(x) * l(x.tape().input(local)); });
}

TEST_CASE("a plan takes constants, its inputs and what operations give, and refuses other memory by name") {
  Rng rng(5);
  Positions positions{Embedding<double>({.num_embeddings = 5, .embedding_dim = 4}, rng)};
  const Tensor<double> x = sequences(1), example({3, 5, 4}, 1);
  Tape<double> tape;
  const Tensor<double> expected(positions(tape.input(x)).value());
  CHECK(std::ranges::equal(Predictor(positions, example)(x), expected));
  positions.constant = false;
  test::check_throws<StateError>([&] { Predictor(positions, example); },
                                 {"embedding", "indices", "tape.constant()", "may be gone"});

  // A mask that follows the input in each run.
  Tensor<double> padded = sequences(1);
  std::fill_n(&padded(1, 2, 0), 12, 0.0);
  const Tensor<double> mean(MaskedMean{}(tape.input(padded)).value());
  CHECK(std::ranges::equal(Predictor(MaskedMean{}, example)(padded), mean));
  test::check_throws<StateError>([&] { Predictor(MaskedMean{.by_operation = false}, example); },
                                 {"global_average_pooling", "a mask", "may be gone"});

  const auto inner = [](Var<double> in) { return in + in.tape().input(Tensor<double>({1, 1, 4}, 2)); };
  test::check_throws<StateError>([&] { Predictor(inner, example); }, {"input", "values", "tape.constant()"});
}

TEST_CASE("attention weights of a plan lie in room of the tape") {
  Rng rng(5);
  const MultiHeadAttention<double> attention({.embed_dim = 4, .num_heads = 2}, rng);
  Tensor<double> outside({3, 5, 5});
  const Tensor<double> x = sequences(1), example({3, 5, 4});
  const auto inside = [&](Var<double> in) {
    const View<double> weights = in.tape().room({3, 5, 5});
    const Var<double> y = attention(in, {.weights = weights});
    return std::pair(y, in.tape().input(weights));
  };
  const Predictor predictor(inside, example);
  const auto [y, weights] = predictor(x);
  Tape<double> tape;
  const Var<double> expected = attention(tape.input(x), {.weights = outside.view()});
  CHECK(std::ranges::equal(y, expected.value()));
  CHECK(std::ranges::equal(weights, outside));
  const auto to_outside = [&](Var<double> in) { return attention(in, {.weights = outside.view()}); };
  test::check_throws<StateError>([&] { Predictor(to_outside, example); }, {"room for weights"});
}
