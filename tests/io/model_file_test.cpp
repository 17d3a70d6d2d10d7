#include "tenure/io/model_file.hpp"

#include <array>
#include <cmath>

#include "../message.hpp"
#include "../temporary_directory.hpp"
#include "tenure/autograd/parameters.hpp"
#include "tenure/nn/linear.hpp"

using namespace tenure;
using test::check_throws;

namespace {

template <class T>
struct Model {
  std::array<Linear<T>, 2> layers;
  Parameter<T> scale{Tensor<T>::from({1, 2})};
  explicit Model(Rng& rng)
      : layers{Linear<T>({.in_features = 3, .out_features = 2}, rng),
               Linear<T>({.in_features = 2, .out_features = 4}, rng)} {}
  static void fields(auto& self, auto&& f) {
    f("layers", self.layers);
    f("scale", self.scale);
  }
};

template <class T>
bool equal(View<const T> a, View<const T> b) {
  return a.shape() == b.shape() && std::equal(a.begin(), a.end(), b.begin());
}

template <class T>
bool equal(Model<T>& a, Model<T>& b) {
  const auto of_a = named_parameters<T>(a), of_b = named_parameters<T>(b);
  return std::equal(of_a.begin(), of_a.end(), of_b.begin(),
                    [](const auto& x, const auto& y) { return equal<T>(x.parameter->value(), y.parameter->value()); });
}

struct Saved {
  test::TemporaryDirectory directory;
  std::string path = directory / "model.safetensors";
  Rng rng{1};
  Model<float> model{rng};
  Saved() { save(model, path, {{"epoch", "3"}}); }
};

}  // namespace

TEST_CASE("a model that was saved loads to the same bits, under PyTorch's names and layouts") {
  Saved saved;
  const SafetensorsReader reader(saved.path);
  CHECK(reader.metadata().at("epoch") == "3");
  CHECK(reader.tensors().size() == 5);
  CHECK(reader.shape("layers.0.weight") == Shape{2, 3});
  CHECK(reader.read<float>("layers.0.weight")(1, 2) == saved.model.layers[0].weight.value()(2, 1));
  CHECK(reader.shape("layers.1.bias") == Shape{4});
  Model<float> other(saved.rng);
  CHECK(!equal(other, saved.model));
  CHECK(load(other, saved.path).complete());
  CHECK(equal(other, saved.model));
  CHECK(other.layers[1].weight.path() == "layers.1.weight");
}

TEST_CASE("loading into a gathered model writes in place and leaves its paths") {
  Saved saved;
  Model<float> other(saved.rng);
  const Parameters<float> parameters(other);
  load(other.layers[0], saved.path, {.strict = true, .prefix = "layers.0."});
  CHECK(other.layers[0].weight.gathered());
  CHECK(other.layers[0].weight.path() == "layers.0.weight");
  CHECK(equal<float>(other.layers[0].weight.value(), saved.model.layers[0].weight.value()));
  CHECK(parameters.values().data()[0] == saved.model.layers[0].weight.value()(0, 0));
}

TEST_CASE("a file in another precision is converted to the nearest values") {
  Saved saved;
  Model<double> wide(saved.rng);
  load(wide, saved.path);
  CHECK(wide.layers[1].weight.value()(1, 3) == static_cast<double>(saved.model.layers[1].weight.value()(1, 3)));
  wide.scale.value()(0) = 0.1;
  wide.scale.value()(1) = 1e300;
  save(wide, saved.path);
  load(saved.model, saved.path);
  CHECK(saved.model.scale.value()(0) == 0.1f);
  CHECK(std::isinf(saved.model.scale.value()(1)));
}

TEST_CASE("a file that differs from the model is an error that lists all differences, the model being as it was") {
  Saved saved;
  SafetensorsWriter writer;
  writer.add("layers.0.weight", Tensor<float>({2, 3}, 7));
  writer.add("layers.0.bias", Tensor<float>({3}, 7));
  writer.add("layers.1.weight", Tensor<float>({2, 4}, 7));  // Keras's layout
  writer.add("scale", Tensor<std::int64_t>({2}, 7));
  writer.add("steps", Tensor<std::int64_t>(Shape{}, 7));
  writer.add("layers.2.bias", Tensor<float>({3}, 7));
  writer.write(saved.path);

  const Model<float> before = saved.model;
  const std::string message = message_of<FileError>([&] { load(saved.model, saved.path); });
  CHECK(message == saved.path +
                       ": expected the parameters of the model, got differences:\n"
                       "  missing: layers.1.bias\n"
                       "  unexpected: steps, layers.2.bias\n"
                       "  of another shape, type or value: layers.0.bias (2) rather than F32 of shape (3), "
                       "layers.1.weight (4, 2) rather than F32 of shape (2, 4), "
                       "scale (2) rather than I64 of shape (2)");
  CHECK(equal<float>(saved.model.layers[0].weight.value(), before.layers[0].weight.value()));

  const LoadReport report = load(saved.model, saved.path, {.strict = false});
  CHECK(!report.complete());
  CHECK(report.missing == std::vector<std::string>{"layers.1.bias"});
  CHECK(report.unexpected == std::vector<std::string>{"steps", "layers.2.bias"});
  CHECK(report.mismatched.size() == 3);
  CHECK(saved.model.layers[0].weight.value()(2, 1) == 7);
  CHECK(equal<float>(saved.model.layers[0].bias->value(), before.layers[0].bias->value()));
  CHECK(equal<float>(saved.model.scale.value(), before.scale.value()));
}

TEST_CASE("a prefix finds a model inside a larger one") {
  Saved saved;
  Linear<float> layer({.in_features = 2, .out_features = 4}, saved.rng);
  load(layer, saved.path, {.prefix = "layers.1."});
  CHECK(equal<float>(layer.weight.value(), saved.model.layers[1].weight.value()));
  check_throws<FileError>([&] { load(layer, saved.path, {.prefix = "layers.3."}); },
                          {"missing: layers.3.weight, layers.3.bias"});
}
