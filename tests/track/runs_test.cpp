#include "tenure/track/runs.hpp"

#include <doctest/doctest.h>

#include "../message.hpp"
#include "../temporary_directory.hpp"

using namespace tenure;
using test::TemporaryDirectory, test::write_text;

namespace {

/// A run as programs leave it.
void write_run(const std::string& directory, int units, double rmse, const std::string& val_loss) {
  std::filesystem::create_directories(directory);
  write_text(directory + "/config.json", R"({"format": 1, "model": "ann", "scaler": {"mean": [1, 2]},
    "config": {"units": )" + std::to_string(units) +
                                             R"(}, "options": {"seed": 42, "loss": "mse", "cut": [1]}})");
  write_text(directory + "/metrics.json", R"({"model": {"rmse": )" + std::to_string(rmse) +
                                              R"(, "r2": null}, "baselines": {"mean": {"rmse": 9}}, "unit": "money"})");
  write_text(directory + "/history.csv", "epoch,loss,val_loss\n1,4,8\n2,2," + val_loss + "\n");
}

std::vector<TrainedRun> two_runs(const TemporaryDirectory& directory) {
  write_run(directory / "b/second", 8, 2, "nan");
  write_run(directory / "a", 16, 3, "0.5");
  std::vector<std::string> broken;
  const std::vector<TrainedRun> runs = read_runs(directory.path().string(), broken);
  CHECK(broken.empty());
  REQUIRE(runs.size() == 2);
  return runs;
}

}  // namespace

TEST_CASE("runs are found below a directory, each with what it was started with, what was measured and its curves") {
  const TemporaryDirectory directory;
  const std::vector<TrainedRun> runs = two_runs(directory);
  CHECK(runs[0].name == "a");
  CHECK(runs[1].name == "b/second");
  CHECK(runs[0].parameters == std::vector<std::pair<std::string, std::string>>{
                                  {"model", "ann"}, {"seed", "42"}, {"loss", "mse"}, {"units", "16"}});
  CHECK(runs[0].metrics == std::vector<std::pair<std::string, double>>{{"rmse", 3}});
  CHECK(runs[0].epochs == std::vector<double>{1, 2});
  CHECK(*runs[0].curve("val_loss") == std::vector<double>{8, 0.5});
  CHECK(runs[0].curve("epoch") == nullptr);
  CHECK(differing_parameters(runs) == std::vector<std::string>{"units"});
  CHECK(best_run(runs, "rmse") == 1);
  CHECK(!best_run({runs[0], runs[0]}, "rmse"));
}

TEST_CASE("a table has what differs and what was measured, a page the curves of all runs over one another") {
  const TemporaryDirectory directory;
  std::vector<TrainedRun> runs = two_runs(directory);
  runs[1].metrics.emplace_back("epochs", 2);
  const report::Page page = compare(runs);
  const auto& table = std::get<report::Table>(page.parts[0]);
  CHECK(table.columns == std::vector<std::string>{"", "a", "b/second"});
  CHECK(table.rows ==
        std::vector<std::vector<std::string>>{{"units", "16", "8"}, {"rmse", "3", "2"}, {"epochs", "–", "2"}});
  CHECK(table.strong == std::vector<std::pair<std::size_t, std::size_t>>{{1, 2}});
  REQUIRE(page.parts.size() == 3);
  const auto& figure = std::get<report::Figure>(page.parts[2]);
  CHECK(figure.title == "val_loss by epoch");
  CHECK(figure.y_scale == report::Scale::logarithmic);
  REQUIRE(figure.series.size() == 2);
  CHECK(figure.series[0].y == std::vector<double>{8, 0.5});
  const std::string path = directory / "compare.html";
  report::write_page(page, path, {.gnuplot = "no-such-gnuplot"});
  CHECK(test::read_text(path).find("val_loss by epoch") != std::string::npos);
}

TEST_CASE("a run that can't be read is left out and named; no run at all is an error") {
  const TemporaryDirectory directory;
  write_run(directory / "a", 8, 1, "1");
  write_run(directory / "b", 8, 1, "1");
  write_text(directory / "b/metrics.json", "{\"model\": ");
  std::vector<std::string> broken;
  CHECK(read_runs(directory.path().string(), broken).size() == 1);
  REQUIRE(broken.size() == 1);
  CHECK(broken[0].find("b/metrics.json: expected JSON") != std::string::npos);
  std::filesystem::create_directory(directory / "empty");
  test::check_throws<FileError>([&] { read_runs(directory / "empty", broken); }, {"empty", "metrics.json", "none"});
  test::check_throws<FileError>([&] { read_runs(directory / "no", broken); }, {"no", "a directory of runs"});
  CHECK(read_runs(directory / "a", broken).size() == 1);
}

TEST_CASE("which way a metric is better goes by its name") {
  CHECK(better_direction("r2_known_customers") == 1);
  CHECK(better_direction("normalized_gini") == 1);
  CHECK(better_direction("val_loss") == -1);
  CHECK(better_direction("rmse") == -1);
  CHECK(better_direction("epochs") == 0);
}
