/// The distributions that weights start from.
///
/// `fan_in` and `fan_out` are the numbers of inputs and outputs of the product that a weight belongs to: for a kernel
/// (inputs, outputs) its two extents.
#pragma once

#include <algorithm>
#include <cmath>

#include "../core/rng.hpp"
#include "../core/tensor.hpp"

TENURE_NO_CONTRACTION
namespace tenure { inline namespace TENURE_ABI {

/// Whose conventions a layer follows: the distributions of its initial weights and how many biases it has.
enum class Preset { pytorch, keras };

/// Uniform in [−limit, limit).
template <class T>
[[gnu::cold]] void uniform(View<T> w, double limit, Rng& rng) noexcept {
  for (T& value : w) value = static_cast<T>(rng.uniform(-limit, limit));
}

/// Normal with mean 0.
template <class T>
[[gnu::cold]] void normal(View<T> w, double deviation, Rng& rng) noexcept {
  for (T& value : w) value = static_cast<T>(rng.normal(0, deviation));
}

/// The limit of glorot_uniform(), for weights that are drawn part by part.
[[gnu::cold]] inline double glorot_limit(Index fan_in, Index fan_out) noexcept {
  return std::sqrt(6 / static_cast<double>(fan_in + fan_out));
}

/// Uniform with variance 2 / (fan_in + fan_out) (Glorot and Bengio, 2010): Keras's default for kernels.
template <class T>
[[gnu::cold]] void glorot_uniform(View<T> w, Index fan_in, Index fan_out, Rng& rng) noexcept {
  uniform(w, glorot_limit(fan_in, fan_out), rng);
}

/// Normal with variance 2 / (fan_in + fan_out) (Glorot and Bengio, 2010), not truncated.
template <class T>
[[gnu::cold]] void glorot_normal(View<T> w, Index fan_in, Index fan_out, Rng& rng) noexcept {
  normal(w, std::sqrt(2 / static_cast<double>(fan_in + fan_out)), rng);
}

/// Uniform with variance 2 / fan_in (He et al., 2015), for layers before a ReLU.
template <class T>
[[gnu::cold]] void he_uniform(View<T> w, Index fan_in, Rng& rng) noexcept {
  uniform(w, std::sqrt(6 / static_cast<double>(fan_in)), rng);
}

/// Normal with variance 2 / fan_in (He et al., 2015), not truncated.
template <class T>
[[gnu::cold]] void he_normal(View<T> w, Index fan_in, Rng& rng) noexcept {
  normal(w, std::sqrt(2 / static_cast<double>(fan_in)), rng);
}

/// A random matrix whose rows, or columns where those are fewer, are orthonormal (Saxe et al., 2014): Keras's default
/// for recurrent kernels. w (rows, columns). @throws ShapeError for another rank
template <class T>
[[gnu::cold]] void orthogonal(View<T> w, Rng& rng) {
  if (w.rank() != 2) throw ShapeError("orthogonal", "a matrix", {w.shape()});
  const bool by_rows = w.shape()[0] <= w.shape()[1];
  const Index count = w.shape()[by_rows ? 0 : 1], length = w.shape()[by_rows ? 1 : 0];
  Tensor<double> q({count, length});
  normal(q.view(), 1, rng);
  for (Index i = 0; i < count; ++i) {
    // Gram-Schmidt, twice: once leaves errors where a row nearly depends on those before.
    for (int round = 0; round < 2; ++round) {
      for (Index j = 0; j < i; ++j) {
        double product = 0;
        for (Index k = 0; k < length; ++k) product += q(i, k) * q(j, k);
        for (Index k = 0; k < length; ++k) q(i, k) -= product * q(j, k);
      }
      double square = 0;
      for (Index k = 0; k < length; ++k) square += q(i, k) * q(i, k);
      for (Index k = 0; k < length; ++k) q(i, k) /= std::sqrt(square);
    }
    for (Index k = 0; k < length; ++k) (by_rows ? w(i, k) : w(k, i)) = static_cast<T>(q(i, k));
  }
}

}}  // namespace tenure::TENURE_ABI
TENURE_CONTRACTION_AS_BEFORE
