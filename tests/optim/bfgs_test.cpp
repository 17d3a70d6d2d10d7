#include "tenure/optim/bfgs.hpp"

#include <doctest/doctest.h>

#include <limits>

using namespace tenure;

namespace {

/// (1 − x)² + 100 (y − x²)², whose minimum is at (1, 1) in a bent valley.
constexpr auto rosenbrock = [](const std::vector<double>& x, std::vector<double>& gradient) {
  const double off = x[1] - x[0] * x[0];
  gradient = {-2 * (1 - x[0]) - 400 * x[0] * off, 200 * off};
  return (1 - x[0]) * (1 - x[0]) + 100 * off * off;
};

}  // namespace

TEST_CASE("BFGS finds the minimum at the end of Rosenbrock's valley") {
  Bfgs search(rosenbrock, {-1.2, 1}, {-10, -10}, {10, 10});
  CHECK(search.run());
  CHECK(search.at()[0] == doctest::Approx(1));
  CHECK(search.at()[1] == doctest::Approx(1));
  CHECK(search.value() < 1e-10);
  CHECK(search.steps() < 60);
  CHECK_FALSE(search.at_end(0));
}

TEST_CASE("numbers stop at their bounds, where the others go on to what is best there") {
  Bfgs search(rosenbrock, {-1.2, 1}, {-10, -10}, {0.5, 10});
  CHECK(search.run());
  CHECK(search.at()[0] == 0.5);
  CHECK(search.at_end(0));
  CHECK(search.at()[1] == doctest::Approx(0.25));
}

TEST_CASE("too few steps are no minimum, and what is not finite is no start") {
  Bfgs search(rosenbrock, {-1.2, 1}, {-10, -10}, {10, 10});
  const double before = search.value();
  CHECK_FALSE(search.run({.steps = 1}));
  CHECK(search.value() < before);
  const auto nowhere = [](const std::vector<double>& x, std::vector<double>& gradient) {
    gradient = x;
    return std::numeric_limits<double>::quiet_NaN();
  };
  CHECK_FALSE(Bfgs(nowhere, {1}, {0}, {2}).run());
}
