#include <tenure/clv/bigru/network.hpp>
#include <tenure/ops/losses.hpp>

#include "../pytorch_losses.hpp"

using namespace tenure;
using namespace tenure::clv;
using test::number;

#ifndef TENURE_TEST_SANITIZED

namespace {

constexpr Index batch = 32, window = 30, features = 8;

/// As make_golden.py has it.
double initial(const std::string& name, Index i) {
  return name == "norm.weight" ? 1 + number(name, i) / 64 : number(name, i) / 8;
}

template <class T>
double difference(bool attention, int column) {
  Rng rng;
  BiGru<T> model({.features = features, .dropout = 0, .attention = attention}, rng);
  test::initialize<T>(model, initial);
  Tensor<T> x({batch, window, features}), y({batch, 1});
  const auto loss = [&](Tape<T>& tape, Index step) {
    const std::string suffix = std::to_string(step);
    const auto draw = [&](Index i) { return number("x" + suffix, i); };
    for (Index i = 0; i < x.size(); ++i) x.data()[i] = static_cast<T>(draw(i));
    for (Index b = 0; b < batch; ++b) {
      const Index end = (b + 1) * window * features;
      y(b, 0) = static_cast<T>(draw(end - features) * draw(end - 7 * features + 1) + 0.5 * number("y" + suffix, b));
    }
    return mse(model(tape.input(x)), tape.input(y));
  };
  return test::largest_difference<T>(model, {}, "bigru/losses.txt", column, loss, 50);
}

}  // namespace

TEST_CASE("the losses of 50 steps are those of PyTorch, of the last step and with attention") {
  CHECK(difference<double>(false, 0) < 1e-10);
  CHECK(difference<float>(false, 1) < 1e-5);
  CHECK(difference<double>(true, 2) < 1e-10);
  CHECK(difference<float>(true, 3) < 1e-5);
}

#else

TEST_CASE("the losses of 50 steps are those of PyTorch") {
  MESSAGE("skipped: unoptimized, two steps take minutes, of code that bigru_test.cpp runs in a smaller size");
}

#endif
