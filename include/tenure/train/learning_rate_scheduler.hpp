/// Callbacks that set the learning rate: by a schedule of optim/schedules.hpp, or when a loss no longer improves.
#pragma once

#include <limits>
#include <string>

#include "../core/finite.hpp"
#include "../optim/schedules.hpp"
#include "callback.hpp"

namespace tenure { inline namespace TENURE_ABI {

/// When a schedule is asked, and what its t counts.
enum class Every { epoch, step };

/// Keras's LearningRateScheduler, before every epoch; or before every step, as Keras's optimizers use their schedules:
/// `LearningRateScheduler schedule(CosineDecay{.initial_learning_rate = 1e-3, .decay_steps = 900}, Every::step);`
template <class Schedule>
class LearningRateScheduler final : public Callback {
 public:
  explicit LearningRateScheduler(Schedule schedule, Every every = Every::epoch) : schedule_(schedule), every_(every) {}

  void on_epoch_begin(Training& training) override {
    if (every_ == Every::epoch) training.learning_rate = schedule_(training.epoch);
  }
  void on_batch_begin(Training& training) override {
    if (every_ == Every::step) training.learning_rate = schedule_(training.step);
  }

 private:
  Schedule schedule_;
  Every every_;
};

/// The defaults are Keras's. PyTorch's patience of n is n + 1 here, its cooldown of n is n + 1, and its threshold is a
/// min_delta that is relative.
struct ReduceLrOnPlateauConfig {
  std::string monitor = "val_loss";  ///< a name in the history, of what is better the less it is
  double factor = 0.1;
  Index patience = 10;      ///< epochs without improvement before the rate is reduced
  double min_delta = 1e-4;  ///< a smaller improvement is none
  bool relative = false;    ///< min_delta is a share of the best value
  Index cooldown = 0;       ///< epochs after a reduction that do not count, the last of them aside
  double min_lr = 0;        ///< the learning rate goes no lower
};

/// Keras's and PyTorch's ReduceLROnPlateau for a value that is to be small: after every epoch of fit(), or called by
/// hand.
class ReduceLrOnPlateau final : public Callback {
 public:
  /// @throws ValueError for a factor outside (0, 1) or a patience below 0
  [[gnu::cold]] explicit ReduceLrOnPlateau(ReduceLrOnPlateauConfig settings = {}) : config(std::move(settings)) {
    if (!(config.factor > 0 && config.factor < 1)) {
      throw ValueError("reduce learning rate on plateau", "a factor in (0, 1)", {config.factor});
    }
    if (config.patience < 0)
      throw ValueError("reduce learning rate on plateau", "a patience of at least 0", {config.patience});
  }

  /// @throws ValueError when the history lacks what is monitored
  void on_epoch_end(Training& training) override {
    training.learning_rate = (*this)(training.history.last(config.monitor), training.learning_rate);
  }

  /// The learning rate after an epoch that gave `value` at `learning_rate`.
  double operator()(double value, double learning_rate) noexcept {
    if (cooling_ > 0) {
      --cooling_;
      waited_ = 0;
    }
    const double wanted = config.relative ? best_ - std::abs(best_) * config.min_delta : best_ - config.min_delta;
    if (is_finite(value) && value < wanted) {
      best_ = value;
      waited_ = 0;
      return learning_rate;
    }
    if (cooling_ > 0 || ++waited_ < config.patience) return learning_rate;
    if (learning_rate <= config.min_lr) return learning_rate;
    cooling_ = config.cooldown;
    waited_ = 0;
    return (std::max)(learning_rate * config.factor, config.min_lr);
  }

  /// All that the next epoch depends on, as Optimizer's.
  static void state(auto& self, auto&& f) {
    f("best", self.best_);
    f("waited", self.waited_);
    f("cooling", self.cooling_);
  }

  ReduceLrOnPlateauConfig config;

 private:
  double best_ = (std::numeric_limits<double>::max)();
  Index waited_ = 0;   // epochs since the best
  Index cooling_ = 0;  // epochs still to come that do not count
};

}}  // namespace tenure::TENURE_ABI
