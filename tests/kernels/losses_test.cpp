#include "tenure/kernels/losses.hpp"

#include <doctest/doctest.h>

#include "arrays.hpp"

using namespace tenure;
using tenure::test::convert;
using tenure::test::distance;
using tenure::test::random;

namespace {

/// One loss as a pair of functions; the reference's pair beside it.
template <class T>
struct Loss {
  T (*forward)(Index n, const T* x, const T* target);
  T (*expected)(Index n, const T* x, const T* target);
  void (*backward)(Index n, T scale, const T* x, const T* target, T* dx);
  void (*expected_backward)(Index n, T scale, const T* x, const T* target, T* dx);
};

template <class T>
constexpr T delta = T(0.5);

template <class T>
const Loss<T> losses[] = {
    {kernels::mean_squared_error, kernels::reference::mean_squared_error, kernels::mean_squared_error_backward,
     kernels::reference::mean_squared_error_backward},
    {kernels::mean_absolute_error, kernels::reference::mean_absolute_error, kernels::mean_absolute_error_backward,
     kernels::reference::mean_absolute_error_backward},
    {kernels::binary_cross_entropy, kernels::reference::binary_cross_entropy, kernels::binary_cross_entropy_backward,
     kernels::reference::binary_cross_entropy_backward},
    {[](Index n, const T* x, const T* target) { return kernels::huber(n, delta<T>, x, target); },
     [](Index n, const T* x, const T* target) { return kernels::reference::huber(n, delta<T>, x, target); },
     [](Index n, T scale, const T* x, const T* target, T* dx) {
       kernels::huber_backward(n, delta<T>, scale, x, target, dx);
     },
     [](Index n, T scale, const T* x, const T* target, T* dx) {
       kernels::reference::huber_backward(n, delta<T>, scale, x, target, dx);
     }}};

}  // namespace

TEST_CASE_TEMPLATE("losses and their gradients agree with the reference", T, float, double) {
  Rng rng(1);
  for (const Loss<T>& loss : losses<T>) {
    for (const Index n : {1, 8, 16, 100, 3000}) {
      CAPTURE(n);
      std::vector<T> x = random<T>(n, rng, -4, 4);
      const std::vector<T> target = random<T>(n, rng, 0, 1);
      x[0] = target[0];  // where the absolute error has its corner
      const std::vector<T> y = {loss.forward(n, x.data(), target.data())};
      const std::vector<T> expected = {loss.expected(n, x.data(), target.data())};
      CHECK(distance(y, expected) < 20 + 0.1 * static_cast<double>(n));  // the reference adds one by one

      std::vector<T> dx = x, dx_expected = x;
      loss.backward(n, T(0.5), x.data(), target.data(), dx.data());
      loss.expected_backward(n, T(0.5), x.data(), target.data(), dx_expected.data());
      CHECK(distance(dx, dx_expected) < 10);
    }
  }
}

TEST_CASE("gradients of losses agree with finite differences") {
  Rng rng(2);
  const Index n = 21;
  const double step = 1e-6;
  for (const Loss<double>& loss : losses<double>) {
    std::vector<double> x = random<double>(n, rng, -4, 4);
    const std::vector<double> target = random<double>(n, rng, 0, 1);
    std::vector<double> dx(x.size(), 0.0), expected(x.size());
    loss.backward(n, 1.0 / static_cast<double>(n), x.data(), target.data(), dx.data());
    for (std::size_t i = 0; i < x.size(); ++i) {
      const double middle = x[i];
      x[i] = middle + step;
      const double above = loss.forward(n, x.data(), target.data());
      x[i] = middle - step;
      expected[i] = (above - loss.forward(n, x.data(), target.data())) / (2 * step);
      x[i] = middle;
    }
    CHECK(distance(dx, expected) * std::numeric_limits<double>::epsilon() < 1e-7);
  }
}

TEST_CASE("losses of a million floats are as good as a float") {
  Rng rng(3);
  const Index n = 1'000'001;
  const std::vector<float> x = random<float>(n, rng, -4, 4), target = random<float>(n, rng, 0, 1);
  const std::vector<double> x_wide = convert<double>(x), target_wide = convert<double>(target);
  for (std::size_t i = 0; i < 4; ++i) {
    const double y = static_cast<double>(losses<float>[i].forward(n, x.data(), target.data()));
    const double expected = losses<double>[i].expected(n, x_wide.data(), target_wide.data());
    CHECK(y == doctest::Approx(expected).epsilon(1e-6));
  }
}

TEST_CASE("binary cross-entropy of extreme logits is finite, and small where the logit is right") {
  const float x[] = {-1000, 1000, 30, -30};
  const float target[] = {0, 1, 1, 0};
  CHECK(kernels::binary_cross_entropy(4, x, target) == doctest::Approx(std::exp(-30.0) / 2).epsilon(1e-5));
  CHECK(kernels::binary_cross_entropy(1, x, target + 1) == doctest::Approx(1000));
}
