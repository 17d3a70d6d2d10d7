/// y = x[…, begin:end, …] along one axis. Along the first axis nothing is copied or recorded.
#pragma once

#include "../autograd/tape.hpp"
#include "../kernels/transpose.hpp"

namespace tenure { inline namespace TENURE_ABI {

namespace ops {

template <class T>
struct Slice {
  static constexpr std::string_view name = "slice";
  static constexpr Reads backward_reads{};

  Index axis;
  Index begin;
  Index end;

  Shape shape(Inputs<T> x) const { return x[0].shape().with(axis, end - begin); }

  void forward(const Forward<T>& f) const {
    const Layout l = layout(f.x[0].shape());
    kernels::copy_strided(2, l.extents, f.x[0].data() + l.offset, l.x_strides, f.y.data(), l.y_strides);
  }

  void backward(const Backward<T>& b) const {
    const Layout l = layout(b.x[0].shape());
    kernels::copy_strided(2, l.extents, b.dy.data(), l.y_strides, b.dx[0].data() + l.offset, l.x_strides, true);
  }

 private:
  /// Blocks of neighboring elements, one for each index into the axes before.
  struct Layout {
    Index extents[2];
    Index x_strides[2];
    Index y_strides[2];
    Index offset;
  };

  Layout layout(const Shape& x) const {
    const Index inner = x.product(axis + 1, x.rank());
    const Index block = (end - begin) * inner;
    return {{x.product(0, axis), block}, {x[axis] * inner, 1}, {block, 1}, begin * inner};
  }
};

}  // namespace ops

/// Elements [begin, end) of one axis (a negative axis counts from the last). @throws IndexError
template <class T>
Var<T> slice(Var<T> x, Index axis, Index begin, Index end) {
  const Shape& shape = x.shape();
  axis = shape.normalize(axis, ops::Slice<T>::name);
  if (begin < 0 || begin >= end || end > shape[axis]) {
    throw IndexError(ops::Slice<T>::name, {"a range inside axis ", axis, " of ", shape}, {"[", begin, ", ", end, ")"});
  }
  if (shape.product(0, axis) == 1) {
    return x.tape().alias(x, begin * shape.product(axis + 1, shape.rank()), shape.with(axis, end - begin));
  }
  return record(ops::Slice<T>{axis, begin, end}, {x});
}

/// Element `index` of one axis, which disappears; a negative index counts from the end. @throws IndexError
template <class T>
Var<T> select(Var<T> x, Index axis, Index index) {
  axis = x.shape().normalize(axis, "select");
  if (index < 0) index += x.shape()[axis];
  const Var<T> part = slice(x, axis, index, index + 1);
  return part.tape().alias(part, 0, part.shape().without(axis));
}

/// x (batch, time, units) → (batch, units) at the last time step. @throws IndexError
template <class T>
Var<T> last_step(Var<T> x) {
  return select(x, 1, -1);
}

TENURE_COMPILED_OPERATION(ops::Slice)

}}  // namespace tenure::TENURE_ABI
