/// Callbacks that set the learning rate: by a schedule of optim/schedules.hpp, or when a loss no longer improves.
#pragma once

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>

#include "../core/finite.hpp"
#include "../optim/schedules.hpp"
#include "best_weights.hpp"

namespace tenure { inline namespace TENURE_ABI {

/// When a schedule is asked, and what its t counts.
enum class Every { epoch, step };

/// Keras's LearningRateScheduler, before every epoch; or before every step, as Keras's optimizers use their schedules:
/// `LearningRateScheduler schedule(CosineDecay{.initial_learning_rate = 1e-3, .decay_steps = 900}, Every::step);`
/// The rates of parameter groups follow as those of PyTorch's schedules do.
template <class Schedule>
class LearningRateScheduler final : public Callback {
 public:
  explicit LearningRateScheduler(Schedule schedule, Every every = Every::epoch) : schedule_(schedule), every_(every) {}

  void on_epoch_begin(Training& training) override {
    if (every_ == Every::epoch) set(training, training.epoch);
  }
  void on_batch_begin(Training& training) override {
    if (every_ == Every::step) set(training, training.step);
  }

 private:
  void set(Training& training, Index t) {
    training.learning_rate = schedule_(t);
    if (!(training.learning_rate > 0)) return;
    for (GroupRate& rate : training.group_rates) {
      rate.current = detail::scheduled(schedule_, t, rate.initial) / training.learning_rate;
    }
  }

  Schedule schedule_;
  Every every_;
};

/// The defaults are Keras's. PyTorch's patience of n is n + 1 here, its cooldown of n is n + 1, and its threshold is a
/// min_delta that is relative.
struct ReduceLrOnPlateauConfig {
  std::string monitor = "val_loss";  ///< a name in the history
  double factor = 0.1;
  Index patience = 10;      ///< epochs without improvement before the rate is reduced
  double min_delta = 1e-4;  ///< a smaller improvement is none
  bool relative = false;    ///< min_delta is a share of the best value
  Index cooldown = 0;       ///< epochs after a reduction that do not count, the last of them aside
  double min_lr = 0;        ///< the learning rate goes no lower
  Mode mode = Mode::min;
};

/// Keras's and PyTorch's ReduceLROnPlateau: after every epoch of fit(), or called by hand.
class ReduceLrOnPlateau final : public Callback {
 public:
  /// @throws ValueError for a factor outside (0, 1), or a patience, min_delta, cooldown or min_lr below 0
  [[gnu::cold]] explicit ReduceLrOnPlateau(ReduceLrOnPlateauConfig settings = {}) : config(std::move(settings)) {
    check("a factor in (0, 1)", config.factor, config.factor > 0 && config.factor < 1);
    check("a patience of at least 0", static_cast<double>(config.patience), config.patience >= 0);
    check("a min_delta of at least 0", config.min_delta, config.min_delta >= 0);
    check("a cooldown of at least 0", static_cast<double>(config.cooldown), config.cooldown >= 0);
    check("a min_lr of at least 0", config.min_lr, config.min_lr >= 0);
  }

  /// @throws ValueError when the history will lack what is monitored
  void on_train_begin(Training& training) override { training.check_monitored(stateful(), config.monitor); }

  void on_epoch_end(Training& training) override {
    if (!due(training.history.last(config.monitor))) return;
    const double before = training.learning_rate;
    const bool reducible = before > config.min_lr || std::ranges::any_of(training.group_rates, [&](GroupRate rate) {
                             return rate.current * before > config.min_lr;
                           });
    if (!reducible) return;
    begin_cooldown();
    training.learning_rate = reduced(before);
    for (GroupRate& rate : training.group_rates) {
      if (training.learning_rate > 0) rate.current = reduced(rate.current * before) / training.learning_rate;
    }
  }

  /// The learning rate after an epoch that gave `value` at `learning_rate`.
  double operator()(double value, double learning_rate) noexcept {
    if (!due(value) || learning_rate <= config.min_lr) return learning_rate;
    begin_cooldown();
    return reduced(learning_rate);
  }

  std::string_view stateful() const noexcept override { return "reduce learning rate on plateau"; }

  /// All that the next epoch depends on, as Optimizer's.
  static void state(auto& self, auto&& f) {
    f("best", self.best_);
    f("waited", self.waited_);
    f("cooling", self.cooling_);
  }

  ReduceLrOnPlateauConfig config;

 private:
  void check(std::string_view expected, double value, bool valid) const {
    if (!valid || !is_finite(value)) throw ValueError(stateful(), expected, {value});
  }

  /// Whether an epoch that gave this value is one too many.
  bool due(double value) noexcept {
    if (cooling_ > 0) {
      --cooling_;
      waited_ = 0;
    }
    if (is_finite(value) && improves(value)) {
      best_ = value;
      waited_ = 0;
      return false;
    }
    return cooling_ == 0 && ++waited_ >= config.patience;
  }

  bool improves(double value) const noexcept {
    if (best_ == (std::numeric_limits<double>::max)()) return true;
    const double least = config.relative ? std::abs(best_) * config.min_delta : config.min_delta;
    return config.mode == Mode::max ? value > best_ + least : value < best_ - least;
  }

  void begin_cooldown() noexcept {
    cooling_ = config.cooldown;
    waited_ = 0;
  }

  double reduced(double learning_rate) const noexcept {
    if (learning_rate <= config.min_lr) return learning_rate;
    return (std::max)(learning_rate * config.factor, config.min_lr);
  }

  double best_ = (std::numeric_limits<double>::max)();  // none yet
  Index waited_ = 0;                                    // epochs since the best
  Index cooling_ = 0;                                   // epochs still to come that do not count
};

}}  // namespace tenure::TENURE_ABI
