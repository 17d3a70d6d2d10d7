/// Copies that change the order of elements: matrix transposes, permuted axes, strided copies, concatenation and its
/// inverse. Each can add to its output instead, which makes it the gradient of its inverse.
#pragma once

#include <algorithm>

#include "rows.hpp"
#include "simd.hpp"

TENURE_NO_CONTRACTION
namespace tenure { inline namespace TENURE_ABI { namespace kernels {

namespace reference {

template <class T>
void transpose(Index rows, Index columns, const T* x, Index x_stride, T* y, Index y_stride,
               bool accumulate = false) noexcept {
  for (Index r = 0; r < rows; ++r) {
    for (Index c = 0; c < columns; ++c) {
      T& target = y[c * y_stride + r];
      target = x[r * x_stride + c] + (accumulate ? target : T{});
    }
  }
}

template <class T>
void copy_strided(Index rank, const Index* extents, const T* x, const Index* x_strides, T* y, const Index* y_strides,
                  bool accumulate = false) noexcept {
  if (rank == 0) {
    *y = *x + (accumulate ? *y : T{});
    return;
  }
  for (Index i = 0; i < extents[0]; ++i) {
    reference::copy_strided(rank - 1, extents + 1, x + i * x_strides[0], x_strides + 1, y + i * y_strides[0],
                            y_strides + 1, accumulate);
  }
}

}  // namespace reference

namespace detail {

/// y (rows, columns) = x, or added to y, by runs of contiguous columns.
template <class A, class T>
void copy_rows(Index rows, Index columns, const T* x, Index x_stride, T* y, Index y_stride, bool accumulate) noexcept {
  for (Index r = 0; r < rows; ++r, x += x_stride, y += y_stride) {
    accumulate ? add_row<A>(columns, x, y) : copy_row<A>(columns, x, y);
  }
}

/// Transposes a square of vectors: log₂ of their number times, the first half is interleaved with the second.
template <class T, class A>
TENURE_INLINE void transpose_registers(simd::Batch<T, A>* x) noexcept {
  constexpr int width = static_cast<int>(simd::lanes<T, A>);
  for (int pass = 1; pass < width; pass *= 2) {
    simd::Array<simd::Batch<T, A>, width> next;
    for (int i = 0; i < width / 2; ++i) {
      next[2 * i] = simd::interleave_low(x[i], x[i + width / 2]);
      next[2 * i + 1] = simd::interleave_high(x[i], x[i + width / 2]);
    }
    for (int i = 0; i < width; ++i) x[i] = next[i];
  }
}

/// Transposes one tile of at most lanes × lanes elements; `across` covers its columns, `down` its rows.
template <class A, class T, class Part>
TENURE_INLINE void transpose_tile(Index rows, Index columns, Part across, Part down, const T* x, Index x_stride, T* y,
                                  Index y_stride, bool accumulate) noexcept {
  constexpr Index width = simd::lanes<T, A>;
  simd::Array<simd::Batch<T, A>, width> tile;
  for (Index r = 0; r < width; ++r) tile[r] = across.load(x + (r < rows ? r : 0) * x_stride);
  transpose_registers<T, A>(tile);
  for (Index c = 0; c < width; ++c) {
    if (c >= columns) break;
    T* target = y + c * y_stride;
    down.store(target, accumulate ? down.load(target) + tile[c] : tile[c]);
  }
}

struct Axis {
  Index extent = 1;
  Index x_stride = 0;
  Index y_stride = 0;
};

/// The planes of a strided copy: axes [0, 3) are looped over, the last two make up a plane; unused ones have extent 1.
struct Planes {
  static constexpr Index rank = 5;
  Axis axes[rank];
};

/// Drops axes of extent 1, merges neighbors that lie as one in both arrays, and puts last what is contiguous: an axis
/// that is so in both, else the one of y and then the one of x.
inline Planes plan_copy(Index rank, const Index* extents, const Index* x_strides, const Index* y_strides) noexcept {
  Planes planes;
  Index first = Planes::rank;  // axes are filled in from the last
  for (Index k = rank; k-- > 0;) {
    if (extents[k] == 1) continue;
    const Axis axis{extents[k], x_strides[k], y_strides[k]};
    Axis* inner = planes.axes + first;
    if (first < Planes::rank && axis.x_stride == inner->x_stride * inner->extent &&
        axis.y_stride == inner->y_stride * inner->extent) {
      inner->extent *= axis.extent;
    } else {
      planes.axes[--first] = axis;
    }
  }
  Axis* const end = planes.axes + Planes::rank;
  const auto move_last = [&](auto condition) {
    Axis* const found = std::find_if(planes.axes, end, condition);
    if (found != end) std::rotate(found, found + 1, end);
    return found != end;
  };
  if (!move_last([](const Axis& axis) { return axis.x_stride == 1 && axis.y_stride == 1; })) {
    move_last([](const Axis& axis) { return axis.y_stride == 1; });
    move_last([](const Axis& axis) { return axis.x_stride == 1; });
  }
  return planes;
}

}  // namespace detail

/// y (columns, rows) = xᵀ for x (rows, columns), or added to y; the strides are the distances of the stored rows. x and
/// y must not overlap.
template <class A = simd::DefaultArch, class T>
void transpose(Index rows, Index columns, const T* x, Index x_stride, T* y, Index y_stride,
               bool accumulate = false) noexcept {
  using Tail = simd::Tail<T, A>;
  constexpr Index width = simd::lanes<T, A>;
  for (Index r = 0; r < rows; r += width) {
    const Index high = (std::min)(width, rows - r);
    for (Index c = 0; c < columns; c += width) {
      const Index wide = (std::min)(width, columns - c);
      const T* source = x + r * x_stride + c;
      T* target = y + c * y_stride + r;
      if (high == width && wide == width) {
        constexpr simd::Whole<T, A> whole;
        detail::transpose_tile<A>(width, width, whole, whole, source, x_stride, target, y_stride, accumulate);
      } else {
        detail::transpose_tile<A>(high, wide, Tail(wide), Tail(high), source, x_stride, target, y_stride, accumulate);
      }
    }
  }
}

/// y = x, or added to y, over an index space of rank ≤ 5 in which either array has any strides. A stride of 0 repeats
/// an entry of x, and in y, with `accumulate`, sums over the axis. x and y must not overlap.
template <class A = simd::DefaultArch, class T>
void copy_strided(Index rank, const Index* extents, const T* x, const Index* x_strides, T* y, const Index* y_strides,
                  bool accumulate = false) noexcept {
  const detail::Planes planes = detail::plan_copy(rank, extents, x_strides, y_strides);
  const detail::Axis& outer = planes.axes[0];
  const detail::Axis& middle = planes.axes[1];
  const detail::Axis& inner = planes.axes[2];
  const detail::Axis& rows = planes.axes[3];
  const detail::Axis& columns = planes.axes[4];
  const auto copy_plane = [&](const T* source, T* target) {
    if (columns.x_stride == 1 && columns.y_stride == 1) {
      detail::copy_rows<A>(rows.extent, columns.extent, source, rows.x_stride, target, rows.y_stride, accumulate);
    } else if (columns.x_stride == 1 && rows.y_stride == 1) {
      kernels::transpose<A>(rows.extent, columns.extent, source, rows.x_stride, target, columns.y_stride, accumulate);
    } else {
      for (Index r = 0; r < rows.extent; ++r) {
        for (Index c = 0; c < columns.extent; ++c) {
          T& entry = target[r * rows.y_stride + c * columns.y_stride];
          const T value = source[r * rows.x_stride + c * columns.x_stride];
          entry = accumulate ? entry + value : value;
        }
      }
    }
  };
  for (Index i = 0; i < outer.extent; ++i) {
    for (Index j = 0; j < middle.extent; ++j) {
      for (Index k = 0; k < inner.extent; ++k) {
        copy_plane(x + i * outer.x_stride + j * middle.x_stride + k * inner.x_stride,
                   y + i * outer.y_stride + j * middle.y_stride + k * inner.y_stride);
      }
    }
  }
}

/// y = x with its axes in another order, or added to y: axis k of y is axis order[k] of x (extents), rank ≤ 5. The
/// gradient is the same with the inverse order.
template <class A = simd::DefaultArch, class T>
void permute(Index rank, const Index* extents, const Index* order, const T* x, T* y, bool accumulate = false) noexcept {
  Index natural[5];
  Index y_extents[5];
  Index x_strides[5];
  Index y_strides[5];
  for (Index axis = rank, stride = 1; axis-- > 0; stride *= extents[axis]) natural[axis] = stride;
  for (Index axis = rank, stride = 1; axis-- > 0; stride *= y_extents[axis]) {
    y_extents[axis] = extents[order[axis]];
    x_strides[axis] = natural[order[axis]];
    y_strides[axis] = stride;
  }
  kernels::copy_strided<A>(rank, y_extents, x, x_strides, y, y_strides, accumulate);
}

/// y (outer, Σ runs) = the parts x[p] (outer, runs[p]) side by side. Concatenation along an axis: a run is that axis's
/// extent times those behind it.
template <class A = simd::DefaultArch, class T>
void concatenate(Index outer, Index parts, const Index* runs, const T* const* x, T* y) noexcept {
  Index total = 0;
  for (Index p = 0; p < parts; ++p) total += runs[p];
  for (Index p = 0; p < parts; y += runs[p++]) {
    detail::copy_rows<A>(outer, runs[p], x[p], runs[p], y, total, false);
  }
}

/// The inverse: y[p] (outer, runs[p]) = the parts of x (outer, Σ runs), or added to them. Parts that are nullptr are
/// passed over.
template <class A = simd::DefaultArch, class T>
void split(Index outer, Index parts, const Index* runs, const T* x, T* const* y, bool accumulate = false) noexcept {
  Index total = 0;
  for (Index p = 0; p < parts; ++p) total += runs[p];
  for (Index p = 0; p < parts; x += runs[p++]) {
    if (y[p]) detail::copy_rows<A>(outer, runs[p], x, total, y[p], runs[p], accumulate);
  }
}

}}}  // namespace tenure::TENURE_ABI::kernels
TENURE_CONTRACTION_AS_BEFORE
