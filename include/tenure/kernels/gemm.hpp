/// General matrix product: C = op(A) op(B), optionally added to C or to a bias.
#pragma once

#include "simd.hpp"

namespace tenure::inline TENURE_ABI::kernels {

template <class T>
struct GemmOptions {
  bool transpose_a = false;  ///< A is stored (k, m) rather than (m, k)
  bool transpose_b = false;  ///< B is stored (n, k) rather than (k, n)
  bool accumulate = false;   ///< C += rather than C =
  const T* bias = nullptr;   ///< (n), added to every row; nullptr for none. Not together with accumulate.
};

namespace reference {

/// The definition, one dot product an element: what gemm() is tested against.
template <class T>
void gemm(Index m, Index n, Index k, const T* a, Index lda, const T* b, Index ldb, T* c, Index ldc,
          const GemmOptions<T>& options = {}) noexcept {
  for (Index i = 0; i < m; ++i) {
    for (Index j = 0; j < n; ++j) {
      T sum = options.accumulate ? c[i * ldc + j] : options.bias ? options.bias[j] : T{};
      for (Index l = 0; l < k; ++l) {
        sum += (options.transpose_a ? a[l * lda + i] : a[i * lda + l]) *
               (options.transpose_b ? b[j * ldb + l] : b[l * ldb + j]);
      }
      c[i * ldc + j] = sum;
    }
  }
}

}  // namespace reference

/// C (m, n) = op(A) (m, k) · op(B) (k, n); row-major, `ld*` the distance between stored rows in elements.
template <class A = simd::DefaultArch, class T>
void gemm(Index m, Index n, Index k, const T* a, Index lda, const T* b, Index ldb, T* c, Index ldc,
          const GemmOptions<T>& options = {}) noexcept {
  reference::gemm(m, n, k, a, lda, b, ldb, c, ldc, options);
}

}  // namespace tenure::inline TENURE_ABI::kernels
