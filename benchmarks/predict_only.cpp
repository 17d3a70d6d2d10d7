// A program that only predicts with a saved hybrid model, and includes no more than that takes: what size.sh compiles
// and weighs. Prints the months to come of one customer of whom nothing is known.
#include <cstdio>
#include <tenure/clv/hybrid/network.hpp>
#include <tenure/io/model_file.hpp>
#include <tenure/train/predictor.hpp>

int main(int argc, char** argv) try {
  using namespace tenure;
  if (argc != 2) return std::fprintf(stderr, "usage: %s MODEL.safetensors\n", argv[0]), 2;
  const SafetensorsReader reader(argv[1]);
  const clv::HybridConfig config{.categories = reader.shape("country.weight")[0]};
  Rng rng;
  clv::Hybrid<float> model(config, rng);
  load(model, reader);
  const Tensor<float> temporal({1, config.steps, config.temporal}), trend({1, config.steps, config.trend});
  const Tensor<std::int64_t> categories({1, config.categories});
  const Predictor predictor(model, temporal, trend, categories);
  for (const float amount : predictor(temporal, trend, categories)) std::printf("%g\n", static_cast<double>(amount));
} catch (const std::exception& error) {
  std::fprintf(stderr, "%s\n", error.what());
  return 1;
}
