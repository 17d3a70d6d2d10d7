/// y = op(A) op(B), where op transposes the last two axes or does nothing; for each matrix of a batch.
///
/// A (…, m, k), B (…, k, n), y (…, m, n). The leading axes are equal, or one of the two has none and serves all.
#pragma once

#include "../autograd/tape.hpp"
#include "../kernels/gemm.hpp"

namespace tenure { inline namespace TENURE_ABI {

/// Of matmul(): operands that are stored transposed.
struct MatmulOptions {
  bool transpose_a = false;  ///< A is (…, k, m)
  bool transpose_b = false;  ///< B is (…, n, k)
};

namespace ops {

template <class T>
struct Matmul {
  static constexpr std::string_view name = "matmul";
  static constexpr Reads backward_reads{.inputs = 0b11};

  MatmulOptions options;

  Shape shape(Inputs<T> x) const {
    const Shape& a = x[0].shape();
    const Shape& b = x[1].shape();
    if (a.rank() < 2 || b.rank() < 2) {
      throw ShapeError(name, "two tensors of rank 2 or more", {a, " and ", b});
    }
    const Sizes s = sizes(a, b);
    if (s.k != b[b.rank() - (options.transpose_b ? 1 : 2)]) {
      throw ShapeError(
          name, "matrices whose inner extents agree",
          {a, options.transpose_a ? " transposed and " : " and ", b, options.transpose_b ? " transposed" : ""});
    }
    const Shape& leading = a.rank() >= b.rank() ? a : b;
    if (s.a_stride > 0 && s.b_stride > 0 && (a.rank() != b.rank() || !std::equal(a.begin(), a.end() - 2, b.begin()))) {
      throw ShapeError(name, "equal leading axes, or none on one side", {a, " and ", b});
    }
    return leading.with(leading.rank() - 2, s.m).with(leading.rank() - 1, s.n);
  }

  void forward(const Forward<T>& f) const {
    const Sizes s = sizes(f.x[0].shape(), f.x[1].shape());
    for (Index i = 0; i < s.batch; ++i) {
      kernels::gemm(s.m, s.n, s.k, f.x[0].data() + i * s.a_stride, s.lda, f.x[1].data() + i * s.b_stride, s.ldb,
                    f.y.data() + i * s.m * s.n, s.n,
                    {.transpose_a = options.transpose_a, .transpose_b = options.transpose_b});
    }
  }

  void backward(const Backward<T>& args) const {
    const Sizes s = sizes(args.x[0].shape(), args.x[1].shape());
    const auto [ta, tb] = options;
    for (Index i = 0; i < s.batch; ++i) {
      const T* a = args.x[0].data() + i * s.a_stride;
      const T* b = args.x[1].data() + i * s.b_stride;
      const T* dy = args.dy.data() + i * s.m * s.n;  // (m, n)
      if (!args.dx[0].empty()) {
        T* da = args.dx[0].data() + i * s.a_stride;
        if (ta) {
          kernels::gemm(s.k, s.m, s.n, b, s.ldb, dy, s.n, da, s.m,
                        {.transpose_a = tb, .transpose_b = true, .accumulate = true});
        } else {
          kernels::gemm(s.m, s.k, s.n, dy, s.n, b, s.ldb, da, s.k, {.transpose_b = !tb, .accumulate = true});
        }
      }
      if (!args.dx[1].empty()) {
        T* db = args.dx[1].data() + i * s.b_stride;
        if (tb) {
          kernels::gemm(s.n, s.k, s.m, dy, s.n, a, s.lda, db, s.k,
                        {.transpose_a = true, .transpose_b = ta, .accumulate = true});
        } else {
          kernels::gemm(s.k, s.n, s.m, a, s.lda, dy, s.n, db, s.n, {.transpose_a = !ta, .accumulate = true});
        }
      }
    }
  }

 private:
  struct Sizes {
    Index m, n, k, lda, ldb;
    Index a_stride, b_stride;  // from one matrix of the batch to the next; 0 for one that serves all
    Index batch;
  };

  Sizes sizes(const Shape& a, const Shape& b) const {
    const Index lda = a.last();
    const Index ldb = b.last();
    const Index a_rows = a[a.rank() - 2];
    const Index b_rows = b[b.rank() - 2];
    return {.m = options.transpose_a ? lda : a_rows,
            .n = options.transpose_b ? b_rows : ldb,
            .k = options.transpose_a ? a_rows : lda,
            .lda = lda,
            .ldb = ldb,
            .a_stride = a.rank() > 2 ? a_rows * lda : 0,
            .b_stride = b.rank() > 2 ? b_rows * ldb : 0,
            .batch = (std::max)(a.size() / (a_rows * lda), b.size() / (b_rows * ldb))};
  }
};

}  // namespace ops

/// a (…, m, k) · b (…, k, n) → (…, m, n). @throws ShapeError
template <class T>
Var<T> matmul(Var<T> a, Var<T> b, MatmulOptions options = {}) {
  return record(ops::Matmul<T>{options}, {a, b});
}

TENURE_COMPILED_OPERATION(ops::Matmul)

}}  // namespace tenure::TENURE_ABI
