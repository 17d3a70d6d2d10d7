/// Layer normalization over the last axis (Ba, Kiros and Hinton, 2016):
/// y = γ (x − mean) / √(variance + ε) + β, with the variance of the row (divided by n, not n − 1).
#pragma once

#include <cmath>

#include "reduce.hpp"
#include "simd.hpp"

TENURE_NO_CONTRACTION
namespace tenure { inline namespace TENURE_ABI { namespace kernels {

namespace reference {

template <class T>
void layer_norm(Index rows, Index columns, std::type_identity_t<T> epsilon, const T* x, const T* gamma, const T* beta,
                T* y, T* mean, T* inverse_deviation) noexcept {
  for (Index r = 0; r < rows; ++r, x += columns, y += columns) {
    T total{};
    for (Index c = 0; c < columns; ++c) total += x[c];
    mean[r] = total / static_cast<T>(columns);
    T squares{};
    for (Index c = 0; c < columns; ++c) squares += (x[c] - mean[r]) * (x[c] - mean[r]);
    inverse_deviation[r] = 1 / std::sqrt(squares / static_cast<T>(columns) + epsilon);
    for (Index c = 0; c < columns; ++c) y[c] = gamma[c] * ((x[c] - mean[r]) * inverse_deviation[r]) + beta[c];
  }
}

template <class T>
void layer_norm_backward(Index rows, Index columns, const T* x, const T* gamma, const T* mean,
                         const T* inverse_deviation, const T* dy, T* dx, T* dgamma, T* dbeta) noexcept {
  for (Index r = 0; r < rows; ++r, x += columns, dy += columns, dx += columns) {
    T sum{};
    T dot{};
    for (Index c = 0; c < columns; ++c) {
      const T normal = (x[c] - mean[r]) * inverse_deviation[r];
      sum += gamma[c] * dy[c];
      dot += gamma[c] * dy[c] * normal;
      dgamma[c] += dy[c] * normal;
      dbeta[c] += dy[c];
    }
    for (Index c = 0; c < columns; ++c) {
      const T normal = (x[c] - mean[r]) * inverse_deviation[r];
      dx[c] += inverse_deviation[r] * (gamma[c] * dy[c] - (sum + normal * dot) / static_cast<T>(columns));
    }
  }
}

}  // namespace reference

/// y (rows, columns) = γ (x − mean) / √(variance + ε) + β with γ and β (columns); y may be x. Saves the mean and
/// 1 / √(variance + ε) of each row (rows) for the backward pass. The variance is that of the deviations from the mean,
/// so that a large mean cancels nothing.
template <class A = simd::DefaultArch, class T>
void layer_norm(Index rows, Index columns, std::type_identity_t<T> epsilon, const T* x, const T* gamma, const T* beta,
                T* y, T* mean, T* inverse_deviation) noexcept {
  using Vector = simd::Batch<T, A>;
  const T count = static_cast<T>(columns);
  for (Index r = 0; r < rows; ++r, x += columns, y += columns) {
    const auto entry = [x](Index i, auto part) { return part.load(x + i); };
    const T estimate = simd::reduce_add(detail::pairwise_sum<A, T, T>(0, columns, entry)) / count;
    Vector deviations(T{0});
    Vector squares(T{0});
    simd::sweep<T, A>(columns, [&](Index i, auto part) {
      const Vector deviation = part.merge(part.load(x + i) - Vector(estimate), Vector(T{0}));
      deviations += deviation;
      squares = simd::fma(deviation, deviation, squares);
    });
    // the deviations' mean is the rounding error of the estimate: a float of 10⁴ knows no more than 10⁻³
    const T correction = simd::reduce_add(deviations) / count;
    const T variance = simd::reduce_add(squares) / count - correction * correction;
    mean[r] = estimate + correction;
    // in double, where -ffast-math has no approximate root
    inverse_deviation[r] = static_cast<T>(1 / std::sqrt(static_cast<double>(variance) + static_cast<double>(epsilon)));
    const Vector middle(mean[r]);
    const Vector factor(inverse_deviation[r]);
    simd::transform<A>(
        columns, y, [=](auto v, auto g, auto b) { return simd::fma((v - middle) * factor, g, b); }, x, gamma, beta);
  }
}

namespace detail {

/// layer_norm_backward() of `count` rows at once: γ, dγ and dβ are passed over once for all of them.
template <int count, class A, class T>
void layer_norm_backward_rows(Index columns, const T* x, const T* gamma, const T* mean, const T* inverse_deviation,
                              const T* dy, T* dx, T* dgamma, T* dbeta, bool add) noexcept {
  using Vector = simd::Batch<T, A>;
  simd::Array<Vector, count> sum_mean;
  simd::Array<Vector, count> dot_mean;
  for (int r = 0; r < count; ++r) {
    Vector sum(T{0});
    Vector dot(T{0});
    simd::sweep<T, A>(columns, [&](Index i, auto part) {
      const Vector g = part.load(gamma + i) * part.load(dy + r * columns + i);
      sum += g;
      dot = simd::fma(g, part.load(x + r * columns + i) - Vector(mean[r]), dot);
    });
    sum_mean[r] = Vector(simd::reduce_add(sum) / static_cast<T>(columns));
    dot_mean[r] = Vector(simd::reduce_add(dot) * inverse_deviation[r] / static_cast<T>(columns));
  }
  simd::sweep<T, A>(columns, [&](Index i, auto part) {
    const Vector g = part.load(gamma + i);
    Vector gamma_sum = part.load(dgamma + i);
    Vector beta_sum = part.load(dbeta + i);
    for (int r = 0; r < count; ++r) {
      const Index at = r * columns + i;
      const Vector factor(inverse_deviation[r]);
      const Vector normal = (part.load(x + at) - Vector(mean[r])) * factor;
      const Vector d = part.load(dy + at);
      gamma_sum = simd::fma(d, normal, gamma_sum);
      beta_sum += d;
      const Vector centered = simd::fnma(normal, dot_mean[r], g * d - sum_mean[r]);
      part.store(dx + at, simd::fma(factor, centered, add ? part.load(dx + at) : Vector(T{0})));
    }
    part.store(dgamma + i, gamma_sum);
    part.store(dbeta + i, beta_sum);
  });
}

}  // namespace detail

/// With n = (x − mean) · inverse deviation: dx += inverse deviation · (γ dy − mean(γ dy) − n · mean(γ dy n)),
/// dγ += Σ dy n and dβ += Σ dy over the rows; dx = rather than += unless `add`. x, dy, dx (rows, columns); γ, dγ, dβ
/// (columns); the rest (rows).
template <class A = simd::DefaultArch, class T>
void layer_norm_backward(Index rows, Index columns, const T* x, const T* gamma, const T* mean,
                         const T* inverse_deviation, const T* dy, T* dx, T* dgamma, T* dbeta,
                         bool add = true) noexcept {
  Index r = 0;
  for (; r + 4 <= rows; r += 4) {
    detail::layer_norm_backward_rows<4, A>(columns, x + r * columns, gamma, mean + r, inverse_deviation + r,
                                           dy + r * columns, dx + r * columns, dgamma, dbeta, add);
  }
  for (; r < rows; ++r) {
    detail::layer_norm_backward_rows<1, A>(columns, x + r * columns, gamma, mean + r, inverse_deviation + r,
                                           dy + r * columns, dx + r * columns, dgamma, dbeta, add);
  }
}

}}}  // namespace tenure::TENURE_ABI::kernels
TENURE_CONTRACTION_AS_BEFORE
