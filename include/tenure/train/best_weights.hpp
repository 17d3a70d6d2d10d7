/// The weights of the best epoch, for a model that learns its training data by heart in the later ones.
///
///   BestWeights<float> best(parameters);   // the model ends with its best weights
///   fit(model, adam, mse, train, {.epochs = 30, .validation_data = &validation, .callbacks = {&best}});
///
/// EarlyStopping's `restore_best_weights` is the same for trainings that are not resumed: this one's state has the
/// weights, so that it may stand among what ModelCheckpoint keeps.
#pragma once

#include <cstring>
#include <limits>
#include <memory>

#include "../autograd/parameters.hpp"
#include "callback.hpp"

namespace tenure { inline namespace TENURE_ABI {

template <class T>
class BestWeights final : public Callback {
 public:
  /// @param monitor a name in the history, of what is better the less it is
  [[gnu::cold]] explicit BestWeights(const Parameters<T>& parameters, std::string monitor = "val_loss")
      : storage_(parameters.storage()), weights_(storage_->values), monitor_(std::move(monitor)) {}

  /// Begins anew, unless the training goes on with an initial epoch.
  [[gnu::cold]] void on_train_begin(Training& training) override {
    if (training.epoch == 0) epoch_ = -1;
  }

  /// @throws ValueError when the history lacks what is monitored
  [[gnu::cold]] void on_epoch_end(Training& training) override {
    const double value = training.history.last(monitor_);
    if (!is_finite(value) || (epoch_ >= 0 && value >= best_)) return;
    best_ = value;
    epoch_ = training.epoch;
    std::memcpy(weights_.data(), training.weights.data(), training.weights.size());
  }

  /// The model has the best weights from now on, however the training ended.
  [[gnu::cold]] void on_train_end(Training& training) override {
    if (epoch_ >= 0) std::memcpy(training.weights.data(), weights_.data(), training.weights.size());
  }

  /// From 0; -1 before any loss was finite.
  Index epoch() const noexcept { return epoch_; }
  double best() const noexcept { return best_; }

  /// For a checkpoint.
  static void state(auto& self, auto&& f) {
    f("weights", self.weights_);
    f("best", self.best_);
    f("epoch", self.epoch_);
  }
  const ParameterStorage<T>& storage() const noexcept { return *storage_; }

 private:
  std::shared_ptr<ParameterStorage<T>> storage_;
  Tensor<T> weights_;  // laid out as the parameters
  std::string monitor_;
  double best_ = 0;
  Index epoch_ = -1;
};

}}  // namespace tenure::TENURE_ABI
