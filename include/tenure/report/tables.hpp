/// Tables of what was measured: models and rules side by side, and segments of customers. For a page, or as plain text.
#pragma once

#include <algorithm>
#include <functional>
#include <numeric>
#include <string>
#include <vector>

#include "../core/text.hpp"
#include "../metrics/scoreboard.hpp"
#include "figure.hpp"

namespace tenure { inline namespace TENURE_ABI { namespace report {

using metrics::Values;

namespace detail {

/// label (unit)
[[gnu::cold]] inline std::string in_unit(const std::string& label, const std::string& unit) {
  return unit.empty() ? label : label + " (" + unit + ")";
}

[[gnu::cold]] inline std::string capitalized(std::string text) {
  if (!text.empty() && text[0] >= 'a' && text[0] <= 'z') text[0] = static_cast<char>(text[0] - 'a' + 'A');
  return text;
}

}  // namespace detail

/// Customers by rank of their predictions: the highest tenth, the next 20 %, the next 30 % and the lower 40 %; those of
/// equal predictions in the order in which they are given.
[[gnu::cold]] inline std::vector<std::string> value_segments(const Values& prediction) {
  std::vector<std::size_t> order(prediction.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::stable_sort(order, [&](std::size_t a, std::size_t b) { return prediction[a] > prediction[b]; });
  std::vector<std::string> segments(order.size());
  for (std::size_t rank = 0; rank < order.size(); ++rank) {
    const std::size_t percent = 100 * rank / order.size();
    segments[order[rank]] = percent < 10   ? "Highest 10 %"
                            : percent < 30 ? "Next 20 %"
                            : percent < 60 ? "Next 30 %"
                                           : "Lower 40 %";
  }
  return segments;
}

/// Number, mean, total and share of the total, predicted and actual, of each segment, the segment of the highest mean
/// prediction first. @throws ShapeError also unless there is a segment for each target
[[gnu::cold]] inline Table segment_table(std::span<const std::string> segments, const Values& prediction,
                                         const Values& target, const std::string& unit,
                                         const std::string& rows = "customers") {
  metrics::detail::check("segment_table", prediction, target);
  if (segments.size() != target.size()) {
    throw ShapeError("segment_table", {"a segment for each of ", target.size(), " targets"}, {segments.size()});
  }
  struct Sums {
    std::string name;
    double count = 0, predicted = 0, actual = 0;
  };
  std::vector<Sums> sums;
  Sums all{.name = "All"};
  for (std::size_t i = 0; i < segments.size(); ++i) {
    auto own = std::ranges::find(sums, segments[i], &Sums::name);
    if (own == sums.end()) own = sums.insert(own, {.name = segments[i]});
    for (Sums* one : {&*own, &all}) ++one->count, one->predicted += prediction[i], one->actual += target[i];
  }
  std::ranges::stable_sort(sums, std::greater<>(), [](const Sums& one) { return one.predicted / one.count; });
  sums.push_back(all);
  Table table{.id = "segments",
              .title = "Segments",
              .columns = {"Segment", detail::capitalized(rows), detail::in_unit("Mean predicted", unit),
                          detail::in_unit("Mean actual", unit), detail::in_unit("Total predicted", unit),
                          detail::in_unit("Total actual", unit), "Share predicted (%)", "Share actual (%)"},
              .rows = {}};
  for (const Sums& one : sums) {
    table.rows.push_back({one.name, text::fixed(one.count, 0), text::fixed(one.predicted / one.count, 2),
                          text::fixed(one.actual / one.count, 2), text::fixed(one.predicted, 0),
                          text::fixed(one.actual, 0), text::fixed(100 * one.predicted / all.predicted, 1),
                          text::fixed(100 * one.actual / all.actual, 1)});
  }
  return table;
}

/// A column of the metrics table.
struct MetricColumn {
  std::string name;  ///< with its unit: "RMSE (£)"
  bool higher_is_better = false;
  int decimals = 3;
};

/// A row of the metrics table: a model or a rule, with one value for each metric, NaN where it has none.
struct Measured {
  std::string name;
  std::vector<double> values;
};

/// Models and rules side by side, the best of each metric in bold; the caption says which is best in what.
/// @throws ShapeError unless each has a value for each metric
[[gnu::cold]] inline Table metrics_table(const std::vector<MetricColumn>& metrics, const std::vector<Measured>& rows) {
  Table table{.id = "metrics", .title = "Metrics", .columns = {"Model"}, .rows = {}};
  for (const MetricColumn& metric : metrics) table.columns.push_back(metric.name);
  for (const Measured& row : rows) {
    if (row.values.size() != metrics.size()) {
      throw ShapeError("metrics_table", {metrics.size(), " values of ", row.name}, {row.values.size()});
    }
    table.rows.push_back({row.name});
    for (std::size_t m = 0; m < metrics.size(); ++m) {
      table.rows.back().push_back(text::fixed(row.values[m], metrics[m].decimals));
    }
  }
  std::vector<std::string> best_in(rows.size());
  for (std::size_t m = 0; m < metrics.size(); ++m) {
    std::size_t best = rows.size();
    for (std::size_t r = 0; r < rows.size(); ++r) {
      const double value = rows[r].values[m];
      if (!is_finite(value)) continue;
      const bool better = best == rows.size() ||
                          (metrics[m].higher_is_better ? value > rows[best].values[m] : value < rows[best].values[m]);
      if (better) best = r;
    }
    if (best == rows.size()) continue;
    table.strong.emplace_back(best, m + 1);
    best_in[best] += (best_in[best].empty() ? "" : ", ") + metrics[m].name;
  }
  for (std::size_t r = 0; r < rows.size(); ++r) {
    if (best_in[r].empty()) continue;
    table.caption += (table.caption.empty() ? "Best: " : "; ") + rows[r].name + " in " + best_in[r];
  }
  if (!table.caption.empty()) table.caption += ".";
  return table;
}

/// The same of what was scored, the model first. `unit` is that of the values: "money".
template <class Measures>
[[gnu::cold]] Table metrics_table(const std::vector<metrics::ScoredBy<Measures>>& scored, const std::string& unit) {
  std::vector<MetricColumn> columns;
  for (const metrics::Measure& measure : Measures::measures) {
    columns.push_back({.name = measure.has_unit ? detail::in_unit(measure.name, unit) : std::string(measure.name),
                       .higher_is_better = measure.more_is_better,
                       .decimals = measure.has_unit && unit == "money" ? 2 : 4});
  }
  std::vector<Measured> rows;
  for (const auto& one : scored) rows.push_back({one.name, metrics::values_of(one.scores)});
  return metrics_table(columns, rows);
}

/// The measures of each in columns, and which of them are better than the model, which is the first: for a terminal.
template <class Measures>
[[gnu::cold]] std::string text_table(const std::vector<metrics::ScoredBy<Measures>>& scored) {
  std::size_t widest = 0;
  for (const auto& one : scored) widest = (std::max)(widest, one.name.size());
  std::string lines(widest, ' ');
  for (const metrics::Measure& measure : Measures::measures) lines += text::right_aligned(measure.name, 13);
  for (const auto& one : scored) {
    lines += "\n" + one.name + std::string(widest - one.name.size(), ' ');
    for (const double value : metrics::values_of(one.scores)) {
      lines += text::right_aligned(text::short_number(value), 13);
    }
  }
  const std::vector<std::string> better = metrics::better_than_first(scored);
  lines +=
      better.empty() ? "\n\nNo baseline is better than the model in any of these.\n" : "\n\nBetter than the model:\n";
  for (const std::string& line : better) lines += "  " + line + "\n";
  return lines;
}

}}}  // namespace tenure::TENURE_ABI::report
