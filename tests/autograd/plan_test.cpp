#include "tenure/autograd/plan.hpp"

#include <doctest/doctest.h>

#include "../gradient_check.hpp"
#include "tenure/ops/arithmetic.hpp"
#include "tenure/ops/linear.hpp"
#include "tenure/ops/reshape.hpp"

using namespace tenure;

namespace {

/// f of a row and a model's parameters, planned with zeros and run with other values; and f itself.
struct Outcome {
  Tensor<double> planned, expected;
};

Outcome run(Var<double> (*f)(Var<double> x, Var<double> weight, Var<double> bias)) {
  Rng rng(5);
  const Parameter<double> weight(test::random({3, 4}, rng)), bias(test::random({4}, rng));
  const Tensor<double> x = test::random({1, 3}, rng);
  Tensor<double> place({1, 3});
  Tape<double> tape, planned;
  PackedWeights<double> weights;
  Plan<double> plan(weights);
  planned.set_recording(false);
  plan.add_input(place.view());
  planned.set_plan(&plan);
  const Var<double> y = f(planned.input(place), planned.parameter(weight), planned.parameter(bias));
  const View<const double> result = y.value();
  plan.finish({&result, 1});
  std::copy(x.begin(), x.end(), place.begin());
  Arena scratch;
  plan.run(scratch);
  return {Tensor<double>(y.value()),
          Tensor<double>(f(tape.input(x), tape.parameter(weight), tape.parameter(bias)).value())};
}

void check(const Outcome& outcome) {
  REQUIRE(outcome.planned.shape() == outcome.expected.shape());
  for (Index i = 0; i < outcome.planned.size(); ++i) {
    CHECK(outcome.planned.data()[i] == doctest::Approx(outcome.expected.data()[i]).epsilon(1e-14));
  }
}

}  // namespace

TEST_CASE("a plan carries operations out again with other values, a product and its ReLU as one") {
  check(run([](auto x, auto w, auto b) { return relu(linear(x, w, b)); }));
  check(run([](auto x, auto w, auto b) { return tanh(linear(x * x, w, b)); }));
}

TEST_CASE("a product that something else reads too is not fused with its ReLU") {
  check(run([](auto x, auto w, auto b) {
    const auto y = linear(x, w, b);
    return relu(y) + y;
  }));
  check(run([](auto x, auto w, auto b) {
    const auto y = linear(x, w, b);
    relu(y);
    return y;
  }));
  check(run([](auto x, auto w, auto b) {
    const auto y = reshape(linear(x, w, b), {4});
    return reshape(relu(y), {2, 2}) + reshape(y, {2, 2});
  }));
}

TEST_CASE("one weight with different biases, or in part, is packed as often") {
  check(run([](auto x, auto w, auto b) { return linear(x, w) + linear(x, w, b) * linear(x, w, relu(b)); }));
  check(run([](auto x, auto w, auto b) {
    return linear(x, w, Columns{0, 2}) * linear(x, w, Columns{2, 4}) + reshape(linear(x, w, b), {2, 2});
  }));
}
