#include "tenure/nn/transformer_encoder.hpp"

#include "../layer_check.hpp"
#include "../message.hpp"
#include "tenure/nn/sequential.hpp"
#include "tenure/ops/reduce.hpp"

using namespace tenure;
using test::random;

namespace {

using Layer = TransformerEncoderLayer<double>;

bool equal(View<const double> a, View<const double> b) {
  return a.shape() == b.shape() && std::ranges::equal(a, b, [](double x, double y) { return std::abs(x - y) < 1e-12; });
}

}  // namespace

TEST_CASE("transformer encoder: parameters have the names of PyTorch's state_dict") {
  Rng rng(1);
  TransformerEncoder<double> encoder(
      {.encoder_layer = {.d_model = 4, .nhead = 2, .dim_feedforward = 3}, .num_layers = 2, .norm = true}, rng);
  std::vector<std::string> names;
  for (const auto& parameter : named_parameters<double>(encoder)) names.push_back(parameter.name);
  std::vector<std::string> expected;
  for (const std::string layer : {"layers.0.", "layers.1."}) {
    for (const char* name : {"self_attn.in_proj_weight", "self_attn.in_proj_bias", "self_attn.out_proj.weight",
                             "self_attn.out_proj.bias", "linear1.weight", "linear1.bias", "linear2.weight",
                             "linear2.bias", "norm1.weight", "norm1.bias", "norm2.weight", "norm2.bias"}) {
      expected.push_back(layer + name);
    }
  }
  expected.insert(expected.end(), {"norm.weight", "norm.bias"});
  CHECK(names == expected);
}

TEST_CASE("transformer encoder layer: gradients of both norms, each activation, masks and dropout") {
  Rng rng(2);
  const auto x = random({2, 4, 4}, rng), mask = random({4, 4}, rng);
  const Tensor<std::int64_t> lengths({2}, {4, 2});
  Layer post({.d_model = 4, .nhead = 2, .dim_feedforward = 3, .dropout = 0.3}, rng);
  test::check_layer(post,
                    [&](auto& v) {
                      Rng drops(3);
                      return post(v[0], {.is_causal = true}, &drops);
                    },
                    {x});
  Layer pre({.d_model = 4, .nhead = 2, .dim_feedforward = 3, .activation = EncoderActivation::gelu, .norm_first = true},
            rng);
  test::check_layer(pre, [&](auto& v) { return pre(v[0], {.lengths = lengths, .attn_mask = mask}); }, {x});
  Layer keras(TransformerEncoderLayerConfig::keras(4, 3, 2), rng);
  keras.activation = EncoderActivation::gelu_tanh;
  test::check_layer(keras, [&](auto& v) { return keras(v[0]); }, {x});
}

TEST_CASE("transformer encoder: gradients through layers and the last norm, and all parameters move") {
  Rng rng(4);
  TransformerEncoder<double> encoder(
      {.encoder_layer = {.d_model = 4, .nhead = 2, .dim_feedforward = 5, .norm_first = true},
       .num_layers = 2,
       .norm = true},
      rng);
  const auto x = random({2, 3, 4}, rng);
  test::check_layer(encoder, [&](auto& v) { return encoder(v[0]); }, {x});
  TransformerEncoder<double> other({.encoder_layer = {.d_model = 4, .nhead = 2, .dim_feedforward = 5}, .num_layers = 2},
                                   rng);
  test::check_all_parameters_move(other, [&](auto& v) { return other(v[0]); }, {x});
}

TEST_CASE("transformer encoder layer: a padded batch gives what each row gives alone") {
  Rng rng(5);
  const Layer layer({.d_model = 4, .nhead = 2, .dim_feedforward = 8}, rng);
  const auto x = random({2, 6, 4}, rng);
  const Tensor<std::int64_t> lengths({2}, {6, 3});
  Tape<double> tape;
  const auto padded = layer(tape.input(x), {.lengths = lengths});
  const auto alone = layer(tape.input(x.view().slice(1, 2).reshape({6, 4}).slice(0, 3).reshape({1, 3, 4})));
  CHECK(equal(padded.value()[1].slice(0, 3).reshape({1, 3, 4}), alone.value()));
  CHECK(equal(padded.value().slice(0, 1), layer(tape.input(x.view().slice(0, 1))).value()));
}

TEST_CASE("transformer encoder layer: Keras's preset has Keras's weights and drops nothing after the activation") {
  Rng rng(6);
  const Layer layer(TransformerEncoderLayerConfig::keras(136, 16, 4), rng);
  CHECK(std::ranges::max(layer.self_attn.in_proj_weight->value()) == doctest::Approx(0.03408).epsilon(0.001));
  CHECK(std::ranges::max(layer.linear1.weight.value()) == doctest::Approx(std::sqrt(6.0 / 152)).epsilon(0.01));
  CHECK(std::ranges::all_of(layer.linear1.bias->value(), [](double b) { return b == 0; }));
  CHECK(layer.dropout.p == 0);
  CHECK(layer.dropout1.p == 0);
  CHECK(layer.self_attn.dropout == 0);
  CHECK(layer.norm1.eps == 1e-5);
}

TEST_CASE("transformer encoder: the same seed gives the same bits with dropout, also in a sequence of layers") {
  Rng rng(7), first(8), second(8);
  const TransformerEncoder<double> encoder(
      {.encoder_layer = {.d_model = 4, .nhead = 2, .dim_feedforward = 8}, .num_layers = 2}, rng);
  const auto model = Sequential(encoder, encoder);
  Tape<double> tape;
  const auto x = tape.input(random({2, 6, 4}, rng));
  const auto trained = encoder(encoder(x, &first), &first);
  CHECK(std::ranges::equal(model(x, &second).value(), trained.value()));
  CHECK(first == second);
  CHECK(!equal(model(x).value(), trained.value()));
}

TEST_CASE("transformer encoder: trains 1024 steps with memory linear in time") {
  Rng rng(9);
  TransformerEncoderLayer<float> layer({.d_model = 16, .nhead = 2, .dim_feedforward = 16}, rng);
  const Parameters<float> parameters(layer);
  double memory[3];
  for (std::size_t i = 0; i < 3; ++i) {
    Tape<float> tape;
    const Tensor<float> x({1, Index{256} << i, 16}, 0.5F);
    const auto y = layer(tape.input(x), {.is_causal = true}, &rng);
    y.backward(x);
    memory[i] = static_cast<double>(tape.memory());
  }
  CHECK(memory[1] < 2.02 * memory[0]);
  CHECK(memory[2] < 2.02 * memory[1]);
}

TEST_CASE("transformer encoder: errors have the path of what is inside") {
  Rng rng(10);
  TransformerEncoder<double> encoder({.encoder_layer = {.d_model = 4, .nhead = 2, .norm_first = true}, .num_layers = 2},
                                     rng);
  const Parameters<double> parameters(encoder);
  Tape<double> tape;
  const Tensor<double> mask({3, 4});
  test::check_throws<ShapeError>(
      [&] {
        encoder(tape.input(Tensor<double>({2, 3, 5})));
      },
      {"layers.0.norm1: expected 4 features, got 5"});
  test::check_throws<ShapeError>(
      [&] {
        encoder.layers[1](tape.input(Tensor<double>({2, 3, 4})), {.attn_mask = mask});
      },
      {"layers.1.self_attn: expected a mask of (3, 3)"});
  test::check_throws<ValueError>(
      [&] { TransformerEncoder<double>({.encoder_layer = {.d_model = 4, .nhead = 2}, .num_layers = 0}, rng); },
      {"TransformerEncoder: expected num_layers of at least 1, got 0"});
}

TEST_CASE("features that are the same at every step give what they give when repeated, gradients too") {
  for (const bool norm_first : {false, true}) {
    Rng rng(8);
    const TransformerEncoder<double> model(
        {.encoder_layer = {.d_model = 6, .nhead = 2, .dim_feedforward = 5, .dropout = 0, .norm_first = norm_first},
         .num_layers = 2},
        rng);
    Tensor<double> varying({3, 4, 2}), constant({3, 4}), cotangent({3, 4, 6});
    for (Tensor<double>* values : {&varying, &constant, &cotangent}) normal(values->view(), 1, rng);
    const auto gradients = [&](bool repeated) {
      TransformerEncoder<double> copy = model;
      const Parameters<double> parameters(copy);
      Tape<double> tape;
      const Var<double> v = tape.input(varying), c = tape.input(constant);
      const Var<double> y = repeated ? copy(concatenate({v, repeat_vector(c, 4)}, 2)) : copy.with_constant(v, c);
      mean(y * tape.input(cotangent), {0, 1, 2}).backward();
      std::vector<double> values(y.value().begin(), y.value().end());
      values.insert(values.end(), parameters.gradients().begin(), parameters.gradients().end());
      return values;
    };
    const std::vector<double> expected = gradients(true), got = gradients(false);
    REQUIRE(got.size() == expected.size());
    for (std::size_t i = 0; i < got.size(); ++i) CHECK(got[i] == doctest::Approx(expected[i]).epsilon(1e-10));
  }
  Rng rng(9);
  const MultiHeadAttention<double> attention({.embed_dim = 6, .num_heads = 2}, rng);
  Tape<double> tape;
  const Var<double> x = tape.input(Tensor<double>({3, 4, 2}));
  CHECK(message_of([&] {
          attention.with_constant(x, tape.input(Tensor<double>({3, 3})));
        }) == "MultiHeadAttention: expected together 6 features, got (3, 4, 2) and (3, 3)");
}
