/// How often customers buy who may leave at any time: Pareto/NBD (Schmittlein, Morrison and Colombo, 1987; as Fader and
/// Hardie, "A note on deriving the Pareto/NBD model", 2005, write it).
///
///   purchases are a Poisson process of rate λ ~ Gamma(r, α), a customer's life is exponential of rate μ ~ Gamma(s, β)
///
///   L = Γ(r + x) / Γ(r) · α^r β^s · [(α + T)^−(r + x) (β + T)^−s + s / (r + s + x) · (D(tₓ) − D(T))]
///   D(t) = ₂F₁(r + s + x, s + 1; r + s + x + 1; (α − β) / (α + t)) / (α + t)^(r + s + x) where α ≥ β, else
///          ₂F₁(r + s + x, r + x; r + s + x + 1; (β − α) / (β + t)) / (β + t)^(r + s + x)
#pragma once

#include "bg_nbd.hpp"

TENURE_NO_CONTRACTION
namespace tenure { inline namespace TENURE_ABI { namespace clv {

/// s = 0: nobody leaves, and β means nothing.
struct ParetoNbd {
  double r, alpha, s, beta;

  /// The probability that a customer has not left.
  double probability_alive(double x, double recency, double T) const noexcept {
    if (s == 0) return 1;
    const double alive = -(r + x) * std::log(alpha + T) - s * std::log(beta + T);
    const double last = log_died(x, recency), now = log_died(x, T);
    // ln(s / (r + s + x) · (D(tₓ) − D(T))); nobody leaves in no time.
    const double left = std::log(s / (r + s + x)) + last + std::log(-std::expm1(now - last));
    return recency < T ? 1 / (1 + std::exp(left - alive)) : 1;
  }

  /// Purchases in the next t.
  double expected_purchases(double x, double recency, double T, double t) const noexcept {
    if (s == 0) return Nbd{r, alpha}.expected_purchases(x, T, t);
    const double lived = std::log((beta + T) / (beta + T + t)), power = s - 1;
    // (1 − e^(power · lived)) / power, whose limit at s = 1 is −lived.
    const double life = std::abs(power) < 1e-12 ? -lived : -std::expm1(power * lived) / power;
    return (r + x) * (beta + T) / (alpha + T) * life * probability_alive(x, recency, T);
  }

 private:
  double log_died(double x, double t) const noexcept {
    const double order = r + s + x, larger = (std::max)(alpha, beta);
    return kernels::log_hypergeometric(order, alpha >= beta ? s + 1 : r + x, order + 1,
                                       std::abs(alpha - beta) / (larger + t))
               .value -
           order * std::log(larger + t);
  }
};

namespace detail {

/// ln D(t). // (n)
inline Var<double> log_died(std::span<const Var<double>> p, Var<double> x, Var<double> t, Var<double> zeros) {
  const Var<double> r = p[0], alpha = p[1], s = p[2], beta = p[3];
  const bool early = alpha.value().data()[0] >= beta.value().data()[0];
  const Var<double> larger = early ? alpha : beta, gap = early ? alpha - beta : beta - alpha;
  const Var<double> order = r + s + x, second = early ? s + 1 + zeros : r + x;
  return log_hypergeometric(order, second, order + 1, gap / (larger + t)) - order * log(larger + t);
}

}  // namespace detail

/// Where the data tell no drop-out the result's boundary says so, and r and alpha are the NBD's.
/// @throws ValueError where nobody came back
[[gnu::cold]] inline MaximumLikelihood fit_pareto_nbd(const RfmSummary& summaries,
                                                      const LikelihoodOptions& options = {}) {
  const detail::DistinctSummaries data(summaries);
  // A customer who bought on the last day can't have left since: 1 − D(T) / D(tₓ) would be 0, of no logarithm.
  Tensor<double> recency = data.recency, never(data.T.shape()), zeros(data.T.shape());
  for (Index i = 0; i < never.size(); ++i) {
    if (data.recency(i) < data.T(i)) continue;
    recency(i) = data.T(i) / 2;
    never(i) = -1e4;
  }
  const auto log_likelihood = [&](std::span<const Var<double>> p) {
    const Var<double> r = p[0], alpha = p[1], s = p[2], beta = p[3];
    Tape<double>& tape = r.tape();
    const Var<double> x = tape.input(data.frequency), T = tape.input(data.T), none = tape.input(zeros);
    const Var<double> alive = -((r + x) * log(alpha + T)) - s * log(beta + T);
    const Var<double> last = detail::log_died(p, x, tape.input(recency), none);
    const Var<double> now = detail::log_died(p, x, T, none);
    const Var<double> left = log(s) - log(r + s + x) + last + log(1 - exp(now - last)) + tape.input(never);
    return sum(tape.input(data.count) *
               (detail::gamma_poisson(r, alpha, x) + s * log(beta) + log_add_exp(alive, left)));
  };
  const MaximumLikelihood nbd = detail::fit_nbd(data, options);
  const double alpha = nbd.parameters[1].value;
  // The hypergeometric series takes about 40 α / β terms, or as many times β / α.
  MaximumLikelihood best =
      maximize(log_likelihood, data.customers,
               {{"r", nbd.parameters[0].value, 1e3}, {"alpha", alpha, 10}, {"s", 0.5, 1e3}, {"beta", 1.1 * alpha, 100}},
               options);
  if (nbd.converged && !(best.log_likelihood > nbd.log_likelihood + detail::least_gain)) {
    return detail::nobody_leaves(nbd, "s", "beta", 0, missing_value);
  }
  return best;
}

/// The model of fitted parameters.
inline ParetoNbd pareto_nbd(const MaximumLikelihood& fit) noexcept {
  const auto value = [&](std::size_t i) { return fit.parameters[i].value; };
  return {value(0), value(1), value(2), is_finite(value(3)) ? value(3) : 1};
}

}}}  // namespace tenure::TENURE_ABI::clv
TENURE_CONTRACTION_AS_BEFORE
