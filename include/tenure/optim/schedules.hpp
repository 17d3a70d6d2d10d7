/// Learning rates over time: plain functions of the number of steps (or of epochs) that came before, t ≥ 0.
///
/// | schedule         | learning rate                                                                        |
/// |------------------|--------------------------------------------------------------------------------------|
/// | StepSchedule     | initial · factor^⌊t / period⌋                                                        |
/// | CosineSchedule   | minimum + (initial − minimum) (1 + cos(π t / steps)) / 2, the minimum from `steps` on |
/// | WarmUp           | that of another schedule's start, risen linearly over `steps`; then the other schedule |
/// | ReduceOnPlateau  | multiplied by a factor when a loss has not improved for a while                      |
///
/// `adam.config.learning_rate = schedule(t)`, or one of the callbacks of train/callbacks.hpp.
#pragma once

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>

#include "../core/error.hpp"
#include "../core/finite.hpp"

namespace tenure { inline namespace TENURE_ABI {

/// PyTorch's StepLR; with a period of 1 its ExponentialLR.
struct StepSchedule {
  double initial;
  Index period;
  double factor = 0.1;

  double operator()(Index t) const noexcept { return initial * std::pow(factor, static_cast<double>(t / period)); }
};

/// Keras's CosineDecay, and PyTorch's CosineAnnealingLR, which rises again after `steps` (Loshchilov and Hutter, 2017).
struct CosineSchedule {
  double initial;
  Index steps;
  double minimum = 0;

  double operator()(Index t) const noexcept {
    const double done = static_cast<double>((std::min)(t, steps)) / static_cast<double>(steps);
    return minimum + (initial - minimum) * (1 + std::cos(std::numbers::pi * done)) / 2;
  }
};

/// Rises from start · r to r = then(0) over the first `steps`, then goes on as `then`, which counts from there:
/// PyTorch's SequentialLR of a LinearLR and another, Keras's CosineDecay with warmup_steps. `WarmUp(100,
/// CosineSchedule{.initial = 1e-3, .steps = 900})`
template <class Schedule>
struct WarmUp {
  Index steps;
  Schedule then;
  double start;

  /// @throws ValueError for steps below 1
  WarmUp(Index warm_up_steps, Schedule schedule, double start_factor = 0)
      : steps(warm_up_steps), then(schedule), start(start_factor) {
    if (steps < 1) throw ValueError("warm up", "at least one step", {steps});
  }

  double operator()(Index t) const noexcept {
    if (t >= steps) return then(t - steps);
    return then(0) * (start + (1 - start) * static_cast<double>(t) / static_cast<double>(steps));
  }
};

/// The defaults are Keras's. PyTorch's patience of n is n + 1 here, its cooldown of n is n + 1, and its threshold is a
/// min_delta that is relative.
struct ReduceOnPlateauConfig {
  double factor = 0.1;
  Index patience = 10;      ///< epochs without improvement before the rate is reduced
  double min_delta = 1e-4;  ///< a smaller improvement is none
  bool relative = false;    ///< min_delta is a share of the best value
  Index cooldown = 0;       ///< epochs after a reduction that do not count, the last of them aside
  double minimum = 0;       ///< the learning rate goes no lower
};

/// Keras's and PyTorch's ReduceLROnPlateau for a value that is to be small.
class ReduceOnPlateau {
 public:
  /// @throws ValueError for a factor outside (0, 1) or a patience below 0
  [[gnu::cold]] explicit ReduceOnPlateau(const ReduceOnPlateauConfig& settings = {}) : config(settings) {
    if (!(config.factor > 0 && config.factor < 1)) {
      throw ValueError("reduce on plateau", "a factor in (0, 1)", {config.factor});
    }
    if (config.patience < 0) throw ValueError("reduce on plateau", "a patience of at least 0", {config.patience});
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
    if (learning_rate <= config.minimum) return learning_rate;
    cooling_ = config.cooldown;
    waited_ = 0;
    return (std::max)(learning_rate * config.factor, config.minimum);
  }

  /// All that the next epoch depends on, as Optimizer's.
  static void state(auto& self, auto&& f) {
    f("best", self.best_);
    f("waited", self.waited_);
    f("cooling", self.cooling_);
  }

  ReduceOnPlateauConfig config;

 private:
  double best_ = (std::numeric_limits<double>::max)();
  Index waited_ = 0;   // epochs since the best
  Index cooling_ = 0;  // epochs still to come that do not count
};

}}  // namespace tenure::TENURE_ABI
