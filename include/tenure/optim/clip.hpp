/// Gradient clipping (Pascanu, Mikolov and Bengio, 2013): between the backward pass and the optimizer's step.
///
/// | function                | of gradients g                         | as                                         |
/// |-------------------------|----------------------------------------|--------------------------------------------|
/// | clip_gradient_norm      | g · min(1, c / (‖g‖ + 1e-6)), over all | clip_grad_norm_, global_clipnorm (no 1e-6) |
/// | clip_gradient_norm_each | by parameter, without 1e-6             | Keras's clipnorm                           |
/// | clip_gradient_value     | limited to ±c                          | clip_grad_value_, clipvalue                |
#pragma once

#include <cmath>

#include "../autograd/parameters.hpp"
#include "../kernels/elementwise.hpp"
#include "../kernels/norm.hpp"

namespace tenure { inline namespace TENURE_ABI {

/// The limits of a step; 0 for none. All that are given are applied, in this order.
struct GradientClipping {
  double value = 0;      ///< clip_gradient_value
  double norm_each = 0;  ///< clip_gradient_norm_each
  double norm = 0;       ///< clip_gradient_norm
};

/// The L2 norm of all trainable parameters' gradients.
template <class T>
double gradient_norm(const ParameterStorage<T>& storage) noexcept {
  double square = 0;
  storage.for_each_trainable_run(
      [&](Index begin, Index n) { square += kernels::squared_norm(n, storage.gradients.data() + begin); });
  return std::sqrt(square);
}
template <class T>
double gradient_norm(const Parameters<T>& parameters) noexcept {
  return gradient_norm(*parameters.storage());
}

/// Scales all gradients so that their norm is at most `limit`; gives the norm before. A norm that is not finite, which
/// the caller may look at, makes all gradients zero or NaN.
template <class T>
double clip_gradient_norm(ParameterStorage<T>& storage, double limit) noexcept {
  const double norm = gradient_norm(storage);
  const double factor = limit / (norm + 1e-6);
  if (factor < 1 || !is_finite(norm)) {
    storage.for_each_trainable_run([&](Index begin, Index n) {
      T* gradients = storage.gradients.data() + begin;
      kernels::scale(n, static_cast<T>(factor), gradients, gradients);
    });
  }
  return norm;
}
template <class T>
double clip_gradient_norm(const Parameters<T>& parameters, double limit) noexcept {
  return clip_gradient_norm(*parameters.storage(), limit);
}

/// Scales the gradient of each parameter so that its norm is at most `limit`.
template <class T>
void clip_gradient_norm_each(ParameterStorage<T>& storage, double limit) noexcept {
  for (const auto& entry : storage.entries) {
    T* gradient = storage.gradients.data() + entry.offset;
    const double norm = std::sqrt(kernels::squared_norm(entry.extent, gradient));
    if (entry.trainable && norm > limit) {
      kernels::scale(entry.extent, static_cast<T>(limit / norm), gradient, gradient);
    }
  }
}
template <class T>
void clip_gradient_norm_each(const Parameters<T>& parameters, double limit) noexcept {
  clip_gradient_norm_each(*parameters.storage(), limit);
}

/// Limits every element of the gradients to ±limit.
template <class T>
void clip_gradient_value(ParameterStorage<T>& storage, double limit) noexcept {
  storage.for_each_trainable_run(
      [&](Index begin, Index n) { kernels::clip(n, static_cast<T>(limit), storage.gradients.data() + begin); });
}
template <class T>
void clip_gradient_value(const Parameters<T>& parameters, double limit) noexcept {
  clip_gradient_value(*parameters.storage(), limit);
}

/// Applies the limits that are given.
template <class T>
void clip_gradients(ParameterStorage<T>& storage, const GradientClipping& limits) noexcept {
  if (limits.value > 0) clip_gradient_value(storage, limits.value);
  if (limits.norm_each > 0) clip_gradient_norm_each(storage, limits.norm_each);
  if (limits.norm > 0) clip_gradient_norm(storage, limits.norm);
}

}}  // namespace tenure::TENURE_ABI
