/// Features of dates, and series without gaps.
#pragma once

#include <chrono>
#include <numbers>
#include <string>

#include "../core/tensor.hpp"
#include "statistics.hpp"

namespace tenure { inline namespace TENURE_ABI {

/// Days of every year, both included; over the new year where `last` comes before `first`.
struct Season {
  std::chrono::month_day first;
  std::chrono::month_day last;

  constexpr bool contains(std::chrono::month_day day) const noexcept {
    return first <= last ? day >= first && day <= last : day >= first || day <= last;
  }
};

/// Which features calendar_features gives, in this order. A cyclical feature is two: sin and cos of 2π·k/n, where k
/// counts from 1 and n is the length of the cycle, so that its last place lies beside its first.
struct CalendarConfig {
  bool weekday = true;      ///< Monday is 1 of 7
  bool month = true;        ///< January is 1 of 12
  bool day_of_year = true;  ///< 1 January is 1 of 365 or 366
  /// A flag for each: 1 inside, 0 outside. By default the weeks before Christmas.
  std::vector<Season> seasons = {{std::chrono::November / 15, std::chrono::December / 31}};
};

/// "weekday_sin", "weekday_cos", …, "season_0", …: the columns of calendar_features.
[[gnu::cold]] inline std::vector<std::string> calendar_names(const CalendarConfig& config = {}) {
  std::vector<std::string> names;
  for (const auto& [wanted, name] : {std::pair(config.weekday, "weekday"), std::pair(config.month, "month"),
                                     std::pair(config.day_of_year, "day_of_year")}) {
    if (!wanted) continue;
    names.push_back(std::string(name) + "_sin");
    names.push_back(std::string(name) + "_cos");
  }
  for (std::size_t i = 0; i < config.seasons.size(); ++i) names.push_back("season_" + std::to_string(i));
  return names;
}

/// Cyclical features and season flags of dates. // (dates, features)
/// @throws ShapeError when there are no dates or no features
template <class T>
[[gnu::cold]] Tensor<T> calendar_features(std::span<const std::chrono::sys_days> dates,
                                          const CalendarConfig& config = {}) {
  const std::size_t features = calendar_names(config).size();
  if (dates.empty() || features == 0) {
    throw ShapeError("calendar_features", "dates and features", {dates.size(), " dates, ", features, " features"});
  }
  Tensor<T> y({static_cast<Index>(dates.size()), static_cast<Index>(features)});
  T* place = y.data();
  const auto cycle = [&](bool wanted, long k, long n) {
    if (!wanted) return;
    const double phase = 2 * std::numbers::pi * static_cast<double>(k) / static_cast<double>(n);
    *place++ = static_cast<T>(std::sin(phase));
    *place++ = static_cast<T>(std::cos(phase));
  };
  for (const std::chrono::sys_days date : dates) {
    const std::chrono::year_month_day day(date);
    const auto new_year = std::chrono::sys_days(day.year() / std::chrono::January / 1);
    cycle(config.weekday, std::chrono::weekday(date).iso_encoding(), 7);
    cycle(config.month, static_cast<unsigned>(day.month()), 12);
    cycle(config.day_of_year, (date - new_year).count() + 1, day.year().is_leap() ? 366 : 365);
    for (const Season& season : config.seasons) *place++ = season.contains(day.month() / day.day()) ? T{1} : T{0};
  }
  return y;
}

/// What stands in a row whose date was missing.
enum class GapFill { zero, previous, missing };

struct GapConfig {
  std::chrono::days step{1};     ///< from one date to the next
  GapFill fill = GapFill::zero;  ///< zero: nothing was sold; previous: a state goes on; missing: NaN
};

/// A series without gaps.
template <class T>
struct FilledSeries {
  std::vector<std::chrono::sys_days> dates;
  Tensor<T> values;  // (dates, features)
  Index filled;      ///< how many rows were added
};

/// A row for every step from the first to the last date. values (dates, features); uses earlier rows only.
/// @throws ShapeError unless there is a row for each date; ValueError, naming the row, unless dates rise by whole steps
template <class T>
[[gnu::cold]] FilledSeries<std::remove_const_t<T>> fill_gaps(std::span<const std::chrono::sys_days> dates,
                                                             View<T> values, GapConfig config = {}) {
  const auto rows = static_cast<Index>(dates.size());
  if (rows == 0 || values.rank() != 2 || values.shape()[0] != rows) {
    throw ShapeError("fill_gaps", {"a row for each of ", rows, " dates, at least one"}, {values.shape()});
  }
  if (config.step.count() < 1) throw ValueError("fill_gaps", "a step of at least a day", {config.step.count()});
  for (std::size_t i = 1; i < dates.size(); ++i) {
    const auto ahead = (dates[i] - dates[i - 1]).count();
    if (ahead < 1 || ahead % config.step.count() != 0) {
      throw ValueError("fill_gaps", {"dates that rise by a multiple of ", config.step.count(), " days"},
                       {ahead, " days to row ", i});
    }
  }
  const Index all = (dates.back() - dates.front()) / config.step + 1, features = values.shape()[1];
  using Value = std::remove_const_t<T>;
  FilledSeries<Value> series{
      {},
      Tensor<Value>({all, features}, config.fill == GapFill::missing ? static_cast<Value>(missing_value) : Value{0}),
      all - rows};
  Index row = 0;
  for (Index i = 0; i < all; ++i) {
    series.dates.push_back(dates.front() + config.step * i);
    const bool given = series.dates.back() == dates[static_cast<std::size_t>(row)];
    const Value* from = given ? values.data() + row++ * features : series.values.data() + (i - 1) * features;
    if (given || config.fill == GapFill::previous) std::copy_n(from, features, series.values.data() + i * features);
  }
  return series;
}
template <class T>
FilledSeries<T> fill_gaps(std::span<const std::chrono::sys_days> dates, const Tensor<T>& values,
                          GapConfig config = {}) {
  return fill_gaps(dates, values.view(), config);
}

}}  // namespace tenure::TENURE_ABI
