#include "tenure/autograd/parameters.hpp"

#include <doctest/doctest.h>

#include <vector>

#include "../gradient_check.hpp"

using namespace tenure;

namespace {

struct Layer {
  Parameter<float> weight;
  Parameter<float> bias;
  explicit Layer(float value) : weight(Tensor<float>({2, 3}, value)), bias(Tensor<float>({3}, -value)) {}
  static void fields(auto& self, auto&& f) {
    f("weight", self.weight);
    f("bias", self.bias);
  }
};

struct Model {
  std::vector<Layer> layers;
  Layer head{9};
  int epochs = 3;
  static void fields(auto& self, auto&& f) {
    f("layers", self.layers);
    f("head", self.head);
  }
};

Model make_model() { return {.layers = {Layer(1), Layer(2)}}; }

}  // namespace

static_assert(Module<Model> && Module<const Model> && !Module<int> && !Module<Parameter<float>>);

TEST_CASE("parameters are named by their path, in declaration order, at offsets of 64 bytes") {
  Model model = make_model();
  const Parameters<float> parameters(model);
  std::vector<std::string> names;
  for (const auto& entry : parameters.entries()) {
    names.push_back(entry.name);
    CHECK(entry.offset % 16 == 0);
  }
  CHECK(names == std::vector<std::string>{"layers.0.weight", "layers.0.bias", "layers.1.weight", "layers.1.bias",
                                          "head.weight", "head.bias"});
  CHECK(parameters.count() == 27);
  CHECK(parameters.values().size() == 96);
  CHECK(parameters.gradients().size() == 96);
  CHECK(reinterpret_cast<std::uintptr_t>(parameters.values().data()) % 64 == 0);
}

TEST_CASE("a gathered model keeps its values, and shares them with the flat buffer") {
  Model model = make_model();
  const Parameters<float> parameters(model);
  CHECK(model.layers[1].bias.value()(2) == -2);
  parameters.values()(parameters.entries()[3].offset + 2) = 7;
  CHECK(model.layers[1].bias.value()(2) == 7);
  model.head.weight.gradient()(1, 2) = 5;
  CHECK(parameters.gradients()(parameters.entries()[4].offset + 5) == 5);
}

TEST_CASE("a copy of a gathered model owns its values; a moved one stays gathered; both outlive the Parameters") {
  Model copy = make_model();
  Model moved = make_model();
  {
    Model model = make_model();
    const Parameters<float> parameters(model);
    copy = Model(model);
    model.layers[0].weight.value()(0, 0) = 100;
    moved = std::move(model);
    Model constructed(std::move(moved));
    constructed.layers[0].weight.value()(0, 1) = 50;
    CHECK(parameters.values()(1) == 50);
    moved = std::move(constructed);
  }
  CHECK(!copy.layers[0].weight.gathered());
  CHECK(copy.layers[0].weight.value()(0, 0) == 1);
  CHECK(moved.layers[0].weight.value()(0, 0) == 100);
  CHECK(moved.layers[0].weight.value()(0, 1) == 50);
}

TEST_CASE("assigning to a gathered parameter writes into the buffer that the optimizer holds") {
  Model model = make_model();
  const Parameters<float> parameters(model);
  model.head = Layer(4);
  const Layer other(5);
  model.layers[0].weight = other.weight;
  CHECK(parameters.values()(parameters.entries()[4].offset) == 4);
  CHECK(parameters.values()(0) == 5);
  CHECK(model.head.weight.gathered());
  test::check_throws<ShapeError>(
      [&] {
        model.head.weight = Parameter<float>(Shape{3, 2});
      },
      {"head.weight", "(2, 3), as gathered", "(3, 2)"});
}

TEST_CASE("a model can be gathered again once the first Parameters is gone, and not before") {
  Model model = make_model();
  {
    const Parameters<float> first(model);
    test::check_throws<StateError>([&] { Parameters<float> second(model); }, {"parameters", "layers.0.weight"});
  }
  const Parameters<float> second(model);
  model.layers[0].weight.value()(0, 0) = 3;
  CHECK(second.values()(0) == 3);
}

TEST_CASE("a model without parameters is an error") {
  Model model{.layers = {}};
  std::vector<Layer> none;
  test::check_throws<ValueError>([&] { Parameters<float> parameters(none); }, {"parameters", "none"});
}
