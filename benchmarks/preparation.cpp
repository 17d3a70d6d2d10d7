/// From a CSV file to training data, step by step: the least of several runs, in milliseconds of processor time. The
/// file is the one that TENURE_ONLINE_RETAIL names, or a simulated shop of about 400,000 rows. preparation.sh sets this
/// beside pandas.
#include <filesystem>
#include <tenure/clv/features/cohorts.hpp>
#include <tenure/clv/features/monthly_panel.hpp>
#include <tenure/clv/features/rfm.hpp>
#include <tenure/clv/transactions/csv.hpp>
#include <tenure/clv/transactions/simulate.hpp>

#include "contest.hpp"

namespace tenure::benchmarks { namespace {

const std::string& file() {
  static const std::string path = [] {
    const char* const real = std::getenv("TENURE_ONLINE_RETAIL");
    if (real && *real) return std::string(real);
    std::string simulated = std::filesystem::temp_directory_path() / "tenure-benchmark-shop.csv";
    Rng rng(42);
    clv::write_online_retail(clv::simulate_shop({}, rng).transactions, simulated);
    return simulated;
  }();
  return path;
}

const clv::Transactions& transactions() {
  static const clv::Transactions read = clv::read_transactions(file());
  return read;
}

void prepare(const clv::Transactions& from) { benchmark::DoNotOptimize(clv::panel_windows(clv::monthly_panel(from))); }

/// The least processor time of several runs, which is what neighbors disturb least.
void add(const std::string& name, int rounds, const std::function<void()>& run) {
  const auto measure = [run](benchmark::State& state) {
    double least = std::numeric_limits<double>::infinity();
    for ([[maybe_unused]] auto iteration : state) {
      const double begin = thread_seconds();
      run();
      const double seconds = thread_seconds() - begin;
      state.SetIterationTime(seconds);
      least = std::min(least, seconds);
    }
    state.counters["ms"] = 1e3 * least;
  };
  benchmark::RegisterBenchmark(name.c_str(), measure)->Iterations(rounds)->UseManualTime();
}

void add_all(int rounds) {
  rounds = std::clamp(rounds / 5, 3, 20);
  const std::chrono::sys_days cutoff =
      transactions().rows() > 0 ? add_months(clv::last_day(transactions()), -3) : std::chrono::sys_days();
  add("read", rounds, [] { benchmark::DoNotOptimize(clv::read_transactions(file())); });
  add("prepare", rounds, [] { prepare(transactions()); });
  add("read_and_prepare", rounds, [] { prepare(clv::read_transactions(file())); });
  add("features", rounds,
      [cutoff] { benchmark::DoNotOptimize(clv::customer_features(clv::Calibration(transactions(), cutoff))); });
  add("monthly_cohorts", rounds, [] { benchmark::DoNotOptimize(clv::monthly_cohorts(transactions())); });
  add("ltv_curves", rounds, [] { benchmark::DoNotOptimize(clv::ltv_curves(transactions())); });
  add("simulate", rounds, [] {
    Rng rng(42);
    benchmark::DoNotOptimize(clv::simulate_shop({}, rng));
  });
  add("simulate_and_write", rounds, [] {
    Rng rng(42);
    const std::string path = std::filesystem::temp_directory_path() / "tenure-benchmark-written.csv";
    clv::write_online_retail(clv::simulate_shop({}, rng).transactions, path);
    std::filesystem::remove(path);
  });
}

}}  // namespace tenure::benchmarks

int main(int argc, char** argv) { return tenure::benchmarks::run(argc, argv, {"ms"}, tenure::benchmarks::add_all); }
