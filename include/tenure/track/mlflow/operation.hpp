/// What is told to MLflow of a run, whichever way it goes there: what the run is, and operations on it one after the
/// other. A component: link tenure::mlflow.
#pragma once

#include <pwd.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include "../../core/finite.hpp"
#include "../../core/json.hpp"
#include "../tracker.hpp"

namespace tenure { inline namespace TENURE_ABI { namespace mlflow {

/// Milliseconds since 1970.
[[gnu::cold]] inline std::int64_t now() {
  using namespace std::chrono;
  return duration_cast<milliseconds>(system_clock::now().time_since_epoch()).count();
}

/// Random digits of a base up to 16, the first of which is not 0.
[[gnu::cold]] inline std::string random_digits(std::size_t count, unsigned base) {
  std::random_device random;
  std::string text;
  while (text.size() < count) {
    const char digit = "0123456789abcdef"[std::uniform_int_distribution<unsigned>(text.empty(), base - 1)(random)];
    text += digit;
  }
  return text;
}

/// A value of a metric at a step, and when it was logged.
struct LoggedMetric {
  std::string key;
  double value;
  std::int64_t timestamp;  ///< in milliseconds
  Index step;
};

/// What is known of a run before anything is sent.
struct RunDescription {
  std::string experiment;
  std::string name;
  std::string user;
  std::string id;  ///< 32 hexadecimal digits: the run's in a file store; a server gives one of its own
  std::int64_t start_time = 0;
};

/// A run that starts now, by the user of this process.
[[gnu::cold]] inline RunDescription describe_run(std::string experiment, std::string name) {
  const passwd* user = ::getpwuid(::geteuid());
  return {std::move(experiment), std::move(name), user ? user->pw_name : "unknown", random_digits(32, 16), now()};
}

/// One thing to be told. What a kind has no use for is empty.
struct Operation {
  enum Kind { batch, artifact, model_version, finish };
  Kind kind = batch;
  std::vector<LoggedMetric> metrics = {};  ///< of a batch
  std::vector<Setting> params = {};
  std::vector<Setting> tags = {};
  std::string target = {};    ///< of an artifact: its path in the run's; of a version: the directory of its artifacts
  std::string file = {};      ///< where its contents are, or
  std::string contents = {};  ///< the contents themselves
  std::string model = {};     ///< the registered model's name
  RunStatus status = RunStatus::finished;
  std::int64_t time = 0;  ///< of the end
};

/// MLflow's numbers for how a run ended.
constexpr int status_number(RunStatus status) {
  return status == RunStatus::finished ? 3 : status == RunStatus::failed ? 4 : 5;
}
constexpr const char* status_name(RunStatus status) {
  return status == RunStatus::finished ? "FINISHED" : status == RunStatus::failed ? "FAILED" : "KILLED";
}

/// What MLflow takes in one request, and how long names and texts may be (its REST documentation, "Data limits").
inline constexpr std::size_t most_metrics = 1000;
inline constexpr std::size_t most_params = 100;
inline constexpr std::size_t most_tags = 100;
inline constexpr std::size_t most_entries = 1000;
inline constexpr std::size_t longest_key = 250;
inline constexpr std::size_t longest_param = 6000;
inline constexpr std::size_t longest_tag = 5000;

/// A name as MLflow takes it: letters, digits, underscores, hyphens, dots, slashes and spaces. All else becomes an
/// underscore, and so do slashes that would make no proper path of it.
[[gnu::cold]] inline std::string valid_key(std::string_view name) {
  std::string key;
  for (const char c : name.substr(0, longest_key)) {
    const bool valid = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
                       c == '-' || c == '.' || c == '/' || c == ' ';
    key += valid ? c : '_';
  }
  const std::string path = "/" + key + "/";
  for (const char* improper : {"//", "/./", "/../"}) {
    if (path.find(improper) != std::string::npos) std::ranges::replace(key, '/', '_');
  }
  return key.find_first_not_of('.') == std::string::npos ? "_" + key : key;
}

/// A text of at most so many bytes, cut between characters of UTF-8, without line ends, which a file store's parameters
/// can't have.
[[gnu::cold]] inline std::string valid_text(std::string text, std::size_t longest) {
  if (text.size() > longest) {
    while (longest > 0 && (static_cast<unsigned char>(text[longest]) & 0xC0) == 0x80) --longest;
    text.resize(longest);
  }
  std::ranges::replace(text, '\n', ' ');
  std::ranges::replace(text, '\r', ' ');
  return text;
}

/// The form of the REST API: {"key": …, "value": …}, and for metrics what else they have. A number that is none is a
/// text there, as protobuf has it.
[[gnu::cold]] inline nlohmann::ordered_json json_of(const LoggedMetric& metric) {
  nlohmann::ordered_json json{
      {"key", metric.key}, {"value", metric.value}, {"timestamp", metric.timestamp}, {"step", metric.step}};
  if (!is_finite(metric.value)) {
    json["value"] = is_nan(metric.value) ? "NaN" : metric.value > 0 ? "Infinity" : "-Infinity";
  }
  return json;
}
[[gnu::cold]] inline nlohmann::ordered_json json_of(const Setting& setting) {
  return {{"key", setting.name}, {"value", setting.value}};
}
template <class Entry>
[[gnu::cold]] nlohmann::ordered_json json_of(const std::vector<Entry>& entries) {
  auto json = nlohmann::ordered_json::array();
  for (const Entry& entry : entries) json.push_back(json_of(entry));
  return json;
}

/// One line of the file in which operations wait.
[[gnu::cold]] inline nlohmann::ordered_json json_of(const Operation& operation) {
  switch (operation.kind) {
    case Operation::artifact:
      return {{"artifact", operation.target}, {"file", operation.file}, {"contents", operation.contents}};
    case Operation::model_version:
      return {{"model", operation.model}, {"source", operation.target}};
    case Operation::finish:
      return {{"finish", status_number(operation.status)}, {"time", operation.time}};
    default:
      return {{"metrics", json_of(operation.metrics)},
              {"params", json_of(operation.params)},
              {"tags", json_of(operation.tags)}};
  }
}

/// The counterpart. @throws nlohmann::ordered_json::exception
[[gnu::cold]] inline Operation operation_of(const nlohmann::ordered_json& json) {
  const auto settings = [&](const char* name) {
    std::vector<Setting> read;
    for (const auto& one : json.at(name)) read.push_back({one.at("key"), one.at("value")});
    return read;
  };
  if (json.contains("artifact")) {
    return {.kind = Operation::artifact,
            .target = json.at("artifact"),
            .file = json.at("file"),
            .contents = json.at("contents")};
  }
  if (json.contains("model")) {
    return {.kind = Operation::model_version, .target = json.at("source"), .model = json.at("model")};
  }
  if (json.contains("finish")) {
    const int number = json.at("finish");
    const RunStatus status = number == 3   ? RunStatus::finished
                             : number == 4 ? RunStatus::failed
                                           : RunStatus::interrupted;
    return {.kind = Operation::finish, .status = status, .time = json.at("time")};
  }
  Operation batch{.params = settings("params"), .tags = settings("tags")};
  for (const auto& one : json.at("metrics")) {
    const auto& value = one.at("value");
    const double number =
        value.is_number() ? value.template get<double>() : std::stod(value.template get<std::string>());
    batch.metrics.push_back({one.at("key"), number, one.at("timestamp"), one.at("step")});
  }
  return batch;
}

/// Where operations go.
class Sink {
 public:
  virtual ~Sink() = default;
  /// Does it, or sees to it that it will be done. Throws nothing but std::bad_alloc: a training must not end for it.
  virtual void push(Operation operation) = 0;
  /// Nothing follows; waits until all is done, but not for long.
  virtual void close() = 0;
};

}}}  // namespace tenure::TENURE_ABI::mlflow
