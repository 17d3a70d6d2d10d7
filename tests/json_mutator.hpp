/// Hostile JSON made of good JSON, the same for the same seed.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <tenure/core/rng.hpp>
#include <vector>

namespace tenure::test {

/// Changes one to three places of a JSON text: names and elements go, values become others of any type, numbers huge or
/// negative, lists empty, short or deep; and now and then bytes of the text itself.
class JsonMutator {
 public:
  explicit JsonMutator(std::uint64_t seed) : rng_(seed) {}

  std::string operator()(const nlohmann::ordered_json& json) {
    nlohmann::ordered_json changed = json;
    for (std::uint64_t i = 1 + rng_.below(3); i > 0; --i) change(changed);
    std::string text = changed.dump();
    if (rng_.below(8) == 0) change_bytes(text);
    return text;
  }

 private:
  using Json = nlohmann::ordered_json;

  /// All values but the root. A long list counts as its first values, or it would be all that is changed.
  static void collect(Json& json, std::vector<std::pair<Json*, Json*>>& places) {
    std::size_t count = 0;
    for (Json& value : json) {
      if (json.is_array() && ++count > 4) return;
      places.emplace_back(&json, &value);
      if (value.is_structured()) collect(value, places);
    }
  }

  Json other_value(const Json& old) {
    Json deep = 1;
    switch (rng_.below(18)) {
      case 0:
        return nullptr;
      case 1:
        return true;
      case 2:
        return -1;
      case 3:
        return 0;
      case 4:
        return 1;
      case 5:
        return std::int64_t{1} << 31;
      case 6:
        return (std::numeric_limits<std::int64_t>::max)();
      case 7:
        return (std::numeric_limits<std::int64_t>::min)();
      case 8:
        return (std::numeric_limits<std::uint64_t>::max)();
      case 9:
        return rng_.below(2) ? 1e300 : -1e300;
      case 10:
        return 0.5;
      case 11:
        return "";
      case 12:
        return "text";
      case 13:
        return Json::array();
      case 14:
        return Json::object();
      case 15:
        for (std::uint64_t levels = rng_.below(100); levels > 0; --levels) deep = Json::array({std::move(deep)});
        return deep;
      case 16:
        return old.is_number_integer() ? Json(old.get<std::uint64_t>() + (rng_.below(2) ? 1 : 3)) : Json::array({old});
      default:
        return old.is_number() ? Json(-1000 * old.get<double>()) : Json::array({1, 2, 3});
    }
  }

  void change(Json& json) {
    std::vector<std::pair<Json*, Json*>> places;
    collect(json, places);
    if (places.empty()) return;
    const auto [parent, value] = places[rng_.below(places.size())];
    const std::uint64_t kind = rng_.below(5);
    if (kind == 0) {
      for (auto one = parent->begin(); one != parent->end(); ++one) {
        if (&*one == value) return void(parent->erase(one));
      }
    } else if (kind == 1 && value->is_array()) {
      value->is_structured() && !value->empty() ? value->erase(value->size() - 1) : value->push_back(1);
    } else if (kind == 2) {
      *value = Json(*places[rng_.below(places.size())].second);
    } else {
      *value = other_value(*value);
    }
  }

  void change_bytes(std::string& text) {
    static constexpr std::string_view parts[] = {"[",       "]",     "{",    "}", ",",      "\"",
                                                 "\\u0000", "1e999", "\xFF", "-", "\x1B[2J"};
    const std::size_t at = rng_.below(text.size() + 1);
    if (rng_.below(3) == 0) return text.resize(at);
    text.insert(at, parts[rng_.below(std::size(parts))]);
  }

  Rng rng_;
};

}  // namespace tenure::test
