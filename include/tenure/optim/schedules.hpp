/// Learning rates over time: plain functions of the number of steps (or of epochs) that came before, t ≥ 0.
///
/// | schedule    | learning rate                                                                               |
/// |-------------|---------------------------------------------------------------------------------------------|
/// | StepLr      | initial_learning_rate · gamma^⌊t / step_size⌋                                               |
/// | CosineDecay | minimum + (initial_learning_rate − minimum) (1 + cos(π t / decay_steps)) / 2, then minimum  |
/// | WarmUp      | that of another schedule's start, risen linearly over `steps`; then the other schedule      |
///
/// `adam.config.learning_rate = schedule(t)`, or the callback LearningRateScheduler. `schedule(t, scale)` is the rate of
/// a parameter group that begins at `scale` times the initial one. All throw ValueError for settings outside their
/// domain.
#pragma once

#include <algorithm>
#include <cmath>
#include <numbers>
#include <type_traits>

#include "../core/error.hpp"
#include "../core/finite.hpp"

namespace tenure { inline namespace TENURE_ABI {

namespace detail {

inline void check_rate(std::string_view name, std::string_view expected, double rate) {
  if (!is_finite(rate) || !(rate >= 0)) throw ValueError(name, expected, {rate});
}

inline void check_step(std::string_view name, Index t) {
  if (t < 0) throw ValueError(name, "a step of at least 0", {t});
}

/// The rate of a group that begins at `scale` times a schedule's initial rate: in proportion, unless the schedule knows
/// better.
template <class Schedule>
double scheduled(const Schedule& schedule, Index t, double scale) {
  if constexpr (std::is_invocable_r_v<double, const Schedule&, Index, double>) {
    return schedule(t, scale);
  } else {
    return schedule(t) * scale;
  }
}

}  // namespace detail

/// PyTorch's StepLR; with a step_size of 1 its ExponentialLR.
struct StepLr {
  double initial_learning_rate;
  Index step_size;
  double gamma = 0.1;

  double operator()(Index t, double scale = 1) const {
    detail::check_step("StepLr", t);
    detail::check_rate("StepLr", "an initial learning rate of at least 0", initial_learning_rate);
    detail::check_rate("StepLr", "a gamma of at least 0", gamma);
    if (step_size < 1) throw ValueError("StepLr", "a step size of at least 1", {step_size});
    return scale * initial_learning_rate * std::pow(gamma, static_cast<double>(t / step_size));
  }
};

/// Keras's CosineDecay, and PyTorch's CosineAnnealingLR, which rises again after `decay_steps` (Loshchilov and Hutter,
/// 2017). The minimum is that of all groups.
struct CosineDecay {
  double initial_learning_rate;
  Index decay_steps;
  double minimum = 0;  ///< PyTorch's eta_min; Keras's alpha is its share of the initial rate

  double operator()(Index t, double scale = 1) const {
    detail::check_step("CosineDecay", t);
    detail::check_rate("CosineDecay", "an initial learning rate of at least 0", initial_learning_rate);
    detail::check_rate("CosineDecay", "a minimum of at least 0", minimum);
    if (decay_steps < 1) throw ValueError("CosineDecay", "at least one step to decay in", {decay_steps});
    const double done = static_cast<double>((std::min)(t, decay_steps)) / static_cast<double>(decay_steps);
    return minimum + (scale * initial_learning_rate - minimum) * (1 + std::cos(std::numbers::pi * done)) / 2;
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

  /// @throws ValueError for steps below 1, or a start outside [0, 1]
  WarmUp(Index warm_up_steps, Schedule schedule, double start_factor = 0)
      : steps(warm_up_steps), then(schedule), start(start_factor) {
    check();
  }

  double operator()(Index t, double scale = 1) const {
    detail::check_step("warm up", t);
    check();
    if (t >= steps) return detail::scheduled(then, t - steps, scale);
    return detail::scheduled(then, 0, scale) *
           (start + (1 - start) * static_cast<double>(t) / static_cast<double>(steps));
  }

 private:
  void check() const {
    if (steps < 1) throw ValueError("warm up", "at least one step", {steps});
    if (!is_finite(start) || !(start >= 0 && start <= 1)) throw ValueError("warm up", "a start in [0, 1]", {start});
  }
};

}}  // namespace tenure::TENURE_ABI
