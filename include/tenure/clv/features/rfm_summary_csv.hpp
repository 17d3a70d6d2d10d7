/// Purchase summaries that others made, as published data sets have them: a CSV file with a customer in each row.
#pragma once

#include "../../data/csv/table.hpp"
#include "rfm_summary.hpp"

namespace tenure { inline namespace TENURE_ABI { namespace clv {

/// Of the columns frequency, recency, T (both in weeks) and monetary_value.
/// @throws FileError for a file that can't be read or lacks one; ValueError for what can't be
[[gnu::cold]] inline RfmSummary read_rfm_summary(const std::string& path) {
  std::vector<CsvColumn> columns;
  for (const char* name : {"frequency", "recency", "T", "monetary_value"}) {
    columns.push_back({.name = name, .type = ColumnType::number, .complete = true});
  }
  CsvTable table = read_csv(path, columns);
  RfmSummary summary;
  for (std::size_t i = 0; i < table.rows(); ++i) {
    const auto value = [&](std::size_t column) { return table.column(column).numbers[i]; };
    summary.add(value(0), value(1), value(2), value(3));
  }
  return summary;
}

}}}  // namespace tenure::TENURE_ABI::clv
