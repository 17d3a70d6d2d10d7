// Both halves in one program; the AVX-512 one runs where the machine can.
#include <cmath>
#include <cstdio>

extern "C" float sse2_half(int n);
extern "C" float avx512_half(int n);

int main() {
  const float expected = sse2_half(20);
  const bool can = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
                   __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl");
  const float found = can ? avx512_half(20) : expected;
  std::printf("SSE2: %g, AVX-512: %g%s\n", static_cast<double>(expected), static_cast<double>(found),
              can ? "" : " (not run)");
  return std::abs(found - expected) < 1e-3f * std::abs(expected) ? 0 : 1;
}
