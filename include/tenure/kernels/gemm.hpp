/// General matrix product: C = op(A) op(B), optionally added to C or to a bias.
///
/// C is cut into tiles of at most 8×3 vectors (AVX-512) or 6×2 vectors, whose sums stay in registers for a whole block
/// of k. A is read in place by two run-time strides, which serve A and its transpose alike; B is read in place where
/// its rows run along C's, and is otherwise copied panel by panel (a panel is as wide as a tile) to a buffer on the
/// stack. docs/benchmarks.md has the figures behind the choices.
#pragma once

#include <algorithm>
#include <array>
#include <utility>

#include "simd.hpp"

#if defined(__clang__)
#define TENURE_UNROLL _Pragma("unroll")
#elif defined(__GNUC__)
#define TENURE_UNROLL _Pragma("GCC unroll 16")
#else
#define TENURE_UNROLL
#endif

namespace tenure::inline TENURE_ABI::kernels {

template <class T>
struct GemmOptions {
  bool transpose_a = false;  ///< A is stored (k, m) rather than (m, k)
  bool transpose_b = false;  ///< B is stored (n, k) rather than (k, n)
  bool accumulate = false;   ///< C += rather than C =
  const T* bias = nullptr;   ///< (n), added to every row; nullptr for none. Not together with accumulate.
};

namespace reference {

/// The definition, one dot product an element: what gemm() is tested against.
template <class T>
void gemm(Index m, Index n, Index k, const T* a, Index lda, const T* b, Index ldb, T* c, Index ldc,
          const GemmOptions<T>& options = {}) noexcept {
  for (Index i = 0; i < m; ++i) {
    for (Index j = 0; j < n; ++j) {
      T sum = options.accumulate ? c[i * ldc + j] : options.bias ? options.bias[j] : T{};
      for (Index l = 0; l < k; ++l) {
        sum += (options.transpose_a ? a[l * lda + i] : a[i * lda + l]) *
               (options.transpose_b ? b[j * ldb + l] : b[l * ldb + j]);
      }
      c[i * ldc + j] = sum;
    }
  }
}

}  // namespace reference

namespace detail {

/// The sizes of the blocks, from the architecture's registers and from common cache sizes.
template <class A, class T>
struct GemmBlocks {
  static constexpr Index lanes = simd::lanes<T, A>;
  /// Rows and vectors of a tile: the sums, a row of B and an element of A fit the registers.
  static constexpr Index rows = simd::registers<A> == 32 ? 8 : simd::registers<A> == 16 ? 6 : 2;
  static constexpr Index vectors = simd::registers<A> == 32 ? 3 : 2;
  /// Steps of k in one pass, such that a packed panel streams well from the caches: 72 KiB with AVX-512.
  static constexpr Index depth = 1536 / static_cast<Index>(sizeof(T));
  /// Rows of A, whose block of `depth` columns stays in the second-level cache.
  static constexpr Index height = 384;
  /// Without masked loads a ragged panel of B is copied and padded.
  static constexpr bool masked_loads = simd::is_avx512<A> || simd::is_avx2<A>;
};

/// A matrix read through two strides: element (i, j) is p[i * row + j * column].
template <class T>
struct Strided {
  const T* p;
  Index row, column;
};

/// One tile of C and what it is made of.
template <class T>
struct GemmTile {
  Index k;
  Strided<T> a;
  const T* b;      // (k, vectors of columns)
  Index b_row;     // distance of B's rows
  const T* start;  // what the sums start from; nullptr for zero
  Index start_row;
  T* c;
  Index c_row;
  Index tail;  // columns in the last vector
};

template <class T>
using GemmKernel = void (*)(const GemmTile<T>&) noexcept;

/// Rows × Vectors sums, k steps. `Masked`: the last vector may be ragged.
template <class A, class T, int Rows, int Vectors, bool Masked>
void gemm_tile(const GemmTile<T>& t) noexcept {
  using Vector = simd::Batch<T, A>;
  constexpr Index lanes = simd::lanes<T, A>;
  const simd::Tail<T, A> tail(t.tail);
  const auto load = [&](const T* p, int v) __attribute__((always_inline)) {
    return Masked && v == Vectors - 1 ? tail.load(p + v * lanes) : simd::load<A>(p + v * lanes);
  };
  const auto load_b = [&](const T* p, int v) __attribute__((always_inline)) {
    return GemmBlocks<A, T>::masked_loads ? load(p, v) : simd::load<A>(p + v * lanes);
  };

  Vector sum[Rows][Vectors];
  TENURE_UNROLL
  for (int i = 0; i < Rows; ++i) {
    TENURE_UNROLL
    for (int v = 0; v < Vectors; ++v) {
      sum[i][v] = t.start ? load(t.start + i * t.start_row, v) : simd::broadcast<T, A>(T{});
    }
  }
  const T* a = t.a.p;
  const T* b = t.b;
  const Index a_row = t.a.row, a_column = t.a.column, b_row = t.b_row;
  for (Index l = t.k; l > 0; --l) {
    Vector row[Vectors];
    TENURE_UNROLL
    for (int v = 0; v < Vectors; ++v) row[v] = load_b(b, v);
    TENURE_UNROLL
    for (int i = 0; i < Rows; ++i) {
      const Vector x = simd::broadcast<T, A>(a[i * a_row]);
      TENURE_UNROLL
      for (int v = 0; v < Vectors; ++v) sum[i][v] = simd::fma(x, row[v], sum[i][v]);
    }
    a += a_column;
    b += b_row;
  }
  TENURE_UNROLL
  for (int i = 0; i < Rows; ++i) {
    T* const c = t.c + i * t.c_row;
    TENURE_UNROLL
    for (int v = 0; v < Vectors; ++v) {
      if (Masked && v == Vectors - 1) {
        tail.store(c + v * lanes, sum[i][v]);
      } else {
        simd::store(c + v * lanes, sum[i][v]);
      }
    }
  }
}

/// The kernels for 1...rows × 1...vectors, those of one row first.
template <class A, class T, bool Masked, std::size_t... I>
constexpr auto gemm_kernels(std::index_sequence<I...>) noexcept {
  constexpr std::size_t vectors = GemmBlocks<A, T>::vectors;
  return std::array<GemmKernel<T>, sizeof...(I)>{
      gemm_tile<A, T, static_cast<int>(I / vectors + 1), static_cast<int>(I % vectors + 1), Masked>...};
}

template <class A, class T>
GemmKernel<T> gemm_kernel(Index rows, Index vectors, bool ragged) noexcept {
  using Blocks = GemmBlocks<A, T>;
  constexpr auto sequence = std::make_index_sequence<Blocks::rows * Blocks::vectors>{};
  static constexpr auto masked = gemm_kernels<A, T, true>(sequence);
  const auto index = static_cast<std::size_t>((rows - 1) * Blocks::vectors + vectors - 1);
  if constexpr (simd::is_avx512<A>) {
    return masked[index];  // a mask costs nothing there
  } else {
    static constexpr auto whole = gemm_kernels<A, T, false>(sequence);
    return ragged ? masked[index] : whole[index];
  }
}

/// Part `index` of `size` things cut into `parts` nearly equal parts: its begin and its end.
struct Part {
  Index begin, end;
  Part(Index size, Index parts, Index index) noexcept {
    const Index least = size / parts, larger = size % parts;
    begin = index * least + std::min(index, larger);
    end = begin + least + (index < larger);
  }
};

constexpr Index ceil_divide(Index x, Index y) noexcept { return (x + y - 1) / y; }

/// Interleaves the lower (Upper: the upper) halves of x and y, each 128 bits for themselves.
template <bool Upper, class T, class A>
TENURE_INLINE simd::Batch<T, A> zip_in_lanes(simd::Batch<T, A> x, simd::Batch<T, A> y) noexcept {
#if defined(__AVX512F__)
  if constexpr (simd::is_avx512<A> && sizeof(T) == 4) {
    return Upper ? _mm512_unpackhi_ps(x, y) : _mm512_unpacklo_ps(x, y);
  } else if constexpr (simd::is_avx512<A>) {
    return Upper ? _mm512_unpackhi_pd(x, y) : _mm512_unpacklo_pd(x, y);
  } else
#endif
#if defined(__AVX__)
      if constexpr (sizeof(simd::Batch<T, A>) == 32 && sizeof(T) == 4) {
    return Upper ? _mm256_unpackhi_ps(x, y) : _mm256_unpacklo_ps(x, y);
  } else if constexpr (sizeof(simd::Batch<T, A>) == 32) {
    return Upper ? _mm256_unpackhi_pd(x, y) : _mm256_unpacklo_pd(x, y);
  } else
#endif
  {
    return Upper ? xsimd::zip_hi(x, y) : xsimd::zip_lo(x, y);
  }
}

/// 128 bits from each of p[0], p[step], p[2·step]..., offset by `l` elements: inserting from memory spares the one
/// port that shuffles.
template <class A, class T>
TENURE_INLINE simd::Batch<T, A> load_lanes(const T* const* p, [[maybe_unused]] Index step, Index l) noexcept {
  constexpr std::size_t bytes = sizeof(simd::Batch<T, A>);
#if defined(__AVX512F__)
  if constexpr (bytes == 64) {
    const auto lane = [&](Index i) { return _mm_loadu_ps(reinterpret_cast<const float*>(p[i * step] + l)); };
    __m512 x = _mm512_castps128_ps512(lane(0));
    x = _mm512_insertf32x4(x, lane(1), 1);
    x = _mm512_insertf32x4(x, lane(2), 2);
    x = _mm512_insertf32x4(x, lane(3), 3);
    if constexpr (sizeof(T) == 4) return x;
    if constexpr (sizeof(T) == 8) return _mm512_castps_pd(x);
  } else
#endif
#if defined(__AVX__)
      if constexpr (bytes == 32) {
    const auto lane = [&](Index i) { return _mm_loadu_ps(reinterpret_cast<const float*>(p[i * step] + l)); };
    const __m256 x = _mm256_insertf128_ps(_mm256_castps128_ps256(lane(0)), lane(1), 1);
    if constexpr (sizeof(T) == 4) return x;
    if constexpr (sizeof(T) == 8) return _mm256_castps_pd(x);
  } else
#endif
  {
    static_assert(bytes == 16);
    return simd::load<A>(p[0] + l);
  }
}

/// Copies k steps of a panel of B, whose rows run along C's, to `panel`, zeros behind the last column.
template <class A, class T>
void pack_panel(Index k, Index vectors, Index tail_size, const T* b, Index ldb, T* panel) noexcept {
  constexpr Index lanes = simd::lanes<T, A>;
  const simd::Tail<T, A> tail(tail_size);
  for (Index l = 0; l < k; ++l) {
    for (Index v = 0; v < vectors - 1; ++v) simd::store(panel + v * lanes, simd::load<A>(b + v * lanes));
    simd::store(panel + (vectors - 1) * lanes, tail.load(b + (vectors - 1) * lanes));
    b += ldb;
    panel += vectors * lanes;
  }
}

/// Copies k steps of one vector of columns of a panel from the rows of B, stored (columns, k): a transpose, the last
/// of `columns` repeated up to a whole vector.
template <class A, class T>
void pack_transposed(Index k, Index columns, const T* b, Index ldb, T* panel, Index panel_row) noexcept {
  constexpr Index lanes = simd::lanes<T, A>, group = 16 / static_cast<Index>(sizeof(T));
  const T* rows[lanes];
  for (Index j = 0; j < lanes; ++j) rows[j] = b + std::min(j, columns - 1) * ldb;
  Index l = 0;
  for (; l + group <= k; l += group) {
    T* const to = panel + l * panel_row;
    if constexpr (group == 4) {
      const auto x0 = load_lanes<A>(rows, group, l), x1 = load_lanes<A>(rows + 1, group, l);
      const auto x2 = load_lanes<A>(rows + 2, group, l), x3 = load_lanes<A>(rows + 3, group, l);
      const auto even0 = zip_in_lanes<false>(x0, x2), even1 = zip_in_lanes<true>(x0, x2);
      const auto odd0 = zip_in_lanes<false>(x1, x3), odd1 = zip_in_lanes<true>(x1, x3);
      simd::store(to, zip_in_lanes<false>(even0, odd0));
      simd::store(to + panel_row, zip_in_lanes<true>(even0, odd0));
      simd::store(to + 2 * panel_row, zip_in_lanes<false>(even1, odd1));
      simd::store(to + 3 * panel_row, zip_in_lanes<true>(even1, odd1));
    } else {
      const auto x0 = load_lanes<A>(rows, group, l), x1 = load_lanes<A>(rows + 1, group, l);
      simd::store(to, zip_in_lanes<false>(x0, x1));
      simd::store(to + panel_row, zip_in_lanes<true>(x0, x1));
    }
  }
  for (; l < k; ++l) {
    for (Index j = 0; j < lanes; ++j) panel[l * panel_row + j] = rows[j][l];
  }
}

/// A product as gemm() is given it, A's transpose resolved to strides.
template <class T>
struct GemmProduct {
  Index m, n, k;
  Strided<T> a;
  const T* b;
  Index ldb;
  bool transpose_b;
  T* c;
  Index ldc;
};

/// A panel of C's columns: all tiles of rows [i, i_end), steps [l, l_end) of k. `panel`: room for a copy of B's
/// panel, or nullptr to read B in place.
template <class A, class T>
void gemm_panel(const GemmProduct<T>& g, Part rows, Part steps, Part vectors, const T* start, Index start_row,
                T* panel) noexcept {
  using Blocks = GemmBlocks<A, T>;
  const Index j = vectors.begin * Blocks::lanes, count = vectors.end - vectors.begin;
  const Index tail = std::min(g.n - (vectors.end - 1) * Blocks::lanes, Blocks::lanes);
  const Index k = steps.end - steps.begin;
  const T* b = g.b + steps.begin * g.ldb + j;
  Index b_row = g.ldb;
  if (panel) {
    if (g.transpose_b) {
      for (Index v = 0; v < count; ++v) {
        const Index column = j + v * Blocks::lanes;
        pack_transposed<A>(k, std::min(g.n - column, Blocks::lanes), g.b + column * g.ldb + steps.begin, g.ldb,
                           panel + v * Blocks::lanes, count * Blocks::lanes);
      }
    } else {
      pack_panel<A>(k, count, tail, b, g.ldb, panel);
    }
    b = panel;
    b_row = count * Blocks::lanes;
  }
  const Index m = rows.end - rows.begin, tiles = ceil_divide(m, Blocks::rows);
  for (Index t = 0; t < tiles; ++t) {
    const Part r(m, tiles, t);
    const Index i = rows.begin + r.begin;
    gemm_kernel<A, T>(r.end - r.begin, count,
                      tail < Blocks::lanes)({k,
                                             {g.a.p + i * g.a.row + steps.begin * g.a.column, g.a.row, g.a.column},
                                             b,
                                             b_row,
                                             start ? start + i * start_row + j : nullptr,
                                             start_row,
                                             g.c + i * g.ldc + j,
                                             g.ldc,
                                             tail});
  }
}

template <class A, class T>
void gemm_blocked(const GemmProduct<T>& g, const T* start, Index start_row, T* panel) noexcept {
  using Blocks = GemmBlocks<A, T>;
  const Index depths = std::max<Index>(ceil_divide(g.k, Blocks::depth), 1), heights = ceil_divide(g.m, Blocks::height);
  const Index vectors = ceil_divide(g.n, Blocks::lanes), panels = ceil_divide(vectors, Blocks::vectors);
  for (Index d = 0; d < depths; ++d) {
    for (Index h = 0; h < heights; ++h) {
      for (Index p = 0; p < panels; ++p) {
        gemm_panel<A>(g, Part(g.m, heights, h), Part(g.k, depths, d), Part(vectors, panels, p), start, start_row,
                      panel);
      }
    }
    start = g.c;
    start_row = g.ldc;
  }
}

/// Its own function, so that only products that need the buffer have it on their stack.
template <class A, class T>
[[gnu::noinline]] void gemm_packed(const GemmProduct<T>& g, const T* start, Index start_row) noexcept {
  using Blocks = GemmBlocks<A, T>;
  alignas(64) T panel[static_cast<std::size_t>(Blocks::depth * Blocks::vectors * Blocks::lanes)];
  gemm_blocked<A>(g, start, start_row, panel);
}

}  // namespace detail

/// C (m, n) = op(A) (m, k) · op(B) (k, n); row-major, `ld*` the distance between stored rows in elements. C overlaps
/// neither A nor B.
template <class A = simd::DefaultArch, class T>
void gemm(Index m, Index n, Index k, const T* a, Index lda, const T* b, Index ldb, T* c, Index ldc,
          const GemmOptions<T>& options = {}) noexcept {
  using Blocks = detail::GemmBlocks<A, T>;
  const detail::GemmProduct<T> g{
      m, n, k, {a, options.transpose_a ? 1 : lda, options.transpose_a ? lda : 1}, b, ldb, options.transpose_b, c, ldc};
  const T* const start = options.accumulate ? c : options.bias;
  const Index start_row = options.accumulate ? ldc : 0;
  const bool large = m >= 64 && k * ldb * static_cast<Index>(sizeof(T)) >= 1 << 18;
  const bool ragged = !Blocks::masked_loads && n % Blocks::lanes != 0;
  if (options.transpose_b || large || ragged) {
    detail::gemm_packed<A>(g, start, start_row);
  } else {
    detail::gemm_blocked<A>(g, start, start_row, static_cast<T*>(nullptr));
  }
}

}  // namespace tenure::inline TENURE_ABI::kernels
