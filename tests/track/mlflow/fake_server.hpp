/// A small MLflow server of a test's own: it checks each request for what MLflow's REST API 2.0 demands, keeps what it
/// was told, and can be away, slow or failing.
#pragma once

#include <httplib.h>

#include <atomic>
#include <functional>
#include <map>
#include <mutex>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <thread>
#include <vector>

namespace tenure::test {

class FakeMlflow {
 public:
  using Json = nlohmann::json;
  struct Run {
    std::string experiment;
    Json info;
    std::map<std::string, std::string> params, tags;
    std::map<std::string, std::vector<Json>> metrics;
    std::string status = "RUNNING";
  };

  std::map<std::string, std::string> experiments;  // id by name
  std::map<std::string, Run> runs;
  std::map<std::string, std::string> artifacts;       // contents by path
  std::map<std::string, std::vector<Json>> versions;  // by model
  std::vector<std::string> requests, wrong;
  std::string authorization;  // of the last request
  /// Called before anything else with "METHOD PATH"; a status other than 0 is what the request gets.
  std::function<int(const std::string&)> trouble;
  /// Called after it was done: what the answer is instead.
  std::function<int(const std::string&)> lost;

  explicit FakeMlflow(int port = 0) {
    get("experiments/get-by-name", [this](const Json&, const httplib::Request& request) { return find(request); });
    post("experiments/create", {"name"}, [this](const Json& json) { return make_experiment(json.at("name")); });
    post("runs/create", {"experiment_id", "user_id", "run_name", "start_time", "tags"},
         [this](const Json& json) { return make_run(json); });
    post("runs/search", {"experiment_ids", "filter", "max_results"}, [this](const Json& json) { return search(json); });
    get("runs/get", [this](const Json&, const httplib::Request& request) {
      return Json{{"run", {{"info", runs.at(request.get_param_value("run_id")).info}}}};
    });
    post("runs/log-batch", {"run_id", "metrics", "params", "tags"}, [this](const Json& json) { return log(json); });
    post("runs/update", {"run_id", "status", "end_time"}, [this](const Json& json) {
      need(json.at("end_time").is_number_integer(), "end_time is an integer");
      runs.at(json.at("run_id")).status = json.at("status");
      return Json::object();
    });
    post("registered-models/create", {"name"}, [this](const Json& json) {
      if (versions.contains(json.at("name"))) throw Refusal{400, "RESOURCE_ALREADY_EXISTS"};
      versions[json.at("name")];
      return Json::object();
    });
    post("model-versions/create", {"name", "source", "run_id"}, [this](const Json& json) {
      need(runs.contains(json.at("run_id")), "a version's run is there");
      versions.at(json.at("name")).push_back(json);
      return Json::object();
    });
    server_.Put(R"(/api/2\.0/mlflow-artifacts/artifacts/(.*))", [this](const auto& request, auto& response) {
      this->handle(request, response, [&] {
        artifacts[request.matches[1]] = request.body;
        return Json::object();
      });
    });
    server_.set_keep_alive_max_count(1000);
    server_.set_keep_alive_timeout(1);  // second, for which stopping waits
    server_.set_error_handler([this](const auto& request, const auto&) {
      const std::lock_guard lock(mutex_);
      if (!known_) wrong.push_back("no such request: " + request.method + " " + request.path);
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
  long count(const std::string& request) const { return std::ranges::count(requests, request); }

 private:
  struct Refusal {
    int status;
    std::string code;
  };

  static Json error_of(const std::string& code, const std::string& message) {
    return {{"error_code", code}, {"message", message}};
  }

  static void need(bool held, const std::string& what) {
    if (!held) throw std::runtime_error(what);
  }

  template <class F>
  void handle(const httplib::Request& request, httplib::Response& response, F action) {
    const std::lock_guard lock(mutex_);
    known_ = true;
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
      } catch (const Refusal& refusal) {
        response.status = refusal.status;
        answer = error_of(refusal.code, "refused");
      } catch (const std::exception& error) {
        response.status = 400;
        answer = error_of("INVALID_PARAMETER_VALUE", error.what());
        wrong.push_back(name + ": " + error.what());
      }
    }
    response.set_content(answer.dump(), "application/json");
  }

  template <class F>
  void get(const std::string& path, F action) {
    server_.Get("/api/2.0/" + path, [this, action](const auto& request, auto& response) {
      this->handle(request, response, [&] { return action(Json(), request); });
    });
  }

  /// With just these members.
  template <class F>
  void post(const std::string& path, const std::set<std::string>& members, F action) {
    server_.Post("/api/2.0/" + path, [this, members, action](const auto& request, auto& response) {
      this->handle(request, response, [&] {
        need(request.get_header_value("Content-Type") == "application/json", "JSON as its content type");
        const Json json = Json::parse(request.body);
        std::set<std::string> given;
        for (const auto& item : json.items()) given.insert(item.key());
        need(given == members, "the members of the request: " + request.body);
        return action(json);
      });
    });
  }

  Json find(const httplib::Request& request) {
    const auto found = experiments.find(request.get_param_value("experiment_name"));
    if (found == experiments.end()) throw Refusal{404, "RESOURCE_DOES_NOT_EXIST"};
    return {{"experiment", {{"experiment_id", found->second}, {"name", found->first}}}};
  }

  Json make_experiment(const std::string& name) {
    const std::string id = std::to_string(experiments.size() + 1);
    if (!experiments.emplace(name, id).second) throw Refusal{400, "RESOURCE_ALREADY_EXISTS"};
    return {{"experiment_id", id}};
  }

  Json make_run(const Json& json) {
    need(json.at("start_time").is_number_integer(), "start_time is an integer");
    const std::string id = "run" + std::to_string(runs.size() + 1);
    Run& run = runs[id];
    run.experiment = json.at("experiment_id");
    run.info = {{"run_id", id},
                {"run_name", json.at("run_name")},
                {"artifact_uri", "mlflow-artifacts:/" + run.experiment + "/" + id + "/artifacts"}};
    for (const Json& tag : json.at("tags")) run.tags[tag.at("key")] = tag.at("value");
    return {{"run", {{"info", run.info}}}};
  }

  Json search(const Json& json) {
    Json found = Json::array();
    for (const auto& [id, run] : runs) {
      const bool right = "tags.tenure_run = '" + run.tags.at("tenure_run") + "'" == json.at("filter");
      if (right && json.at("experiment_ids") == Json::array({run.experiment})) found.push_back({{"info", run.info}});
    }
    return found.empty() ? Json::object() : Json{{"runs", found}};
  }

  Json log(const Json& json) {
    Run& run = runs.at(json.at("run_id"));
    const Json &metrics = json.at("metrics"), &params = json.at("params"), &tags = json.at("tags");
    need(metrics.size() <= 1000 && params.size() <= 100 && tags.size() <= 100, "at most 1000, 100, 100");
    need(metrics.size() + params.size() + tags.size() <= 1000, "at most 1000 in all");
    for (const Json& one : params) {
      if (one.at("key") == "refused") throw Refusal{400, "INVALID_PARAMETER_VALUE"};
    }
    for (const Json& one : metrics) {
      need(one.at("value").is_number() || one.at("value") == "NaN", "a metric's value is a number");
      need(one.at("timestamp").is_number_integer() && one.at("step").is_number_integer(), "integers");
      run.metrics[one.at("key")].push_back(one);
    }
    for (const Json& one : params) run.params[one.at("key")] = one.at("value").get<std::string>();
    for (const Json& one : tags) run.tags[one.at("key")] = one.at("value").get<std::string>();
    return Json::object();
  }

  httplib::Server server_;
  std::mutex mutex_;
  std::thread thread_;
  int port_ = 0;
  bool known_ = false;
};

}  // namespace tenure::test
