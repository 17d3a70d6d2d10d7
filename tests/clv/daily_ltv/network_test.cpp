#include <tenure/clv/daily_ltv/network.hpp>
#include <tenure/ops/losses.hpp>

#include "../../message.hpp"
#include "../pytorch_losses.hpp"

using namespace tenure;
using namespace tenure::clv;
using namespace tenure::test;

namespace {

/// As make_golden.py has it.
double initial(const std::string& name, Index i) {
  const double value = number(name, i);
  if (name.find("bias") == std::string::npos) return value / 4;
  const Index units = name.starts_with("lstm1") ? 32 : 16;
  return value / 64 + (name.ends_with("bias_ih_l0") && i >= units && i < 2 * units ? 1 : 0);
}

constexpr Index all_rows = 96, batch_rows = 32;

template <class T>
double difference(const AdamConfig& config, int column) {
  Rng rng;
  DailyLtv<T> model({.dropout = 0}, rng);
  initialize<T>(model, initial);
  Tensor<T> x({batch_rows, 6, 1}), y({batch_rows, 1});
  return largest_difference<T>(model, config, "daily_ltv/losses.txt", column, [&](Tape<T>& tape, Index step) {
    for (Index i = 0; i < batch_rows; ++i) {
      const Index row = 7 * (batch_rows * step + i) % all_rows;
      const auto growth = [&](Index t) { return static_cast<T>(std::pow(number("growth", row * 7 + t), 4)); };
      for (Index t = 0; t < 6; ++t) x(i, t, 0) = growth(t);
      y(i, 0) = growth(6);
    }
    return mse(model(tape.input(x), &rng), tape.input(y));
  });
}

}  // namespace

TEST_CASE("the losses of the daily LTV model's first 100 steps are those of PyTorch") {
  CHECK(difference<double>(keras_adam, 0) < 1e-10);
  CHECK(difference<double>(pytorch_adam, 2) < 1e-10);
  CHECK(difference<float>(keras_adam, 1) < 1e-5);
  CHECK(difference<float>(pytorch_adam, 3) < 1e-5);
}

TEST_CASE("the daily LTV model: its size, growth above 0, dropout in training alone, and errors that name the layer") {
  Rng rng(1);
  DailyLtv<float> model({}, rng);
  Index count = 0;
  for (const auto& [name, parameter] : named_parameters<float>(model)) count += parameter->size();
  CHECK(count == 7'633);
  Tape<float> tape;
  const auto x = Tensor<float>({4, 6, 1}, 0.1F);
  const auto y = model(tape.input(x)).value();
  CHECK(y.shape() == Shape{4, 1});
  for (const float growth : y) CHECK(growth > 0);
  CHECK(y(0, 0) == y(3, 0));
  const auto dropped = model(tape.input(x), &rng).value();
  CHECK(dropped(0, 0) != dropped(3, 0));
  const Parameters<float> parameters(model);
  check_throws<ShapeError>([&] { model(tape.input(Tensor<float>({4, 6, 2}))); }, {"lstm1", "1 feature"});
}
