#include "tenure/data/anomalies.hpp"

#include "../close.hpp"
#include "../message.hpp"
#include "golden.hpp"

using namespace tenure;

namespace {

std::vector<double> low(const std::vector<Bounds>& bounds) {
  std::vector<double> values;
  for (const Bounds& b : bounds) values.push_back(b.low);
  return values;
}
std::vector<double> high(const std::vector<Bounds>& bounds) {
  std::vector<double> values;
  for (const Bounds& b : bounds) values.push_back(b.high);
  return values;
}

}  // namespace

TEST_CASE("IQR bounds equal pandas's to the last bit, z-score bounds NumPy's, and marks SciPy's") {
  const Bounds iqr = iqr_bounds(golden::series), z = z_score_bounds(golden::series);
  CHECK(iqr.low == golden::iqr_bounds[0]);
  CHECK(iqr.high == golden::iqr_bounds[1]);
  test::check_close(std::vector{z.low, z.high}, golden::z_score_bounds);
  const auto marks = mark_anomalies(golden::series, z);
  CHECK(std::equal(marks.begin(), marks.end(), golden::z_score_marks.begin(), golden::z_score_marks.end()));
}

TEST_CASE("Hampel's bounds equal those of pandas's rolling medians") {
  const auto trailing = hampel_bounds(golden::series), centered = hampel_bounds(golden::series, {.centered = true});
  test::check_close(low(trailing), golden::hampel_low);
  test::check_close(high(trailing), golden::hampel_high);
  test::check_close(low(centered), golden::hampel_centered_low);
  test::check_close(high(centered), golden::hampel_centered_high);
}

TEST_CASE("Hampel's bounds see nothing that comes after a value unless they are centered") {
  const auto bounds = hampel_bounds(golden::series);
  for (std::size_t t = 1; t < golden::series.size(); ++t) {
    const auto part = hampel_bounds(std::span(golden::series).first(t));
    test::check_close(low(part), std::span<const double>(low(bounds)).first(t), 0);
  }
}

TEST_CASE("anomalies are marked, clipped or removed; missing values stay") {
  const std::vector<double> x{1, -5, missing_value, 3, 9};
  const Bounds bounds{0, 4};
  CHECK(mark_anomalies(x, bounds) == std::vector<std::uint8_t>{0, 1, 0, 0, 1});
  test::check_close(clip_anomalies(x, bounds), std::vector<double>{1, 0, missing_value, 3, 4}, 0);
  CHECK(rows_without_anomalies(x, bounds) == std::vector<Index>{0, 2, 3});
  test::check_close(remove_anomalies(x, bounds), std::vector<double>{1, missing_value, 3}, 0);
  const std::vector<Bounds> each(5, bounds);
  CHECK(mark_anomalies(x, each) == mark_anomalies(x, bounds));
  test::check_close(remove_anomalies(x, each), remove_anomalies(x, bounds), 0);
}

TEST_CASE("what is clipped, or left after removal, holds no anomaly of the same bounds") {
  const Bounds bounds = iqr_bounds(golden::series, 0.5);
  const auto none = [&](const std::vector<double>& x) {
    return std::ranges::all_of(x, [&](double value) { return bounds.contains(value); });
  };
  CHECK(!none(golden::series));
  CHECK(none(clip_anomalies(golden::series, bounds)));
  CHECK(none(remove_anomalies(golden::series, bounds)));
}

TEST_CASE("anomalies: settings outside their domain are errors") {
  const std::vector<double> x{1, 2}, nothing{missing_value};
  test::check_throws<ValueError>([&] { iqr_bounds(x, -1); }, {"iqr_bounds: expected a factor of at least 0, got -1"});
  test::check_throws<ValueError>([&] { z_score_bounds(x, -1); }, {"z_score_bounds", "got -1"});
  test::check_throws<ValueError>([&] { iqr_bounds(nothing); }, {"at least one value"});
  test::check_throws<ValueError>([&] { z_score_bounds(nothing); }, {"at least one value"});
  test::check_throws<ValueError>([&] { hampel_bounds(x, {.length = 0}); }, {"a length of at least 1, got 0"});
  test::check_throws<ValueError>([&] { hampel_bounds(x, {.length = 4, .centered = true}); }, {"odd", "got 4"});
  test::check_throws<ValueError>([&] { hampel_bounds(x, {.threshold = -1}); }, {"threshold", "got -1"});
  test::check_throws<ShapeError>([&] { mark_anomalies(x, std::vector<Bounds>(3)); }, {"each of 2 values, got 3"});
}
