/// An ANN forecaster as a directory: config.json and model.safetensors. Component tenure::json.
#pragma once

#include "../model_directory.hpp"
#include "forecaster.hpp"

namespace tenure { inline namespace TENURE_ABI { namespace clv {

/// What config.json holds; other keys may be added to it.
[[gnu::cold]] inline nlohmann::ordered_json config_json(const AnnForecaster& forecaster) {
  nlohmann::ordered_json json = config_of_model("ann");
  json["settings"] = state_json(forecaster.settings);
  json["fitted"] = state_json(forecaster);
  return json;
}

/// Writes model.safetensors and config.json, with these options in it, to a directory that is there. @throws FileError
[[gnu::cold]] inline void save(const AnnForecaster& forecaster, const std::string& directory,
                               const nlohmann::ordered_json& options = {}) {
  save_directory(directory, forecaster.model, config_json(forecaster), options);
}

/// @throws FileError for a directory that was not written by save(), is of another version, or whose files do not
/// belong together
[[gnu::cold]] inline AnnForecaster load_ann(const std::string& directory) {
  const nlohmann::ordered_json json = read_config(directory, "ann");
  const std::string path = directory + "/config.json";
  AnnSettings settings;
  read_state(json.value("settings", nlohmann::ordered_json()), path, settings);
  Rng rng;
  AnnForecaster forecaster(settings, rng);
  read_state(json.value("fitted", nlohmann::ordered_json()), path, forecaster);
  load_weights(directory, config_json(forecaster), forecaster.model);
  return forecaster;
}

}}}  // namespace tenure::TENURE_ABI::clv
