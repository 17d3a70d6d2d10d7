#include <tenure/io/mapped_file.hpp>
#include <tenure/report/figure_file.hpp>

#include "../message.hpp"
#include "../temporary_directory.hpp"

using namespace tenure;
using namespace tenure::report;
using tenure::test::check_throws;

namespace {

bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

Figure lines() {
  return {.id = "mae",
          .title = "MAE & epochs",
          .x_label = "Epoch",
          .y_label = "MAE",
          .series = {{"training", {1, 2, 3}, {3, 2, 1}}, {"validation", {1, 2, 3}, {3, 2.5, 2}}}};
}

}  // namespace

TEST_CASE("write_figure: an SVG document with title and legend in plain colors, that needs no page around it") {
  const test::TemporaryDirectory directory;
  const std::string path = directory / "mae.svg";
  const std::string problem = write_figure(lines(), path);
  if (has(problem, "was not found")) {
    MESSAGE("skipped: gnuplot is not installed");
    return;
  }
  REQUIRE(problem.empty());
  const MappedFile file(path);
  const std::string svg(file.bytes());
  CHECK(svg.starts_with("<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 640 "));
  CHECK(svg.ends_with("</g>\n</svg>\n"));
  for (const char* part : {"MAE &amp; epochs</text>", ">training</text>", ">validation</text>", "#0b6bb8", "#cf5600",
                           "<circle id=\"_gpPt6\""}) {
    CHECK_MESSAGE(has(svg, part), part);
  }
  CHECK(!has(svg, "var("));
}

TEST_CASE("write_figure: where nothing can be drawn the older picture stays, and the reason is given") {
  const test::TemporaryDirectory directory;
  const std::string path = directory / "mae.svg";
  Figure figure = lines();
  for (Series& series : figure.series) series.y.assign(3, missing_value);
  CHECK(has(write_figure(figure, path), "no finite value"));
  CHECK(has(write_figure(lines(), path, "no-such-gnuplot"), "no-such-gnuplot was not found"));
  CHECK(directory.files() == 0);
  figure.series[0].x.pop_back();
  check_throws<ShapeError>([&] { write_figure(figure, path); }, {"figure 'mae'", "3 values of x"});
}
