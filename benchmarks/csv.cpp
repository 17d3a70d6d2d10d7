/// Reading a CSV file, step by step: the least milliseconds of several runs on one core, and millions of bytes of the
/// file per second. The file is the one that TENURE_ONLINE_RETAIL names, or one of its form and size that is made here.
/// preparation.sh sets reading and preparing beside pandas.
#include <sys/resource.h>

#include <cstring>
#include <filesystem>
#include <limits>
#include <tenure/clv/transactions/csv.hpp>
#include <tenure/core/rng.hpp>
#include <tenure/data/csv/writer.hpp>

#include "contest.hpp"

namespace tenure::benchmarks { namespace {

/// As many rows, customers, products and invoices as Online Retail has.
void write_shop(const std::string& path) {
  CsvWriter writer(
      path, {"InvoiceNo", "StockCode", "Description", "Quantity", "InvoiceDate", "UnitPrice", "CustomerID", "Country"});
  Rng rng(42);
  for (int row = 0; row < 541909; ++row) {
    const std::int64_t invoice = row / 21, product = static_cast<std::int64_t>(rng.below(4070));
    writer.field(536365 + invoice).field("P" + std::to_string(10000 + product));
    writer.field((product % 90 == 0 ? "PRODUCT, QUOTED, NUMBER " : "A PRODUCT WITH THE NUMBER ") +
                 std::to_string(product));
    writer.field(static_cast<int>(rng.below(24)) + 1);
    writer.field(format_time_of_online_retail(1291191960 + 1200 * invoice));
    writer.field(static_cast<double>(rng.below(2000)) / 100);
    if (invoice % 4 == 0) {
      writer.missing();
    } else {
      writer.field(12346 + invoice * 7919 % 4372);
    }
    writer.field(invoice % 10 == 0 ? "France" : "United Kingdom").end_row();
  }
  writer.commit();
}

const std::string& path() {
  static const std::string name = [] {
    const char* const real = std::getenv("TENURE_ONLINE_RETAIL");
    if (real && *real) return std::string(real);
    const std::string made = std::filesystem::temp_directory_path() / "tenure-benchmark-csv.csv";
    write_shop(made);
    return made;
  }();
  return name;
}

/// The least of several times, which is what neighbors disturb least, of the processor alone.
void add(const std::string& name, int rounds, const std::function<void()>& work) {
  const auto measure = [work](benchmark::State& state) {
    double least = std::numeric_limits<double>::infinity();
    for ([[maybe_unused]] auto iteration : state) {
      const double begin = thread_seconds();
      work();
      const double seconds = thread_seconds() - begin;
      state.SetIterationTime(seconds);
      least = std::min(least, seconds);
    }
    rusage usage{};
    ::getrusage(RUSAGE_SELF, &usage);
    state.counters["ms"] = 1e3 * least;
    state.counters["MB/s"] = 1e-6 * static_cast<double>(std::filesystem::file_size(path())) / least;
    state.counters["peak MB"] = 1.024e-3 * static_cast<double>(usage.ru_maxrss);
  };
  benchmark::RegisterBenchmark(name.c_str(), measure)->Iterations(rounds)->UseManualTime();
}

void add_all(int rounds) {
  rounds = std::clamp(rounds / 5, 3, 20);
  static const MappedFile file(path());
  const std::string_view bytes = file.bytes();
  // The first, for the peak of the memory is that of the whole program so far.
  add("transactions", rounds, [] { benchmark::DoNotOptimize(clv::read_transactions(path())); });
  add("NUL_bytes", rounds, [bytes] { benchmark::DoNotOptimize(std::memchr(bytes.data(), 0, bytes.size())); });
  add("UTF-8", rounds, [bytes] { benchmark::DoNotOptimize(find_invalid_utf8(bytes)); });
  add("rows", rounds, [bytes] {
    CsvRows rows(bytes, ',');
    std::size_t fields = 0;
    while (rows.next()) fields += rows.fields().size();
    benchmark::DoNotOptimize(fields);
  });
  const std::vector<std::pair<const char*, CsvColumn>> columns = {
      {"number", {"UnitPrice", ColumnType::number}},
      {"integer", {"Quantity", ColumnType::integer}},
      {"time", {"InvoiceDate", ColumnType::time}},
      {"identifier", {"CustomerID", ColumnType::identifier}},
      {"text", {"Description"}}};
  for (const auto& [name, column] : columns) {
    add("column_" + std::string(name), rounds,
        [bytes, column] { benchmark::DoNotOptimize(parse_csv(bytes, path(), {column})); });
  }
}

}}  // namespace tenure::benchmarks

int main(int argc, char** argv) {
  return tenure::benchmarks::run(argc, argv, {"ms", "MB/s", "peak MB"}, tenure::benchmarks::add_all);
}
