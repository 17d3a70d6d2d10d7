#include "tenure/metrics/ranking.hpp"

#include "../close.hpp"
#include "../message.hpp"
#include "golden.hpp"
#include "tenure/core/rng.hpp"

using namespace tenure;

namespace {

struct Sample {
  std::vector<double> prediction, target;
};

Sample shuffled(const golden::Case& c, std::uint64_t seed) {
  Rng rng(seed);
  Sample s{c.prediction, c.target};
  for (std::size_t i = s.target.size(); i > 1; --i) {
    const std::size_t j = rng.below(i);
    std::swap(s.prediction[i - 1], s.prediction[j]);
    std::swap(s.target[i - 1], s.target[j]);
  }
  return s;
}

}  // namespace

TEST_CASE("ranking metrics equal SciPy's and scikit-learn's, ties included") {
  for (const golden::Case& c : golden::cases) {
    INFO(c.name);
    const std::vector<double>&p = c.prediction, &y = c.target;
    test::check_close(
        std::vector{metrics::spearman(p, y), metrics::auc(p, y), metrics::gini(p, y), metrics::normalized_gini(p, y)},
        std::vector{c.spearman, c.auc, c.gini, c.normalized_gini});
  }
}

TEST_CASE("no ranking metric depends on the order of the rows, to the last bit") {
  for (const golden::Case& c : golden::cases) {
    for (std::uint64_t seed = 1; seed <= 20; ++seed) {
      const auto [p, y] = shuffled(c, seed);
      CHECK(metrics::spearman(p, y) == metrics::spearman(c.prediction, c.target));
      CHECK(metrics::auc(p, y) == metrics::auc(c.prediction, c.target));
      CHECK(metrics::gini(p, y) == metrics::gini(c.prediction, c.target));
      CHECK(metrics::normalized_gini(p, y) == metrics::normalized_gini(c.prediction, c.target));
    }
  }
}

TEST_CASE("with tied predictions, gini is the mean over all orders of the tied rows") {
  std::vector<double> y{9, 1, 5, 0}, order{0, 1, 2, 3};
  double sum = 0;
  int count = 0;
  do {  // predictions that break the ties of {2, 1, 1, 1} in every way
    if (order[0] != 3) continue;
    sum += metrics::gini(order, y);
    ++count;
  } while (std::next_permutation(order.begin(), order.end()));
  CHECK(count == 6);
  CHECK(metrics::gini(std::vector{2.0, 1.0, 1.0, 1.0}, y) == doctest::Approx(sum / count).epsilon(1e-14));
}

TEST_CASE("the best order has a normalized gini of 1, the opposite of −1, none of 0, whatever the scale") {
  const std::vector<double> y{0, 10, 3, 0, 7};
  std::vector<double> p, opposite;
  for (const double value : y) {
    p.push_back(std::exp(value));
    opposite.push_back(-value);
  }
  CHECK(metrics::normalized_gini(p, y) == 1);
  CHECK(metrics::normalized_gini(opposite, y) == -1);
  CHECK(metrics::gini(std::vector<double>(5, 3.0), y) == doctest::Approx(0).epsilon(1e-15));
  CHECK(metrics::spearman(p, y) == 1);
  CHECK(metrics::spearman(opposite, y) == -1);
  CHECK(metrics::auc(p, y) == 1);
  CHECK(metrics::auc(opposite, y) == 0);
  CHECK(metrics::auc(std::vector<double>(5, 3.0), y) == 0.5);
}

TEST_CASE("of all income one has, Gini's coefficient is (n − 1)/n; of equal incomes it is 0") {
  CHECK(metrics::gini(std::vector{0.0, 0.0, 0.0, 8.0}, std::vector{0.0, 0.0, 0.0, 8.0}) == 0.75);
  CHECK(metrics::gini(std::vector{2.0, 2.0}, std::vector{2.0, 2.0}) == 0);
}

TEST_CASE("for active and inactive, normalized gini is 2·auc − 1") {
  const std::vector<double> y{0, 1, 0, 1, 1, 0, 0}, p{0.1, 0.9, 0.4, 0.4, 0.2, 0.2, 0.3};
  CHECK(metrics::normalized_gini(p, y) == doctest::Approx(2 * metrics::auc(p, y) - 1).epsilon(1e-14));
}

TEST_CASE("what is undefined is NaN or an error") {
  const std::vector<double> equal{2, 2, 2}, y{0, 1, 2}, zero{0, 0, 0};
  CHECK(is_nan(metrics::spearman(equal, y)));
  CHECK(is_nan(metrics::spearman(y, equal)));
  CHECK(is_nan(metrics::normalized_gini(y, equal)));
  test::check_throws<ValueError>([&] { metrics::auc(y, equal); }, {"auc: expected targets above 0 and others, got 3"});
  test::check_throws<ValueError>([&] { metrics::auc(y, zero); }, {"got 0 above 0 and 3 others"});
  test::check_throws<ValueError>([&] { metrics::gini(y, zero); }, {"gini: expected values with a sum above 0, got 0"});
  test::check_throws<ValueError>([&] { metrics::normalized_gini(y, zero); }, {"normalized_gini", "got 0"});
}
