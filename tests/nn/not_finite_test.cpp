// What is not a number stays so through every layer and loss, and ends a training: in a build with -ffast-math too, where
// these tests run a second time. All is seen in the bits, for there a compiler takes comparisons with NaN for granted.
#include <doctest/doctest.h>

#include <functional>

#include "tenure/nn/activations.hpp"
#include "tenure/nn/attention_pooling.hpp"
#include "tenure/nn/bidirectional.hpp"
#include "tenure/nn/gru.hpp"
#include "tenure/nn/lstm.hpp"
#include "tenure/nn/positional_encoding.hpp"
#include "tenure/nn/sequential.hpp"
#include "tenure/nn/simple_rnn.hpp"
#include "tenure/nn/transformer_encoder.hpp"
#include "tenure/ops/losses.hpp"
#include "tenure/ops/pooling.hpp"
#include "tenure/ops/special.hpp"
#include "tenure/optim/adam.hpp"
#include "tenure/train/fit.hpp"
#include "tenure/train/predictor.hpp"

using namespace tenure;

namespace {

constexpr Index batch = 3, steps = 5, features = 18;

template <class T>
using Layer = std::function<Var<T>(Var<T>)>;

/// (batch, time, features), one of them not a number: that of row 1 at step 1, feature 17, in the tail of a vector.
template <class T>
Tensor<T> with_one_nan(std::uint64_t seed = 1) {
  Rng rng(seed);
  Tensor<T> x({batch, steps, features});
  normal(x.view(), 0.5, rng);
  x(1, 1, 17) = std::numeric_limits<T>::quiet_NaN();
  return x;
}

enum class Reaches {
  itself,     // the element alone
  step,       // what else is at its step
  later,      // and at the steps behind it
  whole_row,  // its row of the batch
};

/// Whether what is at a step and feature of row 1 is reached.
bool is_reached(Reaches reaches, Index step, Index feature) {
  switch (reaches) {
    case Reaches::itself:
      return step == 1 && feature == 17;
    case Reaches::step:
      return step == 1;
    case Reaches::later:
      return step >= 1;
    default:
      return true;
  }
}

/// Row 1 of y is NaN where it is reached, and all else is finite. y (batch, steps, n), or (batch, n).
template <class T>
void check_reaches(Reaches reaches, View<const T> y) {
  const Index count = y.rank() == 3 ? steps : 1, n = y.shape().last();
  const T* value = y.data();
  Index wrong = 0;
  for (Index row = 0; row < batch; ++row) {
    for (Index step = 0; step < count; ++step) {
      for (Index feature = 0; feature < n; ++feature, ++value) {
        const bool reached = row == 1 && is_reached(reaches, step, feature);
        wrong += reached ? !is_nan(*value) : !is_finite(*value);
      }
    }
  }
  CHECK(wrong == 0);
}

template <class T>
void check(const char* name, Reaches reaches, const Layer<T>& layer) {
  CAPTURE(std::string(name));
  const Tensor<T> x = with_one_nan<T>();
  Tape<T> tape;
  const Var<T> y = layer(tape.input(x));
  check_reaches(reaches, y.value());
  const Var<T> zero = tape.input(Tensor<T>(y.shape()));
  CHECK(is_nan(mse(y, zero).item()));
  CHECK(is_nan(mae(y, zero).item()));
  CHECK(is_nan(huber(y, zero).item()));
  CHECK(is_nan(binary_cross_entropy_with_logits(y, zero).item()));
  CHECK(is_nan(mean(y).item()));
}

}  // namespace

TEST_CASE_TEMPLATE("not a number: activations, in the element alone, softmax along all", T, float, double) {
  const auto activation = [](const char* name, Var<T> (*f)(Var<T>)) { check<T>(name, Reaches::itself, f); };
  activation("relu", relu);
  activation("tanh", tanh);
  activation("sigmoid", sigmoid);
  activation("softplus", softplus);
  activation("gelu", gelu);
  activation("gelu_tanh", gelu_tanh);
  activation("exp", exp);
  activation("square", square);
  activation("abs", abs);
  check<T>("log", Reaches::itself, [](Var<T> x) { return log(exp(x)); });
  check<T>("sqrt", Reaches::itself, [](Var<T> x) { return sqrt(exp(x)); });
  check<T>("leaky_relu", Reaches::itself, [](Var<T> x) { return leaky_relu(x); });
  check<T>("leaky_relu of slope 0", Reaches::itself, [](Var<T> x) { return leaky_relu(x, 0); });
  check<T>("log_gamma", Reaches::itself, [](Var<T> x) { return log_gamma(exp(x)); });
  check<T>("softmax", Reaches::step, [](Var<T> x) { return softmax(x); });
  check<T>("log_softmax", Reaches::step, [](Var<T> x) { return log_softmax(x); });
  // In one vector, and in more.
  check<T>("softmax along time", Reaches::whole_row, [](Var<T> x) {
    return reshape(softmax(reshape(x, {batch, steps * features})), {batch, steps, features});
  });
}

TEST_CASE_TEMPLATE("not a number: recurrent layers, from its step on", T, float, double) {
  Rng rng(2);
  const Lstm<T> lstm({.input_size = features, .hidden_size = 19}, rng);
  check<T>("Lstm", Reaches::later, [&](Var<T> x) { return lstm(x); });
  const Gru<T> gru({.input_size = features, .hidden_size = 19}, rng);
  check<T>("Gru", Reaches::later, [&](Var<T> x) { return gru(x); });
  const Gru<T> before({.input_size = features, .hidden_size = 19, .reset_after = false}, rng);
  check<T>("Gru, reset before", Reaches::later, [&](Var<T> x) { return before(x); });
  const SimpleRnn<T> rnn({.input_size = features, .hidden_size = 19}, rng);
  check<T>("SimpleRnn", Reaches::later, [&](Var<T> x) { return rnn(x); });
  const SimpleRnn<T> relu({.input_size = features, .hidden_size = 19, .nonlinearity = Nonlinearity::relu}, rng);
  check<T>("SimpleRnn of relu", Reaches::later, [&](Var<T> x) { return relu(x); });
  const Gru<T> stack({.input_size = features, .hidden_size = 4, .num_layers = 2, .bidirectional = true}, rng);
  check<T>("two layers in both directions", Reaches::whole_row, [&](Var<T> x) { return stack(x); });
  const Bidirectional<Lstm<T>> both({.layer = {.input_size = features, .hidden_size = 5}, .merge_mode = MergeMode::mul},
                                    rng);
  check<T>("Bidirectional", Reaches::whole_row, [&](Var<T> x) { return both(x); });
  check<T>("last", Reaches::whole_row, [&](Var<T> x) { return lstm(x, {.output = RecurrentOutput::last}); });
}

TEST_CASE_TEMPLATE("not a number: attention, norms, pooling and what is made of them", T, float, double) {
  Rng rng(3);
  const LayerNorm<T> norm({.normalized_shape = features});
  check<T>("LayerNorm", Reaches::step, [&](Var<T> x) { return norm(x); });
  check<T>("LayerNorm of a sum", Reaches::step, [&](Var<T> x) { return norm(x, x); });
  const MultiHeadAttention<T> attention({.embed_dim = features, .num_heads = 2}, rng);
  check<T>("MultiHeadAttention", Reaches::whole_row, [&](Var<T> x) { return attention(x); });
  const Tensor<T> zeros({steps, steps});
  check<T>("attention with a mask", Reaches::whole_row,
           [&](Var<T> x) { return attention(x, {.attn_mask = zeros.view()}); });
  const TransformerEncoderLayerConfig layer{
      .d_model = features, .nhead = 2, .dim_feedforward = 8, .activation = EncoderActivation::gelu};
  const TransformerEncoder<T> encoder({.encoder_layer = layer, .num_layers = 2, .norm = true}, rng);
  check<T>("TransformerEncoder", Reaches::whole_row, [&](Var<T> x) { return encoder(x); });
  const AttentionPooling<T> pooling({.features = features, .units = 4}, rng);
  check<T>("AttentionPooling", Reaches::whole_row, [&](Var<T> x) { return pooling(x); });
  const Tensor<T> ones({batch, steps}, 1);
  check<T>("global average pooling", Reaches::whole_row, [&](Var<T> x) {
    return matmul(global_average_pooling(x, ones.view()), x.tape().input(Tensor<T>({18, 3}, 1)));
  });
  const Linear<T> linear({.in_features = features, .out_features = 3}, rng);
  check<T>("Linear", Reaches::step, [&](Var<T> x) { return linear(x); });
}

TEST_CASE("not a number: a query in attention to many keys, whose weights are computed again") {
  Rng rng(4);
  const MultiHeadAttention<float> attention({.embed_dim = 8, .num_heads = 2}, rng);
  Tensor<float> query({1, 3, 8}, 0.5F), memory({1, 100, 8});
  normal(memory.view(), 1, rng);
  query(0, 1, 2) = std::numeric_limits<float>::quiet_NaN();
  Tape<float> tape;
  const Var<float> q = tape.variable(query);
  const Var<float> y = attention(q, tape.input(memory));
  for (Index i = 0; i < 3; ++i) CHECK(is_nan(y.value()(0, i, 0)) == (i == 1));
  y.backward(Tensor<float>({1, 3, 8}, 1));
  for (Index i = 0; i < 3; ++i) CHECK(is_nan(q.gradient()(0, i, 0)) == (i == 1));
}

TEST_CASE("not a number: a training ends at the first loss that is none, whatever the layer") {
  Rng rng(5);
  const Tensor<float> x = with_one_nan<float>();
  const auto stops = [&](auto layer, Index width) {
    auto model = Sequential(std::move(layer), Linear<float>({.in_features = width, .out_features = 1}, rng));
    Parameters<float> parameters(model);
    Adam<float> adam(parameters, {});
    const TensorDataset<float, float> data(x, Tensor<float>({batch, steps, 1}));
    return fit(model, adam, mse, data, {.epochs = 2, .progress = Progress::silent}).stop == Stop::not_finite;
  };
  CHECK(stops(Lstm<float>({.input_size = features, .hidden_size = 4}, rng), 4));
  CHECK(stops(Gru<float>({.input_size = features, .hidden_size = 4}, rng), 4));
  CHECK(stops(SimpleRnn<float>({.input_size = features, .hidden_size = 4}, rng), 4));
  CHECK(stops(MultiHeadAttention<float>({.embed_dim = features, .num_heads = 2}, rng), features));
  CHECK(stops(Sequential(Linear<float>({.in_features = features, .out_features = 4}, rng), Relu{}), 4));
  CHECK(stops(Softmax{}, features));
}

TEST_CASE("not a number: a predictor gives what the layer gives, of packed weights") {
  Rng rng(6);
  Tensor<float> x({1, steps, features}, 0.5F);
  x(0, 1, 17) = std::numeric_limits<float>::quiet_NaN();
  const auto check_predictor = [&](const auto& layer) {
    const Tensor<float> y = Predictor(layer, x)(x.view());
    for (Index step = 0; step < steps; ++step) CHECK(is_nan(y(0, step, 0)) == (step >= 1));
  };
  check_predictor(Lstm<float>({.input_size = features, .hidden_size = 19}, rng));
  check_predictor(Gru<float>({.input_size = features, .hidden_size = 19}, rng));
}

TEST_CASE_TEMPLATE("log_softmax of large entries is as exact as the entries are", T, float, double) {
  Tape<T> tape;
  for (const T value : {T(1000), T(12345.678), T(-1e6)}) {
    for (const Index n : {2, 40}) {
      const Var<T> y = log_softmax(tape.input(Tensor<T>({1, n}, value)));
      const double expected = -std::log(static_cast<double>(n));
      for (const T each : y.value()) {
        CHECK(std::abs(static_cast<double>(each) - expected) <
              4 * static_cast<double>(std::numeric_limits<T>::epsilon()));
      }
    }
  }
}

TEST_CASE("not a number: a dropout rate is refused, and a mask counts as one that is not zero") {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  Rng rng(6);
  Tape<float> tape;
  const Var<float> x = tape.input(Tensor<float>({1, 2, 4}, 0.5F));
  CHECK_THROWS_AS(Dropout{.p = nan}(x, &rng), ValueError);
  CHECK_THROWS_AS(dropout(x, nan, rng), ValueError);
  const Tensor<float> strange({1, 2}, {1, static_cast<float>(nan)}), whole({1, 2}, 1);
  const Lstm<float> lstm({.input_size = 4, .hidden_size = 3}, rng);
  CHECK(std::ranges::equal(lstm(x, {.mask = strange}).value(), lstm(x, {.mask = whole}).value()));
}
