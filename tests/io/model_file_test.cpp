#include "tenure/io/model_file.hpp"

#include <array>
#include <cmath>

#include "../message.hpp"
#include "../temporary_directory.hpp"
#include "tenure/autograd/parameters.hpp"
#include "tenure/nn/embedding.hpp"
#include "tenure/nn/linear.hpp"
#include "tenure/nn/lstm.hpp"

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

namespace {

/// A language model whose output layer is its embedding, as PyTorch's state_dict names both.
struct Tied {
  Embedding<float> embedding;
  Linear<float> projection;
  explicit Tied(Rng& rng)
      : embedding({.num_embeddings = 3, .embedding_dim = 2}, rng),
        projection({.in_features = 2, .out_features = 2}, rng) {}
  static void fields(auto& self, auto&& f) {
    f("embedding", self.embedding);
    f("projection", self.projection);
    f("decoder", self.embedding);
  }
};

/// The tensors of a file, by name.
std::string names_in(const std::string& path) {
  std::string names;
  const SafetensorsReader reader(path);
  for (const StoredTensor& tensor : reader.tensors()) names += tensor.name + " ";
  return names;
}

/// The tensors of a model's file and one more.
void write_tied(const std::string& path, bool first, bool second, float value_of_second) {
  SafetensorsWriter writer;
  if (first) writer.add("embedding.weight", Tensor<float>({3, 2}, 5));
  if (second) writer.add("decoder.weight", Tensor<float>({3, 2}, value_of_second));
  writer.add("projection.weight", Tensor<float>({2, 2}, 6));
  writer.add("projection.bias", Tensor<float>({2}, 7));
  writer.write(path);
}

}  // namespace

TEST_CASE("a tied parameter is saved once, and loads from files that hold it under its first name, another or both") {
  const test::TemporaryDirectory directory;
  const std::string path = directory / "tied.safetensors";
  Rng rng(1);
  Tied model(rng), other(rng);
  save(model, path);
  CHECK(names_in(path) == "embedding.weight projection.bias projection.weight ");
  load(other, path);
  CHECK(equal<float>(other.embedding.weight.value(), model.embedding.weight.value()));
  CHECK(other.embedding.weight.path() == "embedding.weight");

  for (const auto& [first, second] : {std::pair(true, false), {false, true}, {true, true}}) {
    other = Tied(rng);
    write_tied(path, first, second, 5);
    CHECK(load(other, path).complete());
    CHECK(other.embedding.weight.value()(2, 1) == 5);
  }
  write_tied(path, false, false, 0);
  check_throws<FileError>([&] { load(other, path); }, {"missing: embedding.weight"});
  write_tied(path, true, true, 4);
  check_throws<FileError>(
      [&] { load(other, path); },
      {"value: decoder.weight with other values than embedding.weight, which is the same parameter"});
}

TEST_CASE("what a file calls otherwise is renamed, by tensor or by part, and what it has besides is ignored") {
  const Saved saved;
  SafetensorsWriter writer;
  writer.add("net.first.kernel", Tensor<float>({2, 3}, 1));
  writer.add("net.first.bias", Tensor<float>({2}, 2));
  writer.add("net.layers.1.weight", Tensor<float>({4, 2}, 3));
  writer.add("net.layers.1.bias", Tensor<float>({4}, 4));
  writer.add("net.scale", Tensor<float>({2}, 5));
  writer.add("net.pooler.weight", Tensor<float>({2}, 6));
  writer.add("net.pooler_2", Tensor<float>({2}, 6));
  writer.write(saved.path);
  Model<float> model = saved.model;
  const LoadOptions options{.prefix = "net.",
                            .rename = {{"layers.0", "first"}, {"layers.0.weight", "first.kernel"}},
                            .ignore = {"pooler", "pooler_2"}};
  CHECK(load(model, saved.path, options).complete());
  CHECK(model.layers[0].weight.value()(2, 1) == 1);
  CHECK(model.layers[0].bias->value()(0) == 2);
  CHECK(model.layers[1].bias->value()(0) == 4);

  check_throws<FileError>(
      [&] { load(model, saved.path, {.prefix = "net.", .rename = options.rename, .ignore = {"pooler"}}); },
      {"unexpected: net.pooler_2"});
  check_throws<FileError>(
      [&] { load(model, saved.path, {.prefix = "net.", .ignore = options.ignore}); },
      {"missing: net.layers.0.weight, net.layers.0.bias", "unexpected: net.first.bias, net.first.kernel"});
  check_throws<ValueError>(
      [&] {
        load(model, saved.path, {.rename = {{"layer", "first"}}});
      },
      {"load: expected paths of the model to rename, got \"layer\""});
  check_throws<ValueError>(
      [&] {
        load(model, saved.path, {.rename = {{"layers.0", ""}}});
      },
      {"load: expected a name in the file for \"layers.0\", got an empty one"});
}

TEST_CASE("tensors that can't be read do not keep a model from loading, unless it is they that it asks for") {
  Saved saved;
  const auto write = [&](const std::string& scale) {
    const std::string header =
        R"({"bias":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"weight":{"dtype":"F32","shape":[1,1],"data_offsets":[4,8]},)"
        R"(")" +
        scale + R"(":{"dtype":"C64","shape":[1],"data_offsets":[8,16]}})";
    const std::uint64_t size = header.size();
    OutputFile file(saved.path);
    file.write(&size, 8);
    file.write(header.data(), header.size());
    file.write(std::string(16, '\0').data(), 16);
    file.commit();
  };
  Linear<float> layer({.in_features = 1, .out_features = 1}, saved.rng);
  write("other");
  CHECK(load(layer, saved.path, {.ignore = {"other"}}).complete());
  CHECK(layer.weight.value()(0, 0) == 0);
  check_throws<FileError>([&] { load(layer, saved.path); }, {"unexpected: other"});
  CHECK(load(layer, saved.path, {.strict = false}).unexpected.size() == 1);
  write("o.weight");
  Linear<float> wanting({.in_features = 1, .out_features = 1, .bias = false}, saved.rng);
  check_throws<FileError>([&] { load(wanting, saved.path, {.prefix = "o."}); },
                          {"o.weight (1, 1) rather than C64 of shape (1)"});
}

TEST_CASE("buffers are saved and loaded in their own types, integers too") {
  struct Scaled {
    Linear<float> head;
    Buffer<double> mean{Tensor<double>::from({0.1, 1e300})};
    Buffer<std::int64_t> count{Tensor<std::int64_t>(Shape{}, std::int64_t{1} << 60)};
    static auto fields() {
      return [](auto& self, auto&& f) {
        f("head", self.head);
        f("mean", self.mean);
        f("count", self.count);
      };
    }
  };
  Saved saved;
  const auto make = [&] { return Scaled{.head = Linear<float>({.in_features = 1, .out_features = 1}, saved.rng)}; };
  Scaled model = make(), other = make();
  save(model, saved.path);
  CHECK(names_in(saved.path) == "count mean head.bias head.weight ");
  other.mean = Buffer<double>(Shape{2});
  other.count = Buffer<std::int64_t>(Shape{});
  CHECK(load(other, saved.path).complete());
  CHECK(equal<double>(other.mean.value(), model.mean.value()));
  CHECK(other.count.value()() == std::int64_t{1} << 60);
  CHECK(other.count.path() == "count");

  SafetensorsWriter writer;
  writer.add("head.weight", Tensor<float>({1, 1}));
  writer.add("head.bias", Tensor<float>({1}));
  writer.add("mean", Tensor<std::int64_t>({2}));
  writer.add("count", Tensor<float>(Shape{}));
  writer.write(saved.path);
  check_throws<FileError>([&] { load(other, saved.path); },
                          {"count () rather than F32 of shape ()", "mean (2) rather than I64 of shape (2)"});
}

TEST_CASE("one name for two members and a parameter without values are errors of saving and of loading") {
  struct Wrong {
    Parameter<float> a{Shape{2}}, b{Shape{3}};
    const char* second = "a";
    static auto fields() {
      return [](auto& self, auto&& f) {
        f("a", self.a);
        f(self.second, self.b);
      };
    }
  };
  Saved saved;
  Wrong model;
  check_throws<ValueError>([&] { save(model, saved.path); }, {"fields", "\"a\" twice"});
  check_throws<ValueError>([&] { load(model, saved.path); }, {"fields", "\"a\" twice"});
  model.second = "b";
  save(model, saved.path);
  model.b = Parameter<float>();
  check_throws<ValueError>([&] { save(model, saved.path); }, {"b: expected values", "an empty one"});
  check_throws<ValueError>([&] { load(model, saved.path); }, {"b: expected values", "an empty one"});
}

TEST_CASE("a file that is missing and one of another kind are told apart") {
  Saved saved;
  check_throws<FileError>([&] { load(saved.model, saved.path + "x"); }, {saved.path + "x", "got no such file"});
  OutputFile file(saved.path);
  file.write("PK\3\4 and more", 13);
  file.commit();
  check_throws<FileError>([&] { load(saved.model, saved.path); }, {saved.path, "not a safetensors file but a zip"});
}
