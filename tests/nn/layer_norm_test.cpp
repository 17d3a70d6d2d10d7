#include "tenure/nn/layer_norm.hpp"

#include "../layer_check.hpp"

using namespace tenure;

namespace {
struct Model {
  LayerNorm<float> norm{{.normalized_shape = 5}};
  static void fields(auto& self, auto&& f) { f("norm", self.norm); }
};
}  // namespace

TEST_CASE("layer norm layer: gradients, and all parameters move") {
  Rng rng(1);
  LayerNorm<double> layer({.normalized_shape = 5});
  const auto apply = [&](auto& x) { return layer(x[0]); };
  const auto x = test::random({2, 3, 5}, rng);
  test::check_layer(layer, apply, {x});
  LayerNorm<double> fresh({.normalized_shape = 5}, rng);
  test::check_all_parameters_move(fresh, [&](auto& v) { return fresh(v[0]); }, {x});
}

TEST_CASE("layer norm layer: starts as the plain norm with PyTorch's epsilon, Keras's, or one given") {
  CHECK(LayerNorm<float>({.normalized_shape = 5}).eps == 1e-5);
  CHECK(LayerNorm<float>({.normalized_shape = 5, .preset = Preset::keras}).eps == 1e-3);
  CHECK(LayerNorm<float>({.normalized_shape = 5, .eps = 0.1, .preset = Preset::keras}).eps == 0.1);
  const LayerNorm<double> layer({.normalized_shape = 2, .eps = 1});
  Tape<double> tape;
  const auto y = layer(tape.input(Tensor<double>({1, 2}, {-1, 1})));
  CHECK(y.value()(0, 1) == doctest::Approx(std::sqrt(0.5)));
}

TEST_CASE("layer norm layer: errors name it") {
  test::check_throws<ValueError>([] { LayerNorm<float>({.normalized_shape = 5, .eps = 0}); }, {"LayerNorm", "above 0"});
  Model model;
  const Parameters<float> parameters(model);
  Tape<float> tape;
  test::check_throws<ShapeError>(
      [&] {
        model.norm(tape.input(Tensor<float>({2, 4})));
      },
      {"norm: expected 5 features, got 4 in x of (2, 4)"});
}
