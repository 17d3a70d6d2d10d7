/// Golden cases of optimizers, and the losses of a model that is trained.
#include "golden.hpp"
#include "tenure/nn/linear.hpp"
#include "tenure/nn/lstm.hpp"
#include "tenure/nn/multi_head_attention.hpp"
#include "tenure/ops/losses.hpp"
#include "tenure/ops/reduce.hpp"
#include "tenure/optim/adam.hpp"
#include "tenure/optim/schedules.hpp"
#include "tenure/optim/sgd.hpp"

namespace tenure::golden { namespace {

template <class T>
struct Vector {
  Parameter<T> values;
  static void fields(auto& self, auto&& f) { f("values", self.values); }
};

/// A step for each row of gradients (steps, n), from `start` (n).
template <class T, class Optimizer>
double take_steps(Golden& golden, const auto& config) {
  Vector<T> vector{Parameter<T>(golden.read<T>("start"))};
  const Parameters<T> parameters(vector);
  Optimizer optimizer(parameters, config);
  const Tensor<T> gradients = golden.read<T>("gradients");
  for (Index step = 0; step < gradients.shape().at(0); ++step) {
    if (gradients[step].size() != vector.values.size()) {
      throw FileError("gradients", {"(steps, ", vector.values.size(), ")"}, {gradients.shape()});
    }
    std::copy_n(gradients[step].data(), vector.values.size(), vector.values.gradient().data());
    optimizer.step();
  }
  Comparison comparison(golden);
  comparison.compare("end", vector.values.value());
  return comparison.largest();
}

SgdConfig sgd_config(Golden& golden) {
  return {.learning_rate = golden.option("learning_rate", 1e-3),
          .momentum = golden.option("momentum", 0.0),
          .dampening = golden.option("dampening", 0.0),
          .l2 = golden.option("weight_decay", 0.0),
          .nesterov = golden.option("nesterov", false)};
}

AdamConfig adam_config(Golden& golden, const std::string& name) {
  const auto betas = golden.option("betas", std::vector{0.9, 0.999});
  if (betas.size() != 2) throw golden.wrong("betas", "two numbers");
  AdamConfig config{.learning_rate = golden.option("learning_rate", 1e-3),
                    .beta_1 = betas[0],
                    .beta_2 = betas[1],
                    .epsilon = golden.option("epsilon", name == "keras_adam" ? 1e-7 : 1e-8),
                    .epsilon_outside = name == "keras_adam"};
  (name == "adam" ? config.l2 : config.weight_decay) = golden.option("weight_decay", name == "adamw" ? 1e-2 : 0.0);
  return config;
}

std::string optimizer_name(Golden& golden) {
  std::string name = golden.choice("optimiser", {"", "sgd", "adam", "adamw", "keras_adam"});
  if (name.empty()) throw FileError(golden.reader().path(), "config key \"optimiser\"", "none");
  return name;
}

template <class T>
double optimizer(Golden& golden) {
  const std::string name = optimizer_name(golden);
  if (name == "sgd") return take_steps<T, Sgd<T>>(golden, sgd_config(golden));
  return take_steps<T, Adam<T>>(golden, adam_config(golden, name));
}

/// What generate.py puts into three groups.
template <class T>
struct Grouped {
  Parameter<T> weight, bias, late, slow;
  explicit Grouped(Golden& golden)
      : weight(golden.read<T>("start.weight")),
        bias(golden.read<T>("start.bias")),
        late(golden.read<T>("start.late")),
        slow(golden.read<T>("start.slow")) {}
  static void fields(auto& self, auto&& f) {
    f("weight", self.weight);
    f("bias", self.bias);
    f("late", self.late);
    f("slow", self.slow);
  }
};

template <class T, class Optimizer>
double take_grouped_steps(Golden& golden, const auto& config) {
  Grouped<T> model(golden);
  const Parameters<T> parameters(model);
  Optimizer optimizer(
      parameters, config,
      {{.parameters = [](const std::string& name) { return name == "bias"; }, .l2 = 0, .weight_decay = 0},
       {.parameters = [](const std::string& name) { return name == "slow"; }, .learning_rate = 0.003}});
  const StepLr schedule{.initial_learning_rate = config.learning_rate, .step_size = 4, .gamma = 0.5};
  const auto named = named_parameters<T>(model);
  std::vector<Tensor<T>> gradients;
  for (const auto& one : named) gradients.push_back(golden.read<T>("gradients." + one.name));
  for (Index step = 0; step < 25; ++step) {
    optimizer.config.learning_rate = schedule(step);
    model.late.set_trainable(step >= 10 && (step < 18 || step >= 20));
    for (std::size_t i = 0; i < named.size(); ++i) {
      if (!named[i].parameter->trainable()) continue;
      std::ranges::copy(gradients[i][step], named[i].parameter->gradient().begin());
    }
    optimizer.step();
  }
  Comparison comparison(golden);
  for (const auto& one : named) comparison.compare("end." + one.name, one.parameter->value());
  return comparison.largest();
}

template <class T>
double parameter_groups(Golden& golden) {
  const std::string name = optimizer_name(golden);
  if (name == "sgd") return take_grouped_steps<T, Sgd<T>>(golden, sgd_config(golden));
  return take_grouped_steps<T, Adam<T>>(golden, adam_config(golden, name));
}

/// What generate.py calls Curve.
template <class T>
struct Curve {
  Lstm<T> lstm;
  MultiHeadAttention<T> attention;
  Linear<T> head;
  static void fields(auto& self, auto&& f) {
    f("lstm", self.lstm);
    f("attention", self.attention);
    f("head", self.head);
  }
  Var<T> operator()(Var<T> x) const { return head(mean(attention(lstm(x)), {1})); }
};

/// The losses of 50 steps with Adam, of which each takes the next of the batches in in.0 (batches, batch, time,
/// inputs).
template <class T>
double loss_curve(Golden& golden) {
  const Tensor<T> x = golden.read<T>("in.0"), target = golden.read<T>("target");
  const Index units = golden.shape("param.lstm.weight_hh_l0").at(1), outputs = golden.shape("param.head.bias").at(0);
  Rng rng;
  Curve<T> model{Lstm<T>({.input_size = x.shape().last(), .hidden_size = units}, rng),
                 MultiHeadAttention<T>({.embed_dim = units, .num_heads = golden.option("heads", Index{1})}, rng),
                 Linear<T>({.in_features = units, .out_features = outputs}, rng)};
  load(model, golden.reader(), {.prefix = "param."});
  const Parameters<T> parameters(model);
  for (const auto& entry : parameters.entries()) golden.use("param." + entry.name);
  Adam<T> adam(parameters, {.learning_rate = golden.option("learning_rate", 1e-3)});
  Tape<T> tape;
  Tensor<T> losses(golden.shape("losses"));
  for (Index step = 0; step < losses.size(); ++step, tape.reset()) {
    const Index batch = step % x.shape().at(0);
    const Var<T> loss = mse(model(tape.input(x[batch])), tape.input(target[batch]));
    losses(step) = loss.item();
    loss.backward();
    adam.step();
  }
  Comparison comparison(golden);
  comparison.compare("losses", losses.view());
  return comparison.largest();
}

const Registration of_optimizer("optimiser", {optimizer<double>, optimizer<float>});
const Registration of_parameter_groups("parameter_groups", {parameter_groups<double>, parameter_groups<float>});
// Errors grow from step to step.
const Registration of_loss_curve("loss_curve", {loss_curve<double>, loss_curve<float>, 1e-8, 1e-4});

}}  // namespace tenure::golden
