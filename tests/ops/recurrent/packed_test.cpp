#include "tenure/ops/recurrent/packed.hpp"

#include <doctest/doctest.h>

#include "../../gradient_check.hpp"
#include "tenure/nn/gru.hpp"
#include "tenure/nn/lstm.hpp"

using namespace tenure;

namespace {

/// The largest difference between a layer's results for one sequence and those of its plan for another x in the same
/// place.
template <class Layer>
double plan_difference(const Layer& layer, const Shape& shape, const RecurrentOptions<double>& options) {
  Rng rng(3);
  const Tensor<double> x = test::random(shape, rng);
  Tensor<double> place = test::random(shape, rng);
  Tape<double> tape, planned;
  PackedWeights<double> weights;
  Plan<double> plan(weights);
  planned.set_recording(false);
  plan.add_input(place.view());
  plan.add_input(options.mask);
  planned.set_plan(&plan);
  const RecurrentResult<double> actual = layer.run(planned.input(place), options);
  const View<const double> result = actual.output.value();
  plan.finish({&result, 1});
  std::copy(x.begin(), x.end(), place.begin());
  Arena scratch;
  plan.run(scratch);
  const RecurrentResult<double> expected = layer.run(tape.input(x), options);
  double largest = 0;
  const auto compare = [&](Var<double> a, Var<double> b) {
    for (Index i = 0; i < b.size(); ++i) {
      largest = std::max(largest, std::abs(a.value().data()[i] - b.value().data()[i]));
    }
  };
  compare(actual.output, expected.output);
  if (options.output != RecurrentOutput::last) compare(actual.h_n, expected.h_n);
  if (options.output == RecurrentOutput::sequence && std::is_same_v<Layer, Lstm<double>>)
    compare(actual.c_n, expected.c_n);
  return largest;
}

template <class Layer>
void check_layer(const typename Layer::Config& config) {
  Rng rng(1);
  const Layer layer(config, rng);
  for (const auto output : {RecurrentOutput::sequence, RecurrentOutput::last, RecurrentOutput::state}) {
    INFO("output ", static_cast<int>(output));
    CHECK(plan_difference(layer, {1, 7, 3}, {.output = output}) < 1e-14);
    CHECK(plan_difference(layer, {1, 3}, {.steps = 4, .output = output}) < 1e-14);
    if (config.bidirectional) continue;
    CHECK(plan_difference(layer, {1, 7, 3}, {.output = output, .reverse = true}) < 1e-14);
  }
}

}  // namespace

TEST_CASE("a plan of a single sequence gives what the layer gives, for all outputs and numbers of biases") {
  for (const Index biases : {0, 1, 2}) {
    INFO(biases, " biases");
    check_layer<Lstm<double>>({.input_size = 3, .hidden_size = 5, .biases = biases});
    check_layer<Lstm<double>>(
        {.input_size = 3, .hidden_size = 5, .num_layers = 2, .bidirectional = true, .biases = biases});
    check_layer<Gru<double>>({.input_size = 3, .hidden_size = 5, .biases = biases});
    check_layer<Gru<double>>(
        {.input_size = 3, .hidden_size = 5, .num_layers = 2, .bidirectional = true, .biases = biases});
  }
}

TEST_CASE("what has no form for a single sequence is planned as it is: a reset gate before the product, masks") {
  Rng rng(1);
  CHECK(plan_difference(Gru<double>({.input_size = 3, .hidden_size = 5, .reset_after = false}, rng), {1, 7, 3}, {}) ==
        0);
  const Lstm<double> layer({.input_size = 3, .hidden_size = 5}, rng);
  CHECK(plan_difference(layer, {2, 7, 3}, {}) == 0);
  Tensor<double> mask({1, 7}, 1.0);
  mask(0, 2) = 0;
  CHECK(plan_difference(layer, {1, 7, 3}, {.mask = mask}) == 0);
}
