#include "tenure/data/state_text.hpp"

#include <cstdio>
#include <filesystem>

#include "../close.hpp"
#include "../message.hpp"
#include "golden.hpp"
#include "tenure/data/anomalies.hpp"
#include "tenure/data/encoder.hpp"
#include "tenure/data/scaler.hpp"
#include "tenure/io/model.hpp"
#include "tenure/nn/linear.hpp"

using namespace tenure;

TEST_CASE("scaler, encoder and bounds come back from a model's file as they were, to the last bit") {
  const std::string path = (std::filesystem::temp_directory_path() / "tenure_state_text_test.safetensors").string();
  const Tensor<double> table({12, 4}, golden::table);
  const Scaler scaler = Scaler({.scaling = Scaling::standard}).fit(table);
  const CategoryEncoder encoder(std::vector<std::string>{"UK", "Österreich", "\"quoted\"", "UK"});
  const Bounds bounds = iqr_bounds(golden::series);
  Rng rng(1);
  Linear<float> model({.inputs = 4, .outputs = 1}, rng);
  save(model, path,
       {{"scaler", state_text(scaler)}, {"countries", state_text(encoder)}, {"bounds", state_text(bounds)}});

  Scaler loaded_scaler;
  CategoryEncoder loaded_encoder;
  Bounds loaded_bounds{};
  const SafetensorsReader file(path);
  std::filesystem::remove(path);
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
    test::check_throws<ValueError>([&] { restore_state(bounds, text); }, {"restore_state: expected what state_text()"});
  }
  CHECK(bounds.low == 1);
  Scaler scaler;
  test::check_throws<ShapeError>(
      [&] {
        restore_state(scaler,
                      R"({"settings": {"shape": [1, 2], "values": [0]}, "statistics": {"shape": [], "values": []}})");
      },
      {"2 values for (1, 2), got 1"});
  test::check_throws<ValueError>([&] { state_text(CategoryEncoder(std::vector<std::string>{"\xff"})); }, {"UTF-8"});
}
