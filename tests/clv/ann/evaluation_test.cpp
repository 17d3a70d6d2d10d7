#include "tenure/clv/ann/evaluation.hpp"

#include <doctest/doctest.h>

#include <set>

#include "shop.hpp"
#include "tenure/core/thread_pool.hpp"

using namespace tenure;

namespace {

clv::AnnEvaluation evaluated(clv::AnnSplit split, Index threads, bool balanced = false) {
  const clv::AnnData data = test::ann_shop_data();
  ThreadPool pool(threads);
  return clv::evaluate(split, data, data, 3, test::small_ann(),
                       {.epochs = 1, .choose_share = split == clv::AnnSplit::folds && !balanced, .balanced = balanced},
                       {}, pool);
}

}  // namespace

TEST_CASE("every customer is forecast once by folds, with the same result for any number of threads") {
  const clv::AnnEvaluation one = evaluated(clv::AnnSplit::folds, 1), two = evaluated(clv::AnnSplit::folds, 2);
  CHECK(std::set<Index>(one.rows.begin(), one.rows.end()).size() == one.rows.size());
  CHECK(one.rows.size() == static_cast<std::size_t>(test::ann_shop_data().size()));
  CHECK(one.forecast.spend == two.forecast.spend);
  CHECK(one.forecast.quantiles == two.forecast.quantiles);
  CHECK(one.shares == two.shares);
  CHECK(one.importance.size() == clv::AnnForecaster::input_names().size());
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

TEST_CASE("deciles of the spend have a tenth of the customers each, the poorest first") {
  const clv::AnnData data = test::ann_shop_data();
  const std::vector<Index> rows = test::all_rows(data), deciles = clv::spend_deciles(data, rows);
  const auto richest = std::ranges::max_element(data.spend) - data.spend.begin();
  CHECK(deciles[static_cast<std::size_t>(richest)] == 9);
  for (Index d = 0; d < 10; ++d) CHECK(std::abs(std::ranges::count(deciles, d) - data.size() / 10) <= 1);
}
