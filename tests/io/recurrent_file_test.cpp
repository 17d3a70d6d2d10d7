// What a recurrent layer's file has beside its parameters, so that PyTorch loads it with all keys matching and gives the
// same numbers, or refuses it.
#include "../message.hpp"
#include "../temporary_directory.hpp"
#include "tenure/io/model_file.hpp"
#include "tenure/nn/gru.hpp"
#include "tenure/nn/lstm.hpp"

using namespace tenure;
using test::check_throws;

namespace {

std::vector<std::string> names(const std::string& path) {
  const SafetensorsReader reader(path);
  std::vector<std::string> names;
  for (const StoredTensor& tensor : reader.tensors()) names.push_back(tensor.name);
  std::ranges::sort(names);
  return names;
}

/// A file of a layer of 2 inputs and 1 unit, biases being (gates): bias_ih of ones and bias_hh of twos if it is there.
void write(const std::string& path, Index gates, bool recurrent_bias, float recurrent = 2) {
  SafetensorsWriter writer;
  writer.add("weight_ih_l0", Tensor<float>({gates, 2}, 3));
  writer.add("weight_hh_l0", Tensor<float>({gates, 1}, 4));
  writer.add("bias_ih_l0", Tensor<float>({gates}, 1));
  if (recurrent_bias) writer.add("bias_hh_l0", Tensor<float>({gates}, recurrent));
  writer.write(path);
}

}  // namespace

TEST_CASE("a file of a layer with one bias has zeros for PyTorch's second, and loads") {
  const test::TemporaryDirectory directory;
  const std::string path = directory / "lstm.safetensors";
  Rng rng(1);
  const LstmConfig config{.input_size = 2, .hidden_size = 1, .num_layers = 2, .bidirectional = true, .biases = 1};
  Lstm<float> saved(config, rng), loaded(config, rng);
  save(saved, path);
  CHECK(names(path).size() == 16);
  const SafetensorsReader reader(path);
  CHECK(std::ranges::equal(reader.read<float>("bias_hh_l1_reverse"), Tensor<float>({4})));
  load(loaded, path);
  CHECK(std::ranges::equal(loaded.weights[3].bias_ih->value(), saved.weights[3].bias_ih->value()));
}

TEST_CASE("a layer with one bias takes the sum of a file's two, and files of 0.2, which have one") {
  const test::TemporaryDirectory directory;
  const std::string path = directory / "lstm.safetensors";
  Rng rng(2);
  Lstm<float> lstm({.input_size = 2, .hidden_size = 1, .biases = 1}, rng);
  write(path, 4, true);
  load(lstm, path);
  CHECK(lstm.weights[0].bias_ih->value()(3) == 3);
  write(path, 4, false);
  load(lstm, path);
  CHECK(lstm.weights[0].bias_ih->value()(3) == 1);
  load(lstm, path, {.rename = {{"bias_ih_l0", "bias_ih_l0"}}});
}

TEST_CASE("a GRU of one bias refuses a second that is not zero, as it can't be added to the first") {
  const test::TemporaryDirectory directory;
  const std::string path = directory / "gru.safetensors";
  Rng rng(3);
  Gru<float> gru({.input_size = 2, .hidden_size = 1, .biases = 1}, rng);
  write(path, 3, true, 0);
  load(gru, path);
  CHECK(gru.weights[0].bias_ih->value()(2) == 1);
  write(path, 3, true);
  check_throws<FileError>([&] { load(gru, path); },
                          {"bias_hh_l0 of zeros, for the model has one bias, rather than others"});
}

TEST_CASE("a GRU that PyTorch has not says so in its file, which no other GRU takes") {
  const test::TemporaryDirectory directory;
  const std::string path = directory / "gru.safetensors";
  Rng rng(4);
  Gru<float> before({.input_size = 2, .hidden_size = 1, .reset_after = false, .preset = Preset::keras}, rng);
  Gru<float> after({.input_size = 2, .hidden_size = 1}, rng);
  save(before, path);
  CHECK(names(path) ==
        std::vector<std::string>{"bias_hh_l0", "bias_ih_l0", "reset_before_l0", "weight_hh_l0", "weight_ih_l0"});
  CHECK(SafetensorsReader(path).shape("weight_hh_l0") == Shape{3, 1});
  CHECK(load(before, path).complete());
  check_throws<FileError>([&] { load(after, path); }, {"unexpected: reset_before_l0"});
  write(path, 3, true);  // of 0.2, and its two biases are summed
  load(before, path);
  CHECK(before.weights[0].bias_ih->value()(2) == 3);
}
