/// Losses: the mean over all elements of a function of prediction x and target t.
///
/// | loss                             | of one element                                       |
/// |----------------------------------|------------------------------------------------------|
/// | mse                              | (x − t)²                                             |
/// | mae                              | |x − t|                                              |
/// | huber                            | d²/2 for |d| ≤ δ, else δ (|d| − δ/2); d = x − t      |
/// | binary_cross_entropy_with_logits | −t ln s(x) − (1 − t) ln(1 − s(x)), s being sigmoid   |
#pragma once

#include "../autograd/tape.hpp"
#include "../kernels/elementwise.hpp"
#include "../kernels/losses.hpp"

namespace tenure { inline namespace TENURE_ABI {

namespace ops {

/// Function has a name, value(n, x, t), and backward_x and backward_t (n, scale, x, t, gradient).
template <class T, class Function>
struct Loss {
  static constexpr std::string_view name = Function::name;
  static constexpr Reads backward_reads{.inputs = 0b11};

  Function function;

  Shape shape(Inputs<T> x) const {
    // No broadcasting: (30) against (30, 1) would quietly compare everything with everything.
    if (x[0].shape() != x[1].shape()) {
      throw ShapeError(name, {"a target of ", x[0].shape(), " as the prediction"}, {x[1].shape()});
    }
    return {};
  }

  void forward(const Forward<T>& f) const { *f.y.data() = function.value(f.x[0].size(), f.x[0].data(), f.x[1].data()); }

  void backward(const Backward<T>& b) const {
    const Index n = b.x[0].size();
    const T scale = *b.dy.data() / static_cast<T>(n);
    if (T* dx = b.dx[0].data()) function.backward_x(n, scale, b.x[0].data(), b.x[1].data(), dx);
    if (T* dt = b.dx[1].data()) function.backward_t(n, scale, b.x[0].data(), b.x[1].data(), dt);
  }
};

template <class T>
struct MeanSquaredError {
  static constexpr std::string_view name = "mse";
  T value(Index n, const T* x, const T* t) const { return kernels::mean_squared_error(n, x, t); }
  void backward_x(Index n, T scale, const T* x, const T* t, T* dx) const {
    kernels::mean_squared_error_backward(n, scale, x, t, dx);
  }
  void backward_t(Index n, T scale, const T* x, const T* t, T* dt) const { backward_x(n, -scale, x, t, dt); }
};

template <class T>
struct MeanAbsoluteError {
  static constexpr std::string_view name = "mae";
  T value(Index n, const T* x, const T* t) const { return kernels::mean_absolute_error(n, x, t); }
  void backward_x(Index n, T scale, const T* x, const T* t, T* dx) const {
    kernels::mean_absolute_error_backward(n, scale, x, t, dx);
  }
  void backward_t(Index n, T scale, const T* x, const T* t, T* dt) const { backward_x(n, -scale, x, t, dt); }
};

template <class T>
struct Huber {
  static constexpr std::string_view name = "huber";
  T delta;
  T value(Index n, const T* x, const T* t) const { return kernels::huber(n, delta, x, t); }
  void backward_x(Index n, T scale, const T* x, const T* t, T* dx) const {
    kernels::huber_backward(n, delta, scale, x, t, dx);
  }
  void backward_t(Index n, T scale, const T* x, const T* t, T* dt) const { backward_x(n, -scale, x, t, dt); }
};

template <class T>
struct BinaryCrossEntropy {
  static constexpr std::string_view name = "binary_cross_entropy_with_logits";
  T value(Index n, const T* x, const T* t) const { return kernels::binary_cross_entropy(n, x, t); }
  void backward_x(Index n, T scale, const T* x, const T* t, T* dx) const {
    kernels::binary_cross_entropy_backward(n, scale, x, t, dx);
  }
  void backward_t(Index n, T scale, const T* x, const T*, T* dt) const { kernels::axpy(n, -scale, x, dt); }
};

template <class T>
using MseLoss = Loss<T, MeanSquaredError<T>>;
template <class T>
using MaeLoss = Loss<T, MeanAbsoluteError<T>>;
template <class T>
using HuberLoss = Loss<T, Huber<T>>;
template <class T>
using BceLoss = Loss<T, BinaryCrossEntropy<T>>;

}  // namespace ops

/// Mean squared error, a scalar; shapes must be equal. @throws ShapeError
template <class T>
Var<T> mse(Var<T> prediction, Var<T> target) {
  return record(ops::MseLoss<T>{}, {prediction, target});
}

/// Mean absolute error. @throws ShapeError
template <class T>
Var<T> mae(Var<T> prediction, Var<T> target) {
  return record(ops::MaeLoss<T>{}, {prediction, target});
}

/// Huber's loss, as PyTorch's HuberLoss and Keras's Huber. @throws ShapeError; ValueError unless delta > 0
template <class T>
Var<T> huber(Var<T> prediction, Var<T> target, double delta = 1) {
  if (!(delta > 0)) throw ValueError("huber", "a delta above 0", {delta});
  return record(ops::HuberLoss<T>{{static_cast<T>(delta)}}, {prediction, target});
}

/// Binary cross-entropy of logits with targets in [0, 1], safe for logits of any size. @throws ShapeError
template <class T>
Var<T> binary_cross_entropy_with_logits(Var<T> logits, Var<T> target) {
  return record(ops::BceLoss<T>{}, {logits, target});
}

TENURE_COMPILED_OPERATION(ops::MseLoss)
TENURE_COMPILED_OPERATION(ops::MaeLoss)
TENURE_COMPILED_OPERATION(ops::HuberLoss)
TENURE_COMPILED_OPERATION(ops::BceLoss)

}}  // namespace tenure::TENURE_ABI
