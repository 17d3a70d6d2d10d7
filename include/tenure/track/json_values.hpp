/// Nested JSON as names and values. A component: link tenure::json.
#pragma once

#include <string>

#include "../io/json.hpp"

namespace tenure { inline namespace TENURE_ABI {

/// Calls f(name, value) for each value of a JSON object that is not itself an object; those of objects in it are named
/// with what they are in, as "model/rmse".
template <class F>
[[gnu::cold]] void for_each_value(const nlohmann::ordered_json& json, const F& f, const std::string& above = {}) {
  for (const auto& [key, value] : json.items()) {
    if (value.is_object()) {
      for_each_value(value, f, above + key + "/");
    } else {
      f(above + key, value);
    }
  }
}

/// A value as a person would write it: texts without quotes, all else as in JSON.
[[gnu::cold]] inline std::string text_of(const nlohmann::ordered_json& value) {
  return value.is_string() ? text::utf8(value.get_ref<const std::string&>()) : json_text(value);
}

}}  // namespace tenure::TENURE_ABI
