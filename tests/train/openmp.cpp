/// Compiled with OpenMP, as a user's program may be: no thread runs but those of the program's own team and of the pool,
/// whose work may come from within a team. Ends with status 1 and says which number was wrong.
#include <omp.h>

#include <cstdio>
#include <filesystem>
#include <iterator>

#include "models.hpp"
#include "tenure/core/thread_pool.hpp"
#include "tenure/optim/adam.hpp"

namespace {

using namespace tenure;

std::ptrdiff_t living_threads() {
  return std::distance(std::filesystem::directory_iterator("/proc/self/task"), std::filesystem::directory_iterator());
}

bool expect(const char* when, std::ptrdiff_t expected) {
  const std::ptrdiff_t threads = living_threads();
  if (threads != expected) std::printf("%s: expected %td threads, got %td\n", when, expected, threads);
  return threads == expected;
}

/// Products of 256 rows and 8,192 columns, which Eigen would share out to a team of its own.
void train(Executor* executor) {
  Rng rng(1);
  test::Mlp model(rng, 2, 8192);
  const Parameters<float> parameters(model);
  Adam<float> adam(parameters, {});
  const auto data = test::make_regression(256);
  fit(model, adam, mse, data,
      {.epochs = 2, .batch_size = 256, .progress = Progress::silent, .executor = executor});
  predict(model, data, {.executor = executor});
}

}  // namespace

int main() {
  omp_set_num_threads(4);
  bool right = expect("at first", 1);
  train(nullptr);
  right &= expect("a training on the calling thread", 1);
  {
    ThreadPool pool(3);
    train(&pool);
    right &= expect("a training on a pool of 3", 3);
#pragma omp parallel num_threads(2)
    train(&pool);
    right &= expect("trainings in a team of 2 that share the pool", 4);
  }
  right &= expect("without the pool", 2);
  return right ? 0 : 1;
}
