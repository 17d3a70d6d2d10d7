/// The monthly panel against what make_golden.py panel wrote.
#pragma once

#include <tenure/clv/features/monthly_panel.hpp>

#include "golden.hpp"

namespace tenure::test {

using namespace tenure::clv;

inline bool near(double x, double y) { return std::abs(x - y) <= 1e-6 * std::abs(y); }

/// Sums of an array's last axis against pandas'.
inline void check_sums(const Golden& golden, const std::string& name, const Tensor<float>& array, std::size_t width) {
  std::vector<double> sums(width);
  for (std::size_t i = 0; i < static_cast<std::size_t>(array.size()); ++i) {
    sums[i % width] += static_cast<double>(array.data()[i]);
  }
  const std::vector<double> expected = golden.numbers(name);
  REQUIRE(expected.size() == width);
  for (std::size_t i = 0; i < width; ++i) CHECK(sums[i] == doctest::Approx(expected[i]).epsilon(1e-9));
}

/// The rows that the golden file holds in full.
inline void check_rows(const Golden& golden, const MonthlyPanel& panel, const PanelWindows& windows) {
  int rows = 0;
  for (const auto& [name, values] : golden.lines()) {
    if (!name.starts_with("row_")) continue;
    ++rows;
    const Index w = std::stol(name.substr(4));
    const std::size_t customer = windows.customer.at(static_cast<std::size_t>(w));
    CHECK(panel.customers[customer] == values[0]);
    std::string country = panel.countries[customer];
    std::ranges::replace(country, ' ', '_');
    CHECK(country == values[1]);
    std::vector<double> got;
    for (const Tensor<float>* array : {&windows.temporal, &windows.trend, &windows.target}) {
      const View<const float> row = (*array)[w];
      for (Index i = 0; i < row.size(); ++i) got.push_back(static_cast<double>(row.data()[i]));
    }
    const std::vector<double> expected = golden.numbers(name, 2);
    REQUIRE(got.size() == expected.size());
    for (std::size_t i = 0; i < got.size(); ++i) CHECK(near(got[i], expected[i]));
  }
  CHECK(rows == 8);
}

inline void check_digests(const Golden& golden, const MonthlyPanel& panel, const PanelWindows& windows) {
  const auto span = [](const Tensor<float>& array) {
    return std::span(array.data(), static_cast<std::size_t>(array.size()));
  };
  CHECK(fnv1a(span(windows.trend)) == golden.text("trend_digest"));
  CHECK(fnv1a(span(windows.target)) == golden.text("target_digest"));
  std::vector<std::int32_t> rounded;
  for (const float x : windows.temporal) {
    rounded.push_back(static_cast<std::int32_t>(std::nearbyint(static_cast<double>(x) * 1e5)));
  }
  CHECK(fnv1a(std::span<const std::int32_t>(rounded)) == golden.text("temporal_digest"));
  std::vector<std::int64_t> customers;
  std::string countries;
  for (const std::size_t customer : windows.customer) {
    customers.push_back(std::stol(panel.customers[customer]));
    countries += (countries.empty() ? "" : "\n") + panel.countries[customer];
  }
  CHECK(fnv1a(std::span<const std::int64_t>(customers)) == golden.text("customers_digest"));
  CHECK(fnv1a(std::span<const char>(countries)) == golden.text("countries_digest"));
}

inline void check_golden(const Transactions& transactions, const std::string& file) {
  const Golden golden(beside(file));
  const MonthlyPanel panel = monthly_panel(transactions);
  const PanelWindows windows = panel_windows(panel);
  CHECK(panel.counts.rows == golden.number("rows"));
  CHECK(panel.counts.priced == golden.number("priced"));
  CHECK(panel.counts.lower == golden.number("lower"));
  CHECK(panel.counts.upper == golden.number("upper"));
  CHECK(panel.counts.kept == golden.number("kept"));
  CHECK(panel.counts.days == golden.number("days"));
  CHECK(panel.counts.months == golden.number("months"));
  REQUIRE(windows.count() == golden.number("windows"));
  check_sums(golden, "temporal_sum", windows.temporal, 5);
  check_sums(golden, "trend_sum", windows.trend, 12);
  check_sums(golden, "target_sum", windows.target, 1);
  check_rows(golden, panel, windows);
  check_digests(golden, panel, windows);
}

}  // namespace tenure::test
