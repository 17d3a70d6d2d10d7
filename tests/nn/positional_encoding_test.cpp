#include "tenure/nn/positional_encoding.hpp"

#include "../layer_check.hpp"

using namespace tenure;

TEST_CASE("sinusoidal encoding: sines and cosines interleaved, of wavelengths that grow geometrically") {
  const SinusoidalEncoding<double> layer({.sequence_length = 10, .d_model = 5});
  Tape<double> tape;
  const auto y = layer(tape.input(Tensor<double>({2, 4, 5}, 1)));
  REQUIRE(y.shape() == Shape{2, 4, 5});
  for (Index b = 0; b < 2; ++b) {
    CHECK(y.value()(b, 0, 0) == doctest::Approx(1));
    CHECK(y.value()(b, 0, 1) == doctest::Approx(2));
    CHECK(y.value()(b, 3, 0) == doctest::Approx(1 + std::sin(3.0)));
    CHECK(y.value()(b, 3, 1) == doctest::Approx(1 + std::cos(3.0)));
    CHECK(y.value()(b, 3, 2) == doctest::Approx(1 + std::sin(3 / std::pow(10000, 0.4))));
    CHECK(y.value()(b, 3, 3) == doctest::Approx(1 + std::cos(3 / std::pow(10000, 0.4))));
    CHECK(y.value()(b, 3, 4) == doctest::Approx(1 + std::sin(3 / std::pow(10000, 0.8))));
  }
}

TEST_CASE("learned encoding: added to each of the batch; gradients, and all parameters move") {
  Rng rng(1);
  LearnedEncoding<double> layer({.sequence_length = 4, .d_model = 3}, rng);
  const auto apply = [&](auto& x) { return layer(x[0]); };
  const auto x = test::random({2, 4, 3}, rng);
  test::check_layer(layer, apply, {x});
  LearnedEncoding<double> keras({.sequence_length = 300, .d_model = 100, .preset = Preset::keras}, rng);
  const double limit = std::sqrt(6.0 / 400);
  CHECK(std::ranges::max(keras.weight.value()) < limit);
  CHECK(std::ranges::max(keras.weight.value()) > 0.99 * limit);
  test::check_all_parameters_move(keras, [&](auto& v) { return keras(v[0]); }, {test::random({1, 300, 100}, rng)});
}

TEST_CASE("encodings: more steps or another width are errors") {
  Rng rng(2);
  const SinusoidalEncoding<float> fixed({.sequence_length = 4, .d_model = 3}, rng);
  const LearnedEncoding<float> learned({.sequence_length = 4, .d_model = 3}, rng);
  Tape<float> tape;
  test::check_throws<ShapeError>(
      [&] {
        fixed(tape.input(Tensor<float>({2, 5, 3})));
      },
      {"SinusoidalEncoding: expected x of (batch, time ≤ 4, 3), got (2, 5, 3)"});
  test::check_throws<ShapeError>(
      [&] {
        learned(tape.input(Tensor<float>({2, 4, 2})));
      },
      {"LearnedEncoding: expected x of (batch, time ≤ 4, 3), got (2, 4, 2)"});
}
