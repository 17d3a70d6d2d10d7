/// Golden cases of layers without a state, and of activations.
#include "golden.hpp"
#include "tenure/nn/embedding.hpp"
#include "tenure/nn/layer_norm.hpp"
#include "tenure/nn/linear.hpp"
#include "tenure/ops/activations.hpp"
#include "tenure/ops/softmax.hpp"

namespace tenure::golden { namespace {

template <class T>
double linear(Golden& golden) {
  const Shape weight = golden.shape("param.weight");
  Rng rng;
  Linear<T> layer({.in_features = weight.at(1), .out_features = weight.at(0), .bias = golden.has("param.bias")}, rng);
  return run_module<T>(golden, layer, [&](Tape<T>&, const auto& in) { return std::vector{layer(in.at(0))}; });
}

template <class T>
double embedding(Golden& golden) {
  const Shape table = golden.shape("param.weight");
  const auto indices = golden.read<std::int64_t>("in.0");
  const auto padding = golden.option<std::int64_t>("padding_idx");
  Rng rng;
  Embedding<T> layer({.num_embeddings = table.at(0), .embedding_dim = table.at(1), .padding_idx = padding}, rng);
  return run_module<T>(golden, layer, [&](Tape<T>& tape, const auto&) { return std::vector{layer(tape, indices)}; });
}

template <class T>
double layer_norm(Golden& golden) {
  LayerNorm<T> layer({.normalized_shape = golden.shape("param.weight").size(), .eps = golden.option("epsilon", 1e-5)});
  return run_module<T>(golden, layer, [&](Tape<T>&, const auto& in) { return std::vector{layer(in.at(0))}; });
}

struct Nothing {
  static void fields(auto&, auto&&) {}
};

template <class T>
double activation(Golden& golden) {
  const std::string function =
      golden.choice("function", {"relu", "gelu", "gelu_tanh", "tanh", "sigmoid", "softplus", "leaky_relu", "softmax",
                                 "log_softmax", "exp", "log", "sqrt", "square", "abs"});
  const bool approximate = function == "gelu" && golden.choice("approximate", {"none", "tanh"}) == "tanh";
  const double slope = function == "leaky_relu" ? golden.option("negative_slope", 0.01) : 0;
  const Index dim = function.ends_with("softmax") ? golden.option("dim", Index{-1}) : 0;
  Nothing nothing;
  return run_module<T>(golden, nothing, [&](Tape<T>&, const auto& in) {
    const Var<T> x = in.at(0);
    return std::vector{function == "relu"                       ? relu(x)
                       : function == "gelu_tanh" || approximate ? gelu_tanh(x)
                       : function == "gelu"                     ? gelu(x)
                       : function == "tanh"                     ? tanh(x)
                       : function == "sigmoid"                  ? sigmoid(x)
                       : function == "softplus"                 ? softplus(x)
                       : function == "leaky_relu"               ? leaky_relu(x, slope)
                       : function == "softmax"                  ? softmax(x, dim)
                       : function == "log_softmax"              ? log_softmax(x, dim)
                       : function == "exp"                      ? exp(x)
                       : function == "log"                      ? log(x)
                       : function == "sqrt"                     ? sqrt(x)
                       : function == "square"                   ? square(x)
                                                                : abs(x)};
  });
}

const Registration of_linear("linear", {linear<double>, linear<float>});
const Registration of_embedding("embedding", {embedding<double>, embedding<float>});
const Registration of_layer_norm("layer_norm", {layer_norm<double>, layer_norm<float>});
const Registration of_activation("activation", {activation<double>, activation<float>});

}}  // namespace tenure::golden
