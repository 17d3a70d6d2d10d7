#include "tenure/nn/multi_head_attention.hpp"

#include <limits>

#include "../layer_check.hpp"

using namespace tenure;
using test::check_throws;
using test::random;

namespace {

using Layer = MultiHeadAttention<double>;

struct Model {
  struct Encoder {
    Layer self_attn;
    static void fields(auto& self, auto&& f) { f("self_attn", self.self_attn); }
  } encoder;
  static void fields(auto& self, auto&& f) { f("encoder", self.encoder); }
};

std::vector<std::string> names(auto& module) {
  std::vector<std::string> names;
  for (const auto& [name, parameter] : named_parameters<double>(module)) {
    names.push_back(name + " " + to_string(parameter->shape()));
  }
  return names;
}

bool equal(Var<double> a, Var<double> b) {
  return a.shape() == b.shape() &&
         std::ranges::equal(a.value(), b.value(), [](double x, double y) { return std::abs(x - y) < 1e-12; });
}

double largest(View<const double> w) {
  double largest = 0;
  for (const double value : w) largest = std::max(largest, std::abs(value));
  return largest;
}

}  // namespace

TEST_CASE("multi-head attention: parameters have the names of PyTorch's state_dict") {
  Rng rng(1);
  Layer same({.embed_dim = 6, .num_heads = 3}, rng);
  CHECK(names(same) == std::vector<std::string>{"in_proj_weight (6, 18)", "in_proj_bias (18)", "out_proj.weight (6, 6)",
                                                "out_proj.bias (6)"});
  CHECK(same.in_proj_weight->file_layout() == FileLayout::transposed);
  Layer apart({.embed_dim = 6, .num_heads = 3, .kdim = 4, .vdim = 5}, rng);
  CHECK(names(apart) == std::vector<std::string>{"q_proj_weight (6, 6)", "k_proj_weight (4, 6)", "v_proj_weight (5, 6)",
                                                 "in_proj_bias (18)", "out_proj.weight (6, 6)", "out_proj.bias (6)"});
  CHECK(apart.v_proj_weight->file_layout() == FileLayout::transposed);
  Layer keras({.embed_dim = 6, .num_heads = 4, .key_dim = 5, .value_dim = 3, .bias = false}, rng);
  CHECK(names(keras) == std::vector<std::string>{"in_proj_weight (6, 52)", "out_proj.weight (12, 6)"});
}

TEST_CASE("multi-head attention: initial weights are PyTorch's, or Keras's by the fans of its kernels") {
  Rng rng(2);
  Layer pytorch({.embed_dim = 136, .num_heads = 4}, rng);
  CHECK(largest(pytorch.in_proj_weight->value()) == doctest::Approx(std::sqrt(6.0 / (4 * 136))).epsilon(0.001));
  CHECK(largest(pytorch.out_proj.weight.value()) == doctest::Approx(1 / std::sqrt(136)).epsilon(0.001));
  Layer keras({.embed_dim = 136, .num_heads = 4, .preset = Preset::keras}, rng);
  CHECK(largest(keras.in_proj_weight->value()) == doctest::Approx(0.03408).epsilon(0.001));
  CHECK(largest(keras.out_proj.weight.value()) == doctest::Approx(std::sqrt(6.0 / 680)).epsilon(0.001));
  Layer apart({.embed_dim = 100, .num_heads = 2, .kdim = 200, .value_dim = 10, .preset = Preset::keras}, rng);
  CHECK(largest(apart.k_proj_weight->value()) == doctest::Approx(std::sqrt(6.0 / (200 * 52))).epsilon(0.01));
  CHECK(largest(apart.v_proj_weight->value()) == doctest::Approx(std::sqrt(6.0 / (100 * 12))).epsilon(0.01));
  for (Layer* layer : {&pytorch, &keras, &apart}) {
    CHECK(largest(layer->in_proj_bias->value()) == 0);
    CHECK(largest(layer->out_proj.bias->value()) == 0);
  }
}

TEST_CASE("multi-head attention: gradients of self- and cross-attention, of sizes of their own") {
  Rng rng(3);
  const auto x = random({2, 3, 4}, rng), memory = random({2, 5, 4}, rng);
  const Tensor<std::int64_t> lengths({2}, {5, 2});
  const auto mask = random({3, 5}, rng);
  Layer self({.embed_dim = 4, .num_heads = 2}, rng);
  test::check_layer(self, [&](auto& v) { return self(v[0], {.is_causal = true}); }, {x});
  Layer cross({.embed_dim = 4, .num_heads = 2, .key_dim = 3, .value_dim = 1}, rng);
  test::check_layer(cross, [&](auto& v) { return cross(v[0], v[1], {.lengths = lengths}); }, {x, memory});
  Layer apart({.embed_dim = 4, .num_heads = 2, .kdim = 3, .vdim = 2, .dropout = 0.4}, rng);
  test::check_layer(apart,
                    [&](auto& v) {
                      Rng drops(4);
                      return apart(v[0], v[1], v[2], {.attn_mask = mask}, &drops);
                    },
                    {x, random({2, 5, 3}, rng), random({2, 5, 2}, rng)});
}

TEST_CASE("multi-head attention: one input, two and three agree where they are the same") {
  Rng rng(5);
  const Layer layer({.embed_dim = 4, .num_heads = 2}, rng);
  Tape<double> tape;
  const auto x = tape.input(random({2, 3, 4}, rng)), memory = tape.input(random({2, 5, 4}, rng));
  CHECK(equal(layer(x), layer(x, x)));
  CHECK(equal(layer(x), layer(x, x, x)));
  CHECK(equal(layer(x, memory), layer(x, memory, memory)));
  const Layer apart({.embed_dim = 4, .num_heads = 2, .kdim = 4, .vdim = 4}, rng);
  CHECK(apart.in_proj_weight.has_value());
}

TEST_CASE("multi-head attention: all parameters move") {
  Rng rng(6);
  Layer layer({.embed_dim = 4, .num_heads = 2, .dropout = 0.1}, rng);
  const auto apply = [&](auto& v) {
    Rng drops(7);
    return layer(v[0], &drops);
  };
  test::check_all_parameters_move(layer, apply, {random({2, 6, 4}, rng)});
}

TEST_CASE("multi-head attention: drops with a generator only, the same for the same seed") {
  Rng rng(8), first(9), second(9);
  const Layer layer({.embed_dim = 4, .num_heads = 2, .dropout = 0.5}, rng);
  Tape<double> tape;
  const auto x = tape.input(random({2, 6, 4}, rng));
  const auto a = layer(x, &first), b = layer(x, &second);
  CHECK(std::ranges::equal(a.value(), b.value()));
  CHECK(!equal(a, layer(x)));
  CHECK(equal(layer(x), layer(x, {}, nullptr)));
}

TEST_CASE("multi-head attention: bad heads and rates are errors at once") {
  Rng rng(10);
  check_throws<ValueError>(
      [&] { Layer({.embed_dim = 136, .num_heads = 5}, rng); },
      {"MultiHeadAttention: expected a num_heads that divides the embed_dim of 136, or a key_dim, got 5"});
  check_throws<ValueError>([&] { Layer({.embed_dim = 136, .num_heads = 0}, rng); }, {"num_heads of at least 1, got 0"});
  check_throws<ValueError>([&] { Layer({.embed_dim = 4, .num_heads = 2, .dropout = 1.5}, rng); },
                           {"a dropout rate", "got 1"});
  check_throws<ValueError>([&] { Layer({.embed_dim = 4, .num_heads = 2, .key_dim = 0}, rng); },
                           {"key_dim of at least 1"});
}

TEST_CASE("multi-head attention: inputs, masks and lengths that do not fit name the layer's path") {
  Rng rng(11);
  Model model{{Layer({.embed_dim = 4, .num_heads = 2}, rng)}};
  const Parameters<double> parameters(model);
  const Layer& layer = model.encoder.self_attn;
  Tape<double> tape;
  const auto input = [&](const Shape& shape) { return tape.input(Tensor<double>(shape, 1)); };
  const auto x = input({2, 3, 4});
  const Tensor<double> mask({3, 4}), key_mask({2, 4});
  const Tensor<std::int64_t> negative({2}, {3, -1}), above({2}, {4, 1});
  check_throws<ShapeError>(
      [&] {
        layer(input({2, 3, 5}));
      },
      {"encoder.self_attn: expected 4 features, got 5 in x of (2, 3, 5)"});
  check_throws<ShapeError>([&] { layer(input({3, 4})); }, {"encoder.self_attn: expected at least 3 axes, got (3, 4)"});
  check_throws<ShapeError>([&] { layer(x, input({1, 3, 4})); }, {"encoder.self_attn: ", "got (1, 3, 8)"});
  check_throws<ShapeError>([&] { layer(x, {.attn_mask = mask}); }, {"encoder.self_attn: expected a mask of (3, 3)"});
  check_throws<ShapeError>([&] { layer(x, {.key_mask = key_mask}); }, {"encoder.self_attn: expected a key mask of"});
  check_throws<ValueError>([&] { layer(x, {.lengths = negative}); },
                           {"encoder.self_attn: expected lengths in [0, 3], got -1 at position 1"});
  check_throws<ValueError>([&] { layer(x, {.lengths = above}); }, {"encoder.self_attn: ", "got 4 at position 0"});
}
