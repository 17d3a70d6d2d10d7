/// Softmax and log-softmax over the last axis, and their gradients.
///
/// The largest entry of a row is subtracted first, so that nothing overflows. That largest entry is taken to be at
/// least the lowest finite number: a row whose entries are all −∞ (everything masked) then gives zeros rather than 0 /
/// 0, and no comparison with an infinity is needed that -ffast-math could undo.
#pragma once

#include <cmath>
#include <limits>

#include "math.hpp"
#include "reduce.hpp"
#include "simd.hpp"

TENURE_NO_CONTRACTION
namespace tenure { inline namespace TENURE_ABI { namespace kernels {

/// What softmax() does to its input first: scale · x + mask. The scores of attention need both.
template <class T>
struct SoftmaxOptions {
  T scale = 1;
  const T* mask = nullptr;  ///< added to the rows, 0 or −∞ as a rule; (columns) or (rows, columns), nullptr for none
  Index mask_stride = 0;    ///< distance of the mask's rows: 0 where all rows share one, else `columns` as a rule
};

namespace reference {

template <class T>
void softmax(Index rows, Index columns, const T* x, T* y, const SoftmaxOptions<T>& options = {}) noexcept {
  for (Index r = 0; r < rows; ++r, x += columns, y += columns) {
    T largest = std::numeric_limits<T>::lowest();
    for (Index c = 0; c < columns; ++c) {
      y[c] = options.scale * x[c] + (options.mask ? options.mask[r * options.mask_stride + c] : T{});
      if (y[c] > largest) largest = y[c];
    }
    T total{};
    for (Index c = 0; c < columns; ++c) {
      y[c] = std::exp(y[c] - largest);
      total += y[c];
    }
    for (Index c = 0; c < columns; ++c) y[c] = total == 0 ? T{} : y[c] / total;
  }
}

template <class T>
void softmax_backward(Index rows, Index columns, T scale, const T* y, const T* dy, T* dx) noexcept {
  for (Index r = 0; r < rows; ++r, y += columns, dy += columns, dx += columns) {
    T dot{};
    for (Index c = 0; c < columns; ++c) dot += dy[c] * y[c];
    for (Index c = 0; c < columns; ++c) dx[c] += scale * y[c] * (dy[c] - dot);
  }
}

template <class T>
void log_softmax(Index rows, Index columns, const T* x, T* y) noexcept {
  for (Index r = 0; r < rows; ++r, x += columns, y += columns) {
    T largest = std::numeric_limits<T>::lowest();
    for (Index c = 0; c < columns; ++c) largest = x[c] > largest ? x[c] : largest;
    T total{};
    for (Index c = 0; c < columns; ++c) total += std::exp(x[c] - largest);
    for (Index c = 0; c < columns; ++c) y[c] = x[c] - largest - (total == 0 ? T{} : std::log(total));
  }
}

template <class T>
void log_softmax_backward(Index rows, Index columns, const T* y, const T* dy, T* dx) noexcept {
  for (Index r = 0; r < rows; ++r, y += columns, dy += columns, dx += columns) {
    T total{};
    for (Index c = 0; c < columns; ++c) total += dy[c];
    for (Index c = 0; c < columns; ++c) dx[c] += dy[c] - std::exp(y[c]) * total;
  }
}

}  // namespace reference

namespace detail {

// A compiler that rules out infinities may take max(x, lowest) for x, unless lowest is kept from its sight.
template <class T, class A>
TENURE_INLINE simd::Batch<T, A> lowest() noexcept {
  return simd::keep(simd::broadcast<T, A>(std::numeric_limits<T>::lowest()));
}

/// The largest of value(i, part) over n > 0 elements, at least the lowest finite number.
template <class A, class T, class F>
TENURE_INLINE T largest_of(Index n, F value) noexcept {
  const simd::Batch<T, A> floor = lowest<T, A>();
  simd::Batch<T, A> largest = floor;
  simd::sweep<T, A>(n, [&](Index i, auto part) { largest = (simd::max)(largest, part.merge(value(i, part), floor)); });
  return simd::reduce_max(largest);
}

/// scale · x + mask, the vector at i of a row.
template <class A, class T, class Part>
TENURE_INLINE simd::Batch<T, A> logit(Index i, Part part, T scale, const T* x, const T* mask) noexcept {
  const simd::Batch<T, A> scaled = simd::broadcast<T, A>(scale) * part.load(x + i);
  return mask ? scaled + part.load(mask + i) : scaled;
}

/// 1 / total, or zero where there is nothing to share.
template <class T>
TENURE_INLINE T share(T total) noexcept {
  return is_zero(total) ? T{0} : T{1} / total;
}

/// softmax() of one row.
template <class A, class T>
TENURE_INLINE void softmax_row(Index columns, T scale, const T* x, const T* mask, T* y) noexcept {
  const auto value = [=](Index i, auto part) { return logit<A>(i, part, scale, x, mask); };
  const simd::Batch<T, A> largest(largest_of<A, T>(columns, value));
  simd::Batch<T, A> sums(T{0});
  simd::sweep<T, A>(columns, [&](Index i, auto part) {
    const simd::Batch<T, A> e = simd::exp(value(i, part) - largest);
    part.store(y + i, e);
    sums += part.merge(e, simd::broadcast<T, A>(0));
  });
  const simd::Batch<T, A> factor(share(simd::reduce_add(sums)));
  simd::transform<A>(
      columns, y, [=](auto e) { return e * factor; }, y);
}

/// softmax() of one row that fits a vector, as in attention over a few steps: it stays in its register.
template <class A, class T>
TENURE_INLINE void softmax_vector(simd::Tail<T, A> part, T scale, const T* x, const T* mask, T* y) noexcept {
  using Vector = simd::Batch<T, A>;
  const Vector value = logit<A>(0, part, scale, x, mask);
  const Vector largest(simd::reduce_max((simd::max)(lowest<T, A>(), part.merge(value, lowest<T, A>()))));
  const Vector e = part.merge(simd::exp(value - largest), Vector(T{0}));
  part.store(y, e * Vector(share(simd::reduce_add(e))));
}

}  // namespace detail

/// y (rows, columns) = softmax(scale · x + mask) along the columns; y may be x. A row of −∞ alone gives zeros, one with
/// a NaN gives NaN.
template <class A = simd::DefaultArch, class T>
void softmax(Index rows, Index columns, const T* x, T* y, const SoftmaxOptions<T>& options = {}) noexcept {
  const bool fits = columns <= simd::lanes<T, A>;
  const simd::Tail<T, A> part(fits ? columns : 1);
  for (Index r = 0; r < rows; ++r, x += columns, y += columns) {
    const T* mask = options.mask ? options.mask + r * options.mask_stride : nullptr;
    if (fits) {
      detail::softmax_vector<A>(part, options.scale, x, mask, y);
    } else {
      detail::softmax_row<A>(columns, options.scale, x, mask, y);
    }
  }
}

/// dx (rows, columns) += scale · y (dy − Σ dy y), scale being that of the forward pass.
template <class A = simd::DefaultArch, class T>
void softmax_backward(Index rows, Index columns, std::type_identity_t<T> scale, const T* y, const T* dy,
                      T* dx) noexcept {
  for (Index r = 0; r < rows; ++r, y += columns, dy += columns, dx += columns) {
    const auto product = [=](Index i, auto part) { return part.load(dy + i) * part.load(y + i); };
    const simd::Batch<T, A> dot(simd::reduce_add(detail::pairwise_sum<A, T, T>(0, columns, product)));
    const simd::Batch<T, A> factor(scale);
    simd::transform<A>(
        columns, dx, [=](auto g, auto p, auto d) { return simd::fma(factor * p, d - dot, g); }, dx, y, dy);
  }
}

/// y (rows, columns) = x − log Σ exp x along the columns; y may be x. A row of −∞ alone stays so.
template <class A = simd::DefaultArch, class T>
void log_softmax(Index rows, Index columns, const T* x, T* y) noexcept {
  for (Index r = 0; r < rows; ++r, x += columns, y += columns) {
    const simd::Batch<T, A> largest(
        detail::largest_of<A, T>(columns, [x](Index i, auto part) { return part.load(x + i); }));
    simd::Batch<T, A> sums(T{0});
    simd::sweep<T, A>(columns, [&](Index i, auto part) {
      sums += part.merge(simd::exp(part.load(x + i) - largest), simd::broadcast<T, A>(0));
    });
    const T total = simd::reduce_add(sums);
    const simd::Batch<T, A> logarithm(is_zero(total) ? T{0} : std::log(total));
    // Kept from being made v − (largest + logarithm), whose sum loses the logarithm's digits.
    simd::transform<A>(
        columns, y, [=](auto v) { return simd::keep(v - largest) - logarithm; }, x);
  }
}

/// dx (rows, columns) += dy − exp(y) Σ dy.
template <class A = simd::DefaultArch, class T>
void log_softmax_backward(Index rows, Index columns, const T* y, const T* dy, T* dx) noexcept {
  for (Index r = 0; r < rows; ++r, y += columns, dy += columns, dx += columns) {
    const auto term = [=](Index i, auto part) { return part.load(dy + i); };
    const simd::Batch<T, A> total(simd::reduce_add(detail::pairwise_sum<A, T, T>(0, columns, term)));
    simd::transform<A>(
        columns, dx, [=](auto g, auto l, auto d) { return simd::fnma(simd::exp(l), total, d) + g; }, dx, y, dy);
  }
}

}}}  // namespace tenure::TENURE_ABI::kernels
TENURE_CONTRACTION_AS_BEFORE
