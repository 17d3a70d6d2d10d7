// The file store, and what an URI may be. The server is in rest_api_test.cpp.
#include "tenure/track/mlflow/tracker.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <limits>
#include <map>
#include <sstream>

#include "../../message.hpp"
#include "../../temporary_directory.hpp"
#include "../../train/models.hpp"
#include "tenure/optim/adam.hpp"

using namespace tenure;
namespace fs = std::filesystem;
using test::read_text, test::TemporaryDirectory, test::write_text;

namespace {

/// The directories in one that have a meta.yaml, sorted.
std::vector<fs::path> entries(const fs::path& directory) {
  std::vector<fs::path> found;
  for (const auto& entry : fs::directory_iterator(directory)) {
    if (fs::exists(entry.path() / "meta.yaml")) found.push_back(entry.path());
  }
  std::ranges::sort(found);
  return found;
}

/// The experiment that is not MLflow's own, and its only run.
fs::path experiment_in(const fs::path& store) {
  for (const fs::path& one : entries(store)) {
    if (one.filename() != "0") return one;
  }
  return {};
}
fs::path run_in(const fs::path& store) {
  const std::vector<fs::path> runs = entries(experiment_in(store));
  REQUIRE(runs.size() == 1);
  return runs.front();
}

/// All files below a directory, by their paths in it.
std::vector<std::string> files_in(const fs::path& directory) {
  std::vector<std::string> files;
  for (const auto& entry : fs::recursive_directory_iterator(directory)) {
    if (entry.is_regular_file()) files.push_back(fs::relative(entry.path(), directory).string());
  }
  std::ranges::sort(files);
  return files;
}

std::map<std::string, std::string> yaml(const fs::path& file) {
  std::map<std::string, std::string> values;
  for (const auto& entry : YAML::LoadFile(file.string())) {
    values[entry.first.as<std::string>()] = entry.second.IsScalar() ? entry.second.as<std::string>() : "";
  }
  return values;
}

}  // namespace

TEST_CASE("a training in a file store is as MLflow keeps it: no file is partial, too many or missing") {
  const TemporaryDirectory directory;
  const std::string store = directory / "ml runs";
  write_text(directory / "report.html", "<p>");
  write_text(directory / "model.safetensors", std::string(3'000'000, 'w'));
  write_text(directory / "config.json", "{}");
  test::Trained<test::Mlp, Adam<float>> t({});
  Mlflow mlflow({.uri = store, .experiment = "life: time's \"value\" – é", .run_name = "first"});
  mlflow.log_hyperparameters(std::vector<Setting>{{"units", "16"}, {"note", "two\nlines"}, {"empty", ""}});
  mlflow.set_tags(std::vector<Setting>{{"data", "xor"}});
  const History history = fit(t.model, t.optimizer, mse, test::make_xor(),
                              {.epochs = 3, .callbacks = {&mlflow}, .progress = Progress::silent});
  CHECK(yaml(run_in(store) / "meta.yaml")["status"] == "1");
  mlflow.log(std::vector<Scalar>{{"test/rmse", 0.5}, {"odd²", std::numeric_limits<double>::quiet_NaN()}}, 3);
  mlflow.log_artifact(directory / "report.html", "");
  mlflow.log_artifact(directory / "report.html", "plots");
  const std::vector<std::string> model{directory / "model.safetensors", directory / "config.json"};
  mlflow.log_model(model, "xor");
  mlflow.finish(RunStatus::finished);

  const fs::path run = run_in(store), experiment = experiment_in(store);
  CHECK(files_in(run) == std::vector<std::string>{"artifacts/model/MLmodel",
                                                  "artifacts/model/config.json",
                                                  "artifacts/model/model.safetensors",
                                                  "artifacts/plots/report.html",
                                                  "artifacts/report.html",
                                                  "meta.yaml",
                                                  "metrics/learning_rate",
                                                  "metrics/loss",
                                                  "metrics/odd__",
                                                  "metrics/seconds",
                                                  "metrics/test/rmse",
                                                  "params/empty",
                                                  "params/note",
                                                  "params/units",
                                                  "tags/data",
                                                  "tags/mlflow.log-model.history",
                                                  "tags/mlflow.runName",
                                                  "tags/mlflow.source.name",
                                                  "tags/mlflow.source.type",
                                                  "tags/mlflow.user"});
  CHECK(read_text((run / "params/units").string()) == "16");
  CHECK(read_text((run / "params/note").string()) == "two lines");
  CHECK(read_text((run / "artifacts/model/model.safetensors").string()) == read_text(model[0]));
  std::istringstream loss(read_text((run / "metrics/loss").string()));
  for (Index epoch = 0; epoch < 3; ++epoch) {
    std::int64_t timestamp = 0;
    double value = 0;
    Index step = -1;
    loss >> timestamp >> value >> step;
    CHECK(timestamp > 1'600'000'000'000);
    CHECK(value == history["loss"][static_cast<std::size_t>(epoch)]);
    CHECK(step == epoch);
  }
  CHECK(read_text((run / "metrics/odd__").string()).find(" nan 3\n") != std::string::npos);

  auto meta = yaml(run / "meta.yaml");
  CHECK(meta["status"] == "3");
  CHECK(meta["run_id"] == run.filename());
  CHECK(meta["run_uuid"] == run.filename());
  CHECK(meta["run_name"] == "first");
  CHECK(meta["experiment_id"] == experiment.filename());
  CHECK(meta["lifecycle_stage"] == "active");
  CHECK(meta["artifact_uri"].starts_with("file:///"));
  CHECK(meta["artifact_uri"].ends_with("/ml%20runs/" + meta["experiment_id"] + "/" + meta["run_id"] + "/artifacts"));
  CHECK(std::stoll(meta["end_time"]) >= std::stoll(meta["start_time"]));
  CHECK(!meta["user_id"].empty());
  CHECK(read_text((run / "meta.yaml").string()).find("experiment_id: \"" + meta["experiment_id"] + "\"\n") !=
        std::string::npos);
  CHECK(yaml(experiment / "meta.yaml")["name"] == "life: time's \"value\" – é");
  CHECK(yaml(fs::path(store) / "0/meta.yaml")["name"] == "Default");
  auto version = yaml(fs::path(store) / "models/xor/version-1/meta.yaml");
  CHECK(version["run_id"] == meta["run_id"]);
  CHECK(version["source"] == meta["artifact_uri"] + "/model");
  CHECK(files_in(fs::path(store) / "models") == std::vector<std::string>{"xor/meta.yaml", "xor/version-1/meta.yaml"});
}

TEST_CASE("a second run joins its experiment, also one that MLflow wrote, and its model is the next version") {
  const TemporaryDirectory directory;
  fs::create_directories(directory / "runs/123");
  // As PyYAML folds and quotes.
  write_text(directory / "runs/123/meta.yaml",
             "artifact_location: file:///elsewhere/123\nexperiment_id: '123'\nlifecycle_stage: active\n"
             "name: 'a name: it''s long enough to be folded where PyYAML folds, which is after eighty\n"
             "  characters'\n");
  const std::string name = "a name: it's long enough to be folded where PyYAML folds, which is after eighty characters";
  for (int i = 0; i < 2; ++i) {
    Mlflow mlflow({.uri = "file://" + (directory / "runs"), .experiment = name});
    mlflow.log_model({}, "model");
    mlflow.finish(RunStatus::finished);
  }
  CHECK(entries(directory / "runs").size() == 1);
  CHECK(entries(directory / "runs/123").size() == 2);
  CHECK(entries(directory / "runs/models/model").size() == 2);
  CHECK(yaml(directory / "runs/models/model/version-2/meta.yaml")["version"] == "2");
}

TEST_CASE("nothing that a run is called leads out of the store, and no text is one that MLflow can't read") {
  const TemporaryDirectory directory;
  const std::string store = directory / "deep/store";
  fs::create_directories(directory / "deep");
  write_text(directory / "weights", "w");
  Mlflow mlflow({.uri = store, .experiment = "..\xFF\x1B", .run_name = "\xFF"});
  mlflow.log_hyperparameters(std::vector<Setting>{{"..", "\xFF"}, {"../../up", "a\u2028b"}});
  mlflow.set_tags(std::vector<Setting>{{"../..", "\xFF"}});
  mlflow.log(std::vector<Scalar>{{"../../../up", 1}}, 0);
  mlflow.log_artifact(directory / "weights", "../../../up");
  mlflow.log_model(std::vector<std::string>{directory / "weights"}, "..");
  mlflow.finish(RunStatus::finished);
  CHECK(files_in(directory / "deep").size() == files_in(store).size());
  CHECK(fs::exists(fs::path(store) / "models/_../version-1/meta.yaml"));
  const fs::path run = run_in(store);
  CHECK(read_text((run / "params/_..").string()) == "\uFFFD");
  CHECK(read_text((run / "params/_.._.._up").string()) == "a b");
  CHECK(read_text((run / "artifacts/_/_/_/up/weights").string()) == "w");
  CHECK(yaml(experiment_in(store) / "meta.yaml")["name"] == "..\uFFFD ");
  CHECK(yaml(run / "meta.yaml")["run_name"] == "\uFFFD");
}

TEST_CASE("a run that is left by an exception has failed, one that was stopped was killed") {
  const TemporaryDirectory directory;
  const std::string failed = directory / "failed", stopped = directory / "stopped";
  try {
    const Mlflow mlflow({.uri = failed, .experiment = "e"});
    throw 1;
  } catch (int) {
  }
  CHECK(yaml(run_in(failed) / "meta.yaml")["status"] == "4");
  Mlflow({.uri = stopped, .experiment = "e"}).finish(RunStatus::interrupted);
  CHECK(yaml(run_in(stopped) / "meta.yaml")["status"] == "5");
}

TEST_CASE("what can't be written is said once and does not end the training") {
  const TemporaryDirectory directory;
  std::vector<std::string> said;
  Mlflow mlflow(
      {.uri = directory / "store", .experiment = "e", .warn = [&](const std::string& what) { said.push_back(what); }});
  mlflow.log_artifact(directory / "no-such.png", "");
  mlflow.log(std::vector<Scalar>{{"a", 1}, {"a/b", 2}}, 0);  // a file can't be a directory
  mlflow.log(std::vector<Scalar>{{"c", 1}}, 0);
  REQUIRE(said.size() == 1);
  CHECK(said[0].find("no-such.png") != std::string::npos);
  CHECK(said[0].find("the training goes on") != std::string::npos);
  CHECK(fs::exists(run_in(directory / "store") / "metrics/c"));
}

TEST_CASE("an URI that is neither a server's nor a usable directory's is named with what it may be") {
  const TemporaryDirectory directory;
  const auto start = [&](const std::string& uri) {
    return [&, uri] { Mlflow({.uri = uri, .unsent = directory / "u"}); };
  };
  for (const char* uri : {"", "sqlite:///mlflow.db", "ftp://host", "http://", "http://host:port", "https:///path"}) {
    CAPTURE(uri);
    test::check_throws<ValueError>(start(uri), {"MLflow's URI: expected http://HOST:PORT", *uri ? uri : "nothing"});
  }
  test::check_throws<ValueError>(start("localhost:5000"), {"for a server write http://localhost:5000"});
  for (const char* uri :
       {"http://me:secret@host:port", "http://me:sec/ret@host", "me:secret@host:5000", "http:/me:secret@host",
        "ftp://me:secret@host", "http://me:secret@host/?a=b", "http:///me:secret@host"}) {
    CAPTURE(uri);
    try {
      start(uri)();
      FAIL("taken");
    } catch (const ValueError& error) {
      CHECK(std::string(error.what()).find("sec") == std::string::npos);
      CHECK(std::string(error.what()).find("@host") != std::string::npos);
    }
  }
  write_text(directory / "file", "");
  test::check_throws<FileError>(start(directory / "file"), {directory / "file", "a directory for MLflow's runs"});
  test::check_throws<FileError>(start(directory / "file/runs"), {"make the directory"});
  test::check_throws<FileError>(start(directory.path().string()), {"a new or empty directory, or one of MLflow's"});
  CHECK(directory.files() == 1);
  const std::string nowhere = directory / "none/unsent.jsonl";
  test::check_throws<FileError>([&] { Mlflow({.uri = "http://127.0.0.1:9", .unsent = nowhere}); }, {nowhere, "write"});
}

TEST_CASE("names and texts become what MLflow takes") {
  CHECK(mlflow::valid_key("val_loss/a-b.c d") == "val_loss/a-b.c d");
  CHECK(mlflow::valid_key("R²: 50%") == "R___ 50_");
  CHECK(mlflow::valid_key("../a") == "_.._a");
  CHECK(mlflow::valid_key("..a") == "_..a");
  CHECK(mlflow::valid_key("a/..b") == "a/..b");
  CHECK(mlflow::valid_key("") == "_");
  CHECK(mlflow::valid_key(".." + std::string(300, 'a')).size() == 250);
  CHECK(mlflow::valid_key("/a//b/") == "_a__b_");
  CHECK(mlflow::valid_key("..") == "_..");
  CHECK(mlflow::valid_key(std::string(300, 'a')).size() == 250);
  CHECK(mlflow::valid_text("aé", 2) == "a");
  CHECK(mlflow::valid_text("aé", 3) == "aé");
  CHECK(mlflow::valid_text("a\r\nb", 10) == "a  b");
  CHECK(mlflow::valid_text("a\x1B[2J\u0085\u2028\x7F\tb", 20) == "a [2J   \tb");
  CHECK(mlflow::valid_text("a\xC3\x28\xFF\uFFFE", 20) == "a\uFFFD(\uFFFD\uFFFD");
  CHECK(mlflow::valid_text(std::string("a\0b", 3), 20) == "a b");
  CHECK(mlflow::valid_model_name("..") == "_..");
  CHECK(mlflow::valid_model_name("a/b:c%") == "a_b_c_");
  CHECK(mlflow::valid_path("/a/../b/./c//d") == "a/_/b/c/d");
}
