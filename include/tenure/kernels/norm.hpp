/// Norms and the dot product, accumulated in double: a float's square may overflow a float, and the norm of all
/// gradients, by which they are clipped, is a sum over every parameter of a model.
#pragma once

#include <cmath>
#include <type_traits>

#include "reduce.hpp"
#include "simd.hpp"

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

}}}  // namespace tenure::TENURE_ABI::kernels
