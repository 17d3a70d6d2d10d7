#include <doctest/doctest.h>

#include <random>
#include <tenure/kernels/gemm.hpp>
#include <vector>

using namespace tenure;

namespace {

struct Problem {
  Index m, n, k;
  bool transpose_a = false, transpose_b = false, accumulate = false, bias = false;
  Index pad_a = 0, pad_b = 0, pad_c = 0;
};

/// Products and sums of small integers are exact in any order, so that the kernel must equal the definition bit by bit.
template <class T>
std::vector<T> integers(Index size, std::mt19937& rng) {
  std::vector<T> values(static_cast<std::size_t>(size));
  for (T& value : values) value = static_cast<T>(static_cast<int>(rng() % 15) - 7);
  return values;
}

/// Whether gemm<A> writes what reference::gemm does, all else in C's memory (between its rows too) left as it was.
/// The buffers end with the matrices, for the address sanitiser.
template <class A, class T>
bool agrees(const Problem& p, std::mt19937& rng) {
  const auto extent = [](Index rows, Index columns, Index ld) { return rows == 0 ? 0 : (rows - 1) * ld + columns; };
  const Index rows_a = p.transpose_a ? p.k : p.m, columns_a = p.transpose_a ? p.m : p.k, lda = columns_a + p.pad_a;
  const Index rows_b = p.transpose_b ? p.n : p.k, columns_b = p.transpose_b ? p.k : p.n, ldb = columns_b + p.pad_b;
  const Index ldc = p.n + p.pad_c;
  const auto a = integers<T>(extent(rows_a, columns_a, lda), rng);
  const auto b = integers<T>(extent(rows_b, columns_b, ldb), rng);
  const auto bias = integers<T>(p.n, rng);
  auto c = integers<T>(extent(p.m, p.n, ldc), rng);
  auto expected = c;
  const kernels::GemmOptions<T> options{.transpose_a = p.transpose_a,
                                        .transpose_b = p.transpose_b,
                                        .accumulate = p.accumulate,
                                        .bias = p.bias ? bias.data() : nullptr};
  kernels::reference::gemm(p.m, p.n, p.k, a.data(), lda, b.data(), ldb, expected.data(), ldc, options);
  kernels::gemm<A>(p.m, p.n, p.k, a.data(), lda, b.data(), ldb, c.data(), ldc, options);
  return c == expected;
}

/// The number of problems on which gemm<A> is wrong, and the first of them.
template <class A, class T>
class Checker {
 public:
  void operator()(const Problem& p) {
    if (agrees<A, T>(p, rng_)) return;
    if (failures_++ > 0) return;
    MESSAGE("m ", p.m, ", n ", p.n, ", k ", p.k, ", transpose ", p.transpose_a, p.transpose_b, ", accumulate ",
            p.accumulate, ", bias ", p.bias, ", padding ", p.pad_a, " ", p.pad_b, " ", p.pad_c);
  }
  int failures() const { return failures_; }
  Index below(Index end) { return static_cast<Index>(rng_() % static_cast<unsigned>(end)); }

 private:
  std::mt19937 rng_{7};
  int failures_ = 0;
};

template <class A, class T>
int failures_on_small_shapes() {
  Checker<A, T> check;
  for (int transposes = 0; transposes < 4; ++transposes) {
    for (Index m = 1; m <= 16; ++m) {
      for (Index n = 1; n <= 16; ++n) {
        for (Index k = 1; k <= 16; ++k) {
          check({.m = m, .n = n, .k = k, .transpose_a = transposes % 2 == 1, .transpose_b = transposes / 2 == 1});
        }
      }
    }
  }
  return check.failures();
}

template <class A, class T>
int failures_on_random_shapes(int count, Index largest) {
  Checker<A, T> check;
  for (int i = 0; i < count; ++i) {
    // One in four extents is 0 or 1: vectors and empty products have paths of their own.
    const auto extent = [&] { return check.below(4) == 0 ? check.below(2) : 1 + check.below(largest); };
    const auto padding = [&] { return check.below(2) == 0 ? 0 : check.below(20); };
    Problem p{.m = extent(), .n = extent(), .k = extent()};
    p.transpose_a = check.below(2) == 1;
    p.transpose_b = check.below(2) == 1;
    p.accumulate = check.below(3) == 0;
    p.bias = !p.accumulate && check.below(2) == 1;
    p.pad_a = padding();
    p.pad_b = padding();
    p.pad_c = padding();
    check(p);
  }
  return check.failures();
}

template <class A, class T>
int failures_on_large_shapes() {
  Checker<A, T> check;
  for (int transposes = 0; transposes < 4; ++transposes) {
    for (const bool accumulate : {false, true}) {
      Problem p{.m = 0, .n = 0, .k = 0, .transpose_a = transposes % 2 == 1, .transpose_b = transposes / 2 == 1};
      p.accumulate = accumulate;
      p.bias = !accumulate;
      p.pad_b = 3;
      for (const auto& [m, n, k] : {std::array<Index, 3>{9, 50, 1000},
                                    {401, 130, 400},
                                    {800, 20, 7},
                                    {70, 300, 385},
                                    {700, 150, 450},
                                    {1, 700, 900},
                                    {900, 1, 700},
                                    {3, 200, 1500}}) {
        p.m = m;
        p.n = n;
        p.k = k;
        check(p);
      }
    }
  }
  return check.failures();
}

}  // namespace

TEST_CASE_TEMPLATE("gemm equals its definition exactly for all extents to 16", T, float, double) {
  CHECK(failures_on_small_shapes<simd::DefaultArch, T>() == 0);
}

TEST_CASE_TEMPLATE("gemm equals its definition exactly for random shapes, paddings and options", T, float, double) {
  CHECK(failures_on_random_shapes<simd::DefaultArch, T>(2000, 70) == 0);
}

TEST_CASE_TEMPLATE("gemm equals its definition exactly where extents exceed the blocks", T, float, double) {
  CHECK(failures_on_large_shapes<simd::DefaultArch, T>() == 0);
}

#if defined(__AVX512F__)
TEST_CASE_TEMPLATE("gemm equals its definition exactly on the smaller architectures of the build", T, float, double) {
  CHECK(failures_on_random_shapes<xsimd::fma3<xsimd::avx2>, T>(2000, 70) == 0);
  CHECK(failures_on_random_shapes<xsimd::sse2, T>(500, 70) == 0);
}
#endif
