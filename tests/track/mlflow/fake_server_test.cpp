// The tests' MLflow server is held to what MLflow answered. recorded/VERSION.json has requests, each with the status and
// the JSON that a server of that version, from its source, gave to it. There, $RUN and $EXPERIMENT stand for identifiers,
// $TIME for any time, "$times 3 x" for "xxx", and {"$times": 3, "of": …} for three of these, with their number for '#'.
#include "fake_server.hpp"

#include <doctest/doctest.h>

#include <fstream>
#include <sstream>

using namespace tenure;
using test::FakeMlflow;
using Json = nlohmann::json;

namespace {

Json recorded(const std::string& version) {
  const std::string here = __FILE__;
  std::ifstream file(here.substr(0, here.rfind('/') + 1) + "recorded/" + version + ".json");
  return Json::parse(file);
}

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  for (std::size_t at = 0; (at = text.find(from, at)) != std::string::npos; at += to.size()) {
    text.replace(at, from.size(), to);
  }
  return text;
}

/// What "$times" stands for.
Json expanded(const Json& json) {
  if (json.is_string()) {
    std::istringstream words(json.get<std::string>());
    std::string first;
    std::size_t count = 0;
    char c = 0;
    return words >> first >> count >> c && first == "$times" ? Json(std::string(count, c)) : json;
  }
  if (!json.is_structured()) return json;
  Json all = json.is_array() ? Json::array() : Json::object();
  for (const auto& item : json.items()) {
    const Json& one = item.value();
    if (json.is_object()) {
      all[item.key()] = expanded(one);
    } else if (one.is_object() && one.contains("$times")) {
      for (int i = 0; i < one["$times"].get<int>(); ++i) {
        all.push_back(expanded(Json::parse(replaced(one["of"].dump(), "#", std::to_string(i)))));
      }
    } else {
      all.push_back(expanded(one));
    }
  }
  return all;
}

/// Whether the fake says nothing that MLflow did not say. Integers of 64 bits are numbers or texts, by version.
bool is_within(const Json& fake, const Json& real) {
  if (real == "$TIME") return true;
  if (fake.is_structured() && fake.type() != real.type()) return false;
  if (fake.is_object()) {
    bool within = true;
    for (const auto& item : fake.items()) {
      within =
          within && real.contains(item.key()) && (item.key() == "message" || is_within(item.value(), real[item.key()]));
    }
    return within;
  }
  if (fake.is_array()) {
    return std::all_of(fake.begin(), fake.end(), [&](const Json& one) {
      return std::any_of(real.begin(), real.end(), [&](const Json& other) { return is_within(one, other); });
    });
  }
  const auto text = [](const Json& json) { return json.is_string() ? json.get<std::string>() : json.dump(); };
  return text(fake) == text(real);
}

struct Answer {
  int status;
  Json json;
};

Answer ask(httplib::Client& client, const Json& exchange) {
  const std::string path = exchange["path"], method = exchange["method"];
  const std::string body =
      exchange.contains("body") ? expanded(exchange["body"]).dump() : exchange.value("contents", "");
  const auto result = method == "GET"   ? client.Get(path)
                      : method == "PUT" ? client.Put(path, body, "application/octet-stream")
                                        : client.Post(path, body, "application/json");
  REQUIRE(result);
  return {result->status, Json::parse(result->body, nullptr, false)};
}

void check_recorded(const std::string& version, const test::MlflowVersion& differences = {}) {
  FakeMlflow server(0, differences);
  httplib::Client client("127.0.0.1", server.port());
  std::map<std::string, std::string> names;
  const Json all = recorded(version);
  CHECK(all["exchanges"].size() > 60);
  for (const Json& one : all["exchanges"]) {
    std::string text = one.dump();
    const auto name_all = [&] {
      for (const auto& [name, value] : names) text = replaced(text, name, value);
      return Json::parse(text);
    };
    CAPTURE(one["what"].get<std::string>());
    const Answer answer = ask(client, name_all());
    const Json named = one.value("names", Json::object());
    for (const auto& item : named.items()) {
      names[item.key()] = answer.json.at(Json::json_pointer(item.value().get<std::string>()));
    }
    const Json real = name_all();
    CHECK(answer.status == real["status"]);
    if (!real.contains("answer")) continue;
    CAPTURE(answer.json.dump());
    CAPTURE(real["answer"].dump());
    CHECK(is_within(answer.json, real["answer"]));
  }
}

}  // namespace

TEST_CASE("the tests' MLflow server answers as MLflow 3.11 did") { check_recorded("3.11"); }

TEST_CASE("the tests' MLflow server answers as MLflow 2.17 did") { check_recorded("2.17"); }

TEST_CASE("the tests' MLflow server answers as MLflow 1.13 did, when told what that could not") {
  check_recorded("1.13", {.longest_param = 250, .colons = false, .artifacts = false});
}
