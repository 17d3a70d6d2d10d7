/// Learning rates over time: plain functions of the number of steps (or of epochs) that came before, t ≥ 0.
///
/// | schedule    | learning rate                                                                               |
/// |-------------|---------------------------------------------------------------------------------------------|
/// | StepLr      | initial_learning_rate · gamma^⌊t / step_size⌋                                               |
/// | CosineDecay | minimum + (initial_learning_rate − minimum) (1 + cos(π t / decay_steps)) / 2, then minimum  |
/// | WarmUp      | that of another schedule's start, risen linearly over `steps`; then the other schedule      |
///
/// `adam.config.learning_rate = schedule(t)`, or the callback LearningRateScheduler.
#pragma once

#include <algorithm>
#include <cmath>
#include <numbers>

#include "../core/error.hpp"

namespace tenure { inline namespace TENURE_ABI {

/// PyTorch's StepLR; with a step_size of 1 its ExponentialLR.
struct StepLr {
  double initial_learning_rate;
  Index step_size;
  double gamma = 0.1;

  double operator()(Index t) const noexcept {
    return initial_learning_rate * std::pow(gamma, static_cast<double>(t / step_size));
  }
};

/// Keras's CosineDecay, and PyTorch's CosineAnnealingLR, which rises again after `decay_steps` (Loshchilov and Hutter,
/// 2017).
struct CosineDecay {
  double initial_learning_rate;
  Index decay_steps;
  double minimum = 0;  ///< PyTorch's eta_min; Keras's alpha is its share of the initial rate

  double operator()(Index t) const noexcept {
    const double done = static_cast<double>((std::min)(t, decay_steps)) / static_cast<double>(decay_steps);
    return minimum + (initial_learning_rate - minimum) * (1 + std::cos(std::numbers::pi * done)) / 2;
  }
};

/// Rises from start · r to r = then(0) over the first `steps`, then goes on as `then`, which counts from there:
/// PyTorch's SequentialLR of a LinearLR and another, Keras's CosineDecay with warmup_steps.
/// `WarmUp(100, CosineDecay{.initial_learning_rate = 1e-3, .decay_steps = 900})`
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

}}  // namespace tenure::TENURE_ABI
