/// The rolling forecast of cohorts' LTV: from the first seven days those that follow.
///
///   g = model(g_1, …, g_6),  v ← v · (1 + max(g, 0.001)),  the window rolls on with the g that was applied
///
/// All rows are one batch, day by day.
#pragma once

#include "../../autograd/tape.hpp"
#include "data.hpp"

TENURE_NO_CONTRACTION
namespace tenure { inline namespace TENURE_ABI { namespace clv {

/// Days that a forecast is for: day 7 is the first. NaN for rows whose first seven days are not known and positive.
struct DailyLtvForecast {
  Tensor<double> values;  // (rows, days)

  std::size_t rows() const noexcept { return static_cast<std::size_t>(values.shape()[0]); }
  std::size_t days() const noexcept { return static_cast<std::size_t>(values.shape()[1]); }
  /// Of a row for a day since acquisition.
  double& at(std::size_t row, std::size_t day) noexcept {
    return values(static_cast<Index>(row), static_cast<Index>(day - daily_ltv_days_seen));
  }
  double at(std::size_t row, std::size_t day) const noexcept {
    return const_cast<DailyLtvForecast&>(*this).at(row, day);
  }
  bool has(std::size_t row) const noexcept { return !is_nan(at(row, daily_ltv_days_seen)); }
  /// Behind the last day.
  std::size_t end() const noexcept { return daily_ltv_days_seen + days(); }
};

namespace detail {

/// @throws ValueError
[[gnu::cold]] inline DailyLtvForecast empty_forecast(const DailyLtvTable& table, Index days) {
  if (days < 1) throw ValueError("daily LTV", "at least one day to predict", {days});
  if (table.rows.empty()) throw ValueError("daily LTV", "a row to predict", "none");
  return {Tensor<double>({static_cast<Index>(table.rows.size()), days}, missing_value)};
}

/// Rows that can be predicted.
[[gnu::cold]] inline std::vector<std::size_t> predictable_rows(const DailyLtvTable& table) {
  std::vector<std::size_t> rows;
  for (std::size_t r = 0; r < table.rows.size(); ++r) {
    if (table.rows[r].usable(0, daily_ltv_days_seen)) rows.push_back(r);
  }
  return rows;
}

}  // namespace detail

/// By a model (batch, 6, 1) → (batch, 1). @throws ValueError for no rows or days, and what the model throws
template <class Model>
[[gnu::cold]] DailyLtvForecast daily_ltv_forecast(const Model& model, const DailyLtvTable& table, Index days) {
  DailyLtvForecast forecast = detail::empty_forecast(table, days);
  const std::vector<std::size_t> rows = detail::predictable_rows(table);
  if (rows.empty()) return forecast;
  const auto count = static_cast<Index>(rows.size());
  Tensor<float> window({count, daily_ltv_steps, 1});
  std::vector<double> value;
  for (Index i = 0; i < count; ++i) {
    const std::vector<double>& v = table.rows[rows[static_cast<std::size_t>(i)]].ltv;
    for (std::size_t t = 0; t + 1 < daily_ltv_days_seen; ++t) {
      window(i, static_cast<Index>(t), 0) = static_cast<float>(daily_ltv_growth(v[t], v[t + 1]));
    }
    value.push_back(v[daily_ltv_days_seen - 1]);
  }
  Tape<float> tape;
  const NoGrad<float> inference(tape);
  for (std::size_t day = daily_ltv_days_seen; day < forecast.end(); ++day) {
    tape.reset();
    const View<const float> next = model(tape.input(window)).value();
    for (Index i = 0; i < count; ++i) {
      const double growth = (std::max)(static_cast<double>(next(i, 0)), least_daily_ltv_growth);
      const auto place = static_cast<std::size_t>(i);
      forecast.at(rows[place], day) = value[place] *= 1 + growth;
      float* const own = window.data() + i * daily_ltv_steps;
      std::copy(own + 1, own + daily_ltv_steps, own);
      own[daily_ltv_steps - 1] = static_cast<float>(growth);
    }
  }
  return forecast;
}

}}}  // namespace tenure::TENURE_ABI::clv
TENURE_CONTRACTION_AS_BEFORE
