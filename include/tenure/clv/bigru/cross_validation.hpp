/// Cross-validation of a model of daily series: folds of days, at the same dates for every series.
#pragma once

#include "../../core/executor.hpp"
#include "../../core/text.hpp"
#include "../../report/charts.hpp"
#include "baselines.hpp"

namespace tenure { inline namespace TENURE_ABI { namespace clv {

enum class BiGruFoldKind {
  forward,  ///< learns from the days before those that it tests alone
  blocked,  ///< learns from those behind them too, but from no window that reaches into them
};

/// What a fold's model and the rules achieved.
struct BiGruFoldScores {
  std::chrono::sys_days first, last;  ///< days that were tested
  std::size_t windows;
  std::vector<BiGruScored> scored;  ///< the model first
};

/// Trains and tests on folds of the first `days` days, several at once where the executor has threads: train(data,
/// fold) gives predictions for the windows data.split.test, and may be called by several threads. What a fold gives
/// depends on its data alone, and so not on the number of threads.
/// @throws ValueError for a fold without windows; what `train` throws, of the first fold that fails
template <class Train>
[[gnu::cold]] std::vector<BiGruFoldScores> cross_validate(const DailySeriesSet& set, const BiGruDataOptions& options,
                                                          Index days, Index folds, BiGruFoldKind kind,
                                                          Executor& executor, const std::string& model, Train train) {
  const std::vector<Fold> parts = kind == BiGruFoldKind::forward ? forward_chaining(days, folds) : k_fold(days, folds);
  std::vector<BiGruFoldScores> results(parts.size());
  const auto work = [&](Index fold) {
    const Fold& part = parts[static_cast<std::size_t>(fold)];
    const auto validation =
        part.train.end() - static_cast<std::ptrdiff_t>(0.15 * static_cast<double>(part.train.size()));
    const BiGruData data(set, {{part.train.begin(), validation}, {validation, part.train.end()}, part.test}, options);
    const std::vector<double> prediction = train(data);
    results[static_cast<std::size_t>(fold)] = {data.period.day(part.test.front()), data.period.day(part.test.back()),
                                               data.split.test.size(),
                                               scored_beside_rules(data, data.split.test, prediction, model)};
  };
  executor.run(folds, work);
  return results;
}

/// Mean and deviation of a measure over the folds.
struct BiGruFoldMeasure {
  const char* name;  ///< as fields() has it
  double mean;
  double deviation;  ///< with n − 1; NaN for one fold
};

/// Those of the model, or of a rule by its place among the scored. @throws ValueError for no folds
[[gnu::cold]] inline std::vector<BiGruFoldMeasure> over_folds(std::span<const BiGruFoldScores> folds,
                                                              std::size_t scored) {
  if (folds.empty()) throw ValueError("folds", "at least one fold", "none");
  std::vector<BiGruFoldMeasure> measures;
  BiGruScores::fields(folds[0].scored[scored].scores, [&](const char* name, double) {
    std::vector<double> values;
    for (const BiGruFoldScores& fold : folds)
      values.push_back(metrics::values_of(fold.scored[scored].scores)[measures.size()]);
    const Moments sample = moments(values);
    measures.push_back({name, sample.mean, sample.deviation()});
  });
  return measures;
}

/// Each fold's days and measures, then mean ± deviation of the model's and the rules'.
[[gnu::cold]] inline report::Table fold_table(std::span<const BiGruFoldScores> folds) {
  report::Table table{.id = "folds", .title = "Cross-validation", .columns = {"Tested", "Windows"}, .rows = {}};
  for (const metrics::Measure& measure : BiGruScores::measures) table.columns.push_back(measure.name);
  for (const BiGruFoldScores& fold : folds) {
    table.rows.push_back({format_date(fold.first) + " to " + format_date(fold.last), std::to_string(fold.windows)});
    for (const double value : metrics::values_of(fold.scored[0].scores))
      table.rows.back().push_back(text::in_four_digits(value));
  }
  for (std::size_t s = 0; s < folds[0].scored.size(); ++s) {
    table.rows.push_back({"Mean ± deviation: " + folds[0].scored[s].name, ""});
    for (const BiGruFoldMeasure& measure : over_folds(folds, s)) {
      table.rows.back().push_back(text::in_four_digits(measure.mean) + " ± " + text::in_four_digits(measure.deviation));
    }
  }
  table.caption = "Each model learnt from other days than those that it was tested on; the test part took no part.";
  return table;
}

}}}  // namespace tenure::TENURE_ABI::clv
