#include "tenure/clv/ann/baselines.hpp"

#include <doctest/doctest.h>

#include "shop.hpp"

using namespace tenure;

TEST_CASE("the baselines are in the order of their table, and the rules as they are defined") {
  const clv::AnnData data = test::ann_shop_data();
  const clv::LikelihoodFits fits(data.summaries, {});
  const std::vector<clv::Baseline> baselines = clv::spend_baselines(data, fits);
  REQUIRE(baselines.size() == 4);
  const char* names[] = {"rate_times_horizon", "last_90_days", "bg_nbd_gamma_gamma", "pareto_nbd_gamma_gamma"};
  for (std::size_t b = 0; b < 4; ++b) {
    CHECK(baselines[b].name == names[b]);
    for (const double spend : baselines[b].spend) CHECK_UNARY(is_finite(spend) && spend >= 0);
  }
  const double rate = data.feature(3, "total_spend") / std::max(data.feature(3, "tenure"), 30.0);
  CHECK(baselines[0].spend[3] == rate * 91);
  CHECK(baselines[1].spend[3] == data.feature(3, "spend_90"));
}
