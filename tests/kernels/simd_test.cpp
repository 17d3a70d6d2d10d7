#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <numeric>
#include <random>
#include <tenure/kernels/simd.hpp>
#include <vector>

using namespace tenure;

namespace {

template <class T>
using Lanes = std::vector<T>;

template <class T>
Lanes<T> lanes_of(simd::Batch<T> x) {
  Lanes<T> lanes(simd::lanes<T>);
  simd::store(lanes.data(), x);
  return lanes;
}

/// 1, 2, 3, …
template <class T>
Lanes<T> counted() {
  Lanes<T> lanes(simd::lanes<T>);
  std::iota(lanes.begin(), lanes.end(), T{1});
  return lanes;
}

template <class T>
simd::Batch<T> vector_of(const Lanes<T>& lanes) {
  return simd::load(lanes.data());
}

}  // namespace

TEST_CASE_TEMPLATE("a tail loads zeros beyond its end and stores nothing there", TestType, float, double) {
  const Index lanes = simd::lanes<TestType>;
  for (Index n = 1; n <= lanes; ++n) {
    const auto size = static_cast<std::size_t>(n);
    const std::vector<TestType> x(size, 7);  // exactly n: a sanitizer sees a read beyond
    const simd::Tail<TestType> tail(n);
    Lanes<TestType> expected(static_cast<std::size_t>(lanes), 0);
    std::fill_n(expected.begin(), n, TestType(7));
    CHECK(lanes_of(tail.load(x.data())) == expected);
    std::vector<TestType> y(size);
    tail.store(y.data(), simd::broadcast(TestType(7)));
    CHECK(y == x);
  }
}

TEST_CASE_TEMPLATE("transform covers every length and any number of inputs", TestType, float, double) {
  for (Index n = 0; n <= 70; ++n) {
    std::vector<TestType> x(static_cast<std::size_t>(n));
    std::iota(x.begin(), x.end(), TestType(0));
    std::vector<TestType> y(x.size()), expected(x.size());
    for (std::size_t i = 0; i < x.size(); ++i) expected[i] = 3 * x[i];
    simd::transform(
        n, y.data(), [](auto u, auto v) { return u + v + v; }, x.data(), x.data());
    CHECK(y == expected);
    simd::transform(n, y.data(), [] { return simd::broadcast(TestType(5)); });
    CHECK(y == std::vector<TestType>(x.size(), 5));
  }
}

TEST_CASE("division and square root of floats round correctly") {
  std::mt19937 random(5);
  std::uniform_real_distribution<float> exponent(-60, 60);
  int wrong = 0;
  for (int i = 0; i < 20'000; ++i) {
    const float a = std::exp2(exponent(random));
    const float b = std::exp2(exponent(random));
    const float quotient = lanes_of(simd::divide(simd::broadcast(a), simd::broadcast(b)))[0];
    const float root = lanes_of(simd::sqrt(simd::broadcast(a)))[0];
    // volatile: -ffast-math would make these the estimates that they are to expose.
    const volatile double exact_quotient = static_cast<double>(a) / static_cast<double>(b);
    const volatile double exact_root = std::sqrt(static_cast<double>(a));
    wrong += quotient != static_cast<float>(exact_quotient);
    wrong += root != static_cast<float>(exact_root);
  }
  CHECK(wrong == 0);
  CHECK(lanes_of(simd::sqrt(simd::broadcast(0.0F)))[0] == 0);
  CHECK(lanes_of(simd::divide(simd::broadcast(1.0F), simd::broadcast(std::numeric_limits<float>::infinity())))[0] == 0);
}

TEST_CASE_TEMPLATE("keep stops the merging of roundings", TestType, float, double) {
  const auto x = vector_of(counted<TestType>()) + simd::broadcast(TestType(0.25));
  const auto large = simd::broadcast(TestType(1.5) / std::numeric_limits<TestType>::epsilon());
  CHECK(lanes_of<TestType>(simd::keep(x + large) - large) == counted<TestType>());
}

TEST_CASE_TEMPLATE("lane operations mean what they say", TestType, float, double) {
  const Lanes<TestType> count = counted<TestType>();
  const auto x = vector_of(count);
  const auto two = simd::broadcast(TestType(2));
  const auto lanes = static_cast<TestType>(simd::lanes<TestType>);
  CHECK(simd::reduce_add(x) == lanes * (lanes + 1) / 2);
  CHECK(simd::reduce_max(x) == lanes);
  Lanes<TestType> product, difference, larger, smaller, selected;
  for (const TestType value : count) {
    product.push_back(value * value + 2);
    difference.push_back(2 - value * value);
    larger.push_back(std::max(value, TestType(2)));
    smaller.push_back(std::min(value, TestType(2)));
    selected.push_back(value > 2 ? value : TestType(2));
  }
  CHECK(lanes_of(simd::fma(x, x, two)) == product);
  CHECK(lanes_of(simd::fnma(x, x, two)) == difference);
  CHECK(lanes_of(simd::max(x, two)) == larger);
  CHECK(lanes_of(simd::min(x, two)) == smaller);
  CHECK(lanes_of(simd::select(x > two, x, two)) == selected);
  CHECK(lanes_of<TestType>(simd::abs(-x)) == count);
  CHECK(lanes_of(simd::bit_cast<TestType>(simd::bit_cast<simd::UnsignedOf<TestType>>(x))) == count);
}

TEST_CASE_TEMPLATE("a fused multiply-add rounds once", TestType, float, double) {
  // (1 + ε)² = 1 + 2ε + ε²: the last term is lost where the product is rounded.
  const TestType epsilon = std::numeric_limits<TestType>::epsilon();
  const auto x = simd::broadcast(1 + epsilon);
  const TestType rest = lanes_of(simd::fma(x, x, simd::broadcast(-(1 + 2 * epsilon))))[0];
  CHECK(rest == (simd::has_fma<simd::DefaultArch> ? epsilon * epsilon : TestType(0)));
}

#if defined(__SSE2__)
TEST_CASE_TEMPLATE("max and min give NaN where the second argument is", TestType, float, double) {
  const auto not_a_number = simd::broadcast(std::numeric_limits<TestType>::quiet_NaN());
  const auto one = simd::broadcast(TestType(1));
  CHECK(is_nan(lanes_of(simd::max(one, not_a_number))[0]));
  CHECK(lanes_of(simd::max(not_a_number, one))[0] == 1);
  CHECK(is_nan(lanes_of(simd::min(one, not_a_number))[0]));
  CHECK(lanes_of(simd::min(not_a_number, one))[0] == 1);
}
#endif
