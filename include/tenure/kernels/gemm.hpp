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

TENURE_NO_CONTRACTION
namespace tenure { inline namespace TENURE_ABI { namespace kernels {

/// What a product is beside A B: transposed operands, added to C, a bias.
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
  /// Vectors in a tile's row.
  static constexpr Index vectors = simd::registers<A> == 32 ? 4 : simd::registers<A> == 16 ? 3 : 2;
  static constexpr Index most_rows = simd::registers<A> / 2;
  /// Rows of a tile: its sums, a row of B and an element of A fill the registers. More than 8 pay for a column only.
  static constexpr Index rows(Index of_vectors) {
    return std::min<Index>(of_vectors == 1 ? most_rows : 8, (simd::registers<A> - of_vectors - 1) / of_vectors);
  }
  /// Steps of k in one pass; a packed panel of them takes 64 KiB with AVX-512.
  static constexpr Index depth = 1024 / static_cast<Index>(sizeof(T));
  /// Rows of A in one pass.
  static constexpr Index height = 384;
  /// The same where they are copied, so that they stay in the second-level cache beside a panel of B.
  static constexpr Index copied_height = 192;
};

/// A matrix whose element (i, j) is p[i * row + j * column].
template <class T>
struct Strided {
  const T* p;
  Index row, column;
};

/// Asks for a part of a matrix to be brought into the first-level cache.
template <class T>
TENURE_INLINE void prefetch(Index rows, Index columns, const T* p, Index row) noexcept {
#if defined(__GNUC__)
  constexpr Index line = 64 / static_cast<Index>(sizeof(T));
  for (Index i = 0; i < rows; ++i) {
    for (Index j = 0; j < columns; j += line) __builtin_prefetch(p + i * row + j);
  }
#endif
}

/// Tiles of C that stand one below the other, and what they are made of. The last vector of B's rows stands apart, for
/// it alone may be ragged.
template <class T>
struct GemmTiles {
  Index count;
  Index k;
  Strided<T> a;
  Strided<T> b;     // (k, all vectors but the last)
  Strided<T> last;  // (k, one vector, whole unless masked loads are cheap)
  const T* start;   // what the sums start from; nullptr for zero
  Index start_row;
  T* c;
  Index c_row;
  Index tail;     // columns of C in the last vector
  bool prefetch;  // whether to ask for the next tile of C ahead
};

template <class T>
using GemmKernel = void (*)(const GemmTiles<T>&) noexcept;

template <class A, class T, int Rows, int Vectors>
void gemm_tiles(const GemmTiles<T>& t) noexcept {
  using Vector = simd::Batch<T, A>;
  constexpr Index lanes = simd::lanes<T, A>;
  constexpr int last = Vectors - 1;
  const simd::Tail<T, A> tail(t.tail);
  const bool whole = t.tail == lanes && !simd::is_avx512<A>;  // a mask is free there, a branch is not
  const Index a_row = t.a.row, a_column = t.a.column, b_row = t.b.row, last_row = t.last.row;
  const T *a_tile = t.a.p, *start = t.start;
  T* c = t.c;

  for (Index tile = t.count; tile > 0; --tile) {
    simd::Array<simd::Array<Vector, Vectors>, Rows> sum;
    TENURE_UNROLL
    for (int i = 0; i < Rows; ++i) {
      TENURE_UNROLL
      for (int v = 0; v < Vectors; ++v) sum[i][v] = Vector(T{});
    }
    if (start) {
      TENURE_UNROLL
      for (int i = 0; i < Rows; ++i, start += t.start_row) {
        TENURE_UNROLL
        for (int v = 0; v < last; ++v) sum[i][v] = simd::load<A>(start + v * lanes);
        sum[i][last] = whole ? simd::load<A>(start + last * lanes) : tail.load(start + last * lanes);
      }
    }
    if (t.prefetch && tile > 1) prefetch<T>(Rows, Vectors * lanes, c + Rows * t.c_row, t.c_row);
    // A register for the distance of each of many rows is more than there are: several pointers, fewer distances.
    constexpr int group = Rows > 8 ? 4 : Rows, groups = (Rows + group - 1) / group;
    simd::Array<const T*, groups> a;
    TENURE_UNROLL
    for (int i = 0; i < groups; ++i) a[i] = a_tile + i * group * a_row;
    const T *b = t.b.p, *b_last = t.last.p;
    for (Index l = t.k; l > 0; --l) {
      simd::Array<Vector, Vectors> row;
      TENURE_UNROLL
      for (int v = 0; v < last; ++v) row[v] = simd::load<A>(b + v * lanes);
      row[last] = simd::is_avx512<A> ? tail.load(b_last) : simd::load<A>(b_last);
      TENURE_UNROLL
      for (int i = 0; i < Rows; ++i) {
        const Vector x = simd::broadcast<T, A>(a[i / group][i % group * a_row]);
        TENURE_UNROLL
        for (int v = 0; v < Vectors; ++v) sum[i][v] = simd::fma(x, row[v], sum[i][v]);
      }
      TENURE_UNROLL
      for (int i = 0; i < groups; ++i) a[i] += a_column;
      b += b_row;
      b_last += last_row;
    }
    TENURE_UNROLL
    for (int i = 0; i < Rows; ++i, c += t.c_row) {
      TENURE_UNROLL
      for (int v = 0; v < last; ++v) simd::store(c + v * lanes, sum[i][v]);
      if (whole) {
        simd::store(c + last * lanes, sum[i][last]);
      } else {
        tail.store(c + last * lanes, sum[i][last]);
      }
    }
    a_tile += Rows * a_row;
  }
}

/// How high the tiles of C are: as high as the registers allow, and what it takes to fill up a rest. Not every height,
/// for each is a function that every user's compiler has to make.
inline constexpr std::array<Index, 6> gemm_tile_rows = {16, 8, 6, 4, 2, 1};

/// The kernel for a tile of gemm_tile_rows[rows] × vectors; nullptr where it takes more than the registers.
template <class A, class T>
GemmKernel<T> gemm_kernel(std::size_t rows, Index vectors) noexcept {
  using Blocks = GemmBlocks<A, T>;
  static constexpr auto kernel = []<std::size_t I>(std::integral_constant<std::size_t, I>) -> GemmKernel<T> {
    constexpr Index tile_rows = gemm_tile_rows[I / Blocks::vectors], tile_vectors = I % Blocks::vectors + 1;
    if constexpr (tile_rows <= Blocks::rows(tile_vectors)) {
      return gemm_tiles<A, T, static_cast<int>(tile_rows), static_cast<int>(tile_vectors)>;
    } else {
      return nullptr;
    }
  };
  static constexpr auto kernels = []<std::size_t... I>(std::index_sequence<I...>) {
    return std::array<GemmKernel<T>, sizeof...(I)>{kernel(std::integral_constant<std::size_t, I>{})...};
  }
  (std::make_index_sequence<gemm_tile_rows.size() * Blocks::vectors>{});
  return kernels[rows * Blocks::vectors + static_cast<std::size_t>(vectors - 1)];
}

constexpr Index ceil_divide(Index x, Index y) noexcept { return (x + y - 1) / y; }

struct Range {
  Index begin, end;
  Index size() const noexcept { return end - begin; }
};

/// [0, size) in as few parts of at most `most` as possible, nearly equal ones: 30 by 8 into 8, 8, 7, 7. The first
/// `larger` parts have `least` + 1, the others `least`.
struct Cut {
  Index parts, least, larger;

  TENURE_INLINE Cut(Index size, Index most) noexcept : parts(ceil_divide(size, most)), least(size), larger(0) {
    if (parts <= 1) return;  // the common case is spared a slow division
    least = size / parts;
    larger = size - least * parts;
  }

  /// Calls f(Range) for each part in turn.
  template <class F>
  TENURE_INLINE void for_each(F f) const noexcept {
    Index begin = 0;
    for (Index part = 0; part < parts; ++part) {
      const Index end = begin + least + (part < larger);
      f(Range{begin, end});
      begin = end;
    }
  }
};

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

/// Copies k steps of a panel's columns of B (k, n) to `panel`, zeros behind the last.
template <class A, class T>
void pack_rows(Index k, Index columns, const T* b, Index ldb, T* panel) noexcept {
  constexpr Index lanes = simd::lanes<T, A>;
  const Index whole = (columns - 1) / lanes * lanes;
  const simd::Tail<T, A> tail(columns - whole);
  for (Index l = 0; l < k; ++l) {
    for (Index j = 0; j < whole; j += lanes) simd::store(panel + j, simd::load<A>(b + j));
    simd::store(panel + whole, tail.load(b + whole));
    b += ldb;
    panel += whole + lanes;
  }
}

/// Copies k steps of one vector of a panel's columns from B (n, k): a transpose, the last column repeated up to a
/// whole vector.
template <class A, class T>
void pack_transposed(Index k, Index columns, const T* b, Index ldb, T* panel, Index panel_row) noexcept {
  constexpr Index lanes = simd::lanes<T, A>, group = 16 / static_cast<Index>(sizeof(T));
  simd::Array<const T*, lanes> rows;
  for (Index j = 0; j < lanes; ++j) rows[j] = b + (std::min)(j, columns - 1) * ldb;
  if (k < group) {
    for (Index l = 0; l < k; ++l) {
      for (Index j = 0; j < lanes; ++j) panel[l * panel_row + j] = rows[j][l];
    }
    return;
  }
  for (Index next = 0; next < k; next += group) {
    const Index l = (std::min)(next, k - group);  // the last group may overlap the one before
    T* const to = panel + l * panel_row;
    const auto x0 = load_lanes<A>(rows, group, l), x1 = load_lanes<A>(rows + 1, group, l);
    if constexpr (group == 4) {
      const auto x2 = load_lanes<A>(rows + 2, group, l), x3 = load_lanes<A>(rows + 3, group, l);
      const auto even0 = zip_in_lanes<false>(x0, x2), even1 = zip_in_lanes<true>(x0, x2);
      const auto odd0 = zip_in_lanes<false>(x1, x3), odd1 = zip_in_lanes<true>(x1, x3);
      simd::store(to, zip_in_lanes<false>(even0, odd0));
      simd::store(to + panel_row, zip_in_lanes<true>(even0, odd0));
      simd::store(to + 2 * panel_row, zip_in_lanes<false>(even1, odd1));
      simd::store(to + 3 * panel_row, zip_in_lanes<true>(even1, odd1));
    } else {
      simd::store(to, zip_in_lanes<false>(x0, x1));
      simd::store(to + panel_row, zip_in_lanes<true>(x0, x1));
    }
  }
}

/// A product as gemm() is given it, with the transpose of A and the options of C resolved to strides.
template <class T>
struct GemmProduct {
  Index m, n, k;
  Strided<T> a;
  const T* b;
  Index ldb;
  bool transpose_b;
  const T* start;
  Index start_row;
  T* c;
  Index ldc;
};

/// How B reaches the tiles: as it lies, but the last vector of a panel copied where it is ragged and masked loads are
/// dear (without AVX-512); or all copied.
enum class Packing { ragged, all };

/// A panel of C: all tiles of some rows and columns, for some steps of k, of which `a` is the part of A.
template <class A, class T>
void gemm_panel(const GemmProduct<T>& g, Strided<T> a, Range rows, Range steps, Range vectors, Packing packing,
                T* panel) noexcept {
  using Blocks = GemmBlocks<A, T>;
  const Index k = steps.size(), count = vectors.size(), j = vectors.begin * Blocks::lanes;
  const Index columns = (std::min)(g.n - j, count * Blocks::lanes), whole = (count - 1) * Blocks::lanes;
  Strided<T> b{panel, count * Blocks::lanes, 1}, last = b;
  if (panel) last.p += whole;
  const T* const from = g.b + steps.begin * g.ldb + j;
  if (g.transpose_b) {
    for (Index v = 0; v < columns; v += Blocks::lanes) {
      pack_transposed<A>(k, (std::min)(columns - v, Blocks::lanes), g.b + (j + v) * g.ldb + steps.begin, g.ldb,
                         panel + v, b.row);
    }
  } else if (packing == Packing::all) {
    pack_rows<A>(k, columns, from, g.ldb, panel);
  } else {
    b = last = {from, g.ldb, 1};
    last.p += whole;
    if (columns < count * Blocks::lanes && !simd::is_avx512<A>) {
      pack_rows<A>(k, columns - whole, from + whole, g.ldb, panel);
      last = {panel, Blocks::lanes, 1};
    }
  }
  const T* const start = steps.begin > 0 ? g.c : g.start;
  const Index start_row = steps.begin > 0 ? g.ldc : g.start_row;
  Index i = rows.begin;
  for (std::size_t size = 0; i < rows.end; ++size) {
    const GemmKernel<T> kernel = gemm_kernel<A, T>(size, count);
    const Index tiles = (rows.end - i) / gemm_tile_rows[size];
    if (!kernel || tiles == 0) continue;
    kernel({.count = tiles,
            .k = k,
            .a = {a.p + (i - rows.begin) * a.row, a.row, a.column},
            .b = b,
            .last = last,
            .start = start ? start + i * start_row + j : nullptr,
            .start_row = start_row,
            .c = g.c + i * g.ldc + j,
            .c_row = g.ldc,
            .tail = columns - whole,
            .prefetch = packing == Packing::all});
    i += tiles * gemm_tile_rows[size];
  }
}

/// `panel` is memory for a panel of B, `block` for a block of A, where that is to be copied.
template <class A, class T>
void gemm_blocked(const GemmProduct<T>& g, Packing packing, T* panel, T* block = nullptr) noexcept {
  using Blocks = GemmBlocks<A, T>;
  const Cut panels(ceil_divide(g.n, Blocks::lanes), Blocks::vectors);
  Cut(g.m, block ? Blocks::copied_height : Blocks::height).for_each([&](Range rows) {
    Cut(g.k, Blocks::depth).for_each([&](Range steps) {
      Strided<T> a{g.a.p + rows.begin * g.a.row + steps.begin * g.a.column, g.a.row, g.a.column};
      if (block) {
        pack_rows<A>(steps.size(), rows.size(), a.p, a.column, block);
        a = {block, 1, ceil_divide(rows.size(), Blocks::lanes) * Blocks::lanes};
      }
      panels.for_each([&](Range vectors) { gemm_panel<A>(g, a, rows, steps, vectors, packing, panel); });
    });
  });
}

/// Functions of their own, so that only products that need a buffer have it on their stack.
template <class A, class T>
[[gnu::noinline]] void gemm_packed(const GemmProduct<T>& g, Packing packing) noexcept {
  using Blocks = GemmBlocks<A, T>;
  alignas(64) T panel[static_cast<std::size_t>(Blocks::depth * Blocks::vectors * Blocks::lanes)];
  gemm_blocked<A>(g, packing, panel);
}

/// The transpose of a large A: its columns lie so far apart that each is on a memory page of its own.
template <class A, class T>
[[gnu::noinline]] void gemm_all_packed(const GemmProduct<T>& g) noexcept {
  using Blocks = GemmBlocks<A, T>;
  alignas(64) T panel[static_cast<std::size_t>(Blocks::depth * Blocks::vectors * Blocks::lanes)];
  alignas(64) T block[static_cast<std::size_t>(Blocks::depth * Blocks::copied_height)];
  gemm_blocked<A>(g, Packing::all, panel, block);
}

/// Some columns of a row vector times a matrix: as many vectors, or, of one vector, as many of its lanes as `columns`
/// says. The steps of k are dealt to several sums, for as many of them in flight as their latency asks for.
template <class A, int Vectors, class T>
void row_times_columns(const GemmProduct<T>& g, Index j, Index columns) noexcept {
  using Vector = simd::Batch<T, A>;
  constexpr Index lanes = simd::lanes<T, A>;
  constexpr int deals = 8 / Vectors;
  const simd::Tail<T, A> tail(columns);
  const auto load = [&](const T* p, int v) __attribute__((always_inline)) {
    return Vectors == 1 ? tail.load(p) : simd::load<A>(p + v * lanes);
  };
  const T *x = g.a.p, *b = g.b + j;
  const Index x_step = g.a.column, ldb = g.ldb;
  simd::Array<simd::Array<Vector, Vectors>, deals> sum;
  TENURE_UNROLL
  for (int v = 0; v < Vectors; ++v) {
    sum[0][v] = g.start ? load(g.start + j, v) : Vector(T{});
    TENURE_UNROLL
    for (int deal = 1; deal < deals; ++deal) sum[deal][v] = Vector(T{});
  }
  const auto step = [&](int deal) __attribute__((always_inline)) {
    const Vector factor = simd::broadcast<T, A>(*x);
    TENURE_UNROLL
    for (int v = 0; v < Vectors; ++v) sum[deal][v] = simd::fma(factor, load(b, v), sum[deal][v]);
    x += x_step;
    b += ldb;
  };
  Index l = g.k;
  for (; l >= deals; l -= deals) {
    TENURE_UNROLL
    for (int deal = 0; deal < deals; ++deal) step(deal);
  }
  for (; l > 0; --l) step(0);
  TENURE_UNROLL
  for (int v = 0; v < Vectors; ++v) {
    TENURE_UNROLL
    for (int deal = 1; deal < deals; ++deal) sum[0][v] = sum[0][v] + sum[deal][v];
    if constexpr (Vectors == 1) {
      tail.store(g.c + j, sum[0][0]);
    } else {
      simd::store(g.c + j + v * lanes, sum[0][v]);
    }
  }
}

/// One row: y (n) = start + x (k) · B (k, n).
template <class A, class T>
void row_times_matrix(const GemmProduct<T>& g) noexcept {
  constexpr Index lanes = simd::lanes<T, A>;
  Index j = 0;
  for (; g.n - j >= 8 * lanes; j += 8 * lanes) row_times_columns<A, 8>(g, j, lanes);
  for (; g.n - j >= 4 * lanes; j += 4 * lanes) row_times_columns<A, 4>(g, j, lanes);
  for (; g.n - j >= 2 * lanes; j += 2 * lanes) row_times_columns<A, 2>(g, j, lanes);
  for (; g.n - j > 0; j += lanes) row_times_columns<A, 1>(g, j, (std::min)(g.n - j, lanes));
}

/// One row, B transposed: y (n) = start + B (n, k) · x (k), x contiguous: dot products, four at a time.
template <class A, class T>
void row_times_transposed(const GemmProduct<T>& g) noexcept {
  using Vector = simd::Batch<T, A>;
  constexpr Index lanes = simd::lanes<T, A>;
  constexpr int rows = 4;
  const Index whole = g.k / lanes * lanes, rest = g.k - whole;
  const simd::Tail<T, A> tail(rest > 0 ? rest : lanes);
  for (Index j = 0; j < g.n; j += rows) {
    const T* b[rows];
    Vector sum[rows][2];
    TENURE_UNROLL
    for (int i = 0; i < rows; ++i) {
      b[i] = g.b + (std::min)(j + i, g.n - 1) * g.ldb;
      sum[i][0] = sum[i][1] = Vector(T{});
    }
    Index l = 0;
    for (; l + 2 * lanes <= whole; l += 2 * lanes) {
      const Vector x0 = simd::load<A>(g.a.p + l), x1 = simd::load<A>(g.a.p + l + lanes);
      TENURE_UNROLL
      for (int i = 0; i < rows; ++i) {
        sum[i][0] = simd::fma(x0, simd::load<A>(b[i] + l), sum[i][0]);
        sum[i][1] = simd::fma(x1, simd::load<A>(b[i] + l + lanes), sum[i][1]);
      }
    }
    if (l < whole) {
      const Vector x = simd::load<A>(g.a.p + l);
      TENURE_UNROLL
      for (int i = 0; i < rows; ++i) sum[i][0] = simd::fma(x, simd::load<A>(b[i] + l), sum[i][0]);
    }
    if (rest > 0) {
      const Vector x = tail.load(g.a.p + whole);
      TENURE_UNROLL
      for (int i = 0; i < rows; ++i) sum[i][1] = simd::fma(x, tail.load(b[i] + whole), sum[i][1]);
    }
    for (int i = 0; i < rows && j + i < g.n; ++i) {
      g.c[j + i] = (g.start ? g.start[j + i] : T{}) + simd::reduce_add(sum[i][0] + sum[i][1]);
    }
  }
}

}  // namespace detail

/// C (m, n) = op(A) (m, k) · op(B) (k, n); row-major, `ld*` the distance between stored rows in elements. C overlaps
/// neither A nor B.
template <class A = simd::DefaultArch, class T>
void gemm(Index m, Index n, Index k, const T* a, Index lda, const T* b, Index ldb, T* c, Index ldc,
          const GemmOptions<T>& options = {}) noexcept {
  using Blocks = detail::GemmBlocks<A, T>;
  if (k == 0) {  // A and B may be null, along which no pointer may be moved
    for (Index i = 0; i < m && !options.accumulate; ++i) {
      for (Index j = 0; j < n; ++j) c[i * ldc + j] = options.bias ? options.bias[j] : T{};
    }
    return;
  }
  if (n == 1 && ldc == 1 && m > 1) {
    // A column is a row of the transposed product.
    if (options.bias) std::fill_n(c, m, *options.bias);
    return gemm<A>(1, m, k, b, options.transpose_b ? k : ldb, a, lda, c, m,
                   GemmOptions<T>{.transpose_a = !options.transpose_b,
                                  .transpose_b = !options.transpose_a,
                                  .accumulate = options.accumulate || options.bias});
  }
  const detail::GemmProduct<T> g{.m = m,
                                 .n = n,
                                 .k = k,
                                 .a = {a, options.transpose_a ? 1 : lda, options.transpose_a ? lda : 1},
                                 .b = b,
                                 .ldb = ldb,
                                 .transpose_b = options.transpose_b,
                                 .start = options.accumulate ? c : options.bias,
                                 .start_row = options.accumulate ? ldc : 0,
                                 .c = c,
                                 .ldc = ldc};
  if (m == 1 && !g.transpose_b) return detail::row_times_matrix<A>(g);
  if (m == 1 && g.a.column == 1) return detail::row_times_transposed<A>(g);
  const bool large = m >= 64 && k * ldb * static_cast<Index>(sizeof(T)) >= 1 << 18;
  if (large && g.a.column * static_cast<Index>(sizeof(T)) >= 1 << 11) {
    detail::gemm_all_packed<A>(g);
  } else if (options.transpose_b || large || (n % Blocks::lanes != 0 && !simd::is_avx512<A>)) {
    detail::gemm_packed<A>(g, large ? detail::Packing::all : detail::Packing::ragged);
  } else {
    detail::gemm_blocked<A>(g, detail::Packing::ragged, static_cast<T*>(nullptr));
  }
}

}}}  // namespace tenure::TENURE_ABI::kernels
TENURE_CONTRACTION_AS_BEFORE
