/// What customers spend on a purchase: Gamma-Gamma (Fader and Hardie, "The Gamma-Gamma model of monetary value", 2013).
///
///   purchases of a customer ~ Gamma(p, ν), ν ~ Gamma(q, γ); of m, the mean of x purchases:
///   L = Γ(p·x + q) / (Γ(p·x) Γ(q)) · γ^q m^(p·x − 1) x^(p·x) / (γ + m·x)^(p·x + q)
///
///   E[spend | m, x] = p (γ + m·x) / (p·x + q − 1)
#pragma once

#include "../../core/range.hpp"
#include "../../ops/reduce.hpp"
#include "../features/rfm_summary.hpp"
#include "maximum_likelihood.hpp"

TENURE_NO_CONTRACTION
namespace tenure { inline namespace TENURE_ABI { namespace clv {

struct GammaGamma {
  double p, q, gamma;

  static void state(auto& self, auto&& f) {
    f("p", self.p);
    f("q", self.q);
    f("gamma", self.gamma);
  }
  /// Of what was read. @throws ValueError
  [[gnu::cold]] void check_state() const {
    constexpr double largest = (std::numeric_limits<double>::max)();
    check_range("p", p, 0.0, largest);
    check_range("q", q, 0.0, largest);
    check_range("gamma", gamma, 0.0, largest);
  }

  /// What a customer spends on a purchase whose x repeat purchases had the mean m; of one without any, what customers
  /// do. NaN for the latter where q ≤ 1: so heavy-tailed a population has no mean.
  double expected_spend(double x, double m) const noexcept {
    const double below = p * x + q - 1;
    return below > 0 ? p * (gamma + m * x) / below : missing_value;
  }
};

/// To the customers with repeat purchases of a mean above 0. @throws ValueError for fewer than two
[[gnu::cold]] inline MaximumLikelihood fit_gamma_gamma(const RfmSummary& summaries,
                                                       const LikelihoodOptions& options = {}) {
  std::vector<double> frequency, spend;
  double total = 0;
  for (std::size_t i = 0; i < summaries.size(); ++i) {
    if (!(summaries.frequency[i] > 0 && summaries.monetary_value[i] > 0)) continue;
    frequency.push_back(summaries.frequency[i]), spend.push_back(summaries.monetary_value[i]);
    total += summaries.monetary_value[i];
  }
  if (spend.size() < 2) {
    throw ValueError("gamma-gamma", "at least two customers that came back and spent something", {spend.size()});
  }
  const Shape shape{static_cast<Index>(spend.size())};
  const auto wrapped = [&](std::vector<double>& values) { return Tensor<double>::wrap(shape, values.data()); };
  const Tensor<double> counts = wrapped(frequency), means = wrapped(spend);
  const auto log_likelihood = [&](std::span<const Var<double>> parameters) {
    const Var<double> p = parameters[0], q = parameters[1], gamma = parameters[2];
    Tape<double>& tape = p.tape();
    const Var<double> x = tape.input(counts), m = tape.input(means), px = p * x;
    return sum(log_gamma(px + q) - log_gamma(px) - log_gamma(q) + q * log(gamma) + (px - 1) * log(m) + px * log(x) -
               (px + q) * log(gamma + m * x));
  };
  const double rows = static_cast<double>(spend.size());
  return maximize(log_likelihood, rows, {{"p", 2}, {"q", 3}, {"gamma", total / rows}}, options);
}

/// The model of fitted parameters.
inline GammaGamma gamma_gamma(const MaximumLikelihood& fit) noexcept {
  return {fit.parameters[0].value, fit.parameters[1].value, fit.parameters[2].value};
}

}}}  // namespace tenure::TENURE_ABI::clv
TENURE_CONTRACTION_AS_BEFORE
