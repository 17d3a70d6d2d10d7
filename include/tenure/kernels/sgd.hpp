/// One step of stochastic gradient descent over all parameters, with PyTorch's momentum (Sutskever et al., 2013, but
/// for the place of the learning rate) and weight decay of both kinds.
///
/// g = gradient + l2 · θ;  v = momentum · v + (1 − dampening) · g, but v = g in the first step;
/// θ = (1 − lr · weight_decay) · θ − lr · d, with d = v, or g + momentum · v in Nesterov's form, or g without momentum.
#pragma once

#include "simd.hpp"

TENURE_NO_CONTRACTION
namespace tenure { inline namespace TENURE_ABI { namespace kernels {

/// The settings of a step as the user gives them, in double.
struct SgdSettings {
  double learning_rate = 1e-2;
  double momentum = 0;
  double dampening = 0;
  double l2 = 0;            ///< l2 · θ is added to the gradient: PyTorch's SGD(weight_decay)
  double weight_decay = 0;  ///< θ is first scaled by 1 − lr · weight_decay: Keras's SGD(weight_decay)
  bool nesterov = false;
};

/// The scalars of one step.
template <class T>
struct SgdStep {
  T learning_rate;
  T momentum;
  T gradient_share;  ///< v = momentum · v + gradient_share · g
  T l2;
  T shrink;           ///< θ is first scaled by this
  T gradient_weight;  ///< d = gradient_weight · g + velocity_weight · v
  T velocity_weight;

  /// The t-th step, t ≥ 1.
  SgdStep(const SgdSettings& settings, Index t) noexcept
      : learning_rate(static_cast<T>(settings.learning_rate)),
        momentum(static_cast<T>(settings.momentum)),
        gradient_share(static_cast<T>(t == 1 ? 1 : 1 - settings.dampening)),
        l2(static_cast<T>(settings.l2)),
        shrink(static_cast<T>(1 - settings.learning_rate * settings.weight_decay)),
        gradient_weight(static_cast<T>(settings.nesterov ? 1 : 0)),
        velocity_weight(static_cast<T>(settings.nesterov ? settings.momentum : 1)) {}
};

namespace reference {

template <class T>
void sgd(Index n, const SgdStep<T>& step, T* parameters, T* gradients, T* velocities,
         bool zero_gradients = false) noexcept {
  for (Index i = 0; i < n; ++i) {
    const T gradient = gradients[i] + step.l2 * parameters[i];
    T direction = gradient;
    if (velocities) {
      velocities[i] = step.momentum * velocities[i] + step.gradient_share * gradient;
      direction = step.gradient_weight * gradient + step.velocity_weight * velocities[i];
    }
    parameters[i] = step.shrink * parameters[i] - step.learning_rate * direction;
    if (zero_gradients) gradients[i] = 0;
  }
}

}  // namespace reference

/// One step over n parameters. Null velocities mean no momentum. With `zero_gradients` the gradients are left at zero,
/// ready to be added to.
template <class A = simd::DefaultArch, class T>
void sgd(Index n, const SgdStep<T>& step, T* parameters, T* gradients, T* velocities,
         bool zero_gradients = false) noexcept {
  using Vector = simd::Batch<T, A>;
  const Vector learning_rate(step.learning_rate);
  const Vector momentum(step.momentum);
  const Vector gradient_share(step.gradient_share);
  const Vector l2(step.l2);
  const Vector shrink(step.shrink);
  const Vector gradient_weight(step.gradient_weight);
  const Vector velocity_weight(step.velocity_weight);
  simd::sweep<T, A>(n, [=](Index i, auto part) {
    const Vector parameter = part.load(parameters + i);
    const Vector gradient = simd::fma(l2, parameter, part.load(gradients + i));
    Vector direction = gradient;
    if (velocities) {
      const Vector velocity = simd::fma(momentum, part.load(velocities + i), gradient_share * gradient);
      direction = simd::fma(gradient_weight, gradient, velocity_weight * velocity);
      part.store(velocities + i, velocity);
    }
    part.store(parameters + i, simd::fnma(learning_rate, direction, shrink * parameter));
    if (zero_gradients) part.store(gradients + i, Vector(T{0}));
  });
}

}}}  // namespace tenure::TENURE_ABI::kernels
TENURE_CONTRACTION_AS_BEFORE
