/// A run on an MLflow server, by its REST API 2.0 (mlflow/protos/{service,model_registry,mlflow_artifacts}.proto and its
/// documentation's page "REST API"). A component: link tenure::mlflow.
///
/// Under /api/2.0/mlflow/, but for artifacts, which are under /api/2.0/mlflow-artifacts/artifacts/:
///
/// | what              | request                                                                               |
/// |-------------------|---------------------------------------------------------------------------------------|
/// | the experiment    | GET experiments/get-by-name, POST experiments/create                                  |
/// | the run           | POST runs/create, runs/search where an earlier answer may have been lost, runs/update |
/// | numbers and texts | POST runs/log-batch                                                                   |
/// | artifacts         | PUT PATH, through the server's proxy                                                  |
/// | models            | POST registered-models/create, model-versions/create                                  |
#pragma once

#include <optional>

#include "http.hpp"
#include "operation.hpp"

namespace tenure { inline namespace TENURE_ABI { namespace mlflow {

/// The server refused a request, and would again.
class RefusedError : public Error {
 public:
  using Error::Error;
  RefusedError(const std::string& what, long status) : Error(what), status_(status) {}

  /// For something in what was sent, rather than for who asks or what is asked for.
  bool for_contents() const noexcept { return status_ == 400 || status_ == 413; }

 private:
  long status_ = 0;
};

/// Bytes of a server's own words in a message.
inline constexpr std::size_t longest_message = 300;

/// Requests about one run, in sequence. Nothing is sent before the first operation.
class Server {
 public:
  /// @param url http://HOST:PORT, with a path where the server has one
  [[gnu::cold]] Server(std::string url, RunDescription run, const HttpOptions& options)
      : url_(std::move(url)), run_(std::move(run)), http_(options) {
    while (url_.ends_with('/')) url_.pop_back();
  }

  const std::string& url() const noexcept { return url_; }
  const RunDescription& run() const noexcept { return run_; }
  /// The server's name for the run; empty before it is made.
  const std::string& run_id() const noexcept { return run_id_; }
  /// For a run that an earlier Server may have made: it is looked for before one is made.
  void resume(std::string run_id) {
    run_id_ = std::move(run_id);
    may_exist_ = true;
  }
  void cancel() noexcept { http_.cancel(); }

  /// @throws ConnectionError where there is no answer, or one that says to try later; RefusedError; FileError for an
  ///   artifact that can't be read
  [[gnu::cold]] void apply(const Operation& operation) {
    if (run_id_.empty()) make_run();
    switch (operation.kind) {
      case Operation::batch:
        post("runs/log-batch", {{"run_id", run_id_},
                                {"metrics", json_of(operation.metrics)},
                                {"params", json_of(operation.params)},
                                {"tags", json_of(operation.tags)}});
        break;
      case Operation::artifact:
        put_artifact(operation);
        break;
      case Operation::model_version:
        add_version(operation);
        break;
      case Operation::finish:
        post("runs/update",
             {{"run_id", run_id_}, {"status", status_name(operation.status)}, {"end_time", operation.time}});
    }
  }

 private:
  using Json = nlohmann::ordered_json;

  std::string api(const std::string& path) const { return url_ + "/api/2.0/mlflow/" + path; }

  HttpReply checked(const HttpRequest& request, std::string_view but_not = {}) {
    HttpReply reply = http_.send(request);
    if (reply.status >= 200 && reply.status < 300) return reply;
    const Json json = Json::parse(reply.body, nullptr, false);
    if (!but_not.empty() && error_code(json) == but_not) return reply;
    const std::string url = without_credentials(request.url);
    std::string what = request.method + " " + url.substr(0, url.find('?')) + ": " + std::to_string(reply.status);
    if (!error_code(json).empty()) what += " " + error_code(json);
    if (json.is_object() && json.contains("message") && json["message"].is_string()) {
      what += ": " + valid_text(json["message"].get<std::string>(), longest_message);
    }
    const bool later = reply.status >= 500 || reply.status == 408 || reply.status == 425 || reply.status == 429;
    if (later) throw ConnectionError(what);
    throw RefusedError(what, reply.status);
  }

  static std::string error_code(const Json& json) {
    if (!json.is_object() || !json.contains("error_code") || !json["error_code"].is_string()) return {};
    return json["error_code"];
  }

  /// What the server answers; null where it refuses with that code.
  std::optional<Json> answer(const HttpRequest& request, std::string_view but_not = {}) {
    const HttpReply reply = checked(request, but_not);
    if (reply.status >= 300) return std::nullopt;
    Json json = Json::parse(reply.body, nullptr, false);
    if (json.is_discarded())
      throw RefusedError(without_credentials(request.url), "the JSON of an MLflow server", "something else");
    return json;
  }
  std::optional<Json> post(const std::string& path, const Json& json, std::string_view but_not = {}) {
    // Texts that are no UTF-8, which JSON does not have, are sent with replacements.
    return answer({.method = "POST",
                   .url = api(path),
                   .body = json.dump(-1, ' ', false, Json::error_handler_t::replace),
                   .content_type = "application/json"},
                  but_not);
  }

  /// A member of an answer, by its path. @throws RefusedError
  static std::string text_at(const std::optional<Json>& json, const char* pointer) {
    const Json::json_pointer place(pointer);
    if (!json || !json->contains(place) || !json->at(place).is_string()) {
      throw RefusedError("MLflow", {"an answer with ", pointer},
                         json ? valid_text(json->dump(), longest_message) : "none");
    }
    return json->at(place);
  }

  std::string find_experiment() {
    const HttpRequest request{
        .method = "GET", .url = api("experiments/get-by-name?experiment_name=") + percent_encoded(run_.experiment)};
    const auto found = answer(request, "RESOURCE_DOES_NOT_EXIST");
    return found ? text_at(found, "/experiment/experiment_id") : std::string();
  }

  std::string experiment() {
    std::string id = find_experiment();
    if (!id.empty()) return id;
    // Another program may have made it meanwhile.
    const auto made = post("experiments/create", {{"name", run_.experiment}}, "RESOURCE_ALREADY_EXISTS");
    return made ? text_at(made, "/experiment_id") : find_experiment();
  }

  void make_run() {
    const std::string experiment_id = experiment();
    if (may_exist_ && find_run(experiment_id)) return;
    may_exist_ = true;
    const auto made = post("runs/create", {{"experiment_id", experiment_id},
                                           {"user_id", run_.user},
                                           {"run_name", run_.name},
                                           {"start_time", run_.start_time},
                                           {"tags", Json::array({json_of(Setting{"tenure_run", run_.id})})}});
    artifact_uri_ = text_at(made, "/run/info/artifact_uri");
    run_id_ = text_at(made, "/run/info/run_id");
  }

  bool find_run(const std::string& experiment_id) {
    const auto found = post("runs/search", {{"experiment_ids", Json::array({experiment_id})},
                                            {"filter", "tags.tenure_run = '" + run_.id + "'"},
                                            {"max_results", 1}});
    if (!found || !found->contains("runs") || (*found)["runs"].empty()) return false;
    artifact_uri_ = text_at(found, "/runs/0/info/artifact_uri");
    run_id_ = text_at(found, "/runs/0/info/run_id");
    return true;
  }

  const std::string& artifact_uri() {
    if (artifact_uri_.empty()) {
      artifact_uri_ = text_at(answer({.method = "GET", .url = api("runs/get?run_id=") + percent_encoded(run_id_)}),
                              "/run/info/artifact_uri");
    }
    return artifact_uri_;
  }

  void put_artifact(const Operation& operation) {
    static constexpr std::string_view scheme = "mlflow-artifacts:";
    std::string root = artifact_uri();
    if (!root.starts_with(scheme)) {
      throw RefusedError(without_credentials(url_), "a server that takes artifacts (mlflow server --serve-artifacts)",
                         {"one that keeps them at ", root});
    }
    root.erase(0, scheme.size());
    if (root.starts_with("//")) root.erase(0, root.find('/', 2));  // mlflow-artifacts://HOST/PATH
    while (root.starts_with('/')) root.erase(0, 1);
    checked(
        {.method = "PUT",
         .url = url_ + "/api/2.0/mlflow-artifacts/artifacts/" + percent_encoded(root + "/" + operation.target, true),
         .body = operation.contents,
         .file = operation.file,
         .content_type = "application/octet-stream"});
  }

  void add_version(const Operation& operation) {
    post("registered-models/create", {{"name", operation.model}}, "RESOURCE_ALREADY_EXISTS");
    post("model-versions/create",
         {{"name", operation.model}, {"source", artifact_uri() + "/" + operation.target}, {"run_id", run_id_}});
  }

  std::string url_;
  RunDescription run_;
  HttpClient http_;
  std::string run_id_, artifact_uri_;
  bool may_exist_ = false;  // a request for it was sent
};

}}}  // namespace tenure::TENURE_ABI::mlflow
