/// The dense kernels: time per element, and the rate at which they move memory as a share of what memcpy reaches on a
/// working set of the same size (counting every array read and written once).
#include <benchmark/benchmark.h>

#include <algorithm>
#include <chrono>
#include <cstring>
#include <string>
#include <vector>

#include "tenure/core/rng.hpp"
#include "tenure/kernels/adam.hpp"
#include "tenure/kernels/dropout.hpp"
#include "tenure/kernels/embedding.hpp"
#include "tenure/kernels/layer_norm.hpp"
#include "tenure/kernels/losses.hpp"
#include "tenure/kernels/norm.hpp"
#include "tenure/kernels/reduce.hpp"
#include "tenure/kernels/softmax.hpp"
#include "tenure/kernels/transpose.hpp"

namespace {

using namespace tenure;
namespace k = tenure::kernels;

constexpr Index capacity = Index{1} << 21;

/// Arrays of random numbers in (0, 1), enough for every benchmark.
struct Arrays {
  std::vector<float> a, b, c, d, e;
  std::vector<Index> positions;
  std::vector<std::int64_t> indices;

  Arrays() : positions(static_cast<std::size_t>(capacity)) {
    Rng rng(1);
    for (Index i = 0; i < capacity; ++i) a.push_back(static_cast<float>(rng.uniform(0.01, 1)));
    b = c = d = e = a;
    for (int i = 0; i < 180; ++i) indices.push_back(static_cast<std::int64_t>(rng.below(1000)));
  }
};

/// Bytes read and written per second by the best of several copies whose two halves make up `bytes`.
double copy_rate(double bytes, Arrays& x) {
  using Clock = std::chrono::steady_clock;
  const auto half = std::min(static_cast<std::size_t>(bytes / 2), x.a.size() * sizeof(float));
  const int repeats = static_cast<int>(1e5 / static_cast<double>(half)) + 1;
  double best = 1e9;
  for (int round = 0; round < 50; ++round) {
    const auto begin = Clock::now();
    for (int i = 0; i < repeats; ++i) {
      std::memcpy(x.d.data(), x.e.data(), half);
      benchmark::ClobberMemory();
    }
    best = std::min(best, std::chrono::duration<double>(Clock::now() - begin).count() / repeats);
  }
  return 2 * static_cast<double>(half) / best;
}

/// Times f; `streams` counts the arrays of `elements` floats that it reads or writes.
template <class F>
void add(const std::string& name, Index elements, double streams, F f) {
  benchmark::RegisterBenchmark(name.c_str(), [=](benchmark::State& state) {
    const double bytes = streams * static_cast<double>(elements) * sizeof(float);
    static const Arrays fresh;
    Arrays x = fresh;  // what one benchmark leaves could slow the next: sums grow, moments decay to denormals
    const double rate = copy_rate(bytes, x);
    for (auto _ : state) {
      f(x);
      benchmark::ClobberMemory();
    }
    const auto iterations = static_cast<double>(state.iterations());
    using benchmark::Counter;
    state.counters["s/element"] =
        Counter(iterations * static_cast<double>(elements), Counter::kIsRate | Counter::kInvert);
    state.counters["bytes/s"] = Counter(iterations * bytes, Counter::kIsRate);
    state.counters["of_copy"] = Counter(iterations * bytes / rate, Counter::kIsRate);
  });
}

void add_reductions() {
  for (const Index n : {4096, 1'000'000}) {
    add("sum/" + std::to_string(n), n, 1, [=](Arrays& x) { k::sum(1, n, 1, 1, x.a.data(), x.b.data()); });
    add("max/" + std::to_string(n), n, 1,
        [=](Arrays& x) { k::max(1, n, 1, x.a.data(), x.b.data(), x.positions.data()); });
    add("squared_norm/" + std::to_string(n), n, 1,
        [=](Arrays& x) { benchmark::DoNotOptimize(k::squared_norm(n, x.a.data())); });
    add("mean_squared_error/" + std::to_string(n), n, 2,
        [=](Arrays& x) { benchmark::DoNotOptimize(k::mean_squared_error(n, x.a.data(), x.b.data())); });
    add("binary_cross_entropy/" + std::to_string(n), n, 2,
        [=](Arrays& x) { benchmark::DoNotOptimize(k::binary_cross_entropy(n, x.a.data(), x.b.data())); });
  }
  add("sum/rows_of_12", 180 * 12, 1, [](Arrays& x) { k::sum(180, 12, 1, 1, x.a.data(), x.b.data()); });
  add("sum/30x6x64_over_time", 30 * 6 * 64, 1, [](Arrays& x) { k::sum(30, 6, 64, 1, x.a.data(), x.b.data()); });
  add("max/30x6x64_over_time", 30 * 6 * 64, 1,
      [](Arrays& x) { k::max(30, 6, 64, x.a.data(), x.b.data(), x.positions.data()); });
  add("masked_mean/30x6x64", 30 * 6 * 64, 1, [ones = std::vector<float>(180, 1.0f)](Arrays& x) {
    k::masked_mean(30, 6, 64, ones.data(), x.a.data(), x.b.data());
  });
  add("column_sums/180x256", 180 * 256, 1, [](Arrays& x) { k::column_sums(180, 256, x.a.data(), x.c.data()); });
  add("column_sums/1024x1024", 1 << 20, 1, [](Arrays& x) { k::column_sums(1024, 1024, x.a.data(), x.c.data()); });
  add("column_sums/100000x8", 800'000, 1, [](Arrays& x) { k::column_sums(100'000, 8, x.a.data(), x.c.data()); });
}

void add_rows() {
  struct Size {
    Index rows, columns;
  };
  for (const Size size : {Size{720, 6}, Size{180, 64}, Size{1000, 512}}) {
    const Index n = size.rows * size.columns;
    const std::string suffix = '/' + std::to_string(size.rows) + 'x' + std::to_string(size.columns);
    add("softmax" + suffix, n, 2,
        [=](Arrays& x) { k::softmax(size.rows, size.columns, x.a.data(), x.b.data(), {.scale = 0.5f}); });
    add("softmax_backward" + suffix, n, 4,
        [=](Arrays& x) { k::softmax_backward(size.rows, size.columns, 0.5f, x.a.data(), x.b.data(), x.c.data()); });
    add("log_softmax" + suffix, n, 2,
        [=](Arrays& x) { k::log_softmax(size.rows, size.columns, x.a.data(), x.b.data()); });
    add("layer_norm" + suffix, n, 2, [=](Arrays& x) {
      k::layer_norm(size.rows, size.columns, 1e-5f, x.a.data(), x.c.data(), x.d.data(), x.b.data(), x.e.data(),
                    x.e.data() + size.rows);
    });
    add("layer_norm_backward" + suffix, n, 4, [=](Arrays& x) {
      float* statistics = x.e.data();
      k::layer_norm_backward(size.rows, size.columns, x.a.data(), x.c.data(), statistics, statistics + size.rows,
                             x.b.data(), x.d.data(), statistics + 4096, statistics + 8192);
    });
  }
}

void add_elements() {
  for (const Index n : {1920, 100'000}) {
    add("dropout/" + std::to_string(n), n, 2,
        [=](Arrays& x) { k::dropout(n, Rng(1), 0, 0.3f, x.a.data(), x.b.data()); });
    add("dropout_backward/" + std::to_string(n), n, 3,
        [=](Arrays& x) { k::dropout_backward(n, Rng(1), 0, 0.3f, x.a.data(), x.b.data()); });
  }
  for (const Index n : {3472, 200'000}) {
    add("adam/" + std::to_string(n), n, 7,
        [=](Arrays& x) { k::adam(n, k::AdamStep<float>({}, 10), x.a.data(), x.b.data(), x.c.data(), x.d.data()); });
  }
}

void add_copies() {
  for (const Index n : {64, 1024}) {
    add("transpose/" + std::to_string(n), n * n, 2,
        [=](Arrays& x) { k::transpose(n, n, x.a.data(), n, x.b.data(), n); });
  }
  add("transpose/30x12", 30 * 12, 2, [](Arrays& x) { k::transpose(30, 12, x.a.data(), 12, x.b.data(), 30); });
  add("permute/30x6x4x16_heads", 30 * 6 * 4 * 16, 2, [](Arrays& x) {
    constexpr Index extents[] = {30, 6, 4, 16};
    constexpr Index order[] = {0, 2, 1, 3};
    k::permute(4, extents, order, x.a.data(), x.b.data());
  });
  add("permute/30x6x64_time_first", 30 * 6 * 64, 2, [](Arrays& x) {
    constexpr Index extents[] = {30, 6, 64};
    constexpr Index order[] = {1, 0, 2};
    k::permute(3, extents, order, x.a.data(), x.b.data());
  });
  add("concatenate/180x(64+12)", 180 * 76, 2, [](Arrays& x) {
    constexpr Index runs[] = {64, 12};
    const float* const parts[] = {x.a.data(), x.b.data()};
    k::concatenate(180, 2, runs, parts, x.c.data());
  });
  add("embedding/180x16", 180 * 16, 2,
      [](Arrays& x) { k::embedding(180, 16, x.indices.data(), x.a.data(), x.b.data()); });
  add("embedding_backward/180x16", 180 * 16, 3,
      [](Arrays& x) { k::embedding_backward(180, 16, x.indices.data(), x.a.data(), x.b.data()); });
}

}  // namespace

int main(int argc, char** argv) {
  add_reductions();
  add_rows();
  add_elements();
  add_copies();
  benchmark::Initialize(&argc, argv);
  benchmark::RunSpecifiedBenchmarks();
  benchmark::Shutdown();
}
