/// The measures that reports on customer lifetime value have in common, of predictions and targets of any shape.
///
/// rmse, mae, r2, smape and spearman over all elements; mutual_gini and normalized_gini of elements, too; and R²
/// without those of the pooled customers, whose amounts would outweigh all others'.
#pragma once

#include <array>

#include "../core/text.hpp"
#include "curves.hpp"
#include "ranking.hpp"
#include "regression.hpp"

TENURE_NO_CONTRACTION
namespace tenure { inline namespace TENURE_ABI { namespace metrics {

/// A measure's name in print, and whether more of it is better.
struct Measure {
  const char* name;
  bool more_is_better = false;
  bool has_unit = false;  ///< that of the values
};

/// NaN where a measure is not defined, as a Gini coefficient of amounts whose sum is not above 0.
struct Scores {
  double rmse = missing_value;
  double mae = missing_value;
  double r2 = missing_value;
  double smape = missing_value;
  double mutual_gini = missing_value;
  double normalized_gini = missing_value;
  double spearman = missing_value;
  double r2_known_customers = missing_value;

  /// In the order of fields().
  static constexpr std::array<Measure, 8> measures = {{{"RMSE", false, true},
                                                       {"MAE", false, true},
                                                       {"R²", true},
                                                       {"sMAPE"},
                                                       {"Mutual Gini"},
                                                       {"norm. Gini", true},
                                                       {"Spearman", true},
                                                       {"R² known", true}}};

  /// f(name, value) in the order of metrics.json.
  static void fields(auto& self, auto&& f) {
    f("rmse", self.rmse);
    f("mae", self.mae);
    f("r2", self.r2);
    f("smape", self.smape);
    f("mutual_gini", self.mutual_gini);
    f("normalised_gini", self.normalized_gini);
    f("spearman", self.spearman);
    f("r2_known_customers", self.r2_known_customers);
  }
};

namespace detail {

[[gnu::cold]] inline double defined_or_missing(double (*measure)(const metrics::Values&, const metrics::Values&),
                                               const metrics::Values& prediction, const metrics::Values& target) {
  try {
    return measure(prediction, target);
  } catch (const ValueError&) {
    return missing_value;
  } catch (const ShapeError&) {
    return missing_value;
  }
}

}  // namespace detail

/// `pooled` has a 1 for each row that is of no single customer; empty where there are none.
/// @throws ShapeError for no targets, or another number of predictions or rows; ValueError for values that are not
/// finite
template <class T>
[[gnu::cold]] Scores scores(View<const T> prediction, View<const T> target, std::span<const std::uint8_t> pooled = {}) {
  Scores s;
  s.rmse = metrics::rmse(prediction, target);
  s.mae = metrics::mae(prediction, target);
  s.r2 = s.r2_known_customers = metrics::r2(prediction, target);
  s.smape = metrics::smape(prediction, target);
  s.mutual_gini = detail::defined_or_missing(metrics::mutual_gini, prediction, target);
  s.normalized_gini = detail::defined_or_missing(metrics::normalized_gini, prediction, target);
  s.spearman = metrics::spearman(prediction, target);
  if (pooled.empty()) return s;
  const Index rows = target.shape()[0], width = target.size() / rows;
  if (static_cast<Index>(pooled.size()) != rows) throw ShapeError("scores", {rows, " marks"}, {pooled.size()});
  std::vector<double> p, y;
  for (Index i = 0; i < target.size(); ++i) {
    if (pooled[static_cast<std::size_t>(i / width)]) continue;
    p.push_back(static_cast<double>(prediction.data()[i]));
    y.push_back(static_cast<double>(target.data()[i]));
  }
  s.r2_known_customers = detail::defined_or_missing(metrics::r2, p, y);
  return s;
}
template <class T>
Scores scores(const Tensor<T>& prediction, const Tensor<T>& target, std::span<const std::uint8_t> pooled = {}) {
  return scores(prediction.view(), target.view(), pooled);
}

/// What a model or a baseline achieved. `Measures` has `measures` and `fields`, as Scores has.
template <class Measures>
struct ScoredBy {
  std::string name;
  Measures scores;
};
/// With the measures that all models share.
using Scored = ScoredBy<Scores>;

/// Scores in the order of their measures.
template <class Measures>
[[gnu::cold]] std::vector<double> values_of(const Measures& scores) {
  std::vector<double> values;
  Measures::fields(scores, [&](const char*, double value) { values.push_back(value); });
  return values;
}

/// "mean of input months in RMSE (0.0253, the model 0.0337), R² (…)" for each one that is better than the model, which
/// is the first, in any measure.
template <class Measures>
[[gnu::cold]] std::vector<std::string> better_than_first(const std::vector<ScoredBy<Measures>>& scored) {
  std::vector<std::string> lines;
  const std::vector<double> first = values_of(scored[0].scores);
  for (std::size_t i = 1; i < scored.size(); ++i) {
    std::string line;
    const std::vector<double> values = values_of(scored[i].scores);
    for (std::size_t m = 0; m < Measures::measures.size(); ++m) {
      const Measure& measure = Measures::measures[m];
      if (measure.more_is_better ? !(values[m] > first[m]) : !(values[m] < first[m])) continue;
      line += (line.empty() ? scored[i].name + " in " : ", ") + measure.name +
              text::formatted(" (%.3g, the model %.3g)", values[m], first[m]);
    }
    if (!line.empty()) lines.push_back(line);
  }
  return lines;
}

}}}  // namespace tenure::TENURE_ABI::metrics
TENURE_CONTRACTION_AS_BEFORE
