#include <tenure/clv/hybrid/network.hpp>
#include <tenure/ops/losses.hpp>

#include "../pytorch_losses.hpp"

using namespace tenure;
using namespace tenure::clv;
using namespace tenure::test;

namespace {

/// As make_golden.py has it.
double initial(const std::string& name, Index i) {
  const double value = number(name, i);
  const auto has = [&](const char* part) { return name.find(part) != std::string::npos; };
  if (has("norm") && name.ends_with("weight")) return 1 + value / 64;
  if (has("bias")) return value / 64 + (has("ih_l0") && i >= 64 && i < 128 ? 1 : 0);
  return value / (has("attn") ? 32 : 8);
}

constexpr Index all_rows = 96, batch_rows = 30;

template <class T>
struct Data {
  Tensor<T> temporal{{batch_rows, 6, 5}}, trend{{batch_rows, 6, 12}}, target{{batch_rows, 6}};
  Tensor<std::int64_t> places{{batch_rows, 16}};

  void fill(Index step) {
    const auto long_tailed = [](const char* name, Index i) {
      const double square = number(name, i) * number(name, i);
      return static_cast<T>(square * square);
    };
    places.fill(0);
    for (Index i = 0; i < batch_rows; ++i) {
      const Index row = 7 * (batch_rows * step + i) % all_rows;
      for (Index t = 0; t < 6; ++t) {
        const auto draw = [&](Index k) { return number("temporal", (row * 6 + t) * 5 + k); };
        temporal(i, t, 0) = static_cast<T>(1 + std::floor((draw(0) + 1) * 6));
        temporal(i, t, 1) = static_cast<T>(2010 + std::floor(draw(1) + 1));
        temporal(i, t, 2) = static_cast<T>(draw(2));
        temporal(i, t, 3) = static_cast<T>(draw(3));
        temporal(i, t, 4) = draw(4) > 0.25;
        for (Index k = 0; k < 12; ++k) trend(i, t, k) = long_tailed("trend", (row * 6 + t) * 12 + k);
        target(i, t) = (1 + trend(i, t, 0)) / 32;
      }
      places(i, static_cast<Index>((number("country", row) + 1) * 8)) = 1;
    }
  }
};

template <class T>
double difference(const AdamConfig& config, int column) {
  Rng rng;
  Hybrid<T> model({.categories = 16}, rng);
  initialize<T>(model, initial);
  Data<T> data;
  return largest_difference<T>(model, config, "hybrid/losses.txt", column, [&](Tape<T>& tape, Index step) {
    data.fill(step);
    return mse(model(tape.input(data.temporal), tape.input(data.trend), data.places.view()), tape.input(data.target));
  });
}

}  // namespace

TEST_CASE("the losses of 100 steps are those of PyTorch, with Keras's Adam and with PyTorch's") {
  CHECK(difference<float>(keras_adam, 1) < 1e-5);
  CHECK(difference<float>(pytorch_adam, 3) < 1e-5);
  CHECK(difference<double>(keras_adam, 0) < 1e-10);
  CHECK(difference<double>(pytorch_adam, 2) < 1e-10);
}
