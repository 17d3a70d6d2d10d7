#include "tenure/clv/ann/evaluation.hpp"

#include <doctest/doctest.h>

#include <set>

#include "../../message.hpp"
#include "../../temporary_directory.hpp"
#include "shop.hpp"
#include "tenure/clv/ann/report.hpp"

using namespace tenure;

namespace {

clv::AnnForecaster fitted(Index threads, std::optional<double> share, bool balanced) {
  clv::AnnForecasterConfig config = test::small_ann();
  config.share = share, config.balanced = balanced;
  clv::AnnForecaster model(config);
  model.fit(test::ann_shop_data(), {.epochs = 1, .threads = threads});
  return model;
}

clv::AnnEvaluation evaluated(clv::AnnSplit split, Index threads, bool balanced = false) {
  const clv::AnnData data = test::ann_shop_data();
  const bool validate = split == clv::AnnSplit::folds && !balanced;
  const clv::AnnForecaster model = fitted(threads, validate ? std::optional<double>() : 0.5, balanced);
  return model.evaluate(data, {.split = split, .folds = 3, .before = &data});
}

}  // namespace

TEST_CASE("every customer is forecast once by folds, with the same result for any number of threads") {
  const clv::AnnEvaluation one = evaluated(clv::AnnSplit::folds, 1), two = evaluated(clv::AnnSplit::folds, 2);
  CHECK(std::set<Index>(one.rows.begin(), one.rows.end()).size() == one.rows.size());
  CHECK(one.rows.size() == static_cast<std::size_t>(test::ann_shop_data().size()));
  CHECK(one.forecast.spend == two.forecast.spend);
  CHECK(one.forecast.quantiles == two.forecast.quantiles);
  CHECK(one.shares == two.shares);
  CHECK(one.importance.size() == clv::ann_known_names().size());
  for (const double share : one.shares) CHECK_UNARY(share >= 0 && share <= 1);
}

TEST_CASE("calibrated quantiles cover as promised, and more where customers spend nothing") {
  const clv::AnnEvaluation evaluation = evaluated(clv::AnnSplit::folds, 2, true);
  for (std::size_t k = 0; k < 3; ++k) {
    double below = 0;
    for (std::size_t i = 0; i < evaluation.actual.size(); ++i) {
      below += evaluation.actual[i] <= evaluation.forecast.quantiles[k][i];
    }
    CHECK(below / static_cast<double>(evaluation.actual.size()) > std::array{0.1, 0.5, 0.9}[k] - 0.07);
  }
}

TEST_CASE("a random fifth, and customers of a later cut-off, are forecast too") {
  CHECK(evaluated(clv::AnnSplit::random, 1).rows.size() == static_cast<std::size_t>(test::ann_shop_data().size()) / 5);
  const clv::AnnEvaluation time = evaluated(clv::AnnSplit::time, 1);
  CHECK(time.rows.size() == static_cast<std::size_t>(test::ann_shop_data().size()));
  CHECK(time.shares.size() == 1);
}

TEST_CASE("an evaluation has the model first, then the baselines, and calibrates the quantiles of new customers") {
  const clv::AnnData data = test::ann_shop_data();
  clv::AnnForecaster model = fitted(1, 0.5, false);
  test::check_throws<ValueError>([&] { model.evaluate(data, {.split = clv::AnnSplit::time}); },
                                 {"the customers a horizon earlier"});
  const clv::AnnEvaluation evaluation = model.evaluate(data, {.folds = 2});
  REQUIRE(evaluation.scored.size() == 5);
  CHECK(evaluation.scored[0].name == "ann_ziln");
  CHECK(evaluation.scored[1].name == "rate_times_horizon");
  CHECK(evaluation.scored[4].name == "pareto_nbd_gamma_gamma");
  const auto before = model.predict(data).quantiles;
  model.calibrate(evaluation);
  CHECK(model.shifts == evaluation.shifts);
  CHECK(model.predict(data).quantiles != before);
}

TEST_CASE("a run leaves files that a page is made of too, without a program") {
  const clv::AnnData data = test::ann_shop_data();
  clv::AnnForecaster model(test::small_ann());
  const History history = model.fit(data, {.epochs = 1});
  const clv::AnnEvaluation evaluation = model.evaluate(data, {.split = clv::AnnSplit::random});
  const test::TemporaryDirectory directory;
  const std::string path = (directory.path() / "made").string();
  const auto metrics = clv::write_run(model, history, evaluation, data, path, {{"data", "simulated"}});
  CHECK(metrics["evaluated"] == evaluation.rows.size());
  CHECK(metrics["quantiles"].contains("0.10"));
  CHECK(test::read_text(in_directory(path, "segments.csv"))
            .starts_with("customer,forecast,quantile_0.10,quantile_0.50,quantile_0.90,probability_alive,"));
  clv::write_csv(model.predict(data), data, in_directory(path, "predictions.csv"));
  CHECK(test::read_text(in_directory(path, "predictions.csv")).find("segment,tier\n") != std::string::npos);
  clv::write_report(evaluation, data, history, {"A note."}, in_directory(path, "report.html"));
  CHECK(test::read_text(in_directory(path, "report.html")).find("A note.") != std::string::npos);
  CHECK(text_of(evaluation).find(" % of the customers spent at most the forecast quantile 0.1") != std::string::npos);
}

TEST_CASE("deciles of the spend have a tenth of the customers each, the poorest first") {
  const clv::AnnData data = test::ann_shop_data();
  const std::vector<Index> rows = test::all_rows(data), deciles = clv::spend_deciles(data, rows);
  const auto richest = std::ranges::max_element(data.spend) - data.spend.begin();
  CHECK(deciles[static_cast<std::size_t>(richest)] == 9);
  for (Index d = 0; d < 10; ++d) CHECK(std::abs(std::ranges::count(deciles, d) - data.size() / 10) <= 1);
}
