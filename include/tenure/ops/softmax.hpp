/// y = exp(x) / Σ exp(x) and its logarithm, along one axis.
#pragma once

#include "../autograd/tape.hpp"
#include "../kernels/softmax.hpp"
#include "transpose.hpp"

namespace tenure { inline namespace TENURE_ABI {

namespace ops {

/// Along the last axis.
template <class T>
struct Softmax {
  static constexpr std::string_view name = "softmax";
  static constexpr Reads backward_reads{.output = true};

  Shape shape(Inputs<T> x) const { return x[0].shape(); }
  void forward(const Forward<T>& f) const {
    kernels::softmax(f.y.shape().rows(), f.y.shape().last(), f.x[0].data(), f.y.data());
  }
  void backward(const Backward<T>& b) const {
    kernels::softmax_backward(b.y.shape().rows(), b.y.shape().last(), T{1}, b.y.data(), b.dy.data(), b.dx[0].data());
  }
};

/// Along the last axis.
template <class T>
struct LogSoftmax {
  static constexpr std::string_view name = "log_softmax";
  static constexpr Reads backward_reads{.output = true};

  Shape shape(Inputs<T> x) const { return x[0].shape(); }
  void forward(const Forward<T>& f) const {
    kernels::log_softmax(f.y.shape().rows(), f.y.shape().last(), f.x[0].data(), f.y.data());
  }
  void backward(const Backward<T>& b) const {
    kernels::log_softmax_backward(b.y.shape().rows(), b.y.shape().last(), b.y.data(), b.dy.data(), b.dx[0].data());
  }
};

/// An op for the last axis, along any: the axis is brought last and back.
template <class T, class Op>
Var<T> along(Var<T> x, Index axis, const Op& op) {
  axis = x.shape().normalize(axis, Op::name);
  const Index last = x.shape().rank() - 1;
  if (axis == last) return record(op, {x});
  return transpose(record(op, {transpose(x, axis, last)}), axis, last);
}

}  // namespace ops

/// exp(x) / Σ exp(x) along an axis, by default the last. A row of −∞ alone gives zeros. @throws IndexError
template <class T>
Var<T> softmax(Var<T> x, Index axis = -1) {
  return ops::along(x, axis, ops::Softmax<T>{});
}

/// x − log Σ exp(x) along an axis, by default the last. @throws IndexError
template <class T>
Var<T> log_softmax(Var<T> x, Index axis = -1) {
  return ops::along(x, axis, ops::LogSoftmax<T>{});
}

TENURE_COMPILED_OPERATION(ops::Softmax)
TENURE_COMPILED_OPERATION(ops::LogSoftmax)

}}  // namespace tenure::TENURE_ABI
