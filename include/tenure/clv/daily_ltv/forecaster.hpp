/// A trained daily LTV model in a directory, with the correction that goes with it.
///
///   const auto model = clv::load_daily_ltv_model("runs/daily_ltv");
///   const auto predicted = clv::daily_ltv_forecast(model.model, table, model.prediction_days());
///   const auto final = clv::corrected(predicted, model.factors);
///
/// Component tenure::json.
#pragma once

#include "../model_directory.hpp"
#include "accuracy.hpp"
#include "network.hpp"

namespace tenure { inline namespace TENURE_ABI { namespace clv {

struct DailyLtvModel {
  DailyLtv<float> model;
  std::vector<double> factors;  ///< of the correction, from day 7 on
  Index epochs;                 ///< that it was trained for, for the names of files

  Index prediction_days() const noexcept { return static_cast<Index>(factors.size()); }
};

/// What config.json holds; other keys may be added to it.
[[gnu::cold]] inline nlohmann::ordered_json config_json(const DailyLtvModel& model) {
  nlohmann::ordered_json json = config_of_model("daily_ltv");
  json.update({{"config", state_json(model.model.config)}, {"epochs", model.epochs}, {"correction", model.factors}});
  return json;
}

/// Writes model.safetensors and config.json, with these options in it, to a directory that is there. @throws FileError
[[gnu::cold]] inline void save(const DailyLtvModel& model, const std::string& directory,
                               const nlohmann::ordered_json& options = {}) {
  save_directory(directory, model.model, config_json(model), options);
}

/// @throws FileError for a directory that was not written by save(), or whose files do not belong together
[[gnu::cold]] inline DailyLtvModel load_daily_ltv_model(const std::string& directory) {
  const nlohmann::ordered_json json = read_config(directory, "daily_ltv");
  const std::string path = directory + "/config.json";
  DailyLtvConfig config;
  read_state(json.value("config", nlohmann::ordered_json()), path, config);
  Rng rng;
  DailyLtvModel model{DailyLtv<float>(config, rng), {}, json.value("epochs", Index{0})};
  try {
    model.factors = json.at("correction").get<std::vector<double>>();
  } catch (const nlohmann::ordered_json::exception& error) {
    throw FileError(path, "factors of the correction", error.what());
  }
  load_weights(directory, config_json(model), model.model);
  return model;
}

}}}  // namespace tenure::TENURE_ABI::clv
