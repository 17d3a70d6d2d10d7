#include "tenure/optim/optimizer.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <string>
#include <variant>

#include "../message.hpp"
#include "tenure/core/rng.hpp"
#include "tenure/optim/adam.hpp"
#include "tenure/optim/schedules.hpp"
#include "tenure/optim/sgd.hpp"

using namespace tenure;

namespace {

struct Model {
  Parameter<float> a{Tensor<float>({7}, 1)};
  static void fields(auto& self, auto&& f) { f("a", self.a); }
};

struct Layered {
  Parameter<double> weight{Tensor<double>({2, 2}, 1)};
  Parameter<double> bias{Tensor<double>({2}, 1)};
  Parameter<double> scale{Tensor<double>({2}, 1)};
  static void fields(auto& self, auto&& f) {
    f("weight", self.weight);
    f("bias", self.bias);
    f("scale", self.scale);
  }
};

auto named(std::string_view wanted) {
  return [wanted](const std::string& name) { return name == wanted; };
}

using Saved = std::vector<std::pair<std::string, std::variant<Tensor<float>, Tensor<Index>, Index, double>>>;

template <class O>
Saved save(const O& optimizer) {
  Saved saved;
  O::state(optimizer, [&](const char* name, const auto& member) { saved.emplace_back(name, member); });
  return saved;
}

template <class O>
void restore(O& optimizer, const Saved& saved) {
  auto next = saved.begin();
  O::state(optimizer, [&]<class Member>(const char* name, Member& member) {
    CHECK(next->first == name);
    member = std::get<Member>(next++->second);
  });
}

template <class O>
void step(O& optimizer, Model& model, Rng& rng) {
  for (float& g : model.a.gradient()) g = static_cast<float>(rng.normal());
  optimizer.step();
}

/// Whether an optimizer restored after three steps goes on as one that was not interrupted, bit for bit.
template <class O>
bool resumes(auto config) {
  Rng rng(1);
  Model model;
  const Parameters<float> parameters(model);
  O optimizer(parameters, config);
  for (int i = 0; i < 3; ++i) step(optimizer, model, rng);
  optimizer.config.learning_rate *= 0.5;

  Model copy(model);
  const Parameters<float> copy_parameters(copy);
  O other(copy_parameters, config);
  restore(other, save(optimizer));
  Rng same(rng);
  for (int i = 0; i < 3; ++i) {
    step(optimizer, model, rng);
    step(other, copy, same);
  }
  CHECK(other.steps() == 6);
  return std::equal(copy.a.value().begin(), copy.a.value().end(), model.a.value().begin());
}

}  // namespace

static_assert(AnyOptimizer<Adam<float>> && AnyOptimizer<AdamW<double>> && AnyOptimizer<Sgd<float>>);
static_assert(!AnyOptimizer<Model>);

TEST_CASE("an optimizer's state is all that its next steps depend on") {
  CHECK(resumes<Adam<float>>(AdamConfig{}));
  CHECK(resumes<AdamW<float>>(AdamWConfig{.weight_decay = 0.1}));
  CHECK(resumes<Sgd<float>>(SgdConfig{.momentum = 0.9, .dampening = 0.5}));
}

TEST_CASE("AdamW is Adam with PyTorch's decoupled weight decay of 0.01") {
  Model model;
  const Parameters<float> parameters(model);
  AdamW<float> adam(parameters);
  CHECK(adam.config.weight_decay == 0.01);
  CHECK(adam.config.l2 == 0);
  adam.config.learning_rate = 0.5;
  adam.step();
  CHECK(model.a.value()(3) == doctest::Approx(0.995));
}

TEST_CASE("groups: no decay of biases and norms, and a rate of its own that follows the optimizer's") {
  Layered model;
  const Parameters<double> parameters(model);
  Adam<double> decayed(parameters, {.learning_rate = 0.5, .weight_decay = 0.1},
                       {{.parameters = biases_and_norms(parameters), .weight_decay = 0}});
  decayed.step();
  CHECK(model.weight.value()(0, 0) == doctest::Approx(0.95));
  CHECK(model.bias.value()(0) == 1);
  CHECK(model.scale.value()(1) == 1);

  Sgd<double> slow(parameters, {.learning_rate = 0.5}, {{.parameters = named("bias"), .learning_rate = 0.05}});
  const auto step = [&] {
    for (double& gradient : parameters.gradients()) gradient = 1;
    slow.step();
  };
  step();
  CHECK(model.bias.value()(0) == doctest::Approx(0.95));
  CHECK(model.scale.value()(0) == doctest::Approx(0.5));
  slow.config.learning_rate = 0.25;
  step();
  CHECK(model.bias.value()(0) == doctest::Approx(0.925));
}

TEST_CASE("groups: one may be frozen, as by freeze(), until it is unfrozen") {
  Layered model;
  const Parameters<double> parameters(model);
  Adam<double> adam(parameters, {}, {{.parameters = named("weight"), .trainable = false}});
  CHECK_FALSE(model.weight.trainable());
  CHECK(model.bias.trainable());
  CHECK_FALSE(Layered(model).weight.trainable());
  for (double& gradient : parameters.gradients()) gradient = 1;
  adam.step();
  CHECK(model.weight.value()(0, 0) == 1);
  CHECK(model.bias.value()(0) != 1);
  unfreeze(model);
  CHECK(model.weight.trainable());
  adam.step();
  CHECK(model.weight.value()(0, 0) != 1);
  CHECK(std::ranges::equal(adam.parameter_steps(), std::vector<Index>{1, 2, 2}));
}

TEST_CASE("groups: parameters in two of them, in none, and options outside their domain are named") {
  Layered model;
  const Parameters<double> parameters(model);
  const auto adam = [&](const std::vector<ParameterGroup>& groups, double rate = 1e-3) {
    return [&parameters, groups, rate] { Adam<double>(parameters, {.learning_rate = rate}, groups); };
  };
  test::check_throws<ValueError>(
      adam({{.parameters = named("bias"), .trainable = false}, {.parameters = biases_and_norms(parameters)}}),
      {"adam: expected each parameter in one group", "bias in groups 0 and 1"});
  CHECK(model.bias.trainable());
  test::check_throws<ValueError>(adam({{.parameters = named("biases")}}), {"that group 0 takes", "none of 3"});
  test::check_throws<ValueError>(adam({{.parameters = {}}}), {"group 0 takes", "got none"});
  test::check_throws<ValueError>(adam({{.parameters = named("bias"), .learning_rate = -1}}), {"group 0", "got -1"});
  test::check_throws<ValueError>(adam({{.parameters = named("bias"), .weight_decay = std::nan("")}}),
                                 {"a weight decay of at least 0 in group 0", "nan"});
  test::check_throws<ValueError>(adam({{.parameters = named("bias"), .learning_rate = 1}}, 0),
                                 {"learning rate above 0 that those of groups", "got 0"});
}
