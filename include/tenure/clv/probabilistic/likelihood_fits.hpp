/// The probabilistic models of a customer base, fitted to the same customers: BG/NBD and Pareto/NBD for when they come,
/// Gamma-Gamma for what they spend when they do.
///
///   const LikelihoodFits fits(summaries);
///   const auto spend = expected_spend(bg_nbd(fits.bg_nbd), gamma_gamma(fits.gamma_gamma), summaries, 13);
#pragma once

#include "../../core/text.hpp"
#include "bg_nbd.hpp"
#include "gamma_gamma.hpp"
#include "pareto_nbd.hpp"

TENURE_NO_CONTRACTION
namespace tenure { inline namespace TENURE_ABI { namespace clv {

/// The models by name. Where a likelihood did not converge, its parameters are the best that were found.
struct LikelihoodFits {
  MaximumLikelihood bg_nbd, pareto_nbd, gamma_gamma;

  [[gnu::cold]] LikelihoodFits(const RfmSummary& summaries, const LikelihoodOptions& options = {})
      : bg_nbd(fit_bg_nbd(summaries, options)),
        pareto_nbd(fit_pareto_nbd(summaries, options)),
        gamma_gamma(fit_gamma_gamma(summaries, options)) {}

  /// f(name, fit)
  static void fields(auto& self, auto&& f) {
    f("bg_nbd", self.bg_nbd);
    f("pareto_nbd", self.pareto_nbd);
    f("gamma_gamma", self.gamma_gamma);
  }

  /// The names of those that did not converge, joined.
  [[gnu::cold]] std::string not_converged() const {
    std::string names;
    fields(*this, [&](const char* name, const MaximumLikelihood& fit) {
      if (!fit.converged) names += std::string(names.empty() ? "" : ", ") + name;
    });
    return names;
  }

  /// Of each its name, its parameters with their standard errors, and its log-likelihood, in two lines.
  [[gnu::cold]] std::string to_string() const {
    std::string lines;
    fields(*this, [&](const char* name, const MaximumLikelihood& fit) {
      lines += std::string(name) + ": " + fit.to_string() + "\n  log-likelihood " +
               text::formatted("%.1f", fit.log_likelihood) + (fit.converged ? "" : ", not converged") + "\n";
    });
    return lines;
  }
};

/// What a customer of these summaries is expected to spend over so many weeks. `Model` is BgNbd or ParetoNbd.
template <class Model>
[[gnu::cold]] std::vector<double> expected_spend(const Model& purchases, const GammaGamma& spend, const RfmSummary& of,
                                                 double weeks) {
  std::vector<double> expected(of.size());
  for (std::size_t i = 0; i < of.size(); ++i) {
    expected[i] = purchases.expected_purchases(of.frequency[i], of.recency[i], of.T[i], weeks) *
                  spend.expected_spend(of.frequency[i], of.monetary_value[i]);
  }
  return expected;
}

}}}  // namespace tenure::TENURE_ABI::clv
TENURE_CONTRACTION_AS_BEFORE
