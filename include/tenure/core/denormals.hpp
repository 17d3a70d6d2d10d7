/// Denormal numbers as zeros: processors take a hundred cycles and more for an operation on them, and states and
/// moments that decay pass through their range.
#pragma once

#include <cstdint>

#include "../version.hpp"

#if defined(__SSE2__)
#include <xmmintrin.h>
#endif

namespace tenure { inline namespace TENURE_ABI {

/// While it lives, floating-point operations of this thread take denormals for zeros and give zeros for them (x86: FTZ
/// and DAZ of MXCSR, AArch64: FZ of FPCR; elsewhere it does nothing). It then restores what was set before, however the
/// scope is left. Guards may be nested.
class FlushDenormals {
 public:
  FlushDenormals() noexcept : before_(control() & flags) { set_control(control() | flags); }
  FlushDenormals(const FlushDenormals&) = delete;
  FlushDenormals& operator=(const FlushDenormals&) = delete;
  ~FlushDenormals() { set_control((control() & ~flags) | before_); }

  /// Whether there is such a mode here.
  static constexpr bool supported() noexcept { return flags != 0; }
  /// Whether it is on in this thread.
  static bool active() noexcept { return supported() && (control() & flags) == flags; }

 private:
#if defined(__SSE2__)
  using Register = unsigned int;
  static constexpr Register flags = 1U << 15 | 1U << 6;  // FTZ, DAZ
  static Register control() noexcept { return _mm_getcsr(); }
  static void set_control(Register value) noexcept { _mm_setcsr(value); }
#elif defined(__aarch64__) && defined(__GNUC__)
  using Register = std::uint64_t;
  static constexpr Register flags = Register{1} << 24;  // FZ
  static Register control() noexcept {
    Register value;
    __asm__ volatile("mrs %0, fpcr" : "=r"(value));
    return value;
  }
  static void set_control(Register value) noexcept { __asm__ volatile("msr fpcr, %0" : : "r"(value) : "memory"); }
#else
  using Register = unsigned int;
  static constexpr Register flags = 0;
  static Register control() noexcept { return 0; }
  static void set_control(Register) noexcept {}
#endif

  Register before_;
};

}}  // namespace tenure::TENURE_ABI
