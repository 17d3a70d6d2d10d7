/// Whether predictions put customers into the right order, whatever their size.
///
///   spearman         the correlation of the ranks, in [−1, 1]
///   auc              the probability that an active customer is predicted higher than an inactive one
///   gini             the area between the gain curve and the diagonal, times 2
///   normalized_gini  gini over that of the best order: 1 at best, 0 for no order, −1 at worst
///
/// Ties: equal predictions are no order. In spearman they share the mean of their ranks, in auc a pair of them counts
/// one half, and in gini each counts with the mean target of all that are equal: every result is what it would be on
/// average over all orders of the tied rows, and none depends on the order in which rows are given, to the last bit.
///
/// All throw ShapeError for no targets or another number of predictions, ValueError for a value that is not finite.
#pragma once

#include "values.hpp"

TENURE_NO_CONTRACTION
namespace tenure { inline namespace TENURE_ABI { namespace metrics {

namespace detail {

/// A row's prediction and target.
struct Row {
  double prediction;
  double target;
};

/// Rows by descending prediction, those of equal ones by descending target.
[[gnu::cold]] inline std::vector<Row> ranked(const Values& prediction, const Values& target) {
  std::vector<Row> rows(target.size());
  for (std::size_t i = 0; i < rows.size(); ++i) rows[i] = {prediction[i], target[i]};
  std::sort(rows.begin(), rows.end(), [](const Row& a, const Row& b) {
    return a.prediction != b.prediction ? a.prediction > b.prediction : a.target > b.target;
  });
  return rows;
}

/// f(begin, end) for each longest stretch of rows of equal prediction.
template <class F>
void for_each_tie(std::span<const Row> rows, F f) {
  for (std::size_t begin = 0, end = 0; begin < rows.size(); begin = end) {
    while (end < rows.size() && rows[end].prediction == rows[begin].prediction) ++end;
    f(begin, end);
  }
}

/// By descending prediction, each target being the mean of those of equal predictions.
[[gnu::cold]] inline std::vector<Row> ranked_without_ties(const Values& prediction, const Values& target) {
  std::vector<Row> rows = ranked(prediction, target);
  for_each_tie(rows, [&](std::size_t begin, std::size_t end) {
    if (end - begin == 1) return;
    const double sum = tenure::detail::pairwise_sum(begin, end, [&](std::size_t i) { return rows[i].target; });
    for (std::size_t i = begin; i < end; ++i) rows[i].target = sum / static_cast<double>(end - begin);
  });
  return rows;
}

/// Ranks from 1 on, of the smallest value; equal values share their mean rank.
[[gnu::cold]] inline std::vector<double> ranks(const Values& x) {
  std::vector<std::size_t> order(x.size());
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return x[a] < x[b]; });
  std::vector<double> ranks(x.size());
  for (std::size_t begin = 0, end = 0; begin < order.size(); begin = end) {
    while (end < order.size() && x[order[end]] == x[order[begin]]) ++end;
    const double rank = static_cast<double>(begin + end + 1) / 2;
    for (std::size_t i = begin; i < end; ++i) ranks[order[i]] = rank;
  }
  return ranks;
}

/// @throws ValueError unless a total is above 0, so that it has shares
[[gnu::cold]] inline void check_total(std::string_view name, double total) {
  if (!(total > 0)) throw ValueError(name, "values with a sum above 0", {total});
}

[[gnu::cold]] inline double gini(std::string_view name, const Values& prediction, const Values& target) {
  const std::vector<Row> rows = ranked_without_ties(prediction, target);
  const auto n = static_cast<double>(rows.size());
  // Σ (n + 1 − 2i) y_i / (n Σ y), i from 1 on in descending order: twice the trapezia under the gain curve, less 1.
  const double weighted =
      sum(rows.size(), [&](std::size_t i) { return (n - 1 - 2 * static_cast<double>(i)) * rows[i].target; });
  const double total = sum(rows.size(), [&](std::size_t i) { return rows[i].target; });
  check_total(name, total);
  return weighted / (n * total);
}

}  // namespace detail

/// Spearman's rank correlation, as scipy.stats.spearmanr; NaN where all predictions or all targets are equal.
[[gnu::cold]] inline double spearman(const Values& prediction, const Values& target) {
  detail::check("spearman", prediction, target);
  const std::size_t n = target.size();
  const std::vector<double> p = detail::ranks(prediction), y = detail::ranks(target);
  // Twice the ranks' distances from their mean are whole numbers, and their sums exact up to 200,000 rows.
  const double center = static_cast<double>(n + 1);
  const auto product = [&](const std::vector<double>& a, const std::vector<double>& b) {
    return detail::sum(n, [&](std::size_t i) { return (2 * a[i] - center) * (2 * b[i] - center); });
  };
  const double scale = std::sqrt(product(p, p)) * std::sqrt(product(y, y));
  return scale > 0 ? std::clamp(product(p, y) / scale, -1.0, 1.0) : missing_value;
}

/// The area under the receiver operating characteristic: scores for whether the target is above 0 (active) or not.
/// @throws ValueError also when all targets are above 0 or none is
[[gnu::cold]] inline double auc(const Values& score, const Values& target) {
  detail::check("auc", score, target);
  const std::vector<double> ranks = detail::ranks(score);
  double active = 0;
  for (std::size_t i = 0; i < target.size(); ++i) active += target[i] > 0;
  const double inactive = static_cast<double>(target.size()) - active;
  if (active == 0 || inactive == 0) {
    throw ValueError("auc", "targets above 0 and others", {active, " above 0 and ", inactive, " others"});
  }
  const double sum = detail::sum(ranks.size(), [&](std::size_t i) { return target[i] > 0 ? ranks[i] : 0; });
  return (sum - active * (active + 1) / 2) / (active * inactive);
}

/// In [−1, 1] for targets of at least 0: how concentrated the targets are on the rows of high predictions. Twice what
/// Kaggle's formula gives, and for targets in their own order the Gini coefficient of economics.
/// @throws ValueError also unless the targets have a sum above 0
[[gnu::cold]] inline double gini(const Values& prediction, const Values& target) {
  detail::check("gini", prediction, target);
  return detail::gini("gini", prediction, target);
}

/// NaN where all targets are equal. @throws as gini
[[gnu::cold]] inline double normalized_gini(const Values& prediction, const Values& target) {
  detail::check("normalized_gini", prediction, target);
  std::size_t differing = 0;
  while (differing < target.size() && target[differing] == target[0]) ++differing;
  const double achieved = detail::gini("normalized_gini", prediction, target);
  return differing < target.size() ? achieved / detail::gini("normalized_gini", target, target) : missing_value;
}

}}}  // namespace tenure::TENURE_ABI::metrics
TENURE_CONTRACTION_AS_BEFORE
