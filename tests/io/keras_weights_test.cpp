/// Shapes and orders as Keras's get_weights() gives them, with values that tell where each came from.
#include "tenure/io/keras_weights.hpp"

#include "../message.hpp"
#include "../temporary_directory.hpp"
#include "tenure/nn/bidirectional.hpp"
#include "tenure/nn/embedding.hpp"
#include "tenure/nn/gru.hpp"
#include "tenure/nn/lstm.hpp"
#include "tenure/nn/simple_rnn.hpp"
#include "tenure/nn/transformer_encoder.hpp"

using namespace tenure;
using test::check_throws;

namespace {

/// A file of weights, each element being the tensor's number in the file · 1000 + its place.
struct KerasFile {
  test::TemporaryDirectory directory;
  std::string path = directory / "keras.safetensors";
  SafetensorsWriter writer;
  double next = 0;

  /// The weights of one layer, as get_weights() lists them.
  void add(const std::string& layer, const std::vector<Shape>& shapes) {
    for (std::size_t i = 0; i < shapes.size(); ++i, next += 1000) {
      Tensor<float> values(shapes[i]);
      for (Index k = 0; k < values.size(); ++k) values.data()[k] = static_cast<float>(next) + static_cast<float>(k);
      writer.add(layer + "/" + std::to_string(i), std::move(values));
    }
  }
  template <class M>
  LoadReport load(M& model, const std::map<std::string, std::string>& names = {}, bool strict = true) const {
    writer.write(path);
    return load_keras(model, path, {.strict = strict, .names = names});
  }
};

/// Whether a view holds first, first + 1, ...
template <class T>
bool counts_from(double first, View<T> values) {
  for (const double value : values) {
    if (value != first++) return false;
  }
  return true;
}

struct Model {
  Linear<double> dense;
  LayerNorm<double> norm;
  static void fields(auto& self, auto&& f) {
    f("dense", self.dense);
    f("norm", self.norm);
  }
};

struct Stack {
  Lstm<float> encoder;
  static void fields(auto& self, auto&& f) { f("encoder", self.encoder); }
};

struct Encoders {
  TransformerEncoderLayer<float> encoder;
  static void fields(auto& self, auto&& f) { f("encoder", self.encoder); }
};

}  // namespace

TEST_CASE("keras: Dense and LayerNormalization, named by their paths or by a map") {
  Rng rng(1);
  Model model{Linear<double>({.in_features = 3, .out_features = 2}, rng), LayerNorm<double>({.normalized_shape = 4})};
  KerasFile file;
  file.add("dense", {{3, 2}, {2}});
  file.add("layer_normalization_7", {{4}, {4}});
  CHECK(file.load(model, {{"norm", "layer_normalization_7"}}).complete());
  CHECK(counts_from(0, model.dense.weight.value()));
  CHECK(counts_from(1000, model.dense.bias->value()));
  CHECK(counts_from(2000, model.norm.weight.value()));
  CHECK(counts_from(3000, model.norm.bias.value()));
  CHECK(model.norm.bias.path() == "norm.bias");
}

TEST_CASE("keras: Embedding") {
  Rng rng(2);
  Embedding<float> layer({.num_embeddings = 5, .embedding_dim = 3}, rng);
  KerasFile file;
  file.add("country", {{5, 3}});
  file.load(layer, {{"", "country"}});
  CHECK(counts_from(0, layer.weight.value()));
}

TEST_CASE("keras: LSTM has one bias and the same order of gates; a second bias becomes 0") {
  Rng rng(3);
  KerasFile file;
  file.add("lstm", {{3, 8}, {2, 8}, {8}});
  Lstm<float> one({.input_size = 3, .hidden_size = 2, .preset = Preset::keras}, rng);
  file.load(one, {{"", "lstm"}});
  CHECK(counts_from(0, one.weights[0].weight_ih.value()));
  CHECK(counts_from(1000, one.weights[0].weight_hh.value()));
  CHECK(counts_from(2000, one.weights[0].bias_ih->value()));
  Lstm<float> two({.input_size = 3, .hidden_size = 2}, rng);
  file.load(two, {{"", "lstm"}});
  CHECK(counts_from(2000, two.weights[0].bias_ih->value()));
  CHECK(std::ranges::all_of(two.weights[0].bias_hh->value(), [](float b) { return b == 0; }));
}

TEST_CASE("keras: GRU's gates are z, r, h there and r, z, n here; reset_after has two biases in one tensor") {
  Rng rng(4);
  KerasFile file;
  file.add("gru", {{1, 6}, {2, 6}, {2, 6}});
  Gru<float> layer({.input_size = 1, .hidden_size = 2}, rng);
  file.load(layer, {{"", "gru"}});
  const auto values = [](const Parameter<float>& parameter) {
    return std::vector<float>(parameter.value().begin(), parameter.value().end());
  };
  CHECK(values(layer.weights[0].weight_ih) == std::vector<float>{2, 3, 0, 1, 4, 5});
  CHECK(values(layer.weights[0].weight_hh) ==
        std::vector<float>{1002, 1003, 1000, 1001, 1004, 1005, 1008, 1009, 1006, 1007, 1010, 1011});
  CHECK(values(*layer.weights[0].bias_ih) == std::vector<float>{2002, 2003, 2000, 2001, 2004, 2005});
  CHECK(values(*layer.weights[0].bias_hh) == std::vector<float>{2008, 2009, 2006, 2007, 2010, 2011});
}

TEST_CASE("keras: a GRU with reset_after=False has one bias, and is not taken for the other kind") {
  Rng rng(5);
  KerasFile file;
  file.add("gru", {{1, 6}, {2, 6}, {6}});
  Gru<float> before({.input_size = 1, .hidden_size = 2, .reset_after = false, .preset = Preset::keras}, rng);
  file.load(before, {{"", "gru"}});
  CHECK(before.weights[0].bias_ih->value()(0) == 2002);
  Gru<float> after({.input_size = 1, .hidden_size = 2}, rng);
  check_throws<FileError>(
      [&] {
        file.load(after, {{"", "gru"}});
      },
      {"bias_ih_l0 (6) rather than gru/2, F32 of shape (6)"});
}

TEST_CASE("keras: SimpleRNN, without a bias too") {
  Rng rng(6);
  KerasFile file;
  file.add("rnn", {{3, 2}, {2, 2}});
  SimpleRnn<float> layer({.input_size = 3, .hidden_size = 2, .biases = 0}, rng);
  file.load(layer, {{"", "rnn"}});
  CHECK(counts_from(1000, layer.weights[0].weight_hh.value()));
}

TEST_CASE("keras: Bidirectional has the forward layer's weights first, for either way of having both directions") {
  Rng rng(7);
  KerasFile file;
  file.add("both", {{3, 8}, {2, 8}, {8}, {3, 8}, {2, 8}, {8}});
  const LstmConfig config{.input_size = 3, .hidden_size = 2, .preset = Preset::keras};
  Bidirectional<Lstm<float>> wrapper({.layer = config}, rng);
  file.load(wrapper, {{"", "both"}});
  CHECK(counts_from(0, wrapper.forward_layer.weights[0].weight_ih.value()));
  CHECK(counts_from(3000, wrapper.backward_layer.weights[0].weight_ih.value()));
  CHECK(counts_from(5000, wrapper.backward_layer.weights[0].bias_ih->value()));
  LstmConfig both = config;
  both.bidirectional = true;
  Lstm<float> lstm(both, rng);
  file.load(lstm, {{"", "both"}});
  CHECK(counts_from(2000, lstm.weights[0].bias_ih->value()));
  CHECK(counts_from(4000, lstm.weights[1].weight_hh.value()));
}

TEST_CASE("keras: the layers of a stacked one are layers of their own there") {
  Rng rng(8);
  KerasFile file;
  file.add("lstm", {{3, 8}, {2, 8}, {8}});
  file.add("lstm_1", {{2, 8}, {2, 8}, {8}});
  Stack model{Lstm<float>({.input_size = 3, .hidden_size = 2, .num_layers = 2, .preset = Preset::keras}, rng)};
  file.load(model, {{"encoder", "lstm"}, {"encoder_l1", "lstm_1"}});
  CHECK(counts_from(2000, model.encoder.weights[0].bias_ih->value()));
  CHECK(counts_from(3000, model.encoder.weights[1].weight_ih.value()));
}

TEST_CASE("keras: MultiHeadAttention's kernels by head lie side by side") {
  Rng rng(9);
  KerasFile file;
  const std::vector<Shape> shapes{{6, 2, 4}, {2, 4}, {6, 2, 4}, {2, 4}, {6, 2, 3}, {2, 3}, {2, 3, 6}, {6}};
  file.add("attention", shapes);
  MultiHeadAttention<float> layer({.embed_dim = 6, .num_heads = 2, .key_dim = 4, .value_dim = 3}, rng);
  file.load(layer, {{"", "attention"}});
  const auto& weight = layer.in_proj_weight->value();
  CHECK(weight.shape() == Shape{6, 22});
  CHECK(weight(0, 7) == 7);
  CHECK(weight(2, 1) == 17);         // query: row 2 of 8 columns
  CHECK(weight(2, 8 + 5) == 2021);   // key
  CHECK(weight(5, 16 + 4) == 4034);  // value: row 5 of 6 columns
  CHECK(layer.in_proj_bias->value()(7) == 1007);
  CHECK(layer.in_proj_bias->value()(8) == 3000);
  CHECK(layer.in_proj_bias->value()(21) == 5005);
  CHECK(counts_from(6000, layer.out_proj.weight.value()));
  CHECK(counts_from(7000, layer.out_proj.bias->value()));
  MultiHeadAttention<float> other({.embed_dim = 6, .num_heads = 2, .key_dim = 2}, rng);
  check_throws<FileError>(
      [&] {
        file.load(other, {{"", "attention"}});
      },
      {"in_proj_weight (6, 12) rather than attention/0, F32 of shape (6, 2, 4)"});
}

TEST_CASE("keras: attention with widths of its own has three weights") {
  Rng rng(10);
  KerasFile file;
  file.add("attention", {{6, 2, 3}, {5, 2, 3}, {4, 2, 3}, {2, 3, 6}});
  MultiHeadAttention<float> layer({.embed_dim = 6, .num_heads = 2, .kdim = 5, .vdim = 4, .bias = false}, rng);
  file.load(layer, {{"", "attention"}});
  CHECK(counts_from(0, layer.q_proj_weight->value()));
  CHECK(counts_from(1000, layer.k_proj_weight->value()));
  CHECK(counts_from(2000, layer.v_proj_weight->value()));
  CHECK(counts_from(3000, layer.out_proj.weight.value()));
}

TEST_CASE("keras: keras-hub's TransformerEncoder is one layer") {
  Rng rng(11);
  KerasFile file;
  file.add("encoder", {{6, 2, 3},
                       {2, 3},
                       {6, 2, 3},
                       {2, 3},
                       {6, 2, 3},
                       {2, 3},
                       {2, 3, 6},
                       {6},
                       {6},
                       {6},
                       {6},
                       {6},
                       {6, 5},
                       {5},
                       {5, 6},
                       {6}});
  Encoders model{TransformerEncoderLayer<float>(TransformerEncoderLayerConfig::keras(6, 5, 2), rng)};
  CHECK(file.load(model).complete());
  CHECK(model.encoder.self_attn.in_proj_weight->value()(0, 6) == 2000);
  CHECK(counts_from(8000, model.encoder.norm1.weight.value()));
  CHECK(counts_from(11000, model.encoder.norm2.bias.value()));
  CHECK(counts_from(12000, model.encoder.linear1.weight.value()));
  CHECK(counts_from(15000, model.encoder.linear2.bias->value()));
}

TEST_CASE("keras: all differences are listed, and the model stays as it was") {
  Rng rng(12);
  Model model{Linear<double>({.in_features = 3, .out_features = 2}, rng), LayerNorm<double>({.normalized_shape = 4})};
  const double before = model.dense.weight.value()(0, 0);
  KerasFile file;
  file.add("dense", {{2, 3}, {2}});
  file.add("flatten", {{1}});
  check_throws<FileError>([&] { file.load(model); },
                          {"missing: norm.weight (norm/0), norm.bias (norm/1)", "unexpected: flatten/0",
                           "dense.weight (3, 2) rather than dense/0, F32 of shape (2, 3)"});
  CHECK(model.dense.weight.value()(0, 0) == before);
  const LoadReport report = file.load(model, {}, false);
  CHECK(report.missing.size() == 2);
  CHECK(counts_from(1000, model.dense.bias->value()));
  CHECK(model.dense.weight.value()(0, 0) == before);
}

TEST_CASE("keras: attention of the same sizes in other heads, or with another output width, is refused") {
  Rng rng(13);
  KerasFile file;
  file.add("attention", {{6, 2, 4}, {2, 4}, {6, 2, 4}, {2, 4}, {6, 2, 4}, {2, 4}, {2, 4, 6}, {6}});
  MultiHeadAttention<float> four({.embed_dim = 6, .num_heads = 4, .key_dim = 2}, rng);
  check_throws<FileError>(
      [&] {
        file.load(four, {{"", "attention"}});
      },
      {"in_proj_weight (6, 24) rather than attention/0, F32 of shape (6, 2, 4)", "attention/1", "attention/6"});
  KerasFile wide;
  wide.add("attention", {{6, 2, 3}, {2, 3}, {6, 2, 3}, {2, 3}, {6, 2, 3}, {2, 3}, {2, 3, 5}, {5}});
  MultiHeadAttention<float> layer({.embed_dim = 6, .num_heads = 2}, rng);
  check_throws<FileError>(
      [&] {
        wide.load(layer, {{"", "attention"}});
      },
      {"out_proj.weight (6, 6) rather than attention/6, F32 of shape (2, 3, 5)"});
  KerasFile encoder;
  encoder.add("encoder", {{6, 3, 2},
                          {3, 2},
                          {6, 3, 2},
                          {3, 2},
                          {6, 3, 2},
                          {3, 2},
                          {3, 2, 6},
                          {6},
                          {6},
                          {6},
                          {6},
                          {6},
                          {6, 5},
                          {5},
                          {5, 6},
                          {6}});
  Encoders model{TransformerEncoderLayer<float>(TransformerEncoderLayerConfig::keras(6, 5, 2), rng)};
  check_throws<FileError>([&] { encoder.load(model); }, {"encoder/0, F32 of shape (6, 3, 2)"});
}

TEST_CASE("keras: of LayerNormalization without scale or center nothing is taken for the other") {
  LayerNorm<float> norm({.normalized_shape = 4});
  KerasFile file;
  file.add("norm", {{4}});
  check_throws<FileError>([&] { file.load(norm, {{"", "norm"}}); }, {"missing: bias (norm/1)"});
  file.load(norm, {{"", "norm"}}, false);
  CHECK(norm.weight.value()(3) == 1);
}

TEST_CASE("keras: a GRU's biases are those of its kind, however many the layer has") {
  Rng rng(15);
  KerasFile two, one;
  two.add("gru", {{1, 6}, {2, 6}, {2, 6}});
  one.add("gru", {{1, 6}, {2, 6}, {6}});
  const std::map<std::string, std::string> names{{"", "gru"}};
  Gru<float> before({.input_size = 1, .hidden_size = 2, .reset_after = false, .biases = 2}, rng);
  check_throws<FileError>([&] { two.load(before, names); }, {"bias_ih_l0 (6) rather than gru/2, F32 of shape (2, 6)"});
  one.load(before, names);
  CHECK(before.weights[0].bias_ih->value()(0) == 2002);
  CHECK(std::ranges::all_of(before.weights[0].bias_hh->value(), [](float b) { return b == 0; }));
  Gru<float> after({.input_size = 1, .hidden_size = 2, .biases = 1}, rng);
  check_throws<FileError>([&] { one.load(after, names); }, {"for reset_after goes with two biases, or none"});
  check_throws<FileError>([&] { two.load(after, names); }, {"for reset_after goes with two biases, or none"});
}
