/// What this machine's core can do at best, measured: the yardstick that stands beside every rate.
#pragma once

#include <algorithm>
#include <cstring>
#include <ctime>
#include <tenure/kernels/simd.hpp>
#include <vector>

namespace tenure::benchmarks {

/// Processor time of this thread: time that other programs take does not count.
inline double thread_seconds() noexcept {
  timespec time;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + 1e-9 * static_cast<double>(time.tv_nsec);
}

/// The compiler must take x, in its register, for changed.
template <class Vector>
TENURE_INLINE void touch(Vector& x) noexcept {
#if defined(__AVX512F__)
  __asm__ volatile("" : "+v"(x.data));
#elif defined(__x86_64__)
  __asm__ volatile("" : "+x"(x.data));
#else
  __asm__ volatile("" : "+w"(x.data));
#endif
}

/// Floating-point operations a second, in 10⁹, of a loop of nothing but independent multiply-adds of the build's widest
/// vectors of float. Takes about 25 µs, so that it can be measured beside each sample: the clock drifts.
[[gnu::noinline]] inline double measure_fma_peak() noexcept {
  using Vector = simd::Batch<float>;
  constexpr int steps = 10000, chains = 10;  // more chains than the latency times the number of units
  Vector x(0.5F), y(0.5F);
  touch(x);  // else the compiler may read the constants from memory at every step
  touch(y);
  Vector s0(0.F), s1(1.F), s2(2.F), s3(3.F), s4(4.F), s5(5.F), s6(6.F), s7(7.F), s8(8.F), s9(9.F);
  const double begin = thread_seconds();
  for (int step = 0; step < steps; ++step) {
    const auto advance = [&](auto&... s) __attribute__((always_inline)) { ((s = simd::fma(s, x, y), touch(s)), ...); };
    advance(s0, s1, s2, s3, s4, s5, s6, s7, s8, s9);
  }
  return 2e-9 * chains * steps * static_cast<double>(Vector::size) / (thread_seconds() - begin);
}

/// Bytes a second, in 10⁹, read and written by copying `bytes` from one array to another; 256 MiB for main memory.
inline double measure_copy_rate(std::size_t bytes = std::size_t{256} << 20) {
  std::vector<char> from(bytes, 1), to(bytes, 2);
  double best = 0;
  for (int repeat = 0; repeat < 5; ++repeat) {
    const double begin = thread_seconds();
    std::memcpy(to.data(), from.data(), bytes);
    __asm__ volatile("" : : "r"(to.data()) : "memory");
    best = std::max(best, 2e-9 * static_cast<double>(bytes) / (thread_seconds() - begin));
  }
  return best;
}

}  // namespace tenure::benchmarks
