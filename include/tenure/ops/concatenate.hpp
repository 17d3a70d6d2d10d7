/// y = [x₀, x₁, …] along one axis.
#pragma once

#include "../autograd/tape.hpp"
#include "../kernels/transpose.hpp"

namespace tenure { inline namespace TENURE_ABI {

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
        throw ShapeError(name, {"shapes that agree with ", first, " but for axis ", axis}, {part.shape()});
      }
      extent += part.shape()[axis];
    }
    return first.with(axis, extent);
  }

  void forward(const Forward<T>& f) const {
    const T** parts = f.scratch.template allocate<const T*>(f.x.size());
    for (std::size_t i = 0; i < f.x.size(); ++i) parts[i] = f.x[i].data();
    kernels::concatenate(f.y.shape().product(0, axis), count(f.x), runs(f.x, f.scratch), parts, f.y.data());
  }

  static unsigned overwrites(Inputs<T> x) { return (1U << std::min<std::size_t>(x.size(), 31)) - 1; }

  void backward(const Backward<T>& b) const {
    T** parts = b.scratch.template allocate<T*>(b.dx.size());
    for (const bool adds : {false, true}) {
      for (std::size_t i = 0; i < b.dx.size(); ++i) parts[i] = b.adds(i) == adds ? b.dx[i].data() : nullptr;
      kernels::split(b.dy.shape().product(0, axis), count(b.x), runs(b.x, b.scratch), b.dy.data(), parts, adds);
    }
  }

 private:
  static Index count(Inputs<T> x) { return static_cast<Index>(x.size()); }

  /// Elements that each part contributes to one stretch of the result.
  const Index* runs(Inputs<T> x, Arena& scratch) const {
    Index* runs = scratch.allocate<Index>(x.size());
    for (std::size_t i = 0; i < x.size(); ++i) runs[i] = x[i].shape().product(axis, x[i].rank());
    return runs;
  }
};

}  // namespace ops

/// Tensors of equal shape but for one axis, one after the other along it; a negative axis counts from the last.
/// @throws ShapeError, IndexError, ValueError for no tensors at all
template <class T>
Var<T> concatenate(std::span<const Var<T>> parts, Index axis) {
  if (parts.empty()) throw ValueError(ops::Concatenate<T>::name, "at least one tensor", "none");
  axis = parts[0].shape().normalize(axis, ops::Concatenate<T>::name);
  return parts[0].tape().record(ops::Concatenate<T>{axis}, parts);
}
template <class T>
Var<T> concatenate(std::initializer_list<Var<T>> parts, Index axis) {
  return concatenate(std::span<const Var<T>>(parts.begin(), parts.size()), axis);
}

TENURE_COMPILED_OPERATION(ops::Concatenate)

}}  // namespace tenure::TENURE_ABI
