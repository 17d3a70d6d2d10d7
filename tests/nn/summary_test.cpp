#include "tenure/nn/summary.hpp"

#include <doctest/doctest.h>

#include <memory>

#include "tenure/autograd/parameters.hpp"
#include "tenure/nn/embedding.hpp"
#include "tenure/nn/lstm.hpp"
#include "tenure/nn/sequential.hpp"
#include "tenure/nn/transformer_encoder.hpp"

using namespace tenure;

namespace {

struct Forecaster {
  Lstm<float> lstm;
  Linear<float> head;
  Parameter<float> scale{Tensor<float>(Shape{}, 1)};

  explicit Forecaster(Rng& rng)
      : lstm({.input_size = 12, .hidden_size = 64}, rng), head({.in_features = 64, .out_features = 1}, rng) {}
  static void fields(auto& self, auto&& f) {
    f("lstm", self.lstm);
    f("head", self.head);
    f("scale", self.scale);
  }
  Var<float> operator()(Var<float> x) const { return head(lstm(x)) * x.tape().parameter(scale); }
};

struct Classifier {
  Embedding<double> country;
  TransformerEncoderLayer<double> encoder;

  explicit Classifier(Rng& rng)
      : country({.num_embeddings = 5, .embedding_dim = 4}, rng),
        encoder({.d_model = 4, .nhead = 2, .dim_feedforward = 3}, rng) {}
  static void fields(auto& self, auto&& f) {
    f("country", self.country);
    f("encoder", self.encoder);
  }
  Var<double> operator()(Tape<double>& tape, View<const std::int64_t> places) const {
    return encoder(country(tape, places));
  }
};

}  // namespace

TEST_CASE("summary: layers, output shapes, parameters and their sums") {
  Rng rng(1);
  Forecaster model(rng);
  model.head.weight.set_trainable(false);
  CHECK(summary(model, Tensor<float>({30, 6, 12})) ==
        "Layer (type)       Output shape  Parameters\n"
        "-------------------------------------------\n"
        "lstm (Lstm)        (30, 6, 64)       19,968\n"
        "head (Linear)      (30, 6, 1)            65\n"
        "scale (Parameter)                         1\n"
        "-------------------------------------------\n"
        "Parameters: 20,034 (trainable: 19,970, frozen: 64)\n");
}

TEST_CASE("summary: without example inputs there are no shapes") {
  Rng rng(1);
  const Forecaster model(rng);
  CHECK(summary(model) ==
        "Layer (type)       Parameters\n"
        "-----------------------------\n"
        "lstm (Lstm)            19,968\n"
        "head (Linear)              65\n"
        "scale (Parameter)           1\n"
        "-----------------------------\n"
        "Parameters: 20,034 (trainable: 20,034, frozen: 0)\n");
}

TEST_CASE("summary: layers within layers have rows of their own, by path, and count their own parameters") {
  Rng rng(2);
  const Classifier model(rng);
  CHECK(summary(model, Tensor<std::int64_t>({2, 3})) ==
        "Layer (type)                            Output shape  Parameters\n"
        "----------------------------------------------------------------\n"
        "country (Embedding)                     (2, 3, 4)             20\n"
        "encoder (TransformerEncoderLayer)       (2, 3, 4)              0\n"
        "encoder.self_attn (MultiHeadAttention)  (2, 3, 4)             60\n"
        "encoder.self_attn.out_proj (Linear)     (2, 3, 4)             20\n"
        "encoder.linear1 (Linear)                (2, 3, 3)             15\n"
        "encoder.dropout (Dropout)               (2, 3, 3)              0\n"
        "encoder.linear2 (Linear)                (2, 3, 4)             16\n"
        "encoder.norm1 (LayerNorm)               (2, 3, 4)              8\n"
        "encoder.norm2 (LayerNorm)               (2, 3, 4)              8\n"
        "encoder.dropout1 (Dropout)              (2, 3, 4)              0\n"
        "encoder.dropout2 (Dropout)              (2, 3, 4)              0\n"
        "----------------------------------------------------------------\n"
        "Parameters: 147 (trainable: 147, frozen: 0)\n");
}

TEST_CASE("summary: a lone layer and a chain of layers") {
  Rng rng(3);
  CHECK(summary(Linear<float>({.in_features = 1000, .out_features = 1234}, rng)).find("Linear         1,235,234\n") !=
        std::string::npos);
  const auto model = Sequential(Linear<float>({.in_features = 2, .out_features = 3}, rng), Relu{});
  CHECK(summary(model, Tensor<float>({4, 2})) ==
        "Layer (type)  Output shape  Parameters\n"
        "--------------------------------------\n"
        "Sequential    (4, 3)                 0\n"
        "0 (Linear)    (4, 3)                 9\n"
        "1 (Relu)      (4, 3)                 0\n"
        "--------------------------------------\n"
        "Parameters: 9 (trainable: 9, frozen: 0)\n");
}

TEST_CASE("summary: changes nothing, whether the model is gathered or not") {
  Rng rng(4);
  Forecaster model(rng);
  Parameters<float> parameters(model);
  const std::vector<float> before(parameters.values().begin(), parameters.values().end());
  const std::string first = summary(model, Tensor<float>({1, 2, 12}));
  CHECK(first == summary(model, Tensor<float>({1, 2, 12})));
  CHECK(std::ranges::equal(before, parameters.values()));
  CHECK(std::ranges::all_of(parameters.gradients(), [](float g) { return g == 0; }));
}

TEST_CASE(
    "summary: tied parameters count once, buffers stand behind the total, and members of all kinds have their rows") {
  struct Kinds {
    std::tuple<Linear<float>, Linear<float>> layers;
    std::map<std::string, Linear<float>> heads;
    std::unique_ptr<Linear<float>> owned;
    Buffer<float> mean{Shape{1200}};
    static auto fields() {
      return [](auto& self, auto&& f) {
        f("layers", self.layers);
        f("heads", self.heads);
        f("owned", self.owned);
        f("again", std::get<0>(self.layers));
        f("mean", self.mean);
      };
    }
  };
  Rng rng(1);
  const auto layer = [&](Index inputs) { return Linear<float>({.in_features = inputs, .out_features = 1}, rng); };
  Kinds model{.layers = {layer(1), layer(2)},
              .heads = {{"churn", layer(3)}},
              .owned = std::make_unique<Linear<float>>(layer(4))};
  CHECK(summary(model) ==
        "Layer (type)          Parameters\n"
        "--------------------------------\n"
        "layers.0 (Linear)              2\n"
        "layers.1 (Linear)              3\n"
        "heads.churn (Linear)           4\n"
        "owned (Linear)                 5\n"
        "again (Linear)                 0\n"
        "mean (Buffer)                  0\n"
        "--------------------------------\n"
        "Parameters: 14 (trainable: 14, frozen: 0), in buffers: 1,200\n");
}
