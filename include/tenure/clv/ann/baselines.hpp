/// Forecasts of customers' spend that every claim must beat: two rules, and two probabilistic models.
///
///   rate_times_horizon       total spend / max(days since the first purchase, 30) · horizon
///   last_90_days             spend of the last 90 days
///   bg_nbd_gamma_gamma       expected purchases by BG/NBD · expected spend by Gamma-Gamma
///   pareto_nbd_gamma_gamma   the same by Pareto/NBD
#pragma once

#include "../probabilistic/likelihood_fits.hpp"
#include "data.hpp"

namespace tenure { inline namespace TENURE_ABI { namespace clv {

/// Spend over the data's horizon, of each customer.
struct Baseline {
  std::string name;
  std::vector<double> spend;
};

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
