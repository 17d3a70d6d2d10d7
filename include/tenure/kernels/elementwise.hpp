/// Element-wise functions of arrays, and their derivatives.
///
/// All work on n elements; the result may be one of the arguments, or overlap none. `f_backward(n, x, dy, dx)` adds
/// dy f'(x) to dx, and reads x or the result y = f(x), whichever the derivative needs least of.
#pragma once

#include <algorithm>
#include <cmath>
#include <numbers>

#include "math.hpp"

namespace tenure::inline TENURE_ABI::kernels {

namespace detail {

template <class T>
inline constexpr T sqrt_half = std::numbers::sqrt2_v<T> / 2;
template <class T>
inline constexpr T inverse_sqrt_pi = std::numbers::inv_sqrtpi_v<T>;
template <class T>
inline constexpr T sqrt_2_over_pi = std::numbers::sqrt2_v<T>* inverse_sqrt_pi<T>;

/// The derivative of x/2 (1 + tanh u), u = √(2/π) (x + 0.044715 x³).
template <class T>
T gelu_tanh_slope_by_definition(T x) noexcept {
  const T y = std::tanh(sqrt_2_over_pi<T> * (x + T(0.044715) * x * x * x));
  return (1 + y) / 2 + x / 2 * (1 - y * y) * sqrt_2_over_pi<T> * (1 + 3 * T(0.044715) * x * x);
}

}  // namespace detail

namespace reference {

// clang-format off
template <class T> void fill(Index n, std::type_identity_t<T> value, T* y) noexcept { std::fill_n(y, n, value); }
template <class T> void add(Index n, const T* a, const T* b, T* y) noexcept { for (Index i = 0; i < n; ++i) y[i] = a[i] + b[i]; }
template <class T> void subtract(Index n, const T* a, const T* b, T* y) noexcept { for (Index i = 0; i < n; ++i) y[i] = a[i] - b[i]; }
template <class T> void multiply(Index n, const T* a, const T* b, T* y) noexcept { for (Index i = 0; i < n; ++i) y[i] = a[i] * b[i]; }
template <class T> void divide(Index n, const T* a, const T* b, T* y) noexcept { for (Index i = 0; i < n; ++i) y[i] = a[i] / b[i]; }
template <class T> void scale(Index n, std::type_identity_t<T> a, const T* x, T* y) noexcept { for (Index i = 0; i < n; ++i) y[i] = a * x[i]; }
template <class T> void axpy(Index n, std::type_identity_t<T> a, const T* x, T* y) noexcept { for (Index i = 0; i < n; ++i) y[i] += a * x[i]; }
template <class T> void multiply_add(Index n, const T* a, const T* b, T* y) noexcept { for (Index i = 0; i < n; ++i) y[i] += a[i] * b[i]; }

template <class T> T exp(T x) noexcept { return std::exp(x); }
template <class T> T log(T x) noexcept { return std::log(x); }
template <class T> T square(T x) noexcept { return x * x; }
template <class T> T sqrt(T x) noexcept { return std::sqrt(x); }
template <class T> T abs(T x) noexcept { return std::abs(x); }
template <class T> T tanh(T x) noexcept { return std::tanh(x); }
template <class T> T sigmoid(T x) noexcept { return x < 0 ? std::exp(x) / (1 + std::exp(x)) : 1 / (1 + std::exp(-x)); }
template <class T> T softplus(T x) noexcept { return std::max(x, T{0}) + std::log1p(std::exp(-std::abs(x))); }
template <class T> T relu(T x) noexcept { return x > 0 ? x : T{0}; }
template <class T> T gelu(T x) noexcept { return x / 2 * (1 + std::erf(x * detail::sqrt_half<T>)); }
template <class T> T gelu_tanh(T x) noexcept { return x / 2 * (1 + std::tanh(detail::sqrt_2_over_pi<T> * (x + T(0.044715) * x * x * x))); }

template <class T> void exp(Index n, const T* x, T* y) noexcept { for (Index i = 0; i < n; ++i) y[i] = reference::exp(x[i]); }
template <class T> void log(Index n, const T* x, T* y) noexcept { for (Index i = 0; i < n; ++i) y[i] = reference::log(x[i]); }
template <class T> void square(Index n, const T* x, T* y) noexcept { for (Index i = 0; i < n; ++i) y[i] = reference::square(x[i]); }
template <class T> void sqrt(Index n, const T* x, T* y) noexcept { for (Index i = 0; i < n; ++i) y[i] = reference::sqrt(x[i]); }
template <class T> void abs(Index n, const T* x, T* y) noexcept { for (Index i = 0; i < n; ++i) y[i] = reference::abs(x[i]); }
template <class T> void tanh(Index n, const T* x, T* y) noexcept { for (Index i = 0; i < n; ++i) y[i] = reference::tanh(x[i]); }
template <class T> void sigmoid(Index n, const T* x, T* y) noexcept { for (Index i = 0; i < n; ++i) y[i] = reference::sigmoid(x[i]); }
template <class T> void softplus(Index n, const T* x, T* y) noexcept { for (Index i = 0; i < n; ++i) y[i] = reference::softplus(x[i]); }
template <class T> void relu(Index n, const T* x, T* y) noexcept { for (Index i = 0; i < n; ++i) y[i] = reference::relu(x[i]); }
template <class T> void gelu(Index n, const T* x, T* y) noexcept { for (Index i = 0; i < n; ++i) y[i] = reference::gelu(x[i]); }
template <class T> void gelu_tanh(Index n, const T* x, T* y) noexcept { for (Index i = 0; i < n; ++i) y[i] = reference::gelu_tanh(x[i]); }

template <class T> T exp_slope(T y) noexcept { return y; }
template <class T> T log_slope(T x) noexcept { return 1 / x; }
template <class T> T square_slope(T x) noexcept { return 2 * x; }
template <class T> T sqrt_slope(T y) noexcept { return 1 / (2 * y); }
template <class T> T abs_slope(T x) noexcept { return x > 0 ? T{1} : x < 0 ? T{-1} : T{0}; }
template <class T> T tanh_slope(T y) noexcept { return 1 - y * y; }
template <class T> T sigmoid_slope(T y) noexcept { return y * (1 - y); }
template <class T> T softplus_slope(T x) noexcept { return x < 0 ? std::exp(x) / (1 + std::exp(x)) : 1 / (1 + std::exp(-x)); }
template <class T> T relu_slope(T y) noexcept { return y > 0 ? T{1} : T{0}; }
template <class T> T gelu_slope(T x) noexcept { return (1 + std::erf(x * detail::sqrt_half<T>)) / 2 + x * std::exp(-x * x / 2) * detail::sqrt_half<T> * detail::inverse_sqrt_pi<T>; }
template <class T> T gelu_tanh_slope(T x) noexcept { return detail::gelu_tanh_slope_by_definition(x); }

template <class T> void exp_backward(Index n, const T* y, const T* dy, T* dx) noexcept { for (Index i = 0; i < n; ++i) dx[i] += dy[i] * exp_slope(y[i]); }
template <class T> void log_backward(Index n, const T* x, const T* dy, T* dx) noexcept { for (Index i = 0; i < n; ++i) dx[i] += dy[i] * log_slope(x[i]); }
template <class T> void square_backward(Index n, const T* x, const T* dy, T* dx) noexcept { for (Index i = 0; i < n; ++i) dx[i] += dy[i] * square_slope(x[i]); }
template <class T> void sqrt_backward(Index n, const T* y, const T* dy, T* dx) noexcept { for (Index i = 0; i < n; ++i) dx[i] += dy[i] * sqrt_slope(y[i]); }
template <class T> void abs_backward(Index n, const T* x, const T* dy, T* dx) noexcept { for (Index i = 0; i < n; ++i) dx[i] += dy[i] * abs_slope(x[i]); }
template <class T> void tanh_backward(Index n, const T* y, const T* dy, T* dx) noexcept { for (Index i = 0; i < n; ++i) dx[i] += dy[i] * tanh_slope(y[i]); }
template <class T> void sigmoid_backward(Index n, const T* y, const T* dy, T* dx) noexcept { for (Index i = 0; i < n; ++i) dx[i] += dy[i] * sigmoid_slope(y[i]); }
template <class T> void softplus_backward(Index n, const T* x, const T* dy, T* dx) noexcept { for (Index i = 0; i < n; ++i) dx[i] += dy[i] * softplus_slope(x[i]); }
template <class T> void relu_backward(Index n, const T* y, const T* dy, T* dx) noexcept { for (Index i = 0; i < n; ++i) dx[i] += dy[i] * relu_slope(y[i]); }
template <class T> void gelu_backward(Index n, const T* x, const T* dy, T* dx) noexcept { for (Index i = 0; i < n; ++i) dx[i] += dy[i] * gelu_slope(x[i]); }
template <class T> void gelu_tanh_backward(Index n, const T* x, const T* dy, T* dx) noexcept { for (Index i = 0; i < n; ++i) dx[i] += dy[i] * gelu_tanh_slope(x[i]); }
// clang-format on

}  // namespace reference

namespace detail {

template <class T, class A>
TENURE_INLINE simd::Batch<T, A> sign(simd::Batch<T, A> x) noexcept {
  const simd::Batch<T, A> zero(T{0});
  const simd::Batch<T, A> one(T{1});
  return simd::select(x > zero, one, simd::select(x < zero, -one, zero));
}

template <class T, class A>
TENURE_INLINE simd::Batch<T, A> gelu(simd::Batch<T, A> x) noexcept {
  const simd::Batch<T, A> half = x * T(0.5);
  return simd::fma(half, simd::erf(x * sqrt_half<T>), half);
}

template <class T, class A>
TENURE_INLINE simd::Batch<T, A> gelu_slope(simd::Batch<T, A> x) noexcept {
  const simd::Batch<T, A> half(T(0.5));
  const simd::Batch<T, A> phi = simd::exp(x * x * T(-0.5)) * (sqrt_half<T> * inverse_sqrt_pi<T>);
  return simd::fma(x, phi, simd::fma(half, simd::erf(x * sqrt_half<T>), half));
}

/// tanh(√(2/π) (x + 0.044715 x³)).
template <class T, class A>
TENURE_INLINE simd::Batch<T, A> gelu_tanh_inner(simd::Batch<T, A> x) noexcept {
  const simd::Batch<T, A> cubic(sqrt_2_over_pi<T> * T(0.044715));
  const simd::Batch<T, A> linear(sqrt_2_over_pi<T>);
  return simd::tanh(x * simd::fma(cubic, x * x, linear));
}

template <class T, class A>
TENURE_INLINE simd::Batch<T, A> gelu_tanh(simd::Batch<T, A> x) noexcept {
  const simd::Batch<T, A> half = x * T(0.5);
  return simd::fma(half, gelu_tanh_inner(x), half);
}

template <class T, class A>
TENURE_INLINE simd::Batch<T, A> gelu_tanh_slope(simd::Batch<T, A> x) noexcept {
  const simd::Batch<T, A> half(T(0.5));
  const simd::Batch<T, A> y = gelu_tanh_inner(x);
  const simd::Batch<T, A> cubic(3 * sqrt_2_over_pi<T> * T(0.044715));
  const simd::Batch<T, A> linear(sqrt_2_over_pi<T>);
  const simd::Batch<T, A> inner = half * x * simd::fma(cubic, x * x, linear);
  return simd::fma(inner, simd::fnma(y, y, simd::Batch<T, A>(T{1})), simd::fma(half, y, half));
}

}  // namespace detail

/// y = value.
template <class A = simd::DefaultArch, class T>
void fill(Index n, std::type_identity_t<T> value, T* y) noexcept {
  simd::transform<A>(n, y, [=] { return value; });
}

/// y = a + b.
template <class A = simd::DefaultArch, class T>
void add(Index n, const T* a, const T* b, T* y) noexcept {
  simd::transform<A>(
      n, y, [](auto v, auto w) { return v + w; }, a, b);
}

/// y = a − b.
template <class A = simd::DefaultArch, class T>
void subtract(Index n, const T* a, const T* b, T* y) noexcept {
  simd::transform<A>(
      n, y, [](auto v, auto w) { return v - w; }, a, b);
}

/// y = a · b.
template <class A = simd::DefaultArch, class T>
void multiply(Index n, const T* a, const T* b, T* y) noexcept {
  simd::transform<A>(
      n, y, [](auto v, auto w) { return v * w; }, a, b);
}

/// y = a / b.
template <class A = simd::DefaultArch, class T>
void divide(Index n, const T* a, const T* b, T* y) noexcept {
  simd::transform<A>(
      n, y, [](auto v, auto w) { return simd::divide(v, w); }, a, b);
}

/// y = a x.
template <class A = simd::DefaultArch, class T>
void scale(Index n, std::type_identity_t<T> a, const T* x, T* y) noexcept {
  simd::transform<A>(
      n, y, [=](auto v) { return a * v; }, x);
}

/// y += a x.
template <class A = simd::DefaultArch, class T>
void axpy(Index n, std::type_identity_t<T> a, const T* x, T* y) noexcept {
  const simd::Batch<T, A> factor(a);
  simd::transform<A>(
      n, y, [=](auto sum, auto v) { return simd::fma(factor, v, sum); }, y, x);
}

/// y += a · b.
template <class A = simd::DefaultArch, class T>
void multiply_add(Index n, const T* a, const T* b, T* y) noexcept {
  simd::transform<A>(
      n, y, [](auto sum, auto v, auto w) { return simd::fma(v, w, sum); }, y, a, b);
}

/// y = eˣ.
template <class A = simd::DefaultArch, class T>
void exp(Index n, const T* x, T* y) noexcept {
  simd::transform<A>(
      n, y, [](auto v) { return simd::exp(v); }, x);
}

/// y = ln x.
template <class A = simd::DefaultArch, class T>
void log(Index n, const T* x, T* y) noexcept {
  simd::transform<A>(
      n, y, [](auto v) { return simd::log(v); }, x);
}

/// y = x².
template <class A = simd::DefaultArch, class T>
void square(Index n, const T* x, T* y) noexcept {
  simd::transform<A>(
      n, y, [](auto v) { return v * v; }, x);
}

/// y = √x.
template <class A = simd::DefaultArch, class T>
void sqrt(Index n, const T* x, T* y) noexcept {
  simd::transform<A>(
      n, y, [](auto v) { return simd::sqrt(v); }, x);
}

/// y = |x|.
template <class A = simd::DefaultArch, class T>
void abs(Index n, const T* x, T* y) noexcept {
  simd::transform<A>(
      n, y, [](auto v) { return simd::abs(v); }, x);
}

/// y = tanh x.
template <class A = simd::DefaultArch, class T>
void tanh(Index n, const T* x, T* y) noexcept {
  simd::transform<A>(
      n, y, [](auto v) { return simd::tanh(v); }, x);
}

/// y = 1 / (1 + e⁻ˣ).
template <class A = simd::DefaultArch, class T>
void sigmoid(Index n, const T* x, T* y) noexcept {
  simd::transform<A>(
      n, y, [](auto v) { return simd::sigmoid(v); }, x);
}

/// y = ln(1 + eˣ).
template <class A = simd::DefaultArch, class T>
void softplus(Index n, const T* x, T* y) noexcept {
  simd::transform<A>(
      n, y, [](auto v) { return simd::softplus(v); }, x);
}

/// y = max(x, 0).
template <class A = simd::DefaultArch, class T>
void relu(Index n, const T* x, T* y) noexcept {
  simd::transform<A>(
      n, y, [](auto v) { return simd::max(decltype(v)(T{0}), v); }, x);
}

/// y = x Φ(x) = x/2 (1 + erf(x/√2)).
template <class A = simd::DefaultArch, class T>
void gelu(Index n, const T* x, T* y) noexcept {
  simd::transform<A>(
      n, y, [](auto v) { return detail::gelu(v); }, x);
}

/// y = x/2 (1 + tanh(√(2/π) (x + 0.044715 x³))).
template <class A = simd::DefaultArch, class T>
void gelu_tanh(Index n, const T* x, T* y) noexcept {
  simd::transform<A>(
      n, y, [](auto v) { return detail::gelu_tanh(v); }, x);
}

/// dx += dy y.
template <class A = simd::DefaultArch, class T>
void exp_backward(Index n, const T* y, const T* dy, T* dx) noexcept {
  simd::transform<A>(
      n, dx, [](auto g, auto v, auto d) { return simd::fma(v, d, g); }, dx, y, dy);
}

/// dx += dy / x.
template <class A = simd::DefaultArch, class T>
void log_backward(Index n, const T* x, const T* dy, T* dx) noexcept {
  simd::transform<A>(
      n, dx, [](auto g, auto v, auto d) { return g + simd::divide(d, v); }, dx, x, dy);
}

/// dx += 2 x dy.
template <class A = simd::DefaultArch, class T>
void square_backward(Index n, const T* x, const T* dy, T* dx) noexcept {
  simd::transform<A>(
      n, dx, [](auto g, auto v, auto d) { return simd::fma(v + v, d, g); }, dx, x, dy);
}

/// dx += dy / (2 y).
template <class A = simd::DefaultArch, class T>
void sqrt_backward(Index n, const T* y, const T* dy, T* dx) noexcept {
  simd::transform<A>(
      n, dx, [](auto g, auto v, auto d) { return g + simd::divide(d, v + v); }, dx, y, dy);
}

/// dx += dy sign(x), sign(0) being 0.
template <class A = simd::DefaultArch, class T>
void abs_backward(Index n, const T* x, const T* dy, T* dx) noexcept {
  simd::transform<A>(
      n, dx, [](auto g, auto v, auto d) { return simd::fma(detail::sign(v), d, g); }, dx, x, dy);
}

/// dx += dy (1 − y²).
template <class A = simd::DefaultArch, class T>
void tanh_backward(Index n, const T* y, const T* dy, T* dx) noexcept {
  simd::transform<A>(
      n, dx, [](auto g, auto v, auto d) { return simd::fma(simd::fnma(v, v, decltype(v)(T{1})), d, g); }, dx, y, dy);
}

/// dx += dy y (1 − y).
template <class A = simd::DefaultArch, class T>
void sigmoid_backward(Index n, const T* y, const T* dy, T* dx) noexcept {
  simd::transform<A>(
      n, dx, [](auto g, auto v, auto d) { return simd::fma(simd::fnma(v, v, v), d, g); }, dx, y, dy);
}

/// dx += dy sigmoid(x).
template <class A = simd::DefaultArch, class T>
void softplus_backward(Index n, const T* x, const T* dy, T* dx) noexcept {
  simd::transform<A>(
      n, dx, [](auto g, auto v, auto d) { return simd::fma(simd::sigmoid(v), d, g); }, dx, x, dy);
}

/// dx += dy where y > 0.
template <class A = simd::DefaultArch, class T>
void relu_backward(Index n, const T* y, const T* dy, T* dx) noexcept {
  simd::transform<A>(
      n, dx, [](auto g, auto v, auto d) { return g + simd::select(v > decltype(v)(T{0}), d, decltype(d)(T{0})); }, dx,
      y, dy);
}

/// dx += dy (Φ(x) + x φ(x)).
template <class A = simd::DefaultArch, class T>
void gelu_backward(Index n, const T* x, const T* dy, T* dx) noexcept {
  simd::transform<A>(
      n, dx, [](auto g, auto v, auto d) { return simd::fma(detail::gelu_slope(v), d, g); }, dx, x, dy);
}

/// dx += dy times the derivative of gelu_tanh.
template <class A = simd::DefaultArch, class T>
void gelu_tanh_backward(Index n, const T* x, const T* dy, T* dx) noexcept {
  simd::transform<A>(
      n, dx, [](auto g, auto v, auto d) { return simd::fma(detail::gelu_tanh_slope(v), d, g); }, dx, x, dy);
}

}  // namespace tenure::inline TENURE_ABI::kernels
