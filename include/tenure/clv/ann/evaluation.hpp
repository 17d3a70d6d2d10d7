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

#include "../../data/splits.hpp"
#include "../../metrics/intervals.hpp"
#include "../../metrics/permutation_importance.hpp"
#include "../../metrics/scoreboard.hpp"
#include "baselines.hpp"

TENURE_NO_CONTRACTION
namespace tenure { inline namespace TENURE_ABI { namespace clv {

/// Who is forecast by whom: see above.
enum class AnnSplit { folds, random, time };

/// By the values of AnnSplit.
inline constexpr std::array<const char*, 3> ann_split_names = {"folds", "random", "time"};

/// How customers are parted.
struct AnnEvaluationOptions {
  AnnSplit split = AnnSplit::folds;
  Index folds = 5;
  const AnnData* before = nullptr;  ///< the customers a horizon earlier, which the split by time is trained on
};

/// Of some customers, in money.
struct AnnForecast {
  std::vector<double> spend;
  std::vector<double> purchases;               ///< expected by BG/NBD
  std::vector<double> alive;                   ///< the probability that the customer has not left, by BG/NBD
  std::vector<double> levels;                  ///< of the quantiles: shares of the customers
  std::vector<std::vector<double>> quantiles;  ///< of each level, those of all customers
};

/// Quantiles with their shifts: at least 0, and in the order of their levels. @throws ShapeError unless there is a shift
/// for each level
[[gnu::cold]] inline std::vector<std::vector<double>> shifted_quantiles(const AnnForecast& forecast,
                                                                        std::span<const double> shifts) {
  std::vector<std::vector<double>> result = forecast.quantiles;
  if (shifts.size() != result.size()) {
    throw ShapeError("quantiles", {"a shift for each of ", result.size(), " levels"}, {shifts.size()});
  }
  for (std::size_t k = 0; k < result.size(); ++k) {
    for (std::size_t i = 0; i < forecast.spend.size(); ++i) {
      result[k][i] = (std::max)(result[k][i] + shifts[k] * (1 + forecast.spend[i]), k == 0 ? 0.0 : result[k - 1][i]);
    }
  }
  return result;
}

/// Forecasts of customers by models that were not trained on them, beside the baselines.
struct AnnEvaluation {
  LikelihoodFits fits;                               ///< to all customers: of the baselines
  std::vector<metrics::Scored> scored = {};          ///< the model first
  std::vector<Index> rows = {};                      ///< of the data
  std::vector<Index> part = {};                      ///< of each row: the model that forecast it
  std::vector<double> actual = {};                   ///< of each row
  AnnForecast forecast = {};                         ///< of each row; its quantiles are shifted
  std::vector<double> shares = {};                   ///< of the network in the forecasts of each part
  std::vector<double> shifts = {};                   ///< of quantiles of customers who are in no part, by all scores
  std::vector<metrics::Importance> importance = {};  ///< by the first part's model, of its rows; RMSE

  /// The share of customers who spent at most what a level's quantiles say.
  [[gnu::cold]] double share_at_or_below(std::size_t level) const {
    double below = 0;
    for (std::size_t i = 0; i < actual.size(); ++i) below += actual[i] <= forecast.quantiles[level][i];
    return below / static_cast<double>(actual.size());
  }

  /// Measures forecasts of the rows.
  [[gnu::cold]] void score(const std::string& name, std::vector<double> spend) {
    std::vector<double> target = actual;
    const Shape shape{static_cast<Index>(target.size())};
    scored.push_back(
        {name, metrics::scores(Tensor<double>::wrap(shape, spend.data()), Tensor<double>::wrap(shape, target.data()))});
  }
};

namespace detail {

/// Rows to train on, and rows that are forecast.
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

[[gnu::cold]] inline void calibrate_parts(AnnEvaluation& evaluation, std::span<const double> levels) {
  const std::size_t parts = static_cast<std::size_t>((std::ranges::max)(evaluation.part)) + 1;
  const auto group = [&](std::size_t i) { return parts > 1 ? static_cast<std::size_t>(evaluation.part[i]) : i % 2; };
  std::vector<std::vector<double>> shifts(std::max<std::size_t>(parts, 2));
  for (std::size_t k = 0; k < levels.size(); ++k) {
    const double q = levels[k];
    evaluation.shifts.push_back(conformal_shift(evaluation, k, q, [](std::size_t) { return true; }));
    for (std::size_t g = 0; g < shifts.size(); ++g) {
      shifts[g].push_back(conformal_shift(evaluation, k, q, [&](std::size_t i) { return group(i) != g; }));
    }
  }
  std::vector<std::vector<std::vector<double>>> of_group;
  for (const auto& own : shifts) of_group.push_back(shifted_quantiles(evaluation.forecast, own));
  for (std::size_t k = 0; k < levels.size(); ++k) {
    for (std::size_t i = 0; i < evaluation.rows.size(); ++i) {
      evaluation.forecast.quantiles[k][i] = of_group[group(i)][k][i];
    }
  }
}

/// Of shares of the network from 0 to 1 that one which makes the sum of RMSE, MAE, 1 − Spearman and 1 − normalized Gini,
/// each relative to that of the prior alone, least.
[[gnu::cold]] inline double best_share(const std::vector<double>& network, const std::vector<double>& prior,
                                       const std::vector<double>& actual) {
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

/// Adds one part's forecast behind those of others.
[[gnu::cold]] inline void append_forecast(const AnnForecast& more, AnnForecast& forecast) {
  const auto append = [](std::vector<double>& to, const std::vector<double>& what) {
    to.insert(to.end(), what.begin(), what.end());
  };
  append(forecast.spend, more.spend);
  append(forecast.purchases, more.purchases);
  append(forecast.alive, more.alive);
  for (std::size_t k = 0; k < more.quantiles.size(); ++k) append(forecast.quantiles[k], more.quantiles[k]);
}

}  // namespace detail

}}}  // namespace tenure::TENURE_ABI::clv
TENURE_CONTRACTION_AS_BEFORE
