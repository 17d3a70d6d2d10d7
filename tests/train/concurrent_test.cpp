// What threads may do at the same time; run under the thread sanitizer too.
#include <doctest/doctest.h>

#include <thread>

#include "models.hpp"
#include "tenure/core/thread_pool.hpp"
#include "tenure/optim/adam.hpp"
#include "tenure/train/predictor.hpp"

using namespace tenure;

namespace {

/// The weights after a short training, and what they predict.
std::vector<float> train(std::uint64_t seed, Executor* executor) {
  const auto data = test::make_regression(200, seed);
  test::Trained<test::Mlp, Adam<float>> t({.learning_rate = 0.01});
  t.model.rate = 0.2;
  auto options = test::options_of(3, {});
  options.batch_size = 64;
  options.executor = executor;
  fit(t.model, t.optimizer, mse, data, options);
  std::vector<float> all = t.values();
  const Tensor<float> predicted = predict(t.model, data);
  all.insert(all.end(), predicted.begin(), predicted.end());
  return all;
}

}  // namespace

TEST_CASE("two models are trained at once, each on its thread or both by one pool, as each for itself") {
  const std::vector<float> expected[] = {train(1, nullptr), train(2, nullptr)};
  std::vector<float> got[2], pooled[2];
  ThreadPool pool(3);
  {
    std::vector<std::thread> threads;
    for (std::uint64_t i = 0; i < 2; ++i) threads.emplace_back([&, i] { got[i] = train(i + 1, nullptr); });
    for (std::thread& thread : threads) thread.join();
  }
  std::vector<std::thread> threads;
  for (std::uint64_t i = 0; i < 2; ++i) threads.emplace_back([&, i] { pooled[i] = train(i + 1, &pool); });
  for (std::thread& thread : threads) thread.join();
  ThreadPool other(2);
  for (std::uint64_t i = 0; i < 2; ++i) {
    CHECK(got[i] == expected[i]);
    CHECK(pooled[i] == train(i + 1, &other));
  }
}

TEST_CASE("a model is trained while a predictor answers with a copy of what it was") {
  const auto data = test::make_regression(100);
  test::Trained<test::Mlp, Adam<float>> t({.learning_rate = 0.01});
  const Tensor<float> x = Tensor<float>::from({{0.5, -0.5}});
  const Predictor predictor(t.model, x);
  const float before = predictor(x)(0, 0);
  std::atomic<int> wrong = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 2; ++i) {
    threads.emplace_back([&] {
      for (int call = 0; call < 1000; ++call) wrong += predictor(x)(0, 0) != before;
    });
  }
  fit(t.model, t.optimizer, mse, data, test::options_of(3, {}));
  for (std::thread& thread : threads) thread.join();
  CHECK(wrong == 0);
  CHECK(predict(t.model, x)(0, 0) != before);
}
