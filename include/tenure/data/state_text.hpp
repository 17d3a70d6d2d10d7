/// What a scaler, an encoder or bounds know, as a line of JSON: for the metadata of the model that was trained with it.
///
///   save(model, "model.safetensors", {{"scaler", state_text(scaler)}, {"countries", state_text(encoder)}});
///
///   const SafetensorsReader file("model.safetensors");
///   load(model, file);
///   restore_state(scaler, file.metadata().at("scaler"));
///
/// Numbers come back to the last bit. Needs nlohmann-json: component `json`, target tenure::json.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <type_traits>
#include <vector>

#include "../core/tensor.hpp"

namespace tenure::inline TENURE_ABI {

namespace detail {

template <class T>
void to_json(nlohmann::json& json, const Tensor<T>& tensor) {
  json["shape"] =
      tensor.empty() ? std::vector<Index>() : std::vector<Index>(tensor.shape().begin(), tensor.shape().end());
  json["values"] = std::vector<T>(tensor.begin(), tensor.end());
}
void to_json(nlohmann::json& json, const auto& value) { json = value; }

template <class T>
void from_json(const nlohmann::json& json, Tensor<T>& tensor) {
  const auto shape = json.at("shape").get<std::vector<Index>>();
  const auto values = json.at("values").get<std::vector<T>>();
  tensor = values.empty() ? Tensor<T>() : Tensor<T>(Shape(shape.data(), static_cast<Index>(shape.size())), values);
}
template <class T>
void from_json(const nlohmann::json& json, T& value) {
  value = json.get<T>();
}

}  // namespace detail

/// Of anything that names its state by `static void state(auto& self, auto&& f)`: tensors, numbers, lists of texts.
/// @throws ValueError for a text that is not UTF-8
template <class Part>
[[gnu::cold]] std::string state_text(const Part& part) {
  nlohmann::json json = nlohmann::json::object();
  try {
    Part::state(part, [&](const char* name, const auto& member) { detail::to_json(json[name], member); });
    return json.dump();
  } catch (const nlohmann::json::exception& error) {
    throw ValueError("state_text", "texts in UTF-8", error.what());
  }
}

/// The counterpart. @throws ValueError for a text that is not such a state; the part is then as it was
template <class Part>
[[gnu::cold]] void restore_state(Part& part, const std::string& text) {
  Part restored = part;
  try {
    const nlohmann::json json = nlohmann::json::parse(text);
    Part::state(restored, [&](const char* name, auto& member) { detail::from_json(json.at(name), member); });
  } catch (const nlohmann::json::exception& error) {
    throw ValueError("restore_state", "what state_text() gives", error.what());
  }
  part = std::move(restored);
}

}  // namespace tenure::inline TENURE_ABI
