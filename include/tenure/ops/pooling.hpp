/// y[b, u] = Σ_t m[b, t] x[b, t, u] / Σ_t m[b, t]: global average pooling over time, with a mask for padded steps, as
/// Keras's GlobalAveragePooling1D.
#pragma once

#include "../autograd/tape.hpp"
#include "../kernels/reduce.hpp"
#include "reduce.hpp"

namespace tenure { inline namespace TENURE_ABI {

namespace ops {

template <class T>
struct MaskedMean {
  static constexpr std::string_view name = "global_average_pooling";
  static constexpr Reads backward_reads{};

  View<const T> mask;  // (batch, time)

  Shape shape(Inputs<T> in) const {
    const Shape& x = in[0].shape();
    if (x.rank() != 3) throw ShapeError(name, "x of (batch, time, units)", {x});
    if (mask.empty() || mask.shape() != Shape{x[0], x[1]}) {
      throw ShapeError(name, {"a mask of ", Shape{x[0], x[1]}}, {mask.shape()});
    }
    return {x[0], x[2]};
  }

  void borrowed(auto&& f) { f("a mask", mask); }

  void forward(const Forward<T>& f) const {
    const Shape& x = f.x[0].shape();
    kernels::masked_mean(x[0], x[1], x[2], mask.data(), f.x[0].data(), f.y.data());
  }
  void backward(const Backward<T>& b) const {
    const Shape& x = b.x[0].shape();
    kernels::masked_mean_backward(x[0], x[1], x[2], mask.data(), b.dy.data(), b.dx[0].data());
  }
};

}  // namespace ops

/// x (batch, time, units) → (batch, units), the mean over time. @throws ShapeError
template <class T>
Var<T> global_average_pooling(Var<T> x) {
  if (x.shape().rank() != 3) {
    throw ShapeError(ops::MaskedMean<T>::name, "x of (batch, time, units)", {x.shape()});
  }
  return mean(x, {1});
}

/// The same over the steps that mask (batch, time) weights, usually by 0 and 1; a sequence without any gives zeros, and a
/// step with a weight of 0 is not read. @throws ShapeError
template <class T>
Var<T> global_average_pooling(Var<T> x, std::type_identity_t<View<const T>> mask) {
  return record(ops::MaskedMean<T>{mask}, {x});
}

TENURE_COMPILED_OPERATION(ops::MaskedMean)

}}  // namespace tenure::TENURE_ABI
