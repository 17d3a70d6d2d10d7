/// Training of the daily LTV model as published: mean squared error, Keras's Adam, batches of 32, 50 epochs.
#pragma once

#include "../../metrics/regression.hpp"
#include "../../ops/losses.hpp"
#include "../../optim/adam.hpp"
#include "../../train/fit.hpp"
#include "data.hpp"
#include "network.hpp"

namespace tenure { inline namespace TENURE_ABI { namespace clv {

inline constexpr AdamConfig ltv_adam(double learning_rate = 1e-3) noexcept { return AdamConfig::keras(learning_rate); }

/// The mean absolute error of growth rates, as "mae" and "val_mae" in the history.
[[gnu::cold]] inline std::vector<Metric<float>> ltv_metrics() {
  return {
      {"mae", [](View<const float> prediction, View<const float> target) { return metrics::mae(prediction, target); }}};
}

struct LtvTraining {
  Index epochs = 50;
  Index batch_size = 32;
  std::uint64_t seed = 42;
  double learning_rate = 1e-3;
};

/// Trains without a word on some rows' sequences, and validates nothing.
[[gnu::cold]] inline void train_ltv(DailyLtv<float>& model, const LtvDataset& train, const LtvTraining& training) {
  const Parameters<float> parameters(model);
  Adam<float> adam(parameters, ltv_adam(training.learning_rate));
  fit(model, adam, mse, train,
      {.epochs = training.epochs,
       .batch_size = training.batch_size,
       .seed = training.seed,
       .progress = Progress::silent});
}

}}}  // namespace tenure::TENURE_ABI::clv
