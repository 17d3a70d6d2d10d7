#include <cstdio>
#include <tenure/report/gnuplot.hpp>

#include "../message.hpp"
#include "../temporary_directory.hpp"

using namespace tenure;
using namespace tenure::report;

namespace {

bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

Figure figure_of(Figure::Kind kind) {
  return {
      .id = "f", .title = "t", .x_label = "x", .y_label = "y", .kind = kind, .series = {{"s", {0, 1, 2}, {1, 2, 4}}}};
}

/// The SVG, or nothing, after a message, where gnuplot is not installed.
std::string drawn(const Figure& figure) {
  const Plot plot = draw(figure, "alternative", "gnuplot");
  if (plot.outcome == Plot::no_program) MESSAGE("skipped: gnuplot is not installed");
  CHECK_MESSAGE(plot.outcome != Plot::failed, plot.reason);
  return plot.svg;
}

}  // namespace

TEST_CASE("gnuplot's texts: in single quotes, on one line") {
  CHECK(report::detail::quoted("it's `id` \"$x\" \\") == "'it’s `id` \"$x\" \\'");
  CHECK(report::detail::quoted("a\nplot\t'b\x7f") == "'a plot ’b '");
  CHECK(report::detail::last_words("\nplot x\n     ^\n\"-\" line 2:  undefined \n") ==
        "plot x ^ \"-\" line 2: undefined");
}

TEST_CASE("gnuplot's commands: what has no place is left out, and leaves a gap in a line") {
  Figure figure = figure_of(Figure::lines);
  figure.series[0].y = {1, missing_value, 4};
  CHECK(has(report::detail::PlotScript(figure).commands(), "<< END\n0 1 \n\n2 4 \nEND"));
  figure.kind = Figure::points;
  CHECK(has(report::detail::PlotScript(figure).commands(), "<< END\n0 1 \n2 4 \nEND"));
}

TEST_CASE("gnuplot's commands: points on one another are drawn once") {
  Figure figure = figure_of(Figure::points);
  figure.series[0].x.assign(5000, 1);
  figure.series[0].y.assign(5000, 1);
  figure.series[0].x.back() = figure.series[0].y.back() = 2;
  CHECK(has(report::detail::PlotScript(figure).commands(), "<< END\n1 1 \n2 2 \nEND"));
}

TEST_CASE("gnuplot's commands: bars stand beside one another on 0") {
  Figure figure = figure_of(Figure::bars);
  figure.series = {{"a", {0}, {2}}, {"b", {0}, {-1}}};
  const std::string commands = report::detail::PlotScript(figure).commands();
  CHECK(has(commands, "<< END\n-0.2 2 -0.4 "));
  CHECK(has(commands, " 0 2 \nEND"));
  CHECK(has(commands, " -1 0 \nEND"));
}

TEST_CASE("an SVG for the page: without gnuplot's own titles, ids and empty groups, in the page's colors") {
  const std::string body =
      report::detail::SvgCleaner(
          "<svg a='1'>\n<title>Gnuplot</title>\n<g id=\"canvas\">\n<defs>\n<path id='gpPt0'/>\n</defs>\n"
          "<g fill=\"none\" color=\"black\">\n</g>\n"
          "\t<g id=\"gnuplot_plot_1\" ><title>plot_1</title>\n"
          "<g fill=\"none\" color=\"black\">\n"
          "<path stroke='rgb(  1,   2,  11)'/>\t<use xlink:href='#gpPt6' transform='translate(1.5,2) "
          "scale(2)' color='rgb(  1,   2,  10)'/>\n"
          "\t<use xlink:href='#gpPt6' transform='translate(3,4) scale(2)' color='rgb(1,2,10)'/>\n"
          "\t\t<text>rgb(1,2,3) \"black\"</text>\n</g>\n</g>\n</g>\n</svg>")
          .body();
  CHECK(body ==
        "<g>\n<g>\n<g fill=\"none\" color=\"var(--ink)\">\n<path stroke='var(--series-2)'/>\t\n"
        "<g color=\"var(--series-1)\">\n<use href=\"#_gpPt6\" x=\"1.5\" y=\"2\"/>\n</g>\n"
        "<g color=\"var(--series-1)\">\n<use href=\"#_gpPt6\" x=\"3\" y=\"4\"/>\n</g>\n"
        "\t\t<text>rgb(1,2,3) \"black\"</text>\n</g>\n</g>\n</g>\n</svg>\n");
}

TEST_CASE("gnuplot draws every kind on every scale, in two sizes") {
  for (const Figure::Kind kind : {Figure::lines, Figure::points, Figure::bars, Figure::histogram}) {
    for (const Scale scale : {Scale::linear, Scale::logarithmic, Scale::symmetric}) {
      Figure figure = figure_of(kind);
      figure.y_scale = scale;
      if (kind == Figure::histogram) figure.series[0].x.push_back(3);
      if (kind != Figure::histogram) figure.series[0].deviation = {0.1, 0.2, 0.3};
      figure.series.push_back({.name = "r", .x = {0, 2}, .y = {1, 1}, .reference = true});
      const std::string svg = drawn(figure);
      if (svg.empty()) return;
      CHECK(has(svg, "<svg class=\"wide\" viewBox=\"0 0 640 400\" role=\"img\" aria-label=\"alternative\">"));
      CHECK(has(svg, "<svg class=\"narrow\""));
      CHECK(has(svg, "var(--series-1)"));
      CHECK(has(svg, "var(--comparison)"));
      for (const char* foreign : {"rgb(", "black", "id=", "gnuplot", "xlink"}) CHECK(!has(svg, foreign));
    }
  }
}

TEST_CASE("gnuplot draws one value, equal values, huge, tiny and negative ones") {
  for (const double value : {0., 1., -1., 1e-300, -1e300, 1e300, 123456789.}) {
    for (const Figure::Kind kind : {Figure::lines, Figure::points, Figure::bars}) {
      Figure figure = figure_of(kind);
      figure.series[0] = {"s", {0, 1}, {value, value}};
      drawn(figure);
      figure.horizontal = true;
      figure.series[0] = {"s", {0}, {value}};
      drawn(figure);
    }
  }
}

TEST_CASE("figures of the largest numbers: those that can't be drawn are left out, and none is an index") {
  for (const Scale scale : {Scale::linear, Scale::logarithmic, Scale::symmetric}) {
    for (const Figure::Kind kind : {Figure::lines, Figure::points, Figure::bars, Figure::histogram, Figure::heat_map}) {
      for (const double big : {1e300, 1e307, 1.7e308}) {
        Figure figure = figure_of(kind);
        figure.y_scale = scale;
        figure.series[0].y = {-big, big, 1};
        if (kind == Figure::histogram) figure.series[0].x.push_back(3);
        CHECK(report::detail::PlotScript(figure).commands().find("inf") == std::string::npos);
        if (kind == Figure::lines || kind == Figure::bars) figure.series[0].deviation = {big, 1, big};
        CHECK(report::detail::PlotScript(figure).commands().find("inf") == std::string::npos);
        if (kind == Figure::bars) continue;
        figure.series[0].x[0] = -big, figure.series[0].x.back() = big;
        CHECK(report::detail::PlotScript(figure).commands().find("inf") == std::string::npos);
        if (big == 1e300) drawn(figure);
      }
    }
  }
  Figure figure = figure_of(Figure::bars);
  figure.series[0].x[2] = 1e300;
  test::check_throws<ValueError>([&] { report::detail::check(figure); }, {"figure 'f': expected numbers of places"});
}

TEST_CASE("a percent sign in a label is one, whatever follows it") {
  Figure figure = figure_of(Figure::bars);
  figure.x_names = {"100%", "a %g %s b", "%%d"};
  figure.x_label = figure.y_label = "50 % %d";
  figure.series[0].name = "100 %";
  const std::string svg = drawn(figure);
  if (svg.empty()) return;
  for (const char* label : {">100%<", ">a %g %s b<", ">%%d<", ">50 % %d<"}) CHECK(has(svg, label));
  // gnuplot would cut a format in the midst of a character.
  const std::string longest = "% €€€€€€€€€€€€€€€€€€€€€€€€€€€";
  figure.x_names = {longest, "", ""};
  CHECK(has(drawn(figure), ">% €€€€€€€€€€€€€€…<"));
}

TEST_CASE("gnuplot neither runs nor expands what texts hold") {
  const test::TemporaryDirectory directory;
  const std::string touch = "touch " + directory / "file";
  const std::vector<std::string> texts{
      "`" + touch + "`", "'; system('" + touch + "'); '", "\"; ! " + touch, "\n! " + touch + "\n", "@x \\", "\nEND\n"};
  for (const std::string& text : texts) {
    Figure figure = figure_of(Figure::bars);
    figure.x_label = figure.y_label = figure.series[0].name = text;
    figure.x_names = {text, text, text};
    const std::string svg = drawn(figure);
    if (svg.empty()) return;
    CHECK(directory.files() == 0);
  }
  Figure figure = figure_of(Figure::lines);
  figure.x_label = "{/Bold x}_y^2 & <z>";
  CHECK(has(drawn(figure), "{/Bold x}_y^2 &amp; &lt;z>"));
}
