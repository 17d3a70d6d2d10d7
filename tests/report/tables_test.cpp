#include <tenure/report/tables.hpp>

#include "../message.hpp"

using namespace tenure;
using namespace tenure::report;
using tenure::test::check_throws;
using Numbers = std::vector<double>;

TEST_CASE("value_segments: by rank, ties in the given order") {
  const std::vector<std::string> segments = value_segments(Numbers{1, 9, 8, 7, 7, 5, 4, 3, 2, 1});
  CHECK(segments[1] == "Highest 10 %");
  CHECK(segments[2] == "Next 20 %");
  CHECK(segments[3] == "Next 20 %");
  CHECK(segments[4] == "Next 30 %");
  CHECK(segments[6] == "Next 30 %");
  CHECK(segments[7] == "Lower 40 %");
  CHECK(segments[0] == "Lower 40 %");
  CHECK(value_segments(Numbers{}).empty());
}

TEST_CASE("segment_table: sums of each segment, the most valuable first, and of all") {
  const std::vector<std::string> segments{"b", "a", "b", "a"};
  const Table table = segment_table(segments, Numbers{1, 1000, 3, 2000}, Numbers{0, 1500, 0, 500}, "£");
  REQUIRE(table.rows.size() == 3);
  CHECK(table.columns[2] == "Mean predicted (£)");
  CHECK(table.rows[0] == std::vector<std::string>{"a", "2", "1,500.00", "1,000.00", "3,000", "2,000", "99.9", "100.0"});
  CHECK(table.rows[1] == std::vector<std::string>{"b", "2", "2.00", "0.00", "4", "0", "0.1", "0.0"});
  CHECK(table.rows[2][1] == "4");
  CHECK(table.columns[1] == "Customers");
  CHECK(segment_table(segments, Numbers{1, 1, 1, 1}, Numbers{1, 1, 1, 1}, "", "windows").columns[1] == "Windows");
  check_throws<ShapeError>([&] { segment_table(segments, Numbers{1}, Numbers{1}, "£"); }, {"each of 1 targets", "4"});
}

TEST_CASE("metrics_table: marks and names the best of each metric") {
  const std::vector<MetricColumn> metrics{{"RMSE (£)", false, 1}, {"R²", true, 2}, {"gini", true, 2}};
  const Table table =
      metrics_table(metrics, {{"model", {1234.56, 0.5, missing_value}}, {"naive rule", {1300, 0.854, missing_value}}});
  CHECK(table.rows[0] == std::vector<std::string>{"model", "1,234.6", "0.50", "–"});
  CHECK(table.strong == std::vector<std::pair<std::size_t, std::size_t>>{{0, 1}, {1, 2}});
  CHECK(table.caption == "Best: model in RMSE (£); naive rule in R².");
  check_throws<ShapeError>([&] { metrics_table(metrics, {{"short", {1}}}); }, {"3 values of short", "1"});
}

TEST_CASE("text_table: a column for each measure, and what is better than the first, by name") {
  const std::vector<metrics::Scored> scored = {{"model", {.rmse = 2, .mae = 1.5, .r2 = 0.5}},
                                               {"rule", {.rmse = 1, .mae = 2}}};
  const std::string table = text_table(scored);
  CHECK(table.starts_with("              RMSE          MAE           R²"));
  CHECK(table.find("\nmodel            2          1.5          0.5            -") != std::string::npos);
  CHECK(table.find("\n\nBetter than the model:\n  rule in RMSE (1, the model 2)\n") != std::string::npos);
  CHECK(text_table(std::vector{scored[0]}).ends_with("No baseline is better than the model in any of these.\n"));
}
