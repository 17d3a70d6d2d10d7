/// A trained model's directory: config.json, which says what it is of, and model.safetensors, its weights under
/// PyTorch's names. Component tenure::json.
#pragma once

#include "../io/mapped_file.hpp"
#include "../io/model.hpp"
#include "../io/state_json.hpp"

namespace tenure::inline TENURE_ABI::clv {

/// Writes a text in the place of a file that is there once it is complete. @throws FileError
[[gnu::cold]] inline void write_text(const std::string& path, const std::string& text) {
  OutputFile file(path);
  file.write(text.data(), text.size());
  file.commit();
}

namespace detail {

inline constexpr int directory_format = 1;  // of config.json

/// What config.json begins with.
[[gnu::cold]] inline nlohmann::ordered_json directory_json(const char* model) {
  return {{"format", directory_format}, {"tenure", TENURE_VERSION}, {"model", model}};
}

/// Writes model.safetensors and config.json, with these options in it, to a directory that is there. @throws FileError
template <class Model>
[[gnu::cold]] void save_directory(const Model& model, const std::string& directory, nlohmann::ordered_json json,
                                  const nlohmann::ordered_json& options) {
  // The weights say whose they are, for two files can't be replaced at one stroke.
  tenure::save(model, directory + "/model.safetensors", {{"config", json.dump()}});
  if (!options.is_null()) json["options"] = options;
  write_text(directory + "/config.json", json.dump(2) + "\n");
}

/// config.json of a model of this name. @throws FileError for another's, and for one of another format
[[gnu::cold]] inline nlohmann::ordered_json read_directory_json(const std::string& path, const char* model,
                                                                const char* description) {
  nlohmann::ordered_json json;
  {
    const MappedFile file(path);
    json = nlohmann::ordered_json::parse(file.bytes(), nullptr, false);
  }
  if (!json.is_object() || json.value("model", "") != model) {
    throw FileError(path, {"the config.json of ", description}, "something else");
  }
  if (const auto format = json.find("format"); format == json.end() || *format != directory_format) {
    throw FileError(path, {"a directory of format ", directory_format, ", that of tenure " TENURE_VERSION},
                    {"format ", format == json.end() ? "none" : format->dump(), " of tenure ",
                     json.value("tenure", "of no version")});
  }
  return json;
}

/// @param json what save_directory() was given for this model @throws FileError for weights of another training
template <class Model>
[[gnu::cold]] void load_directory(Model& model, const std::string& directory, const nlohmann::ordered_json& json) {
  const std::string weights = directory + "/model.safetensors";
  const SafetensorsReader reader(weights);
  const auto theirs = reader.metadata().find("config");
  if (theirs != reader.metadata().end() && theirs->second != json.dump()) {
    throw FileError(weights, {"the weights of the training that ", directory, "/config.json is of"},
                    "those of another");
  }
  tenure::load(model, reader);
}

}  // namespace detail

}  // namespace tenure::inline TENURE_ABI::clv
