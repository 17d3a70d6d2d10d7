/// Rolling-window validation of the daily LTV model: what would have been predicted for each week before it was known.
///
/// For every k the model learns from the weeks up to k and predicts the next, knowing nothing but what was known when
/// that week's users were seven days old. From one k to the next it goes on from its weights, as with --continue.
#pragma once

#include <set>

#include "accuracy.hpp"
#include "training.hpp"

namespace tenure { inline namespace TENURE_ABI { namespace clv {

/// Weeks that were each predicted by a model of the weeks before.
struct DailyLtvValidation {
  /// A week that was predicted by a model of the weeks before.
  struct Week {
    std::chrono::sys_days week;
    std::size_t rows;  ///< of it
    Index sequences;   ///< that the model had learnt from
    DailyLtvScores scores;
  };
  std::vector<Week> weeks;
  DailyLtvForecast forecast;  ///< of the weeks that were predicted; NaN for the others
};

namespace detail {

/// Epochs for a week: at first the training's, then so many that all weeks together cost about as much as a training on
/// everything. Few sequences are gone through more often, for a model does not start with small growth rates.
inline Index epochs_of_week(const TrainingOptions& training, bool first, std::size_t weeks, Index sequences) {
  const Index batch_size = training.batch_size.value_or(daily_ltv_batch_size);
  const Index all_epochs = training.epochs.value_or(daily_ltv_epochs);
  const Index steps = first ? 1500 : 100, batches = (sequences + batch_size - 1) / batch_size;
  const Index epochs = first ? all_epochs : 2 * all_epochs / static_cast<Index>(weeks);
  return (std::max)({epochs, (steps + batches - 1) / batches, Index{1}});
}

[[gnu::cold]] inline void copy_rows(const DailyLtvForecast& from, std::span<const std::size_t> rows,
                                    DailyLtvForecast& to) {
  for (std::size_t i = 0; i < rows.size(); ++i) {
    for (std::size_t day = daily_ltv_days_seen; day < to.end(); ++day) to.at(rows[i], day) = from.at(i, day);
  }
}

}  // namespace detail

/// Weeks for which there is nothing to learn from yet, or none of whose rows can be predicted, are left out.
/// @throws ValueError for no rows or days
[[gnu::cold]] inline DailyLtvValidation validate_daily_ltv(const DailyLtvTable& table, Index days,
                                                           const TrainingOptions& training,
                                                           const DailyLtvConfig& config = {}) {
  std::set<std::chrono::sys_days> weeks;
  for (const DailyLtvRow& row : table.rows) weeks.insert(row.begin);
  DailyLtvValidation validation{{}, detail::empty_forecast(table, days)};
  TrainingOptions own = training;
  Rng rng(training.seed);
  DailyLtv<float> model(config, rng);
  for (const std::chrono::sys_days week : weeks) {
    std::vector<std::size_t> rows;
    DailyLtvTable predicted{table.metadata, table.days, {}}, past = predicted;
    std::chrono::sys_days now{};
    for (std::size_t r = 0; r < table.rows.size(); ++r) {
      const DailyLtvRow& row = table.rows[r];
      if (row.begin < week) past.rows.push_back(row);
      if (row.begin != week || !row.usable(0, daily_ltv_days_seen)) continue;
      rows.push_back(r);
      predicted.rows.push_back(row);
      now = (std::max)(now, row.end + std::chrono::days{static_cast<int>(daily_ltv_days_seen) - 1});
    }
    if (rows.empty()) continue;
    past = known_by(past, now);
    if (!has_daily_ltv_sequences(past)) continue;
    const DailyLtvSequences sequences = daily_ltv_sequences(past);
    own.epochs = detail::epochs_of_week(training, validation.weeks.empty(), weeks.size(), sequences.count());
    detail::train_daily_ltv(model, sequences, own);
    ++own.seed;
    detail::copy_rows(daily_ltv_forecast(model, predicted, days), rows, validation.forecast);
    const auto of_week = [&](std::size_t r) { return table.rows[r].begin == week; };
    validation.weeks.push_back(
        {week, rows.size(), sequences.count(), daily_ltv_scores(table, validation.forecast, of_week)});
  }
  return validation;
}

}}}  // namespace tenure::TENURE_ABI::clv
