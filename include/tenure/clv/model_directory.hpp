/// A trained model as a directory: config.json, what it is and what it must know, and model.safetensors, its weights
/// under PyTorch's names. Component tenure::json.
///
///   save_directory("runs/hybrid", model, json, options);
///   const JsonFile config = read_config("runs/hybrid", "hybrid");
///   read_state(config.root()["config"], sizes);   …   load_network("runs/hybrid", config, sizes, network);
///
/// A directory may be a stranger's: what config.json says is checked by type, range and against the weights before
/// anything is made of it.
#pragma once

#include "../core/rng.hpp"
#include "../io/file.hpp"
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
  tenure::save(model, directory + "/model.safetensors", {{"config", json_text(config)}});
  if (!options.is_null()) config["options"] = options;
  write_file(directory + "/config.json", json_text(config, 2) + "\n");
}

/// A directory's config.json. @throws FileError for one that is not of this model or of another version
[[gnu::cold]] inline JsonFile read_config(const std::string& directory, const std::string& name) {
  JsonFile file(directory + "/config.json");
  const nlohmann::ordered_json& json = file.json();
  if (!json.is_object() || !json.contains("model") || json["model"] != name) {
    throw FileError(file.path(), {"the config.json of a ", name, " model"}, "something else");
  }
  if (const auto format = json.find("format"); format == json.end() || *format != detail::directory_format) {
    const auto version = json.find("tenure");
    const bool known = version != json.end() && version->is_string();
    throw FileError(file.path(),
                    {"a directory of format ", detail::directory_format, ", that of tenure " TENURE_VERSION},
                    {"format ", format == json.end() ? "none" : json_text(*format), " of tenure ",
                     known ? version->get_ref<const std::string&>() : "of no version"});
  }
  return file;
}

namespace detail {

/// Whether "options", where users may put anything, has this text by this name.
[[gnu::cold]] inline bool has_option(const JsonFile& config, const char* name, const char* value) {
  const auto options = config.json().find("options");
  if (options == config.json().end() || !options->is_object()) return false;
  const auto option = options->find(name);
  return option != options->end() && *option == value;
}

/// @throws FileError for weights that say that they are of another training, or where the file has fewer numbers than
///   the network, which would be made for nothing
template <class Sizes>
[[gnu::cold]] void check_weights(const SafetensorsReader& reader, const JsonFile& config, const Sizes& sizes) {
  if (const auto text = reader.metadata().find("config"); text != reader.metadata().end()) {
    const auto theirs = parse_json(text->second, reader.path() + ", metadata \"config\"");
    bool same = theirs.is_object();
    for (const auto& [name, value] : theirs.items()) {
      if (name == "tenure") continue;  // which version wrote them is no matter
      const auto own = config.json().find(name);
      same = same && own != config.json().end() && *own == value;
    }
    if (!same) {
      throw FileError(reader.path(), {"the weights of the training that ", config.path(), " is of"},
                      "those of another");
    }
  }
  double stored = 0;
  for (const StoredTensor& tensor : reader.tensors()) {
    double elements = 1;
    for (const Index extent : tensor.extents) elements *= static_cast<double>(extent);
    stored += elements;
  }
  if (sizes.parameters() > stored) {
    throw FileError(config.path() + ", config",
                    {"sizes of a network of at most ", stored, " parameters, which ", reader.path(), " has"},
                    {sizes.parameters()});
  }
}

}  // namespace detail

/// Makes a network of these sizes, which config.json has, and reads its weights. `config` has at least all that was
/// given to save_directory().
/// @throws FileError for weights of another training or of other sizes
template <class Model, class Sizes>
[[gnu::cold]] void load_network(const std::string& directory, const JsonFile& config, const Sizes& sizes,
                                std::optional<Model>& network) {
  const SafetensorsReader reader(directory + "/model.safetensors");
  detail::check_weights(reader, config, sizes);
  Rng rng;
  try {
    network.emplace(sizes, rng);
  } catch (const Error& error) {
    throw FileError(config.path() + ", config: " + error.what());
  }
  tenure::load(*network, reader);
}

}}}  // namespace tenure::TENURE_ABI::clv
