/// Rows of a table by their numbers, and the gradient's way back into the table.
#pragma once

#include <cstdint>

#include "rows.hpp"
#include "simd.hpp"

TENURE_NO_CONTRACTION
namespace tenure { inline namespace TENURE_ABI { namespace kernels {

/// No row of an embedding's table stands for padding.
inline constexpr std::int64_t no_padding = -1;

namespace reference {

template <class T>
void embedding(Index n, Index width, const std::int64_t* indices, const T* table, T* y) noexcept {
  for (Index i = 0; i < n; ++i) {
    for (Index j = 0; j < width; ++j) y[i * width + j] = table[indices[i] * width + j];
  }
}

template <class T>
void embedding_backward(Index n, Index width, const std::int64_t* indices, const T* dy, T* dtable,
                        std::int64_t padding = no_padding) noexcept {
  for (Index i = 0; i < n; ++i) {
    if (indices[i] == padding) continue;
    for (Index j = 0; j < width; ++j) dtable[indices[i] * width + j] += dy[i * width + j];
  }
}

}  // namespace reference

/// The first position whose index lies outside [0, vocabulary), or -1.
inline Index first_out_of_range(Index n, const std::int64_t* indices, Index vocabulary) noexcept {
  for (Index i = 0; i < n; ++i) {
    if (indices[i] < 0 || indices[i] >= vocabulary) return i;
  }
  return -1;
}

/// y (n, width) = rows of table (vocabulary, width) with the given indices (n), which the caller has checked.
template <class A = simd::DefaultArch, class T>
void embedding(Index n, Index width, const std::int64_t* indices, const T* table, T* y) noexcept {
  for (Index i = 0; i < n; ++i) copy_row<A>(width, table + indices[i] * width, y + i * width);
}

/// dtable (vocabulary, width) += dy (n, width) at the rows of indices (n), one after the other; the row `padding` gets
/// nothing.
template <class A = simd::DefaultArch, class T>
void embedding_backward(Index n, Index width, const std::int64_t* indices, const T* dy, T* dtable,
                        std::int64_t padding = no_padding) noexcept {
  for (Index i = 0; i < n; ++i) {
    if (indices[i] == padding) continue;
    add_row<A>(width, dy + i * width, dtable + indices[i] * width);
  }
}

}}}  // namespace tenure::TENURE_ABI::kernels
TENURE_CONTRACTION_AS_BEFORE
