/// Cross-validation of a model of daily series: folds of days, at the same dates for every series.
#pragma once

#include "../../core/executor.hpp"
#include "forecaster.hpp"

TENURE_NO_CONTRACTION
namespace tenure { inline namespace TENURE_ABI { namespace clv {

/// What a fold learns from.
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

/// The same of a forecaster on folds of the days before the data's test part.
/// @param options epochs, batch_size, learning_rate, seed and shuffle alone @throws Error also for a loss that is not
/// finite
[[gnu::cold]] inline std::vector<BiGruFoldScores> cross_validate(const BiGruForecasterConfig& config,
                                                                 const BiGruData& data, Index folds, BiGruFoldKind kind,
                                                                 const TrainingOptions& options, Executor& executor) {
  const TrainingOptions own{.epochs = options.epochs,
                            .batch_size = options.batch_size,
                            .learning_rate = options.learning_rate,
                            .seed = options.seed,
                            .shuffle = options.shuffle};
  const auto train = [&](const BiGruData& fold) {
    BiGruForecaster forecaster(config);
    try {
      forecaster.fit(fold, own);
    } catch (const Error& error) {
      throw Error(std::string("a fold: ") + error.what());
    }
    return forecaster.predict(fold, fold.split.test);
  };
  return cross_validate(data.set, data.options, data.days.test.front(), folds, kind, executor, "BiGRU", train);
}

/// Finds out, before anything is trained, that folds can't be. @throws ValueError for a fold without windows
[[gnu::cold]] inline void check_folds(const BiGruData& data, Index folds, BiGruFoldKind kind, Executor& executor) {
  const auto zeros = [](const BiGruData& fold) { return std::vector<double>(fold.split.test.size()); };
  cross_validate(data.set, data.options, data.days.test.front(), folds, kind, executor, "", zeros);
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

}}}  // namespace tenure::TENURE_ABI::clv
TENURE_CONTRACTION_AS_BEFORE
