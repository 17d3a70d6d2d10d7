#include "tenure/autograd/module.hpp"

#include <doctest/doctest.h>

#include <optional>

#include "tenure/autograd/parameters.hpp"

using namespace tenure;

namespace {

struct Part {
  Parameter<double> weight{Tensor<double>::from({1.0, -2.0})};
  std::optional<Parameter<double>> bias{Tensor<double>::from({0.5})};
  static void fields(auto& self, auto&& f) {
    f("weight", self.weight);
    f("bias", self.bias);
  }
};

struct Model {
  std::vector<Part> parts{2};
  Part head;
  static void fields(auto& self, auto&& f) {
    f("parts", self.parts);
    f("head", self.head);
  }
};

}  // namespace

TEST_CASE("freezing a part of a model freezes all of its parameters and no others, gathered or not") {
  Model model;
  freeze(model.parts);
  CHECK(!model.parts[1].bias->trainable());
  CHECK(model.head.weight.trainable());
  const Parameters<double> parameters(model);
  CHECK(!parameters.entries()[0].trainable);
  CHECK(parameters.entries()[4].trainable);

  unfreeze(model.parts[0]);
  freeze(model.head.weight);
  CHECK(parameters.entries()[0].trainable);
  CHECK(!parameters.entries()[2].trainable);
  CHECK(!parameters.entries()[4].trainable);
  CHECK(parameters.entries()[5].trainable);
}
