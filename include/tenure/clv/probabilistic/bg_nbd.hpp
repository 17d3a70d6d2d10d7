/// How often customers buy who may leave unseen: BG/NBD (Fader, Hardie and Lee, "Counting your customers" the easy way,
/// 2005), and the NBD of customers who stay, which it becomes where nobody leaves.
///
///   NBD      purchases are a Poisson process, its rate λ ~ Gamma(r, α):
///            L = Γ(r + x) / Γ(r) · α^r / (α + T)^(r + x)
///   BG/NBD   after each purchase a customer leaves with probability p ~ Beta(a, b):
///            L = Γ(r + x) / Γ(r) · α^r · B(a, b + x) / B(a, b)
///                · [(α + T)^−(r + x) + 1{x > 0} a / (b + x − 1) (α + tₓ)^−(r + x)]
///
/// x, tₓ and T are a customer's repeat purchases, the time of the last and the time that it was seen.
#pragma once

#include "../../core/range.hpp"
#include "../../ops/reduce.hpp"
#include "../features/rfm_summary.hpp"
#include "maximum_likelihood.hpp"

TENURE_NO_CONTRACTION
namespace tenure { inline namespace TENURE_ABI { namespace clv {

/// A model of a customer base: fitted, it tells of a customer what to expect.
struct Nbd {
  double r, alpha;

  /// Purchases in the next t after the T T, of a customer with x repeat purchases.
  double expected_purchases(double x, double T, double t) const noexcept { return (r + x) / (alpha + T) * t; }
};

namespace detail {

/// ln [Γ(r + x) / Γ(r) · α^r], which all models of the family share. // (n)
inline Var<double> gamma_poisson(Var<double> r, Var<double> alpha, Var<double> x) {
  return log_gamma(r + x) - log_gamma(r) + r * log(alpha);
}

/// A customer's rate is at first thought to be that of all: repeat purchases per time.
[[gnu::cold]] inline double pooled_rate(const DistinctSummaries& data) {
  double purchases = 0, time = 0;
  for (Index i = 0; i < data.count.size(); ++i) {
    purchases += data.count(i) * data.frequency(i), time += data.count(i) * data.T(i);
  }
  if (!(purchases > 0 && time > 0)) {
    throw ValueError("purchase summaries", "customers that came back, for a model to learn how often",
                     {"none of ", data.customers});
  }
  return purchases / time;
}

[[gnu::cold]] inline MaximumLikelihood fit_nbd(const DistinctSummaries& data, const LikelihoodOptions& options) {
  const auto log_likelihood = [&](std::span<const Var<double>> p) {
    Tape<double>& tape = p[0].tape();
    const Var<double> x = tape.input(data.frequency), T = tape.input(data.T);
    return sum(tape.input(data.count) * (gamma_poisson(p[0], p[1], x) - (p[0] + x) * log(p[1] + T)));
  };
  return maximize(log_likelihood, data.customers, {{"r", 1}, {"alpha", 1 / pooled_rate(data)}}, options);
}

/// The solution of a model that lets nobody leave: that of the NBD, for the further parameters are not identified.
[[gnu::cold]] inline MaximumLikelihood nobody_leaves(const MaximumLikelihood& nbd, const char* zero, const char* any,
                                                     double of_zero, double of_any) {
  MaximumLikelihood result = nbd;
  result.parameters.push_back({zero, of_zero, missing_value});
  result.parameters.push_back({any, of_any, missing_value});
  result.boundary = "no drop-out can be told from these data: " + std::string(zero) + " → 0, " + any +
                    " is not identified, and the model is the NBD of customers who stay";
  return result;
}

/// By how much, in units of the log-likelihood, customers who leave must explain the data better than such who stay.
inline constexpr double least_gain = 0.05;

}  // namespace detail

/// @throws ValueError where nobody came back
[[gnu::cold]] inline MaximumLikelihood fit_nbd(const RfmSummary& summaries, const LikelihoodOptions& options = {}) {
  return detail::fit_nbd(detail::DistinctSummaries(summaries), options);
}

/// a = 0: nobody leaves, and b means nothing.
struct BgNbd {
  double r, alpha, a, b;

  static void state(auto& self, auto&& f) {
    f("r", self.r);
    f("alpha", self.alpha);
    f("a", self.a);
    f("b", self.b);
  }
  /// Of what was read. @throws ValueError
  [[gnu::cold]] void check_state() const {
    constexpr double least = (std::numeric_limits<double>::min)(), largest = (std::numeric_limits<double>::max)();
    check_range("r", r, least, largest);
    check_range("alpha", alpha, least, largest);
    check_range("a", a, 0.0, largest);
    check_range("b", b, 0.0, largest);
  }

  /// The probability that a customer has not left.
  double probability_alive(double x, double recency, double T) const noexcept {
    if (a == 0 || x == 0) return 1;
    const double odds = std::log(a / (b + x - 1)) + (r + x) * (std::log(alpha + T) - std::log(alpha + recency));
    return 1 / (1 + std::exp(odds));
  }

  /// Purchases in the next t.
  double expected_purchases(double x, double recency, double T, double t) const noexcept {
    const double z = t / (alpha + T + t);
    if (a == 0) return Nbd{r, alpha}.expected_purchases(x, T, t);
    if (std::abs(a - 1) < 1e-6) return BgNbd{r, alpha, 1 + 2e-6, b}.expected_purchases(x, recency, T, t);
    // As published, less Euler's transformation, after which nothing overflows for customers of many purchases.
    const double still =
        kernels::scaled_hypergeometric(a + b - 1 - r, a - 1, a + b + x - 1, z, (a - 1) * std::log1p(-z));
    return (a + b + x - 1) / (a - 1) * (1 - still) * probability_alive(x, recency, T);
  }
};

/// Where the data tell no drop-out the result's boundary says so, and r and alpha are the NBD's.
/// @throws ValueError where nobody came back
[[gnu::cold]] inline MaximumLikelihood fit_bg_nbd(const RfmSummary& summaries, const LikelihoodOptions& options = {}) {
  const detail::DistinctSummaries data(summaries);
  // 1 where x > 0; elsewhere x − 1 counts as 0 and the second term's logarithm as −1e4, for e to the power of which is
  // 0.
  Tensor<double> before(data.frequency.shape()), never(data.frequency.shape());
  for (Index i = 0; i < before.size(); ++i) {
    before(i) = (std::max)(data.frequency(i) - 1, 0.0);
    never(i) = data.frequency(i) > 0 ? 0 : -1e4;
  }
  const auto log_likelihood = [&](std::span<const Var<double>> p) {
    const Var<double> r = p[0], alpha = p[1], a = p[2], b = p[3];
    Tape<double>& tape = r.tape();
    const Var<double> x = tape.input(data.frequency);
    const Var<double> stayed = log_gamma(a + b) + log_gamma(b + x) - log_gamma(b) - log_gamma(a + b + x);
    const Var<double> alive = -((r + x) * log(alpha + tape.input(data.T)));
    const Var<double> left =
        log(a) - log(b + tape.input(before)) - (r + x) * log(alpha + tape.input(data.recency)) + tape.input(never);
    return sum(tape.input(data.count) * (detail::gamma_poisson(r, alpha, x) + stayed + log_add_exp(alive, left)));
  };
  const MaximumLikelihood nbd = detail::fit_nbd(data, options);
  MaximumLikelihood best = maximize(
      log_likelihood, data.customers,
      {{"r", nbd.parameters[0].value}, {"alpha", nbd.parameters[1].value}, {"a", 0.5, 1e3}, {"b", 2, 1e3}}, options);
  if (nbd.converged && !(best.log_likelihood > nbd.log_likelihood + detail::least_gain)) {
    return detail::nobody_leaves(nbd, "a", "b", 0, missing_value);
  }
  return best;
}

/// The model of fitted parameters.
inline BgNbd bg_nbd(const MaximumLikelihood& fit) noexcept {
  const auto value = [&](std::size_t i) { return fit.parameters[i].value; };
  return {value(0), value(1), value(2), is_finite(value(3)) ? value(3) : 1};
}

}}}  // namespace tenure::TENURE_ABI::clv
TENURE_CONTRACTION_AS_BEFORE
