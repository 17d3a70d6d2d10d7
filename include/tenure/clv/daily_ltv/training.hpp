/// Training of the daily LTV model as published: mean squared error, Keras's Adam.
#pragma once

#include "../../metrics/regression.hpp"
#include "../../ops/losses.hpp"
#include "../../optim/adam.hpp"
#include "../training.hpp"
#include "data.hpp"
#include "network.hpp"

namespace tenure { inline namespace TENURE_ABI { namespace clv {

/// As published.
inline constexpr Index daily_ltv_epochs = 50;
/// As published.
inline constexpr Index daily_ltv_batch_size = 32;

namespace detail {

/// The mean absolute error of growth rates, as "mae" and "val_mae" in the history.
[[gnu::cold]] inline std::vector<Metric<float>> daily_ltv_metrics() {
  return {
      {"mae", [](View<const float> prediction, View<const float> target) { return metrics::mae(prediction, target); }}};
}

/// Trains without a word on all of some rows' sequences, and validates nothing.
/// @param training epochs, batch_size, seed and learning_rate alone
[[gnu::cold]] inline void train_daily_ltv(DailyLtv<float>& network, const DailyLtvSequences& sequences,
                                          const TrainingOptions& training) {
  const Parameters<float> parameters(network);
  Adam<float> adam(parameters, AdamConfig::keras(training.learning_rate));
  tenure::fit(network, adam, mse, DailyLtvDataset(sequences.growth, sequences.next),
              {.epochs = training.epochs.value_or(daily_ltv_epochs),
               .batch_size = training.batch_size.value_or(daily_ltv_batch_size),
               .seed = training.seed,
               .progress = Progress::silent});
}

}  // namespace detail

}}}  // namespace tenure::TENURE_ABI::clv
