#include "tenure/clv/probabilistic/gamma_gamma.hpp"

#include "../../message.hpp"
#include "buyers.hpp"

using namespace tenure;

TEST_CASE("Gamma-Gamma gets back the parameters of simulated spends") {
  const std::vector<double> truth{6.25, 3.74, 15.44};
  Rng rng(5);
  clv::RfmSummary summaries;
  for (int c = 0; c < 3000; ++c) {
    const double x = static_cast<double>(rng.below(4));
    const double rate = draw_gamma(truth[1], truth[2], rng);
    summaries.add(x, x > 0, 30, x > 0 ? draw_gamma(truth[0] * x, rate * x, rng) : 0);
  }
  const clv::MaximumLikelihood fit = clv::fit_gamma_gamma(summaries);
  test::check_recovered(fit, truth, 0.2);
}

TEST_CASE("what a customer spends lies between its own mean and that of all, nearer to its own the more it bought") {
  const clv::GammaGamma model{6.25, 3.74, 15.44};
  const double all = model.expected_spend(0, 0);
  CHECK(all == doctest::Approx(6.25 * 15.44 / 2.74));
  CHECK(model.expected_spend(1, 100) < model.expected_spend(10, 100));
  CHECK(model.expected_spend(1, 100) > all);
  CHECK(model.expected_spend(1000, 100) == doctest::Approx(100).epsilon(0.01));
  CHECK(is_nan(clv::GammaGamma{6, 0.9, 15}.expected_spend(0, 0)));
}

TEST_CASE("fewer than two customers who came back are no population of spends") {
  clv::RfmSummary summaries;
  summaries.add(1, 1, 3, 10);
  summaries.add(0, 0, 3, 0);
  test::check_throws<ValueError>([&] { clv::fit_gamma_gamma(summaries); }, {"at least two customers", "got 1"});
}
