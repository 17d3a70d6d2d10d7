#include <tenure/report/page.hpp>

#include "../message.hpp"
#include "../temporary_directory.hpp"

using namespace tenure;
using namespace tenure::report;
using namespace tenure::test;

namespace {

Figure some_figure(const std::string& id = "loss") {
  return {
      .id = id, .title = "Loss", .x_label = "Epoch", .y_label = "MSE", .series = {{"training", {1, 2}, {0.5, 0.25}}}};
}

Table some_table() {
  return {.id = "metrics", .title = "Metrics", .columns = {"Model", "RMSE (£)"}, .rows = {{"ours", "1,200.5"}}};
}

std::string page_of(const Page& report, const PageOptions& options = {"no-such-program-of-tenure"}) {
  const TemporaryDirectory directory;
  report::write_page(report, directory / "report.html", options);
  return read_text(directory / "report.html");
}

bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

std::size_t count(const std::string& text, const std::string& part) {
  std::size_t count = 0;
  for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++count;
  return count;
}

/// A program that stands in for gnuplot.
std::string script(const TemporaryDirectory& directory, const std::string& commands) {
  const std::string path = directory / "gnuplot";
  write_text(path, "#!/bin/sh\n" + commands + "\n");
  std::filesystem::permissions(path, std::filesystem::perms::owner_all);
  return path;
}

/// Replaces PATH for the duration of a test.
class Path {
 public:
  explicit Path(const std::string& value) : old_(std::getenv("PATH")) { ::setenv("PATH", value.c_str(), 1); }
  ~Path() { ::setenv("PATH", old_.c_str(), 1); }

 private:
  std::string old_;
};

}  // namespace

TEST_CASE("html: nothing in a text is markup") {
  CHECK(html("<a href=\"x\">&'</a>") == "&lt;a href=&quot;x&quot;&gt;&amp;&#39;&lt;/a&gt;");
  CHECK(html(std::string("a\0b\x1b\n", 5)) == "a b \n");
  CHECK(html("Größe £") == "Größe £");
}

TEST_CASE("a report: all texts are escaped") {
  const std::string evil = "<script>alert('&\"')</script>";
  Figure figure = some_figure();
  figure.title = figure.x_label = figure.y_label = figure.caption = figure.series[0].name = evil;
  figure.x_names = {evil, evil, evil};
  figure.series.push_back(figure.series[0]);
  Table table = some_table();
  table.title = table.caption = table.columns[0] = table.rows[0][0] = evil;
  const std::string page = page_of({evil, {evil}, {figure, table}});
  CHECK(!has(page, "<script"));
  CHECK(count(page, "&lt;script&gt;alert(&#39;&amp;&quot;&#39;)&lt;/script&gt;") > 10);
}

TEST_CASE("a report: numbers are right-aligned, text is not") {
  Table table = some_table();
  table.columns = {"name", "£", "note", "missing"};
  table.rows = {{"a 1", "−1,200.50", "2 of them", "–"}, {"abc2", "£3 %", "17", "5"}};
  table.strong = {{1, 1}};
  const std::string page = page_of({"r", {}, {table}});
  CHECK(has(page, "<td class=\"number\">−1,200.50</td>"));
  CHECK(has(page, "<td class=\"number\"><strong>£3 %</strong></td>"));
  CHECK(has(page, "<th scope=\"col\" class=\"number\">£</th>"));
  CHECK(has(page, "<td class=\"text\">2 of them</td>"));
  CHECK(has(page, "<td class=\"text\">17</td>"));
  CHECK(has(page, "<td class=\"number\">–</td>"));
}

TEST_CASE("a report: without gnuplot on the PATH there are the numbers and how to get the plots") {
  const TemporaryDirectory empty;
  std::string reason;
  {
    const Path path(empty.path());
    reason = report::write_page({"r", {}, {some_figure(), some_figure("two")}}, empty / "report.html");
  }
  const std::string page = read_text(empty / "report.html");
  CHECK(has(reason, "gnuplot was not found"));
  CHECK(count(page, "sudo apt-get install gnuplot-nox") == 1);
  CHECK(!has(page, "<svg class=\"wide\""));
  CHECK(count(page, "<details open>") == 2);
  CHECK(has(page, "<td class=\"number\">0.25</td>"));
}

TEST_CASE("a report: what gnuplot says when it fails is on the page and told") {
  const TemporaryDirectory directory;
  const auto reason = [&](const std::string& commands) {
    return report::write_page({"r", {}, {some_figure()}}, directory / "report.html", {script(directory, commands)});
  };
  const std::string failed = reason("cat > /dev/null; echo 'line 3:\n  <undefined>' >&2; exit 2");
  CHECK(has(failed, "Not drawn: Loss."));
  CHECK(has(failed, "exit status 2: line 3: <undefined>"));
  const std::string page = read_text(directory / "report.html");
  CHECK(has(page, "exit status 2: line 3: &lt;undefined&gt;"));
  CHECK(has(page, "<details open>"));
  CHECK(has(reason("echo '<svg></svg>'"), "no SVG"));  // one size of two
  CHECK(has(reason("echo '</svg> <svg>'"), "no SVG"));
  CHECK(reason("echo '<svg></svg><svg></svg>'").empty());
}

TEST_CASE("a report: a figure without a finite value is said to have none") {
  Figure figure = some_figure();
  figure.series[0].y = {missing_value, INFINITY};
  const TemporaryDirectory directory;
  CHECK(has(report::write_page({"r", {}, {figure}}, directory / "report.html"), "no finite value"));
}

TEST_CASE("a report: of many values a hundred rows are shown, the first and the last among them") {
  Figure figure = some_figure();
  figure.kind = Figure::points;
  figure.series[0] = {"customers", Series{}.x, {}};
  for (int i = 0; i < 5000; ++i) figure.series[0].x.push_back(i), figure.series[0].y.push_back(10000 + i);
  const std::string page = page_of({"r", {}, {figure}});
  CHECK(count(page, "<tr>") == 101);
  CHECK(has(page, "100 of 5000 rows"));
  CHECK(has(page, ">10,000<"));
  CHECK(has(page, ">14,999<"));
}

TEST_CASE("the numbers of a figure: side by side where series share x, with names and deviations") {
  Figure figure = some_figure();
  figure.series = {{"actual", {0, 1}, {1, 2}, {0.1, 0.2}},
                   {"predicted", {0, 1}, {3, 4}},
                   {.name = "limit", .x = {0, 5}, .y = {9, 9}, .reference = true}};
  figure.x_names = {"May", "June"};
  Table table = report::detail::FigureNumbers::table(figure);
  CHECK(table.columns == std::vector<std::string>{"Epoch", "actual", "±", "predicted"});
  CHECK(table.rows[1] == std::vector<std::string>{"June", "2", "0.2", "4"});
  CHECK(table.rows.size() == 2);
  figure.series[1].x = {0, 2};
  table = report::detail::FigureNumbers::table(figure);
  CHECK(table.columns == std::vector<std::string>{"Series", "Epoch", "MSE", "±"});
  CHECK(table.rows[3] == std::vector<std::string>{"predicted", "2", "4", ""});
  figure.kind = Figure::histogram;
  figure.series = {{"", {0.5, 1, 1.5}, {7, 8}}};
  figure.x_names.clear();
  CHECK(report::detail::FigureNumbers::table(figure).rows[1] == std::vector<std::string>{"1 to 1.5", "8"});
}

TEST_CASE("a figure's text alternative: given, or composed from the numbers") {
  Figure figure = some_figure();
  CHECK(report::detail::alternative_of(figure) ==
        "Lines: Loss. MSE over Epoch. training: 2 values between 0.25 and 0.5, the first 0.5, the last 0.25.");
  figure.alternative = "The loss is halved.";
  CHECK(has(page_of({"r", {}, {figure}}), "<p>The loss is halved.</p>"));
}

TEST_CASE("a report that is not as it must be is refused, and the file of before stays") {
  const TemporaryDirectory directory;
  const std::string path = directory / "report.html";
  write_text(path, "before");
  const auto refuses = [&]<class E>(const E*, std::variant<Table, Figure> part, const std::string& message) {
    check_throws<E>([&] { report::write_page({"r", {}, {some_table(), part}}, path); }, {message});
    CHECK(read_text(path) == "before");
    CHECK(directory.files() == 1);
  };
  const ShapeError* shape = nullptr;
  const ValueError* value = nullptr;
  for (const char* id : {"", "1a", "a b", "a\"", "_a", "metrics"}) refuses(value, some_figure(id), id);
  Figure figure = some_figure();
  figure.series[0].x = {1};
  refuses(shape, figure, "figure 'loss': expected 2 values of x in series 'training', got 1");
  figure.kind = Figure::histogram;
  refuses(shape, figure, "expected 3 values of x");
  figure = some_figure();
  figure.series[0].deviation = {1};
  refuses(shape, figure, "2 deviations");
  figure.series[0] = {"empty", {}, {}};
  refuses(shape, figure, "values in series 'empty'");
  figure.series.clear();
  refuses(shape, figure, "at least one series");
  Table table = some_table();
  table.id = "other";
  table.rows[0].pop_back();
  refuses(shape, table, "table 'other': expected 2 cells in a row, got 1");
  table.rows = {{"a", "b"}};
  table.strong = {{1, 0}};
  refuses(static_cast<const IndexError*>(nullptr), table, "(1, 0)");
}

TEST_CASE("a report that can't be written says so") {
  const TemporaryDirectory directory;
  check_throws<FileError>([&] { report::write_page({"r", {}, {}}, directory / "no/report.html"); }, {"no/report.html"});
}

TEST_CASE("a part that its values do not allow is a note of the report") {
  Page report{"Title", {}, {}};
  add_part(report, [] { return Table{.id = "t", .title = "T", .columns = {"a"}, .rows = {{"1"}}}; });
  add_part(report, []() -> Table { throw ValueError("shares", "a total above 0", {0}); });
  CHECK(report.parts.size() == 1);
  CHECK(report.notes == std::vector<std::string>{"Not shown: shares: expected a total above 0, got 0."});
}
