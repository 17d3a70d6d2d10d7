/// y[b, t, :] = x[b, :]: a vector for every time step, as Keras's RepeatVector.
#pragma once

#include "../autograd/tape.hpp"
#include "../kernels/reduce.hpp"
#include "../kernels/transpose.hpp"

namespace tenure { inline namespace TENURE_ABI {

namespace ops {

template <class T>
struct RepeatVector {
  static constexpr std::string_view name = "repeat_vector";
  static constexpr Reads backward_reads{};

  Index times;

  Shape shape(Inputs<T> x) const {
    const Shape& from = x[0].shape();
    if (from.rank() != 2) throw ShapeError(name, "x of (batch, features)", {from});
    if (times < 1) throw ValueError(name, "at least one repetition", {times});
    return {from[0], times, from[1]};
  }

  void forward(const Forward<T>& f) const {
    const Shape& y = f.y.shape();
    const Index x_strides[] = {y[2], 0, 1};
    const Index y_strides[] = {y[1] * y[2], y[2], 1};
    kernels::copy_strided(3, y.begin(), f.x[0].data(), x_strides, f.y.data(), y_strides);
  }

  static unsigned overwrites(Inputs<T>) { return 0b1; }

  void backward(const Backward<T>& b) const {
    const Shape& x = b.x[0].shape();
    kernels::sum(x[0], times, x[1], T{1}, b.dy.data(), b.dx[0].data(), b.adds(0));
  }
};

}  // namespace ops

/// x (batch, features) → (batch, times, features). @throws ShapeError, ValueError
template <class T>
Var<T> repeat_vector(Var<T> x, Index times) {
  return record(ops::RepeatVector<T>{times}, {x});
}

TENURE_COMPILED_OPERATION(ops::RepeatVector)

}}  // namespace tenure::TENURE_ABI
