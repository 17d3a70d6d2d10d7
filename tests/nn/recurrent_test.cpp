// What all recurrent layers share, on one of them.
#include "tenure/nn/recurrent.hpp"

#include <doctest/doctest.h>

#include "../count_allocations.hpp"
#include "../gradient_check.hpp"
#include "tenure/autograd/parameters.hpp"
#include "tenure/nn/lstm.hpp"
#include "tenure/optim/adam.hpp"

using namespace tenure;

namespace {

std::vector<std::string> names(auto& layer) {
  std::vector<std::string> names;
  for (const auto& [name, parameter] : named_parameters<float>(layer)) names.push_back(name);
  return names;
}

struct Model {
  struct Decoder {
    Lstm<float> lstm;
    static void fields(auto& self, auto&& f) { f("lstm", self.lstm); }
  } decoder;
  static void fields(auto& self, auto&& f) { f("decoder", self.decoder); }
};

}  // namespace

TEST_CASE("recurrent layers: parameters have PyTorch's names, in PyTorch's order, and PyTorch's layout in files") {
  Rng rng(1);
  Lstm<float> layer({.input_size = 3, .hidden_size = 4, .num_layers = 2, .bidirectional = true}, rng);
  CHECK(names(layer) == std::vector<std::string>{"weight_ih_l0", "weight_hh_l0", "bias_ih_l0", "bias_hh_l0",
                                                 "weight_ih_l0_reverse", "weight_hh_l0_reverse", "bias_ih_l0_reverse",
                                                 "bias_hh_l0_reverse", "weight_ih_l1", "weight_hh_l1", "bias_ih_l1",
                                                 "bias_hh_l1", "weight_ih_l1_reverse", "weight_hh_l1_reverse",
                                                 "bias_ih_l1_reverse", "bias_hh_l1_reverse"});
  CHECK(layer.weights[0].weight_ih.shape() == Shape{3, 16});
  CHECK(layer.weights[2].weight_ih.shape() == Shape{8, 16});
  CHECK(layer.weights[3].weight_hh.shape() == Shape{4, 16});
  CHECK(layer.weights[3].weight_hh.file_layout() == FileLayout::transposed);
  CHECK(layer.weights[3].bias_hh->file_layout() == FileLayout::same);
  Lstm<float> single({.input_size = 3, .hidden_size = 4, .biases = 1}, rng);
  CHECK(names(single) == std::vector<std::string>{"weight_ih_l0", "weight_hh_l0", "bias_ih_l0"});
}

TEST_CASE("recurrent layers: PyTorch's preset is uniform in ±1/√units, the same for the same seed") {
  Rng rng(2), same(2);
  Lstm<float> layer({.input_size = 30, .hidden_size = 25}, rng), twin({.input_size = 30, .hidden_size = 25}, same);
  const Parameters<float> parameters(layer), twins(twin);
  const auto [low, high] = std::minmax_element(parameters.values().begin(), parameters.values().end());
  CHECK(*low >= -0.2f);
  CHECK(*low < -0.199f);
  CHECK(*high < 0.2f);
  CHECK(*high > 0.199f);
  CHECK(std::equal(parameters.values().begin(), parameters.values().end(), twins.values().begin()));
}

TEST_CASE("recurrent layers: dropout acts between layers, with a generator only, and its gradient is right") {
  Rng rng(3);
  const Lstm<double> layer({.input_size = 3, .hidden_size = 8, .num_layers = 2, .dropout = 0.5}, rng);
  Tape<double> tape;
  const auto x = tape.input(test::random({2, 5, 3}, rng));
  const auto equal = [](Var<double> a, Var<double> b) {
    return std::equal(a.value().begin(), a.value().end(), b.value().begin());
  };
  CHECK(equal(layer(x), layer(x)));
  CHECK(!equal(layer(x), layer(x, &rng)));
  Rng one(7), same(7);
  CHECK(equal(layer(x, {}, &one), layer(x, &same)));
  CHECK(one.position() == 2 * 5 * 8);
  test::check_op(
      [&](const auto& in) {
        Rng again(7);
        return layer(in[0], &again);
      },
      {test::random({2, 5, 3}, rng)});
}

TEST_CASE("recurrent layers: with both directions, the last output is not the final state") {
  Rng rng(4);
  const Lstm<double> layer({.input_size = 3, .hidden_size = 4, .bidirectional = true}, rng);
  Tape<double> tape;
  const auto x = tape.input(test::random({2, 5, 3}, rng));
  const auto all = layer.run(x);
  const auto last = layer.run(x, {.output = RecurrentOutput::last});
  const auto state = layer(x, {.output = RecurrentOutput::state});
  for (Index j = 0; j < 8; ++j) {
    CHECK(last.output.value()(1, j) == doctest::Approx(all.output.value()(1, 4, j)).epsilon(1e-12));
    CHECK(state.value()(1, j) == all.output.value()(1, j < 4 ? 4 : 0, j));
  }
  CHECK_THROWS_AS(last.h_n.value(), StateError);  // the reverse direction does not get there
}

TEST_CASE("recurrent layers: training and predicting, nothing is allocated from the third step on") {
  Rng rng(5);
  Lstm<float> layer({.input_size = 3, .hidden_size = 8, .num_layers = 2, .bidirectional = true, .dropout = 0.1}, rng);
  Parameters<float> parameters(layer);
  Adam<float> adam(parameters, {});
  Tape<float> tape;
  const Tensor<float> x({4, 5, 3}, 0.5f), cotangent({4, 16}, 1.f);
  const Tensor<std::int64_t> lengths({4}, {5, 2, 3, 1});
  std::size_t before = 0;
  for (int step = 0; step < 6; ++step) {
    if (step == 2) before = allocations::count;
    tape.reset();
    const auto result = layer.run(tape.input(x), {.lengths = lengths, .output = RecurrentOutput::state}, &rng);
    result.output.backward(cotangent);
    adam.step();
    const NoGrad<float> guard(tape);
    layer(tape.input(x), {.output = RecurrentOutput::last});
  }
  CHECK(allocations::count == before);
}

TEST_CASE("recurrent layers: nothing is kept where there will be no backward pass") {
  Rng rng(6);
  Lstm<float> layer({.input_size = 3, .hidden_size = 64}, rng);
  const Parameters<float> parameters(layer);
  Tape<float> tape;
  const auto x = tape.input(Tensor<float>({8, 20, 3}));
  const std::size_t before = tape.memory();
  const NoGrad<float> guard(tape);
  layer(x, {.output = RecurrentOutput::last});
  CHECK(tape.memory() - before < 10 * 8 * 64 * sizeof(float));
}

TEST_CASE("recurrent layers: a frozen weight gets no gradient, and the others get theirs") {
  Rng rng(7);
  Lstm<double> layer({.input_size = 3, .hidden_size = 4}, rng);
  const Parameters<double> parameters(layer);
  const Tensor<double> x = test::random({2, 5, 3}, rng), cotangent = test::random({2, 5, 4}, rng);
  const auto train = [&] {
    parameters.zero_gradients();
    Tape<double> tape;
    layer(tape.input(x)).backward(cotangent);
  };
  train();
  const Tensor<double> expected(layer.weights[0].weight_ih.gradient());
  layer.weights[0].weight_hh.set_trainable(false);
  layer.weights[0].bias_hh->set_trainable(false);
  train();
  CHECK(std::equal(expected.begin(), expected.end(), layer.weights[0].weight_ih.gradient().begin()));
  CHECK(std::ranges::all_of(layer.weights[0].weight_hh.gradient(), [](double g) { return g == 0; }));
  CHECK(std::ranges::all_of(layer.weights[0].bias_hh->gradient(), [](double g) { return g == 0; }));
}

TEST_CASE("recurrent layers: a wrong configuration is an error") {
  Rng rng(8);
  using test::check_throws;
  check_throws<ValueError>([&] { Lstm<float>({.input_size = 0, .hidden_size = 2}, rng); },
                           {"Lstm: expected input_size of at least 1, got 0"});
  check_throws<ValueError>([&] { Lstm<float>({.input_size = 1, .hidden_size = 2, .num_layers = 0}, rng); },
                           {"Lstm: expected num_layers of at least 1, got 0"});
  check_throws<ValueError>([&] { Lstm<float>({.input_size = 1, .hidden_size = 2, .dropout = 1.5}, rng); },
                           {"Lstm: expected a dropout rate in [0, 1], got 1.5"});
  check_throws<ValueError>([&] { Lstm<float>({.input_size = 1, .hidden_size = 2, .dropout = 0.5}, rng); },
                           {"Lstm: expected no dropout for a single layer, as it acts between layers, got 0.5"});
  check_throws<ValueError>([&] { Lstm<float>({.input_size = 1, .hidden_size = 2, .biases = 3}, rng); },
                           {"Lstm: expected 0, 1 or 2 biases, got 3"});
}

TEST_CASE("recurrent layers: wrong inputs are errors that name the layer by its path") {
  Rng rng(9);
  Model model{{Lstm<float>({.input_size = 65, .hidden_size = 4, .bidirectional = true}, rng)}};
  const Parameters<float> parameters(model);
  const Lstm<float>& lstm = model.decoder.lstm;
  Tape<float> tape;
  const auto x = tape.input(Tensor<float>({2, 6, 65})), flat = tape.input(Tensor<float>({2, 65}));
  const Tensor<std::int64_t> negative({2}, {6, -1}), beyond({2}, {7, 6}), three({3}, 1);
  const Tensor<float> mask({2, 5}, 1.f);
  const auto check = [&](const RecurrentOptions<float>& options, const std::string& message) {
    test::check_throws<Error>([&] { lstm(x, options); }, {"decoder.lstm: expected " + message});
  };
  test::check_throws<ShapeError>(
      [&] {
        lstm(tape.input(Tensor<float>({30, 6, 64})));
      },
      {"decoder.lstm: expected 65 features, got 64 in x of (30, 6, 64)"});
  test::check_throws<ShapeError>([&] { lstm(flat); }, {"decoder.lstm: expected at least 3 axes, got (2, 65)"});
  check({.steps = 6}, "x (batch, features), got (2, 6, 65)");
  check({.steps = -1}, "steps of at least 1, or none, got -1");
  test::check_throws<ShapeError>([&] { lstm(flat, {.steps = std::numeric_limits<Index>::max()}); },
                                 {"a size that fits the address space"});
  check({.lengths = negative}, "lengths from 0 to 6, got -1 for row 1");
  check({.lengths = beyond}, "lengths from 0 to 6, got 7 for row 0");
  check({.lengths = three}, "lengths of (2), got (3)");
  check({.mask = mask}, "a mask of (2, 6), got (2, 5)");
  check({.lengths = beyond, .mask = mask}, "lengths or a mask, got both");
  check({.h_0 = x, .c_0 = x}, "initial states of (2, 2, 4), got (2, 6, 65)");
  check({.reverse = true}, "one direction to reverse, got a bidirectional layer");
}
