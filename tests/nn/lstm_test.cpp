#include "tenure/nn/lstm.hpp"

#include "recurrent_reference.hpp"

using namespace tenure;

TEST_CASE("LSTM: equals its composition from elementary operations under every combination of options") {
  test::check_against_composition<Lstm<double>>({.input_size = 3, .hidden_size = 5});
}

TEST_CASE("LSTM: a long sequence, worked on in several blocks, gives the same, and so does prediction") {
  test::check_long<Lstm<double>>({.input_size = 3, .hidden_size = 5});
}

TEST_CASE("LSTM: gradients are the central differences of a loss") {
  test::check_gradients<Lstm<double>>({.input_size = 3, .hidden_size = 4});
}

TEST_CASE("LSTM: a stream in pieces gives the same bits as at once") {
  test::check_stream<Lstm<double>>({.input_size = 3, .hidden_size = 9, .num_layers = 2});
}

TEST_CASE("LSTM: a row of a padded batch gives what it gives alone") {
  test::check_padding<Lstm<double>>({.input_size = 3, .hidden_size = 5});
}

TEST_CASE("LSTM: Keras's preset has one bias, that of the forget gate being 1, and an orthogonal recurrent kernel") {
  Rng rng(1);
  const Lstm<double> layer({.input_size = 3, .hidden_size = 4, .preset = Preset::keras}, rng);
  const auto& w = layer.weights[0];
  REQUIRE(w.bias_ih);
  CHECK(!w.bias_hh);
  for (Index i = 0; i < 16; ++i) CHECK(w.bias_ih->value()(i) == (i / 4 == 1 ? 1 : 0));
  for (Index i = 0; i < 4; ++i) {
    for (Index j = 0; j < 4; ++j) {
      double product = 0;
      for (Index k = 0; k < 16; ++k) product += w.weight_hh.value()(i, k) * w.weight_hh.value()(j, k);
      CHECK(std::abs(product - (i == j)) < 1e-12);
    }
  }
  const double limit = std::sqrt(6.0 / (3 + 16));
  const auto [low, high] = std::minmax_element(w.weight_ih.value().begin(), w.weight_ih.value().end());
  CHECK(*low >= -limit);
  CHECK(*low < -limit / 2);
  CHECK(*high < limit);

  const Lstm<double> without({.input_size = 3, .hidden_size = 4, .preset = Preset::keras, .unit_forget_bias = false},
                             rng);
  CHECK(std::ranges::all_of(without.weights[0].bias_ih->value(), [](double b) { return b == 0; }));
}

TEST_CASE("LSTM: h and c are given together") {
  Rng rng(2);
  const Lstm<double> layer({.input_size = 3, .hidden_size = 4}, rng);
  Tape<double> tape;
  const auto x = tape.input(Tensor<double>({2, 5, 3}));
  const auto h = tape.input(Tensor<double>({1, 2, 4}));
  test::check_throws<ValueError>([&] { layer(x, {.h_0 = h}); }, {"Lstm: expected initial states h_0 and c_0 together"});
  test::check_throws<ShapeError>([&] { layer(x, {.h_0 = h, .c_0 = x}); },
                                 {"Lstm: expected initial states of (1, 2, 4), got (2, 5, 3)"});
}
