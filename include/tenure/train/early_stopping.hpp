/// Ends a training that no longer improves: Keras's EarlyStopping.
#pragma once

#include <cmath>
#include <cstring>

#include "../core/finite.hpp"
#include "callback.hpp"

namespace tenure { inline namespace TENURE_ABI {

/// Whether the least of what is monitored is best, or the most.
enum class Mode { min, max };

/// The defaults are Keras's.
struct EarlyStoppingConfig {
  std::string monitor = "val_loss";  ///< a name in the history
  Index patience = 0;                ///< epochs without improvement after which the training ends
  double min_delta = 0;              ///< a smaller improvement is none
  Mode mode = Mode::min;
  bool restore_best_weights = false;  ///< at the end, however it came about
};

class EarlyStopping final : public Callback {
 public:
  [[gnu::cold]] explicit EarlyStopping(EarlyStoppingConfig settings = {}) : config(std::move(settings)) {
    if (config.patience < 0) throw ValueError("early stopping", "a patience of at least 0", {config.patience});
  }

  /// Begins anew, unless the training goes on with an initial epoch.
  [[gnu::cold]] void on_train_begin(Training& training) override {
    if (training.epoch > 0) return;
    best_epoch_ = -1;
    waited_ = 0;
    weights_.clear();
  }

  /// @throws ValueError when the history lacks what is monitored
  [[gnu::cold]] void on_epoch_end(Training& training) override {
    const double value = training.history.last(config.monitor);
    ++waited_;
    if (improves(value)) {
      best_ = value;
      best_epoch_ = training.epoch;
      waited_ = 0;
      if (config.restore_best_weights) weights_.assign(training.weights.begin(), training.weights.end());
    } else if (waited_ >= config.patience && training.epoch > 0) {
      training.stop("no better " + config.monitor + " in " + std::to_string(waited_) + " epochs");
    }
  }

  [[gnu::cold]] void on_train_end(Training& training) override {
    if (!weights_.empty()) std::memcpy(training.weights.data(), weights_.data(), weights_.size());
  }

  /// From 0; -1 before any was finite.
  Index best_epoch() const noexcept { return best_epoch_; }
  double best() const noexcept { return best_; }

  /// What decides when the training ends, for a checkpoint; the best weights are not in it.
  static void state(auto& self, auto&& f) {
    f("best", self.best_);
    f("best_epoch", self.best_epoch_);
    f("waited", self.waited_);
  }

  EarlyStoppingConfig config;

 private:
  bool improves(double value) const noexcept {
    if (!is_finite(value)) return false;
    if (best_epoch_ < 0) return true;
    return config.mode == Mode::max ? value > best_ + config.min_delta : value < best_ - config.min_delta;
  }

  double best_ = 0;
  Index best_epoch_ = -1;
  Index waited_ = 0;
  std::vector<std::byte> weights_;
};

}}  // namespace tenure::TENURE_ABI
