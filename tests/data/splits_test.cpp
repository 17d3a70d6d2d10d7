#include "tenure/data/splits.hpp"

#include <doctest/doctest.h>

#include <set>

#include "../message.hpp"
#include "golden.hpp"

using namespace tenure;

namespace {

using Rows = std::vector<Index>;

Rows joined(std::initializer_list<const Rows*> parts) {
  Rows all;
  for (const Rows* part : parts) all.insert(all.end(), part->begin(), part->end());
  std::sort(all.begin(), all.end());
  return all;
}

std::vector<std::pair<Rows, Rows>> pairs(const std::vector<Fold>& folds) {
  std::vector<std::pair<Rows, Rows>> result;
  for (const Fold& fold : folds) result.emplace_back(fold.train, fold.test);
  return result;
}

std::set<std::int64_t> groups_of(const Rows& rows) {
  std::set<std::int64_t> groups;
  for (const Index row : rows) groups.insert(golden::groups[static_cast<std::size_t>(row)]);
  return groups;
}

bool disjoint(const std::set<std::int64_t>& a, const std::set<std::int64_t>& b) {
  return std::ranges::none_of(a, [&](std::int64_t group) { return b.contains(group); });
}

}  // namespace

TEST_CASE("a split in order has the published sizes: 794 windows are 478, 158 and 158") {
  const Split split = split_in_order(794, {.validation = 0.2, .test = 0.2});
  CHECK(split.train.size() == 478);
  CHECK(split.validation.size() == 158);
  CHECK(split.test.size() == 158);
  CHECK(split.train.back() == 477);
  CHECK(split.validation.front() == 478);
  CHECK(split.test.back() == 793);
}

TEST_CASE("a gap is left out before each later part") {
  const Split split = split_in_order(20, {.validation = 0.2, .test = 0.3, .gap = 2});
  CHECK(split.train == Rows{0, 1, 2, 3, 4, 5, 6, 7});
  CHECK(split.validation == Rows{10, 11});
  CHECK(split.test == Rows{14, 15, 16, 17, 18, 19});
  CHECK(split_in_order(5, {.gap = 2}).train.size() == 5);
  CHECK(split_in_order(10, {.validation = 0.5, .gap = 2}).train == Rows{0, 1, 2});
  CHECK(split_in_order(10, {.validation = 0.5, .gap = 2}).validation.size() == 5);
}

TEST_CASE("splits partition the rows, at random, in order, and by group") {
  const SplitConfig config{.validation = 0.25, .test = 0.4};
  const Split in_order = split_in_order(20, config), random = split_at_random(20, config, Rng(1)),
              grouped = split_by_group(golden::groups, config, Rng(1));
  for (const Split* split : {&in_order, &random, &grouped}) {
    CHECK(joined({&split->train, &split->validation, &split->test}) ==
          joined({&in_order.train, &in_order.validation, &in_order.test}));
    CHECK(std::ranges::is_sorted(split->train));
  }
  CHECK(random.test != in_order.test);
  CHECK(random.test.size() == 8);
  CHECK(random.test == split_at_random(20, config, Rng(1)).test);
  CHECK(random.test != split_at_random(20, config, Rng(2)).test);
}

TEST_CASE("no group is in two parts of a split by group") {
  for (std::uint64_t seed = 0; seed < 10; ++seed) {
    const Split split = split_by_group(golden::groups, {.validation = 0.2, .test = 0.34}, Rng(seed));
    CHECK(groups_of(split.test).size() == 2);
    CHECK(groups_of(split.validation).size() == 1);
    CHECK(disjoint(groups_of(split.train), groups_of(split.test)));
    CHECK(disjoint(groups_of(split.train), groups_of(split.validation)));
    CHECK(disjoint(groups_of(split.validation), groups_of(split.test)));
  }
}

TEST_CASE("folds equal scikit-learn's KFold, GroupKFold and TimeSeriesSplit") {
  CHECK(pairs(k_fold(11, 3)) == golden::folds);
  CHECK(pairs(forward_chaining(23, 4, 1)) == golden::chained_folds);
  CHECK(pairs(grouped_k_fold(golden::groups, 3)) == golden::group_folds);
}

TEST_CASE("folds partition: every row is tested on once and learnt from in all other folds") {
  for (const std::vector<Fold>& folds : {k_fold(20, 7), k_fold(20, 7, Rng(3)), grouped_k_fold(golden::groups, 4)}) {
    Rows tested;
    for (const Fold& fold : folds) {
      CHECK(joined({&fold.train, &fold.test}) == detail::numbers(0, 20));
      tested.insert(tested.end(), fold.test.begin(), fold.test.end());
    }
    CHECK(joined({&tested}) == detail::numbers(0, 20));
  }
  for (const Fold& fold : grouped_k_fold(golden::groups, 4)) {
    CHECK(disjoint(groups_of(fold.train), groups_of(fold.test)));
  }
  CHECK(k_fold(20, 7, Rng(3)).front().test != k_fold(20, 7).front().test);
}

TEST_CASE("forward chaining never learns from what comes after its test rows, or from the gap") {
  for (const Fold& fold : forward_chaining(50, 6, 3)) CHECK(fold.train.back() + 3 < fold.test.front());
}

TEST_CASE("splits and folds without rows to learn from are errors") {
  const auto split = [](SplitConfig config) { split_in_order(10, config); };
  test::check_throws<ValueError>([&] { split({.validation = 0.5, .test = 0.5}); }, {"0.5 and 0.5"});
  test::check_throws<ValueError>([&] { split({.test = -0.1}); }, {"split: expected shares"});
  test::check_throws<ValueError>([&] { split({.test = 0.3, .gap = 7}); }, {"at least one row to train on"});
  test::check_throws<ValueError>([&] { split({.test = 0.3, .gap = -1}); }, {"a gap of at least 0, got -1"});
  test::check_throws<ValueError>([&] { split_in_order(0, {}); }, {"at least one row to train on"});
  test::check_throws<ValueError>([&] { k_fold(3, 4); }, {"one for each of 3 rows, got 4"});
  test::check_throws<ValueError>([&] { k_fold(3, 1); }, {"got 1"});
  test::check_throws<ValueError>([&] { grouped_k_fold(golden::groups, 7); }, {"each of 6 groups, got 7"});
  test::check_throws<ValueError>([&] { forward_chaining(5, 5); }, {"5 rows, 5 folds"});
  test::check_throws<ValueError>([&] { forward_chaining(10, 4, 2); }, {"a gap of 2"});
}
