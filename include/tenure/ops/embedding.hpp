/// y[i, :] = table[indices[i], :]
///
/// indices of any shape, table (vocabulary, width), y (indices…, width).
#pragma once

#include <cstdint>

#include "../autograd/tape.hpp"
#include "../kernels/embedding.hpp"

namespace tenure { inline namespace TENURE_ABI {

/// Of embedding().
struct EmbeddingOptions {
  std::int64_t padding_idx = kernels::no_padding;  ///< an index whose row gets no gradient
};

namespace ops {

template <class T>
struct Embedding {
  static constexpr std::string_view name = "embedding";
  static constexpr Reads backward_reads{};

  View<const std::int64_t> indices;
  EmbeddingOptions options;

  Shape shape(Inputs<T> x) const {
    const Shape& table = x[0].shape();
    if (table.rank() != 2) throw ShapeError(name, "a table of (vocabulary, width)", {table});
    if (indices.empty()) throw ShapeError(name, "at least one index", "none");
    check_values(x);
    Shape y = indices.shape();
    y.append(table[1]);
    return y;
  }

  void borrowed(auto&& f) { f("indices", indices); }

  void check_values(Inputs<T> x) const {
    const Index vocabulary = x[0].shape()[0];
    const Index wrong = kernels::first_out_of_range(indices.size(), indices.data(), vocabulary);
    if (wrong >= 0) {
      throw IndexError(name, {"indices in [0, ", vocabulary, ")"}, {indices.data()[wrong], " at position ", wrong});
    }
  }

  void forward(const Forward<T>& f) const {
    kernels::embedding(indices.size(), f.y.shape().last(), indices.data(), f.x[0].data(), f.y.data());
  }

  void backward(const Backward<T>& b) const {
    kernels::embedding_backward(indices.size(), b.dy.shape().last(), indices.data(), b.dy.data(), b.dx[0].data(),
                                options.padding_idx);
  }
};

}  // namespace ops

/// Rows of `table` (vocabulary, width) by indices.
/// @throws ShapeError; IndexError for an index outside [0, vocabulary)
template <class T>
Var<T> embedding(View<const std::int64_t> indices, Var<T> table, EmbeddingOptions options = {}) {
  return record(ops::Embedding<T>{indices, options}, {table});
}
template <class T>
Var<T> embedding(const Tensor<std::int64_t>& indices, Var<T> table, EmbeddingOptions options = {}) {
  return embedding(indices.view(), table, options);
}

TENURE_COMPILED_OPERATION(ops::Embedding)

}}  // namespace tenure::TENURE_ABI
