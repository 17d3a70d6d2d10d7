/// Segments of customers by recency, frequency and spend, each scored from 1 to 5 by fifths of the customers; equal
/// values have equal scores.
///
///   Champions        recency ≥ 4 and frequency ≥ 4      At risk          recency ≤ 2 and frequency ≥ 3
///   Loyal            recency ≥ 3 and frequency ≥ 3      Need attention   recency = 3 and frequency ≤ 2
///   Promising        recency ≥ 4 and frequency ≤ 2      Hibernating      recency ≤ 2 and frequency ≤ 2
#pragma once

#include "../../data/csv/writer.hpp"
#include "../../report/charts.hpp"
#include "../ann/forecaster.hpp"

namespace tenure { inline namespace TENURE_ABI { namespace clv {

struct RfmSegments {
  std::vector<int> recency, frequency, monetary;  ///< 5: the latest, the most frequent, the highest
  std::vector<std::string> name;
};

namespace detail {

/// 1 + ⌊5 · the share of values below⌋
[[gnu::cold]] inline std::vector<int> fifths(const std::vector<double>& values) {
  std::vector<double> sorted = values;
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

/// Those of some customers, scored among one another. @throws ValueError for none
[[gnu::cold]] inline RfmSegments rfm_segments(const AnnData& data, std::span<const Index> rows) {
  if (rows.empty()) throw ValueError("segments", "at least one customer", "none");
  const auto scores = [&](std::string_view feature, double sign) {
    std::vector<double> values;
    for (const Index row : rows) values.push_back(sign * data.feature(row, feature));
    return detail::fifths(values);
  };
  RfmSegments segments{scores("days_since_last", -1), scores("frequency", 1), scores("total_spend", 1), {}};
  for (std::size_t i = 0; i < rows.size(); ++i) {
    segments.name.emplace_back(detail::rfm_segment(segments.recency[i], segments.frequency[i]));
  }
  return segments;
}

/// customer, forecast, its quantiles, the probability of being alive, expected purchases, the RFM scores, segment and
/// tier, and what was spent where `actual` has it: a row for each customer. @throws FileError
[[gnu::cold]] inline void write_customers(const AnnData& data, std::span<const Index> rows, const AnnForecast& forecast,
                                          std::span<const double> quantiles, std::span<const double> actual,
                                          const std::string& path) {
  const RfmSegments segments = rfm_segments(data, rows);
  const std::vector<std::string> tiers = report::value_segments(forecast.spend);
  CsvWriter csv(path);
  csv.field("customer").field("forecast");
  for (const double q : quantiles) csv.field("quantile_" + std::to_string(q).substr(0, 4));
  for (const char* name : {"probability_alive", "expected_purchases", "recency_score", "frequency_score",
                           "monetary_score", "segment", "tier"}) {
    csv.field(name);
  }
  if (!actual.empty()) csv.field("actual");
  csv.end_row();
  const auto money = [](double x) { return std::round(100 * x) / 100; };
  const auto share = [](double x) { return std::round(1e4 * x) / 1e4; };
  for (std::size_t i = 0; i < rows.size(); ++i) {
    csv.field(data.customers[static_cast<std::size_t>(rows[i])]).field(money(forecast.spend[i]));
    for (const auto& of_share : forecast.quantiles) csv.field(money(of_share[i]));
    csv.field(share(forecast.alive[i])).field(share(forecast.purchases[i]));
    csv.field(segments.recency[i]).field(segments.frequency[i]).field(segments.monetary[i]);
    csv.field(segments.name[i]).field(tiers[i]);
    if (!actual.empty()) csv.field(money(actual[i]));
    csv.end_row();
  }
  csv.commit();
}

}}}  // namespace tenure::TENURE_ABI::clv
