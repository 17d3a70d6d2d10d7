/// A figure as a picture of its own, for slides and mails.
///
///   write_figure(loss_curves(history), "loss.svg");
#pragma once

#include "../core/text.hpp"
#include "../io/file.hpp"
#include "legend.hpp"

namespace tenure { inline namespace TENURE_ABI { namespace report {

namespace detail {

/// The page's light colors in place of its variables, which few programs other than browsers know.
[[gnu::cold]] inline std::string with_plain_colors(std::string_view svg) {
  static constexpr std::string_view begin = "var(";
  std::string result;
  while (!svg.empty()) {
    const std::size_t place = (std::min)(svg.find(begin), svg.size());
    result += svg.substr(0, place);
    if (place == svg.size()) break;
    const std::size_t end = svg.find(')', place);
    const std::string name = std::string(svg.substr(place + begin.size(), end - place - begin.size())) + ":";
    const std::size_t value = style_sheet.find(name) + name.size();
    result += style_sheet.substr(value, style_sheet.find_first_of(";}", value) - value);
    svg.remove_prefix(end + 1);
  }
  return result;
}

/// Entries side by side, in as many lines as they take. @return the place below them
[[gnu::cold]] inline int add_legend(const Figure& figure, int width, int y, std::string& svg) {
  static constexpr int left = 16, line = 22;
  static constexpr double letter = 7.2;  // wide, at most, of 13 units' height
  const auto wide = [](const std::string& text) {
    return static_cast<int>(letter * static_cast<double>(text::width(text))) + 8;
  };
  const auto text = [](int x, int base, const std::string& words) {
    return "<text x=\"" + std::to_string(x) + "\" y=\"" + std::to_string(base) + "\" font-size=\"13\">" + html(words) +
           "</text>\n";
  };
  const std::vector<LegendEntry> entries = legend_of(figure);
  int x = left;
  for (const LegendEntry& entry : entries) {
    const int before = entry.before.empty() ? 0 : wide(entry.before),
              all = before + entry.width + wide(entry.name) + 16;
    if (x > left && x + all > width) x = left, y += line;
    if (before > 0) svg += text(x, y + 4, entry.before);
    svg += "<g transform=\"translate(" + std::to_string(x + before + entry.width / 2) + "," + std::to_string(y) +
           ")\">" + entry.sample + "</g>\n";
    svg += text(x + before + entry.width + 6, y + 4, entry.name);
    x += all;
  }
  return entries.empty() ? y : y + line;
}

}  // namespace detail

/// Writes an SVG with title and legend on white ground. The file takes its place when it is complete.
/// @return why there is no picture, in words, or nothing where there is one; an older one stays
/// @throws FileError when it can't be written; ShapeError for a figure that is not as figure.hpp says
[[gnu::cold]] inline std::string write_figure(const Figure& figure, const std::string& path,
                                              const std::string& gnuplot = "gnuplot") {
  detail::check(figure);
  const Plot plot = draw(figure, figure.title, gnuplot);
  if (plot.outcome == Plot::no_program) return path + ": not drawn, because " + gnuplot + " was not found";
  if (plot.outcome == Plot::failed) return path + ": not drawn: " + plot.reason;
  const detail::PlotSize& size = detail::plot_sizes[0];
  std::string head =
      "<text x=\"16\" y=\"28\" font-size=\"17\" font-weight=\"bold\">" + html(figure.title) + "</text>\n";
  const int top = detail::add_legend(figure, size.width, 50, head), height = top + size.height;
  const std::size_t begin = plot.svg.find('>') + 1, end = plot.svg.find("</svg>");
  const std::string text =
      "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 " + std::to_string(size.width) + " " +
      std::to_string(height) + "\" width=\"" + std::to_string(size.width) + "\" height=\"" + std::to_string(height) +
      "\" role=\"img\" aria-label=\"" + html(figure.title) +
      "\" fill=\"var(--ink)\" font-family=\"sans-serif\">\n<rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>\n" +
      std::string(detail::markers.substr(detail::markers.find("<defs>"),
                                         detail::markers.find("</svg>") - detail::markers.find("<defs>"))) +
      head + "<g transform=\"translate(0," + std::to_string(top - 10) + ")\" shape-rendering=\"" +
      (figure.kind == Figure::heat_map ? "crispEdges" : "auto") + "\">\n" + plot.svg.substr(begin, end - begin) +
      "</g>\n</svg>\n";
  const std::string plain = detail::with_plain_colors(text);
  write_file(path, plain);
  return {};
}

}}}  // namespace tenure::TENURE_ABI::report
