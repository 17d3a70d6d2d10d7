/// Which color is what in a figure, as SVG for a page or a picture.
#pragma once

#include "../core/text.hpp"
#include "gnuplot.hpp"

namespace tenure { inline namespace TENURE_ABI { namespace report { namespace detail {

struct LegendEntry {
  std::string sample;       // SVG around (0, 0), 14 high
  std::string name;         // to the right of it
  int width = 26;           // of the sample
  std::string before = {};  // to the left of it
};

[[gnu::cold]] inline std::string sample_of_series(const Figure& figure, const Series& series, int place) {
  if (series.reference) {
    return "<path d=\"M-13,0H13\" stroke=\"var(--comparison)\" stroke-width=\"2\" stroke-dasharray=\"6,4\"/>";
  }
  static constexpr std::array symbols{"6", "4", "8", "12"};
  const std::string role = "\"var(--series-" + std::to_string(place % series_colors + 1) + ")\"";
  const std::string marker = std::string("<use href=\"#_gpPt") +
                             symbols[static_cast<std::size_t>(place) % symbols.size()] + "\" color=" + role + "/>";
  if (figure.kind == Figure::points) return marker;
  if (figure.kind == Figure::lines) {
    return "<path d=\"M-13,0H13\" stroke=" + role + " stroke-width=\"2.5\"/>" + (marked(series) ? marker : "");
  }
  return "<rect x=\"-9\" y=\"-7\" width=\"18\" height=\"14\" fill=" + role + "/>";
}

/// The strip of colors with what its ends mean.
[[gnu::cold]] inline LegendEntry legend_of_heat_map(const Figure& figure) {
  static constexpr int width = 14;
  const HeatScale scale(figure);
  LegendEntry entry{.sample = {},
                    .name = text::readable(scale.high()),
                    .width = width * HeatScale::classes,
                    .before = text::readable(scale.low())};
  if (scale.exceeded()) entry.before = "≤ " + entry.before, entry.name = "≥ " + entry.name;
  if (!figure.value_label.empty()) entry.name += "  " + figure.value_label;
  for (int i = 0; i < HeatScale::classes; ++i) {
    entry.sample += "<rect x=\"" + std::to_string(width * i - entry.width / 2) + "\" y=\"-7\" width=\"" +
                    std::to_string(width) + "\" height=\"14\" fill=\"var(--heat-" + std::to_string(i + 1) + ")\"/>";
  }
  return entry;
}

/// One entry for each series that has a name, where there are several.
[[gnu::cold]] inline std::vector<LegendEntry> legend_of(const Figure& figure) {
  if (figure.kind == Figure::heat_map) return {legend_of_heat_map(figure)};
  std::vector<LegendEntry> entries;
  int place = 0;
  for (const Series& series : figure.series) {
    if (figure.series.size() > 1 && !series.name.empty()) {
      entries.push_back({.sample = sample_of_series(figure, series, place), .name = series.name});
    }
    place += !series.reference;
  }
  return entries;
}

}}}}  // namespace tenure::TENURE_ABI::report::detail
