/// What the ANN is told of customers, fitted to those to train on alone.
///
///   prior    what BG/NBD with Gamma-Gamma expects of the customer over the horizon
///   x        features and prior, log(1 + x) and standard scaled
///   offset   the prior: its logarithm for the ZILN's location, itself over `unit` for the other losses
#pragma once

#include "../../data/dataset.hpp"
#include "../../data/scaler.hpp"
#include "../probabilistic/bg_nbd.hpp"
#include "../probabilistic/gamma_gamma.hpp"
#include "data.hpp"
#include "network.hpp"

TENURE_NO_CONTRACTION
namespace tenure { inline namespace TENURE_ABI { namespace clv {

/// x (customers, ann_inputs), offset (customers, outputs), target in units (customers, 1).
using AnnDataset = TensorDataset<float, float, float>;

/// Names of the numbers that a customer is known by: the features, and what BG/NBD and Gamma-Gamma expect.
[[gnu::cold]] inline std::vector<std::string> ann_known_names() {
  std::vector<std::string> names(ann_features.begin(), ann_features.end());
  names.insert(names.end(), {"expected_purchases", "expected_amount"});
  return names;
}

/// Of the network: what a customer is known by, and the prior.
inline constexpr Index ann_inputs = static_cast<Index>(ann_features.size()) + 3;

/// What stands between customers and the network.
struct AnnPreparation {
  BgNbd purchases{1, 1, 0, 1};
  GammaGamma amounts{1, 2, 1};
  double correction = 1;  ///< makes the priors of the rows that it is fitted to add up to what was spent
  double unit = 1;        ///< what targets of 1 are, in money: their deviation; 1 for the ZILN
  double largest = 0;     ///< what the network may say at most: twice the largest target
  Scaler scaler{{.log1p = true}};
  int horizon = 0;  ///< days

  AnnPreparation() = default;
  /// Fitted to some rows of data, whose targets are looked at. @throws what the fits throw; ValueError where nobody
  /// spends anything
  [[gnu::cold]] AnnPreparation(const AnnData& data, std::span<const Index> rows, AnnLoss loss,
                               const LikelihoodOptions& likelihood)
      : horizon(data.horizon) {
    const RfmSummary own = data.summaries.select(rows);
    purchases = bg_nbd(fit_bg_nbd(own, likelihood));
    amounts = gamma_gamma(fit_gamma_gamma(own, likelihood));
    amounts.q = (std::max)(amounts.q, 1 + 1e-3);  // or customers of one purchase would have no mean
    const Tensor<double> known = this->known(data, rows);
    double spent = 0, expected = 0, squares = 0;
    for (std::size_t i = 0; i < rows.size(); ++i) {
      const double y = data.spend[static_cast<std::size_t>(rows[i])];
      spent += y, squares += y * y, expected += prior(known, static_cast<Index>(i));
      largest = (std::max)(largest, 2 * y);
    }
    const auto n = static_cast<double>(rows.size());
    if (!(spent > 0)) {
      throw ValueError("target", "customers to train on that spend something", {"none of ", rows.size()});
    }
    correction = spent / expected;
    if (loss != AnnLoss::ziln) unit = std::sqrt(squares / n - spent / n * (spent / n));
    scaler.fit(with_prior(known));
  }

  /// What is known of some customers. // (rows, ann_known_names().size())
  [[gnu::cold]] Tensor<double> known(const AnnData& data, std::span<const Index> rows) const {
    const Index width = static_cast<Index>(ann_features.size());
    Tensor<double> y({static_cast<Index>(rows.size()), width + 2});
    for (Index i = 0; i < y.shape()[0]; ++i) {
      const Index row = rows[static_cast<std::size_t>(i)];
      const auto c = static_cast<std::size_t>(row);
      std::copy_n(&data.features(row, 0), width, &y(i, 0));
      const RfmSummary& s = data.summaries;
      y(i, width) = purchases.expected_purchases(s.frequency[c], s.recency[c], s.T[c], horizon / 7.0);
      y(i, width + 1) = amounts.expected_spend(s.frequency[c], s.monetary_value[c]);
    }
    return y;
  }

  /// What the network is trained on. @param rows of the data, that have targets
  [[gnu::cold]] AnnDataset dataset(const AnnData& data, std::span<const Index> rows, const AnnConfig& config) const {
    Tensor<float> target({static_cast<Index>(rows.size()), 1});
    for (Index i = 0; i < target.size(); ++i) {
      target(i, 0) = static_cast<float>(data.spend[static_cast<std::size_t>(rows[static_cast<std::size_t>(i)])] / unit);
    }
    return dataset(known(data, rows), std::move(target), config);
  }

  /// The same of what is known of customers.
  [[gnu::cold]] AnnDataset dataset(const Tensor<double>& known, Tensor<float> target, const AnnConfig& config) const {
    const Index rows = known.shape()[0], outputs = config.outputs();
    const Tensor<double> scaled = scaler.transform(with_prior(known));
    Tensor<float> x(scaled.shape()), offset({rows, outputs});
    std::transform(scaled.begin(), scaled.end(), x.begin(), [](double value) { return static_cast<float>(value); });
    for (Index i = 0; i < rows; ++i) {
      if (outputs == 3) offset(i, 1) = static_cast<float>(std::log1p(prior(known, i)));
      if (outputs == 1) offset(i, 0) = static_cast<float>(prior(known, i) / unit);
    }
    return AnnDataset(std::move(x), std::move(offset), std::move(target));
  }

  /// What BG/NBD with Gamma-Gamma expects of a row's customer, in money.
  static double prior(const Tensor<double>& known, Index row) noexcept {
    const Index width = static_cast<Index>(ann_features.size());
    return known(row, width) * known(row, width + 1);
  }

 private:
  /// A column more: the product of the last two.
  static Tensor<double> with_prior(const Tensor<double>& known) {
    const Index width = known.shape()[1];
    Tensor<double> wider({known.shape()[0], width + 1});
    for (Index i = 0; i < known.shape()[0]; ++i) {
      std::copy_n(&known(i, 0), width, &wider(i, 0));
      wider(i, width) = prior(known, i);
    }
    return wider;
  }
};

}}}  // namespace tenure::TENURE_ABI::clv
TENURE_CONTRACTION_AS_BEFORE
