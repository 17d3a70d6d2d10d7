#include "tenure/nn/simple_rnn.hpp"

#include "recurrent_reference.hpp"

using namespace tenure;

TEST_CASE("simple RNN: equals its composition from elementary operations under every combination of options") {
  test::check_against_composition<SimpleRnn<double>>({.input_size = 3, .hidden_size = 5});
  test::check_against_composition<SimpleRnn<double>>(
      {.input_size = 3, .hidden_size = 5, .nonlinearity = Nonlinearity::relu, .biases = 0});
}

TEST_CASE("simple RNN: a long sequence, worked on in several blocks, gives the same, and so does prediction") {
  test::check_long<SimpleRnn<double>>({.input_size = 3, .hidden_size = 5});
}

TEST_CASE("simple RNN: gradients are the central differences of a loss") {
  test::check_gradients<SimpleRnn<double>>({.input_size = 3, .hidden_size = 4});
}

TEST_CASE("simple RNN: a stream in pieces gives the same bits as at once") {
  test::check_stream<SimpleRnn<double>>({.input_size = 3, .hidden_size = 9, .num_layers = 2});
}

TEST_CASE("simple RNN: a row of a padded batch gives what it gives alone") {
  test::check_padding<SimpleRnn<double>>({.input_size = 3, .hidden_size = 5});
}

TEST_CASE("simple RNN: Keras's preset has one bias") {
  Rng rng(1);
  const SimpleRnn<double> layer({.input_size = 3, .hidden_size = 4, .preset = Preset::keras}, rng);
  CHECK(layer.weights[0].bias_ih.has_value());
  CHECK(!layer.weights[0].bias_hh.has_value());
}
