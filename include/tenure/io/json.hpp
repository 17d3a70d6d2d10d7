/// JSON that others may have written: a file is read within limits, and what is in it is asked for by type and range.
/// Component tenure::json.
///
///   const JsonFile file("runs/hybrid/config.json");
///   const Index horizon = file.root()["config"]["horizon"].within<Index>(1, 120);
///
/// Errors name the file and the key: "runs/hybrid/config.json, config.horizon: expected an integer from 1 to 120, got
/// "six"". What is written is UTF-8 whatever the texts are.
#pragma once

#include <limits>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "../core/finite.hpp"
#include "../core/json.hpp"
#include "../core/text.hpp"
#include "mapped_file.hpp"

namespace tenure { inline namespace TENURE_ABI {

/// How much a JSON text may ask for.
struct JsonLimits {
  std::size_t bytes = std::size_t{1} << 28;  ///< of the text
  std::size_t depth = 64;                    ///< of objects and lists within one another: what walks them recurses
  std::size_t names = 10'000;                ///< of an object, which looks for them one by one
  std::size_t all_names = 100'000;           ///< of all objects together
};

namespace detail {

/// Watches nlohmann's parser, and throws where a text goes beyond the limits or has a name twice.
class JsonWatch {
 public:
  JsonWatch(std::string_view file, const JsonLimits& limits) : file_(file), limits_(limits) {}

  bool operator()(int, nlohmann::ordered_json::parse_event_t event, nlohmann::ordered_json& value) {
    using Event = nlohmann::ordered_json::parse_event_t;
    if (event == Event::object_start || event == Event::array_start) {
      if (open_.size() == limits_.depth) {
        throw FileError(file_, {"JSON of at most ", limits_.depth, " levels"}, "more");
      }
      open_.emplace_back();
    } else if (event == Event::object_end || event == Event::array_end) {
      open_.pop_back();
    } else if (event == Event::key) {
      std::set<std::string>& names = open_.back();
      const auto& name = value.get_ref<const std::string&>();
      if (!names.insert(name).second) throw FileError(file_, "each name of an object once", {"\"", name, "\" twice"});
      if (names.size() > limits_.names || ++all_names_ > limits_.all_names) {
        throw FileError(file_, {"at most ", limits_.names, " names in an object, ", limits_.all_names, " in all"},
                        "more");
      }
    }
    return true;
  }

 private:
  std::string_view file_;
  JsonLimits limits_;
  std::vector<std::set<std::string>> open_;  // the names so far of each object or list that is open
  std::size_t all_names_ = 0;
};

template <class T>
inline constexpr bool is_vector = false;
template <class T>
inline constexpr bool is_vector<std::vector<T>> = true;

/// The same with all texts in UTF-8.
[[gnu::cold]] inline nlohmann::ordered_json in_utf8(const nlohmann::ordered_json& json) {
  if (json.is_string()) return text::utf8(json.get_ref<const std::string&>());
  if (!json.is_structured()) return json;
  nlohmann::ordered_json copy(json.type());
  for (const auto& [name, value] : json.items()) {
    json.is_object() ? void(copy[text::utf8(name)] = in_utf8(value)) : copy.push_back(in_utf8(value));
  }
  return copy;
}

}  // namespace detail

/// Parses a text. @param file what errors name @throws FileError for what is not JSON or goes beyond the limits
[[gnu::cold]] inline nlohmann::ordered_json parse_json(std::string_view text, std::string_view file,
                                                       const JsonLimits& limits = {}) {
  if (text.size() > limits.bytes) throw FileError(file, {"at most ", limits.bytes, " bytes of JSON"}, {text.size()});
  try {
    return nlohmann::ordered_json::parse(text, detail::JsonWatch(file, limits));
  } catch (const nlohmann::ordered_json::exception& error) {
    throw FileError(file, "JSON", error.what());
  }
}

/// JSON as a text. What is no UTF-8 in its texts, as in names of files, is escaped by text::utf8().
/// @param indent of a line within its object; below 0: all in one line
[[gnu::cold]] inline std::string json_text(const nlohmann::ordered_json& json, int indent = -1) {
  try {
    return json.dump(indent);
  } catch (const nlohmann::ordered_json::type_error&) {
    return detail::in_utf8(json).dump(indent);
  }
}

/// A value in a JSON text that knows where it stands. It refers to the JSON.
class JsonValue {
 public:
  /// @param key its place in the file; empty: all of it
  [[gnu::cold]] JsonValue(const nlohmann::ordered_json& json, std::string file, std::string key = {})
      : json_(&json), file_(std::move(file)), key_(std::move(key)) {}
  JsonValue(nlohmann::ordered_json&&, std::string, std::string = {}) = delete;

  const nlohmann::ordered_json& json() const noexcept { return *json_; }
  const std::string& file() const noexcept { return file_; }
  /// As "scalers.target.shape[1]".
  const std::string& key() const noexcept { return key_; }
  /// File and key, for errors.
  [[gnu::cold]] std::string place() const { return key_.empty() ? file_ : file_ + ", " + key_; }

  [[noreturn, gnu::cold]] void fail(const Text& expected, const Text& got) const {
    throw FileError(place(), expected, got);
  }
  /// The same with what is there for what was given.
  [[noreturn, gnu::cold]] void fail(const Text& expected) const { fail(expected, excerpt()); }

  /// The value of this name. @throws FileError for what is no object, or has none of that name
  [[gnu::cold]] JsonValue operator[](const std::string& name) const {
    if (const auto found = find(name)) return *found;
    fail({"a value \"", name, "\""}, "none");
  }
  /// None for an object without that name. @throws FileError for what is no object
  [[gnu::cold]] std::optional<JsonValue> find(const std::string& name) const {
    if (!json_->is_object()) fail("an object");
    const auto found = json_->find(name);
    if (found == json_->end()) return {};
    return JsonValue(*found, file_, key_.empty() ? name : key_ + "." + name);
  }
  /// The element of a list. @throws FileError for what is no list, or too short a one
  [[gnu::cold]] JsonValue operator[](std::size_t place) const {
    if (!json_->is_array()) fail("a list");
    if (place >= json_->size()) fail({"at least ", place + 1, " elements"}, {json_->size()});
    return JsonValue((*json_)[place], file_, key_ + "[" + std::to_string(place) + "]");
  }

  /// As T: bool, an integer in its range, a finite floating point number, a text, or a vector of those or of vectors.
  /// @throws FileError for any other value
  template <class T>
  [[gnu::cold]] T as() const {
    T value{};
    if constexpr (detail::is_vector<T>) {
      if (!json_->is_array()) fail("a list");
      value.reserve(json_->size());
      for (std::size_t i = 0; i < json_->size(); ++i) {
        typename T::value_type element{};
        value.push_back(convert((*json_)[i], element) ? std::move(element)
                                                      : (*this)[i].template as<typename T::value_type>());
      }
    } else if (!convert(*json_, value)) {
      fail(kind<T>());
    }
    return value;
  }

  /// A number from `low` to `high`. @throws FileError
  template <class T>
  [[gnu::cold]] T within(T low, T high) const {
    T value{};
    if (!convert(*json_, value) || value < low || value > high) {
      fail({std::is_integral_v<T> ? "an integer" : "a number", " from ", low, " to ", high});
    }
    return value;
  }

 private:
  template <class T>
  static constexpr const char* kind() {
    if (std::is_same_v<T, bool>) return "true or false";
    if (std::is_integral_v<T>) return sizeof(T) == 8 ? "an integer of 64 bits" : "an integer of 32 bits";
    return std::is_floating_point_v<T> ? "a finite number" : "a text";
  }

  /// False where the value is no T.
  template <class T>
  [[gnu::cold]] static bool convert(const nlohmann::ordered_json& json, T& value) {
    if constexpr (std::is_same_v<T, bool>) {
      return json.is_boolean() && (value = json.template get<bool>(), true);
    } else if constexpr (std::is_integral_v<T>) {
      if (json.is_number_unsigned()) {
        const auto number = json.template get<std::uint64_t>();
        return std::in_range<T>(number) && (value = static_cast<T>(number), true);
      }
      if (!json.is_number_integer()) return false;
      const auto number = json.template get<std::int64_t>();
      return std::in_range<T>(number) && (value = static_cast<T>(number), true);
    } else if constexpr (std::is_floating_point_v<T>) {
      if (!json.is_number()) return false;
      const auto number = json.template get<double>();
      if (!(std::abs(number) <= static_cast<double>((std::numeric_limits<T>::max)()))) return false;
      value = static_cast<T>(number);
      return true;
    } else if constexpr (std::is_same_v<T, std::string>) {
      return json.is_string() && (value = json.template get<std::string>(), true);
    } else {
      static_assert(detail::is_vector<T>, "JSON is read as bool, a number, std::string, or a vector of these");
      return false;  // as() reads it, to say which element is wrong
    }
  }

  /// The value as it is, if it is short.
  [[gnu::cold]] std::string excerpt() const {
    if (json_->is_structured()) {
      return std::string(json_->is_object() ? "an object" : "a list") + " of " + std::to_string(json_->size());
    }
    return text::shortened(json_text(*json_), 60);
  }

  const nlohmann::ordered_json* json_;
  std::string file_;
  std::string key_;
};

/// A file's JSON.
class JsonFile {
 public:
  /// @throws FileError for what can't be read, is not JSON or goes beyond the limits
  [[gnu::cold]] explicit JsonFile(const std::string& path, const JsonLimits& limits = {})
      : path_(path), json_(parse_json(MappedFile::read(path).bytes(), path, limits)) {}

  const std::string& path() const noexcept { return path_; }
  const nlohmann::ordered_json& json() const noexcept { return json_; }
  JsonValue root() const { return {json_, path_}; }

 private:
  std::string path_;
  nlohmann::ordered_json json_;
};

}}  // namespace tenure::TENURE_ABI
