/// The daily LTV model's report, and the two pictures of the published project.
///
///   write_report(daily_ltv_report(analysis), "report.html");
///   write_figure(daily_ltv_accuracy_map(analysis), "prediction_accuracy.svg");
///   write_figure(daily_ltv_mae_trend(analysis.history), "mae_trend.svg");
#pragma once

#include "../../report/charts.hpp"
#include "../../report/figure_file.hpp"
#include "../../report/page.hpp"
#include "../../report/tables.hpp"
#include "results.hpp"

namespace tenure { inline namespace TENURE_ABI { namespace clv {

namespace detail {

/// Week by week where there are more rows than a picture has room for.
[[gnu::cold]] inline JoinedDailyLtv rows_to_show(const DailyLtvTable& table, const DailyLtvForecast& forecast,
                                                 std::size_t most) {
  if (table.rows.size() <= most) return {table, forecast};
  const std::vector<double> weights(table.rows.size(), 1.0);
  return join_daily_ltv(table, forecast, weights, [](std::size_t) { return true; });
}

[[gnu::cold]] inline std::string short_name(const DailyLtvTable& table, std::size_t row) {
  std::string name = format_date(table.rows[row].begin);
  for (const std::string& value : table.rows[row].metadata) name += ' ' + value;
  return name;
}

}  // namespace detail

/// How far predictions, before the correction, are from what came, by row and day; blue is below, red above.
[[gnu::cold]] inline report::Figure daily_ltv_accuracy_map(const DailyLtvAnalysis& analysis) {
  const detail::JoinedDailyLtv shown = detail::rows_to_show(analysis.table(), analysis.predicted, 150);
  report::Figure figure{
      .id = "accuracy",
      .title = "Prediction accuracy by cohort and day",
      .x_label = "Day since acquisition",
      .y_label = "Week of acquisition",
      .kind = report::Figure::heat_map,
      .series = {},
      .value_label = "predicted − actual (%)",
      .caption =
          "Predicted less actual LTV, in per cent of the actual one, before the correction. Blue: the "
          "prediction was too low; red: too high; nothing: not known yet."};
  for (std::size_t r = 0; r < shown.table.rows.size(); ++r) {
    if (!shown.forecast.has(r)) continue;
    report::Series row{.name = format_date(shown.table.rows[r].begin), .x = {}, .y = {}};
    for (std::size_t day = daily_ltv_days_seen; day < shown.forecast.end(); ++day) {
      const bool known = shown.table.rows[r].usable(day);
      row.x.push_back(static_cast<double>(day));
      row.y.push_back(known ? 100 * (shown.forecast.at(r, day) / shown.table.rows[r].ltv[day] - 1) : missing_value);
    }
    figure.series.push_back(std::move(row));
  }
  return figure;
}

/// MAE of growth rates by epoch. @throws ValueError for a history without it
[[gnu::cold]] inline report::Figure daily_ltv_mae_trend(const History& history) {
  report::Figure figure = report::loss_curves(history, "mae", "Mean absolute error by epoch");
  figure.y_label = "MAE of a day's growth rate";
  figure.caption = "Of the training with what is dropped out, so that the validation's may be below it.";
  return figure;
}

/// The model's accuracy by band, with the range over rows and days.
[[gnu::cold]] inline report::Table daily_ltv_band_table(const DailyLtvAnalysis& analysis) {
  report::Table table{.id = "bands", .title = "Accuracy by band of days", .columns = {"Days"}, .rows = {}};
  for (const char* what : {"As predicted", "With the published correction"}) {
    for (const char* column : {"mean (%)", "lowest", "highest"})
      table.columns.push_back(std::string(what) + ", " + column);
  }
  table.columns.push_back("Rows × days");
  for (const DailyLtvBandScores& band : analysis.bands) {
    std::vector<std::string> row{band.name};
    for (const DailyLtvAccuracy* accuracy : {&band.accuracy, &band.corrected}) {
      for (const double value : {accuracy->mean, accuracy->low, accuracy->high}) row.push_back(text::in_percent(value));
    }
    row.push_back(text::fixed(static_cast<double>(band.accuracy.count), 0));
    table.rows.push_back(std::move(row));
  }
  table.caption =
      "1 − |actual − predicted| / actual, of all rows and days that are known. The model learnt from sequences "
      "of the same rows, and the correction from these very errors: this is how well it describes, not how "
      "well it foretells.";
  return table;
}

namespace detail {

[[gnu::cold]] inline report::Table holdout_table(const DailyLtvAnalysis& analysis) {
  std::vector<report::MetricColumn> columns;
  for (const DailyLtvBand& band : daily_ltv_bands) columns.push_back({band.name + std::string(" (%)"), true, 2});
  std::vector<report::Measured> rows;
  for (const DailyLtvScored& one : analysis.holdout) {
    rows.push_back({one.name, metrics::values_of(one.scores)});
    for (double& value : rows.back().values) value *= 100;
  }
  report::Table table = report::metrics_table(columns, rows);
  table.title = "Beside rules that need no training";
  table.caption += " All learnt from the earlier half of the weeks, and are measured on the later half.";
  return table;
}

[[gnu::cold]] inline report::Figure accuracy_by_day(const DailyLtvAnalysis& analysis) {
  report::Series predicted{.name = "as predicted", .x = {}, .y = {}}, corrected{.name = "corrected", .x = {}, .y = {}};
  for (const DailyLtvDayScores& day : analysis.by_day) {
    predicted.x.push_back(static_cast<double>(day.day));
    predicted.y.push_back(100 * day.accuracy.mean);
    corrected.y.push_back(100 * day.corrected.mean);
  }
  corrected.x = predicted.x;
  return {.id = "by-day",
          .title = "Accuracy by day",
          .x_label = "Day since acquisition",
          .y_label = "Mean accuracy (%)",
          .series = {std::move(predicted), std::move(corrected)},
          .caption = std::string("Over all rows; the correction is the ") +
                     daily_ltv_correction_names[static_cast<std::size_t>(analysis.options.model.correction)] + " one."};
}

[[gnu::cold]] inline report::Figure growth_by_day(const DailyLtvAnalysis& analysis) {
  report::Series growth{.name = "mean", .x = {}, .y = {}};
  for (const DailyLtvGrowthOfDay& day : analysis.growth) {
    growth.x.push_back(static_cast<double>(day.day));
    growth.y.push_back(100 * day.mean);
    growth.deviation.push_back(100 * day.deviation);
  }
  return {.id = "growth",
          .title = "Growth by day",
          .x_label = "Day since acquisition",
          .y_label = "Growth on the day before (%)",
          .series = {std::move(growth)},
          .caption = "Mean over the rows, with their standard deviation."};
}

[[gnu::cold]] inline report::Figure rolling_accuracy(const DailyLtvAnalysis& analysis) {
  report::Figure figure{
      .id = "rolling",
      .title = "Every week predicted from those before",
      .x_label = "Week of acquisition",
      .y_label = "Mean accuracy (%)",
      .series = {},
      .x_names = {},
      .caption =
          "For each week the model had learnt from the weeks before alone, as they were known when the "
          "week's users were seven days old. The first weeks show how little it knew then; those below "
          "50 % are left out."};
  for (const DailyLtvBand& band : daily_ltv_bands) figure.series.push_back({.name = band.name, .x = {}, .y = {}});
  for (std::size_t w = 0; w < analysis.validation.weeks.size(); ++w) {
    figure.x_names.push_back(format_date(analysis.validation.weeks[w].week));
    for (std::size_t b = 0; b < daily_ltv_bands.size(); ++b) {
      const double accuracy = analysis.validation.weeks[w].scores.bands[b].mean;
      figure.series[b].x.push_back(static_cast<double>(w));
      figure.series[b].y.push_back(accuracy >= 0.5 ? 100 * accuracy : missing_value);
    }
  }
  return figure;
}

[[gnu::cold]] inline report::Table unusual_table(const DailyLtvAnalysis& analysis, std::size_t most) {
  report::Table table{.id = "unusual", .title = "Unusual rows", .columns = {"Row", "What"}, .rows = {}};
  for (std::size_t i = 0; i < (std::min)(most, analysis.unusual.size()); ++i) {
    table.rows.push_back({analysis.table().name(analysis.unusual[i].row), analysis.unusual[i].to_string()});
  }
  table.caption = "To be looked into before a forecast is believed.";
  if (analysis.unusual.size() > most) {
    table.caption += " The first " + std::to_string(most) + " of " + std::to_string(analysis.unusual.size()) + ".";
  }
  return table;
}

[[gnu::cold]] inline report::Table decision_table(const DailyLtvAnalysis& analysis) {
  report::Table table{.id = "decisions",
                      .title = "Budgets",
                      .columns = {"Row or group", "Predicted", "Lowest", "Highest", "Target", "Budget", "Reasons"},
                      .rows = {}};
  for (const DailyLtvDecision& one : analysis.decisions) {
    const std::string budget =
        one.kind == DailyLtvDecision::wait
            ? "wait"
            : daily_ltv_decision_names[one.kind] + std::string(" by ") + text::percent(std::abs(one.change));
    table.rows.push_back({one.name, text::fixed(one.predicted, 2), text::fixed(one.low, 2), text::fixed(one.high, 2),
                          text::fixed(one.target, 2), budget, one.all_reasons()});
  }
  table.caption =
      "LTV per user on day " + std::to_string(analysis.options.target.day) + ", of rows of which it is not known yet.";
  return table;
}

[[gnu::cold]] inline report::Table group_table(const DailyLtvAnalysis& analysis) {
  report::Table table{.id = "groups", .title = "Accuracy by group", .columns = {"Group", "Rows"}, .rows = {}};
  for (const DailyLtvBand& band : daily_ltv_bands) table.columns.push_back(band.name + std::string(" (%)"));
  const DailyLtvTable& rows = analysis.table();
  for (const std::string& name : analysis.options.target.group_by) {
    const std::size_t column = rows.column(name);
    std::map<std::string, std::size_t> groups;
    for (const DailyLtvRow& row : rows.rows) ++groups[row.metadata[column]];
    for (const auto& [value, count] : groups) {
      table.rows.push_back({name + " = " + value, std::to_string(count)});
      for (const DailyLtvBand& band : daily_ltv_bands) {
        const DailyLtvAccuracy accuracy =
            daily_ltv_accuracy(rows, analysis.predicted, band.first, band.last,
                               [&, &own = value](std::size_t r) { return rows.rows[r].metadata[column] == own; });
        table.rows.back().push_back(text::in_percent(accuracy.mean));
      }
    }
  }
  table.caption = "Of all rows, as predicted.";
  return table;
}

[[gnu::cold]] inline report::Figure curve_of(const DailyLtvAnalysis& analysis, std::size_t row) {
  report::Series actual{.name = "actual", .x = {}, .y = {}}, predicted{.name = "as predicted", .x = {}, .y = {}};
  report::Series final{.name = "corrected", .x = {}, .y = {}};
  for (std::size_t day = 0; day < analysis.predicted.end(); ++day) {
    if (analysis.table().rows[row].known(day)) {
      actual.x.push_back(static_cast<double>(day));
      actual.y.push_back(analysis.table().rows[row].ltv[day]);
    }
    if (day < daily_ltv_days_seen) continue;
    predicted.x.push_back(static_cast<double>(day));
    predicted.y.push_back(analysis.predicted.at(row, day));
    final.y.push_back(analysis.final.at(row, day));
  }
  final.x = predicted.x;
  return {.id = "cohort-" + std::to_string(row + 1),
          .title = short_name(analysis.table(), row),
          .x_label = "Day since acquisition",
          .y_label = "LTV per user",
          .series = {std::move(actual), std::move(predicted), std::move(final)},
          .caption = "Predicted from the first seven days."};
}

[[gnu::cold]] inline std::vector<std::string> notes_of(const DailyLtvAnalysis& analysis) {
  const auto number = [](auto value) { return text::fixed(static_cast<double>(value), 0); };
  std::vector<std::string> notes{analysis.input.file.path + ": " + number(analysis.input.newest) + " rows, of which " +
                                 number(analysis.usable_rows) + " can be predicted (seven known, positive days); " +
                                 number(analysis.sequences) + " sequences of " + number(analysis.table().rows.size()) +
                                 " rows, " + number(analysis.training_sequences) + " to train on. " +
                                 number(analysis.falling_values) + " values are below those of the day before."};
  for (const std::string& line : better_than_daily_ltv(analysis))
    notes.push_back("Better than the model: " + line + ".");
  if (analysis.options.target.given()) {
    const DailyLtvInterval& interval = analysis.interval;
    notes.push_back(
        "Intervals of " + text::percent(analysis.options.target.coverage) + " for single rows on day " +
        std::to_string(analysis.options.target.day) + ": learnt from " + number(interval.residuals) + " earlier rows" +
        (interval.covered_of > 0
             ? "; they held " + text::percent(interval.coverage) + " of " + number(interval.covered_of) + " later ones."
             : "; no later row is known to measure them on."));
  }
  return notes;
}

}  // namespace detail

/// Everything on one page; of more than `most_curves` rows of the newest file, the last have curves.
[[gnu::cold]] inline report::Page daily_ltv_report(const DailyLtvAnalysis& analysis, std::size_t most_curves = 60) {
  report::Page report{"Daily LTV", detail::notes_of(analysis), {}};
  if (!analysis.decisions.empty()) report.parts.push_back(detail::decision_table(analysis));
  report.parts.push_back(daily_ltv_band_table(analysis));
  report.parts.push_back(detail::holdout_table(analysis));
  report.parts.push_back(daily_ltv_accuracy_map(analysis));
  report.parts.push_back(detail::accuracy_by_day(analysis));
  report.parts.push_back(daily_ltv_mae_trend(analysis.history));
  report.parts.push_back(detail::growth_by_day(analysis));
  if (!analysis.validation.weeks.empty()) report.parts.push_back(detail::rolling_accuracy(analysis));
  if (!analysis.options.target.group_by.empty()) report.parts.push_back(detail::group_table(analysis));
  if (!analysis.unusual.empty()) report.parts.push_back(detail::unusual_table(analysis, 100));
  std::vector<std::size_t> rows;
  for (std::size_t r = 0; r < analysis.input.newest; ++r) {
    if (analysis.predicted.has(r)) rows.push_back(r);
  }
  const std::size_t skipped = rows.size() > most_curves ? rows.size() - most_curves : 0;
  if (skipped > 0)
    report.notes.push_back("Curves are of the last " + std::to_string(most_curves) + " rows of the file.");
  for (std::size_t i = skipped; i < rows.size(); ++i) report.parts.push_back(detail::curve_of(analysis, rows[i]));
  return report;
}

/// That page as a file. @return what keeps plots from being in it, in words, or nothing. @throws FileError
[[gnu::cold]] inline std::string write_report(const DailyLtvAnalysis& analysis, const std::string& path) {
  return report::write_page(daily_ltv_report(analysis), path);
}

/// The published project's prediction_accuracy.svg and mae_trend.svg. @return what keeps them from being drawn, in
/// words, for each of which that is so. @throws FileError
[[gnu::cold]] inline std::vector<std::string> write_pictures(const DailyLtvAnalysis& analysis,
                                                             const std::string& directory) {
  std::vector<std::string> lacks{
      report::write_figure(daily_ltv_accuracy_map(analysis), in_directory(directory, "prediction_accuracy.svg")),
      report::write_figure(daily_ltv_mae_trend(analysis.history), in_directory(directory, "mae_trend.svg"))};
  std::erase(lacks, "");
  return lacks;
}

}}}  // namespace tenure::TENURE_ABI::clv
