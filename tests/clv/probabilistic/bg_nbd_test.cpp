#include "tenure/clv/probabilistic/bg_nbd.hpp"

#include "../../close.hpp"
#include "../../message.hpp"
#include "buyers.hpp"

using namespace tenure;
using clv::BgNbd, clv::Nbd;

TEST_CASE("BG/NBD gets back the parameters of simulated customers, and knows who is alive and what will come") {
  const std::vector<double> truth{0.8, 5, 0.9, 3};
  const test::Buyers buyers = test::simulate_buyers(2000, truth[0], truth[1], [&](Rng& rng) {
    return test::Leaving{.probability = draw_beta(truth[2], truth[3], rng)};
  });
  const clv::MaximumLikelihood fit = clv::fit_bg_nbd(buyers.summaries);
  test::check_recovered(fit, truth, 0.4);
  const BgNbd model = clv::bg_nbd(fit);
  test::check_mean(
      buyers, buyers.alive, [&](double x, double last, double age) { return model.probability_alive(x, last, age); },
      0.05);
  test::check_mean(
      buyers, buyers.further,
      [&](double x, double last, double age) { return model.expected_purchases(x, last, age, 13); }, 0.06);
}

TEST_CASE("customers who stay: BG/NBD is the NBD, and says that no drop-out can be told") {
  const test::Buyers buyers = test::regular_buyers();
  const clv::MaximumLikelihood nbd = clv::fit_nbd(buyers.summaries), fit = clv::fit_bg_nbd(buyers.summaries);
  CHECK(fit.converged);
  CHECK(fit.boundary.find("no drop-out can be told from these data: a → 0, b is not identified") == 0);
  CHECK(fit.log_likelihood == nbd.log_likelihood);
  CHECK(fit.parameters[0].standard_error > 0);
  CHECK(is_nan(fit.parameters[2].standard_error));
  const BgNbd model = clv::bg_nbd(fit);
  CHECK(model.probability_alive(3, 1, 30) == 1);
  CHECK(model.expected_purchases(3, 1, 30, 13) == clv::Nbd{model.r, model.alpha}.expected_purchases(3, 30, 13));
}

TEST_CASE("what is expected equals the published formula, for many purchases and for a = 1 too") {
  const BgNbd model{0.243, 4.414, 0.793, 2.426};
  // E[X(39) | x = 2, tₓ = 30.43, T = 38.86], the example of Fader and Hardie's note on BG/NBD in Excel: 1.226.
  CHECK(model.expected_purchases(2, 30.43, 38.86, 39) == doctest::Approx(1.226).epsilon(1e-3));
  const BgNbd likely{0.243, 4.414, 1, 2.426}, near{0.243, 4.414, 1.00001, 2.426};
  CHECK(likely.expected_purchases(2, 30, 38, 39) ==
        doctest::Approx(near.expected_purchases(2, 30, 38, 39)).epsilon(1e-4));
  CHECK(is_finite(model.expected_purchases(3000, 38, 38.86, 39)));
  const double of_many = BgNbd{0.5, 5, 500, 2000}.expected_purchases(0, 0, 0.5, 13);
  CHECK_UNARY(of_many > 0 && of_many < Nbd{0.5, 5}.expected_purchases(0, 0.5, 13));
  CHECK(model.probability_alive(0, 0, 38) == 1);
  CHECK(model.probability_alive(5, 5, 38) < model.probability_alive(5, 35, 38));
}

TEST_CASE("customers of whom nobody came back, and impossible ones, are refused") {
  clv::RfmSummary summaries;
  summaries.add(0, 0, 30, 0);
  test::check_throws<ValueError>([&] { clv::fit_bg_nbd(summaries); }, {"customers that came back", "none of 1"});
  test::check_throws<ValueError>([&] { summaries.add(1, 31, 30, 5); }, {"recency 31, T 30", "in row 1"});
  test::check_throws<ValueError>([] { clv::fit_nbd(clv::RfmSummary()); }, {"at least one customer"});
}
