/// How good the ANN's forecasts are for customers that it was not trained on.
///
///   folds    k parts of the customers at random, each forecast by a model that was trained on the others
///   random   a fifth of the customers at random, forecast by a model that was trained on the others
///   time     all customers at the cut-off, forecast by a model that was trained a horizon earlier, on what was spent
///            from then to the cut-off
///
/// Quantiles are calibrated by conformal prediction across parts: those of a part with the scores of the others, so
/// that their coverage is that of customers who had no say in them. Where there is one part, its halves serve each
/// other.
#pragma once

#include <optional>

#include "../../core/executor.hpp"
#include "../../data/splits.hpp"
#include "../../metrics/permutation_importance.hpp"
#include "../../metrics/ranking.hpp"
#include "forecaster.hpp"

namespace tenure { inline namespace TENURE_ABI { namespace clv {

enum class AnnSplit { folds, random, time };

inline constexpr std::array<const char*, 3> ann_split_names = {"folds", "random", "time"};

/// How a forecaster's network is trained.
struct AnnTraining {
  Index epochs = 60;
  Index batch_size = 64;
  double learning_rate = 1e-3;
  double l2 = 1e-2;  ///< Adam's, of each member
  std::uint64_t seed = 42;
  bool shuffle = true;
  bool choose_share = true;  ///< of the network, by validation within the rows to train on
  bool balanced = false;     ///< batches have their share of each decile of the target

  /// The members' losses are averaged, and so must their penalties be.
  AdamConfig adam(Index members) const {
    return {.learning_rate = learning_rate, .l2 = l2 / static_cast<double>(members)};
  }
};

/// The decile of each of some customers by their spend. Those of equal spend are dealt by their order.
[[gnu::cold]] inline std::vector<Index> spend_deciles(const AnnData& data, std::span<const Index> rows) {
  std::vector<std::size_t> order(rows.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::stable_sort(order, {}, [&](std::size_t i) { return data.spend[static_cast<std::size_t>(rows[i])]; });
  std::vector<Index> decile(rows.size());
  for (std::size_t rank = 0; rank < order.size(); ++rank) {
    decile[order[rank]] = static_cast<Index>(10 * rank / order.size());
  }
  return decile;
}

/// Trains on some rows of data, and says nothing. @throws Error where a loss was not finite
[[gnu::cold]] inline History train(AnnForecaster& forecaster, const AnnData& data, std::span<const Index> rows,
                                   const AnnTraining& training) {
  const AnnDataset dataset = forecaster.dataset(data, rows);
  const Parameters<float> parameters(forecaster.model);
  Adam<float> adam(parameters, training.adam(forecaster.settings.network.members));
  const std::vector<Index> deciles = training.balanced ? spend_deciles(data, rows) : std::vector<Index>();
  const auto loss = [&](Var<float> y, Var<float> t) { return ann_loss(forecaster.settings.network, y, t); };
  const History history = fit(forecaster.model, adam, loss, dataset,
                              {.epochs = training.epochs,
                               .batch_size = training.batch_size,
                               .shuffle = training.shuffle,
                               .seed = training.seed,
                               .strata = deciles,
                               .progress = Progress::silent});
  if (history.stop == Stop::not_finite) throw Error(history.reason);
  return history;
}

/// The network's share in the forecast that serves customers best whom neither it nor the prior were fitted to: the
/// rows are cut into three folds, of which each is forecast by a model that was trained on the others, and of shares
/// from 0 to 1 that one is taken which makes the sum of RMSE, MAE, 1 − Spearman and 1 − normalized Gini, each relative
/// to that of the prior alone, least. @throws as AnnForecaster and train()
[[gnu::cold]] inline double chosen_share(AnnSettings settings, const AnnData& data, std::span<const Index> rows,
                                         const AnnTraining& training, const LikelihoodOptions& likelihood) {
  std::vector<double> network, prior, actual;
  for (const Fold& fold : k_fold(static_cast<Index>(rows.size()), 3, Rng(training.seed, 1'000'000))) {
    const auto part = [&](const std::vector<Index>& numbers) {
      std::vector<Index> chosen;
      for (const Index number : numbers) chosen.push_back(rows[static_cast<std::size_t>(number)]);
      return chosen;
    };
    const std::vector<Index> learnt = part(fold.train), tested = part(fold.test);
    Rng rng(training.seed, 1'000'001);
    AnnForecaster forecaster(settings, data, learnt, likelihood, rng);
    train(forecaster, data, learnt, training);
    for (auto* forecast : {&network, &prior}) {
      forecaster.settings.share = forecast == &network;
      const std::vector<double> spend = forecaster.predict(forecaster.inputs(data, tested)).spend;
      forecast->insert(forecast->end(), spend.begin(), spend.end());
    }
    for (const Index row : tested) actual.push_back(data.spend[static_cast<std::size_t>(row)]);
  }
  std::array<double, 4> of_prior{};
  double best_share = 0, best = 0;
  for (int tenth = 0; tenth <= 10; ++tenth) {
    const double share = tenth / 10.0;
    std::vector<double> mixed(actual.size());
    for (std::size_t i = 0; i < mixed.size(); ++i) mixed[i] = share * network[i] + (1 - share) * prior[i];
    const std::array<double, 4> errors = {metrics::rmse(mixed, actual), metrics::mae(mixed, actual),
                                          1 - metrics::spearman(mixed, actual),
                                          1 - metrics::normalized_gini(mixed, actual)};
    if (tenth == 0) of_prior = errors;
    double sum = 0;
    for (std::size_t m = 0; m < errors.size(); ++m) sum += errors[m] / of_prior[m];
    if (tenth == 0 || sum < best) best = sum, best_share = share;
  }
  return best_share;
}

/// Forecasts of customers by models that were not trained on them.
struct AnnEvaluation {
  std::vector<Index> rows;                      ///< of the data
  std::vector<Index> part;                      ///< of each row: the model that forecast it
  std::vector<double> actual;                   ///< of each row
  AnnForecast forecast;                         ///< of each row; its quantiles are shifted
  std::vector<double> shares;                   ///< of the network in the forecasts of each part
  std::vector<double> shifts;                   ///< of quantiles of customers who are in no part: by the scores of all
  std::vector<metrics::Importance> importance;  ///< by the first part's model, of its rows; RMSE
};

namespace detail {

struct AnnPart {
  std::vector<Index> train, test;
};

[[gnu::cold]] inline std::vector<AnnPart> ann_parts(AnnSplit split, const AnnData& data, const AnnData& before,
                                                    Index folds, std::uint64_t seed) {
  std::vector<AnnPart> parts;
  if (split == AnnSplit::time)
    return {{tenure::detail::numbers(0, before.size()), tenure::detail::numbers(0, data.size())}};
  if (split == AnnSplit::random) {
    Split chosen = split_at_random(data.size(), {.test = 0.2}, Rng(seed));
    if (chosen.test.empty())
      throw ValueError("split", "at least 5 customers, to test on a fifth of them", {data.size()});
    return {{std::move(chosen.train), std::move(chosen.test)}};
  }
  for (Fold& fold : k_fold(data.size(), folds, Rng(seed)))
    parts.push_back({std::move(fold.train), std::move(fold.test)});
  return parts;
}

/// The shift of a quantile's forecasts that the rows for which `with` is true ask for.
template <class With>
[[gnu::cold]] double conformal_shift(const AnnEvaluation& of, std::size_t quantile, double share, With with) {
  std::vector<double> scores;
  for (std::size_t i = 0; i < of.rows.size(); ++i) {
    if (!with(i)) continue;
    scores.push_back((of.actual[i] - of.forecast.quantiles[quantile][i]) / (1 + of.forecast.spend[i]));
  }
  if (scores.empty()) return 0;
  const double shift = metrics::conformal_quantile(scores, share);
  return is_finite(shift) ? shift : *std::ranges::max_element(scores);
}

[[gnu::cold]] inline void calibrate(AnnEvaluation& evaluation, const AnnSettings& settings) {
  const std::size_t parts = static_cast<std::size_t>((std::ranges::max)(evaluation.part)) + 1;
  const auto group = [&](std::size_t i) { return parts > 1 ? static_cast<std::size_t>(evaluation.part[i]) : i % 2; };
  std::vector<std::vector<double>> shifts(std::max<std::size_t>(parts, 2));
  for (std::size_t k = 0; k < settings.quantiles.size(); ++k) {
    const double q = settings.quantiles[k];
    evaluation.shifts.push_back(conformal_shift(evaluation, k, q, [](std::size_t) { return true; }));
    for (std::size_t g = 0; g < shifts.size(); ++g) {
      shifts[g].push_back(conformal_shift(evaluation, k, q, [&](std::size_t i) { return group(i) != g; }));
    }
  }
  std::vector<std::vector<std::vector<double>>> of_group;
  for (const auto& own : shifts) of_group.push_back(shifted_quantiles(evaluation.forecast, own));
  for (std::size_t k = 0; k < settings.quantiles.size(); ++k) {
    for (std::size_t i = 0; i < evaluation.rows.size(); ++i) {
      evaluation.forecast.quantiles[k][i] = of_group[group(i)][k][i];
    }
  }
}

}  // namespace detail

/// @param before the data a horizon earlier, which the split by time is trained on; not looked at otherwise
/// @param executor trains the parts in parallel, with the same result for any number of threads
/// @throws ValueError for fewer than two customers for each fold; Error where a loss was not finite
[[gnu::cold]] inline AnnEvaluation evaluate(AnnSplit split, const AnnData& data, const AnnData& before, Index folds,
                                            const AnnSettings& settings, const AnnTraining& training,
                                            const LikelihoodOptions& likelihood, Executor& executor) {
  const std::vector<detail::AnnPart> parts = detail::ann_parts(split, data, before, folds, training.seed);
  const AnnData& learnt = split == AnnSplit::time ? before : data;
  std::vector<std::optional<AnnForecast>> forecasts(parts.size());
  AnnEvaluation evaluation;
  evaluation.shares.resize(parts.size());
  const auto work = [&](Index p) {
    const auto place = static_cast<std::size_t>(p);
    const detail::AnnPart& part = parts[place];
    Rng rng(training.seed, static_cast<std::uint64_t>(p) + 1);
    AnnForecaster forecaster(settings, learnt, part.train, likelihood, rng);
    train(forecaster, learnt, part.train, training);
    if (training.choose_share) {
      forecaster.settings.share = chosen_share(settings, learnt, part.train, training, likelihood);
    }
    evaluation.shares[place] = forecaster.settings.share;
    forecasts[place] = forecaster.predict(data, part.test);
    if (p > 0) return;
    std::vector<double> actual;
    for (const Index row : part.test) actual.push_back(data.spend[static_cast<std::size_t>(row)]);
    const std::vector<std::string> names = AnnForecaster::input_names();
    const auto spend = [&](const Tensor<double>& known) {
      const std::vector<double> forecast = forecaster.predict(known).spend;
      return Tensor<double>({static_cast<Index>(forecast.size())}, forecast);
    };
    evaluation.importance = metrics::permutation_importance<double>(
        spend, forecaster.inputs(data, part.test), actual, metrics::single_columns(names), {.seed = training.seed});
  };
  executor.run(static_cast<Index>(parts.size()), work);
  evaluation.forecast.quantiles.resize(settings.quantiles.size());
  const auto append = [](std::vector<double>& to, const std::vector<double>& more) {
    to.insert(to.end(), more.begin(), more.end());
  };
  for (std::size_t p = 0; p < parts.size(); ++p) {
    for (const Index row : parts[p].test) {
      evaluation.rows.push_back(row), evaluation.part.push_back(static_cast<Index>(p));
      evaluation.actual.push_back(data.spend[static_cast<std::size_t>(row)]);
    }
    append(evaluation.forecast.spend, forecasts[p]->spend);
    append(evaluation.forecast.purchases, forecasts[p]->purchases);
    append(evaluation.forecast.alive, forecasts[p]->alive);
    for (std::size_t k = 0; k < settings.quantiles.size(); ++k) {
      append(evaluation.forecast.quantiles[k], forecasts[p]->quantiles[k]);
    }
  }
  detail::calibrate(evaluation, settings);
  return evaluation;
}

}}}  // namespace tenure::TENURE_ABI::clv
