/// y = γ (x − mean) / √(variance + ε) + β, mean and variance being those of the last axis (Ba, Kiros and Hinton, 2016).
///
/// x, y (…, features); γ, β (features). The variance is the biased one, as in PyTorch and Keras. What a residual
/// connection normalizes, x + residual, is one operation with it: the sum is made, and its gradient handed on, while a
/// few rows of it are in the first-level cache.
#pragma once

#include "../autograd/tape.hpp"
#include "../kernels/elementwise.hpp"
#include "../kernels/layer_norm.hpp"
#include "../kernels/rows.hpp"

namespace tenure { inline namespace TENURE_ABI {

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
    kernels::layer_norm_backward(y.rows(), y.last(), b.x[0].data(), b.x[1].data(), b.saved, b.saved + y.rows(),
                                 b.dy.data(), gradient(b, 0), gradient(b, 1), gradient(b, 2), b.adds(0));
  }

 protected:
  /// Where to put the gradient of an input, wanted or not.
  static T* gradient(const Backward<T>& b, std::size_t i) {
    if (T* const wanted = b.dx[i].data()) return wanted;
    const Index size = b.dx[i].shape().size();
    T* const unwanted = b.scratch.template allocate<T>(static_cast<std::size_t>(size));
    std::fill_n(unwanted, size, T{});
    return unwanted;
  }
};

/// The same of x + residual, with the residual as the fourth input.
template <class T>
struct ResidualLayerNorm : LayerNorm<T> {
  static constexpr Reads backward_reads{.inputs = 0b0010};
  static constexpr Index rows_at_a_time = 8;

  Shape shape(Inputs<T> x) const {
    const Shape shape = LayerNorm<T>::shape(x);
    if (x[3].shape() != shape) throw ShapeError(this->name, {"a residual of ", shape}, {x[3].shape()});
    return shape;
  }

  /// Behind what LayerNorm saves, x + residual.
  Index saved_size(Inputs<T> x) const { return LayerNorm<T>::saved_size(x) + x[0].size(); }

  void forward(const Forward<T>& f) const {
    const Index rows = f.y.shape().rows(), columns = f.y.shape().last();
    T* const sum = f.saved + 2 * rows;
    for (Index row = 0; row < rows; row += rows_at_a_time) {
      const Index count = (std::min)(rows_at_a_time, rows - row), at = row * columns;
      kernels::add(count * columns, f.x[0].data() + at, f.x[3].data() + at, sum + at);
      kernels::layer_norm(count, columns, this->epsilon, sum + at, f.x[1].data(), f.x[2].data(), f.y.data() + at,
                          f.saved + row, f.saved + rows + row);
    }
  }

  static unsigned overwrites(Inputs<T>) { return 0b1001; }

  void backward(const Backward<T>& b) const {
    const Index rows = b.y.shape().rows(), columns = b.y.shape().last();
    const T* const sum = b.saved + 2 * rows;
    T* const dgamma = this->gradient(b, 1);
    T* const dbeta = this->gradient(b, 2);
    T* const dsum = b.scratch.template allocate<T>(static_cast<std::size_t>(rows_at_a_time * columns));
    for (Index row = 0; row < rows; row += rows_at_a_time) {
      const Index count = (std::min)(rows_at_a_time, rows - row), at = row * columns;
      kernels::layer_norm_backward(count, columns, sum + at, b.x[1].data(), b.saved + row, b.saved + rows + row,
                                   b.dy.data() + at, dsum, dgamma, dbeta, false);
      for (const std::size_t i : {std::size_t{0}, std::size_t{3}}) {
        T* const dx = b.dx[i].data();
        if (dx)
          b.adds(i) ? kernels::add_row<simd::DefaultArch>(count * columns, dsum, dx + at)
                    : kernels::copy_row<simd::DefaultArch>(count * columns, dsum, dx + at);
      }
    }
  }
};

}  // namespace ops

/// x (…, features), gamma and beta (features); epsilon as PyTorch's default, Keras's being 1e-3. @throws ShapeError
template <class T>
Var<T> layer_norm(Var<T> x, Var<T> gamma, Var<T> beta, double epsilon = 1e-5) {
  return record(ops::LayerNorm<T>{static_cast<T>(epsilon)}, {x, gamma, beta});
}

/// The same of x + residual, (…, features) both. @throws ShapeError
template <class T>
Var<T> layer_norm_of_sum(Var<T> x, Var<T> residual, Var<T> gamma, Var<T> beta, double epsilon = 1e-5) {
  return record(ops::ResidualLayerNorm<T>{{static_cast<T>(epsilon)}}, {x, gamma, beta, residual});
}

TENURE_COMPILED_OPERATION(ops::LayerNorm)
TENURE_COMPILED_OPERATION(ops::ResidualLayerNorm)

}}  // namespace tenure::TENURE_ABI
