/// Programs that do the same work, measured in turns, and a table of their rates.
///
/// Clocks drift and neighbors make noise. So one iteration of a benchmark is a round: every contestant runs for a
/// moment, each right after a measurement of the machine's peak, and medians over the rounds are what counts.
#pragma once

#include <benchmark/benchmark.h>

#include <cstdio>
#include <functional>
#include <string>
#include <string_view>

#include "peak.hpp"
#include "samples.hpp"

namespace tenure::benchmarks {

struct Contestant {
  std::string name;
  std::function<void()> run;
};

/// Seconds that one call takes, over at least `at_least` of them.
inline double seconds_per_call(const std::function<void()>& run, int calls) {
  const double begin = thread_seconds();
  for (int call = 0; call < calls; ++call) run();
  return (thread_seconds() - begin) / calls;
}

/// Runs the contestants in rounds. Counters: `peak`, the rate of each contestant by its name, its share of the peak, in
/// percent, by its name and a '%', and its microseconds by its name and " us".
/// @param work operations (or bytes) of one call
/// @param sample seconds that a contestant runs for in a round: short ones find quiet moments, but begin with what the
///   contestant before left in the caches
inline void contest(benchmark::State& state, double work, const std::vector<Contestant>& contestants,
                    double sample = 100e-6) {
  std::vector<int> calls;
  for (const Contestant& contestant : contestants) {
    contestant.run();
    calls.push_back(std::max(1, static_cast<int>(sample / seconds_per_call(contestant.run, 1))));
  }
  std::vector<double> peaks;
  std::vector<std::vector<double>> rates(contestants.size()), shares(contestants.size()), times(contestants.size());
  for ([[maybe_unused]] auto iteration : state) {
    for (std::size_t i = 0; i < contestants.size(); ++i) {
      peaks.push_back(measure_fma_peak());
      const double seconds = seconds_per_call(contestants[i].run, calls[i]);
      times[i].push_back(1e6 * seconds);
      rates[i].push_back(1e-9 * work / seconds);
      shares[i].push_back(100 * rates[i].back() / peaks.back());
      if (i == 0) state.SetIterationTime(seconds);
    }
  }
  state.counters["peak"] = median(peaks);
  for (std::size_t i = 0; i < contestants.size(); ++i) {
    state.counters[contestants[i].name] = median(rates[i]);
    state.counters[contestants[i].name + "%"] = median(shares[i]);
    state.counters[contestants[i].name + " us"] = median(times[i]);
  }
}

/// Prints a row for each benchmark and a column for each of the named counters.
class Table : public benchmark::BenchmarkReporter {
 public:
  explicit Table(std::vector<std::string> columns) : columns_(std::move(columns)) {}

  bool ReportContext(const Context&) override {
    std::printf("%-24s", "");
    for (const std::string& column : columns_) std::printf(" %9s", column.c_str());
    std::printf("\n");
    return true;
  }

  void ReportRuns(const std::vector<Run>& runs) override {
    for (const Run& run : runs) {
      const std::string name = run.run_name.function_name;
      std::printf("%-24s", name.c_str());
      if (run.error_occurred) std::printf(" %s", run.error_message.c_str());
      for (const std::string& column : columns_) {
        const auto counter = run.counters.find(column);
        if (run.error_occurred) continue;
        if (counter == run.counters.end()) {
          std::printf(" %9s", "n/a");
        } else {
          std::printf(" %9.1f", counter->second.value);
        }
      }
      std::printf("\n");
    }
    std::fflush(stdout);
  }

 private:
  std::vector<std::string> columns_;
};

/// A benchmark program's main.
/// @param add registers the benchmarks, each with the given number of iterations (rounds)
inline int run(int argc, char** argv, const std::vector<std::string>& columns, void (*add)(int rounds)) {
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 1;
  add(rounds());
  Table table(columns);
  benchmark::RunSpecifiedBenchmarks(&table);
  benchmark::Shutdown();
  return 0;
}

}  // namespace tenure::benchmarks
