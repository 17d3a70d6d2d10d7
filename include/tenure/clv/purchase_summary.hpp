/// What probabilistic models of a customer base know of each customer: how often it came back, when it last did, and
/// how long it could have been seen; in weeks, as the literature has it.
#pragma once

#include <map>
#include <tuple>

#include "../autograd/tape.hpp"
#include "features.hpp"

namespace tenure::inline TENURE_ABI::clv {

struct PurchaseSummaries {
  std::vector<double> frequency;  ///< x: purchase days after the first
  std::vector<double> recency;    ///< tₓ: weeks from the first purchase to the last
  std::vector<double> age;        ///< T: weeks from the first purchase to the cut-off
  std::vector<double> monetary;   ///< mean spend of a repeat purchase day; 0 for none

  std::size_t size() const noexcept { return frequency.size(); }

  /// @throws ValueError unless 0 ≤ tₓ ≤ T, and tₓ = 0 where x = 0 alone
  void add(double x, double last, double seen, double spend) {
    const bool possible = x >= 0 && last >= 0 && last <= seen && spend >= 0 && (x > 0 || last == 0);
    if (!possible || !kernels::is_finite(x + seen + spend)) {
      throw ValueError("purchase summary", "x ≥ 0, 0 ≤ recency ≤ age and a spend of at least 0",
                       {"x = ", x, ", recency ", last, ", age ", seen, ", spend ", spend, " in row ", size()});
    }
    frequency.push_back(x), recency.push_back(last), age.push_back(seen), monetary.push_back(spend);
  }

  PurchaseSummaries select(std::span<const Index> rows) const {
    PurchaseSummaries chosen;
    for (const Index row : rows) {
      const auto i = static_cast<std::size_t>(row);
      chosen.add(frequency[i], recency[i], age[i], monetary[i]);
    }
    return chosen;
  }
};

/// Those of all customers of a history.
inline PurchaseSummaries purchase_summaries(const History& history) {
  PurchaseSummaries summaries;
  for (std::size_t c = 0; c < history.customers().size(); ++c) {
    const CustomerFeatures features = customer_features(history, c);
    summaries.add(features.frequency, features.recency / 7, features.tenure / 7, features.monetary);
  }
  return summaries;
}

namespace detail {

/// Customers of equal x, tₓ and T have equal likelihoods: each combination once, with its count. Tensors of (n, 1), and
/// the logarithms that likelihoods are made of.
struct DistinctSummaries {
  Tensor<double> frequency, recency, age, count;
  double customers = 0;

  [[gnu::cold]] explicit DistinctSummaries(const PurchaseSummaries& summaries) {
    std::map<std::tuple<double, double, double>, double> counts;
    for (std::size_t i = 0; i < summaries.size(); ++i) {
      ++counts[{summaries.frequency[i], summaries.recency[i], summaries.age[i]}];
    }
    customers = static_cast<double>(summaries.size());
    if (counts.empty()) throw ValueError("purchase summaries", "at least one customer", "none");
    const Shape shape{static_cast<Index>(counts.size())};
    for (auto* column : {&frequency, &recency, &age, &count}) *column = Tensor<double>(shape);
    Index row = 0;
    for (const auto& [key, number] : counts) {
      std::tie(frequency(row), recency(row), age(row)) = key;
      count(row++) = number;
    }
  }
};

}  // namespace detail

}  // namespace tenure::inline TENURE_ABI::clv
