/// Whether what a cohort will be worth exceeds what was asked for, and what that means for the budget.
///
///   residual of a row = (actual − predicted) / predicted, on the day of the target
///   interval          = predicted · (1 + the central 80 % of a bootstrap of earlier weeks' residuals)
///
/// The interval's coverage is measured on later weeks. Rows are joined to groups week by week, weighted by their users
/// where a column tells them, and a group's residuals are those of its weeks: they are smaller than those of rows.
#pragma once

#include "../../core/text.hpp"
#include "../../metrics/intervals.hpp"
#include "accuracy.hpp"

TENURE_NO_CONTRACTION
namespace tenure { inline namespace TENURE_ABI { namespace clv {

/// What campaigns must reach, for a decision to spend more or less on them.
struct DailyLtvTarget {
  std::optional<double> ltv = {};   ///< what a user must be worth on the day, or
  std::optional<double> roas = {};  ///< what a unit of money spent must bring back, with a column that tells the spend
  std::string spend_column = {};    ///< money spent on a row: per user, or in all where there is a users column
  std::string users_column = {};    ///< number of a row's users
  std::size_t day = 30;
  double coverage = 0.8;
  double most_at_once = 0.2;          ///< of the budget: more users at once are other users
  std::optional<double> budget = {};  ///< of all rows together, a day, to say amounts
  std::vector<std::string> group_by = {};

  bool given() const noexcept { return ltv || roas; }
};

/// An interval around predictions, relative to them.
struct DailyLtvInterval {
  double lower = missing_value, upper = missing_value;
  std::size_t residuals = 0;        ///< of earlier weeks
  double coverage = missing_value;  ///< on later weeks
  std::size_t covered_of = 0;       ///< number of them
};

struct DailyLtvDecision {
  enum Kind { raise, lower, wait } kind = wait;
  std::string name;  ///< "2024-01-01~2024-01-07 DE", "OS = iOS", "All"
  std::size_t rows = 1;
  double predicted, target;  ///< per user, on the day
  double low, high;          ///< the interval; NaN where too little came before
  double change = 0;         ///< suggested, of the budget
  std::vector<std::string> reasons;

  double margin() const noexcept { return predicted / target - 1; }
  std::string all_reasons() const {
    std::string text;
    for (const std::string& reason : reasons) text += (text.empty() ? "" : "; ") + reason;
    return text;
  }
};
/// Names of the kinds of decisions.
inline constexpr std::array daily_ltv_decision_names{"raise", "lower", "wait"};

namespace detail {

/// Rows of a table joined by week, with their forecasts.
struct JoinedDailyLtv {
  DailyLtvTable table;
  DailyLtvForecast forecast;
};

/// A week's value is the mean of its rows', weighted; known where it is for all of them.
[[gnu::cold]] inline JoinedDailyLtv join_daily_ltv(const DailyLtvTable& table, const DailyLtvForecast& forecast,
                                                   std::span<const double> weights, auto&& wanted) {
  std::map<std::chrono::sys_days, std::vector<std::size_t>> weeks;
  for (std::size_t r = 0; r < table.rows.size(); ++r) {
    if (wanted(r) && forecast.has(r)) weeks[table.rows[r].begin].push_back(r);
  }
  JoinedDailyLtv joined{{{}, table.days, {}}, empty_forecast(table, static_cast<Index>(forecast.days()))};
  for (const auto& [week, rows] : weeks) {
    const std::size_t place = joined.table.rows.size();
    DailyLtvRow row{week, table.rows[rows[0]].end, {}, std::vector<double>(table.days)};
    double all = 0;
    for (const std::size_t r : rows) all += weights[r];
    for (std::size_t day = 0; day < table.days; ++day) {
      for (const std::size_t r : rows) row.ltv[day] += weights[r] / all * table.rows[r].ltv[day];  // NaN stays NaN
    }
    for (std::size_t day = daily_ltv_days_seen; day < forecast.end(); ++day) {
      double sum = 0;
      for (const std::size_t r : rows) sum += weights[r] / all * forecast.at(r, day);
      joined.forecast.at(place, day) = sum;
    }
    joined.table.rows.push_back(std::move(row));
  }
  return joined;
}

/// Values of a metadata column as numbers. @throws ValueError that names the row
[[gnu::cold]] inline std::vector<double> numbers_of(const DailyLtvTable& table, const std::string& name) {
  const std::size_t column = table.column(name);
  std::vector<double> numbers;
  for (std::size_t r = 0; r < table.rows.size(); ++r) {
    const std::string& text = table.rows[r].metadata[column];
    const auto number = tenure::detail::parse_number(tenure::detail::trimmed(text));
    if (text.empty()) {
      numbers.push_back(missing_value);
    } else if (!number || !(*number > 0)) {
      throw ValueError("column '" + name + "'", {"a number above 0 for ", table.name(r)}, {"'", text, "'"});
    } else {
      numbers.push_back(*number);
    }
  }
  return numbers;
}

}  // namespace detail

/// From the residuals of weeks before `later` of a forecast of a model that had not seen later weeks; no bounds where
/// there are fewer than five. Residuals are drawn with replacement as many times as make the bounds stand still.
[[gnu::cold]] inline DailyLtvInterval daily_ltv_interval(const DailyLtvTable& table, const DailyLtvForecast& forecast,
                                                         std::size_t day, double coverage,
                                                         std::chrono::sys_days later) {
  static constexpr std::size_t least = 5;
  static constexpr Index draws = 2000;
  DailyLtvInterval interval;
  std::vector<double> residuals, lower, upper, actual;
  for (std::size_t r = 0; r < table.rows.size(); ++r) {
    if (!table.rows[r].known(day) || !forecast.has(r)) continue;
    const double residual = table.rows[r].ltv[day] / forecast.at(r, day) - 1;
    (table.rows[r].begin < later ? residuals : actual).push_back(residual);
  }
  interval.residuals = residuals.size();
  if (residuals.size() < least) return interval;
  Rng rng(0);
  const Tensor<double> drawn = metrics::residual_bootstrap(residuals, draws, 1, rng);
  const metrics::Intervals ends = metrics::intervals_of_paths(drawn, coverage);
  interval.lower = ends.lower[0];
  interval.upper = ends.upper[0];
  interval.covered_of = actual.size();
  if (actual.empty()) return interval;
  interval.coverage = metrics::coverage(std::vector<double>(actual.size(), interval.lower),
                                        std::vector<double>(actual.size(), interval.upper), actual);
  return interval;
}

/// Compares one forecast with its target.
[[gnu::cold]] inline DailyLtvDecision decide_daily_ltv(const std::string& name, std::size_t rows, double predicted,
                                                       double target, const DailyLtvInterval& interval,
                                                       const DailyLtvTarget& by) {
  DailyLtvDecision decision{.name = name,
                            .rows = rows,
                            .predicted = predicted,
                            .target = target,
                            .low = predicted * (1 + interval.lower),
                            .high = predicted * (1 + interval.upper),
                            .reasons = {}};
  const auto number = [](double value) { return text::readable(value); };
  const double margin = decision.margin();
  const auto say = [&](const std::string& reason) { decision.reasons.push_back(reason); };
  say("predicted " + number(predicted) + " on day " + std::to_string(by.day) + ", " + text::percent(std::abs(margin)) +
      (margin >= 0 ? " above" : " below") + " the target of " + number(target));
  if (is_nan(decision.low)) {
    say("no interval: " + std::to_string(interval.residuals) + " earlier weeks to learn it from, which is too few");
    return decision;
  }
  const std::string bounds = "the " + text::percent(by.coverage) + " interval, " + number(decision.low) + " to " +
                             number(decision.high) + ", ";
  if (decision.low <= target && target <= decision.high) {
    say(bounds + "straddles the target: leave the budget as it is until more days are known");
  } else {
    decision.kind = margin > 0 ? DailyLtvDecision::raise : DailyLtvDecision::lower;
    decision.change = std::clamp(margin, -by.most_at_once, by.most_at_once);
    say(bounds + "lies " + (margin > 0 ? "above" : "below") + " the target");
    if (std::abs(margin) > by.most_at_once) {
      say("not more than " + text::percent(by.most_at_once) + " at once, for more users at once are other users");
    }
  }
  if (interval.covered_of > 0) {
    say("the interval held " + text::percent(interval.coverage) + " of " + std::to_string(interval.covered_of) +
        " later ones");
  }
  if (by.budget && decision.change != 0) {
    say("budget a day: " + number(*by.budget) + " to " + number(*by.budget * (1 + decision.change)));
  }
  return decision;
}

/// What was asked of one day, for rows and groups of which it is not known yet.
class DailyLtvDecider {
 public:
  /// @param forecast of a model that has seen no week from `later` on: what intervals are learnt from
  /// @throws ValueError for columns that are not there or hold no numbers, and for a day that is not predicted
  [[gnu::cold]] DailyLtvDecider(const DailyLtvTable& table, const DailyLtvForecast& forecast,
                                std::chrono::sys_days later, const DailyLtvTarget& target)
      : table_(table), forecast_(forecast), later_(later), target_(target), weights_(table.rows.size(), 1.0) {
    if (target.day < daily_ltv_days_seen || target.day >= forecast.end()) {
      throw ValueError("daily LTV", {"a target on a day from 7 to ", forecast.end() - 1}, {"day ", target.day});
    }
    if (target.roas && target.spend_column.empty()) {
      throw ValueError("daily LTV", "a column that tells the spend, for a target ROAS", "none");
    }
    if (!target.users_column.empty()) weights_ = detail::numbers_of(table, target.users_column);
    if (!target.roas) return;
    spend_ = detail::numbers_of(table, target.spend_column);
    if (target.users_column.empty()) return;
    for (std::size_t r = 0; r < spend_.size(); ++r) spend_[r] /= weights_[r];
  }

  /// A decision for each of the first `rows` rows that are to be decided on, then for groups, then for all.
  [[gnu::cold]] std::vector<DailyLtvDecision> decide(const DailyLtvForecast& final_forecast, std::size_t rows) const {
    std::vector<std::size_t> open;
    for (std::size_t r = 0; r < rows; ++r) {
      const bool known = is_finite(weights_[r]) && (spend_.empty() || is_finite(spend_[r]));
      if (final_forecast.has(r) && !table_.rows[r].known(target_.day) && known) open.push_back(r);
    }
    DailyLtvTarget of_parts = target_;
    if (open.size() > 1) of_parts.budget.reset();
    const DailyLtvInterval single = interval();
    std::vector<DailyLtvDecision> decisions;
    for (const std::size_t r : open) {
      decisions.push_back(
          decide_daily_ltv(table_.name(r), 1, final_forecast.at(r, target_.day), target_of(r), single, of_parts));
    }
    for (const std::string& name : target_.group_by) {
      const std::size_t column = table_.column(name);
      std::map<std::string, std::vector<std::size_t>> groups;
      for (const std::size_t r : open) groups[table_.rows[r].metadata[column]].push_back(r);
      for (const auto& [value, members] : groups) {
        const auto member = [&, &own = value](std::size_t r) { return table_.rows[r].metadata[column] == own; };
        decisions.push_back(of_group(name + " = " + value, members, final_forecast, member, of_parts));
      }
    }
    if (open.size() > 1) {
      decisions.push_back(of_group(
          "All", open, final_forecast, [](std::size_t) { return true; }, target_));
    }
    return decisions;
  }

  /// That of single rows.
  [[gnu::cold]] DailyLtvInterval interval() const {
    return daily_ltv_interval(table_, forecast_, target_.day, target_.coverage, later_);
  }

 private:
  double target_of(std::size_t row) const noexcept { return target_.ltv ? *target_.ltv : *target_.roas * spend_[row]; }

  [[gnu::cold]] DailyLtvDecision of_group(const std::string& name, std::span<const std::size_t> open,
                                          const DailyLtvForecast& final_forecast, auto&& member,
                                          const DailyLtvTarget& by) const {
    const detail::JoinedDailyLtv joined = detail::join_daily_ltv(
        table_, forecast_, weights_, [&](std::size_t r) { return member(r) && is_finite(weights_[r]); });
    const DailyLtvInterval interval =
        daily_ltv_interval(joined.table, joined.forecast, target_.day, target_.coverage, later_);
    double predicted = 0, target = 0, all = 0;
    for (const std::size_t r : open) {
      all += weights_[r];
      predicted += weights_[r] * final_forecast.at(r, target_.day);
      target += weights_[r] * target_of(r);
    }
    return decide_daily_ltv(name, open.size(), predicted / all, target / all, interval, by);
  }

  const DailyLtvTable& table_;
  const DailyLtvForecast& forecast_;
  std::chrono::sys_days later_;
  const DailyLtvTarget& target_;
  std::vector<double> weights_, spend_;  // by row; spend per user, where a ROAS is asked for
};

/// name, rows, predicted, low, high, target, decision, change, reasons. @throws FileError
[[gnu::cold]] inline void write_csv(std::span<const DailyLtvDecision> decisions, const std::string& path) {
  CsvWriter csv(path, {"name", "rows", "predicted", "low", "high", "target", "decision", "change", "reasons"});
  for (const DailyLtvDecision& one : decisions) {
    csv.field(one.name).field(one.rows).field(one.predicted).field(one.low).field(one.high).field(one.target);
    csv.field(daily_ltv_decision_names[one.kind]).field(one.change).field(one.all_reasons()).end_row();
  }
  csv.commit();
}

}}}  // namespace tenure::TENURE_ABI::clv
TENURE_CONTRACTION_AS_BEFORE
