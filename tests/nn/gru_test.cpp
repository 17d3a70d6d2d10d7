#include "tenure/nn/gru.hpp"

#include "recurrent_reference.hpp"

using namespace tenure;

TEST_CASE("GRU: equals its composition from elementary operations under every combination of options") {
  test::check_against_composition<Gru<double>>({.input_size = 3, .hidden_size = 5});
}

TEST_CASE("GRU with the reset gate before the product: likewise, with two biases or one") {
  test::check_against_composition<Gru<double>>({.input_size = 3, .hidden_size = 5, .reset_after = false});
  test::check_against_composition<Gru<double>>({.input_size = 3, .hidden_size = 5, .reset_after = false, .biases = 1});
}

TEST_CASE("GRU: a long sequence, worked on in several blocks, gives the same, and so does prediction") {
  test::check_long<Gru<double>>({.input_size = 3, .hidden_size = 5});
  test::check_long<Gru<double>>({.input_size = 3, .hidden_size = 5, .reset_after = false});
}

TEST_CASE("GRU: gradients are the central differences of a loss") {
  test::check_gradients<Gru<double>>({.input_size = 3, .hidden_size = 4});
  test::check_gradients<Gru<double>>({.input_size = 3, .hidden_size = 4, .reset_after = false});
}

TEST_CASE("GRU: a stream in pieces gives the same bits as at once") {
  test::check_stream<Gru<double>>({.input_size = 3, .hidden_size = 9, .num_layers = 2});
  test::check_stream<Gru<double>>({.input_size = 3, .hidden_size = 9, .reset_after = false});
}

TEST_CASE("GRU: a row of a padded batch gives what it gives alone") {
  test::check_padding<Gru<double>>({.input_size = 3, .hidden_size = 5});
}

TEST_CASE("GRU: the presets have as many biases as their originals") {
  Rng rng(1);
  const auto biases = [&](Preset preset, bool reset_after) {
    const Gru<double> layer({.input_size = 3, .hidden_size = 4, .reset_after = reset_after, .preset = preset}, rng);
    return layer.weights[0].bias_ih.has_value() + layer.weights[0].bias_hh.has_value();
  };
  CHECK(biases(Preset::pytorch, true) == 2);
  CHECK(biases(Preset::keras, true) == 2);
  CHECK(biases(Preset::keras, false) == 1);
}
