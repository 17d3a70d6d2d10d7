/// What waits to be sent to an MLflow server, in a file: a line of JSON that describes the run, then one per operation. A
/// component: link tenure::mlflow.
///
/// A file of artifacts' paths is a list of what is to be sent: of files in its own directory alone, for it may be a
/// stranger's.
#pragma once

#include <deque>

#include "../../io/json.hpp"
#include "http.hpp"
#include "operation.hpp"

namespace tenure { inline namespace TENURE_ABI { namespace mlflow {

namespace detail {

/// The directory that a file lies in, without links.
[[gnu::cold]] inline std::filesystem::path directory_of(const std::string& file) {
  std::error_code error;
  return std::filesystem::weakly_canonical(std::filesystem::absolute(file).parent_path(), error);
}

[[gnu::cold]] inline bool lies_in(const std::filesystem::path& file, const std::filesystem::path& directory) {
  return std::mismatch(directory.begin(), directory.end(), file.begin(), file.end()).first == directory.end();
}

/// Reads lines of a file, checking each.
class UnsentReader {
 public:
  UnsentReader(const std::string& path, const std::vector<std::string>& directories) : own_(directory_of(path)) {
    allowed_.push_back(own_);
    for (const std::string& directory : directories) allowed_.push_back(directory_of(in_directory(directory, ".")));
  }

  [[gnu::cold]] Operation operation(const JsonValue& json) const {
    if (const auto target = json.find("artifact")) {
      Operation artifact{.kind = Operation::artifact,
                         .target = text(*target, [](const std::string& path) { return valid_path(path); }),
                         .contents = json["contents"].as<std::string>()};
      if (const auto file = json["file"].as<std::string>(); !file.empty()) artifact.file = confined(json["file"]);
      return artifact;
    }
    if (const auto model = json.find("model")) {
      return {.kind = Operation::model_version,
              .target = text(json["source"], [](const std::string& path) { return valid_path(path); }),
              .model = text(*model, valid_model_name)};
    }
    if (const auto finish = json.find("finish")) {
      const int number = finish->within(3, 5);
      const RunStatus status = number == 3   ? RunStatus::finished
                               : number == 4 ? RunStatus::failed
                                             : RunStatus::interrupted;
      return {.kind = Operation::finish, .status = status, .time = json["time"].as<std::int64_t>()};
    }
    Operation batch{.params = settings(json["params"], longest_param), .tags = settings(json["tags"], longest_tag)};
    const JsonValue metrics = json["metrics"];
    for (std::size_t i = 0; i < elements(metrics); ++i) {
      batch.metrics.push_back({text(metrics[i]["key"], valid_key), number(metrics[i]["value"]),
                               metrics[i]["timestamp"].as<std::int64_t>(), metrics[i]["step"].as<std::int64_t>()});
    }
    return batch;
  }

  /// A text that `valid` leaves as it is.
  template <class Valid>
  [[gnu::cold]] static std::string text(const JsonValue& json, Valid valid) {
    const auto read = json.as<std::string>();
    if (valid(read) != read) json.fail("what MLflow takes");
    return read;
  }

 private:
  static std::size_t elements(const JsonValue& list) {
    if (!list.json().is_array()) list.fail("a list");
    return list.json().size();
  }

  static std::vector<Setting> settings(const JsonValue& json, std::size_t longest) {
    std::vector<Setting> read;
    for (std::size_t i = 0; i < elements(json); ++i) {
      const JsonValue value = json[i]["value"];
      read.push_back({text(json[i]["key"], valid_key), valid_text(value.as<std::string>(), longest)});
    }
    return read;
  }

  /// A number that is none is a text, as protobuf has it.
  static double number(const JsonValue& json) {
    if (json.json() == "NaN") return std::numeric_limits<double>::quiet_NaN();
    if (json.json() == "Infinity") return std::numeric_limits<double>::infinity();
    if (json.json() == "-Infinity") return -std::numeric_limits<double>::infinity();
    return json.as<double>();
  }

  /// A path, from the file's directory on, of something in a directory that may be sent, whatever links lie between.
  std::string confined(const JsonValue& json) const {
    std::error_code error;
    const std::filesystem::path file =
        std::filesystem::weakly_canonical(own_ / json.as<std::string>(), error);  // an absolute path stays itself
    const bool inside = !error && std::ranges::any_of(allowed_, [&](const auto& one) { return lies_in(file, one); });
    if (!inside) json.fail({"a file in ", own_.string(), ", where what waits is (or --files-from DIRECTORY)"});
    if (std::filesystem::exists(file, error) && !std::filesystem::is_regular_file(file, error)) {
      json.fail("a regular file");
    }
    return file.string();
  }

  std::filesystem::path own_;
  std::vector<std::filesystem::path> allowed_;
};

}  // namespace detail

/// What waits in a file. @see Sender
struct Unsent {
  std::string url;
  RunDescription run;
  std::string run_id;  ///< the server's; empty where the run may not be there yet
  std::deque<Operation> operations;

  /// A last line that a crash cut off is passed over. @param directories whose files may be sent beside those of the
  /// file's own @throws FileError by line and key
  [[gnu::cold]] static Unsent read(const std::string& path, const std::vector<std::string>& directories = {}) {
    constexpr std::size_t longest = std::size_t{1} << 30;
    const InputFile file(path);
    if (file.size() > longest) throw FileError(path, {"at most ", longest, " bytes"}, {file.size()});
    std::string text(static_cast<std::size_t>(file.size()), '\0');
    file.read(0, text.data(), text.size());
    const detail::UnsentReader reader(path, directories);
    Unsent unsent;
    Index line = 0;
    for (std::size_t begin = 0, end; (end = text.find('\n', begin)) != std::string::npos; begin = end + 1) {
      const std::string place = path + ", line " + std::to_string(++line);
      const auto json = parse_json(std::string_view(text).substr(begin, end - begin), place);
      const JsonValue value(json, place);
      line == 1 ? unsent.read_header(value) : unsent.operations.push_back(reader.operation(value));
    }
    if (line == 0) throw FileError(path, "what waits to be sent to MLflow", "no line");
    return unsent;
  }

  /// @throws FileError
  [[gnu::cold]] void write(const std::string& path) const {
    std::string text = json_text({{"format", 1},
                                  {"url", without_credentials(url)},
                                  {"experiment", run.experiment},
                                  {"name", run.name},
                                  {"user", run.user},
                                  {"id", run.id},
                                  {"start_time", run.start_time},
                                  {"run_id", run_id}}) +
                       "\n";
    for (const Operation& operation : operations) text += line_of(operation, path);
    write_file(path, text);
  }

  /// A line of the file at a path. Files that lie beside it are named from there, so that the directory may move.
  [[gnu::cold]] static std::string line_of(Operation operation, const std::string& path) {
    if (!operation.file.empty()) {
      std::error_code error;
      const std::filesystem::path directory = detail::directory_of(path),
                                  file = std::filesystem::weakly_canonical(operation.file, error);
      if (!error && detail::lies_in(file, directory)) operation.file = file.lexically_relative(directory).string();
    }
    return json_text(json_of(operation)) + "\n";
  }

 private:
  [[gnu::cold]] void read_header(const JsonValue& json) {
    json["format"].within(1, 1);
    const auto named = [](std::size_t longest) {
      return [longest](const std::string& text) { return valid_text(text, longest); };
    };
    const auto identifier = [](std::string text) {
      std::erase_if(text, [](unsigned char c) { return !std::isalnum(c) && c != '-' && c != '_'; });
      return text.substr(0, 64);
    };
    url = json["url"].as<std::string>();
    if (!(url.starts_with("http://") || url.starts_with("https://")) || valid_text(url, 2000) != url) {
      json["url"].fail("http://HOST:PORT of a server");
    }
    using Reader = detail::UnsentReader;
    run.experiment = Reader::text(json["experiment"], named(longest_key));
    run.name = Reader::text(json["name"], named(longest_key));
    run.user = Reader::text(json["user"], named(longest_key));
    run.id = Reader::text(json["id"], identifier);
    if (run.experiment.empty() || run.id.empty()) json.fail("an experiment and the run's id", "none");
    run.start_time = json["start_time"].as<std::int64_t>();
    run_id = json["run_id"].as<std::string>();
    if (identifier(run_id) != run_id) json["run_id"].fail("letters and digits");
  }
};

}}}  // namespace tenure::TENURE_ABI::mlflow
