#include <doctest/doctest.h>

#include <cstdlib>
#include <limits>

#include "../../message.hpp"
#include "../../temporary_directory.hpp"
#include "fake_server.hpp"
#include "tenure/track/mlflow/tracker.hpp"

using namespace tenure;
using namespace std::chrono_literals;
using test::FakeMlflow, test::read_text, test::TemporaryDirectory, test::write_text;
namespace fs = std::filesystem;

namespace {

/// A run whose server is tried every 20 ms.
struct Session {
  TemporaryDirectory directory;
  std::string unsent = directory / "unsent.jsonl";
  std::mutex mutex;
  std::vector<std::string> said;

  MlflowOptions options(const std::string& url) {
    return {.uri = url,
            .experiment = "shop & more",
            .run_name = "first",
            .unsent = unsent,
            .timeout = 2s,
            .patience = 5s,
            .retry = 20ms,
            .warn = [this](const std::string& what) {
              const std::lock_guard lock(mutex);
              said.push_back(what);
            }};
  }
};

void log_epochs(Tracker& tracker, Index begin, Index end) {
  for (Index epoch = begin; epoch < end; ++epoch) {
    tracker.log(std::vector<Scalar>{{"loss", 1.0 / static_cast<double>(epoch + 1)}, {"val_loss", 0.5}}, epoch);
  }
}

/// That every epoch's loss is there once, in any number of requests.
void check_epochs(const FakeMlflow::Run& run, Index epochs) {
  const auto& losses = run.metrics.at("loss");
  REQUIRE(static_cast<Index>(losses.size()) == epochs);
  for (Index epoch = 0; epoch < epochs; ++epoch) {
    CHECK(losses[static_cast<std::size_t>(epoch)]["step"] == epoch);
    CHECK(losses[static_cast<std::size_t>(epoch)]["value"] == 1.0 / static_cast<double>(epoch + 1));
  }
}

/// A port that nobody listens on.
int free_port() { return FakeMlflow().port(); }

}  // namespace

TEST_CASE("a run with all that belongs to it reaches the server, each request as MLflow demands") {
  FakeMlflow server;
  Session session;
  write_text(session.directory / "report 1.html", "<p>");
  write_text(session.directory / "model.safetensors", std::string(300'000, 'w'));
  for (int i = 0; i < 2; ++i) {
    Mlflow mlflow(session.options(server.url() + "/"));
    mlflow.log_hyperparameters(std::vector<Setting>{{"units", "16"}, {"long", std::string(9000, 'x')}});
    mlflow.set_tags(std::vector<Setting>{{"data", "xor"}});
    log_epochs(mlflow, 0, 5);
    mlflow.log(std::vector<Scalar>{{"bad", std::numeric_limits<double>::quiet_NaN()}}, 5);
    mlflow.log_artifact(session.directory / "report 1.html", "plots");
    mlflow.log_model(std::vector<std::string>{session.directory / "model.safetensors"}, "shop/model");
    mlflow.finish(RunStatus::finished);
  }
  CHECK(server.wrong.empty());
  CHECK(session.said.empty());
  CHECK(!fs::exists(session.unsent));
  CHECK(server.experiments.at("shop & more") == "1");
  REQUIRE(server.runs.size() == 2);
  FakeMlflow::Run& run = server.runs.begin()->second;
  CHECK(run.status == "FINISHED");
  CHECK(run.name == "first");
  check_epochs(run, 5);
  CHECK(run.metrics.at("bad")[0]["value"] == "NaN");
  CHECK(run.params.at("units") == "16");
  CHECK(run.params.at("long").size() == 6000);
  CHECK(run.tags.at("data") == "xor");
  CHECK(run.tags.at("mlflow.runName") == "first");
  const auto artifact = [&](const char* path) { return server.artifacts.at(FakeMlflow::path_in(run, path)); };
  CHECK(artifact("plots/report 1.html") == "<p>");
  CHECK(artifact("model/model.safetensors") == std::string(300'000, 'w'));
  CHECK(artifact("model/MLmodel").find("data: \"model.safetensors\"") != std::string::npos);
  REQUIRE(server.versions.at("shop_model").size() == 2);
  CHECK(server.versions.at("shop_model")[0]["source"] == "mlflow-artifacts:/" + FakeMlflow::path_in(run, "model"));
}

TEST_CASE("names and texts that MLflow refuses are sent as ones that it takes") {
  FakeMlflow server;
  Session session;
  MlflowOptions options = session.options(server.url());
  options.experiment = "shop\xFF";
  Mlflow mlflow(options);
  const std::vector<std::string> names{"..",   "../a", "..a",    ".", "./a",     "/a",
                                       "a//b", "a/",   "a/../b", "",  "R²: 50%", "..."};
  std::vector<Setting> settings;
  for (const std::string& name : names) settings.push_back({name, "raw \xFF byte, \xE2\x80\xA8 line"});
  mlflow.set_tags(settings);
  for (std::size_t i = 0; i < names.size(); ++i) {
    mlflow.log_hyperparameters(std::span(settings).subspan(i, 1));
    mlflow.log(std::vector<Scalar>{{names[i], 1}}, 0);
  }
  mlflow.finish(RunStatus::finished);
  for (const std::string& one : server.wrong)
    CHECK(one.find("can't be changed") != std::string::npos);  // "a//b", "a_/b"
  CHECK(server.experiments.contains("shop\uFFFD"));
  CHECK(server.only_run().params.at("_..") == "raw \uFFFD byte,   line");
  CHECK(server.only_run().metrics.contains("_.._a"));
  CHECK(server.only_run().metrics.contains("R___ 50_"));
}

TEST_CASE("more than a request may hold goes in several, many small ones in one") {
  FakeMlflow server;
  Session session;
  Mlflow mlflow(session.options(server.url()));
  std::vector<Setting> settings;
  for (int i = 0; i < 250; ++i) settings.push_back({"p" + std::to_string(i), "1"});
  {
    const std::lock_guard held(server.mutex());
    mlflow.log_hyperparameters(settings);
    log_epochs(mlflow, 0, 1200);
  }
  mlflow.finish(RunStatus::finished);
  CHECK(server.wrong.empty());
  CHECK(server.only_run().params.size() == 250);
  check_epochs(server.only_run(), 1200);
  CHECK(server.count("POST /api/2.0/mlflow/runs/log-batch") <= 8);
}

TEST_CASE("no request has more than the million bytes that MLflow takes, however long the texts in it") {
  FakeMlflow server;
  Session session;
  Mlflow mlflow(session.options(server.url()));
  std::vector<Setting> params, tags;
  for (int i = 0; i < 100; ++i) {
    params.push_back({"p" + std::to_string(i), std::string(6000, '"')});  // of which JSON makes two bytes each
    tags.push_back({"t" + std::to_string(i), std::string(5000, 't')});
  }
  {
    const std::lock_guard held(server.mutex());
    mlflow.set_tags(tags);
    mlflow.log_hyperparameters(params);
    mlflow.set_tags(tags);
  }
  mlflow.finish(RunStatus::finished);
  CHECK(server.wrong.empty());
  CHECK(server.only_run().params.size() == 100);
  CHECK(server.only_run().tags.at("t99").size() == 5000);
}

TEST_CASE("what a server that is away does not get is kept, and can be sent later") {
  const int port = free_port();
  Session session;
  write_text(session.directory / "report.html", "<p>");
  {
    Mlflow mlflow([&] {
      MlflowOptions options = session.options("http://127.0.0.1:" + std::to_string(port));
      options.patience = 100ms;
      return options;
    }());
    log_epochs(mlflow, 0, 3);
    mlflow.log_artifact(session.directory / "report.html", "");
    const auto begin = std::chrono::steady_clock::now();
    mlflow.finish(RunStatus::finished);
    CHECK(std::chrono::steady_clock::now() - begin < 2s);
  }
  REQUIRE(session.said.size() == 2);
  CHECK(session.said[0].find("the training goes on, and what is logged waits in " + session.unsent) !=
        std::string::npos);
  CHECK(session.said[1].find("`tenure-runs send " + session.unsent + "` sends them") != std::string::npos);
  test::check_throws<ConnectionError>([&] { mlflow::send_unsent(session.unsent, {}); }, {"127.0.0.1"});

  write_text(session.unsent, read_text(session.unsent) + "{\"metrics\":[{\"key");  // as a crash cuts it off
  FakeMlflow server(port);
  server.trouble = [&](const std::string& request) { return request.starts_with("PUT") ? 503 : 0; };
  test::check_throws<ConnectionError>([&] { mlflow::send_unsent(session.unsent, {}); }, {"503"});
  server.trouble = nullptr;
  CHECK(mlflow::send_unsent(session.unsent, {}) == 2);  // all before the artifact was sent
  CHECK(!fs::exists(session.unsent));
  CHECK(server.wrong.empty());
  check_epochs(server.only_run(), 3);
  CHECK(server.only_run().status == "FINISHED");
  CHECK(server.artifacts.at(FakeMlflow::path_in(server.only_run(), "report.html")) == "<p>");
}

TEST_CASE("a server that comes back during the training gets all, and nothing is left on disk") {
  const int port = free_port();
  Session session;
  Mlflow mlflow(session.options("http://127.0.0.1:" + std::to_string(port)));
  log_epochs(mlflow, 0, 3);
  while (!fs::exists(session.unsent)) std::this_thread::sleep_for(1ms);
  log_epochs(mlflow, 3, 4);
  CHECK(mlflow::Unsent::read(session.unsent).operations.size() == 5);  // the first are the run's tags
  FakeMlflow server(port);
  log_epochs(mlflow, 4, 6);
  mlflow.finish(RunStatus::finished);
  CHECK(server.wrong.empty());
  check_epochs(server.only_run(), 6);
  CHECK(!fs::exists(session.unsent));
  REQUIRE(session.said.size() == 2);
  CHECK(session.said[1] == "MLflow: the server answers again, and all that waited was sent");
}

TEST_CASE("a failing server is asked again, and a run whose answer was lost is not made twice") {
  FakeMlflow server;
  Session session;
  int failures = 2;
  bool answer_lost = true;
  server.trouble = [&](const std::string& request) {
    return request.ends_with("log-batch") && failures-- > 0 ? 500 : 0;
  };
  server.lost = [&](const std::string& request) {
    return request.ends_with("runs/create") && std::exchange(answer_lost, false) ? 504 : 0;
  };
  Mlflow mlflow(session.options(server.url()));
  log_epochs(mlflow, 0, 3);
  mlflow.finish(RunStatus::finished);
  CHECK(server.wrong.empty());
  CHECK(server.count("POST /api/2.0/mlflow/runs/create") == 1);
  CHECK(server.count("POST /api/2.0/mlflow/runs/search") == 1);
  check_epochs(server.only_run(), 3);
  CHECK(server.only_run().status == "FINISHED");
  CHECK(!fs::exists(session.unsent));
}

TEST_CASE("a slow server holds nobody up, and at the end no longer than one has patience") {
  FakeMlflow server;
  Session session;
  MlflowOptions options = session.options(server.url());
  options.patience = 200ms;
  Mlflow mlflow(options);
  std::unique_lock held(server.mutex());
  const auto begin = std::chrono::steady_clock::now();
  log_epochs(mlflow, 0, 100);
  CHECK(std::chrono::steady_clock::now() - begin < 1s);
  mlflow.finish(RunStatus::finished);
  CHECK(std::chrono::steady_clock::now() - begin < 3s);
  held.unlock();
  const mlflow::Unsent unsent = mlflow::Unsent::read(session.unsent);
  CHECK(unsent.operations.size() == 102);
  CHECK(unsent.operations.back().kind == mlflow::Operation::finish);
}

TEST_CASE("what a server refuses is set aside, and the rest arrives") {
  FakeMlflow server(0, {.longest_param = 250});  // as MLflow 1 has it
  Session session;
  Mlflow mlflow(session.options(server.url()));
  const std::string text(300, 'x');
  {
    const std::lock_guard held(server.mutex());
    log_epochs(mlflow, 0, 2);
    mlflow.log_hyperparameters(std::vector<Setting>{{"a", "1"}, {"b", "2"}, {"long", text}, {"c", "3"}, {"d", "4"}});
    log_epochs(mlflow, 2, 4);
  }
  mlflow.finish(RunStatus::finished);
  check_epochs(server.only_run(), 4);
  CHECK(server.only_run().params == std::map<std::string, std::string>{{"a", "1"}, {"b", "2"}, {"c", "3"}, {"d", "4"}});
  CHECK(server.only_run().status == "FINISHED");
  const mlflow::Unsent unsent = mlflow::Unsent::read(session.unsent);
  REQUIRE(unsent.operations.size() == 1);
  REQUIRE(unsent.operations[0].params.size() == 1);
  CHECK(unsent.operations[0].params[0].name == "long");
  CHECK(session.said[0].find("400 INVALID_PARAMETER_VALUE: Invalid value: expected a param value that is not too long; "
                             "it is kept in") != std::string::npos);

  // Sent later, it is refused again, and what stands around and in it in the file arrives.
  mlflow::Unsent more = unsent;
  const mlflow::Operation late{.metrics = {{"late", 1, 1, 0}}};
  more.operations = {late, unsent.operations[0], late};
  more.operations[1].metrics = {{"together", 1, 1, 0}};
  more.operations[1].tags = {{"together", "1"}};
  more.write(session.unsent);
  test::check_throws<mlflow::RefusedError>([&] { mlflow::send_unsent(session.unsent, {}); },
                                           {"too long", "1 entries stay in " + session.unsent});
  CHECK(server.only_run().metrics.at("late").size() == 2);
  CHECK(server.only_run().metrics.contains("together"));
  CHECK(server.only_run().tags.contains("together"));
  CHECK(mlflow::Unsent::read(session.unsent).operations.size() == 1);
}

TEST_CASE("a reply that has no end is broken off, and its request is not sent again") {
  FakeMlflow server;
  Session session;
  server.padding = std::string(1000, ' ');
  HttpClient client({.longest_reply = 1000});
  const HttpRequest request{.method = "GET",
                            .url = server.url() + "/api/2.0/mlflow/experiments/get-by-name?experiment_name=Default"};
  test::check_throws<ReplyError>([&] { client.send(request); }, {"a reply of at most 1000 bytes, got a longer one"});
  server.padding = std::string(17 << 20, ' ');
  Mlflow(session.options(server.url())).finish(RunStatus::finished);
  CHECK(server.requests.size() == 2);
  REQUIRE(!session.said.empty());
  CHECK(session.said[0].find("a reply of at most 16777216 bytes") != std::string::npos);
}

TEST_CASE("libcurl is asked for nothing but HTTP") {
  const TemporaryDirectory directory;
  write_text(directory / "file", "secret");
  HttpClient client({});
  test::check_throws<ConnectionError>([&] { client.send({.method = "GET", .url = "file://" + (directory / "file")}); },
                                      {"file"});
}

TEST_CASE("a server that refuses the run itself is asked no more, and all is kept") {
  FakeMlflow server;
  Session session;
  server.trouble = [](const std::string&) { return 401; };
  Mlflow mlflow(session.options(server.url()));
  log_epochs(mlflow, 0, 3);
  mlflow.finish(RunStatus::finished);
  CHECK(server.requests.size() == 1);
  CHECK(session.said[0].find("401") != std::string::npos);
  CHECK(mlflow::Unsent::read(session.unsent).operations.size() == 5);
}

TEST_CASE("MLflow's environment variables authenticate, and no password gets into files or messages") {
  FakeMlflow server;
  Session session;
  ::setenv("MLFLOW_TRACKING_USERNAME", "me", 1);
  ::setenv("MLFLOW_TRACKING_PASSWORD", "secret", 1);
  Mlflow(session.options(server.url())).finish(RunStatus::finished);
  CHECK(server.authorization == "Basic bWU6c2VjcmV0");
  ::setenv("MLFLOW_TRACKING_TOKEN", "token", 1);
  Mlflow(session.options(server.url())).finish(RunStatus::finished);
  CHECK(server.authorization == "Bearer token");
  for (const char* name : {"USERNAME", "PASSWORD", "TOKEN"})
    ::unsetenv((std::string("MLFLOW_TRACKING_") + name).c_str());
  server.trouble = [](const std::string&) { return 403; };
  Mlflow(session.options("http://me:secret@127.0.0.1:" + std::to_string(server.port()))).finish(RunStatus::finished);
  CHECK(server.authorization == "Basic bWU6c2VjcmV0");
  CHECK(read_text(session.unsent).find("secret") == std::string::npos);
  for (const std::string& line : session.said) CHECK(line.find("secret") == std::string::npos);
}

TEST_CASE("credentials are taken out of URLs, and nothing else is") {
  CHECK(without_credentials("http://me:secret@host:5000/a") == "http://host:5000/a");
  CHECK(without_credentials("http://me:sec@ret@host") == "http://host");
  CHECK(without_credentials("http://host/a@b") == "http://host/a@b");
  CHECK(without_credentials("http://host?a@b") == "http://host?a@b");
  CHECK(without_credentials("host") == "host");
}
