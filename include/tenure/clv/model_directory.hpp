/// A trained model as a directory: config.json, what it is and what it must know, and model.safetensors, its weights
/// under PyTorch's names. Component tenure::json.
///
///   save_directory("runs/hybrid", model, json, options);
///   const auto json = read_config("runs/hybrid", "hybrid");   …   load_weights("runs/hybrid", json, model);
#pragma once

#include "../io/file.hpp"
#include "../io/mapped_file.hpp"
#include "../io/model_file.hpp"
#include "../io/state_json.hpp"

namespace tenure { inline namespace TENURE_ABI { namespace clv {

namespace detail {

inline constexpr int directory_format = 1;  // of config.json

}  // namespace detail

/// What every config.json begins with.
[[gnu::cold]] inline nlohmann::ordered_json config_of_model(const std::string& name) {
  return {{"format", detail::directory_format}, {"tenure", TENURE_VERSION}, {"model", name}};
}

/// Writes model.safetensors and config.json, with these options in it, to a directory, which is made where it is not
/// there. @throws FileError
template <class Model>
[[gnu::cold]] void save_directory(const std::string& directory, const Model& model, nlohmann::ordered_json config,
                                  const nlohmann::ordered_json& options = {}) {
  make_directory(directory);
  // The weights say whose they are, for two files can't be replaced at one stroke.
  tenure::save(model, directory + "/model.safetensors", {{"config", config.dump()}});
  if (!options.is_null()) config["options"] = options;
  write_file(directory + "/config.json", config.dump(2) + "\n");
}

/// A directory's config.json. @throws FileError for one that is not of this model or of another version
[[gnu::cold]] inline nlohmann::ordered_json read_config(const std::string& directory, const std::string& name) {
  const std::string path = directory + "/config.json";
  const MappedFile file(path);
  auto json = nlohmann::ordered_json::parse(file.bytes(), nullptr, false);
  if (!json.is_object() || json.value("model", nlohmann::ordered_json()) != name) {
    throw FileError(path, {"the config.json of a ", name, " model"}, "something else");
  }
  if (const auto format = json.find("format"); format == json.end() || *format != detail::directory_format) {
    throw FileError(path, {"a directory of format ", detail::directory_format, ", that of tenure " TENURE_VERSION},
                    {"format ", format == json.end() ? "none" : format->dump(), " of tenure ",
                     json.value("tenure", "of no version")});
  }
  return json;
}

/// Reads the weights. `config` has at least all that was given to save_directory().
/// @throws FileError for those of another training
template <class Model>
[[gnu::cold]] void load_weights(const std::string& directory, const nlohmann::ordered_json& config, Model& model) {
  const std::string weights = directory + "/model.safetensors";
  const SafetensorsReader reader(weights);
  if (const auto text = reader.metadata().find("config"); text != reader.metadata().end()) {
    const auto theirs = nlohmann::ordered_json::parse(text->second, nullptr, false);
    bool same = theirs.is_object();
    for (const auto& [name, value] : theirs.items()) {
      if (name == "tenure") continue;  // which version wrote them is no matter
      same = same && config.value(name, nlohmann::ordered_json()) == value;
    }
    if (!same) {
      throw FileError(weights, {"the weights of the training that ", directory, "/config.json is of"},
                      "those of another");
    }
  }
  tenure::load(model, reader);
}

}}}  // namespace tenure::TENURE_ABI::clv
