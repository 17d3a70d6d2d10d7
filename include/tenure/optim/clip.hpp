/// Gradient clipping (Pascanu, Mikolov and Bengio, 2013): between the backward pass and the optimizer's step.
///
/// | function                | of gradients g                         | as                                         |
/// |-------------------------|----------------------------------------|--------------------------------------------|
/// | clip_gradient_norm      | g · min(1, c / (‖g‖ + 1e-6)), over all | clip_grad_norm_, global_clipnorm (no 1e-6) |
/// | clip_gradient_norm_each | by parameter, without 1e-6             | Keras's clipnorm                           |
/// | clip_gradient_value     | limited to ±c                          | clip_grad_value_, clipvalue                |
#pragma once

#include <algorithm>
#include <cmath>
#include <limits>

#include "../autograd/parameters.hpp"
#include "../kernels/elementwise.hpp"
#include "../kernels/norm.hpp"
#include "not_finite.hpp"

namespace tenure { inline namespace TENURE_ABI {

/// The limits of a step; 0 for none. All that are given are applied, in this order.
struct GradientClipping {
  double value = 0;      ///< clip_gradient_value
  double norm_each = 0;  ///< clip_gradient_norm_each
  double norm = 0;       ///< clip_gradient_norm
};

namespace detail {

/// A norm as a product, either factor of which is in a double's range where the norm itself may not be.
struct Norm {
  double scale;
  double rest;
  bool finite;  ///< whether all elements are

  double value() const noexcept { return scale * rest; }
  /// What brings the norm, plus `more`, to `limit`.
  double factor(double limit, double more) const noexcept { return limit / scale / (rest + more / scale); }
};

/// Of gradients whose squares have an infinite sum: of elements that are not finite, or of doubles above 1e154.
template <class T>
[[gnu::cold, gnu::noinline]] Norm scaled_norm(double squares, auto&& for_each) noexcept {
  double most = 0;
  bool finite = true;
  for_each([&](T x) {
    finite = finite && is_finite(x);
    most = (std::max)(most, std::abs(static_cast<double>(x)));
  });
  if (!finite) return {1, std::sqrt(squares), false};
  double sum = 0;
  for_each([&](T x) { sum += static_cast<double>(x) / most * (static_cast<double>(x) / most); });
  return {most, std::sqrt(sum), true};
}

template <class T>
Norm norm_of(Index n, const T* x) noexcept {
  const double squares = kernels::squared_norm(n, x);
  if (is_finite(squares)) return {1, std::sqrt(squares), true};
  return scaled_norm<T>(squares, [&](auto f) {
    for (Index i = 0; i < n; ++i) f(x[i]);
  });
}

template <class T>
Norm norm_of(const ParameterStorage<T>& storage) noexcept {
  double squares = 0;
  storage.for_each_trainable_run(
      [&](Index begin, Index n) { squares += kernels::squared_norm(n, storage.gradients.data() + begin); });
  if (is_finite(squares)) return {1, std::sqrt(squares), true};
  return scaled_norm<T>(squares, [&](auto f) {
    storage.for_each_trainable_run([&](Index begin, Index n) {
      for (Index i = begin; i < begin + n; ++i) f(storage.gradients.data()[i]);
    });
  });
}

/// x *= factor, in two steps where the factor alone is too small for a T.
template <class T>
void scale_gradients(Index n, double factor, T* x) noexcept {
  const bool tiny = factor > 0 && factor < static_cast<double>((std::numeric_limits<T>::min)());
  const T step = static_cast<T>(tiny ? std::sqrt(factor) : factor);
  kernels::scale(n, step, x, x);
  if (tiny) kernels::scale(n, step, x, x);
}

/// @throws ValueError
inline void check_limit(std::string_view name, double limit) {
  if (is_nan(limit) || !(limit >= 0)) throw ValueError(name, "a limit of at least 0", {limit});
}

}  // namespace detail

/// The L2 norm of all trainable parameters' gradients.
template <class T>
double gradient_norm(const ParameterStorage<T>& storage) noexcept {
  return detail::norm_of(storage).value();
}
template <class T>
double gradient_norm(const Parameters<T>& parameters) noexcept {
  return gradient_norm(*parameters.storage());
}

/// Scales all gradients so that their norm is at most `limit`; gives the norm before. Where one of them is infinite or
/// NaN, the norm is, too, and all gradients stay as they are: PyTorch would make the others zero or NaN.
/// @throws ValueError for a limit below 0; StateError, as PyTorch's error_if_nonfinite, for a gradient that is not finite
/// where that is asked for, naming its parameter
template <class T>
double clip_gradient_norm(ParameterStorage<T>& storage, double limit, bool error_if_nonfinite = false) {
  detail::check_limit("clip_gradient_norm", limit);
  const detail::Norm norm = detail::norm_of(storage);
  if (!norm.finite) {
    if (error_if_nonfinite) check_gradients_finite(storage, "clip_gradient_norm");
    return norm.value();
  }
  if (const double factor = norm.factor(limit, 1e-6); factor < 1) {
    storage.for_each_trainable_run(
        [&](Index begin, Index n) { detail::scale_gradients(n, factor, storage.gradients.data() + begin); });
  }
  return norm.value();
}
template <class T>
double clip_gradient_norm(const Parameters<T>& parameters, double limit, bool error_if_nonfinite = false) {
  return clip_gradient_norm(*parameters.storage(), limit, error_if_nonfinite);
}

/// Scales the gradient of each parameter so that its norm is at most `limit`; one that is not finite stays as it is.
/// @throws ValueError for a limit below 0
template <class T>
void clip_gradient_norm_each(ParameterStorage<T>& storage, double limit) {
  detail::check_limit("clip_gradient_norm_each", limit);
  for (const auto& entry : storage.entries) {
    if (!entry.trainable) continue;
    T* gradient = storage.gradients.data() + entry.offset;
    const detail::Norm norm = detail::norm_of(entry.extent, gradient);
    if (norm.finite && norm.value() > limit) detail::scale_gradients(entry.extent, norm.factor(limit, 0), gradient);
  }
}
template <class T>
void clip_gradient_norm_each(const Parameters<T>& parameters, double limit) {
  clip_gradient_norm_each(*parameters.storage(), limit);
}

/// Limits every element of the gradients to ±limit, infinite ones too; NaN stays NaN.
/// @throws ValueError for a limit below 0
template <class T>
void clip_gradient_value(ParameterStorage<T>& storage, double limit) {
  detail::check_limit("clip_gradient_value", limit);
  storage.for_each_trainable_run(
      [&](Index begin, Index n) { kernels::clip(n, static_cast<T>(limit), storage.gradients.data() + begin); });
}
template <class T>
void clip_gradient_value(const Parameters<T>& parameters, double limit) {
  clip_gradient_value(*parameters.storage(), limit);
}

/// Applies the limits that are given. @throws ValueError for one below 0
template <class T>
void clip_gradients(ParameterStorage<T>& storage, const GradientClipping& limits) {
  const auto given = [](double limit) { return is_nan(limit) || limit != 0; };
  if (given(limits.value)) clip_gradient_value(storage, limits.value);
  if (given(limits.norm_each)) clip_gradient_norm_each(storage, limits.norm_each);
  if (given(limits.norm)) clip_gradient_norm(storage, limits.norm);
}

}}  // namespace tenure::TENURE_ABI
