/// A small MLflow server of a test's own: it takes what MLflow's protos and documentation say (service.hpp), answers what
/// MLflow was recorded to answer (recorded/, by fake_server_test.cpp), keeps what it was told, and can be away, slow or
/// failing.
#pragma once

#include <httplib.h>

#include <atomic>
#include <functional>
#include <mutex>
#include <regex>
#include <thread>

#include "service.hpp"

namespace tenure::test {

class FakeMlflow {
 public:
  using Json = nlohmann::json;
  struct Run {
    std::string experiment, id;
    Json start_time, end_time;
    std::string user, name, status = "RUNNING";
    std::map<std::string, std::string> params, tags;
    std::map<std::string, std::vector<Json>> metrics;
  };

  std::map<std::string, std::string> experiments{{"Default", "0"}};  // id by name
  std::map<std::string, Run> runs;                                   // by id
  std::map<std::string, std::string> artifacts;                      // contents by path
  std::map<std::string, std::vector<Json>> versions;                 // by model
  std::vector<std::string> requests, wrong;
  std::string authorization;  // of the last request
  /// Called before anything else with "METHOD PATH"; a status other than 0 is what the request gets.
  std::function<int(const std::string&)> trouble;
  /// Called after it was done: what the answer is instead.
  std::function<int(const std::string&)> lost;
  /// Appended to every answer.
  std::string padding;

  explicit FakeMlflow(int port = 0, MlflowVersion version = {}) : service_(version), version_(version) {
    get("experiments/get-by-name", "GetExperimentByName", [this](const Json& json) { return find(json); });
    post("experiments/create", "CreateExperiment", [this](const Json& json) { return make_experiment(json); });
    post("runs/create", "CreateRun", [this](const Json& json) { return make_run(json); });
    post("runs/search", "SearchRuns", [this](const Json& json) { return search(json); });
    get("runs/get", "GetRun", [this](const Json& json) { return Json{{"run", json_of(run(json))}}; });
    post("runs/log-batch", "LogBatch", [this](const Json& json) { return log(json); });
    post("runs/update", "UpdateRun", [this](const Json& json) { return update(json); });
    post("registered-models/create", "CreateRegisteredModel", [this](const Json& json) { return make_model(json); });
    post("model-versions/create", "CreateModelVersion", [this](const Json& json) { return add_version(json); });
    if (version.artifacts) take_artifacts();
    server_.set_keep_alive_max_count(1000);
    server_.set_keep_alive_timeout(1);  // second, for which stopping waits
    server_.set_error_handler([this](const auto& request, const auto& response) {
      const std::lock_guard lock(mutex_);
      if (response.body.empty()) wrong.push_back("no such request: " + request.method + " " + request.path);
    });
    port_ = port ? (server_.bind_to_port("127.0.0.1", port) ? port : 0) : server_.bind_to_any_port("127.0.0.1");
    thread_ = std::thread([this] { server_.listen_after_bind(); });
    while (!server_.is_running()) std::this_thread::yield();
  }
  ~FakeMlflow() {
    server_.stop();
    thread_.join();
  }

  int port() const { return port_; }
  std::string url() const { return "http://127.0.0.1:" + std::to_string(port_); }
  /// Takes requests one at a time: while it is held, none is answered.
  std::mutex& mutex() { return mutex_; }
  Run& only_run() { return runs.size() == 1 ? runs.begin()->second : throw std::runtime_error("not one run"); }
  /// Of an artifact of the run.
  static std::string path_in(const Run& run, const std::string& artifact) {
    return run.experiment + "/" + run.id + "/artifacts/" + artifact;
  }
  long count(const std::string& request) const { return std::ranges::count(requests, request); }

 private:
  static Json error_of(const std::string& code, const std::string& message) {
    return {{"error_code", code}, {"message", message}};
  }

  template <class F>
  void handle(const httplib::Request& request, httplib::Response& response, F action) {
    const std::lock_guard lock(mutex_);
    const std::string name = request.method + " " + request.path;
    requests.push_back(name);
    authorization = request.get_header_value("Authorization");
    Json answer = error_of("INTERNAL_ERROR", "trouble of the test's");
    response.status = trouble ? trouble(name) : 0;
    if (response.status == 0) {
      response.status = 200;
      try {
        answer = action();
        if (const int status = lost ? lost(name) : 0) response.status = status;
      } catch (const MlflowRefusal& refusal) {
        response.status = refusal.status;
        answer = error_of(refusal.code, refusal.what());
        if (refusal.code == "INVALID_PARAMETER_VALUE") wrong.push_back(name + ": " + refusal.what());
      }
    }
    for (const std::string& one : std::exchange(service_.wrong, {})) wrong.push_back(name + ": " + one);
    response.set_content(answer.dump() + padding, "application/json");
  }

  template <class F>
  void get(const std::string& path, const std::string& message, F action) {
    server_.Get("/api/2.0/mlflow/" + path, [this, message, action](const auto& request, auto& response) {
      this->handle(request, response, [&] {
        Json json = Json::object();
        for (const auto& [name, value] : request.params) json[name] = value;
        service_.check(message, json);
        return action(json);
      });
    });
  }
  template <class F>
  void post(const std::string& path, const std::string& message, F action) {
    server_.Get("/api/2.0/mlflow/" + path, [](const auto&, auto& response) { response.status = 405; });
    server_.Post("/api/2.0/mlflow/" + path, [this, message, action](const auto& request, auto& response) {
      this->handle(request, response, [&] {
        MlflowService::need(request.get_header_value("Content-Type") == "application/json", "JSON");
        const Json json = Json::parse(request.body, nullptr, false);
        MlflowService::need(json.is_object(), "a JSON object");
        service_.check(message, json);
        if (message == "LogBatch") service_.check_batch(json, request.body.size());
        return action(json);
      });
    });
  }

  /// mlflow_artifacts.proto: any path below the root.
  void take_artifacts() {
    static constexpr const char* paths = R"(/api/2\.0/mlflow-artifacts/artifacts/(.*))";
    server_.Put(paths, [this](const auto& request, auto& response) {
      this->handle(request, response, [&] {
        const std::string path = request.matches[1];
        MlflowService::need(("/" + path + "/").find("/../") == std::string::npos, "a path below the root");
        artifacts[path] = request.body;
        return Json::object();
      });
    });
    server_.Get(paths, [this](const auto& request, auto& response) {
      const std::lock_guard lock(mutex_);
      response.set_content(artifacts.at(request.matches[1]), "application/octet-stream");
    });
  }

  static MlflowRefusal absent(const std::string& what) { return {404, "RESOURCE_DOES_NOT_EXIST", "no such " + what}; }
  static MlflowRefusal present(const std::string& what) {
    return {400, "RESOURCE_ALREADY_EXISTS", what + " already exists"};
  }
  Run& run(const Json& json) {
    const auto found = runs.find(json.at("run_id"));
    return found != runs.end() ? found->second : throw absent("run");
  }

  Json json_of(const Run& run) const {
    const std::string root = version_.artifacts ? "mlflow-artifacts:/" : "ROOT/";
    Json info{{"run_id", run.id},
              {"run_uuid", run.id},
              {"experiment_id", run.experiment},
              {"user_id", run.user},
              {"status", run.status},
              {"start_time", run.start_time},
              {"lifecycle_stage", "active"},
              {"artifact_uri", root + path_in(run, "").substr(0, path_in(run, "").size() - 1)}};
    if (!run.end_time.is_null()) info["end_time"] = run.end_time;
    Json tags = Json::array(), params = Json::array();
    for (const auto& [key, value] : run.tags) tags.push_back({{"key", key}, {"value", value}});
    for (const auto& [key, value] : run.params) params.push_back({{"key", key}, {"value", value}});
    Json data{{"tags", tags}};
    if (!params.empty()) data["params"] = params;  // what is empty is left out
    return {{"info", info}, {"data", data}};
  }

  Json find(const Json& json) {
    const auto found = experiments.find(json.at("experiment_name"));
    if (found == experiments.end()) throw absent("experiment");
    return {{"experiment", {{"experiment_id", found->second}, {"name", found->first}, {"lifecycle_stage", "active"}}}};
  }

  Json make_experiment(const Json& json) {
    const std::string id = std::to_string(experiments.size());
    if (!experiments.emplace(json.at("name"), id).second) throw present("the experiment");
    return {{"experiment_id", id}};
  }

  Json make_run(const Json& json) {
    const bool known =
        std::ranges::any_of(experiments, [&](const auto& one) { return one.second == json.at("experiment_id"); });
    if (!known) throw absent("experiment");
    std::string id = std::to_string(runs.size() + 1);
    id.insert(0, 32 - id.size(), '0');
    Run& run = runs[id];
    run.id = id;
    run.experiment = json.at("experiment_id");
    run.start_time = json.at("start_time");
    run.user = json.at("user_id");
    run.name = json.at("run_name");
    for (const Json& tag : json.at("tags")) run.tags[tag.at("key")] = tag.at("value");
    return {{"run", json_of(run)}};
  }

  /// By a tag alone; no "runs" where there is none.
  Json search(const Json& json) {
    static const std::regex by_tag("tags\\.(\\w+) = '([^']*)'");
    std::smatch parts;
    const std::string filter = json.at("filter");
    MlflowService::need(std::regex_match(filter, parts, by_tag), "a filter by a tag");
    Json found = Json::array();
    for (const auto& [id, run] : runs) {
      const auto tag = run.tags.find(parts[1]);
      const Json& in = json.at("experiment_ids");
      if (tag != run.tags.end() && tag->second == parts[2] && std::ranges::count(in, Json(run.experiment)) > 0) {
        found.push_back(json_of(run));
      }
    }
    return found.empty() ? Json::object() : Json{{"runs", found}};
  }

  Json log(const Json& json) {
    Run& run = this->run(json);
    const Json &metrics = json.at("metrics"), &params = json.at("params"), &tags = json.at("tags");
    for (const Json& one : params) {
      const auto before = run.params.find(one.at("key"));
      MlflowService::need(before == run.params.end() || before->second == one.at("value"),
                          "the value that the param has, for it can't be changed");
    }
    for (const Json& one : metrics) run.metrics[one.at("key")].push_back(one);
    for (const Json& one : params) run.params[one.at("key")] = one.at("value");
    for (const Json& one : tags) run.tags[one.at("key")] = one.at("value");
    return Json::object();
  }

  Json update(const Json& json) {
    Run& run = this->run(json);
    run.status = json.at("status");
    run.end_time = json.at("end_time");
    return {{"run_info", json_of(run).at("info")}};
  }

  Json make_model(const Json& json) {
    if (versions.contains(json.at("name"))) throw present("the model");
    versions[json.at("name")];
    return {{"registered_model", {{"name", json.at("name")}}}};
  }

  Json add_version(const Json& json) {
    const auto model = versions.find(json.at("name"));
    if (model == versions.end()) throw absent("model");
    model->second.push_back(json);
    return {{"model_version",
             {{"name", json.at("name")},
              {"version", std::to_string(model->second.size())},
              {"source", json.at("source")},
              {"run_id", json.at("run_id")},
              {"status", "READY"}}}};
  }

  MlflowService service_;
  MlflowVersion version_;
  httplib::Server server_;
  std::mutex mutex_;
  std::thread thread_;
  int port_ = 0;
};

}  // namespace tenure::test
