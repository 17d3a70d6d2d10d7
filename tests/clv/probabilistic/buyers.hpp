/// Customers who buy as the probabilistic models suppose, and checks of what is fitted to them.
#pragma once

#include <doctest/doctest.h>

#include <functional>

#include "tenure/clv/features/rfm_summary.hpp"
#include "tenure/clv/probabilistic/maximum_likelihood.hpp"
#include "tenure/core/distributions.hpp"

namespace tenure::test {

struct Buyers {
  clv::RfmSummary summaries;
  std::vector<double> alive;    // at the cut-off: 1 or 0
  std::vector<double> further;  // purchases in the 13 weeks after it
};

/// When a customer leaves: at a time of its own, or after a purchase.
struct Leaving {
  double time = std::numeric_limits<double>::infinity();
  double probability = 0;  // after each repeat purchase
};

/// Customers seen for 20 to 40 weeks, with rates ~ Gamma(r, alpha).
inline Buyers simulate_buyers(int count, double r, double alpha, const std::function<Leaving(Rng&)>& leaving) {
  Rng rng(11);
  Buyers buyers;
  for (int c = 0; c < count; ++c) {
    const double age = std::floor(rng.uniform(20, 40)), rate = draw_gamma(r, alpha, rng);
    Leaving leaves = leaving(rng);
    double x = 0, last = 0, further = 0;
    for (double time = draw_exponential(rate, rng); time < std::min(leaves.time, age + 13);
         time += draw_exponential(rate, rng)) {
      if (time <= age) ++x, last = time;
      further += time > age;
      if (rng.uniform() < leaves.probability) leaves.time = time;
    }
    buyers.summaries.add(x, last, age, 0);
    buyers.alive.push_back(leaves.time > age);
    buyers.further.push_back(further);
  }
  return buyers;
}

/// Customers who stay, the last purchase of each being later than chance would have it.
inline Buyers regular_buyers() {
  Buyers buyers = simulate_buyers(800, 0.8, 5, [](Rng&) { return Leaving{}; });
  for (std::size_t i = 0; i < buyers.summaries.size(); ++i) {
    if (buyers.summaries.frequency[i] > 0) buyers.summaries.recency[i] = 0.99 * buyers.summaries.T[i];
  }
  return buyers;
}

/// Within three standard errors, which are not large themselves.
inline void check_recovered(const clv::MaximumLikelihood& fit, const std::vector<double>& truth, double relative) {
  REQUIRE(fit.converged);
  CHECK(fit.boundary.empty());
  for (std::size_t i = 0; i < truth.size(); ++i) {
    const clv::Estimated& one = fit.parameters[i];
    INFO(one.name, " = ", one.value, " (", one.standard_error, "), truth ", truth[i]);
    CHECK(std::abs(one.value - truth[i]) < 3 * one.standard_error);
    CHECK(one.standard_error < relative * truth[i]);
  }
}

/// That the mean of what a model expects of each customer is that of what came, within a few per cent.
template <class Expected>
void check_mean(const Buyers& buyers, const std::vector<double>& truth, Expected expected, double tolerance) {
  double sum = 0, came = 0;
  for (std::size_t i = 0; i < truth.size(); ++i) {
    const auto& s = buyers.summaries;
    sum += expected(s.frequency[i], s.recency[i], s.T[i]), came += truth[i];
  }
  INFO("expected ", sum, ", came ", came);
  CHECK(std::abs(sum / came - 1) < tolerance);
}

}  // namespace tenure::test
