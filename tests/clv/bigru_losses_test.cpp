#include <doctest/doctest.h>

#include <fstream>
#include <tenure/clv/bigru.hpp>
#include <tenure/ops/losses.hpp>
#include <tenure/optim/adam.hpp>

#include "../sanitized.hpp"
#include "golden_numbers.hpp"

using namespace tenure;
using namespace tenure::clv;
using test::number;

namespace {

constexpr Index batch = 32, window = 30, features = 8;
#ifdef TENURE_TEST_SANITIZED
constexpr Index steps = 2;
#else
constexpr Index steps = 50;
#endif

/// As make_bigru_golden.py has it.
double initial(const std::string& name, Index i) {
  return name == "norm.weight" ? 1 + number(name, i) / 64 : number(name, i) / 8;
}

/// The largest relative difference of the losses from one of the golden columns.
template <class T>
double largest_difference(bool attention, int column) {
  Rng rng;
  BiGru<T> model({.features = features, .dropout = 0, .attention = attention}, rng);
  test::set_parameters<T>(model, initial);
  const Parameters<T> parameters(model);
  Adam<T> adam(parameters);
  Tape<T> tape;
  Tensor<T> x({batch, window, features}), y({batch, 1});
  std::ifstream golden(std::string(__FILE__).substr(0, std::string(__FILE__).rfind('/')) + "/bigru_losses.txt");
  double largest = 0;
  for (Index step = 0; step < steps; ++step, tape.reset()) {
    const std::string number_of_step = std::to_string(step);
    const auto draw = [&](Index i) { return number("x" + number_of_step, i); };
    for (Index i = 0; i < x.size(); ++i) x.data()[i] = static_cast<T>(draw(i));
    for (Index b = 0; b < batch; ++b) {
      const Index end = (b + 1) * window * features;
      const double product = draw(end - features) * draw(end - 7 * features + 1);
      y(b, 0) = static_cast<T>(product + 0.5 * number("y" + number_of_step, b));
    }
    const Var<T> loss = mse(model(tape.input(x)), tape.input(y));
    loss.backward();
    adam.step();
    double expected[4] = {};
    for (double& value : expected) golden >> value;
    REQUIRE(golden);
    largest = std::max(largest, std::abs(static_cast<double>(loss.item()) / expected[column] - 1));
  }
  return largest;
}

}  // namespace

TEST_CASE("the losses of 50 steps are those of PyTorch, of the last step and with attention") {
  CHECK(largest_difference<double>(false, 0) < 1e-10);
  CHECK(largest_difference<float>(false, 1) < 1e-5);
  CHECK(largest_difference<double>(true, 2) < 1e-10);
  CHECK(largest_difference<float>(true, 3) < 1e-5);
}
