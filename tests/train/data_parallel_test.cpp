#include <doctest/doctest.h>

#include <atomic>

#include "../message.hpp"
#include "../sanitized.hpp"
#include "models.hpp"
#include "tenure/core/thread_pool.hpp"
#include "tenure/metrics/regression.hpp"
#include "tenure/ops/arithmetic.hpp"
#include "tenure/ops/reduce.hpp"
#include "tenure/optim/adam.hpp"
#include "tenure/optim/sgd.hpp"
#include "tenure/train/fit.hpp"

using namespace tenure;
using test::make_regression;

namespace {

/// So many parameters that shards may have 30 rows.
constexpr Index units = 9'000;

/// The weights after two epochs, and what was measured.
struct Fitted {
  std::vector<float> weights;
  History history;
  bool operator==(const Fitted& other) const {
    for (const char* name : {"loss", "val_loss", "rmse", "val_r2"}) {
      if (history[name] != other.history[name]) return false;
    }
    return weights == other.weights;
  }
};

Fitted fitted(Executor* executor, Index batch_size, double rate) {
  Rng rng(1);
  test::Mlp model(rng, 2, units);
  model.rate = rate;
  const Parameters<float> parameters(model);
  Adam<float> adam(parameters, {});
  History history = fit(model, adam, mse, make_regression(80),
                        {.epochs = 2,
                         .batch_size = batch_size,
                         .seed = 5,
                         .validation_split = 0.2,
                         .clipping = {.norm = 1},
                         .metrics = {{"rmse", metrics::rmse}, {"r2", metrics::r2}},
                         .progress = Progress::silent,
                         .executor = executor});
  return {{parameters.values().begin(), parameters.values().end()}, std::move(history)};
}

}  // namespace

TEST_CASE("a batch is cut by its rows and the model's size") {
  CHECK(detail::shard_count(30, 292'098) == 1);
  CHECK(detail::shard_count(55, 292'098) == 1);
  CHECK(detail::shard_count(60, 292'098) == 2);
  CHECK(detail::shard_count(100, 292'098) == 2);
  CHECK(detail::shard_count(118, 292'098) == 4);
  CHECK(detail::shard_count(100'000, 292'098) == 8);
  CHECK(detail::shard_count(256, 3'000) == 1);
  CHECK(detail::shard_count(1024, 3'000) == 2);
  CHECK(detail::shard_count(1, 1) == 1);
}

TEST_CASE("any number of threads gives the same weights and losses, to the bit") {
  ThreadPool one(1);
  const Fitted alone = fitted(&one, 64, 0.3);
  for (const Index threads : {2, 3, 8}) {
    ThreadPool pool(threads);
    CHECK(fitted(&pool, 64, 0.3) == alone);
  }
}

#ifndef TENURE_TEST_SANITIZED
TEST_CASE("shards give what the whole batch gives, but for rounding") {
  ThreadPool pool(2);
  const Fitted whole = fitted(nullptr, 64, 0), cut = fitted(&pool, 64, 0);
  CHECK(!(whole == cut));
  for (const char* name : {"loss", "val_loss", "rmse", "val_rmse", "r2", "val_r2"}) {
    CHECK(cut.history.last(name) == doctest::Approx(whole.history.last(name)).epsilon(1e-5));
  }
  CHECK(fitted(&pool, 30, 0.3) == fitted(nullptr, 30, 0.3));  // too small to be cut
}
#endif

TEST_CASE("shards drop out different elements") {
  ThreadPool pool(1);
  Rng rng(1);
  test::Mlp model(rng, 2, units);
  const Parameters<float> parameters(model);
  Sgd<float> sgd(parameters, {.learning_rate = 0});
  const TensorDataset data(Tensor<float>({60, 2}), Tensor<float>({60, 1}));
  std::vector<std::vector<float>> masks;
  const auto loss = [&](Tape<float>& tape, const auto& batch, Rng* generator) {
    Tensor<float> ones({batch.rows, 8});
    ones.fill(1);
    const Var<float> dropped = dropout(tape.input(std::move(ones)), 0.5, *generator);
    masks.emplace_back(dropped.value().begin(), dropped.value().end());
    return sum(model(tape.input(std::get<0>(batch.inputs)), nullptr));
  };
  fit(sgd, loss, data, {.epochs = 1, .batch_size = 60, .progress = Progress::silent, .executor = &pool});
  REQUIRE(masks.size() == 2);
  CHECK(masks[0].size() == 30 * 8);
  CHECK(masks[0] != masks[1]);
}

TEST_CASE("a loss that is not finite in one shard leaves weights and gradients as they were") {
  ThreadPool pool(2);
  Rng rng(1);
  test::Mlp model(rng, 2, units);
  const Parameters<float> parameters(model);
  const std::vector<float> before(parameters.values().begin(), parameters.values().end());
  Adam<float> adam(parameters, {});
  auto data = make_regression(90);
  Tensor<float> x = std::get<0>(data.inputs());
  x(75, 1) = std::numeric_limits<float>::quiet_NaN();
  const History history = fit(model, adam, mse, TensorDataset(x, data.target()),
                              {.batch_size = 90, .progress = Progress::silent, .executor = &pool});
  CHECK(history.stop == Stop::not_finite);
  CHECK(std::ranges::equal(parameters.values(), before));
  CHECK(std::ranges::all_of(parameters.gradients(), [](float g) { return g == 0; }));
}

TEST_CASE("a gradient that is not finite in one shard leaves weights and gradients as they were") {
  ThreadPool pool(2);
  Rng rng(1);
  test::Mlp model(rng, 2, units);
  const Parameters<float> parameters(model);
  const std::vector<float> before(parameters.values().begin(), parameters.values().end());
  Adam<float> adam(parameters, {});
  const auto data = make_regression(90);
  Tensor<float> zero_in_one({90, 1}, 1);
  zero_in_one(75, 0) = 0;
  // √(z²) has no gradient where z = 0, and the value 0.
  const auto loss = [&](Tape<float>& tape, const auto& batch, Rng*) {
    const Var<float> z = model(tape.input(std::get<0>(batch.inputs))) * tape.input(std::get<1>(batch.inputs));
    return mse(sqrt(square(z)), tape.input(batch.target));
  };
  const History history = fit(
      adam, loss, TensorDataset(std::get<0>(data.inputs()), zero_in_one, data.target()),
      {.batch_size = 90, .shuffle = false, .clipping = {.norm = 1}, .progress = Progress::silent, .executor = &pool});
  CHECK(history.stop == Stop::not_finite);
  CHECK(history.reason.find("a gradient of ") == 0);
  CHECK(std::ranges::equal(parameters.values(), before));
  CHECK(std::ranges::all_of(parameters.gradients(), [](float g) { return g == 0; }));
}

TEST_CASE("what a shard throws reaches the caller") {
  ThreadPool pool(2);
  Rng rng(1);
  test::Mlp model(rng, 2, units);
  const Parameters<float> parameters(model);
  Adam<float> adam(parameters, {});
  std::atomic<int> calls = 0;
  const auto fails = [&](Var<float>, Var<float>) -> Var<float> {
    ++calls;
    throw ValueError("loss", "a better day", {1});
  };
  const auto train = [&] {
    fit(model, adam, fails, make_regression(90), {.batch_size = 90, .progress = Progress::silent, .executor = &pool});
  };
  CHECK(message_of<ValueError>(train) == "loss: expected a better day, got 1");
  CHECK(calls == 2);
}

TEST_CASE("parameters that are trained elsewhere can't be shared by shards") {
  ThreadPool pool(2);
  Rng rng(1);
  test::Mlp model(rng, 2, units), other(rng, 2, units);
  const Parameters<float> parameters(model), others(other);
  Adam<float> adam(parameters, {});
  const auto both = [&](Var<float> x, Rng*) { return model(x, nullptr) + other(x, nullptr); };
  const auto train = [&] {
    fit(both, adam, mse, make_regression(90), {.batch_size = 90, .progress = Progress::silent, .executor = &pool});
  };
  CHECK(message_of<StateError>(train).starts_with("hidden.weight: expected to be gathered with"));
}
