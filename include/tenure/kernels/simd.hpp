/// SIMD vectors: the one place that includes xsimd, and a small shim for what its oldest supported version (8.1) lacks
/// or does in ways that -ffast-math may undo.
///
/// A kernel takes the architecture as its template argument `A` (default: the best that the compiler's flags allow) and
/// names vectors as `simd::Batch<T, A>`. Ragged ends use `simd::Tail`: masked instructions where the architecture has
/// them, a copy through a small buffer elsewhere. Call these functions qualified (`simd::store`): unqualified,
/// argument-dependent look-up finds xsimd's functions of the same names too.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <type_traits>

// xsimd calls functions named min and max, which windows.h's macros would take apart.
#pragma push_macro("min")
#pragma push_macro("max")
#undef min
#undef max
#if !__has_include(<xsimd/xsimd.hpp>)
#error "tenure needs xsimd: link tenure::tenure, or add -I with where it is"
#include <tenure_needs_xsimd>
#endif
#include <xsimd/xsimd.hpp>
#pragma pop_macro("min")
#pragma pop_macro("max")

#include "../core/finite.hpp"
#include "../core/shape.hpp"

/// Forces inlining: a kernel's helpers must not become calls, whatever the optimizer thinks of their size.
#if defined(__GNUC__)
#define TENURE_INLINE inline __attribute__((always_inline))
#else
#define TENURE_INLINE inline
#endif

TENURE_NO_CONTRACTION
namespace tenure { inline namespace TENURE_ABI { namespace simd {

/// The best architecture that this translation unit is compiled for.
using DefaultArch = xsimd::default_arch;

/// A vector of T.
template <class T, class A = DefaultArch>
using Batch = xsimd::batch<T, A>;

/// A truth value for each lane of a Batch.
template <class T, class A = DefaultArch>
using BatchBool = xsimd::batch_bool<T, A>;

/// The unsigned integer as wide as T, and the signed one.
template <class T>
using UnsignedOf = tenure::detail::BitsOf<T>;
template <class T>
using IntegerOf = std::make_signed_t<UnsignedOf<T>>;

/// An array of vectors or pointers, whose number may be signed as all our sizes are.
template <class V, auto count>
using Array = V[static_cast<std::size_t>(count)];

/// Lanes of a vector, as Index.
template <class T, class A = DefaultArch>
inline constexpr Index lanes = static_cast<Index>(Batch<T, A>::size);

/// What an architecture has; the narrower ones exclude AVX-512.
template <class A>
inline constexpr bool is_avx512 = std::is_base_of_v<xsimd::avx512f, A>;
template <class A>
inline constexpr bool is_avx = std::is_base_of_v<xsimd::avx, A> && !is_avx512<A>;
template <class A>
inline constexpr bool is_avx2 = std::is_base_of_v<xsimd::avx2, A> && !is_avx512<A>;

/// Whether fma() rounds once. Where this is false it rounds the product too, or may.
template <class A>
inline constexpr bool has_fma =
    is_avx512<A> || std::is_base_of_v<xsimd::fma3<xsimd::avx2>, A> || std::is_base_of_v<xsimd::fma3<xsimd::avx>, A>;

/// Vector registers of the architecture: what a kernel may keep accumulators in.
template <class A>
inline constexpr int registers = is_avx512<A>         ? 32
                                 : sizeof(void*) == 8 ? 16
                                                      : 8;

/// Hides a vector's value from the optimizer, so that -ffast-math cannot merge the roundings on either side of it.
/// Costs no instruction.
template <class T, class A>
TENURE_INLINE Batch<T, A> keep(Batch<T, A> x) noexcept {
#if defined(__FAST_MATH__) && (defined(__x86_64__) || defined(__i386__))
#if defined(__AVX512F__)
  __asm__("" : "+v"(x.data));
#else
  __asm__("" : "+x"(x.data));
#endif
#elif defined(__FAST_MATH__) && defined(__aarch64__)
  __asm__("" : "+w"(x.data));
#endif
  return x;
}

/// The same value in all lanes.
template <class T, class A = DefaultArch>
TENURE_INLINE Batch<T, A> broadcast(T value) noexcept {
  return Batch<T, A>(value);
}

/// From an address of any alignment.
template <class A = DefaultArch, class T>
TENURE_INLINE Batch<T, A> load(const T* p) noexcept {
  return Batch<T, A>::load_unaligned(p);
}

/// To an address of any alignment.
template <class T, class A>
TENURE_INLINE void store(T* p, Batch<T, A> x) noexcept {
  x.store_unaligned(p);
}

/// x·y + z, in one rounding where the architecture has it.
template <class T, class A>
TENURE_INLINE Batch<T, A> fma(Batch<T, A> x, Batch<T, A> y, Batch<T, A> z) noexcept {
#if defined(__AVX512F__)
  // xsimd 8.1 writes x * y + z here, which clang contracts only under -ffp-contract=fast.
  if constexpr (is_avx512<A> && std::is_same_v<T, float>) {
    return _mm512_fmadd_ps(x, y, z);
  } else if constexpr (is_avx512<A> && std::is_same_v<T, double>) {
    return _mm512_fmadd_pd(x, y, z);
  } else
#endif
  {
    return xsimd::fma(x, y, z);
  }
}

/// z − x·y.
template <class T, class A>
TENURE_INLINE Batch<T, A> fnma(Batch<T, A> x, Batch<T, A> y, Batch<T, A> z) noexcept {
#if defined(__AVX512F__)
  if constexpr (is_avx512<A> && std::is_same_v<T, float>) {
    return _mm512_fnmadd_ps(x, y, z);
  } else if constexpr (is_avx512<A> && std::is_same_v<T, double>) {
    return _mm512_fnmadd_pd(x, y, z);
  } else
#endif
  {
    return xsimd::fnma(x, y, z);
  }
}

/// x / y correctly rounded: -ffast-math makes the `/` of float vectors an estimate and a Newton step, which is less
/// accurate and gives NaN where y is infinite or huge.
template <class T, class A>
TENURE_INLINE Batch<T, A> divide(Batch<T, A> x, Batch<T, A> y) noexcept {
#if defined(__FAST_MATH__) && defined(__SSE2__)
  if constexpr (std::is_same_v<T, float>) {
#if defined(__AVX512F__)
    __asm__("vdivps %1, %0, %0" : "+v"(x.data) : "v"(y.data));
#elif defined(__AVX__)
    __asm__("vdivps %1, %0, %0" : "+x"(x.data) : "x"(y.data));
#else
    __asm__("divps %1, %0" : "+x"(x.data) : "x"(y.data));
#endif
    return x;
  }
#endif
  return x / y;
}

/// The square root correctly rounded: -ffast-math would estimate that of float vectors too, and give NaN for 0.
template <class T, class A>
TENURE_INLINE Batch<T, A> sqrt(Batch<T, A> x) noexcept {
#if defined(__FAST_MATH__) && defined(__SSE2__)
  if constexpr (std::is_same_v<T, float>) {
#if defined(__AVX512F__)
    __asm__("vsqrtps %0, %0" : "+v"(x.data));
#elif defined(__AVX__)
    __asm__("vsqrtps %0, %0" : "+x"(x.data));
#else
    __asm__("sqrtps %0, %0" : "+x"(x.data));
#endif
    return x;
  }
#endif
  return xsimd::sqrt(x);
}

#if defined(__FAST_MATH__) && defined(__SSE2__)
// Written out: -ffast-math has g++ take them for operations that commute, and a NaN for the other operand.
#if defined(__AVX512F__)
#define TENURE_MAX_OR_MIN(instruction, x, y) __asm__("v" instruction " %1, %0, %0" : "+v"(x.data) : "v"(y.data))
#elif defined(__AVX__)
#define TENURE_MAX_OR_MIN(instruction, x, y) __asm__("v" instruction " %1, %0, %0" : "+x"(x.data) : "x"(y.data))
#else
#define TENURE_MAX_OR_MIN(instruction, x, y) __asm__(instruction " %1, %0" : "+x"(x.data) : "x"(y.data))
#endif
template <class A>
TENURE_INLINE Batch<float, A>(max)(Batch<float, A> x, Batch<float, A> y) noexcept {
  TENURE_MAX_OR_MIN("maxps", x, y);
  return x;
}
template <class A>
TENURE_INLINE Batch<double, A>(max)(Batch<double, A> x, Batch<double, A> y) noexcept {
  TENURE_MAX_OR_MIN("maxpd", x, y);
  return x;
}
template <class A>
TENURE_INLINE Batch<float, A>(min)(Batch<float, A> x, Batch<float, A> y) noexcept {
  TENURE_MAX_OR_MIN("minps", x, y);
  return x;
}
template <class A>
TENURE_INLINE Batch<double, A>(min)(Batch<double, A> x, Batch<double, A> y) noexcept {
  TENURE_MAX_OR_MIN("minpd", x, y);
  return x;
}
#undef TENURE_MAX_OR_MIN
#endif

/// The larger of the two, lane by lane. Where either is NaN, x86 gives y: put what may be NaN there to keep it.
template <class T, class A>
TENURE_INLINE Batch<T, A>(max)(Batch<T, A> x, Batch<T, A> y) noexcept {
#if XSIMD_VERSION_MAJOR >= 14
  return (xsimd::max)(y, x);  // gives its first operand for NaN
#else
  return (xsimd::max)(x, y);
#endif
}

/// The smaller of the two; NaN as in max().
template <class T, class A>
TENURE_INLINE Batch<T, A>(min)(Batch<T, A> x, Batch<T, A> y) noexcept {
#if XSIMD_VERSION_MAJOR >= 14
  return (xsimd::min)(y, x);  // gives its first operand for NaN
#else
  return (xsimd::min)(x, y);
#endif
}

/// |x|, lane by lane.
template <class T, class A>
TENURE_INLINE Batch<T, A> abs(Batch<T, A> x) noexcept {
  return xsimd::abs(x);
}

/// The same bits as another element type of equal width: bit_cast<std::int32_t>(floats).
template <class To, class From, class A>
TENURE_INLINE Batch<To, A> bit_cast(Batch<From, A> x) noexcept {
#if XSIMD_VERSION_MAJOR >= 9
  return xsimd::bitwise_cast<To>(x);
#else
  return xsimd::bitwise_cast<Batch<To, A>>(x);
#endif
}

/// `yes` in the lanes where the condition holds, `no` in the others.
template <class T, class A>
TENURE_INLINE Batch<T, A> select(BatchBool<T, A> condition, Batch<T, A> yes, Batch<T, A> no) noexcept {
#if defined(__AVX512F__)
  if constexpr (is_avx512<A> && std::is_integral_v<T>) {  // xsimd 8.1's does not compile without optimization
    if constexpr (sizeof(T) == 4) {
      return _mm512_mask_blend_epi32(condition, no, yes);
    } else {
      return _mm512_mask_blend_epi64(condition, no, yes);
    }
  } else
#endif
  {
    return xsimd::select(condition, yes, no);
  }
}

/// Whether the condition holds in all lanes.
template <class T, class A>
TENURE_INLINE bool all(BatchBool<T, A> x) noexcept {
  return xsimd::all(x);
}

/// Whether the condition holds in some lane.
template <class T, class A>
TENURE_INLINE bool any(BatchBool<T, A> x) noexcept {
  return xsimd::any(x);
}

/// Sum of the lanes. The order is fixed by the architecture.
template <class T, class A>
TENURE_INLINE T reduce_add(Batch<T, A> x) noexcept {
#if XSIMD_VERSION_MAJOR >= 9
  return xsimd::reduce_add(x);
#else
  return xsimd::hadd(x);
#endif
}

/// A vector of floats as two of doubles.
template <class A>
struct Wide {
  Batch<double, A> low;
  Batch<double, A> high;
};

/// Floats as doubles.
template <class A>
TENURE_INLINE Wide<A> widen(Batch<float, A> x) noexcept {
#if defined(__AVX512F__)
  if constexpr (is_avx512<A>) {
    const __m256 high = _mm256_castpd_ps(_mm512_extractf64x4_pd(_mm512_castps_pd(x), 1));
    return {_mm512_cvtps_pd(_mm512_castps512_ps256(x)), _mm512_cvtps_pd(high)};
  } else
#endif
#if defined(__AVX__)
      if constexpr (is_avx<A>) {
    return {_mm256_cvtps_pd(_mm256_castps256_ps128(x)), _mm256_cvtps_pd(_mm256_extractf128_ps(x, 1))};
  } else
#endif
  {
    constexpr std::size_t width = Batch<double, A>::size;
    alignas(64) float narrow[2 * width];
    alignas(64) double wide[2 * width];
    x.store_aligned(narrow);
    for (std::size_t i = 0; i < 2 * width; ++i) wide[i] = static_cast<double>(narrow[i]);
    return {Batch<double, A>::load_aligned(wide), Batch<double, A>::load_aligned(wide + width)};
  }
}

/// Largest lane; a NaN lane gives an unspecified result.
template <class T, class A>
TENURE_INLINE T reduce_max(Batch<T, A> x) noexcept {
#if defined(__AVX512F__)
  if constexpr (is_avx512<A> && std::is_same_v<T, float>) {
    return _mm512_reduce_max_ps(x);
  } else if constexpr (is_avx512<A> && std::is_same_v<T, double>) {
    return _mm512_reduce_max_pd(x);
  } else
#endif
  {
    alignas(64) T lane[Batch<T, A>::size];
    x.store_aligned(lane);
    for (std::size_t half = Batch<T, A>::size / 2; half > 0; half /= 2) {
      for (std::size_t i = 0; i < half; ++i) lane[i] = lane[i] > lane[i + half] ? lane[i] : lane[i + half];
    }
    return lane[0];
  }
}

/// x0 y0 x1 y1 ..., of the first halves of both; floating point.
template <class T, class A>
TENURE_INLINE Batch<T, A> interleave_low(Batch<T, A> x, Batch<T, A> y) noexcept {
  // xsimd 8.1 interleaves within each 128-bit part on AVX and AVX-512.
#if defined(__AVX512F__)
  if constexpr (is_avx512<A> && std::is_same_v<T, float>) {
    return _mm512_permutex2var_ps(x, _mm512_setr_epi32(0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23), y);
  } else if constexpr (is_avx512<A> && std::is_same_v<T, double>) {
    return _mm512_permutex2var_pd(x, _mm512_setr_epi64(0, 8, 1, 9, 2, 10, 3, 11), y);
  } else
#endif
#if defined(__AVX__)
      if constexpr (is_avx<A> && std::is_same_v<T, float>) {
    return _mm256_permute2f128_ps(_mm256_unpacklo_ps(x, y), _mm256_unpackhi_ps(x, y), 0x20);
  } else if constexpr (is_avx<A> && std::is_same_v<T, double>) {
    return _mm256_permute2f128_pd(_mm256_unpacklo_pd(x, y), _mm256_unpackhi_pd(x, y), 0x20);
  } else
#endif
  {
    return xsimd::zip_lo(x, y);
  }
}

/// The same of the second halves.
template <class T, class A>
TENURE_INLINE Batch<T, A> interleave_high(Batch<T, A> x, Batch<T, A> y) noexcept {
  // xsimd 8.1 interleaves within each 128-bit part on AVX and AVX-512.
#if defined(__AVX512F__)
  if constexpr (is_avx512<A> && std::is_same_v<T, float>) {
    return _mm512_permutex2var_ps(x, _mm512_setr_epi32(8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31),
                                  y);
  } else if constexpr (is_avx512<A> && std::is_same_v<T, double>) {
    return _mm512_permutex2var_pd(x, _mm512_setr_epi64(4, 12, 5, 13, 6, 14, 7, 15), y);
  } else
#endif
#if defined(__AVX__)
      if constexpr (is_avx<A> && std::is_same_v<T, float>) {
    return _mm256_permute2f128_ps(_mm256_unpacklo_ps(x, y), _mm256_unpackhi_ps(x, y), 0x31);
  } else if constexpr (is_avx<A> && std::is_same_v<T, double>) {
    return _mm256_permute2f128_pd(_mm256_unpacklo_pd(x, y), _mm256_unpackhi_pd(x, y), 0x31);
  } else
#endif
  {
    return xsimd::zip_hi(x, y);
  }
}

/// The products of the lower 32 bits of each lane, in full.
template <class A>
TENURE_INLINE Batch<std::uint64_t, A> multiply_low_halves(Batch<std::uint64_t, A> x,
                                                          Batch<std::uint64_t, A> y) noexcept {
#if defined(__AVX512F__)
  if constexpr (is_avx512<A>) {
    return _mm512_mul_epu32(x, y);
  } else
#endif
#if defined(__AVX2__)
      if constexpr (is_avx2<A>) {
    return _mm256_mul_epu32(x, y);
  } else
#endif
#if defined(__SSE2__)
      if constexpr (std::is_base_of_v<xsimd::sse2, A>) {
    return _mm_mul_epu32(x, y);
  } else
#endif
  {
    constexpr std::size_t width = Batch<std::uint64_t, A>::size;
    alignas(64) std::uint64_t a[width];
    alignas(64) std::uint64_t b[width];
    x.store_aligned(a);
    y.store_aligned(b);
    for (std::size_t i = 0; i < width; ++i) a[i] = (a[i] & 0xFFFFFFFF) * (b[i] & 0xFFFFFFFF);
    return Batch<std::uint64_t, A>::load_aligned(a);
  }
}

/// The first n lanes of a vector, 1 ≤ n ≤ lanes: loads give zeros beyond them, stores leave memory beyond them alone.
/// No address beyond the n-th element is touched. merge() takes its second argument's lanes beyond them.
template <class T, class A = DefaultArch>
class Tail {
 public:
  TENURE_INLINE explicit Tail(Index n) noexcept : n_(static_cast<std::size_t>(n)) {}

  TENURE_INLINE Batch<T, A> load(const T* p) const noexcept {
    alignas(64) T lane[Batch<T, A>::size] = {};
    std::memcpy(lane, p, n_ * sizeof(T));
    return Batch<T, A>::load_aligned(lane);
  }

  TENURE_INLINE void store(T* p, Batch<T, A> x) const noexcept {
    alignas(64) T lane[Batch<T, A>::size];
    x.store_aligned(lane);
    std::memcpy(p, lane, n_ * sizeof(T));
  }

  TENURE_INLINE Batch<T, A> merge(Batch<T, A> inside, Batch<T, A> beyond) const noexcept {
    alignas(64) T lane[Batch<T, A>::size];
    beyond.store_aligned(lane);
    store(lane, inside);
    return Batch<T, A>::load_aligned(lane);
  }

 private:
  std::size_t n_;
};

#if defined(__AVX512F__)
template <class A>
requires is_avx512<A>
class Tail<float, A> {
 public:
  TENURE_INLINE explicit Tail(Index n) noexcept : mask_(static_cast<__mmask16>((std::uint32_t{1} << n) - 1)) {}
  TENURE_INLINE Batch<float, A> load(const float* p) const noexcept { return _mm512_maskz_loadu_ps(mask_, p); }
  TENURE_INLINE void store(float* p, Batch<float, A> x) const noexcept { _mm512_mask_storeu_ps(p, mask_, x); }
  TENURE_INLINE Batch<float, A> merge(Batch<float, A> inside, Batch<float, A> beyond) const noexcept {
    return _mm512_mask_blend_ps(mask_, beyond, inside);
  }

 private:
  __mmask16 mask_;
};

template <class A>
requires is_avx512<A>
class Tail<double, A> {
 public:
  TENURE_INLINE explicit Tail(Index n) noexcept : mask_(static_cast<__mmask8>((std::uint32_t{1} << n) - 1)) {}
  TENURE_INLINE Batch<double, A> load(const double* p) const noexcept { return _mm512_maskz_loadu_pd(mask_, p); }
  TENURE_INLINE void store(double* p, Batch<double, A> x) const noexcept { _mm512_mask_storeu_pd(p, mask_, x); }
  TENURE_INLINE Batch<double, A> merge(Batch<double, A> inside, Batch<double, A> beyond) const noexcept {
    return _mm512_mask_blend_pd(mask_, beyond, inside);
  }

 private:
  __mmask8 mask_;
};
#endif

#if defined(__AVX2__)
namespace detail {
// The vector that starts `width` − n entries into a window has its first n entries set.
alignas(64) inline constexpr std::int32_t window32[16] = {-1, -1, -1, -1, -1, -1, -1, -1};
alignas(64) inline constexpr std::int64_t window64[8] = {-1, -1, -1, -1};
}  // namespace detail

template <class A>
requires is_avx2<A>
class Tail<float, A> {
 public:
  TENURE_INLINE explicit Tail(Index n) noexcept { std::memcpy(&mask_, detail::window32 + 8 - n, sizeof mask_); }
  TENURE_INLINE Batch<float, A> load(const float* p) const noexcept { return _mm256_maskload_ps(p, mask_); }
  TENURE_INLINE void store(float* p, Batch<float, A> x) const noexcept { _mm256_maskstore_ps(p, mask_, x); }
  TENURE_INLINE Batch<float, A> merge(Batch<float, A> inside, Batch<float, A> beyond) const noexcept {
    return _mm256_blendv_ps(beyond, inside, _mm256_castsi256_ps(mask_));
  }

 private:
  __m256i mask_;
};

template <class A>
requires is_avx2<A>
class Tail<double, A> {
 public:
  TENURE_INLINE explicit Tail(Index n) noexcept { std::memcpy(&mask_, detail::window64 + 4 - n, sizeof mask_); }
  TENURE_INLINE Batch<double, A> load(const double* p) const noexcept { return _mm256_maskload_pd(p, mask_); }
  TENURE_INLINE void store(double* p, Batch<double, A> x) const noexcept { _mm256_maskstore_pd(p, mask_, x); }
  TENURE_INLINE Batch<double, A> merge(Batch<double, A> inside, Batch<double, A> beyond) const noexcept {
    return _mm256_blendv_pd(beyond, inside, _mm256_castsi256_pd(mask_));
  }

 private:
  __m256i mask_;
};
#endif

/// A whole vector, with the members of Tail.
template <class T, class A = DefaultArch>
struct Whole {
  static TENURE_INLINE Batch<T, A> load(const T* p) noexcept { return simd::load<A>(p); }
  static TENURE_INLINE void store(T* p, Batch<T, A> x) noexcept { simd::store(p, x); }
  static TENURE_INLINE Batch<T, A> merge(Batch<T, A> inside, Batch<T, A>) noexcept { return inside; }
};

/// f(i, part) for the vectors that start at i = 0, lanes, ... of n elements, `part` being Whole or, for a ragged end,
/// Tail: what transform() does, for kernels with several outputs.
template <class T, class A = DefaultArch, class F>
TENURE_INLINE void sweep(Index n, F f) noexcept {
  Index i = 0;
  for (; i + lanes<T, A> <= n; i += lanes<T, A>) f(i, Whole<T, A>{});
  if (i < n) f(i, Tail<T, A>(n - i));
}

/// y[i] = f(x[i]...) over n elements by whole vectors and one masked tail; the arrays may be the same, not overlap
/// otherwise.
template <class A = DefaultArch, class T, class F, class... X>
TENURE_INLINE void transform(Index n, T* y, F f, const X*... x) noexcept {
  Index i = 0;
  for (; i + lanes<T, A> <= n; i += lanes<T, A>) simd::store(y + i, Batch<T, A>(f(simd::load<A>(x + i)...)));
  if (i < n) {
    const Tail<T, A> tail(n - i);
    tail.store(y + i, Batch<T, A>(f(tail.load(x + i)...)));
  }
}

}}}  // namespace tenure::TENURE_ABI::simd
TENURE_CONTRACTION_AS_BEFORE
