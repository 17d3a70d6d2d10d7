/// One row times a matrix that was packed once: y (n) = max(lowest, x (k) · B (k, n) + bias (n)).
///
/// B's columns are cut into panels of 4, 2 or 1 vectors, which lie one after the other, each (k, its vectors), so that
/// the product reads memory in order; the bias lies before them. All are filled up with zeros to whole vectors.
#pragma once

#include <algorithm>

#include "../gemm.hpp"

TENURE_NO_CONTRACTION
namespace tenure { inline namespace TENURE_ABI { namespace kernels {

namespace detail {

/// Calls f(first column, vectors) for each panel of n columns, `vectors` being an integral constant.
template <class A, class T, class F>
TENURE_INLINE void for_each_panel(Index n, F f) noexcept {
  constexpr Index lanes = simd::lanes<T, A>;
  Index rest = ceil_divide(n, lanes), j = 0;
  for (; rest >= 4; rest -= 4, j += 4 * lanes) f(j, std::integral_constant<int, 4>{});
  if (rest >= 2) {
    f(j, std::integral_constant<int, 2>{});
    rest -= 2;
    j += 2 * lanes;
  }
  if (rest > 0) f(j, std::integral_constant<int, 1>{});
}

/// sum += x (k) · a panel (k, Vectors): the steps of k are dealt to several sums, for as many of them in flight as
/// their latency asks for.
template <class A, int Vectors, class T>
TENURE_INLINE void add_row_times_panel(Index k, const T* x, const T* panel,
                                       simd::Array<simd::Batch<T, A>, Vectors>& sum) noexcept {
  using Vector = simd::Batch<T, A>;
  constexpr Index lanes = simd::lanes<T, A>;
  constexpr int deals = 8 / Vectors;
  simd::Array<simd::Array<Vector, Vectors>, deals> more;
  TENURE_UNROLL
  for (int deal = 1; deal < deals; ++deal) {
    TENURE_UNROLL
    for (int v = 0; v < Vectors; ++v) more[deal][v] = Vector(T{});
  }
  const auto step = [&](int deal, Vector* into) __attribute__((always_inline)) {
    const Vector factor = simd::broadcast<T, A>(x[deal]);
    TENURE_UNROLL
    for (int v = 0; v < Vectors; ++v) {
      into[v] = simd::fma(factor, simd::load<A>(panel + (deal * Vectors + v) * lanes), into[v]);
    }
  };
  for (; k >= deals; k -= deals) {
    step(0, sum);
    TENURE_UNROLL
    for (int deal = 1; deal < deals; ++deal) step(deal, more[deal]);
    x += deals;
    panel += deals * Vectors * lanes;
  }
  for (; k > 0; --k) {
    step(0, sum);
    ++x;
    panel += Vectors * lanes;
  }
  TENURE_UNROLL
  for (int v = 0; v < Vectors; ++v) {
    TENURE_UNROLL
    for (int deal = 1; deal < deals; ++deal) sum[v] = sum[v] + more[deal][v];
  }
}

}  // namespace detail

/// Elements that the packed form of B (k, n) and its bias takes.
template <class A = simd::DefaultArch, class T>
constexpr Index packed_row_size(Index n, Index k) noexcept {
  return (k + 1) * detail::ceil_divide(n, simd::lanes<T, A>) * simd::lanes<T, A>;
}

/// Packs B (k, n), rows ldb apart, and its bias (n), null for none, to zeros of packed_row_size(n, k).
template <class A = simd::DefaultArch, class T>
void pack_row(Index n, Index k, const T* b, Index ldb, const T* bias, T* packed) noexcept {
  constexpr Index lanes = simd::lanes<T, A>;
  if (bias) std::copy_n(bias, n, packed);
  packed += detail::ceil_divide(n, lanes) * lanes;
  detail::for_each_panel<A, T>(n, [&](Index j, auto vectors) {
    for (Index l = 0; l < k; ++l, packed += vectors * lanes) {
      std::copy_n(b + l * ldb + j, (std::min)(n - j, vectors * lanes), packed);
    }
  });
}

/// y (n) = max(lowest, x (k) · B + bias), y's elements beyond n being left alone; `lowest` is 0 for a ReLU, −∞ for
/// none.
template <class A = simd::DefaultArch, class T>
void row_times_packed(Index n, Index k, const T* x, const T* packed, T lowest, T* y) noexcept {
  using Vector = simd::Batch<T, A>;
  constexpr Index lanes = simd::lanes<T, A>;
  const T* bias = packed;
  const T* panel = packed + detail::ceil_divide(n, lanes) * lanes;
  const Vector floor(lowest);
  detail::for_each_panel<A, T>(
      n, [&](Index j, auto vectors) __attribute__((always_inline)) {
        constexpr int count = decltype(vectors)::value, last = count - 1;
        simd::Array<Vector, count> sum;
        TENURE_UNROLL
        for (int v = 0; v < count; ++v) sum[v] = simd::load<A>(bias + j + v * lanes);
        detail::add_row_times_panel<A, count>(k, x, panel, sum);
        panel += k * count * lanes;
        TENURE_UNROLL
        for (int v = 0; v < last; ++v) simd::store(y + j + v * lanes, (simd::max)(floor, sum[v]));
        const Index rest = (std::min)(n - j - last * lanes, lanes);
        simd::Tail<T, A>(rest).store(y + j + last * lanes, (simd::max)(floor, sum[last]));
      });
}

}}}  // namespace tenure::TENURE_ABI::kernels
TENURE_CONTRACTION_AS_BEFORE
