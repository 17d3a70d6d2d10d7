/// y = γ (x − mean) / √(variance + ε) + β, mean and variance being those of the last axis (Ba, Kiros and Hinton, 2016).
///
/// x, y (…, features); γ, β (features). The variance is the biased one, as in PyTorch and Keras.
#pragma once

#include "../autograd/tape.hpp"
#include "../kernels/layer_norm.hpp"

namespace tenure::inline TENURE_ABI {

namespace ops {

template <class T>
struct LayerNorm {
  static constexpr std::string_view name = "layer_norm";
  static constexpr Reads backward_reads{.inputs = 0b011};

  T epsilon;

  Shape shape(Inputs<T> x) const {
    const Shape& shape = x[0].shape();
    if (shape.rank() < 1) throw ShapeError(name, "x of (…, features)", {shape});
    for (std::size_t i = 1; i < 3; ++i) {
      if (x[i].shape() == Shape{shape.last()}) continue;
      throw ShapeError(name, {"γ and β of ", Shape{shape.last()}, " for x of ", shape}, {x[i].shape()});
    }
    return shape;
  }

  /// Mean and 1 / √(variance + ε) of each row. // (rows) each
  Index saved_size(Inputs<T> x) const { return 2 * x[0].shape().rows(); }

  void forward(const Forward<T>& f) const {
    const Shape& y = f.y.shape();
    kernels::layer_norm(y.rows(), y.last(), epsilon, f.x[0].data(), f.x[1].data(), f.x[2].data(), f.y.data(), f.saved,
                        f.saved + y.rows());
  }

  static unsigned overwrites(Inputs<T>) { return 0b1; }

  void backward(const Backward<T>& b) const {
    const Shape& y = b.y.shape();
    T* gradient[3];
    for (std::size_t i = 0; i < 3; ++i) {
      gradient[i] = b.dx[i].data();
      if (gradient[i]) continue;
      gradient[i] = b.scratch.template allocate<T>(static_cast<std::size_t>(b.dx[i].shape().size()));
      std::fill_n(gradient[i], b.dx[i].shape().size(), T{});
    }
    kernels::layer_norm_backward(y.rows(), y.last(), b.x[0].data(), b.x[1].data(), b.saved, b.saved + y.rows(),
                                 b.dy.data(), gradient[0], gradient[1], gradient[2], b.adds(0));
  }
};

}  // namespace ops

/// x (…, features), gamma and beta (features); epsilon as PyTorch's default, Keras's being 1e-3. @throws ShapeError
template <class T>
Var<T> layer_norm(Var<T> x, Var<T> gamma, Var<T> beta, double epsilon = 1e-5) {
  return record(ops::LayerNorm<T>{static_cast<T>(epsilon)}, {x, gamma, beta});
}

TENURE_COMPILED_OPERATION(ops::LayerNorm)

}  // namespace tenure::inline TENURE_ABI
