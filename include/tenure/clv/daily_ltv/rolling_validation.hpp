/// Rolling-window validation of the daily LTV model: what would have been predicted for each week before it was known.
///
/// For every k the model learns from the weeks up to k and predicts the next, knowing nothing but what was known when
/// that week's users were seven days old. From one k to the next it goes on from its weights, as with --continue.
#pragma once

#include <set>

#include "accuracy.hpp"
#include "training.hpp"

namespace tenure { inline namespace TENURE_ABI { namespace clv {

struct LtvValidation {
  /// A week that was predicted by a model of the weeks before.
  struct Week {
    std::chrono::sys_days week;
    std::size_t rows;  ///< of it
    Index sequences;   ///< that the model had learnt from
    std::array<LtvAccuracy, ltv_bands.size()> bands;
  };
  std::vector<Week> weeks;
  LtvForecast forecast;  ///< of the weeks that were predicted; NaN for the others
};

namespace detail {

/// Epochs for a week: at first the training's, then so many that all weeks together cost about as much as a training on
/// everything. Few sequences are gone through more often, for a model does not start with small growth rates.
inline Index epochs_of_week(const LtvTraining& training, bool first, std::size_t weeks, Index sequences) noexcept {
  const Index steps = first ? 1500 : 100, batches = (sequences + training.batch_size - 1) / training.batch_size;
  const Index epochs = first ? training.epochs : 2 * training.epochs / static_cast<Index>(weeks);
  return (std::max)({epochs, (steps + batches - 1) / batches, Index{1}});
}

[[gnu::cold]] inline void copy_rows(const LtvForecast& from, std::span<const std::size_t> rows, LtvForecast& to) {
  for (std::size_t i = 0; i < rows.size(); ++i) {
    for (std::size_t day = ltv_days_seen; day < to.end(); ++day) to.at(rows[i], day) = from.at(i, day);
  }
}

}  // namespace detail

/// Weeks for which there is nothing to learn from yet, or none of whose rows can be predicted, are left out.
/// @throws ValueError for no rows or days
[[gnu::cold]] inline LtvValidation validate_ltv(const LtvTable& table, Index days, const LtvTraining& training) {
  std::set<std::chrono::sys_days> weeks;
  for (const LtvRow& row : table.rows) weeks.insert(row.begin);
  LtvValidation validation{{}, detail::empty_forecast(table, days)};
  LtvTraining own = training;
  Rng rng(training.seed);
  DailyLtv<float> model({}, rng);
  for (const std::chrono::sys_days week : weeks) {
    std::vector<std::size_t> rows;
    LtvTable predicted{table.metadata, table.days, {}}, past = predicted;
    std::chrono::sys_days now{};
    for (std::size_t r = 0; r < table.rows.size(); ++r) {
      const LtvRow& row = table.rows[r];
      if (row.begin < week) past.rows.push_back(row);
      if (row.begin != week || !row.usable(0, ltv_days_seen)) continue;
      rows.push_back(r);
      predicted.rows.push_back(row);
      now = (std::max)(now, row.end + std::chrono::days{static_cast<int>(ltv_days_seen) - 1});
    }
    if (rows.empty()) continue;
    past = known_by(past, now);
    if (!has_ltv_sequences(past)) continue;
    const LtvSequences sequences = ltv_sequences(past);
    own.epochs = detail::epochs_of_week(training, validation.weeks.empty(), weeks.size(), sequences.count());
    train_ltv(model, LtvDataset(sequences.growth, sequences.next), own);
    ++own.seed;
    detail::copy_rows(forecast_ltv(model, predicted, days), rows, validation.forecast);
    validation.weeks.push_back({week, rows.size(), sequences.count(), {}});
    LtvValidation::Week& scored = validation.weeks.back();
    for (std::size_t band = 0; band < ltv_bands.size(); ++band) {
      scored.bands[band] = ltv_accuracy(table, validation.forecast, ltv_bands[band].first, ltv_bands[band].last,
                                        [&](std::size_t r) { return table.rows[r].begin == week; });
    }
  }
  return validation;
}

}}}  // namespace tenure::TENURE_ABI::clv
