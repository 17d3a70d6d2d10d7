/// Reports: one HTML page with all that belongs to it inside, to be looked at without a network.
///
///   Report report{"Customer lifetime value", {"Trained on 4,372 customers."}, {metrics, loss, lorenz}};
///   write_report(report, "runs/hybrid_clv/report.html");
#pragma once

#include <variant>

#include "../io/file.hpp"
#include "figure.hpp"

namespace tenure::inline TENURE_ABI::clv {

struct Report {
  std::string title;
  std::vector<std::string> notes;  ///< paragraphs below the title
  std::vector<std::variant<Table, Figure>> parts;
};

struct ReportOptions {
  std::string gnuplot = "gnuplot";  ///< a program on the PATH or a path
};

/// Writes the page, with plots where gnuplot is installed and tables of the numbers where it is not. The file takes its
/// place when it is complete.
/// @return why there are no plots, in words, or nothing where all are there
/// @throws FileError when it can't be written; ValueError and ShapeError for parts that are not as figure.hpp says
[[gnu::cold]] std::string write_report(const Report& report, const std::string& path,
                                       const ReportOptions& options = {});

}  // namespace tenure::inline TENURE_ABI::clv
