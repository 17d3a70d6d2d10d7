/// NumPy's broadcasting: axes are matched from the last, and an extent of 1 (or an absent axis) serves all of the
/// other's.
#pragma once

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include "../core/shape.hpp"

namespace tenure { inline namespace TENURE_ABI { namespace ops {

/// How two arrays run beside their broadcast result: as few nested loops as the shapes allow.
class Broadcast {
 public:
  /// The shape of the result. @throws ShapeError naming `name` where extents differ and neither is 1
  static Shape shape(std::string_view name, const Shape& a, const Shape& b) {
    const Index rank = (std::max)(a.rank(), b.rank());
    Shape y;
    for (Index axis = 0; axis < rank; ++axis) {
      const Index a_extent = extent(a, axis, rank);
      const Index b_extent = extent(b, axis, rank);
      if (a_extent != b_extent && a_extent != 1 && b_extent != 1) {
        throw ShapeError(name, "shapes that broadcast", {a, " and ", b});
      }
      y.append((std::max)(a_extent, b_extent));
    }
    return y;
  }

  Broadcast(const Shape& a, const Shape& b) {
    const Index rank = (std::max)(a.rank(), b.rank());
    for (Index axis = 0; axis < rank; ++axis) {
      const Index a_extent = extent(a, axis, rank);
      const Index b_extent = extent(b, axis, rank);
      append((std::max)(a_extent, b_extent), a_extent > 1, b_extent > 1);
    }
    Index a_stride = 1;
    Index b_stride = 1;
    for (Index loop = loops_ - 1; loop >= 0; --loop) {
      Loop& l = loop_[static_cast<std::size_t>(loop)];
      if (l.a > 0) l.a = std::exchange(a_stride, a_stride * l.extent);
      if (l.b > 0) l.b = std::exchange(b_stride, b_stride * l.extent);
    }
  }

  /// Calls f(y, a, b, n, a_varies, b_varies) for each run of n results from offset y: there a's elements are those from
  /// offset a on, or the one there for the whole run if a does not vary; b's likewise.
  template <class F>
  void for_each_run(F&& f) const {
    Index y = 0;
    run(0, 0, 0, y, f);
  }

 private:
  struct Loop {
    Index extent;
    Index a, b;  // strides; 0 where broadcast
  };

  static Index extent(const Shape& shape, Index axis, Index rank) noexcept {
    const Index own = axis - (rank - shape.rank());
    return own < 0 ? 1 : shape[own];
  }

  void append(Index extent, bool a_varies, bool b_varies) {
    if (extent == 1) return;
    if (loops_ > 0) {
      Loop& last = loop_[static_cast<std::size_t>(loops_ - 1)];
      if ((last.a > 0) == a_varies && (last.b > 0) == b_varies) {
        last.extent *= extent;
        return;
      }
    }
    loop_[static_cast<std::size_t>(loops_++)] = {extent, a_varies, b_varies};
  }

  // Not inlined: GCC would unroll the recursion beyond the last loop and warn of it.
  template <class F>
  [[gnu::noinline]] void run(Index depth, Index a, Index b, Index& y, F& f) const {
    const Loop& loop = loop_[static_cast<std::size_t>(depth)];
    if (depth + 1 >= loops_) {
      f(y, a, b, loop.extent, loop.a > 0, loop.b > 0);
      y += loop.extent;
      return;
    }
    for (Index i = 0; i < loop.extent; ++i) run(depth + 1, a + i * loop.a, b + i * loop.b, y, f);
  }

  std::array<Loop, Shape::max_rank> loop_{{{1, 1, 1}}};
  Index loops_ = 0;
};

}}}  // namespace tenure::TENURE_ABI::ops
