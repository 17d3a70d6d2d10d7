/// y = [x₀, x₁, …] along one axis.
#pragma once

#include "../autograd/tape.hpp"
#include "../kernels/elementwise.hpp"

namespace tenure::inline TENURE_ABI {

namespace ops {

template <class T>
struct Concatenate {
  static constexpr std::string_view name = "concatenate";
  static constexpr Reads backward_reads{};

  Index axis;

  Shape shape(Inputs<T> x) const {
    const Shape& first = x[0].shape();
    Index extent = 0;
    for (const View<const T>& part : x) {
      if (part.rank() != first.rank() || part.shape().with(axis, 1) != first.with(axis, 1)) {
        throw ShapeError(name, "shapes that agree with " + first.to_string() + " but for axis " + std::to_string(axis),
                         part.shape().to_string());
      }
      extent += part.shape()[axis];
    }
    return first.with(axis, extent);
  }

  void forward(const Forward<T>& f) const {
    for_each_block(f.y.shape(), f.x, [&](std::size_t part, Index x, Index y, Index n) {
      std::copy_n(f.x[part].data() + x, n, f.y.data() + y);
    });
  }

  void backward(const Backward<T>& b) const {
    for_each_block(b.dy.shape(), b.x, [&](std::size_t part, Index x, Index y, Index n) {
      if (T* dx = b.dx[part].data()) kernels::axpy(n, T{1}, b.dy.data() + y, dx + x);
    });
  }

 private:
  template <class F>
  void for_each_block(const Shape& y, Inputs<T> x, F f) const {
    const Index outer = y.product(0, axis);
    const Index row = y.product(axis, y.rank());
    Index begin = 0;
    for (std::size_t part = 0; part < x.size(); ++part) {
      const Index n = x[part].shape().product(axis, y.rank());
      for (Index o = 0; o < outer; ++o) f(part, o * n, o * row + begin, n);
      begin += n;
    }
  }
};

}  // namespace ops

/// Tensors of equal shape but for one axis, one after the other along it; a negative axis counts from the last.
/// @throws ShapeError, IndexError, ValueError for no tensors at all
template <class T>
Var<T> concatenate(std::span<const Var<T>> parts, Index axis) {
  if (parts.empty()) throw ValueError(ops::Concatenate<T>::name, "at least one tensor", "none");
  axis = parts[0].shape().normalise(axis, ops::Concatenate<T>::name);
  return parts[0].tape().record(ops::Concatenate<T>{axis}, parts);
}
template <class T>
Var<T> concatenate(std::initializer_list<Var<T>> parts, Index axis) {
  return concatenate(std::span<const Var<T>>(parts.begin(), parts.size()), axis);
}

}  // namespace tenure::inline TENURE_ABI
