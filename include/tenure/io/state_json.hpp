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
/// JSON. What is read is checked: an object whose members must fit together or lie in ranges says so in a
/// `void check_state() const` that throws an Error as "window: expected …", to which file and key are added.
#pragma once

#include <string>

#include "../core/tensor.hpp"
#include "json.hpp"

namespace tenure { inline namespace TENURE_ABI {

namespace detail {

template <class M>
concept HasState = requires(M& member) {
  M::state(member, [](const char*, auto&) {});
};

/// Texts are part of what a model knows, and must come back as they were.
[[gnu::cold]] inline void check_utf8(const char* name, std::string_view text) {
  if (text::utf8(text) != text) throw ValueError(name, "texts in UTF-8", text::utf8(text));
}

}  // namespace detail

/// Values that are not finite become null, which read_state() does not take.
/// @throws ValueError for texts that are not UTF-8, so that a training can ask before it begins
template <class State>
[[gnu::cold]] nlohmann::ordered_json state_json(const State& object) {
  nlohmann::ordered_json json = nlohmann::ordered_json::object();
  State::state(object, [&]<class M>(const char* name, const M& member) {
    if constexpr (std::is_same_v<M, std::string>) detail::check_utf8(name, member);
    if constexpr (std::is_same_v<M, std::vector<std::string>>) {
      for (const std::string& text : member) detail::check_utf8(name, text);
    }
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

/// Empty for an object without that name.
template <class T>
[[gnu::cold]] Tensor<T> read_tensor(const JsonValue& state, const char* name) {
  const auto tensor = state.find(name);
  if (!tensor) return {};
  const JsonValue shape = (*tensor)["shape"], values = (*tensor)["values"];
  const auto extents = shape.as<std::vector<Index>>();
  if (extents.size() > static_cast<std::size_t>(Shape::max_rank)) {
    shape.fail({"at most ", Shape::max_rank, " extents"}, {extents.size()});
  }
  Index size = 1;
  for (const Index extent : extents) {
    if (extent < 1 || __builtin_mul_overflow(size, extent, &size)) {
      shape.fail("extents of at least 1, and of a size", json_text(shape.json()));
    }
  }
  auto read = values.as<std::vector<T>>();
  if (!std::cmp_equal(read.size(), size)) values.fail({size, " values, as the shape has"}, {read.size()});
  return Tensor<T>(Shape(extents.data(), static_cast<Index>(extents.size())), std::move(read));
}

template <class State>
[[gnu::cold]] void read_members(const JsonValue& json, State& object) {
  State::state(object, [&]<class M>(const char* name, M& member) {
    if constexpr (is_tensor<M>) {
      member = read_tensor<typename M::value_type>(json, name);
    } else if constexpr (HasState<M>) {
      read_members(json[name], member);
    } else if constexpr (std::is_enum_v<M>) {
      member = static_cast<M>(json[name].template as<int>());
    } else {
      member = json[name].template as<M>();
    }
  });
  if constexpr (requires { object.check_state(); }) {
    try {
      object.check_state();
    } catch (const Error& error) {
      throw FileError(json.place() + (json.key().empty() ? ": " : ".") + error.what());
    }
  }
}

}  // namespace detail

/// The counterpart. @throws FileError for what is missing, of another type or out of range, by file and key; the object
/// is then as it was
template <class State>
[[gnu::cold]] void read_state(const JsonValue& json, State& object) {
  State read = object;
  detail::read_members(json, read);
  object = std::move(read);
}
/// The same. @param path is what errors name
template <class State>
[[gnu::cold]] void read_state(const nlohmann::ordered_json& json, const std::string& path, State& object) {
  read_state(JsonValue(json, path), object);
}

/// The same as a line of text. @throws ValueError for texts that are not UTF-8
template <class State>
[[gnu::cold]] std::string state_text(const State& object) {
  return json_text(state_json(object));
}

/// The counterpart. @throws FileError for a text that is not such a state; the object is then as it was
template <class State>
[[gnu::cold]] void restore_state(State& object, const std::string& text) {
  const auto json = parse_json(text, "restore_state");
  read_state(json, "restore_state", object);
}

}}  // namespace tenure::TENURE_ABI
