/// Training of the daily LTV model as published: mean squared error, Keras's Adam, batches of 32, 50 epochs.
#pragma once

#include "../../metrics/regression.hpp"
#include "../../ops/losses.hpp"
#include "../../optim/adam.hpp"
#include "../../train/fit.hpp"
#include "data.hpp"
#include "network.hpp"

namespace tenure { inline namespace TENURE_ABI { namespace clv {

inline constexpr AdamConfig daily_ltv_adam(double learning_rate = 1e-3) noexcept {
  return {.learning_rate = learning_rate, .epsilon = 1e-7, .epsilon_outside = true};
}

/// The mean absolute error of growth rates, as "mae" and "val_mae" in the history.
[[gnu::cold]] inline std::vector<Metric<float>> daily_ltv_metrics() {
  return {
      {"mae", [](View<const float> prediction, View<const float> target) { return metrics::mae(prediction, target); }}};
}

struct DailyLtvTraining {
  Index epochs = 50;
  Index batch_size = 32;
  std::uint64_t seed = 42;
  double learning_rate = 1e-3;
};

/// Trains without a word on some rows' sequences, and validates nothing.
[[gnu::cold]] inline void train_daily_ltv(DailyLtv<float>& model, const DailyLtvDataset& train,
                                          const DailyLtvTraining& training) {
  const Parameters<float> parameters(model);
  Adam<float> adam(parameters, daily_ltv_adam(training.learning_rate));
  fit(model, adam, mse, train,
      {.epochs = training.epochs,
       .batch_size = training.batch_size,
       .seed = training.seed,
       .progress = Progress::silent});
}

}}}  // namespace tenure::TENURE_ABI::clv
