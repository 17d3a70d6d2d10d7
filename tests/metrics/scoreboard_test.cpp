#include "tenure/metrics/scoreboard.hpp"

#include "../message.hpp"

using namespace tenure;
using namespace tenure::metrics;

TEST_CASE("scores are the metrics, and R² of known customers leaves the pooled rows out") {
  const auto y = Tensor<double>::from({{1, 2}, {3, 5}, {100, 200}}), p = Tensor<double>::from({{1, 3}, {3, 4}, {0, 0}});
  const std::vector<std::uint8_t> pooled = {0, 0, 1};
  const Scores s = scores(p, y, pooled);
  CHECK(s.rmse == metrics::rmse(p, y));
  CHECK(s.mutual_gini == metrics::mutual_gini(p, y));
  CHECK(s.spearman == metrics::spearman(p, y));
  CHECK(s.r2 == metrics::r2(p, y));
  CHECK(s.r2_known_customers == metrics::r2(std::vector<double>{1, 3, 3, 4}, std::vector<double>{1, 2, 3, 5}));
  CHECK(scores(p, y).r2_known_customers == s.r2);
  CHECK(message_of([&] { scores(p, y, std::vector<std::uint8_t>{0}); }) == "scores: expected 3 marks, got 1");
}

TEST_CASE("a measure that is not defined is missing, and better than nothing") {
  const auto y = Tensor<double>::from({{1.0}, {-3.0}}), p = Tensor<double>::from({{1.0}, {0.0}});
  const Scores s = scores(p, y);
  CHECK(std::isnan(s.mutual_gini));
  CHECK(std::isfinite(s.rmse));
}

TEST_CASE("who is better than the first is told measure by measure") {
  Scores model, rule;
  model.rmse = 2, rule.rmse = 1;
  model.r2 = 0.5, rule.r2 = 0.25;
  const std::vector<Scored> scored = {{"model", model}, {"rule", rule}};
  CHECK(better_than_first(scored) == std::vector<std::string>{"rule in RMSE (1, the model 2)"});
  CHECK(better_than_first(std::vector<Scored>{{"model", model}}).empty());
}
