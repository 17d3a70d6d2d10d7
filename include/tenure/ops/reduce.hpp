/// y = Σ x and its mean, over all axes or some.
#pragma once

#include "../autograd/tape.hpp"
#include "../kernels/reduce.hpp"

namespace tenure { inline namespace TENURE_ABI {

/// Of sums and means.
struct ReduceOptions {
  bool keep_axes = false;  ///< keep reduced axes with extent 1, so that the result broadcasts against the input
};

namespace ops {

/// Σ over axes [begin, end), times 1 / their size for the mean.
template <class T>
struct Sum {
  static constexpr std::string_view name = "sum";
  static constexpr Reads backward_reads{};

  Index begin;
  Index end;
  bool mean;

  Shape shape(Inputs<T> x) const {
    Shape y;
    for (Index axis = 0; axis < x[0].rank(); ++axis) {
      if (axis < begin || axis >= end) y.append(x[0].shape()[axis]);
    }
    return y;
  }

  void forward(const Forward<T>& f) const {
    const Shape& x = f.x[0].shape();
    kernels::sum(x.product(0, begin), x.product(begin, end), x.product(end, x.rank()), factor(x), f.x[0].data(),
                 f.y.data());
  }

  void backward(const Backward<T>& b) const {
    const Shape& x = b.x[0].shape();
    kernels::sum_backward(x.product(0, begin), x.product(begin, end), x.product(end, x.rank()), factor(x), b.dy.data(),
                          b.dx[0].data());
  }

 private:
  T factor(const Shape& x) const { return mean ? T{1} / static_cast<T>(x.product(begin, end)) : T{1}; }
};

template <class T>
Var<T> reduce(Var<T> x, std::initializer_list<Index> axes, ReduceOptions options, bool mean) {
  const Shape shape = x.shape();
  bool reduced[Shape::max_rank] = {};
  Shape kept = shape;
  for (const Index given : axes) {
    const Index axis = shape.normalize(given, Sum<T>::name);
    if (reduced[axis]) throw ValueError(Sum<T>::name, "distinct axes", {"axis ", given, " twice"});
    reduced[axis] = true;
    kept = kept.with(axis, 1);
  }
  // Neighboring axes go together; from the last, so that the numbers of those before stay valid.
  for (Index end = shape.rank(); end > 0; --end) {
    if (!reduced[end - 1]) continue;
    Index begin = end - 1;
    while (begin > 0 && reduced[begin - 1]) --begin;
    x = record(Sum<T>{begin, end, mean}, {x});
    end = begin + 1;
  }
  return options.keep_axes ? x.tape().alias(x, 0, kept) : x;
}

}  // namespace ops

/// Sum over some axes (negative ones count from the last), which disappear. @throws IndexError, ValueError
template <class T>
Var<T> sum(Var<T> x, std::initializer_list<Index> axes, ReduceOptions options = {}) {
  return ops::reduce(x, axes, options, false);
}

/// Mean over some axes. @throws IndexError, ValueError
template <class T>
Var<T> mean(Var<T> x, std::initializer_list<Index> axes, ReduceOptions options = {}) {
  return ops::reduce(x, axes, options, true);
}

/// Sum of all elements, a scalar.
template <class T>
Var<T> sum(Var<T> x) {
  return record(ops::Sum<T>{0, x.shape().rank(), false}, {x});
}

/// Mean of all elements, a scalar.
template <class T>
Var<T> mean(Var<T> x) {
  return record(ops::Sum<T>{0, x.shape().rank(), true}, {x});
}

TENURE_COMPILED_OPERATION(ops::Sum)

}}  // namespace tenure::TENURE_ABI
