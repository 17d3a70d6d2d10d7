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
#include "../kernels/finite.hpp"

namespace tenure::inline TENURE_ABI::clv {

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
  std::string caption = {};               ///< what is seen and how to read it
  std::string alternative = {};           ///< what a screen reader says; composed from the numbers where empty
};

struct Table {
  std::string id;
  std::string title;
  std::vector<std::string> columns;
  std::vector<std::vector<std::string>> rows;  ///< columns of numbers are set right-aligned
  std::string caption = {};
  std::vector<std::pair<std::size_t, std::size_t>> strong = {};  ///< (row, column) of the cells to stand out
};

}  // namespace tenure::inline TENURE_ABI::clv
