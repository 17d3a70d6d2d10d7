#include "tenure/clv/probabilistic/likelihood_fits.hpp"

#include <doctest/doctest.h>

#include "tenure/clv/transactions/simulate.hpp"

using namespace tenure;

TEST_CASE("the three models are fitted to the same customers, and those that did not converge are named") {
  Rng rng(3);
  const clv::Transactions shop = clv::simulate_shop({.customers = 120}, rng).transactions;
  const clv::RfmSummary summaries = clv::rfm_summary(clv::Calibration(shop, parse_date("2023-07-01", "test")));
  const clv::LikelihoodFits fits(summaries);
  CHECK(fits.not_converged().empty());
  CHECK(fits.to_string().starts_with("bg_nbd: r = "));
  CHECK(fits.to_string().find("\ngamma_gamma: p = ") != std::string::npos);
  CHECK(fits.bg_nbd.log_likelihood == clv::fit_bg_nbd(summaries).log_likelihood);
  const auto spend = clv::expected_spend(clv::bg_nbd(fits.bg_nbd), clv::gamma_gamma(fits.gamma_gamma), summaries, 13);
  REQUIRE(spend.size() == summaries.size());
  for (const double expected : spend) CHECK_UNARY(is_finite(expected) && expected >= 0);
  const clv::LikelihoodFits stopped(summaries, {.steps = 1});
  CHECK(stopped.not_converged() == "bg_nbd, pareto_nbd, gamma_gamma");
  CHECK(stopped.to_string().find(", not converged\n") != std::string::npos);
}
