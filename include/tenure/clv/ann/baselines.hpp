/// Forecasts of customers' spend that every claim must beat: two rules, and two probabilistic models.
///
///   rate_times_horizon       total spend / max(days since the first purchase, 30) · horizon
///   last_90_days             spend of the last 90 days
///   bg_nbd_gamma_gamma       expected purchases by BG/NBD · expected spend by Gamma-Gamma
///   pareto_nbd_gamma_gamma   the same by Pareto/NBD
#pragma once

#include "../probabilistic/gamma_gamma.hpp"
#include "../probabilistic/pareto_nbd.hpp"
#include "data.hpp"

namespace tenure { inline namespace TENURE_ABI { namespace clv {

/// Likelihoods of which at least one did not converge are an error unless they are allowed to.
struct LikelihoodFits {
  MaximumLikelihood bg_nbd, pareto_nbd, gamma_gamma;

  [[gnu::cold]] LikelihoodFits(const RfmSummary& summaries, const LikelihoodOptions& options)
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
};

/// Spend over the data's horizon, of each customer.
struct Baseline {
  std::string name;
  std::vector<double> spend;
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

/// All four, in the order above.
[[gnu::cold]] inline std::vector<Baseline> spend_baselines(const AnnData& data, const LikelihoodFits& fits) {
  Baseline rate{"rate_times_horizon", {}}, last{"last_90_days", {}};
  for (Index c = 0; c < data.size(); ++c) {
    rate.spend.push_back(data.feature(c, "total_spend") / (std::max)(data.feature(c, "tenure"), 30.0) * data.horizon);
    last.spend.push_back(data.feature(c, "spend_90"));
  }
  const double weeks = data.horizon / 7.0;
  const GammaGamma spend = gamma_gamma(fits.gamma_gamma);
  return {rate,
          last,
          {"bg_nbd_gamma_gamma", expected_spend(bg_nbd(fits.bg_nbd), spend, data.summaries, weeks)},
          {"pareto_nbd_gamma_gamma", expected_spend(pareto_nbd(fits.pareto_nbd), spend, data.summaries, weeks)}};
}

}}}  // namespace tenure::TENURE_ABI::clv
