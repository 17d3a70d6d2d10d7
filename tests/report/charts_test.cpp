#include <numeric>
#include <tenure/report/charts.hpp>

#include "../close.hpp"
#include "../message.hpp"

using namespace tenure;
using namespace tenure::report;
using tenure::test::check_close;
using tenure::test::check_throws;
using Numbers = std::vector<double>;

TEST_CASE("loss_curves: training and validation by epoch, logarithmic where they span decades") {
  tenure::History history;
  for (const double loss : {1., 0.5, 0.01}) history.record("loss", loss), history.record("mse", loss + 1);
  for (const double loss : {2., 0.6, 0.3}) history.record("val_loss", loss);
  const Figure loss = loss_curves(history);
  CHECK(loss.id == "loss");
  REQUIRE(loss.series.size() == 2);
  CHECK(loss.series[0].x == Numbers{1, 2, 3});
  CHECK(loss.series[0].y == Numbers{1, 0.5, 0.01});
  CHECK(loss.series[1].y == Numbers{2, 0.6, 0.3});
  CHECK(loss.y_scale == Scale::logarithmic);
  const Figure mse = loss_curves(history, "mse", "Squared error");
  CHECK(mse.title == "Squared error");
  CHECK(mse.series.size() == 1);
  history.record("top 10 %", 1);
  CHECK(loss_curves(history, "top 10 %").id == "top-10--");
  CHECK(mse.y_scale == Scale::linear);
  check_throws<ValueError>([&] { loss_curves(history, "mae"); }, {"loss, mse, val_loss, top 10 %", "mae"});
}

TEST_CASE("loss_curves: a loss that is not finite or below 0 keeps a scale that can show the others") {
  tenure::History history;
  for (const double loss : {5., missing_value, 0.001}) history.record("loss", loss);
  CHECK(loss_curves(history).y_scale == Scale::logarithmic);
  history.record("loss", -1);
  CHECK(loss_curves(history).y_scale == Scale::linear);
}

TEST_CASE("lorenz_curves: shares of the total in per cent, predictions below 0 counted as 0") {
  const Figure figure = lorenz_curves(Numbers{-5, 1, 1, 2}, Numbers{4, 0, 0, 0});
  REQUIRE(figure.series.size() == 3);
  check_close(figure.series[0].x, Numbers{0, 25, 50, 75, 100});
  check_close(figure.series[0].y, Numbers{0, 0, 0, 0, 100});
  check_close(figure.series[1].y, Numbers{0, 0, 25, 50, 100});
  CHECK(figure.series[2].reference);
}

TEST_CASE("curves of thousands of customers are drawn by hundreds of points that lie on them") {
  Numbers values(20000);
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = std::exp(static_cast<double>(i) / 2000);
  const Figure figure = gain_curves(values, values);
  const Series& curve = figure.series[0];
  CHECK(curve.x.size() > 100);
  CHECK(curve.x.size() < 500);
  CHECK(curve.x.front() == 0);
  CHECK(curve.x.back() == 100);
  CHECK(curve.y.back() == doctest::Approx(100));
  for (std::size_t i = 1; i < curve.x.size(); ++i) {
    CHECK(std::hypot(curve.x[i] - curve.x[i - 1], curve.y[i] - curve.y[i - 1]) < 0.6);
  }
}

TEST_CASE("predicted_against_actual: heavy tails get symmetric logarithms, others plain axes") {
  const Figure plain = predicted_against_actual(Numbers{1, 2, 3}, Numbers{4, 5, 6}, "£");
  CHECK(plain.series[0].x == Numbers{4, 5, 6});
  CHECK(plain.series[0].y == Numbers{1, 2, 3});
  CHECK(plain.series[1].x == Numbers{1, 6});
  CHECK(plain.x_label == "Actual value (£)");
  CHECK(plain.x_scale == Scale::linear);
  const Figure heavy = predicted_against_actual(Numbers{0, 1, 2, 3}, Numbers{0, 1, 2, 50000}, "");
  CHECK(heavy.x_scale == Scale::symmetric);
  CHECK(heavy.y_scale == Scale::symmetric);
  CHECK(heavy.y_label == "Predicted value");
}

TEST_CASE("residuals are actual less predicted") {
  const Figure figure = residuals_over_forecast(Numbers{1, 2, 3}, Numbers{4, 1, 3}, "£");
  CHECK(figure.series[0].x == Numbers{1, 2, 3});
  CHECK(figure.series[0].y == Numbers{3, -1, 0});
  CHECK(figure.series[1].y == Numbers{0, 0});
  const Figure counts = residual_histogram(Numbers{0, 0, 0, 0}, Numbers{-1, 0, 0.9, 1}, "£");
  CHECK(counts.series[0].x == Numbers{-1, 0, 1});
  CHECK(counts.series[0].y == Numbers{1, 3});
}

TEST_CASE("histogram: every value is in one bin, far outliers in the outermost") {
  Numbers values(1000);
  std::iota(values.begin(), values.end(), 0.0);
  Figure figure = histogram(values, "h", "", "", "");
  CHECK(figure.series[0].x.size() == 31);
  CHECK(figure.series[0].x.front() == 0);
  CHECK(figure.series[0].x.back() == doctest::Approx(999));
  CHECK(figure.caption.empty());
  values[0] = -1e6;
  values[999] = 1e6;
  figure = histogram(values, "h", "", "", "");
  CHECK(figure.series[0].x.front() == 10);
  CHECK(figure.series[0].x.back() == doctest::Approx(989));
  CHECK(figure.caption.find("−1,000,000 to 1,000,000") != std::string::npos);
  CHECK(std::accumulate(figure.series[0].y.begin(), figure.series[0].y.end(), 0.0) == 1000);
  CHECK(histogram(Numbers{3, 3}, "h", "", "", "").series[0].y == Numbers{2});
  check_throws<ShapeError>([] { histogram(Numbers{}, "h", "", "", ""); }, {"histogram"});
}

TEST_CASE("value_by_decile: means by tenth, fewer parts for few customers") {
  Numbers prediction(20), target(20);
  for (std::size_t i = 0; i < 20; ++i) prediction[i] = static_cast<double>(i), target[i] = 2 * prediction[i];
  const Figure figure = value_by_decile(prediction, target, "£");
  CHECK(figure.x_names.size() == 10);
  CHECK(figure.series[0].y.front() == 37);
  CHECK(figure.series[1].y.front() == 18.5);
  CHECK(figure.series[1].y.back() == 0.5);
  CHECK(value_by_decile(Numbers{1, 2, 3}, Numbers{1, 2, 3}, "£").series[0].y == Numbers{3, 2, 1});
}

TEST_CASE("forecast_by_month: a total each for every month") {
  const std::vector<std::string> months{"2011-10", "2011-11"};
  const Figure figure = forecast_by_month(months, Numbers{1, 2}, Numbers{3, 4}, "£");
  CHECK(figure.x_names == months);
  CHECK(figure.series[0].y == Numbers{3, 4});
  CHECK(figure.series[1].y == Numbers{1, 2});
  check_throws<ShapeError>([&] { forecast_by_month(months, Numbers{1}, Numbers{3}, "£"); }, {"each of 1 months", "2"});
}

TEST_CASE("what compares predictions with targets refuses other numbers of them and NaN") {
  const Numbers three{1, 2, 3}, two{1, 2}, broken{1, missing_value, 3};
  for (const auto builder : {predicted_against_actual, residuals_over_forecast, residual_histogram, value_by_decile}) {
    check_throws<ShapeError>([&] { builder(two, three, "£", "customers"); }, {"each of 3 targets, got 2"});
    check_throws<ValueError>([&] { builder(broken, three, "£", "customers"); }, {"finite", "row 1"});
  }
  for (const auto builder : {lorenz_curves, gain_curves}) {
    check_throws<ShapeError>([&] { builder(two, three, "customers"); }, {"each of 3 targets, got 2"});
    check_throws<ValueError>([&] { builder(broken, three, "customers"); }, {"finite", "row 1"});
  }
}

TEST_CASE("importance_bars: the largest on top, with deviations") {
  const Figure figure = importance_bars({{"frequency", 1, 0.1}, {"recency", 5, 0.5}, {"noise", -0.1, 0.2}}, "RMSE (£)");
  CHECK(figure.x_names == std::vector<std::string>{"recency", "frequency", "noise"});
  CHECK(figure.series[0].x == Numbers{0, 1, 2});
  CHECK(figure.series[0].y == Numbers{5, 1, -0.1});
  CHECK(figure.series[0].deviation == Numbers{0.5, 0.1, 0.2});
  CHECK(figure.y_label == "Rise of the RMSE (£)");
  CHECK(figure.horizontal);
}
