/// Options of the example programs that read daily series: --data-path, --columns, --ignore, --format, --gaps. Without
/// --data-path, where a program allows that, the series are a simulated shop's monthly cohorts.
#pragma once

#include <tenure/clv/features/cohorts.hpp>

#include "shop_input.hpp"

namespace tenure {

class SeriesInput {
 public:
  /// @param required whether there must be data; a shop is simulated otherwise
  void add_options(CLI::App& app, bool required) {
    std::string help = "directory of CSV files, a series each (date,value, further columns: regressors), or one file";
    if (!required) help += "; without it, the monthly cohorts of a simulated shop";
    app.add_option("--data-path", path_, help)->required(required);
    app.add_option("--date-column", options_.date, "name of the column of dates")->capture_default_str();
    app.add_option("--value-column", options_.value, "name of that of values")->capture_default_str();
    app.add_option("--ignore", options_.ignored, "names of columns that are no regressors, as note,flag")
        ->delimiter(',');
    app.add_option("--format", format_, "of the files, as delimiter=semicolon,dates=day-first,encoding=latin1")
        ->check(parsed_by([](const std::string& text) { clv::parse_csv_options(text); }));
    app.add_option("--until", until_, "leave out the days from this date on, as one that is not over")
        ->check(valid_date());
    app.add_option("--gaps", gaps_, "what a day that a file lacks had: zero, or the value of the day before")
        ->check(CLI::IsMember({"zero", "previous"}))
        ->capture_default_str();
  }

  /// As was given; "simulated" for the simulator.
  std::string source() const { return path_.empty() ? "simulated" : path_; }

  /// @throws Error
  DailySeriesSet read() const {
    if (path_.empty()) return simulated();
    DailySeriesOptions options = options_;
    if (!format_.empty()) options.csv = clv::parse_csv_options(format_);
    if (!until_.empty()) options.until = parse_date(until_, "--until");
    if (gaps_ == "previous") options.gaps = GapFill::previous;
    return read_daily_series(path_, options);
  }

 private:
  static DailySeriesSet simulated() {
    std::fprintf(stderr,
                 "No --data-path: cohorts of a simulated shop of %zu customers, whose figures say nothing about a "
                 "real one.\n",
                 simulated_customers);
    Rng rng(42);
    return clv::series_of_cohorts(
        clv::monthly_cohorts(clv::simulate_shop({.customers = simulated_customers}, rng).transactions));
  }

  std::string path_, format_, until_, gaps_ = "zero";
  DailySeriesOptions options_;
};

/// Arguments whose options may be spelt with underscores, as published commands are: --data_path is --data-path.
class WithDashes {
 public:
  WithDashes(int argc, char** argv) : arguments_(argv, argv + argc) {
    for (std::string& argument : arguments_) {
      const std::size_t end = std::min(argument.find('='), argument.size());
      if (argument.starts_with("--")) std::ranges::replace(std::span(argument).first(end), '_', '-');
      pointers_.push_back(argument.data());
    }
  }
  char** argv() noexcept { return pointers_.data(); }

 private:
  std::vector<std::string> arguments_;
  std::vector<char*> pointers_;
};

}  // namespace tenure
