/// The same elements with the axes in another order.
#pragma once

#include <array>
#include <numeric>

#include "../autograd/tape.hpp"
#include "../kernels/transpose.hpp"

namespace tenure { inline namespace TENURE_ABI {

namespace ops {

template <class T>
struct Permute {
  static constexpr std::string_view name = "permute";
  static constexpr Reads backward_reads{};

  std::array<Index, Shape::max_rank> order;  // axis k of y is axis order[k] of x

  Shape shape(Inputs<T> x) const {
    Shape y;
    for (Index axis = 0; axis < x[0].rank(); ++axis) y.append(x[0].shape()[at(axis)]);
    return y;
  }

  void forward(const Forward<T>& f) const {
    const Shape& x = f.x[0].shape();
    kernels::permute(x.rank(), x.begin(), order.data(), f.x[0].data(), f.y.data());
  }

  void backward(const Backward<T>& b) const {
    const Shape& y = b.dy.shape();
    std::array<Index, Shape::max_rank> inverse{};
    for (Index axis = 0; axis < y.rank(); ++axis) inverse[static_cast<std::size_t>(at(axis))] = axis;
    kernels::permute(y.rank(), y.begin(), inverse.data(), b.dy.data(), b.dx[0].data(), true);
  }

 private:
  Index at(Index axis) const { return order[static_cast<std::size_t>(axis)]; }
};

}  // namespace ops

/// Axis k of the result is axis order[k] of x, as NumPy's transpose; negative axes count from the last.
/// @throws IndexError; ValueError unless each axis is named once
template <class T>
Var<T> permute(Var<T> x, std::initializer_list<Index> order) {
  const Shape& shape = x.shape();
  ops::Permute<T> op{};
  std::array<bool, Shape::max_rank> named{};
  std::size_t axes = 0;
  for (const Index given : order) {
    const Index axis = shape.normalize(given, op.name);
    if (!std::exchange(named[static_cast<std::size_t>(axis)], true)) op.order[axes++] = axis;
  }
  if (axes != order.size() || static_cast<Index>(axes) != shape.rank()) {
    throw ValueError(op.name, {"each axis of ", shape, " once"}, {order.size(), " axes of which ", axes, " differ"});
  }
  return record(op, {x});
}

/// Two axes exchanged; negative axes count from the last. @throws IndexError
template <class T>
Var<T> transpose(Var<T> x, Index axis_a, Index axis_b) {
  const std::size_t a = static_cast<std::size_t>(x.shape().normalize(axis_a, "transpose"));
  const std::size_t b = static_cast<std::size_t>(x.shape().normalize(axis_b, "transpose"));
  if (a == b) return x;
  ops::Permute<T> op{};
  std::iota(op.order.begin(), op.order.end(), Index{0});
  std::swap(op.order[a], op.order[b]);
  return record(op, {x});
}

TENURE_COMPILED_OPERATION(ops::Permute)

}}  // namespace tenure::TENURE_ABI
