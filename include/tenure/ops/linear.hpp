/// y = x W + b
///
/// x (…, inputs), W (inputs, outputs), b (outputs), y (…, outputs). W is laid out as a Keras kernel; PyTorch's
/// torch.nn.Linear.weight is its transpose. W may also be some columns of a wider weight, which are read in place.
#pragma once

#include <limits>
#include <optional>

#include "../autograd/tape.hpp"
#include "../kernels/gemm.hpp"
#include "../kernels/packed/gemv.hpp"
#include "../kernels/reduce.hpp"
#include "activations.hpp"

namespace tenure { inline namespace TENURE_ABI {

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

/// y[b, t] = [x[b, t], constant[b]] W + bias: what is the same at all steps is projected once.
/// Inputs: x (batch, time, k), constant (batch, inputs − k), W (inputs, outputs), bias (outputs) or none.
template <class T>
struct LinearWithConstant {
  static constexpr std::string_view name = "linear_with_constant";
  static constexpr Reads backward_reads{.inputs = 0b0111};

  Shape shape(Inputs<T> in) const {
    const Shape &x = in[0].shape(), &constant = in[1].shape(), &weight = in[2].shape();
    if (x.rank() != 3 || weight.rank() != 2 || constant != Shape{x[0], std::max<Index>(weight[0] - x[2], 1)}) {
      throw ShapeError(name, {"(batch, time, k) and (batch, inputs − k) for a weight of (inputs, outputs)"},
                       {x, ", ", constant, " and ", weight});
    }
    if (in.size() == 4 && in[3].shape() != Shape{weight[1]}) {
      throw ShapeError(name, {"a bias of ", Shape{weight[1]}}, {in[3].shape()});
    }
    return x.with(2, weight[1]);
  }

  void forward(const Forward<T>& f) const {
    const Sizes s = sizes(f.x);
    T* const once = allocate(f.scratch, s);
    kernels::gemm(s.batch, s.outputs, s.constant, f.x[1].data(), s.constant, f.x[2].data() + s.below(), s.outputs, once,
                  s.outputs, {.bias = f.x.size() == 4 ? f.x[3].data() : nullptr});
    for (Index b = 0; b < s.batch; ++b) {
      kernels::gemm(s.time, s.outputs, s.varying, f.x[0].data() + b * s.time * s.varying, s.varying, f.x[2].data(),
                    s.outputs, f.y.data() + b * s.time * s.outputs, s.outputs, {.bias = once + b * s.outputs});
    }
  }

  static unsigned overwrites(Inputs<T>) { return 0b11; }

  void backward(const Backward<T>& b) const {
    const Sizes s = sizes(b.x);
    const T *const dy = b.dy.data(), *const weight = b.x[2].data();
    T* const dweight = b.dx[2].data();
    T* const donce = allocate(b.scratch, s);
    kernels::sum(s.batch, s.time, s.outputs, T{1}, dy, donce);
    if (T* dx = b.dx[0].data()) {
      kernels::gemm(s.batch * s.time, s.varying, s.outputs, dy, s.outputs, weight, s.outputs, dx, s.varying,
                    {.transpose_b = true, .accumulate = b.adds(0)});
    }
    if (T* dconstant = b.dx[1].data()) {
      kernels::gemm(s.batch, s.constant, s.outputs, donce, s.outputs, weight + s.below(), s.outputs, dconstant,
                    s.constant, {.transpose_b = true, .accumulate = b.adds(1)});
    }
    if (dweight) {
      kernels::gemm(s.varying, s.outputs, s.batch * s.time, b.x[0].data(), s.varying, dy, s.outputs, dweight, s.outputs,
                    {.transpose_a = true, .accumulate = true});
      kernels::gemm(s.constant, s.outputs, s.batch, b.x[1].data(), s.constant, donce, s.outputs, dweight + s.below(),
                    s.outputs, {.transpose_a = true, .accumulate = true});
    }
    if (b.dx.size() == 4 && b.dx[3].data()) kernels::column_sums(s.batch, s.outputs, donce, b.dx[3].data());
  }

 private:
  struct Sizes {
    Index batch, time, varying, constant, outputs;
    Index below() const noexcept { return varying * outputs; }  // where the constant features' rows of W begin
  };

  static Sizes sizes(Inputs<T> in) noexcept {
    const Shape &x = in[0].shape(), &weight = in[2].shape();
    return {x[0], x[1], x[2], weight[0] - x[2], weight[1]};
  }

  /// What all steps of a sequence have in common, or its gradient. // (batch, outputs)
  static T* allocate(Arena& scratch, const Sizes& s) {
    return scratch.allocate<T>(static_cast<std::size_t>(s.batch * s.outputs));
  }
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

/// [x (batch, time, k), constant (batch, inputs − k) at every step] · weight (inputs, outputs) + bias (outputs), the
/// constant part projected once → (batch, time, outputs). @throws ShapeError
template <class T>
Var<T> linear_with_constant(Var<T> x, Var<T> constant, Var<T> weight, Var<T> bias) {
  return record(ops::LinearWithConstant<T>{}, {x, constant, weight, bias});
}

/// The same without a bias.
template <class T>
Var<T> linear_with_constant(Var<T> x, Var<T> constant, Var<T> weight) {
  return record(ops::LinearWithConstant<T>{}, {x, constant, weight});
}

/// linear() with some columns of the weight alone, and a bias for these. @throws ShapeError, IndexError
template <class T>
Var<T> linear(Var<T> x, Var<T> weight, Var<T> bias, Columns columns) {
  return record(ops::Linear<T>{columns}, {x, weight, bias});
}
template <class T>
Var<T> linear(Var<T> x, Var<T> weight, Columns columns) {
  return record(ops::Linear<T>{columns}, {x, weight});
}

TENURE_COMPILED_OPERATION(ops::Linear)
TENURE_COMPILED_OPERATION(ops::LinearWithConstant)

}}  // namespace tenure::TENURE_ABI
