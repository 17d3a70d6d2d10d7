#include "tenure/metrics/curves.hpp"

#include "../close.hpp"
#include "../message.hpp"
#include "golden.hpp"

using namespace tenure;

TEST_CASE("mutual gini equals the published formula") {
  for (const golden::Case& c : golden::cases) {
    INFO(c.name);
    test::check_close(std::vector{metrics::mutual_gini(c.prediction, c.target)}, std::vector{c.mutual_gini});
    CHECK(metrics::mutual_gini(c.target, c.target) == 0);
  }
  test::check_throws<ShapeError>([] { metrics::mutual_gini(std::vector{1.0}, std::vector{1.0}); }, {"at least two"});
}

TEST_CASE("a Lorenz curve equals NumPy's cumulated shares, rises from 0 to 1 and lies below the diagonal") {
  const metrics::Curve curve = metrics::lorenz_curve(golden::decile_target);
  test::check_close(curve.values, golden::lorenz);
  CHECK(curve.rows.front() == 0);
  CHECK(curve.rows.back() == 1);
  CHECK(curve.values.back() == 1);
  for (std::size_t i = 0; i < curve.rows.size(); ++i) CHECK(curve.values[i] <= curve.rows[i]);
}

TEST_CASE("gini is twice the area between the gain curve and the diagonal") {
  for (const golden::Case& c : golden::cases) {
    const metrics::Curve curve = metrics::gain_curve(c.prediction, c.target);
    CHECK(2 * metrics::detail::area(curve.values) - 1 == doctest::Approx(c.gini).epsilon(1e-12));
  }
}

TEST_CASE("deciles' gain, lift and calibration equal NumPy's") {
  const auto table = metrics::deciles(golden::decile_prediction, golden::decile_target);
  std::vector<double> prediction, target, gain, lift;
  for (const metrics::Decile& decile : table) {
    CHECK(decile.rows == 3);
    prediction.push_back(decile.mean_prediction);
    target.push_back(decile.mean_target);
    gain.push_back(decile.gain);
    lift.push_back(decile.lift);
    CHECK(decile.cumulative_lift == doctest::Approx(decile.gain * 10 / static_cast<double>(gain.size())));
  }
  test::check_close(prediction, golden::decile_mean_prediction);
  test::check_close(target, golden::decile_mean_target);
  test::check_close(gain, golden::decile_gain);
  test::check_close(lift, golden::decile_lift);
}

TEST_CASE("deciles hold every row once, whatever their number, and gain all of the total") {
  const golden::Case& c = golden::cases[1];
  for (std::size_t parts = 1; parts <= c.target.size(); ++parts) {
    std::size_t rows = 0;
    double total = 0, all = 0;
    for (const metrics::Decile& decile : metrics::deciles(c.prediction, c.target, parts)) {
      CHECK(decile.rows >= c.target.size() / parts);
      CHECK(decile.rows <= c.target.size() / parts + 1);
      rows += decile.rows;
      total += decile.mean_target * static_cast<double>(decile.rows);
    }
    for (const double y : c.target) all += y;
    CHECK(rows == c.target.size());
    CHECK(total == doctest::Approx(all));
    CHECK(metrics::deciles(c.prediction, c.target, parts).back().gain == 1);
  }
}

TEST_CASE("tied predictions share their mean target: the order of rows does not matter") {
  const std::vector<double> p(10, 1.0), y{9, 0, 1, 0, 0, 0, 0, 0, 0, 0}, reversed(y.rbegin(), y.rend());
  for (const auto* target : {&y, &reversed}) {
    for (const metrics::Decile& decile : metrics::deciles(p, *target, 5)) {
      CHECK(decile.lift == 1);
      CHECK(decile.mean_target == 1);
    }
  }
}

TEST_CASE("shares of nothing, and too many deciles, are errors") {
  const std::vector<double> y{1, 2}, none{1, -1};
  test::check_throws<ValueError>([&] { metrics::deciles(y, y); }, {"deciles: expected between 1 and 2 parts, got 10"});
  test::check_throws<ValueError>([&] { metrics::deciles(y, y, 0); }, {"got 0"});
  test::check_throws<ValueError>([&] { metrics::deciles(y, none, 1); }, {"a sum above 0"});
  test::check_throws<ValueError>([&] { metrics::lorenz_curve(none); }, {"lorenz_curve", "a sum above 0, got 0"});
  test::check_throws<ValueError>([&] { metrics::mutual_gini(none, y); }, {"mutual_gini", "a sum above 0"});
}
