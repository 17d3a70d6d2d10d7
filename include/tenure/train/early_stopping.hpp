/// Ends a training that no longer improves: Keras's EarlyStopping.
#pragma once

#include "best_weights.hpp"

namespace tenure { inline namespace TENURE_ABI {

/// The defaults are Keras's.
struct EarlyStoppingConfig {
  std::string monitor = "val_loss";  ///< a name in the history
  Index patience = 0;                ///< epochs without improvement after which the training ends
  double min_delta = 0;              ///< a smaller improvement is none
  Mode mode = Mode::min;
  bool restore_best_weights = false;  ///< at the end, however it came about, as BestWeights
};

class EarlyStopping final : public Callback {
 public:
  /// @throws ValueError for a patience or min_delta below 0
  [[gnu::cold]] explicit EarlyStopping(EarlyStoppingConfig settings = {}) : config(std::move(settings)) {
    if (config.patience < 0) throw ValueError(stateful(), "a patience of at least 0", {config.patience});
    if (!is_finite(config.min_delta) || !(config.min_delta >= 0)) {
      throw ValueError(stateful(), "a min_delta of at least 0", {config.min_delta});
    }
  }

  /// Begins anew, unless the training goes on with an initial epoch: it then ends at once where it had ended.
  /// @throws ValueError when the history will lack what is monitored
  [[gnu::cold]] void on_train_begin(Training& training) override {
    training.check_monitored(stateful(), config.monitor);
    if (training.epoch == 0) {
      best_ = {};
      waited_ = 0;
    }
    best_.check(stateful(), training);
    if (training.epoch > 1 && waited_ > 0 && waited_ >= config.patience) stop(training);
  }

  [[gnu::cold]] void on_epoch_end(Training& training) override {
    const double value = training.history.last(config.monitor);
    ++waited_;
    if (best_.update(training, value, config.mode, config.min_delta, config.restore_best_weights)) {
      waited_ = 0;
    } else if (waited_ >= config.patience && training.epoch > 0) {
      stop(training);
    }
  }

  [[gnu::cold]] void on_train_end(Training& training) override {
    if (config.restore_best_weights) best_.restore(training);
  }

  std::string_view stateful() const noexcept override { return "early stopping"; }

  /// From 0; -1 before any was finite.
  Index best_epoch() const noexcept { return best_.epoch; }
  double best() const noexcept { return best_.value; }

  /// For a checkpoint: what decides when the training ends, and the weights that it then has.
  static void state(auto& self, auto&& f) {
    f("best", self.best_.value);
    f("best_epoch", self.best_.epoch);
    f("waited", self.waited_);
    if (self.config.restore_best_weights) f("weights", self.best_.weights);
  }

  EarlyStoppingConfig config;

 private:
  void stop(Training& training) const {
    training.stop("no better " + config.monitor + " in " + std::to_string(waited_) + " epochs");
  }

  detail::BestEpoch best_;
  Index waited_ = 0;  // epochs since the best
};

}}  // namespace tenure::TENURE_ABI
