#include <tenure/report/charts.hpp>
#include <tenure/report/page.hpp>

#include "../message.hpp"

using namespace tenure;
using namespace tenure::report;
using report::detail::HeatScale;
using tenure::test::check_throws;

namespace {

bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

Figure cells(std::vector<double> first, std::vector<double> second) {
  const std::vector<double> days = report::counting(first.size(), 7);
  return {.id = "accuracy",
          .title = "Errors",
          .x_label = "Day",
          .y_label = "Cohort",
          .kind = Figure::heat_map,
          .series = {{"2010-11-29", days, std::move(first)}, {"2010-12-06", days, std::move(second)}},
          .value_label = "Error (%)"};
}

}  // namespace

TEST_CASE("a heat map's colors: the neutral class in the middle, blue below, red above, ends for what lies beyond") {
  Figure figure = cells({-4, 0, 0.2, 4}, {missing_value, 4.1, -0.2, 0});
  const HeatScale scale(figure);
  CHECK(scale.low() == -5);
  CHECK(scale.high() == 5);
  CHECK(!scale.exceeded());
  CHECK(scale(-5) == 0);
  CHECK(scale(0) == 5);
  CHECK(scale(0.44) == 5);
  CHECK(scale(0.46) == 6);
  CHECK(scale(-0.46) == 4);
  CHECK(scale(1e9) == 10);
  CHECK(scale(-1e9) == 0);
  figure.neutral = 100;
  CHECK(HeatScale(figure)(100) == 5);
}

TEST_CASE("a heat map's scale: a cell in twenty may lie beyond it, and equal cells have one too") {
  std::vector<double> values(40, 1.0);
  values[7] = 1000;
  const HeatScale scale(cells(values, values));
  CHECK(scale.high() == 1);
  CHECK(scale.exceeded());
  CHECK(HeatScale(cells({0, 0}, {0, 0})).high() == 1);
}

TEST_CASE("a heat map's cells: a row for each series, the first on top, neighbors of a color joined, gaps left out") {
  const std::string commands = report::detail::PlotScript(cells({-1, -1, missing_value, 1}, {0, 1, 1, 1})).commands();
  CHECK(has(commands, "<< END\n7.5 0 6.5 8.5 -0.5 0.5 \nEND"));
  CHECK(has(commands, "<< END\n7 1 6.5 7.5 0.5 1.5 \nEND"));
  CHECK(has(commands, "<< END\n10 0 9.5 10.5 -0.5 0.5 \n9 1 7.5 10.5 0.5 1.5 \nEND"));
  CHECK(has(commands, "yrange [1.5:-0.5]"));
  CHECK(has(commands, "'2010-11-29' 0"));
  CHECK(report::detail::PlotScript(cells({missing_value}, {missing_value})).empty());
}

TEST_CASE("a heat map in a report: drawn or said, its numbers a row for each row, its legend the ends of the scale") {
  Figure figure = cells({-1, 0.5}, {missing_value, 1});
  const std::string alternative = report::detail::alternative_of(figure);
  CHECK(alternative ==
        "Heat map: Errors. Error (%) by Day and Cohort, 2 rows. Values between −1 and 1, 1 of 3 below 0.");
  const Table numbers = report::detail::FigureNumbers::table(figure);
  CHECK(numbers.columns == std::vector<std::string>{"Cohort", "7", "8"});
  CHECK(numbers.rows[1] == std::vector<std::string>{"2010-12-06", "", "1"});
  const auto legend = report::detail::legend_of(figure);
  REQUIRE(legend.size() == 1);
  CHECK(legend[0].before == "−1");
  CHECK(legend[0].name == "1  Error (%)");
  CHECK(has(legend[0].sample, "var(--heat-11)"));
  const Plot plot = draw(figure, alternative, "gnuplot");
  if (plot.outcome == Plot::no_program) return;
  CHECK(has(plot.svg, "var(--heat-1)"));
  CHECK(!has(plot.svg, "rgb("));
  figure.series[0].deviation = {1, 1};
  check_throws<ShapeError>([&] { report::detail::check(figure); }, {"without deviations"});
}
