// Models for PyTorch and from it: exchange write DIRECTORY saves one of each layer and preset, NAME.safetensors, with an
// input and what it gives, NAME.values.safetensors; exchange check DIRECTORY loads what exchange.py made of them,
// NAME.torch.safetensors, and compares what it gives.
#include <cmath>
#include <cstdio>
#include <exception>
#include <string>

#include "tenure/io/model_file.hpp"
#include "tenure/nn/activations.hpp"
#include "tenure/nn/embedding.hpp"
#include "tenure/nn/gru.hpp"
#include "tenure/nn/lstm.hpp"
#include "tenure/nn/sequential.hpp"
#include "tenure/nn/simple_rnn.hpp"
#include "tenure/nn/transformer_encoder.hpp"

using namespace tenure;

namespace {

struct Exchange {
  bool writes;
  std::string directory;
  Rng rng{1};
  int failures = 0;

  template <class Model>
  void values(const std::string& name, Model model, const Shape& shape) {
    run(name, std::move(model), shape, [](const Model& m, Var<double> x) { return m(x); });
  }

  template <class Model, class F>
  void run(const std::string& name, Model model, const Shape& shape, F forward) {
    const std::string path = directory + "/" + name + (writes ? "" : ".torch");
    Tape<double> tape;
    if (writes) {
      Tensor<double> x(shape);
      normal(x.view(), 1, rng);
      save(model, path + ".safetensors");
      SafetensorsWriter writer;
      writer.add("x", x);
      writer.add("y", forward(model, tape.input(x)).value());
      writer.write(path + ".values.safetensors");
      return;
    }
    load(model, path + ".safetensors");
    const SafetensorsReader reader(path + ".values.safetensors");
    const Tensor<double> x = reader.read<double>("x"), expected = reader.read<double>("y");
    const Var<double> y = forward(model, tape.input(x));
    double error = y.shape() == expected.shape() ? 0 : 1;
    for (Index i = 0; i < std::min(y.size(), expected.size()); ++i) {
      error = std::max(error, std::abs(y.value().data()[i] - expected.data()[i]));
    }
    if (error < 1e-12) return;
    std::printf("%s: off by %g of what PyTorch gives\n", name.c_str(), error);
    ++failures;
  }
};

template <template <class> class Layer, class Config>
void recurrent(Exchange& exchange, const std::string& name, Config config) {
  config.input_size = 3;
  config.hidden_size = 4;
  exchange.values(name, Layer<double>(config, exchange.rng), {2, 5, 3});
  config.biases = 0;
  exchange.values(name + "_no_bias", Layer<double>(config, exchange.rng), {2, 5, 3});
  config.biases = 1;
  exchange.values(name + "_one_bias", Layer<double>(config, exchange.rng), {2, 5, 3});
  config.biases = 2;
  config.num_layers = 2;
  config.bidirectional = true;
  exchange.values(name + "_deep", Layer<double>(config, exchange.rng), {2, 5, 3});
}

template <template <class> class Layer, class Config>
void recurrent_of_both_presets(Exchange& exchange, const std::string& name, const Config& config) {
  recurrent<Layer>(exchange, name, config);
  Config keras = config;
  keras.preset = Preset::keras;
  recurrent<Layer>(exchange, name + "_keras", keras);
}

void feed_forward(Exchange& exchange, const std::string& name, Preset preset) {
  Rng& rng = exchange.rng;
  const LinearConfig linear{.in_features = 3, .out_features = 4, .preset = preset};
  exchange.values("linear" + name, Linear<double>(linear, rng), {2, 3});
  exchange.values("linear_no_bias" + name,
                  Linear<double>({.in_features = 3, .out_features = 4, .bias = false, .preset = preset}, rng), {2, 3});
  exchange.values("layer_norm" + name, LayerNorm<double>({.normalized_shape = 6, .preset = preset}), {2, 6});
  exchange.values(
      "sequential" + name,
      Sequential(Linear<double>(linear, rng), Tanh{}, Linear<double>({.in_features = 4, .out_features = 2}, rng)),
      {2, 3});
  exchange.run("embedding" + name, Embedding<double>({.num_embeddings = 5, .embedding_dim = 3, .preset = preset}, rng),
               {1}, [](const Embedding<double>& m, Var<double> x) {
                 static const Tensor<std::int64_t> indices({4}, {4, 0, 2, 2});
                 return m(x.tape(), indices.view());
               });
}

void attention(Exchange& exchange, const std::string& name, Preset preset) {
  Rng& rng = exchange.rng;
  using Attention = MultiHeadAttention<double>;
  exchange.values("attention" + name, Attention({.embed_dim = 6, .num_heads = 2, .preset = preset}, rng), {2, 5, 6});
  exchange.values("attention_no_bias" + name,
                  Attention({.embed_dim = 6, .num_heads = 2, .bias = false, .preset = preset}, rng), {2, 5, 6});
  exchange.run("attention_widths" + name,
               Attention({.embed_dim = 6, .num_heads = 2, .kdim = 4, .vdim = 2, .preset = preset}, rng), {2, 5, 6},
               [](const Attention& m, Var<double> x) { return m(x, slice(x, 2, 0, 4), slice(x, 2, 4, 6)); });
  TransformerEncoderLayerConfig layer{.d_model = 6, .nhead = 2, .dim_feedforward = 5, .dropout = 0, .preset = preset};
  exchange.values("encoder_layer" + name, TransformerEncoderLayer<double>(layer, rng), {2, 5, 6});
  layer.norm_first = true;
  layer.activation = EncoderActivation::gelu;
  exchange.values("encoder" + name,
                  TransformerEncoder<double>({.encoder_layer = layer, .num_layers = 2, .norm = true}, rng), {2, 5, 6});
}

void exchange_all(Exchange& exchange) {
  for (const Preset preset : {Preset::pytorch, Preset::keras}) {
    const std::string name = preset == Preset::keras ? "_keras" : "";
    feed_forward(exchange, name, preset);
    attention(exchange, name, preset);
  }
  recurrent_of_both_presets<Lstm>(exchange, "lstm", LstmConfig{});
  recurrent_of_both_presets<Gru>(exchange, "gru", GruConfig{});
  recurrent_of_both_presets<SimpleRnn>(exchange, "rnn", SimpleRnnConfig{});
  recurrent_of_both_presets<SimpleRnn>(exchange, "rnn_relu", SimpleRnnConfig{.nonlinearity = Nonlinearity::relu});
  if (exchange.writes) {  // PyTorch refuses it
    recurrent<Gru>(exchange, "refused", GruConfig{.reset_after = false, .preset = Preset::keras});
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) return 2;
  try {
    Exchange exchange{.writes = std::string(argv[1]) == "write", .directory = argv[2]};
    exchange_all(exchange);
    return exchange.failures == 0 ? 0 : 1;
  } catch (const std::exception& error) {
    std::printf("%s\n", error.what());
    return 1;
  }
}
