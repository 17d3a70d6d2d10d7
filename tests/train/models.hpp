/// What the tests of train/ train.
#pragma once

#include "tenure/nn/linear.hpp"
#include "tenure/ops/activations.hpp"
#include "tenure/ops/arithmetic.hpp"
#include "tenure/ops/dropout.hpp"
#include "tenure/ops/embedding.hpp"
#include "tenure/ops/losses.hpp"
#include "tenure/train/fit.hpp"
#include "tenure/train/predict.hpp"

namespace tenure::test {

struct Mlp {
  Linear<float> hidden;
  Linear<float> head;
  double rate = 0;  // of dropout

  explicit Mlp(Rng& rng, Index inputs = 2, Index units = 16)
      : hidden({.in_features = inputs, .out_features = units}, rng),
        head({.in_features = units, .out_features = 1}, rng) {}
  static void fields(auto& self, auto&& f) {
    f("hidden", self.hidden);
    f("head", self.head);
  }
  Var<float> operator()(Var<float> x, Rng* rng = nullptr) const {
    const Var<float> h = tanh(hidden(x));
    return head(rng && rate > 0 ? dropout(h, rate, *rng) : h);
  }
};

inline TensorDataset<float, float> make_xor() {
  return {Tensor<float>::from({{0, 0}, {0, 1}, {1, 0}, {1, 1}}), Tensor<float>::from({{0}, {1}, {1}, {0}})};
}

/// y = x₀ − 2 x₁ + 1/2 and noise.
inline TensorDataset<float, float> make_regression(Index rows, std::uint64_t seed = 7) {
  Rng rng(seed);
  Tensor<float> x({rows, 2});
  Tensor<float> y({rows, 1});
  for (Index r = 0; r < rows; ++r) {
    for (float& value : x[r]) value = static_cast<float>(rng.uniform(-1, 1));
    y(r, 0) = x(r, 0) - 2 * x(r, 1) + 0.5F + static_cast<float>(rng.normal(0, 0.01));
  }
  return {std::move(x), std::move(y)};
}

/// A model with its optimizer.
template <class Model, class Optimizer>
struct Trained {
  Rng rng{42};
  Model model;
  Parameters<float> parameters{model};
  Optimizer optimizer;

  explicit Trained(const decltype(Optimizer::config)& config) : model(rng), optimizer(parameters, config) {}
  std::vector<float> values() const { return {parameters.values().begin(), parameters.values().end()}; }
};

/// Of a quiet training in batches of 8, a quarter of the rows being validation data.
inline auto options_of(Index epochs, std::vector<Callback*> callbacks) {
  FitOptions<float, TensorDataset<float, float>> options{.epochs = epochs, .batch_size = 8, .validation_split = 0.25};
  options.callbacks = std::move(callbacks);
  options.progress = Progress::silent;
  return options;
}

}  // namespace tenure::test
