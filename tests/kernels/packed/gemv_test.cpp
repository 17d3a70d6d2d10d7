#include "../../../include/tenure/kernels/packed/gemv.hpp"

#include <doctest/doctest.h>

#include "../arrays.hpp"

using namespace tenure;
using namespace tenure::test;

namespace {

/// The largest difference from the definition, in units of epsilon; 1e300 where something beyond y was written.
template <class T>
double product_difference(Index n, Index k, bool with_bias, bool rectified) {
  Rng rng(static_cast<std::uint64_t>(100 * n + k));
  const Index ldb = n + 2;
  const std::vector<T> x = random<T>(k, rng), b = random<T>(k * ldb, rng), bias = random<T>(n, rng);
  const T* const added = with_bias ? bias.data() : nullptr;
  std::vector<T> packed(static_cast<std::size_t>(kernels::packed_row_size<simd::DefaultArch, T>(n, k)));
  kernels::pack_row(n, k, b.data(), ldb, added, packed.data());
  std::vector<T> y(static_cast<std::size_t>(n + 1), T{7}), expected = y;
  const T lowest = rectified ? T{0} : -std::numeric_limits<T>::infinity();
  kernels::row_times_packed(n, k, x.data(), packed.data(), lowest, y.data());
  kernels::reference::gemm<T>(1, n, k, x.data(), k, b.data(), ldb, expected.data(), n, {.bias = added});
  for (Index j = 0; rectified && j < n; ++j) {
    expected[static_cast<std::size_t>(j)] = std::max(T{0}, expected[static_cast<std::size_t>(j)]);
  }
  return y.back() == T{7} ? distance(y, expected) : 1e300;
}

}  // namespace

TEST_CASE("a row times a packed matrix is the product, for all widths of panels and ragged ends") {
  for (const Index n : {1, 2, 3, 4, 7, 8, 16, 17, 31, 33, 64, 65, 100, 129}) {
    for (const Index k : {1, 2, 5, 8, 17, 64}) {
      INFO("n ", n, ", k ", k);
      CHECK(product_difference<float>(n, k, true, false) < 40);
      CHECK(product_difference<double>(n, k, false, true) < 40);
    }
  }
}

TEST_CASE("a rectified row passes NaN on, as relu does") {
  const float nan = std::bit_cast<float>(0x7FC00000U), x[] = {1}, b[] = {nan, -1};
  std::vector<float> packed(static_cast<std::size_t>(kernels::packed_row_size<simd::DefaultArch, float>(2, 1)));
  kernels::pack_row<simd::DefaultArch, float>(2, 1, b, 2, nullptr, packed.data());
  float y[2];
  kernels::row_times_packed(2, 1, x, packed.data(), 0.F, y);
  CHECK((std::bit_cast<std::uint32_t>(y[0]) & 0x7FFFFFFFU) > 0x7F800000U);
  CHECK(y[1] == 0);
}
