/// Trainings side by side: a table of the runs in a directory, a page that lays their curves over one another, and what
/// an MLflow server did not get, sent later.
#include <tenure/track/runs.hpp>
#ifdef TENURE_HAVE_MLFLOW
#include <tenure/track/mlflow/tracker.hpp>
#endif

#include <tenure/io/state_json.hpp>
#include <tenure/report/tables.hpp>
#include <tenure/track/run_directory.hpp>
#include "../common/run_program.hpp"

using namespace tenure;

namespace {

constexpr const char* examples = R"(
Examples:
  tenure-runs list runs                            the runs below a directory, by name
  tenure-runs list runs --sort rmse                the best first
  tenure-runs compare runs/a runs/b --out ab.html  what differs, and a page with their curves
  tenure-runs send runs/a/mlflow-unsent.jsonl      what waits since a server was away
)";

/// Columns under their headers, the first set left and the others right.
void print_columns(std::vector<std::vector<std::string>> rows) {
  for (auto& row : rows) {
    for (std::string& cell : row) cell = text::printable(cell);
  }
  std::vector<std::size_t> widths(rows.front().size());
  for (const auto& row : rows) {
    for (std::size_t c = 0; c < row.size(); ++c) widths[c] = std::max(widths[c], text::width(row[c]));
  }
  for (const auto& row : rows) {
    std::string line = row[0] + std::string(widths[0] - text::width(row[0]), ' ');
    for (std::size_t c = 1; c < row.size(); ++c) line += "  " + text::right_aligned(row[c], widths[c]);
    std::puts(line.c_str());
  }
}

/// Runs of all directories; what can't be read is said.
struct Runs {
  std::vector<std::string> paths;

  void add_options(CLI::App& app) { app.add_option("directories", paths, "directories of runs, or runs")->required(); }

  std::vector<TrainedRun> read() const {
    std::vector<TrainedRun> runs;
    std::vector<std::string> broken;
    for (const std::string& path : paths) {
      for (TrainedRun& run : read_runs(path, broken)) {
        if (paths.size() > 1 && !is_run(path)) run.name = (std::filesystem::path(path) / run.name).string();
        runs.push_back(std::move(run));
      }
    }
    for (const std::string& problem : broken) std::fprintf(stderr, "left out: %s\n", text::printable(problem).c_str());
    if (runs.empty()) throw Error("no run could be read");
    shorten(runs);
    return runs;
  }

 private:
  /// Names that are paths lose what all of them begin with.
  static void shorten(std::vector<TrainedRun>& runs) {
    for (std::size_t slash; runs.size() > 1 && (slash = runs[0].name.find('/')) != std::string::npos;) {
      const std::string start = runs[0].name.substr(0, slash + 1);
      if (!std::ranges::all_of(runs, [&](const TrainedRun& run) { return run.name.starts_with(start); })) return;
      for (TrainedRun& run : runs) run.name.erase(0, start.size());
    }
  }
};

struct List {
  Runs input;
  std::string sort;

  void add_to(CLI::App& program) {
    CLI::App& app = *program.add_subcommand("list", "a row for each run: parameters that differ, and metrics");
    input.add_options(app);
    app.add_option("--sort", sort, "a metric, the best of which comes first");
    app.final_callback([this] { run(); });
  }

  void run() const {
    std::vector<TrainedRun> runs = input.read();
    const std::vector<std::string> metrics = names_of(runs, &TrainedRun::metrics);
    if (!sort.empty()) {
      if (std::ranges::find(metrics, sort) == metrics.end()) {
        std::string known;
        for (const std::string& name : metrics) known += (known.empty() ? "" : ", ") + name;
        throw ValueError("--sort", {"one of ", known}, sort);
      }
      const double direction = better_direction(sort) > 0 ? -1 : 1;
      const auto key = [&](const TrainedRun& run) {
        const double value = run.metric(sort);
        return is_nan(value) ? std::numeric_limits<double>::infinity() : direction * value;
      };
      std::ranges::stable_sort(runs, {}, key);
    }
    const report::Table table = run_table(runs);
    std::vector<std::vector<std::string>> rows(table.columns.size());
    rows[0].push_back("run");
    for (std::size_t r = 1; r < rows.size(); ++r) rows[r].push_back(table.columns[r]);
    for (const auto& line : table.rows) {
      for (std::size_t r = 0; r < rows.size(); ++r) rows[r].push_back(line[r]);
    }
    print_columns(rows);
  }
};

struct Compare {
  Runs input;
  std::string out = "compare.html";

  void add_to(CLI::App& program) {
    CLI::App& app = *program.add_subcommand("compare", "a column for each run, and a page with their curves");
    input.add_options(app);
    app.add_option("--out", out, "HTML page to write")->capture_default_str();
    app.final_callback([this] { run(); });
  }

  void run() const {
    const std::vector<TrainedRun> runs = input.read();
    report::Table table = run_table(runs);
    for (const auto& [row, column] : table.strong) table.rows[row][column] = "*" + table.rows[row][column];
    table.rows.insert(table.rows.begin(), table.columns);
    print_columns(table.rows);
    if (!table.strong.empty()) std::puts("\n* the best of them");
    const std::string lacks = report::write_page(compare(runs), out);
    std::printf("\npage: %s\n", out.c_str());
    if (!lacks.empty()) std::puts(lacks.c_str());
  }
};

struct Send {
  std::vector<std::string> files, directories;
  std::string url;

  void add_to(CLI::App& program) {
    CLI::App& app = *program.add_subcommand("send", "send what an MLflow server did not get");
    app.add_option("files", files, "mlflow-unsent.jsonl of runs; each goes when all in it was sent")->required();
    app.add_option("--mlflow", url,
                   "another server than the one that was meant; where there is a user's name or token, and "
                   "MLFLOW_TRACKING_URI is not that one, it must be said");
    app.add_option("--files-from", directories, "directory whose files may be sent, beside those of the run's own");
    app.final_callback([this] { run(); });
  }

  void run() const {
#ifdef TENURE_HAVE_MLFLOW
    if (!url.empty() && !mlflow::is_server(url)) throw ValueError("--mlflow", "http://HOST:PORT of a server", url);
    const char* const known = std::getenv("MLFLOW_TRACKING_URI");
    for (const std::string& file : files) {
      const std::size_t sent = mlflow::send_unsent(
          file,
          {.http = mlflow::http_options(), .url = url, .known_url = known ? known : "", .directories = directories});
      std::printf("%s: %zu entries sent\n", file.c_str(), sent);
    }
#else
    throw StateError("send",
                     "a build with libcurl and yaml-cpp (on Debian and Ubuntu: sudo apt-get install "
                     "libcurl4-openssl-dev libyaml-cpp-dev)",
                     "one without");
#endif
  }
};

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("Trainings side by side.", "tenure-runs");
  app.footer(examples);
  app.require_subcommand(1);
  List list;
  Compare compare;
  Send send;
  list.add_to(app);
  compare.add_to(app);
  send.add_to(app);
  return run_program(app, argc, argv);
}
