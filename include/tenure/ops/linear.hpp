/// y = x W + b
///
/// x (…, inputs), W (inputs, outputs), b (outputs), y (…, outputs). W is laid out as a Keras kernel; PyTorch's
/// torch.nn.Linear.weight is its transpose. W may also be some columns of a wider weight, which are read in place.
#pragma once

#include <limits>
#include <optional>

#include "../autograd/tape.hpp"
#include "../kernels/gemm.hpp"
#include "../kernels/packed_row.hpp"
#include "../kernels/reduce.hpp"
#include "activations.hpp"

namespace tenure::inline TENURE_ABI {

/// Columns [begin, end) of a weight.
struct Columns {
  Index begin, end;
};

namespace ops {

/// Linear of one row, in a plan, and a ReLU where one follows.
template <class T>
struct PackedLinear {
  Index inputs, outputs;
  const T* weight;
  T lowest = -std::numeric_limits<T>::infinity();

  void run(Inputs<T> x, T* y, Arena&) const {
    kernels::row_times_packed(outputs, inputs, x[0].data(), weight, lowest, y);
  }

  bool fuse(const PlanStep<T>& next) {
    if (!next.template is<Unary<T, Relu>>()) return false;
    lowest = 0;
    return true;
  }
};

template <class T>
struct Linear {
  static constexpr std::string_view name = "linear";
  static constexpr Reads backward_reads{.inputs = 0b011};

  Columns columns;

  Shape shape(Inputs<T> in) const {
    const Shape& x = in[0].shape();
    const Shape& weight = in[1].shape();
    if (weight.rank() != 2) throw ShapeError(name, "a weight of (inputs, outputs)", {weight});
    if (x.rank() < 1 || x.last() != weight[0]) {
      throw ShapeError(name, {"x of (…, ", weight[0], ") for a weight of ", weight}, {x});
    }
    if (columns.begin < 0 || columns.begin >= columns.end || columns.end > weight[1]) {
      throw IndexError(name, {"columns of a weight of ", weight}, {"[", columns.begin, ", ", columns.end, ")"});
    }
    if (in.size() == 3 && in[2].shape() != Shape{outputs()}) {
      throw ShapeError(name, {"a bias of ", Shape{outputs()}}, {in[2].shape()});
    }
    return x.with(x.rank() - 1, outputs());
  }

  void forward(const Forward<T>& f) const {
    const Shape& weight = f.x[1].shape();
    kernels::gemm(f.y.shape().rows(), outputs(), weight[0], f.x[0].data(), weight[0], f.x[1].data() + columns.begin,
                  weight[1], f.y.data(), outputs(), {.bias = f.x.size() == 3 ? f.x[2].data() : nullptr});
  }

  std::optional<PackedLinear<T>> packed(Inputs<T> in, PackedWeights<T>& weights) const {
    const Shape& weight = in[1].shape();
    if (in[0].size() != weight[0]) return {};
    const T* const w = in[1].data() + columns.begin;
    const T* const bias = in.size() == 3 ? in[2].data() : nullptr;
    const auto pack = [&](T* to) { kernels::pack_row(outputs(), weight[0], w, weight[1], bias, to); };
    const Index size = kernels::packed_row_size<simd::DefaultArch, T>(outputs(), weight[0]);
    return PackedLinear<T>{weight[0], outputs(), weights.get({{w, bias}, size}, pack)};
  }

  static unsigned overwrites(Inputs<T>) { return 0b1; }

  void backward(const Backward<T>& b) const {
    const Index rows = b.dy.shape().rows();
    const Index inputs = b.x[1].shape()[0], width = b.x[1].shape()[1];
    if (T* dx = b.dx[0].data()) {
      kernels::gemm(rows, inputs, outputs(), b.dy.data(), outputs(), b.x[1].data() + columns.begin, width, dx, inputs,
                    {.transpose_b = true, .accumulate = b.adds(0)});
    }
    if (T* dweight = b.dx[1].data()) {
      kernels::gemm(inputs, outputs(), rows, b.x[0].data(), inputs, b.dy.data(), outputs(), dweight + columns.begin,
                    width, {.transpose_a = true, .accumulate = true});
    }
    if (b.dx.size() == 3 && b.dx[2].data()) kernels::column_sums(rows, outputs(), b.dy.data(), b.dx[2].data());
  }

 private:
  Index outputs() const noexcept { return columns.end - columns.begin; }
};

/// All columns of a weight; what is no weight at all is left to Linear::shape() to name.
inline Columns all_columns(const Shape& weight) noexcept { return {0, weight.last()}; }

}  // namespace ops

/// x (…, inputs) · weight (inputs, outputs) + bias (outputs) → (…, outputs). @throws ShapeError
template <class T>
Var<T> linear(Var<T> x, Var<T> weight, Var<T> bias) {
  return record(ops::Linear<T>{ops::all_columns(weight.shape())}, {x, weight, bias});
}

/// The same without a bias.
template <class T>
Var<T> linear(Var<T> x, Var<T> weight) {
  return record(ops::Linear<T>{ops::all_columns(weight.shape())}, {x, weight});
}

/// The same with some columns of the weight alone, and a bias for these. @throws ShapeError, IndexError
template <class T>
Var<T> linear(Var<T> x, Var<T> weight, Var<T> bias, Columns columns) {
  return record(ops::Linear<T>{columns}, {x, weight, bias});
}
template <class T>
Var<T> linear(Var<T> x, Var<T> weight, Columns columns) {
  return record(ops::Linear<T>{columns}, {x, weight});
}

TENURE_COMPILED_OPERATION(ops::Linear)

}  // namespace tenure::inline TENURE_ABI
