/// What probabilistic models of a customer base know of each customer: how often it came back, when it last did, and
/// how long it could have been seen; in weeks, as the literature has it.
#pragma once

#include <map>
#include <tuple>

#include "../../autograd/tape.hpp"
#include "rfm.hpp"

namespace tenure { inline namespace TENURE_ABI { namespace clv {

struct RfmSummary {
  std::vector<double> frequency;       ///< x: purchase days after the first
  std::vector<double> recency;         ///< tₓ: weeks from the first purchase to the last
  std::vector<double> T;               ///< weeks from the first purchase to the cut-off
  std::vector<double> monetary_value;  ///< mean spend of a repeat purchase day; 0 for none

  std::size_t size() const noexcept { return frequency.size(); }

  /// @throws ValueError unless 0 ≤ tₓ ≤ T, and tₓ = 0 where x = 0 alone
  void add(double x, double last, double seen, double spend) {
    const bool possible = x >= 0 && last >= 0 && last <= seen && spend >= 0 && (x > 0 || last == 0);
    if (!possible || !is_finite(x + seen + spend)) {
      throw ValueError("purchase summary", "x ≥ 0, 0 ≤ recency ≤ T and a spend of at least 0",
                       {"x = ", x, ", recency ", last, ", T ", seen, ", spend ", spend, " in row ", size()});
    }
    frequency.push_back(x), recency.push_back(last), T.push_back(seen), monetary_value.push_back(spend);
  }

  RfmSummary select(std::span<const Index> rows) const {
    RfmSummary chosen;
    for (const Index row : rows) {
      const auto i = static_cast<std::size_t>(row);
      chosen.add(frequency[i], recency[i], T[i], monetary_value[i]);
    }
    return chosen;
  }
};

/// Those of all customers of a history.
inline RfmSummary rfm_summary(const Calibration& history) {
  RfmSummary summaries;
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
  Tensor<double> frequency, recency, T, count;
  double customers = 0;

  [[gnu::cold]] explicit DistinctSummaries(const RfmSummary& summaries) {
    std::map<std::tuple<double, double, double>, double> counts;
    for (std::size_t i = 0; i < summaries.size(); ++i) {
      ++counts[{summaries.frequency[i], summaries.recency[i], summaries.T[i]}];
    }
    customers = static_cast<double>(summaries.size());
    if (counts.empty()) throw ValueError("purchase summaries", "at least one customer", "none");
    const Shape shape{static_cast<Index>(counts.size())};
    for (auto* column : {&frequency, &recency, &T, &count}) *column = Tensor<double>(shape);
    Index row = 0;
    for (const auto& [key, number] : counts) {
      std::tie(frequency(row), recency(row), T(row)) = key;
      count(row++) = number;
    }
  }
};

}  // namespace detail

}}}  // namespace tenure::TENURE_ABI::clv
