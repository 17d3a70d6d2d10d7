#include "tenure/io/state_json.hpp"

#include "../close.hpp"
#include "../data/golden.hpp"
#include "../message.hpp"
#include "../temporary_directory.hpp"
#include "tenure/data/anomalies.hpp"
#include "tenure/data/category_encoder.hpp"
#include "tenure/data/scaler.hpp"
#include "tenure/io/model_file.hpp"
#include "tenure/nn/linear.hpp"

using namespace tenure;
using test::check_throws;

namespace {

enum class Color { red, green };

struct Inner {
  Tensor<double> values;
  std::vector<std::string> names;
  static void state(auto& self, auto&& f) {
    f("values", self.values);
    f("names", self.names);
  }
};
struct Outer {
  Inner inner;
  double number = 0;
  Index count = 0;
  Color color = Color::red;
  Tensor<float> none;
  static void state(auto& self, auto&& f) {
    f("inner", self.inner);
    f("number", self.number);
    f("count", self.count);
    f("color", self.color);
    f("none", self.none);
  }
};

}  // namespace

TEST_CASE("a state comes back from JSON as it was, every bit of its numbers") {
  const Outer from{{Tensor<double>({2, 1}, {0.1, -1e-300}), {"a", "é"}}, 1.0 / 3, 7, Color::green, {}};
  const std::string text = state_json(from).dump();
  Outer to;
  read_state(nlohmann::ordered_json::parse(text), "x.json", to);
  CHECK(to.inner.values.shape() == Shape{2, 1});
  CHECK(to.inner.values(0, 0) == 0.1);
  CHECK(to.inner.values(1, 0) == -1e-300);
  CHECK(to.inner.names == from.inner.names);
  CHECK(to.number == from.number);
  CHECK(to.count == 7);
  CHECK(to.color == Color::green);
  CHECK(to.none.empty());
}

TEST_CASE("what is missing, of another type or out of range is an error that names the file and the key") {
  const auto json = state_json(Outer{{Tensor<double>({1}, {1}), {"a"}}, 0, 0, Color::red, {}});
  const auto reading = [&](const char* pointer, const nlohmann::ordered_json& value) {
    nlohmann::ordered_json changed = json;
    changed[nlohmann::ordered_json::json_pointer(pointer)] = value;
    Outer to;
    return message_of<FileError>([&] { read_state(changed, "x.json", to); });
  };
  CHECK(reading("/number", "many") == "x.json, number: expected a finite number, got \"many\"");
  CHECK(reading("/number", nullptr) == "x.json, number: expected a finite number, got null");
  CHECK(reading("/count", 1.5) == "x.json, count: expected an integer of 64 bits, got 1.5");
  CHECK(reading("/count", 18446744073709551615u) ==
        "x.json, count: expected an integer of 64 bits, got 18446744073709551615");
  CHECK(reading("/color", 4294967296) == "x.json, color: expected an integer of 32 bits, got 4294967296");
  CHECK(reading("/inner", 1) == "x.json, inner: expected an object, got 1");
  CHECK(reading("/inner/names/0", 1) == "x.json, inner.names[0]: expected a text, got 1");
  CHECK(reading("/inner/values/values/0", "1") ==
        "x.json, inner.values.values[0]: expected a finite number, got \"1\"");
  CHECK(reading("/inner/values/shape", {2, 2}) ==
        "x.json, inner.values.values: expected 4 values, as the shape has, got 1");
  for (const auto& extents : {nlohmann::ordered_json{0}, {-1}, {4294967296, 4294967296}}) {
    CHECK(reading("/inner/values/shape", extents).find("x.json, inner.values.shape: expected extents of at least 1") ==
          0);
  }
  CHECK(reading("/inner/values/shape", {1, 1, 1, 1, 1, 1}).find("at most 5 extents, got 6") != std::string::npos);
  CHECK(reading("/none", 1) == "x.json, none: expected an object, got 1");
  CHECK(reading("/none", {{"shape", {1}}, {"values", {1e39}}}) ==
        "x.json, none.values[0]: expected a finite number, got 1e+39");
  Outer to;
  check_throws<FileError>([&] { read_state(nlohmann::ordered_json::object(), "x.json", to); },
                          {"x.json: expected a value \"inner\", got none"});
  check_throws<FileError>([&] { read_state(nlohmann::ordered_json(), "x.json", to); }, {"x.json: expected an object"});
}

TEST_CASE("members that must fit together are checked where they are read, and the object stays as it was") {
  Scaler scaler = Scaler().fit(Tensor<double>({2, 1}, {1, 3}));
  const auto json = state_json(scaler);
  const auto reading = [&](const char* pointer, const nlohmann::ordered_json& value) {
    nlohmann::ordered_json changed{{"scaler", json}};
    changed[nlohmann::ordered_json::json_pointer(pointer)] = value;
    return message_of<FileError>([&] { read_state(JsonValue(changed, "x.json")["scaler"], scaler); });
  };
  CHECK(reading("/scaler/settings/values/0", 9).find("x.json, scaler.settings: expected") == 0);
  CHECK(reading("/scaler/settings/values/0", 0.5).find("x.json, scaler.settings: expected") == 0);
  CHECK(reading("/scaler/settings/values/1", 2).find("x.json, scaler.settings: expected") == 0);
  CHECK(reading("/scaler/settings", {{"shape", {2}}, {"values", {0, 0}}}).find("x.json, scaler.settings: ") == 0);
  CHECK(reading("/scaler/settings", {{"shape", {2, 2}}, {"values", {0, 0, 0, 0}}}).find("x.json, scaler.s") == 0);
  CHECK(reading("/scaler/statistics", {{"shape", {1, 1}}, {"values", {0}}}).find("x.json, scaler.statistics: ") == 0);
  CHECK(reading("/scaler/statistics/values/1", -1).find("x.json, scaler.statistics: expected spreads") == 0);
  CHECK(scaler.shift(0) == 2);
  nlohmann::ordered_json none = json;
  none.erase("settings");
  check_throws<FileError>([&] { read_state(none, "x.json", scaler); }, {"x.json: settings: expected"});
  none = json;
  none.erase("statistics");
  read_state(none, "x.json", scaler);
  CHECK(!scaler.fitted());
}

TEST_CASE("scaler, encoder and bounds come back from a model's file as they were, to the last bit") {
  const test::TemporaryDirectory directory;
  const std::string path = directory / "model.safetensors";
  const Tensor<double> table({12, 4}, golden::table);
  const Scaler scaler = Scaler({.scaling = Scaling::standard}).fit(table);
  const CategoryEncoder encoder(std::vector<std::string>{"UK", "Österreich", "\"quoted\"", "UK"});
  const Bounds bounds = iqr_bounds(golden::series);
  Rng rng(1);
  Linear<float> model({.in_features = 4, .out_features = 1}, rng);
  save(model, path,
       {{"scaler", state_text(scaler)}, {"countries", state_text(encoder)}, {"bounds", state_text(bounds)}});

  Scaler loaded_scaler;
  CategoryEncoder loaded_encoder;
  Bounds loaded_bounds{};
  const SafetensorsReader file(path);
  load(model, file);
  restore_state(loaded_scaler, file.metadata().at("scaler"));
  restore_state(loaded_encoder, file.metadata().at("countries"));
  restore_state(loaded_bounds, file.metadata().at("bounds"));
  test::check_close(loaded_scaler.transform(table).view().span(), scaler.transform(table).view().span(), 0);
  CHECK(loaded_encoder.names() == encoder.names());
  CHECK(loaded_bounds.low == bounds.low);
  CHECK(loaded_bounds.high == bounds.high);
}

TEST_CASE("a scaler that is not fitted comes back as such") {
  Scaler scaler;
  restore_state(scaler, state_text(Scaler({.scaling = Scaling::robust})));
  CHECK(!scaler.fitted());
}

TEST_CASE("a text that is no state is an error, and changes nothing") {
  Bounds bounds{1, 2};
  for (const char* text : {"", "{", "[]", "{}", R"({"low": 0})", R"({"low": 0, "high": "x"})"}) {
    check_throws<FileError>([&] { restore_state(bounds, text); }, {"restore_state"});
  }
  CHECK(bounds.low == 1);
  Scaler scaler;
  check_throws<FileError>([&] { restore_state(scaler, R"({"settings": {"shape": [1, 2], "values": [0]}})"); },
                          {"restore_state, settings.values: expected 2 values, as the shape has, got 1"});
  check_throws<ValueError>([&] { state_text(CategoryEncoder(std::vector<std::string>{"\xff"})); }, {"UTF-8"});
}
