/// One step of Adam (Kingma and Ba, 2015) over all parameters, in the forms of PyTorch and of Keras, with weight decay
/// of both kinds.
///
/// Both forms are θ −= step · m / (√v + ε'): PyTorch's lr · m̂ / (√v̂ + ε) with m̂ = m / (1 − β₁ᵗ) and v̂ = v / (1 − β₂ᵗ)
/// has step = lr √(1 − β₂ᵗ) / (1 − β₁ᵗ) and ε' = ε √(1 − β₂ᵗ); Keras leaves ε' = ε.
#pragma once

#include <cmath>

#include "simd.hpp"

TENURE_NO_CONTRACTION
namespace tenure { inline namespace TENURE_ABI { namespace kernels {

/// The settings of a step as the user gives them, in double.
struct AdamSettings {
  double learning_rate = 1e-3;
  double beta_1 = 0.9;
  double beta_2 = 0.999;
  double epsilon = 1e-8;
  double l2 = 0;                 ///< l2 · θ is added to the gradient: PyTorch's Adam(weight_decay)
  double weight_decay = 0;       ///< θ is first scaled by 1 − lr · weight_decay: AdamW
  bool epsilon_outside = false;  ///< ε is not corrected for bias, as in Keras

  /// Keras's Adam: ε = 1e-7, not corrected for bias.
  static constexpr AdamSettings keras(double learning_rate = 1e-3) {
    return {.learning_rate = learning_rate, .epsilon = 1e-7, .epsilon_outside = true};
  }
};

/// The scalars of one step.
template <class T>
struct AdamStep {
  T step_size;
  T epsilon;
  T gradient_share;  ///< 1 − β₁: m += gradient_share · (g − m)
  T square_share;    ///< 1 − β₂: v += square_share · (g² − v)
  T l2;
  T shrink;  ///< θ is first scaled by this

  /// The t-th step, t ≥ 1.
  AdamStep(const AdamSettings& settings, Index t) noexcept
      : AdamStep(settings, 1 - std::pow(settings.beta_1, static_cast<double>(t)),
                 std::sqrt(1 - std::pow(settings.beta_2, static_cast<double>(t)))) {}

 private:
  AdamStep(const AdamSettings& settings, double correction, double root_correction) noexcept
      : step_size(static_cast<T>(settings.learning_rate * root_correction / correction)),
        epsilon(static_cast<T>(settings.epsilon_outside ? settings.epsilon : settings.epsilon * root_correction)),
        gradient_share(static_cast<T>(1 - settings.beta_1)),
        square_share(static_cast<T>(1 - settings.beta_2)),
        l2(static_cast<T>(settings.l2)),
        shrink(static_cast<T>(1 - settings.learning_rate * settings.weight_decay)) {}
};

namespace reference {

template <class T>
void adam(Index n, const AdamStep<T>& step, T* parameters, T* gradients, T* means, T* squares,
          bool zero_gradients = false) noexcept {
  for (Index i = 0; i < n; ++i) {
    const T gradient = gradients[i] + step.l2 * parameters[i];
    means[i] += step.gradient_share * (gradient - means[i]);
    squares[i] += step.square_share * (gradient * gradient - squares[i]);
    parameters[i] = step.shrink * parameters[i] - step.step_size * means[i] / (std::sqrt(squares[i]) + step.epsilon);
    if (zero_gradients) gradients[i] = 0;
  }
}

}  // namespace reference

/// One step over n parameters: m += (1 − β₁)(g − m), v += (1 − β₂)(g² − v), θ = shrink · θ − step · m / (√v + ε'), with
/// g = gradient + l2 · θ. With `zero_gradients` the gradients are left at zero, ready to be added to.
template <class A = simd::DefaultArch, class T>
void adam(Index n, const AdamStep<T>& step, T* parameters, T* gradients, T* means, T* squares,
          bool zero_gradients = false) noexcept {
  using Vector = simd::Batch<T, A>;
  const Vector step_size(step.step_size);
  const Vector epsilon(step.epsilon);
  const Vector gradient_share(step.gradient_share);
  const Vector square_share(step.square_share);
  const Vector l2(step.l2);
  const Vector shrink(step.shrink);
  simd::sweep<T, A>(n, [=](Index i, auto part) {
    const Vector parameter = part.load(parameters + i);
    const Vector gradient = simd::fma(l2, parameter, part.load(gradients + i));
    Vector mean = part.load(means + i);
    Vector square = part.load(squares + i);
    mean = simd::fma(gradient_share, gradient - mean, mean);
    square = simd::fma(square_share, simd::fma(gradient, gradient, -square), square);
    const Vector direction = simd::divide(mean, simd::sqrt(square) + epsilon);
    part.store(parameters + i, simd::fnma(step_size, direction, shrink * parameter));
    part.store(means + i, mean);
    part.store(squares + i, square);
    if (zero_gradients) part.store(gradients + i, Vector(T{0}));
  });
}

}}}  // namespace tenure::TENURE_ABI::kernels
TENURE_CONTRACTION_AS_BEFORE
