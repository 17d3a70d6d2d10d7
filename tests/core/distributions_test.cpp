#include "tenure/core/distributions.hpp"

#include <doctest/doctest.h>

using namespace tenure;

namespace {

/// Mean and variance of 200,000 draws.
template <class Draw>
std::pair<double, double> moments(Draw draw) {
  Rng rng(7);
  double sum = 0, squares = 0;
  constexpr int count = 200'000;
  for (int i = 0; i < count; ++i) {
    const double x = draw(rng);
    sum += x, squares += x * x;
  }
  const double mean = sum / count;
  return {mean, squares / count - mean * mean};
}

void check(std::pair<double, double> got, double mean, double variance) {
  CHECK(got.first == doctest::Approx(mean).epsilon(0.02));
  CHECK(got.second == doctest::Approx(variance).epsilon(0.04));
}

}  // namespace

TEST_CASE("draws have the means and variances of their distributions") {
  check(moments([](Rng& rng) { return draw_exponential(4, rng); }), 1.0 / 4, 1.0 / 16);
  check(moments([](Rng& rng) { return draw_gamma(3, 2, rng); }), 3.0 / 2, 3.0 / 4);
  check(moments([](Rng& rng) { return draw_gamma(0.4, 2, rng); }), 0.2, 0.1);  // by the boost of small shapes
  check(moments([](Rng& rng) { return draw_beta(2, 3, rng); }), 2.0 / 5, 1.0 / 25);
  check(moments([](Rng& rng) { return static_cast<double>(draw_geometric(1.5, rng)); }), 1.5, 1.5 * 2.5);
}
