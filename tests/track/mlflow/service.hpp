/// MLflow's REST API as MLflow states it: the messages of mlflow/protos/service.proto and model_registry.proto that a run
/// needs, in the JSON that protobuf defines for them (https://protobuf.dev/programming-guides/json), with what the page
/// "REST API" of its documentation and mlflow/utils/validation.py demand of them.
#pragma once

#include <algorithm>
#include <cctype>
#include <cstdint>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <stdexcept>
#include <string>
#include <vector>

namespace tenure::test {

/// What a request is answered with where it is not done.
struct MlflowRefusal : std::runtime_error {
  int status;
  std::string code;
  MlflowRefusal(int its_status, std::string its_code, const std::string& message)
      : std::runtime_error(message), status(its_status), code(std::move(its_code)) {}
};

/// One of a message.
struct MlflowField {
  const char* name;
  const char* type;  ///< of protobuf, or a message; [TYPE] for a repeated one
  bool required = false;
};

/// What differs between versions.
struct MlflowVersion {
  std::size_t longest_param = 6000;  ///< characters; 250 in 1.13
  bool colons = true;                ///< in keys; not in 1.x
  bool artifacts = true;             ///< taken by the server; not in 1.x
};

class MlflowService {
 public:
  using Json = nlohmann::json;

  explicit MlflowService(MlflowVersion version = {}) : version_(version) {}

  /// Fields that no message has, and what is over the documentation's limits though servers may take it.
  std::vector<std::string> wrong;

  /// @throws MlflowRefusal for what a request may not be
  void check(const std::string& message, const Json& json) {
    std::set<std::string> known;
    for (const MlflowField& field : messages().at(message)) {
      known.insert(field.name);
      check_field(field, json);
    }
    for (const auto& item : json.items()) {
      if (!known.contains(item.key())) wrong.push_back(message + " has no field " + item.key());
    }
  }

  /// "Request Limits" of log-batch, and what keys and values may be.
  void check_batch(const Json& json, std::size_t bytes) {
    const Json metrics = json.value("metrics", Json::array()), params = json.value("params", Json::array()),
               tags = json.value("tags", Json::array());
    need(metrics.size() <= 1000, "at most 1000 metrics");
    need(params.size() <= 100, "at most 100 params");
    need(tags.size() <= 100, "at most 100 tags");
    need(metrics.size() + params.size() + tags.size() <= 1000, "at most 1000 metrics, params, and tags");
    if (bytes > 1'000'000) wrong.push_back("a request of more than 1 MB");
    std::set<std::string> keys;
    for (const Json& param : params) {
      need(keys.insert(param.at("key")).second, "Duplicate parameter keys");
      need(characters(param.value("value", "")) <= version_.longest_param, "a param value that is not too long");
    }
    for (const Json& tag : tags) need(characters(tag.value("value", "")) <= 5000, "a tag value that is not too long");
    for (const Json* entries : {&metrics, &params, &tags}) {
      for (const Json& entry : *entries) check_key(entry.at("key"));
    }
    for (const Json& metric : metrics) need(integer(metric.at("timestamp")) >= 0, "a nonnegative timestamp");
  }

  static void need(bool held, const std::string& what) {
    if (!held) throw MlflowRefusal(400, "INVALID_PARAMETER_VALUE", "Invalid value: expected " + what);
  }

 private:
  static const std::map<std::string, std::vector<MlflowField>>& messages() {
    static const std::map<std::string, std::vector<MlflowField>> all{
        {"CreateExperiment", {{"name", "string", true}, {"artifact_location", "string"}, {"tags", "[Tag]"}}},
        {"GetExperimentByName", {{"experiment_name", "string", true}}},
        {"CreateRun",
         {{"experiment_id", "string"},
          {"user_id", "string"},
          {"run_name", "string"},
          {"start_time", "int64"},
          {"tags", "[Tag]"}}},
        {"GetRun", {{"run_id", "string", true}, {"run_uuid", "string"}}},
        {"UpdateRun",
         {{"run_id", "string", true},
          {"run_uuid", "string"},
          {"status", "RunStatus"},
          {"end_time", "int64"},
          {"run_name", "string"}}},
        {"SearchRuns",
         {{"experiment_ids", "[string]"},
          {"filter", "string"},
          {"run_view_type", "string"},
          {"max_results", "int32"},
          {"order_by", "[string]"},
          {"page_token", "string"}}},
        {"LogBatch", {{"run_id", "string", true}, {"metrics", "[Metric]"}, {"params", "[Param]"}, {"tags", "[Tag]"}}},
        {"Metric",
         {{"key", "string", true}, {"value", "double", true}, {"timestamp", "int64", true}, {"step", "int64"}}},
        {"Param", {{"key", "string", true}, {"value", "string"}}},
        {"Tag", {{"key", "string", true}, {"value", "string"}}},
        {"CreateRegisteredModel", {{"name", "string", true}, {"tags", "[Tag]"}, {"description", "string"}}},
        {"CreateModelVersion",
         {{"name", "string", true},
          {"source", "string", true},
          {"run_id", "string"},
          {"tags", "[Tag]"},
          {"run_link", "string"},
          {"description", "string"}}}};
    return all;
  }

  void check_field(const MlflowField& field, const Json& json) {
    const std::string name = field.name, type = field.type;
    const bool given = json.contains(name) && !json.at(name).is_null() && json.at(name) != "";
    need(given || !field.required, "Missing value for required parameter '" + name + "'");
    if (!given) return;
    if (!type.starts_with('[')) return check_value(name, type, json.at(name));
    need(json.at(name).is_array(), name + " is an array");
    for (const Json& element : json.at(name)) check_value(name, type.substr(1, type.size() - 2), element);
  }

  void check_value(const std::string& name, const std::string& type, const Json& json) {
    static const std::set<std::string> statuses{"RUNNING", "SCHEDULED", "FINISHED", "FAILED", "KILLED"};
    static const std::set<std::string> none{"NaN", "Infinity", "-Infinity"};
    if (messages().contains(type)) {
      need(json.is_object(), name + " is an object");
      check(type, json);
    } else if (type == "string") {
      need(json.is_string(), name + " is a text");
    } else if (type == "double") {
      need(json.is_number() || (json.is_string() && none.contains(json)), name + " is a double");
    } else if (type == "RunStatus") {
      need(json.is_string() && statuses.contains(json), name + " is a status");
    } else {
      integer(json);
    }
  }

  /// Either of protobuf's forms of an integer. @throws MlflowRefusal
  static std::int64_t integer(const Json& json) {
    need(json.is_number_integer() || json.is_string(), "an integer");
    if (json.is_number()) return json;
    std::size_t end = 0;
    const std::int64_t value = std::stoll(json.get<std::string>(), &end);
    need(end == json.get<std::string>().size(), "an integer");
    return value;
  }

  static std::size_t characters(const std::string& text) {
    return static_cast<std::size_t>(std::ranges::count_if(text, [](char c) { return (c & 0xC0) != 0x80; }));
  }

  /// Letters of all alphabets are allowed; as a path it must be normal (Python's posixpath.normpath), relative, and not
  /// begin with two dots.
  void check_key(const std::string& key) const {
    need(characters(key) <= 250, "a key of at most 250 characters");
    for (const char c : key) {
      const bool letter = std::isalnum(static_cast<unsigned char>(c)) || (c & 0x80) != 0;
      need(letter || std::string("_-. /").find(c) != std::string::npos || (c == ':' && version_.colons),
           "a key of letters, digits, _-./: and blanks");
    }
    bool normal = !key.starts_with("..");
    std::size_t begin = 0;
    for (std::size_t end; begin <= key.size(); begin = end + 1) {
      end = (std::min)(key.find('/', begin), key.size());
      const std::string part = key.substr(begin, end - begin);
      normal = normal && !part.empty() && part != "." && part != "..";
    }
    need(normal, "a key that is a normal path");
  }

  MlflowVersion version_;
};

}  // namespace tenure::test
