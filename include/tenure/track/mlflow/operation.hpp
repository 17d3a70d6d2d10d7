/// What is told to MLflow of a run, whichever way it goes there: what the run is, and operations on it one after the
/// other. A component: link tenure::mlflow.
#pragma once

#include <pwd.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <random>
#include <string>
#include <vector>

#include "../../core/finite.hpp"
#include "../../core/json.hpp"
#include "../tracker.hpp"
#include "../utf8.hpp"

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

/// What MLflow takes in one request, and how long names and texts may be (its REST documentation, "Request Limits", and
/// mlflow/utils/validation.py of 2.17; earlier versions refuse parameters of more than 500 or 250 characters).
inline constexpr std::size_t most_metrics = 1000;
inline constexpr std::size_t most_params = 100;
inline constexpr std::size_t most_tags = 100;
inline constexpr std::size_t most_entries = 1000;
inline constexpr std::size_t most_bytes = 999'000;  ///< of entries, in a request of at most a million
inline constexpr std::size_t longest_key = 250;     ///< of a metric, a parameter or a tag
inline constexpr std::size_t longest_param = 6000;  ///< a parameter's value
inline constexpr std::size_t longest_tag = 5000;    ///< a tag's value

/// A name as MLflow takes it: letters, digits, underscores, hyphens, dots, slashes and spaces, and a path that is
/// relative, normal, and does not begin with "..". All else becomes an underscore, and so do slashes of other paths.
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
  if (key.empty() || key == "." || key.starts_with("..")) key = ("_" + key).substr(0, longest_key);
  return key;
}

/// A name of a registered model, which is a directory's in a file store: a slash, a colon and a percent sign, which
/// MLflow's URIs of models can't have, become underscores.
[[gnu::cold]] inline std::string valid_model_name(std::string name) {
  for (char& c : name) c = c == '/' || c == ':' || c == '%' ? '_' : c;
  return name.find_first_not_of('.') == std::string::npos ? "_" + name : name;
}

/// A path below a run's artifacts, without parts that would lead out of them.
[[gnu::cold]] inline std::string valid_path(const std::string& path) {
  std::string valid;
  for (const auto& part : std::filesystem::path(path).relative_path()) {
    if (part.empty() || part == ".") continue;
    valid += (valid.empty() ? "" : "/") + (part == ".." ? "_" : part.string());
  }
  return valid;
}

namespace detail {

/// Whether a text begins with a character that MLflow's readers would take for an end of a line (Python's
/// str.splitlines), or would not take at all (a control character, which YAML does not have).
[[gnu::cold]] inline bool is_control(std::string_view character) {
  const auto first = static_cast<unsigned char>(character[0]);
  if (character.size() == 1) return (first < 0x20 && first != '\t') || first == 0x7F;
  const bool c1 = first == 0xC2 && static_cast<unsigned char>(character[1]) < 0xA0;  // U+0080 to U+009F
  return c1 || character == "\u2028" || character == "\u2029";
}

}  // namespace detail

/// A text as MLflow can read it from a file store, where one that it can't read hides all runs of an experiment: bytes
/// that are no UTF-8 become U+FFFD, line ends and other control characters blanks. Of at most so many bytes, cut between
/// characters.
[[gnu::cold]] inline std::string valid_text(std::string_view text, std::size_t longest) {
  const std::string whole = valid_utf8(text);
  std::string valid;
  for (std::string_view rest = whole; !rest.empty();) {
    const bool ascii = static_cast<unsigned char>(rest[0]) < 0x80;
    std::string_view character = rest.substr(0, ascii ? 1 : tenure::detail::utf8_character(rest));
    rest.remove_prefix(character.size());
    if (character == "\xEF\xBF\xBE" || character == "\xEF\xBF\xBF") character = "\uFFFD";  // U+FFFE and U+FFFF
    if (detail::is_control(character)) character = " ";
    if (valid.size() + character.size() > longest) break;
    valid += character;
  }
  return valid;
}

/// A run that starts now, by the user of this process.
[[gnu::cold]] inline RunDescription describe_run(const std::string& experiment, const std::string& name) {
  const passwd* user = ::getpwuid(::geteuid());
  return {valid_text(experiment, longest_key), valid_text(name, longest_key),
          valid_text(user ? user->pw_name : "unknown", longest_key), random_digits(32, 16), now()};
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

/// At most so many bytes of a request.
[[gnu::cold]] inline std::size_t bytes_of(const LoggedMetric& metric) {
  return metric.key.size() + 128;  // the names of four members, and three numbers of 24 characters at most
}
[[gnu::cold]] inline std::size_t bytes_of(const Setting& setting) {
  constexpr auto replace = nlohmann::ordered_json::error_handler_t::replace;
  return json_of(setting).dump(-1, ' ', false, replace).size() + 1;
}
template <class Entry>
[[gnu::cold]] std::size_t bytes_of(const std::vector<Entry>& entries) {
  std::size_t bytes = 0;
  for (const Entry& entry : entries) bytes += bytes_of(entry);
  return bytes;
}
[[gnu::cold]] inline std::size_t bytes_of(const Operation& batch) {
  return bytes_of(batch.metrics) + bytes_of(batch.params) + bytes_of(batch.tags);
}

/// One line of the file in which operations wait, which unsent.hpp reads.
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
