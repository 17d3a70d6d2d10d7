#include "tenure/kernels/softmax.hpp"

#include <doctest/doctest.h>

#include "arrays.hpp"

using namespace tenure;
using tenure::test::convert;
using tenure::test::distance;
using tenure::test::is_finite;
using tenure::test::random;

namespace {

constexpr Index widths[] = {1, 3, 8, 16, 17, 33, 100};
constexpr Index rows = 5;

}  // namespace

TEST_CASE_TEMPLATE("softmax agrees with the reference, scaled and masked", T, float, double) {
  Rng rng(1);
  for (const Index columns : widths) {
    CAPTURE(columns);
    const std::vector<T> x = random<T>(rows * columns, rng, -20, 20);
    const std::vector<T> mask = random<T>(rows * columns, rng, -3, 3);
    for (const kernels::SoftmaxOptions<T>& options :
         {kernels::SoftmaxOptions<T>{}, kernels::SoftmaxOptions<T>{T(0.125), mask.data(), 0},
          kernels::SoftmaxOptions<T>{T(2), mask.data(), columns}}) {
      std::vector<T> y = x;
      std::vector<T> expected = x;
      kernels::softmax(rows, columns, y.data(), y.data(), options);
      kernels::reference::softmax(rows, columns, x.data(), expected.data(), options);
      CHECK(distance(y, expected) < 60);  // an ulp of 2 · 20 in the exponent
    }
    std::vector<T> y(x.size());
    std::vector<T> expected(x.size());
    kernels::log_softmax(rows, columns, x.data(), y.data());
    kernels::reference::log_softmax(rows, columns, x.data(), expected.data());
    CHECK(distance(y, expected) < 60);
  }
}

TEST_CASE_TEMPLATE("gradients of softmax agree with the reference", T, float, double) {
  Rng rng(2);
  for (const Index columns : widths) {
    CAPTURE(columns);
    std::vector<T> y = random<T>(rows * columns, rng, -2, 0);
    const std::vector<T> dy = random<T>(rows * columns, rng);
    std::vector<T> dx = random<T>(rows * columns, rng);
    std::vector<T> expected = dx;
    kernels::softmax_backward(rows, columns, T(0.5), y.data(), dy.data(), dx.data());
    kernels::reference::softmax_backward(rows, columns, T(0.5), y.data(), dy.data(), expected.data());
    CHECK(distance(dx, expected) < 200);
    kernels::log_softmax_backward(rows, columns, y.data(), dy.data(), dx.data());
    kernels::reference::log_softmax_backward(rows, columns, y.data(), dy.data(), expected.data());
    CHECK(distance(dx, expected) < 400);
  }
}

TEST_CASE("gradients of softmax agree with finite differences") {
  Rng rng(3);
  const Index columns = 11;
  std::vector<double> x = random<double>(columns, rng, -2, 2);
  const std::vector<double> dy = random<double>(columns, rng);
  const kernels::SoftmaxOptions<double> options{.scale = 0.7};
  const auto value = [&](bool logarithm) {
    std::vector<double> y(x.size());
    logarithm ? kernels::log_softmax(1, columns, x.data(), y.data())
              : kernels::softmax(1, columns, x.data(), y.data(), options);
    double sum = 0;
    for (std::size_t i = 0; i < y.size(); ++i) sum += dy[i] * y[i];
    return sum;
  };
  for (const bool logarithm : {false, true}) {
    std::vector<double> y(x.size());
    std::vector<double> dx(x.size(), 0.0);
    std::vector<double> expected(x.size());
    if (logarithm) {
      kernels::log_softmax(1, columns, x.data(), y.data());
      kernels::log_softmax_backward(1, columns, y.data(), dy.data(), dx.data());
    } else {
      kernels::softmax(1, columns, x.data(), y.data(), options);
      kernels::softmax_backward(1, columns, options.scale, y.data(), dy.data(), dx.data());
    }
    const double step = 1e-5;
    for (std::size_t i = 0; i < x.size(); ++i) {
      const double middle = x[i];
      x[i] = middle + step;
      const double above = value(logarithm);
      x[i] = middle - step;
      expected[i] = (above - value(logarithm)) / (2 * step);
      x[i] = middle;
    }
    CHECK(distance(dx, expected) * std::numeric_limits<double>::epsilon() < 1e-9);
  }
}

TEST_CASE_TEMPLATE("softmax is stable: large entries, masked entries, rows with nothing left", T, float, double) {
  const T infinity = std::numeric_limits<T>::infinity();
  const std::vector<T> x = {1000, 1000, -1000, 1000};
  const std::vector<T> mask = {0,         0,         0,         0,           // row 0
                               0,         -infinity, 0,         -infinity,   // row 1
                               -infinity, -infinity, -infinity, -infinity};  // row 2
  const std::vector<T> repeated = {1000, 1000, -1000, 1000, 1000, 1000, -1000, 1000, 1000, 1000, -1000, 1000};
  std::vector<T> y(12);
  kernels::softmax(3, 4, repeated.data(), y.data(), kernels::SoftmaxOptions<T>{.mask = mask.data(), .mask_stride = 4});
  const std::vector<double> expected = {1. / 3, 1. / 3, 0, 1. / 3, 1, 0, 0, 0, 0, 0, 0, 0};
  CHECK(distance(y, expected) < 2);

  kernels::log_softmax(1, 4, x.data(), y.data());
  CHECK(y[0] == doctest::Approx(-std::log(3.0)));
  CHECK(y[2] == doctest::Approx(-2000 - std::log(3.0)));
  kernels::log_softmax(1, 4, mask.data() + 8, y.data());
  CHECK(!is_finite(static_cast<double>(y[0])));
}
