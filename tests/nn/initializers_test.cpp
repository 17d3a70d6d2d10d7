#include "tenure/nn/initializers.hpp"

#include <doctest/doctest.h>

#include "../message.hpp"

using namespace tenure;

namespace {

double variance(const Tensor<double>& w) {
  double sum = 0;
  for (const double value : w) sum += value * value;
  return sum / static_cast<double>(w.size());
}

}  // namespace

TEST_CASE("initializers: each has the variance that its paper asks for") {
  Rng rng(1);
  Tensor<double> w({300, 200});
  glorot_uniform(w.view(), 300, 200, rng);
  CHECK(variance(w) == doctest::Approx(2.0 / 500).epsilon(0.02));
  glorot_normal(w.view(), 300, 200, rng);
  CHECK(variance(w) == doctest::Approx(2.0 / 500).epsilon(0.02));
  he_uniform(w.view(), 300, rng);
  CHECK(variance(w) == doctest::Approx(2.0 / 300).epsilon(0.02));
  he_normal(w.view(), 300, rng);
  CHECK(variance(w) == doctest::Approx(2.0 / 300).epsilon(0.02));
  uniform(w.view(), 0.5, rng);
  CHECK(variance(w) == doctest::Approx(1.0 / 12).epsilon(0.02));
}

TEST_CASE("initializers: an orthogonal matrix has orthonormal rows or columns, whichever are fewer") {
  Rng rng(2);
  for (const Shape& shape : {Shape{8, 32}, Shape{32, 8}, Shape{16, 16}}) {
    Tensor<double> w(shape);
    orthogonal(w.view(), rng);
    const bool by_rows = shape[0] <= shape[1];
    const Index count = std::min(shape[0], shape[1]), length = std::max(shape[0], shape[1]);
    for (Index i = 0; i < count; ++i) {
      for (Index j = 0; j <= i; ++j) {
        double product = 0;
        for (Index k = 0; k < length; ++k) product += by_rows ? w(i, k) * w(j, k) : w(k, i) * w(k, j);
        CHECK(std::abs(product - (i == j)) < 1e-12);
      }
    }
  }
  Tensor<double> vector({3});
  test::check_throws<ShapeError>([&] { orthogonal(vector.view(), rng); }, {"orthogonal", "a matrix", "(3)"});
}
