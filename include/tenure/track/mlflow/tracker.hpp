/// A training in MLflow. A component: link tenure::mlflow.
///
///   Mlflow mlflow({.uri = "http://127.0.0.1:5000", .experiment = "churn"});     or .uri = "mlruns", a directory
///   mlflow.log_hyperparameters({{"units", "64"}});
///   fit(model, adam, mse, data, {.epochs = 20, .callbacks = {&mlflow}});
///   mlflow.log_model({"runs/first/model.safetensors"}, "churn");
///   mlflow.finish(RunStatus::finished);
///
/// No trouble with a server ends or delays a training: see outbox.hpp for what becomes of what can't be sent.
#pragma once

#include <cstdlib>

#include "file_store.hpp"
#include "outbox.hpp"

namespace tenure { inline namespace TENURE_ABI {

/// Where a run is kept, and what it is called.
struct MlflowOptions {
  std::string uri;                     ///< http(s)://HOST:PORT of a server, or a directory, as such or as file:PATH
  std::string experiment = "Default";  ///< made where there is none of this name
  std::string run_name = "run";
  std::string unsent =
      "mlflow-unsent.jsonl";                 ///< where what a server does not take is kept; another where there is one
  std::chrono::milliseconds timeout{10000};  ///< for a server's answer
  std::chrono::milliseconds patience{5000};  ///< at the end, for what waits to be sent
  std::chrono::milliseconds retry{500};      ///< before the second try
  std::function<void(const std::string&)> warn = [](const std::string& what) {
    std::fprintf(stderr, "%s\n", what.c_str());
  };
};

namespace mlflow {

/// MLflow's own environment variables: MLFLOW_TRACKING_TOKEN, or MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD.
[[gnu::cold]] inline HttpOptions http_options(std::chrono::milliseconds timeout = std::chrono::seconds(10)) {
  const auto variable = [](const char* name) {
    const char* value = std::getenv(name);
    return std::string(value ? value : "");
  };
  return {.timeout = timeout,
          .user = variable("MLFLOW_TRACKING_USERNAME"),
          .password = variable("MLFLOW_TRACKING_PASSWORD"),
          .token = variable("MLFLOW_TRACKING_TOKEN")};
}

namespace detail {

/// What was meant as an URL, as messages may have it: wherever a password ends, it is before the last '@'.
[[gnu::cold]] inline std::string presentable(const std::string& uri) {
  const std::size_t scheme = uri.find("://"), begin = scheme == std::string::npos ? 0 : scheme + 3;
  const std::size_t at = uri.rfind('@');
  return at == std::string::npos || at < begin ? uri : uri.substr(0, begin) + "…" + uri.substr(at);
}

/// Why an URL is not one of a server's; empty for one that is.
[[gnu::cold]] inline std::string fault_of_url(const std::string& url) {
  if (url.substr(url.find("://") + 3).starts_with('/')) return "no host";  // libcurl passes over a third slash
  const std::unique_ptr<CURLU, void (*)(CURLU*)> parts(::curl_url(), ::curl_url_cleanup);
  const CURLUcode code = ::curl_url_set(parts.get(), CURLUPART_URL, url.c_str(), 0);
  if (code != CURLUE_OK) return ::curl_url_strerror(code);
  return url.find_first_of("?#") == std::string::npos ? "" : "a query or a fragment, which no server has";
}

}  // namespace detail

/// Whether it names a server. @throws ValueError for what is neither the URL of one nor the path of a directory
[[gnu::cold]] inline bool is_server(const std::string& uri) {
  constexpr const char* expected = "http://HOST:PORT, https://HOST:PORT or a directory";
  const std::string shown = detail::presentable(uri);
  if (uri.starts_with("http://") || uri.starts_with("https://")) {
    const std::string fault = detail::fault_of_url(uri);
    if (!fault.empty()) throw ValueError("MLflow's URI", expected, {shown, " (", fault, ")"});
    return true;
  }
  if (uri.empty()) throw ValueError("MLflow's URI", expected, "nothing");
  const bool half = uri.starts_with("http:") || uri.starts_with("https:");
  if (half || (uri.find("://") != std::string::npos && !uri.starts_with("file://")))
    throw ValueError("MLflow's URI", expected, shown);
  const std::size_t colon = uri.rfind(':');
  const bool port = colon != std::string::npos && colon + 1 < uri.size() &&
                    uri.find_first_not_of("0123456789", colon + 1) == std::string::npos;
  if (port && uri.find('/') == std::string::npos && !std::filesystem::exists(uri)) {
    throw ValueError("MLflow's URI", expected, {shown, "; for a server write http://", shown});
  }
  return false;
}

/// The path of a directory that may be given as file:PATH or file://PATH, %XX being decoded there.
[[gnu::cold]] inline std::string path_of(const std::string& uri) {
  if (!uri.starts_with("file:")) return uri;
  std::string path = uri.substr(uri.starts_with("file://") ? 7 : 5);
  if (path.starts_with("localhost/")) path.erase(0, 9);
  int length = 0;
  const std::unique_ptr<char, void (*)(void*)> decoded(
      ::curl_easy_unescape(nullptr, path.c_str(), static_cast<int>(path.size()), &length), ::curl_free);
  return {decoded.get(), static_cast<std::size_t>(length)};
}

/// A path that no file has yet: the one that is given, or with -2, -3 and so on before its extension.
[[gnu::cold]] inline std::string unused_path(const std::string& path) {
  std::filesystem::path unused = path;
  for (int number = 2; std::filesystem::exists(unused); ++number) {
    const std::filesystem::path given = path;
    unused.replace_filename(given.stem().string() + "-" + std::to_string(number) + given.extension().string());
  }
  return unused.string();
}

}  // namespace mlflow

/// One run of an experiment.
class Mlflow final : public Tracker {
 public:
  /// @throws ValueError for an URI that is none; FileError for a directory that can't be one of MLflow's. A server is
  /// not
  ///   asked for yet
  [[gnu::cold]] explicit Mlflow(const MlflowOptions& options) {
    mlflow::RunDescription run = mlflow::describe_run(options.experiment, options.run_name);
    const std::vector<Setting> tags{{"mlflow.runName", run.name},
                                    {"mlflow.user", run.user},
                                    {"mlflow.source.name", ::program_invocation_short_name},
                                    {"mlflow.source.type", "LOCAL"}};
    if (mlflow::is_server(options.uri)) {
      sink_ = std::make_unique<mlflow::Sender>(options.uri, std::move(run),
                                               mlflow::SenderOptions{.http = mlflow::http_options(options.timeout),
                                                                     .unsent = mlflow::unused_path(options.unsent),
                                                                     .patience = options.patience,
                                                                     .retry = options.retry,
                                                                     .warn = options.warn});
    } else {
      sink_ = std::make_unique<mlflow::DirectoryRun>(mlflow::path_of(options.uri), std::move(run), options.warn);
    }
    set_tags(tags);
  }
  Mlflow(const Mlflow&) = delete;
  Mlflow& operator=(const Mlflow&) = delete;
  /// A run that was not finished has failed.
  [[gnu::cold]] ~Mlflow() override { Mlflow::finish(RunStatus::failed); }

  [[gnu::cold]] void log(std::span<const Scalar> values, Index step) override {
    const std::int64_t time = mlflow::now();
    std::vector<mlflow::LoggedMetric> metrics;
    for (const Scalar& scalar : values) metrics.push_back({mlflow::valid_key(scalar.name), scalar.value, time, step});
    push_parts(metrics, mlflow::most_metrics, &mlflow::Operation::metrics);
  }
  [[gnu::cold]] void log_hyperparameters(std::span<const Setting> settings) override {
    push_parts(valid(settings, mlflow::longest_param), mlflow::most_params, &mlflow::Operation::params);
  }
  [[gnu::cold]] void set_tags(std::span<const Setting> tags) override {
    push_parts(valid(tags, mlflow::longest_tag), mlflow::most_tags, &mlflow::Operation::tags);
  }
  [[gnu::cold]] void log_artifact(const std::string& path, const std::string& folder) override {
    const std::filesystem::path target = std::filesystem::path(folder) / std::filesystem::path(path).filename();
    sink_->push({.kind = mlflow::Operation::artifact,
                 .target = mlflow::valid_path(mlflow::valid_text(target.string(), longest_path)),
                 .file = std::filesystem::absolute(path).string()});
  }
  /// The artifacts `model/…`, with the file MLmodel by which MLflow knows a model.
  [[gnu::cold]] void log_model(std::span<const std::string> paths, const std::string& registered_name) override {
    const std::string uuid = mlflow::random_digits(32, 16);
    const std::string weights = paths.empty() ? "" : std::filesystem::path(paths.front()).filename().string();
    const std::string time = utc_time();
    for (const std::string& path : paths) log_artifact(path, "model");
    sink_->push({.kind = mlflow::Operation::artifact,
                 .target = "model/MLmodel",
                 .contents = "artifact_path: model\nflavors:\n  tenure:\n    data: " + json_text(weights) +
                             "\n    version: \"" TENURE_VERSION "\"\nmodel_uuid: \"" + uuid +
                             "\"\nutc_time_created: \"" + time + "\"\n"});
    const nlohmann::ordered_json flavors{{"tenure", {{"data", weights}, {"version", TENURE_VERSION}}}};
    const nlohmann::ordered_json logged{
        {"artifact_path", "model"}, {"flavors", flavors}, {"model_uuid", uuid}, {"utc_time_created", time}};
    set_tags(std::vector<Setting>{{"mlflow.log-model.history", json_text(nlohmann::ordered_json::array({logged}))}});
    if (registered_name.empty()) return;
    const std::string name = mlflow::valid_text(registered_name, mlflow::longest_key);
    sink_->push({.kind = mlflow::Operation::model_version, .target = "model", .model = mlflow::valid_model_name(name)});
  }
  /// Waits for what is to be sent, but no longer than the options' patience.
  [[gnu::cold]] void finish(RunStatus status) override {
    if (std::exchange(finished_, true)) return;
    sink_->push({.kind = mlflow::Operation::finish, .status = status, .time = mlflow::now()});
    sink_->close();
  }

 private:
  static constexpr std::size_t longest_path = 4000;  // bytes of an artifact's path

  /// As many entries at a time as a request may hold.
  template <class Entry>
  void push_parts(const std::vector<Entry>& entries, std::size_t most, std::vector<Entry> mlflow::Operation::*member) {
    mlflow::Operation part;
    std::size_t bytes = 0;
    for (const Entry& entry : entries) {
      const std::size_t more = mlflow::bytes_of(entry);
      if ((part.*member).size() == most || bytes + more > mlflow::most_bytes) {
        sink_->push(std::exchange(part, {}));
        bytes = 0;
      }
      (part.*member).push_back(entry);
      bytes += more;
    }
    if (!entries.empty()) sink_->push(std::move(part));
  }

  static std::vector<Setting> valid(std::span<const Setting> settings, std::size_t longest) {
    std::vector<Setting> valid;
    for (const Setting& one : settings) {
      valid.push_back({mlflow::valid_key(one.name), mlflow::valid_text(one.value, longest)});
    }
    return valid;
  }

  static std::string utc_time() {
    const std::time_t time = std::time(nullptr);
    std::tm parts{};
    ::gmtime_r(&time, &parts);
    char text[32];
    return {text, std::strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S.000000", &parts)};
  }

  std::unique_ptr<mlflow::Sink> sink_;
  bool finished_ = false;
};

}}  // namespace tenure::TENURE_ABI
