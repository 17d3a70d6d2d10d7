#include "tenure/kernels/elementwise.hpp"

#include <doctest/doctest.h>

#include <array>

#include "arrays.hpp"

using namespace tenure;

namespace {

template <class T>
using Unary = void (*)(Index, const T*, T*);
template <class T>
using Binary = void (*)(Index, const T*, const T*, T*);

/// Largest error, in epsilons of 1 + the expected size, of f against its definition over lengths 1 to 70, also in
/// place.
template <class T>
double error(Unary<T> f, Unary<T> definition, double low, double high) {
  Rng rng(1);
  double largest = 0;
  for (Index n = 1; n <= 70; ++n) {
    const std::vector<T> x = test::random<T>(n, rng, low, high);
    std::vector<T> y(x.size() + 1, T{7});
    std::vector<T> expected = y;
    f(n, x.data(), y.data());
    definition(n, x.data(), expected.data());
    std::vector<T> in_place = x;
    f(n, in_place.data(), in_place.data());
    in_place.push_back(T{7});  // what lies behind is left alone
    largest = std::max({largest, test::largest_difference(y, expected), test::largest_difference(in_place, expected)});
  }
  return largest / static_cast<double>(std::numeric_limits<T>::epsilon());
}

template <class T>
double error(Binary<T> f, Binary<T> definition, double low, double high) {
  Rng rng(2);
  double largest = 0;
  for (Index n = 1; n <= 70; ++n) {
    const std::vector<T> a = test::random<T>(n, rng, low, high);
    const std::vector<T> b = test::random<T>(n, rng, low, high);
    std::vector<T> y = test::random<T>(n + 1, rng, low, high);
    std::vector<T> expected = y;
    f(n, a.data(), b.data(), y.data());
    definition(n, a.data(), b.data(), expected.data());
    largest = std::max(largest, test::largest_difference(y, expected));
  }
  return largest / static_cast<double>(std::numeric_limits<T>::epsilon());
}

}  // namespace

TEST_CASE_TEMPLATE("element-wise functions equal their definitions, ragged ends and in place", T, float, double) {
  using A = simd::DefaultArch;
  namespace r = kernels::reference;
  CHECK(error<T>(Unary<T>(kernels::exp<A, T>), Unary<T>(r::exp<T>), -5, 5) < 8);
  CHECK(error<T>(Unary<T>(kernels::log<A, T>), Unary<T>(r::log<T>), 0.01, 9) < 8);
  CHECK(error<T>(Unary<T>(kernels::square<A, T>), Unary<T>(r::square<T>), -5, 5) < 8);
  CHECK(error<T>(Unary<T>(kernels::sqrt<A, T>), Unary<T>(r::sqrt<T>), 0, 9) < 8);
  CHECK(error<T>(Unary<T>(kernels::abs<A, T>), Unary<T>(r::abs<T>), -5, 5) < 8);
  CHECK(error<T>(Unary<T>(kernels::tanh<A, T>), Unary<T>(r::tanh<T>), -5, 5) < 8);
  CHECK(error<T>(Unary<T>(kernels::sigmoid<A, T>), Unary<T>(r::sigmoid<T>), -9, 9) < 8);
  CHECK(error<T>(Unary<T>(kernels::softplus<A, T>), Unary<T>(r::softplus<T>), -9, 9) < 8);
  CHECK(error<T>(Unary<T>(kernels::relu<A, T>), Unary<T>(r::relu<T>), -5, 5) < 8);
  CHECK(error<T>(Unary<T>(kernels::gelu<A, T>), Unary<T>(r::gelu<T>), -5, 5) < 8);
  CHECK(error<T>(Unary<T>(kernels::gelu_tanh<A, T>), Unary<T>(r::gelu_tanh<T>), -5, 5) < 8);
}

TEST_CASE_TEMPLATE("element-wise arithmetic equals its definition", T, float, double) {
  using A = simd::DefaultArch;
  namespace r = kernels::reference;
  CHECK(error<T>(Binary<T>(kernels::add<A, T>), Binary<T>(r::add<T>), 0.5, 3) < 4);
  CHECK(error<T>(Binary<T>(kernels::subtract<A, T>), Binary<T>(r::subtract<T>), 0.5, 3) < 4);
  CHECK(error<T>(Binary<T>(kernels::multiply<A, T>), Binary<T>(r::multiply<T>), 0.5, 3) < 4);
  CHECK(error<T>(Binary<T>(kernels::divide<A, T>), Binary<T>(r::divide<T>), 0.5, 3) < 4);
  CHECK(error<T>(Binary<T>(kernels::multiply_add<A, T>), Binary<T>(r::multiply_add<T>), 0.5, 3) < 4);
  Rng rng(3);
  for (const Index n : {1, 7, 16, 33, 70}) {
    const std::vector<T> x = test::random<T>(n, rng);
    std::vector<T> y = test::random<T>(n, rng);
    std::vector<T> expected = y;
    kernels::axpy(n, T(0.3), x.data(), y.data());
    r::axpy(n, T(0.3), x.data(), expected.data());
    CHECK(test::distance(y, expected) < 2);
    kernels::scale(n, T(-2), x.data(), y.data());
    r::scale(n, T(-2), x.data(), expected.data());
    CHECK(y == expected);
    kernels::fill(n, T(5), y.data());
    r::fill(n, T(5), expected.data());
    CHECK(y == expected);
  }
}

TEST_CASE_TEMPLATE("element-wise derivatives equal their definitions and are added", T, float, double) {
  using A = simd::DefaultArch;
  namespace r = kernels::reference;
  CHECK(error<T>(Binary<T>(kernels::exp_backward<A, T>), Binary<T>(r::exp_backward<T>), 0.1, 5) < 16);
  CHECK(error<T>(Binary<T>(kernels::log_backward<A, T>), Binary<T>(r::log_backward<T>), 0.5, 9) < 16);
  CHECK(error<T>(Binary<T>(kernels::square_backward<A, T>), Binary<T>(r::square_backward<T>), -5, 5) < 16);
  CHECK(error<T>(Binary<T>(kernels::sqrt_backward<A, T>), Binary<T>(r::sqrt_backward<T>), 0.5, 3) < 16);
  CHECK(error<T>(Binary<T>(kernels::abs_backward<A, T>), Binary<T>(r::abs_backward<T>), -5, 5) < 16);
  CHECK(error<T>(Binary<T>(kernels::tanh_backward<A, T>), Binary<T>(r::tanh_backward<T>), -1, 1) < 16);
  CHECK(error<T>(Binary<T>(kernels::sigmoid_backward<A, T>), Binary<T>(r::sigmoid_backward<T>), 0, 1) < 16);
  CHECK(error<T>(Binary<T>(kernels::softplus_backward<A, T>), Binary<T>(r::softplus_backward<T>), -9, 9) < 16);
  CHECK(error<T>(Binary<T>(kernels::relu_backward<A, T>), Binary<T>(r::relu_backward<T>), -5, 5) < 16);
  CHECK(error<T>(Binary<T>(kernels::gelu_backward<A, T>), Binary<T>(r::gelu_backward<T>), -5, 5) < 16);
  // Further out 1 − tanh² cancels, in the definition as well.
  CHECK(error<T>(Binary<T>(kernels::gelu_tanh_backward<A, T>), Binary<T>(r::gelu_tanh_backward<T>), -2, 2) < 16);
}

TEST_CASE("the derivative's definitions are the derivatives of the functions") {
  namespace r = kernels::reference;
  struct Pair {
    double (*f)(double);
    double (*slope)(double);
    bool of_output;
    double low, high;
  };
  const Pair pairs[] = {
      {r::exp<double>, r::exp_slope<double>, true, -2, 2},
      {r::log<double>, r::log_slope<double>, false, 0.5, 3},
      {r::square<double>, r::square_slope<double>, false, -2, 2},
      {r::sqrt<double>, r::sqrt_slope<double>, true, 0.5, 3},
      {r::abs<double>, r::abs_slope<double>, false, 0.1, 2},
      {r::abs<double>, r::abs_slope<double>, false, -2, -0.1},
      {r::tanh<double>, r::tanh_slope<double>, true, -2, 2},
      {r::sigmoid<double>, r::sigmoid_slope<double>, true, -2, 2},
      {r::softplus<double>, r::softplus_slope<double>, false, -2, 2},
      {r::relu<double>, r::relu_slope<double>, true, 0.1, 2},
      {r::relu<double>, r::relu_slope<double>, true, -2, -0.1},
      {r::gelu<double>, r::gelu_slope<double>, false, -3, 3},
      {r::gelu_tanh<double>, r::gelu_tanh_slope<double>, false, -3, 3},
  };
  Rng rng(4);
  for (const Pair& pair : pairs) {
    double largest = 0;
    for (int i = 0; i < 100; ++i) {
      const double x = rng.uniform(pair.low, pair.high);
      const double numeric = (pair.f(x + 1e-6) - pair.f(x - 1e-6)) / 2e-6;
      largest = std::max(largest, std::abs(numeric - pair.slope(pair.of_output ? pair.f(x) : x)));
    }
    CHECK(largest < 1e-8);
  }
}
