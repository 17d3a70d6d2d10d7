/// kernels::gemm beside Eigen and, where they are installed, libxsmm, oneDNN and OpenBLAS: float, one core.
#include <Eigen/Core>
#include <cmath>
#include <random>
#include <tenure/core/tensor.hpp>
#include <tenure/kernels/gemm.hpp>

#include "contest.hpp"
#if defined(TENURE_HAVE_LIBXSMM)
#include <libxsmm.h>
#endif
#if defined(TENURE_HAVE_ONEDNN)
#include <dnnl.h>
#endif
#if defined(TENURE_HAVE_OPENBLAS)
#include <cblas.h>
#endif

namespace tenure::benchmarks { namespace {

struct Product {
  Index m, n, k;
  bool transpose_a, transpose_b;
  const float *a, *b;
  float* c;
  Index lda() const { return transpose_a ? m : k; }
  Index ldb() const { return transpose_b ? k : n; }
};

void run_tenure(const Product& p) {
  kernels::gemm(p.m, p.n, p.k, p.a, p.lda(), p.b, p.ldb(), p.c, p.n,
                {.transpose_a = p.transpose_a, .transpose_b = p.transpose_b});
}

void run_eigen(const Product& p) {
  using Matrix = Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
  const Eigen::Map<const Matrix> a(p.a, p.transpose_a ? p.k : p.m, p.lda()), b(p.b, p.transpose_b ? p.n : p.k, p.ldb());
  Eigen::Map<Matrix> c(p.c, p.m, p.n);
  if (p.transpose_a) {
    c.noalias() = a.transpose() * b;
  } else if (p.transpose_b) {
    c.noalias() = a * b.transpose();
  } else {
    c.noalias() = a * b;
  }
}

#if defined(TENURE_HAVE_LIBXSMM)
/// Column-major: C' (n, m) = B' A'. The kernel compiled for the very size, where libxsmm has one; libxsmm's own choice
/// for large products, to which such kernels do not apply.
std::function<void()> libxsmm_runner(const Product& p) {
  const auto m = static_cast<libxsmm_blasint>(p.n), n = static_cast<libxsmm_blasint>(p.m);
  const auto k = static_cast<libxsmm_blasint>(p.k), lda = static_cast<libxsmm_blasint>(p.ldb());
  const auto ldb = static_cast<libxsmm_blasint>(p.lda());
  const float one = 1, zero = 0;
  const int flags = (p.transpose_b ? LIBXSMM_GEMM_FLAG_TRANS_A : 0) | (p.transpose_a ? LIBXSMM_GEMM_FLAG_TRANS_B : 0);
  const libxsmm_smmfunction kernel = p.m * p.n * p.k <= 256 * 256 * 256
                                         ? libxsmm_smmdispatch(m, n, k, &lda, &ldb, &m, &one, &zero, &flags, nullptr)
                                         : nullptr;
  if (kernel) return [=] { kernel(p.b, p.a, p.c); };
  return [=] {
    const char transpose_a = p.transpose_b ? 'T' : 'N', transpose_b = p.transpose_a ? 'T' : 'N';
    libxsmm_sgemm(&transpose_a, &transpose_b, &m, &n, &k, &one, p.b, &lda, p.a, &ldb, &zero, p.c, &m);
  };
}
#endif

std::vector<Contestant> contestants(const Product& p) {
  std::vector<Contestant> all{{"tenure", [=] { run_tenure(p); }}, {"Eigen", [=] { run_eigen(p); }}};
#if defined(TENURE_HAVE_LIBXSMM)
  all.push_back({"libxsmm", libxsmm_runner(p)});
#endif
#if defined(TENURE_HAVE_ONEDNN)
  all.push_back({"oneDNN", [=] {
                   dnnl_sgemm(p.transpose_a ? 'T' : 'N', p.transpose_b ? 'T' : 'N', p.m, p.n, p.k, 1, p.a, p.lda(), p.b,
                              p.ldb(), 0, p.c, p.n);
                 }});
#endif
#if defined(TENURE_HAVE_OPENBLAS)
  all.push_back({"OpenBLAS", [=] {
                   const auto narrow = [](Index x) { return static_cast<blasint>(x); };
                   cblas_sgemm(CblasRowMajor, p.transpose_a ? CblasTrans : CblasNoTrans,
                               p.transpose_b ? CblasTrans : CblasNoTrans, narrow(p.m), narrow(p.n), narrow(p.k), 1, p.a,
                               narrow(p.lda()), p.b, narrow(p.ldb()), 0, p.c, narrow(p.n));
                 }});
#endif
  return all;
}

Tensor<float> random_matrix(Index rows, Index columns, unsigned seed) {
  Tensor<float> matrix({rows, columns});
  std::mt19937 rng(seed);
  std::uniform_real_distribution<float> uniform(-1, 1);
  std::generate_n(matrix.data(), matrix.size(), [&] { return uniform(rng); });
  return matrix;
}

/// The contestant that computes something else than the definition, or none. Of many rows every few are looked at, for
/// the definition takes its time.
std::string wrong(const Product& p, const std::vector<Contestant>& all) {
  const Index step = p.m > 256 ? 31 : 1;
  std::vector<float> expected(static_cast<std::size_t>(p.m * p.n));
  for (Index row = 0; row < p.m; row += step) {
    kernels::reference::gemm(1, p.n, p.k, p.a + row * (p.transpose_a ? 1 : p.lda()), p.lda(), p.b, p.ldb(),
                             expected.data() + row * p.n, p.n,
                             {.transpose_a = p.transpose_a, .transpose_b = p.transpose_b});
  }
  for (const Contestant& contestant : all) {
    std::fill_n(p.c, expected.size(), 1e9F);
    contestant.run();
    for (Index row = 0; row < p.m; row += step) {
      for (Index i = row * p.n; i < (row + 1) * p.n; ++i) {
        const auto at = static_cast<std::size_t>(i);
        if (!(std::abs(p.c[at] - expected[at]) <= 1e-5F * static_cast<float>(p.k))) return contestant.name;
      }
    }
  }
  return "";
}

void multiply(benchmark::State& state, Index m, Index n, Index k, bool transpose_a, bool transpose_b) {
  const Tensor<float> a = random_matrix(m, k, 1), b = random_matrix(k, n, 2);
  Tensor<float> c({m, n});
  const Product p{m, n, k, transpose_a, transpose_b, a.data(), b.data(), c.data()};
  const auto all = contestants(p);
  if (const std::string name = wrong(p, all); !name.empty()) {
    state.SkipWithError((name + " computes another product").c_str());
    return;
  }
  contest(state, 2. * static_cast<double>(m * n * k), all);
}

void add(int rounds) {
  struct Size {
    Index m, n, k;
  };
  // Recurrent layers' gates, a dense layer, attention's projections, and squares; then vectors, a narrow and a flat
  // product.
  const Size sizes[] = {{30, 256, 64},   {30, 256, 76},   {32, 128, 33},      {180, 408, 136},
                        {180, 136, 136}, {256, 256, 256}, {1024, 1024, 1024}, {1, 256, 64},
                        {256, 1, 64},    {30, 16, 64},    {8, 256, 64}};
  for (const auto& [m, n, k] : sizes) {
    for (const std::string layout : {"NN", "TN", "NT"}) {
      const std::string name = std::to_string(m) + "x" + std::to_string(n) + "x" + std::to_string(k) + " " + layout;
      const auto run_one = [=, m = m, n = n, k = k](benchmark::State& state) {
        multiply(state, m, n, k, layout[0] == 'T', layout[1] == 'T');
      };
      const int long_ones = m * n * k > 100'000'000 ? 10 : 1;
      benchmark::RegisterBenchmark(name.c_str(), run_one)->Iterations(rounds / long_ones + 1)->UseManualTime();
    }
  }
}

}}  // namespace tenure::benchmarks

int main(int argc, char** argv) {
  std::printf(
      "C (m, n) = op(A) op(B), m x n x k, T: transposed. GFLOP/s of one core; peak: of a loop of multiply-adds,\n"
      "measured beside each sample; %%: share of that peak, medians. %d-bit vectors.\n\n",
      static_cast<int>(sizeof(tenure::simd::Batch<float>) * 8));
  return tenure::benchmarks::run(argc, argv,
                                 {"peak", "tenure", "tenure%", "Eigen", "Eigen%", "libxsmm", "libxsmm%", "oneDNN",
                                  "oneDNN%", "OpenBLAS", "OpenBLAS%"},
                                 tenure::benchmarks::add);
}
