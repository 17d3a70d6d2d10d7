/// y = x W + b
///
/// x (…, inputs), W (inputs, outputs), b (outputs), y (…, outputs). W is laid out as a Keras kernel; PyTorch's
/// torch.nn.Linear.weight is its transpose.
#pragma once

#include "../autograd/tape.hpp"
#include "../kernels/gemm.hpp"
#include "../kernels/reduce.hpp"

namespace tenure::inline TENURE_ABI {

namespace ops {

template <class T>
struct Linear {
  static constexpr std::string_view name = "linear";
  static constexpr Reads backward_reads{.inputs = 0b011};

  Shape shape(Inputs<T> in) const {
    const Shape& x = in[0].shape();
    const Shape& weight = in[1].shape();
    if (weight.rank() != 2) throw ShapeError(name, "a weight of (inputs, outputs)", {weight});
    if (x.rank() < 1 || x.last() != weight[0]) {
      throw ShapeError(name, {"x of (…, ", weight[0], ") for a weight of ", weight}, {x});
    }
    if (in.size() == 3 && in[2].shape() != Shape{weight[1]}) {
      throw ShapeError(name, {"a bias of ", Shape{weight[1]}}, {in[2].shape()});
    }
    return x.with(x.rank() - 1, weight[1]);
  }

  void forward(const Forward<T>& f) const {
    const Shape& weight = f.x[1].shape();
    kernels::gemm(f.y.shape().rows(), weight[1], weight[0], f.x[0].data(), weight[0], f.x[1].data(), weight[1],
                  f.y.data(), weight[1], {.bias = f.x.size() == 3 ? f.x[2].data() : nullptr});
  }

  void backward(const Backward<T>& b) const {
    const Index rows = b.dy.shape().rows();
    const Index inputs = b.x[1].shape()[0];
    const Index outputs = b.x[1].shape()[1];
    if (T* dx = b.dx[0].data()) {
      kernels::gemm(rows, inputs, outputs, b.dy.data(), outputs, b.x[1].data(), outputs, dx, inputs,
                    {.transpose_b = true, .accumulate = true});
    }
    if (T* dweight = b.dx[1].data()) {
      kernels::gemm(inputs, outputs, rows, b.x[0].data(), inputs, b.dy.data(), outputs, dweight, outputs,
                    {.transpose_a = true, .accumulate = true});
    }
    if (b.dx.size() == 3 && b.dx[2].data()) kernels::column_sums(rows, outputs, b.dy.data(), b.dx[2].data());
  }
};

}  // namespace ops

/// x (…, inputs) · weight (inputs, outputs) + bias (outputs) → (…, outputs). @throws ShapeError
template <class T>
Var<T> linear(Var<T> x, Var<T> weight, Var<T> bias) {
  return record(ops::Linear<T>{}, {x, weight, bias});
}

/// The same without a bias.
template <class T>
Var<T> linear(Var<T> x, Var<T> weight) {
  return record(ops::Linear<T>{}, {x, weight});
}

}  // namespace tenure::inline TENURE_ABI
