#include <tenure/io/model_file.hpp>
#include <tenure/tenure.hpp>

#if !defined(TENURE_COMPILED) || defined(NLOHMANN_JSON_VERSION_MAJOR)
#error "nlohmann-json was to be compiled once"
#endif

// A model of one weight, trained, written and read again.
int main() {
  using namespace tenure;
  Rng rng(1);
  Linear<float> model({.in_features = 1, .out_features = 1}, rng), read = model;
  const Parameters<float> parameters(model);
  Sgd<float> sgd(parameters, {.learning_rate = 0.1});
  Tape<float> tape;
  for (int step = 0; step < 100; ++step, tape.reset()) {
    mse(model(tape.input(Tensor<float>({1, 1}, 1))), tape.input(Tensor<float>({1, 1}, 3))).backward();
    sgd.step();
  }
  save(model, "compiled.safetensors");
  load(read, "compiled.safetensors");
  const float y = read(tape.input(Tensor<float>({1, 1}, 1))).item();
  return y > 2.99f && y < 3.01f ? 0 : 1;
}
