/// The ANN with all that it needs to forecast customers' spend over a horizon.
///
///   prior        what BG/NBD with Gamma-Gamma expects of the customer
///   network      the mean of the members, whose inputs are features and prior, log(1 + x) and standard scaled, and
///   whose
///                offset is the prior: its logarithm for the ZILN's location, itself over `unit` for the other losses
///   forecast     share · network + (1 − share) · correction · prior
///   quantile q   max(0, base + shift · (1 + forecast)), base being the ZILN's own or else the forecast
///
/// The correction makes the priors of the training part add up to what was spent, which BG/NBD, knowing no season, does
/// not; shifts are split-conformal. Everything is fitted to the training part alone.
#pragma once

#include "../../data/scaler.hpp"
#include "../../metrics/intervals.hpp"
#include "../../optim/adam.hpp"
#include "../../train/fit.hpp"
#include "../../train/predict.hpp"
#include "baselines.hpp"
#include "network.hpp"

namespace tenure { inline namespace TENURE_ABI { namespace clv {

/// Features, prior, offset.
using AnnDataset = TensorDataset<float, float, float>;

struct AnnSettings {
  AnnConfig network;
  double share = 0.5;  ///< of the network in the forecast
  int horizon = 91;    ///< days
  std::vector<double> quantiles = {0.1, 0.5, 0.9};

  static void state(auto& self, auto&& f) {
    f("network", self.network);
    f("share", self.share);
    f("horizon", self.horizon);
    f("quantiles", self.quantiles);
  }
};

struct AnnForecast {
  std::vector<double> spend;
  std::vector<double> purchases;               ///< expected by BG/NBD
  std::vector<double> alive;                   ///< the probability that the customer has not left, by BG/NBD
  std::vector<std::vector<double>> quantiles;  ///< of each share that was asked for, those of all customers
};

class AnnForecaster {
 public:
  AnnSettings settings;
  BgNbd purchases{1, 1, 0, 1};
  GammaGamma amounts{1, 2, 1};
  double correction = 1;
  double unit = 1;             ///< what targets of 1 are, in money: their deviation; 1 for the ZILN
  double largest = 0;          ///< what the network may say at most: twice the largest target
  std::vector<double> shifts;  ///< of the quantiles
  Scaler scaler{{.log1p = true}};
  Ann<float> model;

  /// Names of the numbers that a customer is known by: the features, and what BG/NBD and Gamma-Gamma expect.
  static std::vector<std::string> input_names() {
    std::vector<std::string> names(ann_features.begin(), ann_features.end());
    names.insert(names.end(), {"expected_purchases", "expected_amount"});
    return names;
  }

  /// Not trained, but fitted to some rows of data, whose targets are looked at. @throws what the fits throw
  [[gnu::cold]] AnnForecaster(AnnSettings with, const AnnData& data, std::span<const Index> rows,
                              const LikelihoodOptions& likelihood, Rng& rng)
      : settings(sized(std::move(with), data.horizon)),
        shifts(settings.quantiles.size()),
        model(settings.network, rng) {
    const RfmSummary own = data.summaries.select(rows);
    purchases = bg_nbd(fit_bg_nbd(own, likelihood));
    amounts = gamma_gamma(fit_gamma_gamma(own, likelihood));
    amounts.q = (std::max)(amounts.q, 1 + 1e-3);  // or customers of one purchase would have no mean
    const Tensor<double> known = inputs(data, rows);
    double spent = 0, expected = 0, squares = 0;
    for (std::size_t i = 0; i < rows.size(); ++i) {
      const double y = data.spend[static_cast<std::size_t>(rows[i])];
      spent += y, squares += y * y, expected += prior(known, static_cast<Index>(i));
      largest = (std::max)(largest, 2 * y);
    }
    const auto n = static_cast<double>(rows.size());
    if (!(spent > 0))
      throw ValueError("target", "customers to train on that spend something", {"none of ", rows.size()});
    correction = spent / expected;
    if (settings.network.loss != AnnLoss::ziln) unit = std::sqrt(squares / n - spent / n * (spent / n));
    scaler.fit(with_prior(known));
  }
  [[gnu::cold]] AnnForecaster(const AnnSettings& with, Rng& rng) : settings(with), model(with.network, rng) {}

  static void state(auto& self, auto&& f) {
    f("purchases", self.purchases);
    f("amounts", self.amounts);
    f("correction", self.correction);
    f("unit", self.unit);
    f("largest", self.largest);
    f("shifts", self.shifts);
    f("scaler", self.scaler);
  }

  /// What is known of some customers. // (rows, input_names().size())
  [[gnu::cold]] Tensor<double> inputs(const AnnData& data, std::span<const Index> rows) const {
    const Index width = static_cast<Index>(ann_features.size());
    Tensor<double> known({static_cast<Index>(rows.size()), width + 2});
    for (Index i = 0; i < known.shape()[0]; ++i) {
      const Index row = rows[static_cast<std::size_t>(i)];
      const auto c = static_cast<std::size_t>(row);
      std::copy_n(&data.features(row, 0), width, &known(i, 0));
      const RfmSummary& s = data.summaries;
      known(i, width) = purchases.expected_purchases(s.frequency[c], s.recency[c], s.T[c], settings.horizon / 7.0);
      known(i, width + 1) = amounts.expected_spend(s.frequency[c], s.monetary_value[c]);
    }
    return known;
  }

  /// What the network is trained on. @param rows of the data, that have targets
  [[gnu::cold]] AnnDataset dataset(const AnnData& data, std::span<const Index> rows) const {
    Tensor<float> target({static_cast<Index>(rows.size()), 1});
    for (Index i = 0; i < target.size(); ++i) {
      target(i, 0) = static_cast<float>(data.spend[static_cast<std::size_t>(rows[static_cast<std::size_t>(i)])] / unit);
    }
    return dataset(inputs(data, rows), std::move(target));
  }

  /// What the model forecasts for customers of whom this is known: `spend`, and quantiles before they are shifted.
  [[gnu::cold]] AnnForecast predict(const Tensor<double>& known) const {
    const Tensor<float> z = tenure::predict(model, dataset(known, {}));
    AnnForecast forecast;
    forecast.quantiles.resize(settings.quantiles.size());
    for (Index i = 0; i < known.shape()[0]; ++i) {
      const double network = mean_of_members(z, i, [](const Ziln& value) { return value.mean(); });
      forecast.spend.push_back(settings.share * network + (1 - settings.share) * correction * prior(known, i));
      for (std::size_t k = 0; k < settings.quantiles.size(); ++k) {
        const double q = settings.quantiles[k];
        forecast.quantiles[k].push_back(settings.network.loss == AnnLoss::ziln
                                            ? mean_of_members(z, i, [q](const Ziln& v) { return v.quantile(q); })
                                            : forecast.spend.back());
      }
    }
    return forecast;
  }

  /// The same for customers, with all that is forecast of them; the quantiles are those of the model, not shifted.
  [[gnu::cold]] AnnForecast predict(const AnnData& data, std::span<const Index> rows) const {
    AnnForecast forecast = predict(inputs(data, rows));
    for (const Index row : rows) {
      const auto c = static_cast<std::size_t>(row);
      const RfmSummary& s = data.summaries;
      forecast.alive.push_back(purchases.probability_alive(s.frequency[c], s.recency[c], s.T[c]));
      forecast.purchases.push_back(
          purchases.expected_purchases(s.frequency[c], s.recency[c], s.T[c], settings.horizon / 7.0));
    }
    return forecast;
  }

 private:
  static AnnSettings sized(AnnSettings settings, int horizon) {
    settings.network.inputs = static_cast<Index>(ann_features.size()) + 3;
    settings.horizon = horizon;
    return settings;
  }

  static double prior(const Tensor<double>& known, Index row) noexcept {
    const Index width = static_cast<Index>(ann_features.size());
    return known(row, width) * known(row, width + 1);
  }

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

  [[gnu::cold]] AnnDataset dataset(const Tensor<double>& known, Tensor<float> target) const {
    const Index rows = known.shape()[0], outputs = settings.network.outputs();
    const Tensor<double> scaled = scaler.transform(with_prior(known));
    Tensor<float> x(scaled.shape()), offset({rows, outputs});
    std::transform(scaled.begin(), scaled.end(), x.begin(), [](double value) { return static_cast<float>(value); });
    for (Index i = 0; i < rows; ++i) {
      if (outputs == 3) offset(i, 1) = static_cast<float>(std::log1p(prior(known, i)));
      if (outputs == 1) offset(i, 0) = static_cast<float>(prior(known, i) / unit);
    }
    return AnnDataset(std::move(x), std::move(offset), std::move(target));
  }

  /// In money, between 0 and the largest.
  template <class F>
  double mean_of_members(const Tensor<float>& z, Index row, F of_ziln) const {
    const Index outputs = settings.network.outputs(), members = settings.network.members;
    double total = 0;
    for (Index m = 0; m < members; ++m) {
      const float* own = &z(row, m * outputs);
      const auto number = [own](int k) { return static_cast<double>(own[k]); };
      const double value = outputs == 3 ? of_ziln(Ziln(number(0), number(1), number(2))) : number(0) * unit;
      total += std::clamp(value, 0.0, largest);
    }
    return total / static_cast<double>(members);
  }
};

/// Quantiles with their shifts: at least 0, and in the order of their shares.
[[gnu::cold]] inline std::vector<std::vector<double>> shifted_quantiles(const AnnForecast& forecast,
                                                                        std::span<const double> shifts) {
  std::vector<std::vector<double>> result = forecast.quantiles;
  for (std::size_t k = 0; k < result.size(); ++k) {
    for (std::size_t i = 0; i < forecast.spend.size(); ++i) {
      result[k][i] = (std::max)(result[k][i] + shifts[k] * (1 + forecast.spend[i]), k == 0 ? 0.0 : result[k - 1][i]);
    }
  }
  return result;
}

}}}  // namespace tenure::TENURE_ABI::clv
