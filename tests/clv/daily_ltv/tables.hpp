/// Tables of weeks for tests of the daily LTV model.
#pragma once

#include <tenure/clv/daily_ltv/table.hpp>

namespace tenure::test {

inline constexpr std::chrono::sys_days first_monday = std::chrono::year{2024} / 1 / 1;

inline clv::DailyLtvRow ltv_row(int week, std::vector<double> values, std::vector<std::string> metadata = {}) {
  const auto begin = first_monday + std::chrono::days{7 * week};
  return {begin, begin + std::chrono::days{6}, std::move(metadata), std::move(values)};
}

/// A row for each curve, of one week after the other.
inline clv::DailyLtvTable ltv_table(const std::vector<std::vector<double>>& curves) {
  clv::DailyLtvTable table{{}, curves[0].size(), {}};
  for (const auto& curve : curves) table.rows.push_back(ltv_row(static_cast<int>(table.rows.size()), curve));
  return table;
}

/// 1, 1 + growth, (1 + growth)², …: `known` of `days` days.
inline std::vector<double> growing(double growth, std::size_t days, std::size_t known) {
  std::vector<double> values(days, missing_value);
  double value = 1;
  for (std::size_t day = 0; day < known; ++day, value *= 1 + growth) values[day] = value;
  return values;
}

inline bool all_rows(std::size_t) noexcept { return true; }

}  // namespace tenure::test
