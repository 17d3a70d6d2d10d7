/// State as JSON: all that an object names in `static void state(auto& self, auto&& f)`, such as a fitted Scaler's.
///
///   nlohmann::ordered_json json = state_json(scaler);   read_state(json, "runs/config.json", scaler);
///
/// or, for the metadata of the model that was trained with it,
///
///   save(model, "model.safetensors", {{"scaler", state_text(scaler)}});
///   restore_state(scaler, SafetensorsReader("model.safetensors").metadata().at("scaler"));
///
/// A tensor is {"shape": […], "values": […]}, a state within a state an object; numbers, texts and arrays are as in
/// JSON.
#pragma once

#include <string>

#include "../core/json.hpp"
#include "../core/tensor.hpp"

namespace tenure { inline namespace TENURE_ABI {

namespace detail {

template <class M>
concept HasState = requires(M& member) {
  M::state(member, [](const char*, auto&) {});
};

}  // namespace detail

/// Values that are not finite become null, which read_state() does not take.
template <class State>
[[gnu::cold]] nlohmann::ordered_json state_json(const State& object) {
  nlohmann::ordered_json json = nlohmann::ordered_json::object();
  State::state(object, [&]<class M>(const char* name, const M& member) {
    if constexpr (detail::is_tensor<M>) {
      if (!member.empty()) {
        const std::vector<Index> extents(member.shape().begin(), member.shape().end());
        json[name] = {{"shape", extents}, {"values", std::vector(member.begin(), member.end())}};
      }
    } else if constexpr (detail::HasState<M>) {
      json[name] = state_json(member);
    } else if constexpr (std::is_enum_v<M>) {
      json[name] = static_cast<int>(member);
    } else {
      json[name] = member;
    }
  });
  return json;
}

namespace detail {

template <class State>
[[gnu::cold]] void read_members(const nlohmann::ordered_json& json, State& object) {
  State::state(object, [&]<class M>(const char* name, M& member) {
    if constexpr (is_tensor<M>) {
      if (!json.contains(name)) return;
      const auto extents = json.at(name).at("shape").template get<std::vector<Index>>();
      using T = typename M::value_type;
      member = M(Shape(extents.data(), static_cast<Index>(extents.size())),
                 json.at(name).at("values").template get<std::vector<T>>());
    } else if constexpr (HasState<M>) {
      read_members(json.at(name), member);
    } else if constexpr (std::is_enum_v<M>) {
      member = static_cast<M>(json.at(name).template get<int>());
    } else {
      json.at(name).get_to(member);
    }
  });
}

}  // namespace detail

/// The counterpart. `path` is what errors name. @throws FileError for what is missing or of another type; the object is
/// then as it was
template <class State>
[[gnu::cold]] void read_state(const nlohmann::ordered_json& json, const std::string& path, State& object) try {
  State read = object;
  detail::read_members(json, read);
  object = std::move(read);
} catch (const nlohmann::ordered_json::exception& error) {
  throw FileError(path, "what this version of tenure writes", error.what());
} catch (const ShapeError& error) {
  throw FileError(path, "tensors of as many values as their shapes have", error.what());
}

/// The same as a line of text. @throws ValueError for texts that are not UTF-8
template <class State>
[[gnu::cold]] std::string state_text(const State& object) try {
  return state_json(object).dump();
} catch (const nlohmann::ordered_json::exception& error) {
  throw ValueError("state_text", "texts in UTF-8", error.what());
}

/// The counterpart. @throws FileError for a text that is not such a state; the object is then as it was
template <class State>
[[gnu::cold]] void restore_state(State& object, const std::string& text) {
  const auto json = nlohmann::ordered_json::parse(text, nullptr, false);
  read_state(json, "restore_state", object);
}

}}  // namespace tenure::TENURE_ABI
