/// Version and ABI tag of tenure.
///
/// Everything lives in `tenure::inline TENURE_ABI`, whose name carries the version and the instruction set. Objects
/// compiled for different instruction sets therefore never merge each other's inline functions, and passing a tenure
/// type between them is a link error instead of an illegal instruction. Eigen's and std's inline functions carry no
/// such tag: use one set of -m flags per program (docs/design.md, "ISA and ODR").
#pragma once

// The compiler goes on after an #error, with thousands of others. It stops where a header is missing.
#if !(__cplusplus >= 202002L || (defined(_MSVC_LANG) && _MSVC_LANG >= 202002L))
#error "tenure needs C++20: compile with -std=c++20 or later"
#include <tenure_needs_cxx20>
#endif
#if !defined(__cpp_exceptions) && !defined(_CPPUNWIND)
#error "tenure needs exceptions: compile without -fno-exceptions"
#include <tenure_needs_exceptions>
#endif

#define TENURE_VERSION_MAJOR 0
#define TENURE_VERSION_MINOR 3
#define TENURE_VERSION_PATCH 0
#define TENURE_VERSION "0.3.0"

#if defined(__AVX512VNNI__) && defined(__AVX512BW__)
#define TENURE_ISA avx512vnni
#elif defined(__AVX512BW__)
#define TENURE_ISA avx512bw
#elif defined(__AVX512F__)
#define TENURE_ISA avx512f
#elif defined(__AVX2__) && defined(__FMA__)
#define TENURE_ISA avx2fma
#elif defined(__AVX2__)
#define TENURE_ISA avx2
#elif defined(__AVX__)
#define TENURE_ISA avx
#elif defined(__SSE4_2__)
#define TENURE_ISA sse42
#elif defined(__SSE4_1__)
#define TENURE_ISA sse41
#elif defined(__SSSE3__)
#define TENURE_ISA ssse3
#elif defined(__SSE2__)
#define TENURE_ISA sse2
#elif defined(__ARM_FEATURE_SVE)
#define TENURE_ISA sve
#elif defined(__ARM_NEON)
#define TENURE_ISA neon
#else
#define TENURE_ISA generic
#endif

// -ffast-math changes what the same source means, so such objects must not merge with others either.
#if defined(__FAST_MATH__)
#define TENURE_MATH _fastmath
#else
#define TENURE_MATH
#endif

// Between these two, a · b + c is rounded twice unless it is written as simd::fma: which products and sums a compiler makes
// one of is its own choice, at each level of optimization another, and then the only difference between their results.
#if defined(__clang__)
#define TENURE_NO_CONTRACTION _Pragma("float_control(push)") _Pragma("clang fp contract(off)")
#define TENURE_CONTRACTION_AS_BEFORE _Pragma("float_control(pop)")
#elif defined(__GNUC__)
#define TENURE_NO_CONTRACTION _Pragma("GCC push_options") _Pragma("GCC optimize(\"fp-contract=off\")")
#define TENURE_CONTRACTION_AS_BEFORE _Pragma("GCC pop_options")
#else
#define TENURE_NO_CONTRACTION
#define TENURE_CONTRACTION_AS_BEFORE
#endif

#define TENURE_JOIN_(major, minor, isa, math) v##major##_##minor##_##isa##math
#define TENURE_JOIN(major, minor, isa, math) TENURE_JOIN_(major, minor, isa, math)
#define TENURE_ABI TENURE_JOIN(TENURE_VERSION_MAJOR, TENURE_VERSION_MINOR, TENURE_ISA, TENURE_MATH)
