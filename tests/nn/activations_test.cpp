#include "tenure/nn/activations.hpp"

#include <doctest/doctest.h>

#include "tenure/autograd/module.hpp"

using namespace tenure;

namespace {

/// What the layer gives for −1, 0 and 2.
template <class Layer>
std::vector<double> of(const Layer& layer) {
  Tape<double> tape;
  const auto y = layer(tape.input(Tensor<double>({3}, {-1, 0, 2})));
  return {y.value().begin(), y.value().end()};
}

void check(const std::vector<double>& values, const std::vector<double>& expected) {
  for (std::size_t i = 0; i < 3; ++i) CHECK(values[i] == doctest::Approx(expected[i]));
}

}  // namespace

TEST_CASE("activation layers: each applies its function") {
  check(of(Relu{}), {0, 0, 2});
  check(of(LeakyRelu{}), {-0.01, 0, 2});
  check(of(LeakyRelu{.negative_slope = 0.3}), {-0.3, 0, 2});
  check(of(Gelu{}), {-0.158655253931, 0, 1.954499736104});
  check(of(Gelu{.approximate = true}), {-0.158808009, 0, 1.954597694});
  check(of(Tanh{}), {-0.761594155956, 0, 0.964027580076});
  check(of(Sigmoid{}), {0.268941421370, 0.5, 0.880797077978});
  check(of(Softplus{}), {0.313261687518, 0.693147180560, 2.126928011043});
  check(of(Softmax{}), {0.042010066, 0.114195199, 0.843794735});
  check(of(LogSoftmax{}), {-3.169845973, -2.169845973, -0.169845973});
}

TEST_CASE("activation layers: softmax along an axis of choice") {
  Tape<float> tape;
  const auto x = tape.input(Tensor<float>({2, 3}, 1));
  CHECK(Softmax{.dim = 0}(x).value()(1, 2) == doctest::Approx(0.5));
  CHECK(LogSoftmax{.dim = 0}(x).value()(1, 2) == doctest::Approx(-0.693147));
}

TEST_CASE("activation layers: are modules without parameters") {
  Relu relu;
  Softmax softmax;
  CHECK(Module<Relu>);
  CHECK(named_parameters<float>(relu).empty());
  CHECK(named_parameters<float>(softmax).empty());
}
