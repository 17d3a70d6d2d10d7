#include "tenure/kernels/layer_norm.hpp"

#include <doctest/doctest.h>

#include "arrays.hpp"

using namespace tenure;
using tenure::test::convert;
using tenure::test::distance;
using tenure::test::random;

namespace {

template <class T>
struct Saved {
  std::vector<T> y, mean, inverse_deviation;
};

template <class T>
Saved<T> forward(Index rows, Index columns, const std::vector<T>& x, const std::vector<T>& gamma,
                 const std::vector<T>& beta) {
  Saved<T> saved{std::vector<T>(x.size()), std::vector<T>(static_cast<std::size_t>(rows)),
                 std::vector<T>(static_cast<std::size_t>(rows))};
  kernels::layer_norm(rows, columns, T(1e-5), x.data(), gamma.data(), beta.data(), saved.y.data(), saved.mean.data(),
                      saved.inverse_deviation.data());
  return saved;
}

}  // namespace

TEST_CASE_TEMPLATE("layer normalization and its gradients agree with the reference", T, float, double) {
  Rng rng(1);
  const Index rows = 7;  // a block of four rows and single ones
  for (const Index columns : {2, 8, 16, 31, 200}) {
    CAPTURE(columns);
    const std::vector<T> x = random<T>(rows * columns, rng);
    const std::vector<T> gamma = random<T>(columns, rng);
    const std::vector<T> beta = random<T>(columns, rng);
    const Saved<T> saved = forward(rows, columns, x, gamma, beta);
    Saved<T> expected = saved;
    kernels::reference::layer_norm(rows, columns, T(1e-5), x.data(), gamma.data(), beta.data(), expected.y.data(),
                                   expected.mean.data(), expected.inverse_deviation.data());
    CHECK(distance(saved.y, expected.y) < 300);
    CHECK(distance(saved.mean, expected.mean) < 10);

    const std::vector<T> dy = random<T>(rows * columns, rng);
    std::vector<T> dx = x, dgamma = gamma, dbeta = beta;
    std::vector<T> dx_expected = x, dgamma_expected = gamma, dbeta_expected = beta;
    kernels::layer_norm_backward(rows, columns, x.data(), gamma.data(), saved.mean.data(),
                                 saved.inverse_deviation.data(), dy.data(), dx.data(), dgamma.data(), dbeta.data());
    kernels::reference::layer_norm_backward(rows, columns, x.data(), gamma.data(), saved.mean.data(),
                                            saved.inverse_deviation.data(), dy.data(), dx_expected.data(),
                                            dgamma_expected.data(), dbeta_expected.data());
    const double scale = *std::max_element(saved.inverse_deviation.begin(), saved.inverse_deviation.end());
    CHECK(distance(dx, dx_expected) < 100 * scale);
    CHECK(distance(dgamma, dgamma_expected) < 100);
    CHECK(distance(dbeta, dbeta_expected) < 100);

    std::vector<T> from_zeros(x.size()), fresh = x;
    for (const bool add : {true, false}) {
      kernels::layer_norm_backward(rows, columns, x.data(), gamma.data(), saved.mean.data(),
                                   saved.inverse_deviation.data(), dy.data(), (add ? from_zeros : fresh).data(),
                                   dgamma.data(), dbeta.data(), add);
    }
    CHECK(fresh == from_zeros);
  }
}

TEST_CASE("gradients of layer normalization agree with finite differences") {
  Rng rng(2);
  const Index rows = 5;
  const Index columns = 9;
  std::vector<double> x = random<double>(rows * columns, rng);
  std::vector<double> gamma = random<double>(columns, rng);
  std::vector<double> beta = random<double>(columns, rng);
  const std::vector<double> dy = random<double>(rows * columns, rng);  // a plain sum would have no gradient at all
  const auto value = [&] {
    const Saved<double> saved = forward(rows, columns, x, gamma, beta);
    double sum = 0;
    for (std::size_t i = 0; i < dy.size(); ++i) sum += dy[i] * saved.y[i];
    return sum;
  };
  const Saved<double> saved = forward(rows, columns, x, gamma, beta);
  std::vector<double> dx(x.size(), 0.0), dgamma(gamma.size(), 0.0), dbeta(beta.size(), 0.0);
  kernels::layer_norm_backward(rows, columns, x.data(), gamma.data(), saved.mean.data(), saved.inverse_deviation.data(),
                               dy.data(), dx.data(), dgamma.data(), dbeta.data());
  const auto check = [&](std::vector<double>& parameter, const std::vector<double>& gradient) {
    std::vector<double> expected;
    const double step = 1e-5;
    for (double& entry : parameter) {
      const double middle = entry;
      entry = middle + step;
      const double above = value();
      entry = middle - step;
      expected.push_back((above - value()) / (2 * step));
      entry = middle;
    }
    CHECK(distance(gradient, expected) * std::numeric_limits<double>::epsilon() < 1e-7);
  };
  check(x, dx);
  check(gamma, dgamma);
  check(beta, dbeta);
}

TEST_CASE("a mean ten thousand times the deviation leaves floats right to a thousandth") {
  Rng rng(3);
  const Index columns = 257;
  std::vector<float> x(static_cast<std::size_t>(columns));
  for (float& value : x) value = static_cast<float>(rng.normal(1e4, 1));
  const std::vector<float> gamma(x.size(), 1.0f), beta(x.size(), 0.0f);
  const Saved<float> saved = forward(1, columns, x, gamma, beta);
  const Saved<double> expected = forward(1, columns, convert<double>(x), convert<double>(gamma), convert<double>(beta));
  CHECK(distance(saved.y, expected.y) * std::numeric_limits<float>::epsilon() < 1e-3);
}

TEST_CASE_TEMPLATE("a constant row is normalized to beta", T, float, double) {
  const std::vector<T> x(19, T(123.456)), gamma(19, T(2)), beta(19, T(-1));
  const Saved<T> saved = forward(1, 19, x, gamma, beta);
  CHECK(distance(saved.y, beta) * double(std::numeric_limits<T>::epsilon()) < 0.01);
}
