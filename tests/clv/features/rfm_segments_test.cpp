#include "tenure/clv/features/rfm_segments.hpp"

#include "../../message.hpp"
#include "../ann/shop.hpp"
#include "tenure/clv/ann/baselines.hpp"

using namespace tenure;

TEST_CASE("scores are fifths of the customers, equal ones for equal values, and segments follow from them") {
  CHECK(clv::detail::fifths({10, 20, 30, 40, 50}) == std::vector{1, 2, 3, 4, 5});
  CHECK(clv::detail::fifths({0, 0, 0, 0, 1}) == std::vector{1, 1, 1, 1, 5});
  CHECK(std::string(clv::detail::rfm_segment(5, 4)) == "Champions");
  CHECK(std::string(clv::detail::rfm_segment(5, 3)) == "Loyal");
  CHECK(std::string(clv::detail::rfm_segment(4, 1)) == "Promising");
  CHECK(std::string(clv::detail::rfm_segment(3, 2)) == "Need attention");
  CHECK(std::string(clv::detail::rfm_segment(1, 5)) == "At risk");
  CHECK(std::string(clv::detail::rfm_segment(2, 1)) == "Hibernating");
  const clv::AnnData data = test::ann_shop_data();
  const clv::RfmSegments segments = clv::rfm_segments(data, test::all_rows(data));
  CHECK(segments.name.size() == data.customers.size());
  for (std::size_t i = 0; i < segments.name.size(); ++i) {
    CHECK(segments.name[i] == clv::detail::rfm_segment(segments.recency[i], segments.frequency[i]));
  }
  test::check_throws<ValueError>([&] { clv::rfm_segments(data, {}); }, {"segments: expected at least one customer"});
}

TEST_CASE("the baselines are in the order of the issue, and the rules as they are defined") {
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
  CHECK(fits.not_converged().empty());
  CHECK(clv::LikelihoodFits(data.summaries, {.steps = 1}).not_converged() == "bg_nbd, pareto_nbd, gamma_gamma");
}
