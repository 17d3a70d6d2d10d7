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

TEST_CASE("what is missing or of another type is an error that names the file") {
  Outer to;
  check_throws<FileError>([&] { read_state(nlohmann::ordered_json::parse("{}"), "x.json", to); }, {"x.json", "inner"});
  auto json = state_json(Outer{{Tensor<double>({1}, {1}), {}}, 0, 0, Color::red, {}});
  json["number"] = "many";
  check_throws<FileError>([&] { read_state(json, "x.json", to); }, {"x.json: expected what this version"});
  json["inner"]["values"]["shape"] = {2, 2};
  check_throws<FileError>([&] { read_state(json, "x.json", to); }, {"tensors of as many values as their shapes have"});
  check_throws<FileError>([&] { read_state(nlohmann::ordered_json(), "x.json", to); }, {"x.json"});
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
    check_throws<FileError>([&] { restore_state(bounds, text); }, {"restore_state: expected what this version"});
  }
  CHECK(bounds.low == 1);
  Scaler scaler;
  check_throws<FileError>([&] { restore_state(scaler, R"({"settings": {"shape": [1, 2], "values": [0]}})"); },
                          {"tensors of as many values"});
  check_throws<ValueError>([&] { state_text(CategoryEncoder(std::vector<std::string>{"\xff"})); }, {"UTF-8"});
}
