/// What the daily LTV model learns from: in each row every run of eight known, positive days gives six growth rates and
/// the next one.
///
///   v_t, …, v_(t+7)  →  x = g_1, …, g_6,  y = g_7,  g_k = max(v_(t+k) / v_(t+k−1) − 1, 0.001)
///
/// As published, a run that ends with the table's last column is left out: of day_0 to day_360 a row has 353 at most.
#pragma once

#include "../../core/tensor.hpp"
#include "../../data/dataset.hpp"
#include "../../data/splits.hpp"
#include "table.hpp"

TENURE_NO_CONTRACTION
namespace tenure { inline namespace TENURE_ABI { namespace clv {

inline constexpr std::size_t daily_ltv_days_seen = 7;   ///< of a row before the first that is predicted
inline constexpr Index daily_ltv_steps = 6;             ///< growth rates between them
inline constexpr double least_daily_ltv_growth = 1e-3;  ///< of a day

/// A day's growth rate, at least least_daily_ltv_growth: what the model reads and is trained on.
inline double daily_ltv_growth(double before, double after) noexcept {
  return (std::max)(after / before - 1, least_daily_ltv_growth);
}

/// growth (count, 6, 1) and the next rate (count, 1).
using DailyLtvDataset = TensorDataset<float, float>;

/// All runs of eight known, positive days of a table: six growth rates, and the one that follows.
struct DailyLtvSequences {
  Tensor<float> growth;           // (count, 6, 1)
  Tensor<float> next;             // (count, 1)
  std::vector<std::size_t> rows;  // which row of the table each is of
  std::vector<std::size_t> days;  // and the day that it begins on

  Index count() const noexcept { return static_cast<Index>(rows.size()); }

  /// Of those whose numbers are given. @throws IndexError
  [[gnu::cold]] DailyLtvDataset dataset(std::span<const Index> numbers) const {
    return DailyLtvDataset(Tensor<float>::wrap(growth.shape(), const_cast<float*>(growth.data())),
                           Tensor<float>::wrap(next.shape(), const_cast<float*>(next.data())))
        .select(numbers);
  }
};

namespace detail {

/// Calls f(row, first day) for every run of eight, in order.
[[gnu::cold]] inline void for_each_daily_ltv_run(const DailyLtvTable& table, auto&& f) {
  for (std::size_t r = 0; r < table.rows.size(); ++r) {
    std::size_t run = 0;
    for (std::size_t day = 0; day + 1 < table.days; ++day) {
      run = table.rows[r].usable(day) ? run + 1 : 0;
      if (run > daily_ltv_days_seen) f(r, day - daily_ltv_days_seen);
    }
  }
}

}  // namespace detail

/// Sequences of the rows for which `wanted` is true, in their order. @throws ValueError when there are none
[[gnu::cold]] inline DailyLtvSequences daily_ltv_sequences(const DailyLtvTable& table, auto&& wanted) {
  DailyLtvSequences sequences;
  detail::for_each_daily_ltv_run(table, [&](std::size_t row, std::size_t first) {
    if (wanted(row)) sequences.rows.push_back(row), sequences.days.push_back(first);
  });
  if (sequences.rows.empty()) throw ValueError("daily LTV", "a row with eight known, positive days on end", "none");
  sequences.growth = Tensor<float>::uninitialized({sequences.count(), daily_ltv_steps, 1});
  sequences.next = Tensor<float>::uninitialized({sequences.count(), 1});
  for (Index i = 0; i < sequences.count(); ++i) {
    const auto place = static_cast<std::size_t>(i);
    const double* v = table.rows[sequences.rows[place]].ltv.data() + sequences.days[place];
    for (Index t = 0; t < daily_ltv_steps; ++t)
      sequences.growth(i, t, 0) = static_cast<float>(daily_ltv_growth(v[t], v[t + 1]));
    sequences.next(i, 0) = static_cast<float>(daily_ltv_growth(v[daily_ltv_steps], v[daily_ltv_steps + 1]));
  }
  return sequences;
}

/// Whether there is one at all.
[[gnu::cold]] inline bool has_daily_ltv_sequences(const DailyLtvTable& table) {
  bool some = false;
  detail::for_each_daily_ltv_run(table, [&](std::size_t, std::size_t) { some = true; });
  return some;
}

/// Four fifths for training and one for validation, at random. Which part a sequence is in depends on the seed, its
/// week, its place among the week's rows and its day alone: with a newer file it stays where it was.
[[gnu::cold]] inline Split split_daily_ltv_sequences(const DailyLtvTable& table, const DailyLtvSequences& sequences,
                                                     std::uint64_t seed) {
  std::map<std::chrono::sys_days, std::uint64_t> count;
  std::vector<std::uint64_t> place;  // of each row among its week's
  for (const DailyLtvRow& row : table.rows) place.push_back(count[row.begin]++);
  Split split;
  for (std::size_t i = 0; i < sequences.rows.size(); ++i) {
    const std::size_t row = sequences.rows[i];
    const auto week = static_cast<std::uint64_t>(table.rows[row].begin.time_since_epoch().count());
    Rng rng(seed, week << 32 | place[row] << 16 | sequences.days[i]);
    (rng.uniform() < 0.8 ? split.train : split.validation).push_back(static_cast<Index>(i));
  }
  if (split.train.empty() || split.validation.empty()) {
    throw ValueError("daily LTV", "sequences enough to train and to validate", {sequences.count()});
  }
  return split;
}

/// Those of all rows.
[[gnu::cold]] inline DailyLtvSequences daily_ltv_sequences(const DailyLtvTable& table) {
  return daily_ltv_sequences(table, [](std::size_t) { return true; });
}

}}}  // namespace tenure::TENURE_ABI::clv
TENURE_CONTRACTION_AS_BEFORE
