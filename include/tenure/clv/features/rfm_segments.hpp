/// Segments of customers by recency, frequency and spend, each scored from 1 to 5 by fifths of the customers; equal
/// values have equal scores.
///
///   Champions        recency ≥ 4 and frequency ≥ 4      At risk          recency ≤ 2 and frequency ≥ 3
///   Loyal            recency ≥ 3 and frequency ≥ 3      Need attention   recency = 3 and frequency ≤ 2
///   Promising        recency ≥ 4 and frequency ≤ 2      Hibernating      recency ≤ 2 and frequency ≤ 2
#pragma once

#include <algorithm>
#include <span>
#include <string>
#include <vector>

#include "../../core/error.hpp"

TENURE_NO_CONTRACTION
namespace tenure { inline namespace TENURE_ABI { namespace clv {

struct RfmSegments {
  std::vector<int> recency, frequency, monetary;  ///< 5: the latest, the most frequent, the highest
  std::vector<std::string> name;
};

namespace detail {

/// 1 + ⌊5 · the share of values below⌋
[[gnu::cold]] inline std::vector<int> fifths(std::span<const double> values) {
  std::vector<double> sorted(values.begin(), values.end());
  std::ranges::sort(sorted);
  std::vector<int> scores;
  for (const double value : values) {
    const auto below = std::ranges::lower_bound(sorted, value) - sorted.begin();
    scores.push_back(1 + static_cast<int>(5 * below / static_cast<std::ptrdiff_t>(sorted.size())));
  }
  return scores;
}

[[gnu::cold]] inline const char* rfm_segment(int recency, int frequency) noexcept {
  if (frequency >= 3) return recency <= 2 ? "At risk" : recency >= 4 && frequency >= 4 ? "Champions" : "Loyal";
  return recency >= 4 ? "Promising" : recency == 3 ? "Need attention" : "Hibernating";
}

}  // namespace detail

/// Those of some customers, scored among one another, of whom these are features of customer_features(), one value for
/// each customer. @throws ValueError for none; ShapeError for columns of different lengths
[[gnu::cold]] inline RfmSegments rfm_segments(std::span<const double> days_since_last,
                                              std::span<const double> frequency, std::span<const double> total_spend) {
  const std::size_t customers = days_since_last.size();
  if (customers == 0) throw ValueError("segments", "at least one customer", "none");
  if (frequency.size() != customers || total_spend.size() != customers) {
    throw ShapeError("segments", {customers, " values in each column"},
                     {frequency.size(), " frequencies and ", total_spend.size(), " amounts"});
  }
  std::vector<double> recency;
  for (const double days : days_since_last) recency.push_back(-days);
  RfmSegments segments{detail::fifths(recency), detail::fifths(frequency), detail::fifths(total_spend), {}};
  for (std::size_t i = 0; i < customers; ++i) {
    segments.name.emplace_back(detail::rfm_segment(segments.recency[i], segments.frequency[i]));
  }
  return segments;
}

}}}  // namespace tenure::TENURE_ABI::clv
TENURE_CONTRACTION_AS_BEFORE
