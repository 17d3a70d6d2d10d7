#include <doctest/doctest.h>

#include <bit>
#include <cmath>
#include <limits>
#include <random>
#include <tenure/kernels/math.hpp>
#include <vector>

namespace {

using namespace tenure;

template <class T>
using Limits = std::numeric_limits<T>;

/// What the reference is computed in: far more exact than the bounds on T.
template <class T>
using Wide = std::conditional_t<sizeof(T) == 4, double, long double>;

/// Denormal numbers too where arithmetic would take them for 0 (-ffast-math sets that mode).
template <class T>
Wide<T> widen(T x) {
  using Bits = simd::UnsignedOf<T>;
  const Bits digits = std::bit_cast<Bits>(x) & ((Bits{1} << (Limits<T>::digits - 1)) - 1);
  const Bits rest = std::bit_cast<Bits>(x) ^ digits;
  if (rest << 1 != 0) return x;
  const Wide<T> magnitude = static_cast<Wide<T>>(digits) * Limits<T>::min() * Limits<T>::epsilon();
  return rest == 0 ? magnitude : -magnitude;
}

struct Errors {
  double relative = 0;  ///< where the result is a normal number
  double absolute = 0;  ///< elsewhere, in units of the smallest normal number
};

/// Over random bit patterns and random numbers between low and high, half each.
template <class T, class F, class Reference>
Errors largest_errors(F f, Reference reference, T low, T high) {
  using Bits = simd::UnsignedOf<T>;
  constexpr Index block = 1000;
  constexpr int blocks = sizeof(T) == 4 ? 10'000 : 1'000;
  std::mt19937_64 random(7);
  std::vector<T> x(block), y(block);
  Errors errors;
  for (int b = 0; b < blocks; ++b) {
    for (T& value : x) {
      const std::uint64_t bits = random();
      const T uniform = static_cast<T>(low + (high - low) * static_cast<Wide<T>>(bits >> 11) * 0x1p-53);
      const T pattern = std::bit_cast<T>(static_cast<Bits>(bits));
      constexpr Bits exponent = std::bit_cast<Bits>(Limits<T>::infinity());
      const bool finite = (static_cast<Bits>(bits) & exponent) != exponent;
      value = b % 2 == 0 || !finite ? uniform : pattern;
    }
    simd::transform(block, y.data(), f, x.data());
    for (std::size_t i = 0; i < x.size(); ++i) {
      const Wide<T> expected = reference(widen(x[i]));
      const Wide<T> difference = std::abs(y[i] - expected);
      const Wide<T> magnitude = std::abs(expected);
      if (!(magnitude <= Limits<T>::max())) continue;
      if (magnitude >= Limits<T>::min()) {
        errors.relative = std::max(errors.relative, static_cast<double>(difference / magnitude));
      } else {
        errors.absolute = std::max(errors.absolute, static_cast<double>(difference / Limits<T>::min()));
      }
    }
  }
  return errors;
}

template <class F, class T>
T apply(F f, T x) {
  volatile T hidden =
      x;  // clang folds what it is told of infinities, and with -ffast-math it is told that there are none
  x = hidden;
  T y;
  simd::transform(1, &y, f, &x);
  return y;
}

/// For comparisons with infinities too, which -ffast-math would take for granted.
template <class T>
bool same_bits(T x, T y) {
  return std::bit_cast<simd::UnsignedOf<T>>(x) == std::bit_cast<simd::UnsignedOf<T>>(y);
}

#define TENURE_FUNCTION(name) [](auto v) { return simd::name(v); }

#define TENURE_CHECK_ERROR(name, reference, low, high, bound)                                              \
  SUBCASE(#name) {                                                                                         \
    const Errors errors = largest_errors<TestType>(                                                        \
        TENURE_FUNCTION(name), [](Wide<TestType> x) { return reference; }, TestType(low), TestType(high)); \
    INFO(#name);                                                                                           \
    CHECK(errors.relative <= bound);                                                                       \
    CHECK(errors.absolute <= 1.02);                                                                        \
  }

template <class T>
constexpr Wide<T> none = Limits<Wide<T>>::max();  // not in T's range: left out

}  // namespace

TEST_CASE_TEMPLATE("elementary functions keep their error bounds", TestType, float, double) {
  constexpr bool single = sizeof(TestType) == 4;
  constexpr double fine = single ? 3e-7 : 1e-15;
  constexpr double coarse = single ? 5e-7 : 4e-15;
  constexpr double end = single ? 105 : 750;
  TENURE_CHECK_ERROR(exp, std::exp(x), -end, end, fine)
  TENURE_CHECK_ERROR(log, (x > 0 ? std::log(x) : none<TestType>), 0, 4, fine)
  TENURE_CHECK_ERROR(tanh, std::tanh(x), -20, 20, fine)
  TENURE_CHECK_ERROR(sigmoid, 1 / (1 + std::exp(-x)), -end, end, fine)
  TENURE_CHECK_ERROR(expm1, (x < end ? std::expm1(x) : none<TestType>), -20, 20, coarse)
  TENURE_CHECK_ERROR(log1p, (x > -1 ? std::log1p(x) : none<TestType>), -1, 4, coarse)
  TENURE_CHECK_ERROR(softplus, (x > 0 ? x + std::log1p(std::exp(-x)) : std::log1p(std::exp(x))), -end, end, coarse)
  TENURE_CHECK_ERROR(erf, (std::abs(x) < Limits<TestType>::min() ? none<TestType> : std::erf(x)), -7, 7, coarse)
}

TEST_CASE_TEMPLATE("elementary functions are exact where users expect it", TestType, float, double) {
  const TestType zero = 0;
  const TestType one = 1;
  CHECK(apply(TENURE_FUNCTION(exp), zero) == one);
  CHECK(apply(TENURE_FUNCTION(sigmoid), zero) == TestType(0.5));
  CHECK(same_bits(apply(TENURE_FUNCTION(log), one), zero));
  CHECK(same_bits(apply(TENURE_FUNCTION(log), zero), -Limits<TestType>::infinity()));
  CHECK(same_bits(apply(TENURE_FUNCTION(log), -zero), -Limits<TestType>::infinity()));
  CHECK(apply(TENURE_FUNCTION(tanh), TestType(1000)) == one);
  CHECK(apply(TENURE_FUNCTION(tanh), TestType(-1000)) == -one);
  CHECK(apply(TENURE_FUNCTION(erf), TestType(1000)) == one);
  CHECK(apply(TENURE_FUNCTION(expm1), TestType(-1000)) == -one);
  CHECK(apply(TENURE_FUNCTION(softplus), TestType(1000)) == TestType(1000));
  for (const TestType x : {zero, -zero}) {
    CHECK(same_bits(apply(TENURE_FUNCTION(tanh), x), x));
    CHECK(same_bits(apply(TENURE_FUNCTION(erf), x), x));
    CHECK(same_bits(apply(TENURE_FUNCTION(expm1), x), x));
    CHECK(same_bits(apply(TENURE_FUNCTION(log1p), x), x));
  }
}

TEST_CASE("tanh and erf of floats never exceed 1") {
  float largest = 0;
  constexpr std::uint32_t block = 1024;
  float x[block], y[block];
  for (auto bits = std::bit_cast<std::uint32_t>(3.0F); bits < std::bit_cast<std::uint32_t>(10.0F); bits += block) {
    for (std::uint32_t i = 0; i < block; ++i) x[i] = std::bit_cast<float>(bits + i);
    simd::transform(block, y, TENURE_FUNCTION(tanh), x);
    for (const float value : y) largest = std::max(largest, value);
    simd::transform(block, y, TENURE_FUNCTION(erf), x);
    for (const float value : y) largest = std::max(largest, value);
  }
  CHECK(largest == 1);
}

TEST_CASE_TEMPLATE("elementary functions treat infinities and NaN as <cmath> does", TestType, float, double) {
  const TestType infinity = Limits<TestType>::infinity();
  const TestType not_a_number = Limits<TestType>::quiet_NaN();
  CHECK(same_bits<TestType>(apply(TENURE_FUNCTION(exp), infinity), infinity));
  CHECK(same_bits<TestType>(apply(TENURE_FUNCTION(exp), -infinity), 0));
  CHECK(same_bits<TestType>(apply(TENURE_FUNCTION(exp), std::log(Limits<TestType>::max()) + TestType(0.01)), infinity));
  CHECK(same_bits<TestType>(apply(TENURE_FUNCTION(expm1), infinity), infinity));
  CHECK(same_bits<TestType>(apply(TENURE_FUNCTION(expm1), -infinity), -1));
  CHECK(same_bits<TestType>(apply(TENURE_FUNCTION(log), infinity), infinity));
  CHECK(is_nan(apply(TENURE_FUNCTION(log), TestType(-1))));
  CHECK(is_nan(apply(TENURE_FUNCTION(log), -infinity)));
  CHECK(same_bits<TestType>(apply(TENURE_FUNCTION(log1p), infinity), infinity));
  CHECK(same_bits<TestType>(apply(TENURE_FUNCTION(log1p), TestType(-1)), -infinity));
  CHECK(is_nan(apply(TENURE_FUNCTION(log1p), TestType(-1.5))));
  CHECK(same_bits<TestType>(apply(TENURE_FUNCTION(tanh), infinity), 1));
  CHECK(same_bits<TestType>(apply(TENURE_FUNCTION(tanh), -infinity), -1));
  CHECK(same_bits<TestType>(apply(TENURE_FUNCTION(erf), -infinity), -1));
  CHECK(same_bits<TestType>(apply(TENURE_FUNCTION(sigmoid), infinity), 1));
  CHECK(same_bits<TestType>(apply(TENURE_FUNCTION(sigmoid), -infinity), 0));
  CHECK(same_bits<TestType>(apply(TENURE_FUNCTION(softplus), infinity), infinity));
  CHECK(same_bits<TestType>(apply(TENURE_FUNCTION(softplus), -infinity), 0));
  for (const TestType x : {not_a_number, -not_a_number}) {
    CHECK(is_nan(apply(TENURE_FUNCTION(exp), x)));
    CHECK(is_nan(apply(TENURE_FUNCTION(expm1), x)));
    CHECK(is_nan(apply(TENURE_FUNCTION(log), x)));
    CHECK(is_nan(apply(TENURE_FUNCTION(log1p), x)));
    CHECK(is_nan(apply(TENURE_FUNCTION(tanh), x)));
    CHECK(is_nan(apply(TENURE_FUNCTION(sigmoid), x)));
    CHECK(is_nan(apply(TENURE_FUNCTION(softplus), x)));
    CHECK(is_nan(apply(TENURE_FUNCTION(erf), x)));
  }
}
