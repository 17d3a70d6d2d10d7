#include "tenure/nn/bidirectional.hpp"

#include <doctest/doctest.h>

#include "../gradient_check.hpp"
#include "tenure/autograd/parameters.hpp"
#include "tenure/nn/gru.hpp"
#include "tenure/nn/lstm.hpp"

using namespace tenure;

namespace {
using Layer = Bidirectional<Gru<double>>;
}

TEST_CASE("bidirectional: concatenated, it equals a bidirectional layer with the same weights") {
  Rng rng(1);
  Layer wrapper({.layer = {.input_size = 3, .hidden_size = 4}}, rng);
  Gru<double> layer({.input_size = 3, .hidden_size = 4, .bidirectional = true}, rng);
  layer.weights = {wrapper.forward_layer.weights[0], wrapper.backward_layer.weights[0]};
  Tape<double> tape;
  const auto x = tape.input(test::random({3, 5, 3}, rng)), h = tape.input(test::random({2, 3, 4}, rng));
  const Tensor<std::int64_t> lengths({3}, {2, 5, 1});
  for (const auto output : {RecurrentOutput::sequence, RecurrentOutput::last, RecurrentOutput::state}) {
    const RecurrentOptions<double> options{.lengths = lengths, .h_0 = h, .output = output};
    const auto actual = wrapper(x, options), expected = layer(x, options);
    REQUIRE(actual.shape() == expected.shape());
    for (Index i = 0; i < actual.size(); ++i) {
      CHECK(actual.value().data()[i] == doctest::Approx(expected.value().data()[i]).epsilon(1e-14));
    }
  }
}

TEST_CASE("bidirectional: joins the two by sum, average or product") {
  for (const MergeMode merge_mode : {MergeMode::sum, MergeMode::ave, MergeMode::mul}) {
    Rng rng(2);
    const Layer layer({.layer = {.input_size = 3, .hidden_size = 4}, .merge_mode = merge_mode}, rng);
    Tape<double> tape;
    const auto x = tape.input(test::random({3, 5, 3}, rng));
    const auto y = layer(x), a = layer.forward_layer(x), b = layer.backward_layer(x, {.reverse = true});
    REQUIRE(y.shape() == Shape{3, 5, 4});
    for (Index i = 0; i < y.size(); ++i) {
      const double left = a.value().data()[i], right = b.value().data()[i];
      const double expected = merge_mode == MergeMode::mul   ? left * right
                              : merge_mode == MergeMode::sum ? left + right
                                                             : (left + right) / 2;
      CHECK(y.value().data()[i] == doctest::Approx(expected));
    }
  }
}

TEST_CASE("bidirectional: gradients reach x and initial states through both layers") {
  Rng rng(3);
  const Bidirectional<Lstm<double>> layer({.layer = {.input_size = 3, .hidden_size = 4}, .merge_mode = MergeMode::mul},
                                          rng);
  test::check_op([&](const auto& in) { return layer(in[0], {.h_0 = in[1], .c_0 = in[2]}); },
                 {test::random({2, 4, 3}, rng), test::random({2, 2, 4}, rng), test::random({2, 2, 4}, rng)});
}

TEST_CASE("bidirectional: its layers are named as in Keras") {
  Rng rng(4);
  Layer layer({.layer = {.input_size = 3, .hidden_size = 4, .preset = Preset::keras}}, rng);
  const auto parameters = named_parameters<double>(layer);
  REQUIRE(parameters.size() == 8);
  CHECK(parameters[0].name == "forward_layer.weight_ih_l0");
  CHECK(parameters[4].name == "backward_layer.weight_ih_l0");
}

TEST_CASE("bidirectional: a bidirectional layer inside, or states of one layer only, are errors") {
  Rng rng(5);
  test::check_throws<ValueError>(
      [&] { Layer({.layer = {.input_size = 3, .hidden_size = 4, .bidirectional = true}}, rng); },
      {"Bidirectional: expected a layer of one direction"});
  const Layer layer({.layer = {.input_size = 3, .hidden_size = 4}}, rng);
  Tape<double> tape;
  const auto x = tape.input(Tensor<double>({2, 5, 3})), h = tape.input(Tensor<double>({1, 2, 4}));
  test::check_throws<ShapeError>([&] { layer(x, {.h_0 = h}); },
                                 {"Bidirectional: expected initial states of (2, batch, hidden_size), got (1, 2, 4)"});
}
