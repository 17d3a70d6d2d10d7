/// Figures and tables as plain data: what a report shows, whoever computed it.
///
///   Figure loss{.id = "loss", .title = "Loss", .x_label = "Epoch", .y_label = "Mean squared error", .kind =
///   Figure::lines,
///               .series = {{"training", epochs, train}, {"validation", epochs, validation}}, .y_scale =
///               Scale::logarithmic};
#pragma once

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "../core/error.hpp"
#include "../core/finite.hpp"

namespace tenure { inline namespace TENURE_ABI { namespace report {

/// How an axis is divided.
enum class Scale {
  linear,
  logarithmic,  ///< for values above 0; others are left out
  symmetric,    ///< logarithmic on both sides of a linear stretch around 0: for heavy tails with zeros and negatives
};

/// One line, cloud of points or set of bars.
struct Series {
  std::string name;  ///< in the legend, where there is more than one
  std::vector<double> x;
  std::vector<double> y;
  std::vector<double> deviation = {};  ///< of y, drawn as error bars or, with lines, as a band; empty for none
  bool reference = false;              ///< a thin dashed line to compare with, whatever the figure's kind
};

struct Figure {
  enum Kind {
    lines,
    points,
    bars,       ///< at x = 0, 1, …, those of several series side by side
    histogram,  ///< x (n + 1): edges of the bins, y (n): what each holds
    heat_map,   ///< a row of cells for each series, the first on top, at whole x; y: what the cells' colors say
  };

  std::string id;  ///< of letters, digits, '-' and '_', a letter first; one of its own in a report
  std::string title;
  std::string x_label;  ///< with the unit: "Actual value (£)"
  std::string y_label;
  Kind kind = lines;
  std::vector<Series> series;  ///< values that are not finite are left out
  Scale x_scale = Scale::linear;
  Scale y_scale = Scale::linear;
  std::vector<std::string> x_names = {};  ///< of the places x = 0, 1, …: months, deciles, features
  bool horizontal = false;                ///< bars lie, the first on top: for long names
  std::string value_label = {};           ///< of a heat map's cells; y_label says what its rows are
  double neutral = 0;                     ///< of a heat map: cells below are blue, those above red
  std::string caption = {};               ///< what is seen and how to read it
  std::string alternative = {};           ///< what a screen reader says; composed from the numbers where empty
};

/// A table of a page.
struct Table {
  std::string id;
  std::string title;
  std::vector<std::string> columns;
  std::vector<std::vector<std::string>> rows;  ///< columns of numbers are set right-aligned
  std::string caption = {};
  std::vector<std::pair<std::size_t, std::size_t>> strong = {};  ///< (row, column) of the cells to stand out
};

namespace detail {

/// Whether a value can have a place: differences and sums of larger ones may be infinite. False for NaN.
inline bool drawable(double value) noexcept { return is_finite(value) && value >= -1e300 && value <= 1e300; }

/// @throws ShapeError, ValueError
[[gnu::cold]] inline void check(const Figure& figure) {
  const std::string name = "figure '" + figure.id + "'";
  const bool some = std::ranges::any_of(figure.series, [](const Series& series) { return !series.reference; });
  if (!some) throw ShapeError(name, "at least one series other than references", "none");
  for (const Series& series : figure.series) {
    const std::size_t n = series.y.size(), edge = figure.kind == Figure::histogram && !series.reference ? 1 : 0;
    if (n == 0) throw ShapeError(name, {"values in series '", series.name, "'"}, "none");
    if (series.x.size() != n + edge) {
      throw ShapeError(name, {n + edge, " values of x in series '", series.name, "'"}, {series.x.size()});
    }
    const bool places = figure.kind == Figure::bars && !series.reference;
    constexpr double most_places = 1e6;
    for (const double x : series.x) {
      if (places && is_finite(x) && std::abs(x) > most_places) {
        throw ValueError(name, {"numbers of places as x of the bars '", series.name, "', ", most_places, " at most"},
                         {x});
      }
    }
    const bool cells = figure.kind == Figure::heat_map;
    if (cells && (series.reference || !series.deviation.empty())) {
      throw ShapeError(name, "rows of cells without deviations and references", {"series '", series.name, "'"});
    }
    if (!series.deviation.empty() && series.deviation.size() != n) {
      throw ShapeError(name, {n, " deviations in series '", series.name, "'"}, {series.deviation.size()});
    }
  }
}

/// @throws ShapeError, IndexError
[[gnu::cold]] inline void check(const Table& table) {
  const std::string name = "table '" + table.id + "'";
  for (const auto& row : table.rows) {
    if (row.size() != table.columns.size())
      throw ShapeError(name, {table.columns.size(), " cells in a row"}, {row.size()});
  }
  for (const auto& [row, column] : table.strong) {
    if (row >= table.rows.size() || column >= table.columns.size()) {
      throw IndexError(name, {"strong cells among ", table.rows.size(), " × ", table.columns.size()},
                       {"(", row, ", ", column, ")"});
    }
  }
}

}  // namespace detail

}}}  // namespace tenure::TENURE_ABI::report
