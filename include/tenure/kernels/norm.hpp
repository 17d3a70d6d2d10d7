/// Norms and the dot product, accumulated in double: a float's square may overflow a float, and the norm of all
/// gradients, by which they are clipped, is a sum over every parameter of a model. Beside them what is made of norms, or
/// stands in for one: the penalty of an elastic net (Zou and Hastie, 2005) on weights w, as Keras's L1L2,
/// l1 · Σ |w| + l2 · Σ w², and gradients clipped by value (by norm: squared_norm(), then scale() of elementwise.hpp).
#pragma once

#include <cmath>
#include <type_traits>

#include "reduce.hpp"
#include "simd.hpp"

TENURE_NO_CONTRACTION
namespace tenure { inline namespace TENURE_ABI { namespace kernels {

namespace reference {

template <class T>
double squared_norm(Index n, const T* x) noexcept {
  double total = 0;
  for (Index i = 0; i < n; ++i) total += static_cast<double>(x[i]) * static_cast<double>(x[i]);
  return total;
}

template <class T>
double absolute_sum(Index n, const T* x) noexcept {
  double total = 0;
  for (Index i = 0; i < n; ++i) total += std::abs(static_cast<double>(x[i]));
  return total;
}

template <class T>
double dot(Index n, const T* x, const T* y) noexcept {
  double total = 0;
  for (Index i = 0; i < n; ++i) total += static_cast<double>(x[i]) * static_cast<double>(y[i]);
  return total;
}

template <class T>
void clip(Index n, std::type_identity_t<T> limit, T* x) noexcept {
  for (Index i = 0; i < n; ++i) {
    if (x[i] < -limit) x[i] = -limit;
    if (x[i] > limit) x[i] = limit;
  }
}

template <class T>
double penalty(Index n, double l1, double l2, const T* w) noexcept {
  return l1 * absolute_sum(n, w) + l2 * squared_norm(n, w);
}

template <class T>
void penalty_backward(Index n, double l1, double l2, const T* w, T* dw) noexcept {
  for (Index i = 0; i < n; ++i) {
    const int sign = (w[i] > 0) - (w[i] < 0);
    dw[i] += static_cast<T>(l1) * static_cast<T>(sign) + static_cast<T>(2 * l2) * w[i];
  }
}

}  // namespace reference

namespace detail {

/// Σ f(x[i]...) in vectors of doubles; f must give zero for zeros, which stand beyond a ragged end.
template <class A, class T, class F, class... X>
TENURE_INLINE double sum_in_double(Index n, F f, const X*... x) noexcept {
  const auto term = [=](Index i, auto part) {
    if constexpr (std::is_same_v<T, double>) {
      return f(part.load(x + i)...);
    } else {
      const auto both = [f](auto... wide) { return f(wide.low...) + f(wide.high...); };
      return both(simd::widen(part.load(x + i))...);
    }
  };
  return simd::reduce_add(pairwise_sum<A, T, double>(0, n, term));
}

}  // namespace detail

/// Σ x² over n elements: the square of the L2 norm.
template <class A = simd::DefaultArch, class T>
double squared_norm(Index n, const T* x) noexcept {
  return detail::sum_in_double<A, T>(
      n, [](auto v) { return v * v; }, x);
}

/// Σ |x| over n elements: the L1 norm.
template <class A = simd::DefaultArch, class T>
double absolute_sum(Index n, const T* x) noexcept {
  return detail::sum_in_double<A, T>(
      n, [](auto v) { return simd::abs(v); }, x);
}

/// Σ x y over n elements.
template <class A = simd::DefaultArch, class T>
double dot(Index n, const T* x, const T* y) noexcept {
  return detail::sum_in_double<A, T>(
      n, [](auto v, auto w) { return v * w; }, x, y);
}

/// x (n) limited to ±limit, limit ≥ 0; NaN stays NaN.
template <class A = simd::DefaultArch, class T>
void clip(Index n, std::type_identity_t<T> limit, T* x) noexcept {
  const simd::Batch<T, A> highest(limit);
  simd::transform<A>(
      n, x, [=](auto v) { return (simd::min)(highest, (simd::max)(-highest, v)); }, x);
}

/// l1 · Σ |w| + l2 · Σ w² over n weights.
template <class A = simd::DefaultArch, class T>
double penalty(Index n, double l1, double l2, const T* w) noexcept {
  return (l1 == 0 ? 0 : l1 * absolute_sum<A>(n, w)) + (l2 == 0 ? 0 : l2 * squared_norm<A>(n, w));
}

/// dw += l1 · sign(w) + 2 · l2 · w, with sign(0) = 0.
template <class A = simd::DefaultArch, class T>
void penalty_backward(Index n, double l1, double l2, const T* w, T* dw) noexcept {
  using Vector = simd::Batch<T, A>;
  const Vector zero(T{0});
  const Vector step(static_cast<T>(l1));
  const Vector slope(static_cast<T>(2 * l2));
  simd::transform<A>(
      n, dw,
      [=](Vector gradient, Vector weight) {
        const Vector sign = simd::select(weight > zero, step, simd::select(weight < zero, -step, zero));
        return simd::fma(slope, weight, gradient + sign);
      },
      dw, w);
}

}}}  // namespace tenure::TENURE_ABI::kernels
TENURE_CONTRACTION_AS_BEFORE
