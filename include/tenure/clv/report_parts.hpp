/// The figures and tables that reports on customer lifetime value share.
///
/// Predictions and targets are arrays of any shape, one pair for each customer or window; `unit` is that of the values,
/// for labels ("£"). Those that compare them throw ShapeError for no targets or another number of predictions, and
/// ValueError for a value that is not finite.
#pragma once

#include <span>

#include "../metrics/curves.hpp"
#include "../train/history.hpp"
#include "figure.hpp"

namespace tenure::inline TENURE_ABI::clv {

using metrics::Values;

/// A metric of the training and of the validation, if there was one, by epoch ("loss" and "val_loss").
/// @throws ValueError when the history has no such metric
[[gnu::cold]] Figure loss_curves(const tenure::History& history, const std::string& metric = "loss",
                                 const std::string& title = "Loss by epoch");

/// What share of the total value the poorest share of customers has, in the targets and in the predictions.
/// Predictions below 0 count as 0.
[[gnu::cold]] Figure lorenz_curves(const Values& prediction, const Values& target);

/// What share of the total value the customers of the highest predictions have, beside the best and no order.
[[gnu::cold]] Figure gain_curves(const Values& prediction, const Values& target);

[[gnu::cold]] Figure predicted_against_actual(const Values& prediction, const Values& target, const std::string& unit);

/// actual − predicted over predicted.
[[gnu::cold]] Figure residuals_over_forecast(const Values& prediction, const Values& target, const std::string& unit);

/// How many residuals actual − predicted lie in each interval.
[[gnu::cold]] Figure residual_histogram(const Values& prediction, const Values& target, const std::string& unit);

/// Means by tenth of the customers, the first with the highest predictions.
[[gnu::cold]] Figure value_by_decile(const Values& prediction, const Values& target, const std::string& unit);

/// Totals by month. @throws ShapeError unless there are one total each for every month
[[gnu::cold]] Figure forecast_by_month(std::span<const std::string> months, const Values& prediction,
                                       const Values& target, const std::string& unit);

/// Values counted in intervals of the same width.
[[gnu::cold]] Figure histogram(const Values& values, const std::string& id, const std::string& title,
                               const std::string& x_label, const std::string& y_label);

/// Customers by rank of their predictions: the highest tenth, the next 20 %, the next 30 % and the lower 40 %.
[[gnu::cold]] std::vector<std::string> value_segments(const Values& prediction);

/// Number, mean and total, actual and predicted, and share of the total of each segment; segments in the order in which
/// they first come up. @throws ShapeError unless there is a segment for each target
[[gnu::cold]] Table segment_table(std::span<const std::string> segments, const Values& prediction, const Values& target,
                                  const std::string& unit);

/// A column of the metrics table.
struct Metric {
  std::string name;  ///< with its unit: "RMSE (£)"
  bool higher_is_better = false;
  int decimals = 3;
};

/// A row of the metrics table: a model or a rule, with one value for each metric.
struct Measured {
  std::string name;
  std::vector<double> values;
};

/// Models and rules side by side, the best of each metric in bold; the caption says which is best in what.
/// @throws ShapeError unless each has a value for each metric
[[gnu::cold]] Table metrics_table(const std::vector<Metric>& metrics, const std::vector<Measured>& rows);

}  // namespace tenure::inline TENURE_ABI::clv
