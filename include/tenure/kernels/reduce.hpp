/// Reductions over one axis of a row-major array, seen as (outer, reduced, inner): sum, mean, largest entry, and the
/// mean over the time steps that a mask leaves.
///
/// Sums are pairwise: vectors of partial sums over blocks of 128 vectors (or 64 rows), which are then added in a binary
/// tree. The error so grows with the logarithm of the length, and the order depends on the shape and the architecture
/// alone, never on addresses or threads: the same array gives the same bits from run to run.
#pragma once

#include <limits>
#include <type_traits>

#include "simd.hpp"

TENURE_NO_CONTRACTION
namespace tenure { inline namespace TENURE_ABI { namespace kernels {

namespace reference {

template <class T>
void sum(Index outer, Index reduced, Index inner, std::type_identity_t<T> scale, const T* x, T* y,
         bool accumulate = false) noexcept {
  for (Index o = 0; o < outer; ++o) {
    for (Index i = 0; i < inner; ++i) {
      T total{};
      for (Index r = 0; r < reduced; ++r) total += x[(o * reduced + r) * inner + i];
      y[o * inner + i] = scale * total + (accumulate ? y[o * inner + i] : T{});
    }
  }
}

template <class T>
void sum_backward(Index outer, Index reduced, Index inner, std::type_identity_t<T> scale, const T* dy, T* dx) noexcept {
  for (Index o = 0; o < outer; ++o) {
    for (Index r = 0; r < reduced; ++r) {
      for (Index i = 0; i < inner; ++i) dx[(o * reduced + r) * inner + i] += scale * dy[o * inner + i];
    }
  }
}

template <class T>
void column_sums(Index rows, Index columns, const T* x, T* y) noexcept {
  for (Index r = 0; r < rows; ++r) {
    for (Index c = 0; c < columns; ++c) y[c] += x[r * columns + c];
  }
}

template <class T>
void(max)(Index outer, Index reduced, Index inner, const T* x, T* y, Index* position) noexcept {
  for (Index o = 0; o < outer; ++o) {
    for (Index i = 0; i < inner; ++i) {
      Index best = 0;
      for (Index r = 1; r < reduced; ++r) {
        if (x[(o * reduced + r) * inner + i] > x[(o * reduced + best) * inner + i]) best = r;
      }
      y[o * inner + i] = x[(o * reduced + best) * inner + i];
      position[o * inner + i] = best;
    }
  }
}

template <class T>
void masked_mean(Index batch, Index time, Index units, const T* mask, const T* x, T* y) noexcept {
  for (Index b = 0; b < batch; ++b) {
    T count{};
    for (Index t = 0; t < time; ++t) count += mask[b * time + t];
    for (Index u = 0; u < units; ++u) {
      T total{};
      for (Index t = 0; t < time; ++t) {
        if (!is_zero(mask[b * time + t])) total += mask[b * time + t] * x[(b * time + t) * units + u];
      }
      y[b * units + u] = count == 0 ? T{} : total / count;
    }
  }
}

template <class T>
void masked_mean_backward(Index batch, Index time, Index units, const T* mask, const T* dy, T* dx) noexcept {
  for (Index b = 0; b < batch; ++b) {
    T count{};
    for (Index t = 0; t < time; ++t) count += mask[b * time + t];
    for (Index t = 0; t < time; ++t) {
      if (is_zero(mask[b * time + t])) continue;
      for (Index u = 0; u < units; ++u) {
        dx[(b * time + t) * units + u] += mask[b * time + t] / count * dy[b * units + u];
      }
    }
  }
}

}  // namespace reference

namespace detail {

/// Sum of term(i, part) over the vectors of [begin, end), at most a block of them. Four accumulators of two terms each
/// hide the latency of an addition; named ones, for a loop over an array of them may end up in memory. Pairs are kept
/// as such: were their terms added to the sum one by one, as -ffast-math may, the error would be twice as large.
template <class A, class T, class Sum, class F>
TENURE_INLINE simd::Batch<Sum, A> block_sum(Index begin, Index end, const F& term) noexcept {
  constexpr Index width = simd::lanes<T, A>;
  constexpr simd::Whole<T, A> whole;
  simd::Batch<Sum, A> sum0(Sum{0});
  simd::Batch<Sum, A> sum1(Sum{0});
  simd::Batch<Sum, A> sum2(Sum{0});
  simd::Batch<Sum, A> sum3(Sum{0});
  Index i = begin;
  for (; i + 8 * width <= end; i += 8 * width) {
    sum0 += simd::keep(term(i, whole) + term(i + width, whole));
    sum1 += simd::keep(term(i + 2 * width, whole) + term(i + 3 * width, whole));
    sum2 += simd::keep(term(i + 4 * width, whole) + term(i + 5 * width, whole));
    sum3 += simd::keep(term(i + 6 * width, whole) + term(i + 7 * width, whole));
  }
  for (; i + width <= end; i += width) sum0 += term(i, whole);
  if (i < end) sum1 += term(i, simd::Tail<T, A>(end - i));
  return (sum0 + sum1) + (sum2 + sum3);
}

/// The lane-wise sum of term(i, part) over the vectors of [begin, end), in pairs of blocks. `part` is Whole or Tail; a
/// term must be zero beyond a Tail. Reducing its lanes gives the sum of all elements.
template <class A, class T, class Sum, class F>
[[gnu::noinline]] simd::Batch<Sum, A> pairwise_sum(Index begin, Index end, const F& term) noexcept {
  constexpr Index block = 128 * simd::lanes<T, A>;
  if (end - begin <= block) return block_sum<A, T, Sum>(begin, end, term);
  const Index middle = begin + (end - begin + block - 1) / block / 2 * block;
  return pairwise_sum<A, T, Sum>(begin, middle, term) + pairwise_sum<A, T, Sum>(middle, end, term);
}

/// Columns that are summed together: their partial sums stay in the first-level cache, while the rows are read in the
/// order in which they lie.
template <class T>
inline constexpr Index panel = 2048 / static_cast<Index>(sizeof(T));

/// y (columns) = Σ of the rows of x (rows ≥ 1, columns), at most a panel of columns, in pairs of blocks of rows; the
/// rows are `stride` apart.
template <class A, class T>
[[gnu::noinline]] void pairwise_rows(Index rows, Index columns, const T* x, Index stride, T* y) noexcept {
  using Vector = simd::Batch<T, A>;
  constexpr Index block = 64;
  if (rows > block) {
    const Index middle = (rows + block - 1) / block / 2 * block;
    alignas(64) T second[panel<T>];
    pairwise_rows<A>(middle, columns, x, stride, y);
    pairwise_rows<A>(rows - middle, columns, x + middle * stride, stride, second);
    simd::transform<A>(
        columns, y, [](Vector a, Vector b) { return a + b; }, y, second);
    return;
  }
  const Index first = (rows - 1) % 4 + 1;  // the rest are groups of four
  simd::sweep<T, A>(columns, [=](Index i, auto part) {
    Vector sum = part.load(x + i);
    for (Index r = 1; r < first; ++r) sum += part.load(x + r * stride + i);
    part.store(y + i, sum);
  });
  for (Index r = first; r < rows; r += 4) {
    const T* row = x + r * stride;
    simd::sweep<T, A>(columns, [=](Index i, auto part) {
      const T* p = row + i;
      const Vector low = simd::keep(part.load(p) + part.load(p + stride));
      const Vector high = simd::keep(part.load(p + 2 * stride) + part.load(p + 3 * stride));
      part.store(y + i, part.load(y + i) + simd::keep(low + high));
    });
  }
}

/// y (inner) = scale · Σ over `reduced` rows of x (reduced, inner), or added to y.
template <class A, class T>
void sum_rows(Index reduced, Index inner, T scale, const T* x, T* y, bool accumulate) noexcept {
  using Vector = simd::Batch<T, A>;
  const Vector factor(scale);
  alignas(64) T sums[panel<T>];
  for (Index i = 0; i < inner; i += panel<T>) {
    const Index columns = inner - i < panel<T> ? inner - i : panel<T>;
    pairwise_rows<A>(reduced, columns, x + i, inner, sums);
    if (accumulate) {
      simd::transform<A>(
          columns, y + i, [=](Vector v, Vector s) { return simd::fma(factor, s, v); }, y + i, sums);
    } else {
      simd::transform<A>(
          columns, y + i, [=](Vector s) { return factor * s; }, sums);
    }
  }
}

/// Whether any of x (n) is NaN: by the bits, which -ffast-math cannot take for granted.
template <class A, class T>
bool any_nan(Index n, const T* x) noexcept {
  using Bits = simd::UnsignedOf<T>;
  using Vector = simd::Batch<Bits, A>;
  constexpr Bits magnitude = (std::numeric_limits<Bits>::max)() >> 1;
  Vector any(Bits{0});
  simd::sweep<T, A>(n, [&](Index i, auto part) {  // carries into the sign where the magnitude is above infinity's
    const Vector bits = simd::bit_cast<Bits>(part.load(x + i)) & Vector(magnitude);
    any = any | (bits + Vector(magnitude - tenure::detail::exponent_bits<T>));
  });
  Bits lane[Vector::size];
  any.store_unaligned(lane);
  for (std::size_t j = 1; j < Vector::size; ++j) lane[0] |= lane[j];
  return lane[0] > magnitude;
}

/// Makes the largest entries of the columns of x (reduced, inner) that have a NaN the first such.
template <class T>
[[gnu::cold]] void put_nan(Index reduced, Index inner, const T* x, T* y, Index* position) noexcept {
  for (Index r = reduced; r-- > 0;) {
    for (Index i = 0; i < inner; ++i) {
      if (!is_nan(x[r * inner + i])) continue;
      y[i] = x[r * inner + i];
      position[i] = r;
    }
  }
}

/// The largest of n elements and the first position that has it.
template <class A, class T>
void max_of(Index n, const T* x, T* y, Index* position) noexcept {
  constexpr Index width = simd::lanes<T, A>;
  simd::Batch<T, A> best0(x[0]);
  simd::Batch<T, A> best1 = best0;
  Index i = 0;
  for (; i + 2 * width <= n; i += 2 * width) {
    best0 = (simd::max)(best0, simd::load<A>(x + i));
    best1 = (simd::max)(best1, simd::load<A>(x + i + width));
  }
  simd::sweep<T, A>(n - i,
                    [&](Index j, auto part) { best0 = (simd::max)(best0, part.merge(part.load(x + i + j), best0)); });
  const T largest = simd::reduce_max((simd::max)(best0, best1));
  *y = largest;
  const simd::Batch<T, A> wanted(largest);
  Index begin = 0;
  while (begin + width <= n && !simd::any(simd::load<A>(x + begin) == wanted)) begin += width;
  while (begin < n && x[begin] != largest) ++begin;
  *position = begin < n ? begin : 0;
}

/// Largest entries of the columns of x (reduced, inner) and their first rows.
template <class A, class T>
void max_rows(Index reduced, Index inner, const T* x, T* y, Index* position) noexcept {
  using Integer = simd::IntegerOf<T>;
  simd::sweep<T, A>(inner, [=](Index i, auto part) {
    simd::Batch<T, A> best = part.load(x + i);
    // Row numbers are integers that only travel as floating-point bits, so that one mask selects both.
    simd::Batch<T, A> row = simd::bit_cast<T>(simd::Batch<Integer, A>(Integer{0}));
    for (Index r = 1; r < reduced; ++r) {
      const simd::Batch<T, A> candidate = part.load(x + r * inner + i);
      const auto larger = candidate > best;
      best = simd::select(larger, candidate, best);
      row = simd::select(larger, simd::bit_cast<T>(simd::Batch<Integer, A>(static_cast<Integer>(r))), row);
    }
    part.store(y + i, best);
    alignas(64) Integer rows[simd::lanes<T, A>];
    simd::bit_cast<Integer>(row).store_aligned(rows);
    for (Index j = 0; j < simd::lanes<T, A> && i + j < inner; ++j) position[i + j] = static_cast<Index>(rows[j]);
  });
}

}  // namespace detail

/// y (outer, inner) = scale · Σ over the middle axis of x (outer, reduced, inner); with `accumulate` added to y.
/// scale = 1 / reduced gives the mean.
template <class A = simd::DefaultArch, class T>
void sum(Index outer, Index reduced, Index inner, std::type_identity_t<T> scale, const T* x, T* y,
         bool accumulate = false) noexcept {
  for (Index o = 0; o < outer; ++o, x += reduced * inner) {
    if (inner == 1) {
      const auto term = [x](Index i, auto part) { return part.load(x + i); };
      const T total = scale * simd::reduce_add(detail::pairwise_sum<A, T, T>(0, reduced, term));
      y[o] = accumulate ? y[o] + total : total;
    } else {
      detail::sum_rows<A>(reduced, inner, scale, x, y + o * inner, accumulate);
    }
  }
}

/// dx (outer, reduced, inner) += scale · dy (outer, inner), repeated along the middle axis.
template <class A = simd::DefaultArch, class T>
void sum_backward(Index outer, Index reduced, Index inner, std::type_identity_t<T> scale, const T* dy, T* dx) noexcept {
  const simd::Batch<T, A> factor(scale);
  for (Index o = 0; o < outer; ++o, dx += reduced * inner) {
    if (inner == 1) {
      const simd::Batch<T, A> step(scale * dy[o]);
      simd::transform<A>(
          reduced, dx, [=](auto g) { return g + step; }, dx);
    } else {
      for (Index r = 0; r < reduced; ++r) {
        simd::transform<A>(
            inner, dx + r * inner, [=](auto g, auto d) { return simd::fma(factor, d, g); }, dx + r * inner,
            dy + o * inner);
      }
    }
  }
}

/// y (columns) += Σ over the rows of x (rows, columns): the gradient of a bias.
template <class A = simd::DefaultArch, class T>
void column_sums(Index rows, Index columns, const T* x, T* y) noexcept {
  kernels::sum<A>(1, rows, columns, T{1}, x, y, true);
}

/// y (outer, inner): the largest entries along the middle axis of x (outer, reduced, inner), and the first position of
/// each along that axis. reduced ≥ 1, below 2³¹ for float. A NaN is larger than all else.
template <class A = simd::DefaultArch, class T>
void(max)(Index outer, Index reduced, Index inner, const T* x, T* y, Index* position) noexcept {
  for (Index o = 0; o < outer; ++o, x += reduced * inner) {
    if (inner == 1) {
      detail::max_of<A>(reduced, x, y + o, position + o);
    } else {
      detail::max_rows<A>(reduced, inner, x, y + o * inner, position + o * inner);
    }
    if (detail::any_nan<A>(reduced * inner, x)) [[unlikely]] {
      detail::put_nan(reduced, inner, x, y + o * inner, position + o * inner);
    }
  }
}

/// dx (outer, reduced, inner) += dy (outer, inner) at the positions that max() gave.
template <class T>
void max_backward(Index outer, Index reduced, Index inner, const Index* position, const T* dy, T* dx) noexcept {
  for (Index o = 0; o < outer; ++o) {
    for (Index i = 0; i < inner; ++i) {
      dx[(o * reduced + position[o * inner + i]) * inner + i] += dy[o * inner + i];
    }
  }
}

/// y (batch, units): the mean of x (batch, time, units) over time, weighted by mask (batch, time), usually zeros and
/// ones. Steps of weight zero are not read; a sequence without any other gives zeros.
template <class A = simd::DefaultArch, class T>
void masked_mean(Index batch, Index time, Index units, const T* mask, const T* x, T* y) noexcept {
  for (Index b = 0; b < batch; ++b, mask += time, x += time * units, y += units) {
    T count{};
    for (Index t = 0; t < time; ++t) count += mask[t];
    const T scale = count == 0 ? T{0} : T{1} / count;
    simd::sweep<T, A>(units, [=](Index u, auto part) {
      simd::Batch<T, A> total(T{0});
      for (Index t = 0; t < time; ++t) {
        if (is_zero(mask[t])) continue;
        total = simd::fma(simd::broadcast<T, A>(mask[t]), part.load(x + t * units + u), total);
      }
      part.store(y + u, simd::broadcast<T, A>(scale) * total);
    });
  }
}

/// dx (batch, time, units) += mask / Σ mask · dy (batch, units).
template <class A = simd::DefaultArch, class T>
void masked_mean_backward(Index batch, Index time, Index units, const T* mask, const T* dy, T* dx) noexcept {
  for (Index b = 0; b < batch; ++b, mask += time, dx += time * units) {
    T count{};
    for (Index t = 0; t < time; ++t) count += mask[t];
    for (Index t = 0; t < time; ++t) {
      if (is_zero(mask[t])) continue;
      kernels::sum_backward<A>(1, 1, units, mask[t] / count, dy + b * units, dx + t * units);
    }
  }
}

}}}  // namespace tenure::TENURE_ABI::kernels
TENURE_CONTRACTION_AS_BEFORE
