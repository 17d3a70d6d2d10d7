/// Kernels on arrays, one element at a time: arithmetic, and activation functions with their derivatives.
///
/// All arrays hold n elements. The output may be one of the inputs; otherwise arrays must not overlap. A backward
/// kernel adds dy · f′ to dx, which must be an array of its own. It reads either the x or the y = f(x) of the forward
/// pass, whichever makes the derivative cheaper: its first array says which. Where it is y, the forward pass may
/// overwrite x.
#pragma once

#include <algorithm>
#include <cmath>
#include <numbers>

#include "math.hpp"

TENURE_NO_CONTRACTION
namespace tenure { inline namespace TENURE_ABI { namespace kernels {

namespace reference {

template <class T>
void add(Index n, const T* a, const T* b, T* y) noexcept {
  for (Index i = 0; i < n; ++i) y[i] = a[i] + b[i];
}
template <class T>
void subtract(Index n, const T* a, const T* b, T* y) noexcept {
  for (Index i = 0; i < n; ++i) y[i] = a[i] - b[i];
}
template <class T>
void multiply(Index n, const T* a, const T* b, T* y) noexcept {
  for (Index i = 0; i < n; ++i) y[i] = a[i] * b[i];
}
template <class T>
void divide(Index n, const T* a, const T* b, T* y) noexcept {
  for (Index i = 0; i < n; ++i) y[i] = a[i] / b[i];
}
template <class T>
void scale(Index n, T factor, const T* x, T* y) noexcept {
  for (Index i = 0; i < n; ++i) y[i] = factor * x[i];
}
template <class T>
void axpy(Index n, T factor, const T* x, T* y) noexcept {
  for (Index i = 0; i < n; ++i) y[i] += factor * x[i];
}
template <class T>
void multiply_add(Index n, const T* x, const T* y, T* z) noexcept {
  for (Index i = 0; i < n; ++i) z[i] += x[i] * y[i];
}
template <class T>
void fill(Index n, T value, T* y) noexcept {
  for (Index i = 0; i < n; ++i) y[i] = value;
}
template <class T>
void exp(Index n, const T* x, T* y) noexcept {
  for (Index i = 0; i < n; ++i) y[i] = std::exp(x[i]);
}
template <class T>
void exp_backward(Index n, const T* y, const T* dy, T* dx) noexcept {
  for (Index i = 0; i < n; ++i) dx[i] += dy[i] * y[i];
}
template <class T>
void log(Index n, const T* x, T* y) noexcept {
  for (Index i = 0; i < n; ++i) y[i] = std::log(x[i]);
}
template <class T>
void log_backward(Index n, const T* x, const T* dy, T* dx) noexcept {
  for (Index i = 0; i < n; ++i) dx[i] += dy[i] / x[i];
}
template <class T>
void square(Index n, const T* x, T* y) noexcept {
  for (Index i = 0; i < n; ++i) y[i] = x[i] * x[i];
}
template <class T>
void square_backward(Index n, const T* x, const T* dy, T* dx) noexcept {
  for (Index i = 0; i < n; ++i) dx[i] += 2 * dy[i] * x[i];
}
template <class T>
void sqrt(Index n, const T* x, T* y) noexcept {
  for (Index i = 0; i < n; ++i) y[i] = std::sqrt(x[i]);
}
template <class T>
void sqrt_backward(Index n, const T* y, const T* dy, T* dx) noexcept {
  for (Index i = 0; i < n; ++i) dx[i] += dy[i] / (2 * y[i]);
}
template <class T>
void abs(Index n, const T* x, T* y) noexcept {
  for (Index i = 0; i < n; ++i) y[i] = std::abs(x[i]);
}
template <class T>
void abs_backward(Index n, const T* x, const T* dy, T* dx) noexcept {
  for (Index i = 0; i < n; ++i) dx[i] += x[i] > 0 ? dy[i] : x[i] < 0 ? -dy[i] : T{0};
}
template <class T>
void tanh(Index n, const T* x, T* y) noexcept {
  for (Index i = 0; i < n; ++i) y[i] = std::tanh(x[i]);
}
template <class T>
void tanh_backward(Index n, const T* y, const T* dy, T* dx) noexcept {
  for (Index i = 0; i < n; ++i) dx[i] += dy[i] * (1 - y[i] * y[i]);
}
template <class T>
void sigmoid(Index n, const T* x, T* y) noexcept {
  for (Index i = 0; i < n; ++i) y[i] = 1 / (1 + std::exp(-x[i]));
}
template <class T>
void sigmoid_backward(Index n, const T* y, const T* dy, T* dx) noexcept {
  for (Index i = 0; i < n; ++i) dx[i] += dy[i] * y[i] * (1 - y[i]);
}
template <class T>
void softplus(Index n, const T* x, T* y) noexcept {
  for (Index i = 0; i < n; ++i) y[i] = (std::max)(x[i], T{0}) + std::log1p(std::exp(-std::abs(x[i])));
}
template <class T>
void softplus_backward(Index n, const T* y, const T* dy, T* dx) noexcept {
  for (Index i = 0; i < n; ++i) dx[i] += -dy[i] * std::expm1(-y[i]);
}
template <class T>
void relu(Index n, const T* x, T* y) noexcept {
  for (Index i = 0; i < n; ++i) y[i] = x[i] < 0 ? T{0} : x[i];
}
template <class T>
void relu_backward(Index n, const T* y, const T* dy, T* dx, bool add = true) noexcept {
  for (Index i = 0; i < n; ++i) dx[i] = (add ? dx[i] : T{0}) + (y[i] > 0 ? dy[i] : T{0});
}
template <class T>
void leaky_relu(Index n, T slope, const T* x, T* y) noexcept {
  for (Index i = 0; i < n; ++i) y[i] = x[i] > 0 ? x[i] : slope * x[i];
}
template <class T>
void leaky_relu_backward(Index n, T slope, const T* y, const T* dy, T* dx) noexcept {
  for (Index i = 0; i < n; ++i) dx[i] += y[i] > 0 ? dy[i] : slope * dy[i];
}
template <class T>
void gelu(Index n, const T* x, T* y) noexcept {
  for (Index i = 0; i < n; ++i) y[i] = x[i] / 2 * (1 + std::erf(x[i] * std::numbers::sqrt2_v<T> / 2));
}
template <class T>
void gelu_backward(Index n, const T* x, const T* dy, T* dx) noexcept {
  for (Index i = 0; i < n; ++i) {
    const T distribution = (1 + std::erf(x[i] * std::numbers::sqrt2_v<T> / 2)) / 2;
    const T density = std::exp(-x[i] * x[i] / 2) * std::numbers::inv_sqrtpi_v<T> / std::numbers::sqrt2_v<T>;
    dx[i] += dy[i] * (distribution + x[i] * density);
  }
}
template <class T>
void gelu_tanh(Index n, const T* x, T* y) noexcept {
  const T factor = std::numbers::sqrt2_v<T> * std::numbers::inv_sqrtpi_v<T>;
  for (Index i = 0; i < n; ++i) {
    y[i] = x[i] / 2 * (1 + std::tanh(factor * (x[i] + T(0.044715) * x[i] * x[i] * x[i])));
  }
}
template <class T>
void gelu_tanh_backward(Index n, const T* x, const T* dy, T* dx) noexcept {
  const T factor = std::numbers::sqrt2_v<T> * std::numbers::inv_sqrtpi_v<T>;
  for (Index i = 0; i < n; ++i) {
    const T t = std::tanh(factor * (x[i] + T(0.044715) * x[i] * x[i] * x[i]));
    const T slope = factor * (1 + 3 * T(0.044715) * x[i] * x[i]);
    dx[i] += dy[i] / 2 * (1 + t + x[i] * (1 - t * t) * slope);
  }
}

}  // namespace reference

namespace detail {

/// y = f(x).
template <class A, class T, class F>
TENURE_INLINE void map(Index n, const T* x, T* y, F f) noexcept {
  simd::transform<A>(n, y, f, x);
}
/// y = f(a, b).
template <class A, class T, class F>
TENURE_INLINE void map(Index n, const T* a, const T* b, T* y, F f) noexcept {
  simd::transform<A>(n, y, f, a, b);
}
/// dx += f(x, dy).
template <class A, class T, class F>
TENURE_INLINE void accumulate(Index n, const T* x, const T* dy, T* dx, F f) noexcept {
  simd::transform<A>(
      n, dx, [f](auto sum, auto u, auto v) { return sum + f(u, v); }, dx, x, dy);
}

template <class T>
inline constexpr T root_half = std::numbers::sqrt2_v<T> / 2;

/// gelu_tanh() is x times the sigmoid of 2√(2/π) (x + 0.044715 x³): more exact than by tanh where that is small.
template <class T>
inline constexpr T gelu_linear = 2 * std::numbers::sqrt2_v<T>* std::numbers::inv_sqrtpi_v<T>;
template <class T>
inline constexpr T gelu_cubic = gelu_linear<T>* T(0.044715);

template <class T, class A>
TENURE_INLINE simd::Batch<T, A> gelu_sigmoid(simd::Batch<T, A> x) noexcept {
  using V = simd::Batch<T, A>;
  return simd::sigmoid(x * simd::fma(x * x, V(gelu_cubic<T>), V(gelu_linear<T>)));
}

}  // namespace detail

/// y = a + b. Both gradients are axpy() of dy with 1.
template <class A = simd::DefaultArch, class T>
void add(Index n, const T* a, const T* b, T* y) noexcept {
  detail::map<A>(n, a, b, y, [](auto u, auto v) { return u + v; });
}

/// y = a − b. Its gradients are axpy() of dy with 1 and −1.
template <class A = simd::DefaultArch, class T>
void subtract(Index n, const T* a, const T* b, T* y) noexcept {
  detail::map<A>(n, a, b, y, [](auto u, auto v) { return u - v; });
}

/// y = a · b. The gradient of either factor is multiply_add() of dy and the other.
template <class A = simd::DefaultArch, class T>
void multiply(Index n, const T* a, const T* b, T* y) noexcept {
  detail::map<A>(n, a, b, y, [](auto u, auto v) { return u * v; });
}

/// y = a / b.
template <class A = simd::DefaultArch, class T>
void divide(Index n, const T* a, const T* b, T* y) noexcept {
  detail::map<A>(n, a, b, y, [](auto u, auto v) { return simd::divide(u, v); });
}

/// y = factor · x. Its gradient is axpy() of dy with the factor.
template <class A = simd::DefaultArch, class T>
void scale(Index n, T factor, const T* x, T* y) noexcept {
  using V = simd::Batch<T, A>;
  detail::map<A>(n, x, y, [factor](V v) { return v * V(factor); });
}

/// y += factor · x.
template <class A = simd::DefaultArch, class T>
void axpy(Index n, T factor, const T* x, T* y) noexcept {
  using V = simd::Batch<T, A>;
  detail::map<A>(n, x, y, y, [factor](V v, V sum) { return simd::fma(V(factor), v, sum); });
}

/// z += x · y.
template <class A = simd::DefaultArch, class T>
void multiply_add(Index n, const T* x, const T* y, T* z) noexcept {
  detail::accumulate<A>(n, x, y, z, [](auto u, auto v) { return u * v; });
}

/// y = value.
template <class A = simd::DefaultArch, class T>
void fill(Index n, T value, T* y) noexcept {
  using V = simd::Batch<T, A>;
  simd::transform<A>(n, y, [value]() { return V(value); });
}

/// y = eˣ.
template <class A = simd::DefaultArch, class T>
void exp(Index n, const T* x, T* y) noexcept {
  detail::map<A>(n, x, y, [](auto v) { return simd::exp(v); });
}

/// dx += dy · y.
template <class A = simd::DefaultArch, class T>
void exp_backward(Index n, const T* y, const T* dy, T* dx) noexcept {
  detail::accumulate<A>(n, y, dy, dx, [](auto u, auto v) { return u * v; });
}

/// y = log x.
template <class A = simd::DefaultArch, class T>
void log(Index n, const T* x, T* y) noexcept {
  detail::map<A>(n, x, y, [](auto v) { return simd::log(v); });
}

/// dx += dy / x.
template <class A = simd::DefaultArch, class T>
void log_backward(Index n, const T* x, const T* dy, T* dx) noexcept {
  detail::accumulate<A>(n, x, dy, dx, [](auto u, auto v) { return simd::divide(v, u); });
}

/// y = x².
template <class A = simd::DefaultArch, class T>
void square(Index n, const T* x, T* y) noexcept {
  detail::map<A>(n, x, y, [](auto v) { return v * v; });
}

/// dx += 2 dy · x.
template <class A = simd::DefaultArch, class T>
void square_backward(Index n, const T* x, const T* dy, T* dx) noexcept {
  detail::accumulate<A>(n, x, dy, dx, [](auto u, auto v) { return (v + v) * u; });
}

/// y = √x.
template <class A = simd::DefaultArch, class T>
void sqrt(Index n, const T* x, T* y) noexcept {
  detail::map<A>(n, x, y, [](auto v) { return simd::sqrt(v); });
}

/// dx += dy / 2y.
template <class A = simd::DefaultArch, class T>
void sqrt_backward(Index n, const T* y, const T* dy, T* dx) noexcept {
  detail::accumulate<A>(n, y, dy, dx, [](auto u, auto v) { return simd::divide(v, u + u); });
}

/// y = |x|.
template <class A = simd::DefaultArch, class T>
void abs(Index n, const T* x, T* y) noexcept {
  detail::map<A>(n, x, y, [](auto v) { return simd::abs(v); });
}

/// dx += dy · sign x, where the sign of 0 is 0.
template <class A = simd::DefaultArch, class T>
void abs_backward(Index n, const T* x, const T* dy, T* dx) noexcept {
  using V = simd::Batch<T, A>;
  detail::accumulate<A>(n, x, dy, dx,
                        [](V u, V v) { return simd::select(u > V(0), v, simd::select(u < V(0), -v, V(0))); });
}

/// y = tanh x.
template <class A = simd::DefaultArch, class T>
void tanh(Index n, const T* x, T* y) noexcept {
  detail::map<A>(n, x, y, [](auto v) { return simd::tanh(v); });
}

/// dx += dy (1 − y²).
template <class A = simd::DefaultArch, class T>
void tanh_backward(Index n, const T* y, const T* dy, T* dx) noexcept {
  detail::accumulate<A>(n, y, dy, dx, [](auto u, auto v) { return simd::fnma(u * v, u, v); });
}

/// y = 1 / (1 + e⁻ˣ).
template <class A = simd::DefaultArch, class T>
void sigmoid(Index n, const T* x, T* y) noexcept {
  detail::map<A>(n, x, y, [](auto v) { return simd::sigmoid(v); });
}

/// dx += dy · y (1 − y).
template <class A = simd::DefaultArch, class T>
void sigmoid_backward(Index n, const T* y, const T* dy, T* dx) noexcept {
  detail::accumulate<A>(n, y, dy, dx, [](auto u, auto v) { return v * simd::fnma(u, u, u); });
}

/// y = log(1 + eˣ).
template <class A = simd::DefaultArch, class T>
void softplus(Index n, const T* x, T* y) noexcept {
  detail::map<A>(n, x, y, [](auto v) { return simd::softplus(v); });
}

/// dx += dy (1 − e⁻ʸ), which is the sigmoid of x.
template <class A = simd::DefaultArch, class T>
void softplus_backward(Index n, const T* y, const T* dy, T* dx) noexcept {
  detail::accumulate<A>(n, y, dy, dx, [](auto u, auto v) { return -v * simd::expm1(-u); });
}

/// y = max(x, 0); NaN stays.
template <class A = simd::DefaultArch, class T>
void relu(Index n, const T* x, T* y) noexcept {
  using V = simd::Batch<T, A>;
  detail::map<A>(n, x, y, [](V v) { return (simd::max)(V(0), v); });
}

/// dx += dy where y > 0; dx = that rather than += unless `add`.
template <class A = simd::DefaultArch, class T>
void relu_backward(Index n, const T* y, const T* dy, T* dx, bool add = true) noexcept {
  using V = simd::Batch<T, A>;
  const auto passed = [](V u, V v) { return simd::select(u > V(0), v, V(0)); };
  add ? detail::accumulate<A>(n, y, dy, dx, passed) : detail::map<A>(n, y, dy, dx, passed);
}

/// y = x where x > 0, slope · x elsewhere; slope ≥ 0.
template <class A = simd::DefaultArch, class T>
void leaky_relu(Index n, T slope, const T* x, T* y) noexcept {
  using V = simd::Batch<T, A>;
  detail::map<A>(n, x, y, [slope](V v) { return simd::select(v > V(0), v, V(slope) * v); });
}

/// dx += dy where y > 0, slope · dy elsewhere.
template <class A = simd::DefaultArch, class T>
void leaky_relu_backward(Index n, T slope, const T* y, const T* dy, T* dx) noexcept {
  using V = simd::Batch<T, A>;
  detail::accumulate<A>(n, y, dy, dx, [slope](V u, V v) { return simd::select(u > V(0), v, V(slope) * v); });
}

/// y = x Φ(x), where Φ is the normal distribution function.
template <class A = simd::DefaultArch, class T>
void gelu(Index n, const T* x, T* y) noexcept {
  using V = simd::Batch<T, A>;
  detail::map<A>(n, x, y, [](V v) {
    const V half = v * V(T(0.5));
    return simd::fma(half, simd::erf(v * V(detail::root_half<T>)), half);
  });
}

/// dx += dy (Φ(x) + x φ(x)), where φ is the normal density.
template <class A = simd::DefaultArch, class T>
void gelu_backward(Index n, const T* x, const T* dy, T* dx) noexcept {
  using V = simd::Batch<T, A>;
  constexpr T density_at_0 = detail::root_half<T> * std::numbers::inv_sqrtpi_v<T>;
  detail::accumulate<A>(n, x, dy, dx, [](V u, V v) {
    const V distribution = simd::fma(V(T(0.5)), simd::erf(u * V(detail::root_half<T>)), V(T(0.5)));
    const V density = simd::exp(u * u * V(T(-0.5))) * V(density_at_0);
    return v * simd::fma(u, density, distribution);
  });
}

/// y = x/2 · (1 + tanh(√(2/π) (x + 0.044715 x³))), which approximates gelu().
template <class A = simd::DefaultArch, class T>
void gelu_tanh(Index n, const T* x, T* y) noexcept {
  detail::map<A>(n, x, y, [](auto v) { return v * detail::gelu_sigmoid(v); });
}

/// dx += dy · y′, from x.
template <class A = simd::DefaultArch, class T>
void gelu_tanh_backward(Index n, const T* x, const T* dy, T* dx) noexcept {
  using V = simd::Batch<T, A>;
  detail::accumulate<A>(n, x, dy, dx, [](V u, V v) {
    const V s = detail::gelu_sigmoid(u);
    const V slope = simd::fma(u * u, V(3 * detail::gelu_cubic<T>), V(detail::gelu_linear<T>));
    return v * simd::fma(u * slope, simd::fnma(s, s, s), s);
  });
}

}}}  // namespace tenure::TENURE_ABI::kernels
TENURE_CONTRACTION_AS_BEFORE
