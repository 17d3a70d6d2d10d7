#include "tenure/io/training_state.hpp"

#include "../message.hpp"
#include "../temporary_directory.hpp"
#include "tenure/nn/dropout.hpp"
#include "tenure/nn/linear.hpp"
#include "tenure/ops/activations.hpp"
#include "tenure/ops/losses.hpp"
#include "tenure/optim/adam.hpp"
#include "tenure/optim/sgd.hpp"
#include "tenure/train/fit.hpp"
#include "tenure/train/learning_rate_scheduler.hpp"

using namespace tenure;
using test::check_throws;

namespace {

struct Model {
  Linear<float> hidden, head;
  Dropout dropout{.p = 0.3};
  explicit Model(Rng& rng)
      : hidden({.in_features = 3, .out_features = 5}, rng), head({.in_features = 5, .out_features = 1}, rng) {}
  static void fields(auto& self, auto&& f) {
    f("hidden", self.hidden);
    f("head", self.head);
  }
  Var<float> operator()(Var<float> x, Rng* rng = nullptr) const { return head(dropout(tanh(hidden(x)), rng)); }
};

/// A model in training with a generator that draws its data and what is dropped out.
template <class Optimizer>
struct Run {
  Rng rng;
  Model model;
  Parameters<float> parameters;
  Optimizer optimizer;
  Tape<float> tape;

  Run(std::uint64_t seed, const auto& config)
      : rng(seed), model(rng), parameters(model), optimizer(parameters, config) {}

  void train(int steps) {
    for (int step = 0; step < steps; ++step, tape.reset()) {
      Tensor<float> x({4, 3}), y({4, 1});
      normal(x.view(), 1, rng);
      normal(y.view(), 1, rng);
      mse(model(tape.input(x), &rng), tape.input(y)).backward();
      optimizer.step();
    }
  }
  std::vector<float> values() const { return {parameters.values().begin(), parameters.values().end()}; }
};

template <class Optimizer>
void check_resumes(const auto& config) {
  const test::TemporaryDirectory directory;
  const std::string path = directory / "run.safetensors";
  Run<Optimizer> straight(1, config), first(1, config), second(2, config);
  straight.train(10);
  first.train(4);

  save_training_state(path, first.model, first.optimizer, {.epoch = 4, .metadata = {{"run", "a"}}}, first.rng);
  const TrainingState checkpoint = load_training_state(path, second.model, second.optimizer, second.rng);
  CHECK(checkpoint.epoch == 4);
  CHECK(checkpoint.metadata.at("run") == "a");
  CHECK(second.optimizer.steps() == 4);
  CHECK(second.values() == first.values());
  second.train(6);
  CHECK(second.values() == straight.values());
}

}  // namespace

TEST_CASE("checkpoint: training resumed from it goes on bit for bit") {
  check_resumes<Adam<float>>(AdamConfig{.learning_rate = 0.05, .l2 = 0.01});
  check_resumes<AdamW<float>>(AdamWConfig{.learning_rate = 0.05});
  check_resumes<Sgd<float>>(SgdConfig{.learning_rate = 0.05, .momentum = 0.9});
}

TEST_CASE("checkpoint: fit() resumed from it goes on bit for bit") {
  const test::TemporaryDirectory directory;
  const std::string path = directory / "run.safetensors";
  Rng data_rng(3);
  Tensor<float> x({20, 3}), y({20, 1});
  normal(x.view(), 1, data_rng);
  normal(y.view(), 1, data_rng);
  const TensorDataset data(x, y);
  const AdamConfig config{.learning_rate = 0.05};
  const auto train = [&](auto& run, Index begin, Index end) {
    fit(run.model, run.optimizer, mse, data,
        {.epochs = end, .batch_size = 6, .seed = 7, .initial_epoch = begin, .progress = Progress::silent});
  };
  Run<Adam<float>> straight(1, config), first(1, config), second(2, config);
  train(straight, 0, 5);
  train(first, 0, 2);
  save_training_state(path, first.model, first.optimizer, {.epoch = 2});
  const TrainingState checkpoint = load_training_state(path, second.model, second.optimizer);
  train(second, checkpoint.epoch, 5);
  CHECK(second.values() == straight.values());
}

TEST_CASE("checkpoint: a changed learning rate and the state of other parts come back") {
  const test::TemporaryDirectory directory;
  const std::string path = directory / "run.safetensors";
  Run<Adam<float>> first(1, AdamConfig{}), second(1, AdamConfig{});
  first.optimizer.config.learning_rate = 0.125;
  ReduceLrOnPlateau plateau({.patience = 2}), resumed({.patience = 2});
  plateau(1.0, 0.1);
  plateau(1.0, 0.1);
  Rng a(1, 2), b(3, 4), c, d;
  a.normal();
  save_training_state(path, first.model, first.optimizer, {}, a, plateau, b);
  load_training_state(path, second.model, second.optimizer, c, resumed, d);
  CHECK(second.optimizer.config.learning_rate == 0.125);
  CHECK(c == a);
  CHECK(d == b);
  CHECK(resumed(1.0, 0.1) == doctest::Approx(0.01));
}

TEST_CASE("checkpoint: its weights load as a model, and its tensors are named by parameter") {
  const test::TemporaryDirectory directory;
  const std::string path = directory / "run.safetensors";
  Run<Adam<float>> run(1, AdamConfig{});
  run.train(3);
  save_training_state(path, run.model, run.optimizer, {.epoch = 1});
  Rng rng(5);
  Model model(rng);
  load(model, path, {.prefix = "model."});
  CHECK(std::ranges::equal(model.head.weight.value(), run.model.head.weight.value()));
  const SafetensorsReader reader(path);
  CHECK(reader.shape("model.hidden.weight") == Shape{5, 3});
  CHECK(reader.shape("optimizer.means.hidden.weight") == Shape{5, 3});
  CHECK(reader.read<Index>("optimizer.steps").data()[0] == 3);
  CHECK(reader.read<Index>("optimizer.step.hidden.bias").data()[0] == 3);
}

TEST_CASE("checkpoint: one of another model, optimizer or number of parts is refused, and nothing changes") {
  const test::TemporaryDirectory directory;
  const std::string path = directory / "run.safetensors";
  Run<Adam<float>> run(1, AdamConfig{});
  run.train(3);
  save_training_state(path, run.model, run.optimizer, {.epoch = 1}, run.rng);
  Run<Sgd<float>> other(2, SgdConfig{.momentum = 0.5});
  const auto before = other.values();
  check_throws<FileError>([&] { load_training_state(path, other.model, other.optimizer, other.rng); },
                          {"missing: optimizer.velocities.hidden.weight", "unexpected: ", "optimizer.means.head.bias"});
  CHECK(other.values() == before);
  CHECK(other.optimizer.steps() == 0);
  check_throws<FileError>([&] { load_training_state(path, run.model, run.optimizer); }, {"unexpected: part.0"});
  check_throws<FileError>([&] { load_training_state(path, run.model, run.optimizer, run.rng, run.rng); },
                          {"missing: part.1"});
  save(run.model, path);
  check_throws<FileError>([&] { load_training_state(path, run.model, run.optimizer); },
                          {"missing: epoch, model.hidden"});
}

TEST_CASE("checkpoint: the steps of each parameter come back, as do the rates of groups") {
  const test::TemporaryDirectory directory;
  const std::string path = directory / "run.safetensors";
  const std::vector<ParameterGroup> groups = {
      {.parameters = [](const std::string& name) { return name.ends_with("bias"); }, .learning_rate = 0.01}};
  const auto run = [&](std::uint64_t seed, auto use) {
    Rng rng(seed);
    Model model(rng);
    const Parameters<float> parameters(model);
    Adam<float> adam(parameters, {.learning_rate = 0.05}, groups);
    Tape<float> tape;
    Rng data(9);
    const auto train = [&](int steps) {
      for (int step = 0; step < steps; ++step, tape.reset()) {
        Tensor<float> x({4, 3});
        normal(x.view(), 1, data);
        mse(model(tape.input(x), nullptr), tape.input(Tensor<float>({4, 1}, 1))).backward();
        adam.step();
      }
    };
    use(model, adam, train, data);
    return std::vector<float>(parameters.values().begin(), parameters.values().end());
  };
  const auto first_part = [](auto& model, auto& adam, auto& train) {
    freeze(model.hidden);
    train(3);
    unfreeze(model);
    train(2);
    adam.group_rates()[0].current = 0.5;
  };
  const auto whole = run(1, [&](auto& model, auto& adam, auto& train, auto&) {
    first_part(model, adam, train);
    train(4);
  });
  run(1, [&](auto& model, auto& adam, auto& train, auto& data) {
    first_part(model, adam, train);
    save_training_state(path, model, adam, {}, data);
  });
  const auto resumed = run(2, [&](auto& model, auto& adam, auto& train, auto& data) {
    load_training_state(path, model, adam, data);
    CHECK(std::ranges::equal(adam.parameter_steps(), std::vector<Index>{2, 2, 5, 5}));
    CHECK(adam.group_rates()[0].current == 0.5);
    train(4);
  });
  CHECK(resumed == whole);
  Run<Adam<float>> without(1, AdamConfig{});
  check_throws<FileError>([&] { load_training_state(path, without.model, without.optimizer, without.rng); },
                          {"unexpected: optimizer.group.0.rate"});
}

TEST_CASE("checkpoint: those of version 0.2 are read, and later ones refused by their format") {
  const test::TemporaryDirectory directory;
  const std::string path = directory / "run.safetensors";
  Run<Adam<float>> first(1, AdamConfig{}), second(2, AdamConfig{});
  first.train(4);
  save_training_state(path, first.model, first.optimizer, {.epoch = 4}, first.rng);
  // What 0.2 wrote: moments as they lie in memory, (inputs, outputs), one count of steps, and no format.
  {
    const SafetensorsReader reader(path);
    SafetensorsWriter old;
    for (const StoredTensor& tensor : reader.tensors()) {
      const std::string& name = tensor.name;
      if (name == "format" || name.starts_with("optimizer.step.")) continue;
      if (tensor.type == DataType::f32) {
        Tensor<float> values = reader.read<float>(name);
        if (name.starts_with("optimizer.") && values.rank() == 2) values = detail::transposed<float>(values);
        old.add(name, std::move(values));
      } else if (tensor.type == DataType::f64) {
        old.add(name, reader.read<double>(name));
      } else if (tensor.type == DataType::u64) {
        old.add(name, reader.read<std::uint64_t>(name));
      } else {
        old.add(name, reader.read<Index>(name));
      }
    }
    old.write(path);
  }
  CHECK(load_training_state(path, second.model, second.optimizer, second.rng).epoch == 4);
  CHECK(std::ranges::equal(second.optimizer.parameter_steps(), std::vector<Index>(4, 4)));
  first.train(3);
  second.train(3);
  CHECK(second.values() == first.values());

  const auto with = [&](const std::string& name, Index value) {
    SafetensorsWriter writer;
    writer.add(name, Tensor<Index>(Shape{}, value));
    writer.write(path);
    return [&] { load_training_state(path, second.model, second.optimizer, second.rng); };
  };
  check_throws<FileError>(with("format", 3), {"a checkpoint of a format from 1 to 2, got 3"});
  check_throws<FileError>(with("epoch", -1), {"epochs of at least 0, got -1"});
  check_throws<FileError>(with("optimizer.steps", -1), {"at least 0 in optimizer.steps, got -1"});
}

TEST_CASE("checkpoint: buffers and tied parameters come back, each once") {
  struct Scaled {
    Linear<float> hidden, head;
    Buffer<float> mean{Tensor<float>::from({1, 2, 3})};
    Buffer<std::int64_t> count{Shape{}};
    static auto fields() {
      return [](auto& self, auto&& f) {
        f("mean", self.mean);
        f("hidden", self.hidden);
        f("head", self.head);
        f("again", self.hidden);
        f("count", self.count);
      };
    }
  };
  const test::TemporaryDirectory directory;
  const std::string path = directory / "run.safetensors";
  Rng rng(1);
  const auto make = [&] {
    return Scaled{.hidden = Linear<float>({.in_features = 3, .out_features = 3}, rng),
                  .head = Linear<float>({.in_features = 3, .out_features = 1}, rng)};
  };
  Scaled model = make(), other = make();
  const Parameters<float> parameters(model), of_other(other);
  Adam<float> adam(parameters), adam_of_other(of_other);
  model.mean.value()(1) = 7;
  model.count.value()() = 8;
  save_training_state(path, model, adam, {.epoch = 1});
  CHECK(SafetensorsReader(path).find("model.again.weight") == nullptr);
  load_training_state(path, other, adam_of_other);
  CHECK(other.mean.value()(1) == 7);
  CHECK(other.count.value()() == 8);
  CHECK(std::ranges::equal(of_other.values(), parameters.values()));
}
