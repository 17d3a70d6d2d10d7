/// What a model of daily series is told of a day, from that day and those before it.
///
///   value                       of the day
///   weekday, month              sine and cosine
///   season                      1 in the weeks before Christmas
///   mean, deviation             of the last 7, 14 and 30 days, the day included
///   lag                         the value 1, 7 and 14 days before
///   …                           regressors
///
/// Where a series has not begun, statistics are of the days that there are, and a lag is the first value.
#pragma once

#include "../../data/calendar.hpp"
#include "../../data/scaler.hpp"
#include "../../metrics/permutation_importance.hpp"

namespace tenure { inline namespace TENURE_ABI { namespace clv {

class BiGruFeatures {
 public:
  static constexpr std::array<Index, 3> lengths = {7, 14, 30};  ///< of rolling statistics, in days
  static constexpr std::array<Index, 3> lags = {1, 7, 14};
  static constexpr Index reach = 30;      ///< days before today that a row may depend on, today included
  static constexpr Index deviation = 11;  ///< the column of the deviation over `reach` days

  [[gnu::cold]] explicit BiGruFeatures(std::vector<std::string> regressors = {}) : regressors_(std::move(regressors)) {}

  const std::vector<std::string>& regressors() const noexcept { return regressors_; }
  /// Columns.
  Index count() const noexcept { return 15 + static_cast<Index>(regressors_.size()); }

  /// What there is to know, by name and columns.
  [[gnu::cold]] std::vector<metrics::Feature> groups() const {
    std::vector<metrics::Feature> groups = {{"value", {0}}, {"weekday", {1, 2}}, {"month", {3, 4}}, {"season", {5}}};
    Index column = 6;
    const auto add = [&](const std::string& name) { groups.push_back({name, {column++}}); };
    for (const Index length : lengths) {
      add("mean of " + std::to_string(length) + " days");
      add("deviation of " + std::to_string(length) + " days");
    }
    for (const Index lag : lags) add(lag == 1 ? "1 day before" : std::to_string(lag) + " days before");
    for (const std::string& name : regressors_) add(name);
    return groups;
  }

  /// All columns in standard form, but the calendar's, which are in [−1, 1].
  [[gnu::cold]] std::vector<ScalerConfig> scaling() const {
    std::vector<ScalerConfig> scaling(static_cast<std::size_t>(count()), {.scaling = Scaling::standard});
    std::fill_n(scaling.begin() + 1, 5, ScalerConfig{.scaling = Scaling::none});
    return scaling;
  }

  /// Weekday, month and season of days. // (days, 5)
  [[gnu::cold]] static Tensor<double> calendar(std::span<const std::chrono::sys_days> dates) {
    return calendar_features<double>(dates, {.day_of_year = false});
  }

  /// Writes a day's row. @param values those up to the day, of which the last `reach` are looked at
  /// @param calendar the day's five @param regressors the day's
  [[gnu::cold]] void write_row(std::span<const double> values, const double* calendar, const double* regressors,
                               double* row) const {
    *row++ = values.back();
    row = std::copy_n(calendar, 5, row);
    for (const Index length : lengths) {
      const auto n = (std::min)(static_cast<std::size_t>(length), values.size());
      const Moments sample = moments(values.last(n));
      *row++ = sample.mean;
      *row++ = n > 1 ? sample.deviation() : 0;
    }
    for (const Index lag : lags)
      *row++ = values[values.size() - 1 - (std::min)(static_cast<std::size_t>(lag), values.size() - 1)];
    std::copy_n(regressors, regressors_.size(), row);
  }

  /// The rows of a series. // (days, count())
  [[gnu::cold]] Tensor<double> table(std::span<const double> values, std::span<const std::chrono::sys_days> dates,
                                     const Tensor<double>& regressors) const {
    const Tensor<double> days = calendar(dates);
    Tensor<double> table({static_cast<Index>(values.size()), count()});
    for (std::size_t t = 0; t < values.size(); ++t) {
      const auto row = static_cast<Index>(t);
      const std::size_t begin = t + 1 - (std::min)(t + 1, static_cast<std::size_t>(reach));
      write_row(values.subspan(begin, t + 1 - begin), &days(row, 0),
                regressors_.empty() ? nullptr : &regressors(row, 0), &table(row, 0));
    }
    return table;
  }

 private:
  std::vector<std::string> regressors_;
};

}}}  // namespace tenure::TENURE_ABI::clv
