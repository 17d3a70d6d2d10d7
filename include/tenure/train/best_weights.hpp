/// The weights of the best epoch, for a model that learns its training data by heart in the later ones.
///
///   BestWeights best;   // the model ends with its best weights
///   fit(model, adam, mse, train, {.epochs = 30, .validation_data = &validation, .callbacks = {&best}});
///
/// EarlyStopping's `restore_best_weights` is the same, and ends the training too.
#pragma once

#include <cstring>
#include <vector>

#include "../core/finite.hpp"
#include "callback.hpp"

namespace tenure { inline namespace TENURE_ABI {

/// Whether the least of what is monitored is best, or the most.
enum class Mode { min, max };

namespace detail {

/// The best epoch so far by what is monitored, and the weights that the model had after it.
struct BestEpoch {
  double value = 0;
  Index epoch = -1;  // from 0; -1 before any value was finite
  std::vector<std::byte> weights = {};

  /// Whether this epoch is the best so far; its weights are then kept, if wanted. A smaller improvement than min_delta
  /// is none, nor is what is not finite.
  [[gnu::cold]] bool update(const Training& training, double now, Mode mode, double min_delta, bool keep_weights) {
    if (!is_finite(now)) return false;
    const bool better = mode == Mode::max ? now > value + min_delta : now < value - min_delta;
    if (epoch >= 0 && !better) return false;
    value = now;
    epoch = training.epoch;
    if (keep_weights) weights.assign(training.weights.begin(), training.weights.end());
    return true;
  }

  /// Gives the weights back to the model, if some were kept.
  [[gnu::cold]] void restore(Training& training) const {
    if (epoch < 0 || weights.empty()) return;
    std::memcpy(training.weights.data(), weights.data(), weights.size());
  }

  /// @throws StateError for weights of another model
  [[gnu::cold]] void check(std::string_view who, const Training& training) const {
    if (weights.empty() || weights.size() == training.weights.size()) return;
    throw StateError(who, {"best weights of this model, ", training.weights.size(), " bytes"}, {weights.size()});
  }
};

}  // namespace detail

struct BestWeightsConfig {
  std::string monitor = "val_loss";  ///< a name in the history
  Mode mode = Mode::min;
};

/// The model ends with the weights of its best epoch, however the training ended. Among ModelCheckpoint's parts it knows
/// the best epoch of a training that was resumed.
class BestWeights final : public Callback {
 public:
  [[gnu::cold]] explicit BestWeights(BestWeightsConfig settings = {}) : config(std::move(settings)) {}

  /// Begins anew, unless the training goes on with an initial epoch.
  /// @throws ValueError when the history will lack what is monitored
  [[gnu::cold]] void on_train_begin(Training& training) override {
    training.check_monitored(stateful(), config.monitor);
    if (training.epoch == 0) best_ = {};
    best_.check(stateful(), training);
  }

  [[gnu::cold]] void on_epoch_end(Training& training) override {
    best_.update(training, training.history.last(config.monitor), config.mode, 0, true);
  }

  [[gnu::cold]] void on_train_end(Training& training) override { best_.restore(training); }

  std::string_view stateful() const noexcept override { return "best weights"; }

  /// From 0; -1 before any was finite.
  Index epoch() const noexcept { return best_.epoch; }
  double best() const noexcept { return best_.value; }

  /// For a checkpoint.
  static void state(auto& self, auto&& f) {
    f("weights", self.best_.weights);
    f("best", self.best_.value);
    f("epoch", self.best_.epoch);
  }

  BestWeightsConfig config;

 private:
  detail::BestEpoch best_;
};

}}  // namespace tenure::TENURE_ABI
