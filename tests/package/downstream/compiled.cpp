#include <tenure/io/model_file.hpp>
#include <tenure/tenure.hpp>
#include <tenure/track/tensorboard/event_writer.hpp>

#if !defined(TENURE_COMPILED) || defined(NLOHMANN_JSON_VERSION_MAJOR)
#error "nlohmann-json was to be compiled once"
#endif

/// A model of one weight, trained, written and read again.
float trained_and_read() {
  using namespace tenure;
  Rng rng(1);
  Linear<float> model({.in_features = 1, .out_features = 1}, rng), read = model;
  const Parameters<float> parameters(model);
  Sgd<float> sgd(parameters, {.learning_rate = 0.1});
  Tape<float> tape;
  TensorBoardWriter events("events");
  for (int step = 0; step < 100; ++step, tape.reset()) {
    auto loss = mse(model(tape.input(Tensor<float>({1, 1}, 1))), tape.input(Tensor<float>({1, 1}, 3)));
    events.scalar("loss", static_cast<double>(loss.item()), step);
    loss.backward();
    sgd.step();
  }
  save(model, "compiled.safetensors");
  load(read, "compiled.safetensors");
  return read(tape.input(Tensor<float>({1, 1}, 1))).item();
}
