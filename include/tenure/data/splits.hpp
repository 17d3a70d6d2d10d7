/// Row numbers of training, validation and test parts, and folds.
///
/// In time order no row of a later part comes before one of an earlier; by group (a customer) no group is in two parts.
/// The row numbers are ready for TensorDataset::select().
#pragma once

#include <algorithm>
#include <cstdint>
#include <map>
#include <numeric>
#include <span>
#include <vector>

#include "../core/error.hpp"
#include "../core/rng.hpp"

namespace tenure { inline namespace TENURE_ABI {

/// Shares of the rows, or of the groups. Parts have ⌊share · rows⌋ of them, the training part the rest.
struct SplitConfig {
  double validation = 0;
  double test = 0;
  Index gap = 0;  ///< rows left out between parts in time order: those whose targets reach into the next part
};

/// Row numbers of three parts.
struct Split {
  std::vector<Index> train, validation, test;
};

/// What is learnt from and what is tested on.
struct Fold {
  std::vector<Index> train, test;
};

namespace detail {

[[gnu::cold]] inline std::vector<Index> numbers(Index begin, Index end) {
  std::vector<Index> rows(static_cast<std::size_t>((std::max)(end - begin, Index{0})));
  std::iota(rows.begin(), rows.end(), begin);
  return rows;
}

/// Fisher and Yates.
[[gnu::cold]] inline std::vector<Index> shuffled(Index count, Rng& rng) {
  std::vector<Index> rows = numbers(0, count);
  for (std::size_t i = rows.size(); i > 1; --i) std::swap(rows[i - 1], rows[rng.below(i)]);
  return rows;
}

/// Positions at which the validation and the test part begin.
struct Cuts {
  Index validation, test;

  [[gnu::cold]] Cuts(Index count, const SplitConfig& config) {
    if (!(config.validation >= 0 && config.test >= 0 && config.validation + config.test < 1)) {
      throw ValueError("split", "shares of at least 0 that leave some for training",
                       {config.validation, " and ", config.test});
    }
    if (config.gap < 0) throw ValueError("split", "a gap of at least 0", {config.gap});
    const auto part = [&](double share) { return static_cast<Index>(static_cast<double>(count) * share); };
    test = count - part(config.test);
    validation = test - part(config.validation);
    if (validation - (validation < count ? config.gap : 0) < 1) {
      throw ValueError("split", "at least one row to train on", {"none of ", count});
    }
  }
};

/// The groups in the order of their numbers, and the rows of each.
[[gnu::cold]] inline std::map<std::int64_t, std::vector<Index>> rows_by_group(std::span<const std::int64_t> groups) {
  std::map<std::int64_t, std::vector<Index>> rows;
  for (std::size_t i = 0; i < groups.size(); ++i) rows[groups[i]].push_back(static_cast<Index>(i));
  return rows;
}

[[gnu::cold]] inline void check_folds(Index folds, Index count, const char* what) {
  if (folds < 2 || folds > count) {
    throw ValueError("k_fold", {"between 2 folds and one for each of ", count, " ", what}, {folds});
  }
}

/// The folds of which each tests one of the parts.
[[gnu::cold]] inline std::vector<Fold> folds_of(std::vector<std::vector<Index>> parts) {
  std::vector<Fold> folds(parts.size());
  for (std::vector<Index>& part : parts) std::sort(part.begin(), part.end());
  for (std::size_t i = 0; i < parts.size(); ++i) {
    folds[i].test = parts[i];
    for (std::size_t j = 0; j < parts.size(); ++j) {
      if (j != i) folds[i].train.insert(folds[i].train.end(), parts[j].begin(), parts[j].end());
    }
    std::sort(folds[i].train.begin(), folds[i].train.end());
  }
  return folds;
}

}  // namespace detail

/// The first rows for training, the last for testing. The rows are in time order.
/// @throws ValueError for shares outside their domain or when nothing is left to train on
[[gnu::cold]] inline Split split_in_order(Index rows, const SplitConfig& config) {
  const detail::Cuts cuts(rows, config);
  const Index gap = config.gap;
  const bool validates = cuts.validation < cuts.test, tests = cuts.test < rows;
  return {detail::numbers(0, cuts.validation - (validates || tests ? gap : 0)),
          detail::numbers(cuts.validation, cuts.test - (validates && tests ? gap : 0)),
          detail::numbers(cuts.test, rows)};
}

/// Rows at random, each part in ascending order. As above.
[[gnu::cold]] inline Split split_at_random(Index rows, const SplitConfig& config, Rng rng) {
  const detail::Cuts cuts(rows, config);
  const std::vector<Index> order = detail::shuffled(rows, rng);
  const auto part = [&](Index begin, Index end) {
    std::vector<Index> numbers(order.begin() + begin, order.begin() + end);
    std::sort(numbers.begin(), numbers.end());
    return numbers;
  };
  return {part(0, cuts.validation), part(cuts.validation, cuts.test), part(cuts.test, rows)};
}

/// Groups at random, whole: `groups` has each row's, as its customer's number. The shares are of the groups.
[[gnu::cold]] inline Split split_by_group(std::span<const std::int64_t> groups, const SplitConfig& config, Rng rng) {
  const auto rows = detail::rows_by_group(groups);
  std::vector<const std::vector<Index>*> members;
  for (const auto& [group, numbers] : rows) members.push_back(&numbers);
  const Split split = split_at_random(static_cast<Index>(members.size()), config, rng);
  const auto part = [&](const std::vector<Index>& chosen) {
    std::vector<Index> numbers;
    for (const Index group : chosen) {
      const std::vector<Index>& more = *members[static_cast<std::size_t>(group)];
      numbers.insert(numbers.end(), more.begin(), more.end());
    }
    std::sort(numbers.begin(), numbers.end());
    return numbers;
  };
  return {part(split.train), part(split.validation), part(split.test)};
}

/// Every row is tested on once, in folds of consecutive rows, the first ones being larger by one where they are not
/// equal, as scikit-learn's KFold. @throws ValueError unless 2 ≤ folds ≤ rows
[[gnu::cold]] inline std::vector<Fold> k_fold(Index rows, Index folds) {
  detail::check_folds(folds, rows, "rows");
  std::vector<std::vector<Index>> parts;
  Index begin = 0;
  for (Index i = 0; i < folds; ++i) {
    const Index end = begin + rows / folds + (i < rows % folds ? 1 : 0);
    parts.push_back(detail::numbers(begin, end));
    begin = end;
  }
  return detail::folds_of(std::move(parts));
}

/// The same of rows at random.
[[gnu::cold]] inline std::vector<Fold> k_fold(Index rows, Index folds, Rng rng) {
  const std::vector<Index> order = detail::shuffled(rows, rng);
  std::vector<Fold> result = k_fold(rows, folds);
  for (Fold& fold : result) {
    for (std::vector<Index>* part : {&fold.train, &fold.test}) {
      for (Index& row : *part) row = order[static_cast<std::size_t>(row)];
      std::sort(part->begin(), part->end());
    }
  }
  return result;
}

/// Whole groups: the largest first, and of equal ones that of the highest number, each to the fold that has the fewest
/// rows yet, as scikit-learn's GroupKFold.
/// @throws ValueError unless 2 ≤ folds ≤ groups
[[gnu::cold]] inline std::vector<Fold> grouped_k_fold(std::span<const std::int64_t> groups, Index folds) {
  const auto rows = detail::rows_by_group(groups);
  detail::check_folds(folds, static_cast<Index>(rows.size()), "groups");
  std::vector<const std::vector<Index>*> members;
  for (auto group = rows.rbegin(); group != rows.rend(); ++group) members.push_back(&group->second);
  std::stable_sort(members.begin(), members.end(), [](auto* a, auto* b) { return a->size() > b->size(); });
  std::vector<std::vector<Index>> parts(static_cast<std::size_t>(folds));
  for (const std::vector<Index>* numbers : members) {
    auto smallest = std::min_element(parts.begin(), parts.end(), [](auto& a, auto& b) { return a.size() < b.size(); });
    smallest->insert(smallest->end(), numbers->begin(), numbers->end());
  }
  return detail::folds_of(std::move(parts));
}

/// Learns from the past only: fold i tests the rows after those that it learns from, as scikit-learn's TimeSeriesSplit:
/// the last `folds` stretches of ⌊rows / (folds + 1)⌋ rows each, less the gap before them.
/// @throws ValueError when a fold has nothing to learn from or test on
[[gnu::cold]] inline std::vector<Fold> forward_chaining(Index rows, Index folds, Index gap = 0) {
  const Index length = folds < 1 ? 0 : rows / (folds + 1);
  if (length < 1 || gap < 0 || rows - folds * length - gap < 1) {
    throw ValueError("forward_chaining", "folds that each have rows to learn from and to test on",
                     {rows, " rows, ", folds, " folds, a gap of ", gap});
  }
  std::vector<Fold> result;
  for (Index begin = rows - folds * length; begin < rows; begin += length) {
    result.push_back({detail::numbers(0, begin - gap), detail::numbers(begin, begin + length)});
  }
  return result;
}

}}  // namespace tenure::TENURE_ABI
