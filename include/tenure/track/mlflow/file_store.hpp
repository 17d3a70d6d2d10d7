/// MLflow's file store: a directory of runs that `mlflow ui --backend-store-uri DIRECTORY` opens. A component: link
/// tenure::mlflow.
///
///   DIRECTORY/EXPERIMENT/meta.yaml, RUN/{meta.yaml, metrics/KEY, params/KEY, tags/KEY, artifacts/PATH}
///   DIRECTORY/models/NAME/{meta.yaml, version-N/meta.yaml}
///
/// as mlflow/store/tracking/file_store.py and mlflow/store/model_registry/file_store.py have them. Every file but the
/// metrics', which grow by whole lines, takes its place when it is complete; what is not yet is in the run's directory,
/// of which MLflow reads but what stands above.
#pragma once

#if !__has_include(<yaml-cpp/yaml.h>)
#error "tenure needs yaml-cpp/yaml.h here: add the component mlflow (target tenure::mlflow) or install yaml-cpp"
#include <tenure_needs_yaml_cpp>
#endif
#include <yaml-cpp/yaml.h>

#include <filesystem>

#include "../../io/json.hpp"
#include "http.hpp"
#include "operation.hpp"

namespace tenure { inline namespace TENURE_ABI { namespace mlflow {

/// Has the store to itself among programs that ask, while it lives.
class StoreLock {
 public:
  /// @throws FileError
  [[gnu::cold]] explicit StoreLock(const std::string& path)
      : descriptor_(tenure::detail::open_file(path, O_RDONLY | O_DIRECTORY)) {
    if (descriptor_.number() < 0) tenure::detail::throw_file_error(path, "open");
    tenure::detail::lock(descriptor_, true);
  }

 private:
  tenure::detail::Descriptor descriptor_;
};

/// The store, its experiments and its registered models.
class Directory {
 public:
  /// Makes it where there is none, with MLflow's experiment 0. @throws FileError for what is neither an MLflow store
  /// nor
  ///   empty, and for what can't be written to
  [[gnu::cold]] explicit Directory(const std::string& path) {
    namespace fs = std::filesystem;
    std::error_code error;
    root_ = fs::absolute(path, error).lexically_normal();
    if (!root_.has_filename()) root_ = root_.parent_path();  // behind a last slash
    const bool exists = fs::exists(root_, error);
    if (exists && !fs::is_directory(root_, error)) throw FileError(path, "a directory for MLflow's runs", "a file");
    fs::create_directories(root_, error);
    if (error) throw FileError(path, "to be able to make the directory", error.message());
    if (::access(root_.c_str(), R_OK | W_OK | X_OK) != 0) tenure::detail::throw_file_error(path, "write to");
    const StoreLock lock(root_.string());
    if (fs::is_empty(root_, error)) {
      fs::create_directories(root_ / ".trash", error);
      fs::create_directories(root_ / "models", error);
      make_experiment("0", "Default");
    } else if (!is_store()) {
      throw FileError(path, "a new or empty directory, or one of MLflow's",
                      "a directory of something else (no experiment in it has a meta.yaml)");
    }
  }

  std::string path() const { return root_.string(); }

  /// The directory of the experiment of this name, which is made where there is none. @throws FileError
  [[gnu::cold]] std::filesystem::path experiment(const std::string& name) const {
    const StoreLock lock(root_.string());
    for (const auto& entry : std::filesystem::directory_iterator(root_)) {
      const std::filesystem::path meta = entry.path() / "meta.yaml";
      if (!is_number(entry.path().filename().string()) || !std::filesystem::exists(meta)) continue;
      try {
        if (read_yaml(meta)["name"].as<std::string>() == name) return entry.path();
      } catch (const YAML::Exception& error) {
        throw FileError(meta.string(), "an experiment's name", error.what());
      }
    }
    return make_experiment(random_digits(18, 10), name);
  }

  /// Registers the model where it is not, and a version of it. @return its number. @throws FileError
  [[gnu::cold]] Index add_version(const std::string& model, const std::string& source,
                                  const std::string& run_id) const {
    const StoreLock lock(root_.string());
    const std::filesystem::path directory = root_ / "models" / model;
    std::filesystem::create_directories(directory);
    const std::int64_t time = now();
    std::int64_t created = time;
    nlohmann::ordered_json description = nullptr;
    if (std::filesystem::exists(directory / "meta.yaml")) read_model(directory / "meta.yaml", created, description);
    Index version = 1;
    while (std::filesystem::exists(directory / ("version-" + std::to_string(version)))) ++version;
    const std::filesystem::path place = directory / ("version-" + std::to_string(version));
    std::filesystem::create_directories(place);
    write_yaml(place / "meta.yaml", {{"aliases", nlohmann::ordered_json::array()},
                                     {"creation_timestamp", time},
                                     {"current_stage", "None"},
                                     {"description", nullptr},
                                     {"last_updated_timestamp", time},
                                     {"name", model},
                                     {"run_id", run_id},
                                     {"run_link", nullptr},
                                     {"source", source},
                                     {"status", "READY"},
                                     {"status_message", nullptr},
                                     {"storage_location", source},
                                     {"user_id", nullptr},
                                     {"version", version}});
    write_yaml(directory / "meta.yaml", {{"aliases", nlohmann::ordered_json::object()},
                                         {"creation_timestamp", created},
                                         {"description", description},
                                         {"last_updated_timestamp", time},
                                         {"name", model}});
    return version;
  }

  /// Flat YAML: JSON's numbers, quoted texts and empty lists are YAML's too. @throws FileError
  [[gnu::cold]] static void write_yaml(const std::filesystem::path& path, const nlohmann::ordered_json& values) {
    std::string text;
    for (const auto& [name, value] : values.items()) text += name + ": " + json_text(value) + "\n";
    write_file(path.string(), text);
  }

  static std::string uri_of(const std::filesystem::path& path) {
    return "file://" + percent_encoded(path.string(), true);
  }

 private:
  static bool is_number(const std::string& name) {
    return !name.empty() && name.find_first_not_of("0123456789") == std::string::npos;
  }

  /// A meta.yaml, which others may have written: a map of a few texts. @throws FileError, YAML::Exception
  static YAML::Node read_yaml(const std::filesystem::path& path) {
    constexpr std::size_t longest = 1 << 20;
    if (!std::filesystem::is_regular_file(path)) throw FileError(path.string(), "a regular file", "something else");
    const MappedFile file = MappedFile::read(path.string());
    if (file.bytes().size() > longest) {
      throw FileError(path.string(), {"at most ", longest, " bytes"}, {file.bytes().size()});
    }
    // yaml-cpp recurses.
    if (std::ranges::count_if(file.bytes(), [](char c) { return c == '[' || c == '{'; }) > 200) {
      throw FileError(path.string(), "a flat map", "lists or maps within one another");
    }
    YAML::Node node = YAML::Load(std::string(file.bytes()));
    if (!node.IsMap()) throw FileError(path.string(), "a map", "something else");
    return node;
  }

  bool is_store() const {
    std::error_code error;
    bool other = false;
    for (const auto& entry : std::filesystem::directory_iterator(root_)) {
      const std::string name = entry.path().filename().string();
      if (is_number(name) && std::filesystem::exists(entry.path() / "meta.yaml", error)) return true;
      other = other || (name != ".trash" && name != "models");
    }
    return !other;
  }

  static void read_model(const std::filesystem::path& path, std::int64_t& created,
                         nlohmann::ordered_json& description) {
    try {
      const YAML::Node meta = read_yaml(path);
      created = meta["creation_timestamp"].as<std::int64_t>();
      if (meta["description"] && !meta["description"].IsNull()) description = meta["description"].as<std::string>();
    } catch (const YAML::Exception& error) {
      throw FileError(path.string(), "a registered model", error.what());
    }
  }

  std::filesystem::path make_experiment(const std::string& id, const std::string& name) const {
    const std::filesystem::path directory = root_ / id;
    const std::int64_t time = now();
    std::filesystem::create_directories(directory);
    write_yaml(directory / "meta.yaml", {{"artifact_location", uri_of(directory)},
                                         {"creation_time", time},
                                         {"experiment_id", id},
                                         {"last_update_time", time},
                                         {"lifecycle_stage", "active"},
                                         {"name", name}});
    return directory;
  }

  std::filesystem::path root_;
};

/// A run in a directory. What can't be written is said once, and the training goes on.
class DirectoryRun final : public Sink {
 public:
  /// @throws FileError
  [[gnu::cold]] DirectoryRun(const std::string& path, RunDescription run, std::function<void(const std::string&)> warn)
      : store_(path), run_(std::move(run)), warn_(std::move(warn)) {
    const std::filesystem::path experiment = store_.experiment(run_.experiment);
    experiment_id_ = experiment.filename().string();
    directory_ = experiment / run_.id;
    for (const char* name : {"metrics", "params", "tags", "artifacts"}) {
      std::filesystem::create_directories(directory_ / name);
    }
    write_meta(1, nullptr);  // running
  }

  const std::filesystem::path& directory() const noexcept { return directory_; }

  [[gnu::cold]] void push(Operation operation) override {
    try {
      apply(operation);
    } catch (const Error& error) {
      say(error.what());
    } catch (const std::filesystem::filesystem_error& error) {
      say(error.what());
    }
  }
  void close() override {}

 private:
  void say(const std::string& what) {
    if (!warned_) warn_(what + "; the training goes on, and what can't be written is left out");
    warned_ = true;
  }

  void apply(const Operation& operation) {
    switch (operation.kind) {
      case Operation::batch:
        for (const LoggedMetric& metric : operation.metrics) append(metric);
        for (const Setting& param : operation.params) write(std::filesystem::path("params") / param.name, param.value);
        for (const Setting& tag : operation.tags) write(std::filesystem::path("tags") / tag.name, tag.value);
        break;
      case Operation::artifact:
        if (operation.file.empty()) {
          write(std::filesystem::path("artifacts") / operation.target, operation.contents);
        } else {
          copy(operation.file, std::filesystem::path("artifacts") / operation.target);
        }
        break;
      case Operation::model_version:
        store_.add_version(operation.model, artifact_uri() + "/" + percent_encoded(operation.target, true), run_.id);
        break;
      case Operation::finish:
        write_meta(status_number(operation.status), operation.time);
    }
  }

  std::string artifact_uri() const { return Directory::uri_of(directory_ / "artifacts"); }

  void write_meta(int status, const nlohmann::ordered_json& end_time) const {
    Directory::write_yaml(directory_ / "meta.yaml", {{"artifact_uri", artifact_uri()},
                                                     {"end_time", end_time},
                                                     {"entry_point_name", ""},
                                                     {"experiment_id", experiment_id_},
                                                     {"lifecycle_stage", "active"},
                                                     {"run_id", run_.id},
                                                     {"run_name", run_.name},
                                                     {"run_uuid", run_.id},
                                                     {"source_name", ""},
                                                     {"source_type", 4},
                                                     {"source_version", ""},
                                                     {"start_time", run_.start_time},
                                                     {"status", status},
                                                     {"tags", nlohmann::ordered_json::array()},
                                                     {"user_id", run_.user}});
  }

  /// "timestamp value step", in one write.
  void append(const LoggedMetric& metric) const {
    const std::filesystem::path path = directory_ / "metrics" / metric.key;
    std::filesystem::create_directories(path.parent_path());
    char value[32];
    const std::string_view digits(
        value, static_cast<std::size_t>(std::to_chars(value, value + sizeof value, metric.value).ptr - value));
    std::string line = std::to_string(metric.timestamp) + " ";
    line.append(digits).append(" ").append(std::to_string(metric.step)).append("\n");
    AppendedFile(path.string()).write(line);
  }

  /// A file of the run's, written in the run's directory and then moved to its place.
  OutputFile output(const std::filesystem::path& name) const {
    std::filesystem::create_directories((directory_ / name).parent_path());
    return OutputFile((directory_ / name).string(), (directory_ / ".file").string());
  }

  void write(const std::filesystem::path& name, const std::string& text) const {
    OutputFile file = output(name);
    file.write(text.data(), text.size());
    file.commit();
  }

  void copy(const std::string& from, const std::filesystem::path& name) const {
    const InputFile input(from);
    OutputFile file = output(name);
    std::string buffer;
    for (std::uint64_t place = 0; place < input.size(); place += buffer.size()) {
      buffer.resize(static_cast<std::size_t>(std::min<std::uint64_t>(input.size() - place, 1 << 20)));
      input.read(place, buffer.data(), buffer.size());
      file.write(buffer.data(), buffer.size());
    }
    file.commit();
  }

  Directory store_;
  RunDescription run_;
  std::function<void(const std::string&)> warn_;
  std::string experiment_id_;
  std::filesystem::path directory_;
  bool warned_ = false;
};

}}}  // namespace tenure::TENURE_ABI::mlflow
