/// Writes a report with figures of every kind, for the test in the browser: report_page FILE. Prints the figures' ids.
#include <cstdio>
#include <tenure/core/rng.hpp>
#include <tenure/report/charts.hpp>
#include <tenure/report/page.hpp>

using namespace tenure;
using namespace tenure::report;

namespace {

tenure::History training() {
  tenure::History history;
  for (int epoch = 0; epoch < 20; ++epoch) {
    history.record("loss", 2e-3 * std::exp(-0.35 * epoch) + 2.4e-5);
    history.record("val_loss", 1e-3 * std::exp(-0.3 * epoch) + 3e-5);
  }
  return history;
}

/// Heavy-tailed values and forecasts of them, as of a shop.
struct Forecast {
  std::vector<double> prediction, target;

  explicit Forecast(Rng& rng) {
    for (int customer = 0; customer < 3000; ++customer) {
      const double value = rng.uniform() < 0.3 ? 0 : 100 * std::exp(1.6 * rng.normal());
      target.push_back(value);
      prediction.push_back(0.5 * value * std::exp(0.6 * rng.normal()) + 40 * rng.uniform());
    }
  }
};

Figure importance() {
  return {.id = "importance",
          .title = "Permutation importance",
          .x_label = "Feature",
          .y_label = "Rise of the mean absolute error (£)",
          .kind = Figure::bars,
          .series = {{"importance", {0, 1, 2, 3, 4}, {52.3, 31.1, 12.5, 5.2, -0.2}, {4, 3, 2.5, 1.1, 0.4}}},
          .x_names = {"recency in days", "frequency", "spend of the last 30 days", "mean days between two purchases",
                      "returns"},
          .horizontal = true};
}

Figure autocorrelation() {
  Figure figure{.id = "autocorrelation",
                .title = "Autocorrelation",
                .x_label = "Lag (days)",
                .y_label = "Autocorrelation",
                .kind = Figure::bars,
                .series = {{"autocorrelation", {}, {}}}};
  for (int lag = 0; lag <= 40; ++lag) {
    figure.series[0].x.push_back(lag);
    figure.series[0].y.push_back(std::exp(-lag / 9.) * std::cos(lag * 0.9));
  }
  for (const double limit : {0.1, -0.1}) {
    figure.series.push_back(
        {.name = limit > 0 ? "95 % limits" : "", .x = {-0.5, 40.5}, .y = {limit, limit}, .reference = true});
  }
  return figure;
}

Figure band(Rng& rng) {
  Figure figure{.id = "band",
                .title = "Daily value",
                .x_label = "Day",
                .y_label = "Value (£)",
                .series = {{"forecast", {}, {}, {}}, {"actual", {}, {}}}};
  for (int day = 0; day < 180; ++day) {
    const double value = 20000 + 8000 * std::sin(day / 9.);
    figure.series[0].x.push_back(day);
    figure.series[0].y.push_back(value);
    figure.series[0].deviation.push_back(1000 + 20 * day);
    figure.series[1].x.push_back(day);
    figure.series[1].y.push_back(value + 3000 * rng.normal());
  }
  return figure;
}

Figure heat_map(Rng& rng) {
  Figure figure{.id = "accuracy",
                .title = "Errors by cohort and day",
                .x_label = "Day since acquisition",
                .y_label = "Week of acquisition",
                .kind = Figure::heat_map,
                .series = {},
                .value_label = "Predicted − actual (%)"};
  for (int cohort = 0; cohort < 53; ++cohort) {
    Series row{.name = "2011-" + std::to_string(10 + cohort), .x = {}, .y = {}};
    for (int day = 7; day < 37; ++day) {
      row.x.push_back(day);
      row.y.push_back(cohort + day > 80 ? missing_value : 0.4 * (day - 6) * rng.normal());
    }
    figure.series.push_back(std::move(row));
  }
  return figure;
}

Table long_table() {
  Table table{.id = "countries", .title = "A long <i>table</i> & its columns", .columns = {"Country"}, .rows = {}};
  for (int column = 0; column < 12; ++column) table.columns.push_back("Column " + std::to_string(column) + " (£)");
  for (int row = 0; row < 60; ++row) {
    table.rows.push_back({"Country " + std::to_string(row)});
    for (int column = 0; column < 12; ++column) table.rows.back().push_back(text::fixed(1e4 * row + column, 2));
  }
  return table;
}

}  // namespace

int main(int count, char** arguments) {
  if (count != 2) return std::fprintf(stderr, "usage: report_page FILE\n"), 2;
  Rng rng(1);
  const Forecast forecast(rng);
  const auto& [prediction, target] = forecast;
  const std::vector<std::string> months{"2011-06", "2011-07", "2011-08", "2011-09", "2011-10", "2011-11"};
  const std::vector<double> totals{691e3, 681e3, 682e3, 1019e3, 1070e3, 1461e3};
  const Table metrics = metrics_table(
      {{"RMSE (£)", false, 2}, {"MAE (£)", false, 2}, {"R²", true}, {"sMAPE"}, {"Mutual Gini"}, {"Spearman", true}},
      {{"Hybrid Transformer-LSTM", {812.1, 201.2, 0.77, 1.2, 0.04, 0.6}},
       {"Mean of the six input months", {700.1, 210.2, 0.854, 1.3, 0.09, 0.59}}});
  const Page report{
      "A report with <script>document.title = 'hacked'</script>",
      {"A paragraph & what makes " + std::string(200, 'x') + " of it."},
      {metrics, loss_curves(training()), lorenz_curves(prediction, target),
       predicted_against_actual(prediction, target, "£"), residuals_over_forecast(prediction, target, "£"),
       residual_histogram(prediction, target, "£"), value_by_decile(prediction, target, "£"),
       gain_curves(prediction, target), forecast_by_month(months, totals, totals, "£"),
       segment_table(value_segments(prediction), prediction, target, "£"), importance(), autocorrelation(), band(rng),
       heat_map(rng), long_table()}};
  const std::string problem = report::write_page(report, arguments[1]);
  if (!problem.empty()) return std::fprintf(stderr, "%s\n", problem.c_str()), 1;
  for (const auto& part : report.parts) {
    if (const auto* figure = std::get_if<Figure>(&part)) std::puts(figure->id.c_str());
  }
}
