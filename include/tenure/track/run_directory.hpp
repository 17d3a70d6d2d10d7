/// What a training leaves in its directory: metrics.json and history.csv, as runs.hpp reads them. Component tenure::json.
#pragma once

#include <utility>

#include "../core/json.hpp"
#include "../data/csv/writer.hpp"
#include "../io/json.hpp"
#include "../metrics/scoreboard.hpp"
#include "../train/history.hpp"

namespace tenure { inline namespace TENURE_ABI {

/// Writes a JSON text with a name and a value to each line where it fits. @throws FileError
[[gnu::cold]] inline void write_json(const std::string& path, const nlohmann::ordered_json& json) {
  write_file(path, json_text(json, 2) + "\n");
}

/// {"rmse": …, …}: measures by name, null where one is not defined.
template <class Measures>
[[gnu::cold]] nlohmann::ordered_json json_of(const Measures& scores) {
  nlohmann::ordered_json json;
  Measures::fields(scores, [&](const char* name, double value) { json[name] = value; });
  return json;
}

/// {"model": {"rmse": …}, "baselines": {NAME: {the same}}}, to which a program adds what else it knows. The model is
/// the first of `scored`.
template <class Measures>
[[gnu::cold]] nlohmann::ordered_json metrics_json(const std::vector<metrics::ScoredBy<Measures>>& scored) {
  nlohmann::ordered_json json{{"model", json_of(scored[0].scores)}, {"baselines", nlohmann::ordered_json::object()}};
  for (std::size_t i = 1; i < scored.size(); ++i) json["baselines"][scored[i].name] = json_of(scored[i].scores);
  return json;
}

/// epoch, loss, mse, val_loss, val_mse, seconds: epochs from 1 on, the mse without penalties; mae and val_mae before
/// the seconds where they were measured. What was measured from a later epoch on is missing before it.
/// @throws FileError
[[gnu::cold]] inline void write_history(const History& history, const std::string& path) {
  const bool mae = history.find("mae") && history.find("val_mae");
  CsvWriter csv(path);
  for (const char* name : {"epoch", "loss", "mse", "val_loss", "val_mse"}) csv.field(name);
  if (mae) csv.field("mae").field("val_mae");
  csv.field("seconds").end_row();
  for (Index epoch = 0; epoch < history.epochs(); ++epoch) {
    const auto value = [&](const char* name) {
      const std::vector<double>& values = history[name];
      const Index before = history.epochs() - static_cast<Index>(values.size());
      return epoch < before ? missing_value : values[static_cast<std::size_t>(epoch - before)];
    };
    csv.field(epoch + 1);
    for (const auto& [name, without] : {std::pair("data_loss", "loss"), {"val_data_loss", "val_loss"}}) {
      csv.field(value(without)).field(value(history.find(name) ? name : without));
    }
    if (mae) csv.field(value("mae")).field(value("val_mae"));
    csv.field(value("seconds")).end_row();
  }
  csv.commit();
}

}}  // namespace tenure::TENURE_ABI
