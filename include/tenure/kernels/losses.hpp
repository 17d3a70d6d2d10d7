/// Losses between predictions x and targets (n): each gives the mean over all elements; each gradient is added to dx
/// scaled, the scale being the loss's own gradient over n.
#pragma once

#include <cmath>

#include "math.hpp"
#include "reduce.hpp"
#include "simd.hpp"

TENURE_NO_CONTRACTION
namespace tenure { inline namespace TENURE_ABI { namespace kernels {

namespace reference {

template <class T>
T mean_squared_error(Index n, const T* x, const T* target) noexcept {
  T total{};
  for (Index i = 0; i < n; ++i) total += (x[i] - target[i]) * (x[i] - target[i]);
  return total / static_cast<T>(n);
}

template <class T>
void mean_squared_error_backward(Index n, std::type_identity_t<T> scale, const T* x, const T* target, T* dx) noexcept {
  for (Index i = 0; i < n; ++i) dx[i] += scale * 2 * (x[i] - target[i]);
}

template <class T>
T mean_absolute_error(Index n, const T* x, const T* target) noexcept {
  T total{};
  for (Index i = 0; i < n; ++i) total += std::abs(x[i] - target[i]);
  return total / static_cast<T>(n);
}

template <class T>
void mean_absolute_error_backward(Index n, std::type_identity_t<T> scale, const T* x, const T* target, T* dx) noexcept {
  for (Index i = 0; i < n; ++i) dx[i] += x[i] == target[i] ? T{} : x[i] > target[i] ? scale : -scale;
}

template <class T>
T huber(Index n, std::type_identity_t<T> delta, const T* x, const T* target) noexcept {
  T total{};
  for (Index i = 0; i < n; ++i) {
    const T size = std::abs(x[i] - target[i]);
    total += size <= delta ? size * size / 2 : delta * (size - delta / 2);
  }
  return total / static_cast<T>(n);
}

template <class T>
void huber_backward(Index n, std::type_identity_t<T> delta, std::type_identity_t<T> scale, const T* x, const T* target,
                    T* dx) noexcept {
  for (Index i = 0; i < n; ++i) {
    const T difference = x[i] - target[i];
    dx[i] += scale * (difference > delta ? delta : difference < -delta ? -delta : difference);
  }
}

template <class T>
T binary_cross_entropy(Index n, const T* x, const T* target) noexcept {
  T total{};
  for (Index i = 0; i < n; ++i) {
    total += (x[i] > 0 ? x[i] : 0) - x[i] * target[i] + std::log1p(std::exp(-std::abs(x[i])));
  }
  return total / static_cast<T>(n);
}

template <class T>
void binary_cross_entropy_backward(Index n, std::type_identity_t<T> scale, const T* x, const T* target,
                                   T* dx) noexcept {
  for (Index i = 0; i < n; ++i) dx[i] += scale * (1 / (1 + std::exp(-x[i])) - target[i]);
}

}  // namespace reference

namespace detail {

/// The mean of f(x, target) over n elements.
template <class A, class T, class F>
TENURE_INLINE T mean_loss(Index n, const T* x, const T* target, F f) noexcept {
  const auto term = [=](Index i, auto part) {
    return part.merge(f(part.load(x + i), part.load(target + i)), simd::broadcast<T, A>(0));
  };
  return simd::reduce_add(pairwise_sum<A, T, T>(0, n, term)) / static_cast<T>(n);
}

/// dx += scale · f(x, target).
template <class A, class T, class F>
TENURE_INLINE void add_scaled(Index n, T scale, const T* x, const T* target, T* dx, F f) noexcept {
  const simd::Batch<T, A> factor(scale);
  simd::transform<A>(
      n, dx, [=](auto g, auto v, auto t) { return simd::fma(factor, f(v, t), g); }, dx, x, target);
}

}  // namespace detail

/// mean (x − target)².
template <class A = simd::DefaultArch, class T>
T mean_squared_error(Index n, const T* x, const T* target) noexcept {
  return detail::mean_loss<A>(n, x, target, [](auto v, auto t) { return (v - t) * (v - t); });
}

/// dx += scale · 2 (x − target).
template <class A = simd::DefaultArch, class T>
void mean_squared_error_backward(Index n, std::type_identity_t<T> scale, const T* x, const T* target, T* dx) noexcept {
  detail::add_scaled<A>(n, 2 * scale, x, target, dx, [](auto v, auto t) { return v - t; });
}

/// mean |x − target|.
template <class A = simd::DefaultArch, class T>
T mean_absolute_error(Index n, const T* x, const T* target) noexcept {
  return detail::mean_loss<A>(n, x, target, [](auto v, auto t) { return simd::abs(v - t); });
}

/// dx += scale · sign(x − target), with sign(0) = 0.
template <class A = simd::DefaultArch, class T>
void mean_absolute_error_backward(Index n, std::type_identity_t<T> scale, const T* x, const T* target, T* dx) noexcept {
  using Vector = simd::Batch<T, A>;
  detail::add_scaled<A>(n, scale, x, target, dx, [](Vector v, Vector t) {
    const Vector negative = simd::select(v < t, Vector(T{-1}), Vector(T{0}));
    return simd::select(v > t, Vector(T{1}), negative);
  });
}

/// Huber's loss: mean of d² / 2 where |d| ≤ delta, else delta (|d| − delta / 2), with d = x − target.
template <class A = simd::DefaultArch, class T>
T huber(Index n, std::type_identity_t<T> delta, const T* x, const T* target) noexcept {
  using Vector = simd::Batch<T, A>;
  const Vector limit(delta);
  return detail::mean_loss<A>(n, x, target, [=](Vector v, Vector t) {
    const Vector size = simd::abs(v - t);
    const Vector inner = (simd::min)(size, limit);
    return inner * (size - Vector(T(0.5)) * inner);
  });
}

/// dx += scale · (x − target), clamped to ±delta before it is scaled.
template <class A = simd::DefaultArch, class T>
void huber_backward(Index n, std::type_identity_t<T> delta, std::type_identity_t<T> scale, const T* x, const T* target,
                    T* dx) noexcept {
  using Vector = simd::Batch<T, A>;
  const Vector limit(delta);
  detail::add_scaled<A>(n, scale, x, target, dx,
                        [=](Vector v, Vector t) { return (simd::min)(limit, (simd::max)(-limit, v - t)); });
}

/// Binary cross-entropy of logits x with targets in [0, 1]: mean of max(x, 0) − x · target + log(1 + e^−|x|), which
/// neither overflows nor cancels.
template <class A = simd::DefaultArch, class T>
T binary_cross_entropy(Index n, const T* x, const T* target) noexcept {
  using Vector = simd::Batch<T, A>;
  return detail::mean_loss<A>(n, x, target, [](Vector v, Vector t) {
    const Vector linear = simd::fnma(v, t, (simd::max)(v, Vector(T{0})));
    return linear + simd::log1p(simd::exp(-simd::abs(v)));
  });
}

/// dx += scale · (sigmoid(x) − target).
template <class A = simd::DefaultArch, class T>
void binary_cross_entropy_backward(Index n, std::type_identity_t<T> scale, const T* x, const T* target,
                                   T* dx) noexcept {
  detail::add_scaled<A>(n, scale, x, target, dx, [](auto v, auto t) { return simd::sigmoid(v) - t; });
}

}}}  // namespace tenure::TENURE_ABI::kernels
TENURE_CONTRACTION_AS_BEFORE
