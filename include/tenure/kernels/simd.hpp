/// SIMD vectors: the one place that includes xsimd, and a small shim for what its oldest supported version (8.1) lacks
/// or does in ways that -ffast-math may undo.
///
/// A kernel takes the architecture as its template argument `A` (default: the best that the compiler's flags allow) and
/// names vectors as `simd::Batch<T, A>`. Ragged ends use `simd::Tail`: masked instructions where the architecture has
/// them, a copy through a small buffer elsewhere. Call these functions qualified (`simd::store`): unqualified,
/// argument-dependent look-up finds xsimd's functions of the same names too.
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>
#include <type_traits>
#include <xsimd/xsimd.hpp>

#include "../core/shape.hpp"

/// Forces inlining: a kernel's helpers must not become calls, whatever the optimiser thinks of their size.
#if defined(__GNUC__)
#define TENURE_INLINE inline __attribute__((always_inline))
#else
#define TENURE_INLINE inline
#endif

namespace tenure::inline TENURE_ABI::simd {

/// The best architecture that this translation unit is compiled for.
using DefaultArch = xsimd::default_arch;

template <class T, class A = DefaultArch>
using Batch = xsimd::batch<T, A>;

template <class T, class A = DefaultArch>
using BatchBool = xsimd::batch_bool<T, A>;

/// The signed integer as wide as T.
template <class T>
using IntegerOf = std::conditional_t<sizeof(T) == 4, std::int32_t, std::int64_t>;

/// The unsigned integer as wide as T.
template <class T>
using UnsignedOf = std::make_unsigned_t<IntegerOf<T>>;

/// Lanes of a vector, as Index.
template <class T, class A = DefaultArch>
inline constexpr Index lanes = static_cast<Index>(Batch<T, A>::size);

template <class A>
inline constexpr bool is_avx512 = std::is_base_of_v<xsimd::avx512f, A>;
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

/// Hides a vector's value from the optimiser, so that -ffast-math cannot merge the roundings on either side of it.
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

template <class T, class A = DefaultArch>
TENURE_INLINE Batch<T, A> broadcast(T value) noexcept {
  return Batch<T, A>(value);
}

template <class A = DefaultArch, class T>
TENURE_INLINE Batch<T, A> load(const T* p) noexcept {
  return Batch<T, A>::load_unaligned(p);
}

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

/// The larger of the two, lane by lane. Where either is NaN, x86 gives y: put what may be NaN there to keep it.
template <class T, class A>
TENURE_INLINE Batch<T, A> max(Batch<T, A> x, Batch<T, A> y) noexcept {
#if XSIMD_VERSION_MAJOR >= 14
  return xsimd::max(y, x);  // as std::max, which gives its first argument
#else
  return xsimd::max(x, y);
#endif
}

/// The smaller of the two; NaN as in max().
template <class T, class A>
TENURE_INLINE Batch<T, A> min(Batch<T, A> x, Batch<T, A> y) noexcept {
#if XSIMD_VERSION_MAJOR >= 14
  return xsimd::min(y, x);
#else
  return xsimd::min(x, y);
#endif
}

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

template <class T, class A>
TENURE_INLINE Batch<T, A> select(BatchBool<T, A> condition, Batch<T, A> yes, Batch<T, A> no) noexcept {
  return xsimd::select(condition, yes, no);
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

/// Largest lane; a NaN lane gives an unspecified result.
template <class T, class A>
TENURE_INLINE T reduce_max(Batch<T, A> x) noexcept {
  alignas(64) T lane[Batch<T, A>::size];
  x.store_aligned(lane);
  T largest = lane[0];
  for (std::size_t i = 1; i < Batch<T, A>::size; ++i) largest = lane[i] > largest ? lane[i] : largest;
  return largest;
}

/// The first n lanes of a vector, 1 ≤ n ≤ lanes: loads give zeros beyond them, stores leave memory beyond them alone.
/// No address beyond the n-th element is touched.
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

 private:
  __m256i mask_;
};
#endif

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

}  // namespace tenure::inline TENURE_ABI::simd
