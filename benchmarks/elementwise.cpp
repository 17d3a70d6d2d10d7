/// kernels::exp and its kin beside Eigen, xsimd, libmvec (the C library's vector functions, which g++ calls under
/// -ffast-math) and <cmath>: 4,096 floats in the first-level cache, one core.
#include <Eigen/Core>
#include <cmath>
#include <numbers>
#include <random>
#include <tenure/core/tensor.hpp>
#include <tenure/kernels/elementwise.hpp>
#include <unsupported/Eigen/SpecialFunctions>

#include "contest.hpp"

#if defined(__x86_64__) && defined(__GLIBC__)
#if __GLIBC_PREREQ(2, 35)
#define TENURE_HAVE_LIBMVEC
#endif
#endif

#if defined(TENURE_HAVE_LIBMVEC)
#if defined(__AVX512F__)
#define TENURE_LIBMVEC(function) _ZGVeN16v_##function
using LibmvecVector = __m512;
#elif defined(__AVX2__)
#define TENURE_LIBMVEC(function) _ZGVdN8v_##function
using LibmvecVector = __m256;
#else
#define TENURE_LIBMVEC(function) _ZGVbN4v_##function
using LibmvecVector = __m128;
#endif
extern "C" {
LibmvecVector TENURE_LIBMVEC(expf)(LibmvecVector);
LibmvecVector TENURE_LIBMVEC(logf)(LibmvecVector);
LibmvecVector TENURE_LIBMVEC(tanhf)(LibmvecVector);
LibmvecVector TENURE_LIBMVEC(erff)(LibmvecVector);
}
#endif

namespace tenure::benchmarks { namespace {

using Vector = simd::Batch<float>;
constexpr float root_half = std::numbers::sqrt2_v<float> / 2;

namespace libmvec {
#if defined(TENURE_HAVE_LIBMVEC)
Vector exp(Vector x) { return TENURE_LIBMVEC(expf)(x); }
Vector log(Vector x) { return TENURE_LIBMVEC(logf)(x); }
Vector tanh(Vector x) { return TENURE_LIBMVEC(tanhf)(x); }
Vector erf(Vector x) { return TENURE_LIBMVEC(erff)(x); }
#else
using xsimd::erf, xsimd::exp, xsimd::log, xsimd::tanh;  // to compile; not in the table
#endif
}  // namespace libmvec

struct Exp {
  static constexpr float low = -10, high = 10;
  static void tenure(Index n, const float* x, float* y) noexcept { kernels::exp(n, x, y); }
  static auto eigen(const auto& x) { return x.exp(); }
  static Vector xsimd(Vector x) { return ::xsimd::exp(x); }
  static Vector libmvec(Vector x) { return libmvec::exp(x); }
  static float std(float x) { return std::exp(x); }
};

struct Log {
  static constexpr float low = 0.01F, high = 10;
  static void tenure(Index n, const float* x, float* y) noexcept { kernels::log(n, x, y); }
  static auto eigen(const auto& x) { return x.log(); }
  static Vector xsimd(Vector x) { return ::xsimd::log(x); }
  static Vector libmvec(Vector x) { return libmvec::log(x); }
  static float std(float x) { return std::log(x); }
};

struct Tanh {
  static constexpr float low = -5, high = 5;
  static void tenure(Index n, const float* x, float* y) noexcept { kernels::tanh(n, x, y); }
  static auto eigen(const auto& x) { return x.tanh(); }
  static Vector xsimd(Vector x) { return ::xsimd::tanh(x); }
  static Vector libmvec(Vector x) { return libmvec::tanh(x); }
  static float std(float x) { return std::tanh(x); }
};

struct Sigmoid {
  static constexpr float low = -10, high = 10;
  static void tenure(Index n, const float* x, float* y) noexcept { kernels::sigmoid(n, x, y); }
  static auto eigen(const auto& x) { return x.logistic(); }
  static Vector xsimd(Vector x) { return 1.F / (1.F + ::xsimd::exp(-x)); }
  static Vector libmvec(Vector x) { return 1.F / (1.F + libmvec::exp(-x)); }
  static float std(float x) { return 1 / (1 + std::exp(-x)); }
};

struct Gelu {
  static constexpr float low = -5, high = 5;
  static void tenure(Index n, const float* x, float* y) noexcept { kernels::gelu(n, x, y); }
  static auto eigen(const auto& x) { return 0.5F * x * (1 + (x * root_half).erf()); }
  static Vector xsimd(Vector x) { return 0.5F * x * (1.F + ::xsimd::erf(x * root_half)); }
  static Vector libmvec(Vector x) { return 0.5F * x * (1.F + libmvec::erf(x * root_half)); }
  static float std(float x) { return x / 2 * (1 + std::erf(x * root_half)); }
};

template <class F>
TENURE_INLINE void by_vectors(Index n, const float* x, float* y, F f) noexcept {
  for (Index i = 0; i < n; i += simd::lanes<float>) simd::store(y + i, f(simd::load(x + i)));
}

template <class Function>
void compare(benchmark::State& state) {
  constexpr Index n = 4096;
  Tensor<float> inputs({n}), outputs({n});
  std::mt19937 rng(1);
  std::uniform_real_distribution<float> uniform(Function::low, Function::high);
  std::generate_n(inputs.data(), n, [&] { return uniform(rng); });
  const float* x = inputs.data();
  float* y = outputs.data();
  const auto run_eigen = [=] {
    const Eigen::Map<const Eigen::ArrayXf, Eigen::Aligned64> from(x, n);
    Eigen::Map<Eigen::ArrayXf, Eigen::Aligned64>(y, n) = Function::eigen(from);
  };
  const auto run_std = [=] {
    for (Index i = 0; i < n; ++i) y[i] = Function::std(x[i]);
  };
  const std::vector<Contestant> all = {
    {"tenure", [=] { Function::tenure(n, x, y); }},
    {"Eigen", run_eigen},
    {"xsimd", [=] { by_vectors(n, x, y, [](Vector v) { return Function::xsimd(v); }); }},
#if defined(TENURE_HAVE_LIBMVEC)
    {"libmvec", [=] { by_vectors(n, x, y, [](Vector v) { return Function::libmvec(v); }); }},
#endif
    {"std", run_std},
  };
  for (const Contestant& contestant : all) {
    contestant.run();
    for (Index i = 0; i < n; ++i) {
      if (std::abs(y[i] - Function::std(x[i])) <= 1e-5F * (1 + std::abs(y[i]))) continue;
      state.SkipWithError((contestant.name + " computes something else").c_str());
      return;
    }
  }
  contest(state, n, all);
  state.counters["fma"] = 50 / state.counters["tenure%"];
  for (const Contestant& contestant : all) state.counters[contestant.name] = 1000 / state.counters[contestant.name];
}

void add(int rounds) {
  const std::pair<const char*, void (*)(benchmark::State&)> all[] = {{"exp", compare<Exp>},
                                                                     {"log", compare<Log>},
                                                                     {"tanh", compare<Tanh>},
                                                                     {"sigmoid", compare<Sigmoid>},
                                                                     {"gelu", compare<Gelu>}};
  for (const auto& [name, run] : all) benchmark::RegisterBenchmark(name, run)->Iterations(rounds)->UseManualTime();
}

}}  // namespace tenure::benchmarks

int main(int argc, char** argv) {
  std::printf(
      "Picoseconds per element of 4,096 floats, medians. fma: multiply-adds per element that the core could have done "
      "in "
      "tenure's\n"
      "time, which does not depend on the clock. %d-bit vectors.\n\n",
      static_cast<int>(sizeof(tenure::simd::Batch<float>) * 8));
  return tenure::benchmarks::run(argc, argv, {"tenure", "fma", "Eigen", "xsimd", "libmvec", "std"},
                                 tenure::benchmarks::add);
}
