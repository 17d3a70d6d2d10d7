/// Callbacks that set the learning rate by the schedules of optim/schedules.hpp.
#pragma once

#include <string>

#include "../optim/schedules.hpp"
#include "callback.hpp"

namespace tenure { inline namespace TENURE_ABI {

/// Before every step: `ScheduleBySteps schedule(WarmUp(100, CosineSchedule{.initial = 1e-3, .steps = 900}));`
template <class Schedule>
class ScheduleBySteps final : public Callback {
 public:
  explicit ScheduleBySteps(Schedule schedule) : schedule_(schedule) {}
  void on_batch_begin(Training& training) override { training.learning_rate = schedule_(training.step); }

 private:
  Schedule schedule_;
};

/// Before every epoch.
template <class Schedule>
class ScheduleByEpochs final : public Callback {
 public:
  explicit ScheduleByEpochs(Schedule schedule) : schedule_(schedule) {}
  void on_epoch_begin(Training& training) override { training.learning_rate = schedule_(training.epoch); }

 private:
  Schedule schedule_;
};

/// After every epoch, as Keras's ReduceLROnPlateau. `plateau` has state for a checkpoint.
class ReduceLearningRate final : public Callback {
 public:
  [[gnu::cold]] explicit ReduceLearningRate(const ReduceOnPlateauConfig& config = {}, std::string monitor = "val_loss")
      : plateau(config), monitor_(std::move(monitor)) {}

  /// @throws ValueError when the history lacks what is monitored
  void on_epoch_end(Training& training) override {
    training.learning_rate = plateau(training.history.last(monitor_), training.learning_rate);
  }

  ReduceOnPlateau plateau;

 private:
  std::string monitor_;
};

}}  // namespace tenure::TENURE_ABI
