#include "tenure/clv/probabilistic/pareto_nbd.hpp"

#include "buyers.hpp"

using namespace tenure;
using clv::ParetoNbd;

TEST_CASE("Pareto/NBD gets back the parameters of simulated customers, and knows who is alive and what will come") {
  for (const std::vector<double>& truth : {std::vector<double>{0.9, 6, 0.7, 12}, {0.9, 12, 0.7, 6}}) {
    const test::Buyers buyers = test::simulate_buyers(2000, truth[0], truth[1], [&](Rng& rng) {
      return test::Leaving{.time = draw_exponential(draw_gamma(truth[2], truth[3], rng), rng)};
    });
    const clv::MaximumLikelihood fit = clv::fit_pareto_nbd(buyers.summaries);
    test::check_recovered(fit, truth, 1);
    const ParetoNbd model = clv::pareto_nbd(fit);
    test::check_mean(
        buyers, buyers.alive, [&](double x, double last, double age) { return model.probability_alive(x, last, age); },
        0.06);
    test::check_mean(
        buyers, buyers.further,
        [&](double x, double last, double age) { return model.expected_purchases(x, last, age, 13); }, 0.06);
  }
}

TEST_CASE("customers who stay: Pareto/NBD is the NBD, and says that no drop-out can be told") {
  const test::Buyers buyers = test::regular_buyers();
  const clv::MaximumLikelihood fit = clv::fit_pareto_nbd(buyers.summaries);
  CHECK(fit.converged);
  CHECK(fit.boundary.find("s → 0, beta is not identified") != std::string::npos);
  CHECK(clv::pareto_nbd(fit).probability_alive(3, 1, 30) == 1);
}

TEST_CASE("P(alive) is that of the integral over when a customer left") {
  const ParetoNbd model{0.553, 10.578, 0.606, 11.669};
  const double x = 2, last = 30.43, age = 38.86;
  // Died at t: density s β^s (β + t)^−(s + 1), purchases up to then (α + t)^−(r + x).
  double left = 0;
  constexpr int steps = 20000;
  for (int i = 0; i < steps; ++i) {
    const double t = last + (i + 0.5) * (age - last) / steps;
    left += model.s * std::pow(model.beta + t, -model.s - 1) * std::pow(model.alpha + t, -model.r - x);
  }
  left *= (age - last) / steps;
  const double alive = std::pow(model.alpha + age, -model.r - x) * std::pow(model.beta + age, -model.s);
  CHECK(model.probability_alive(x, last, age) == doctest::Approx(alive / (alive + left)).epsilon(1e-7));
  CHECK(model.probability_alive(x, age, age) == 1);
  const ParetoNbd one{0.5, 10, 1, 12}, near{0.5, 10, 1 + 1e-7, 12};
  CHECK(one.expected_purchases(2, 3, 30, 13) == doctest::Approx(near.expected_purchases(2, 3, 30, 13)));
}
