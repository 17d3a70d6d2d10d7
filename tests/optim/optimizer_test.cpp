#include "tenure/optim/optimizer.hpp"

#include <doctest/doctest.h>

#include <string>
#include <variant>

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

using Saved = std::vector<std::pair<std::string, std::variant<Tensor<float>, Index, double>>>;

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
