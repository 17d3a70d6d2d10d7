// The four published models on several threads: time of a training step within fit(), by the clock on the wall, on the
// calling thread alone and on pools of 1, 2, 3 and 8 threads, which take turns; the least of the epochs counts. Ends
// with status 1 when the weights after them are not the same to the bit on all pools. Names on the command line pick
// models; other options, which run.sh gives to all programs, mean nothing here.
#include <cstdio>
#include <deque>
#include <limits>
#include <string_view>
#include <tenure/clv/bigru/network.hpp>
#include <tenure/clv/daily_ltv/network.hpp>
#include <tenure/clv/hybrid/network.hpp>
#include <tenure/core/thread_pool.hpp>
#include <tenure/tenure.hpp>

#include "ann.hpp"
#include "samples.hpp"

namespace tenure::benchmarks { namespace {

/// A thread pool, a model of its own, and the least seconds of an epoch.
template <class Model, class Data>
class Contestant {
 public:
  Contestant(Model model, Index threads)
      : model_(std::move(model)), pool_(std::max<Index>(threads, 1)), alone_(threads == 0) {}

  void run(const Data& data, Index batch, int first_epoch, int epochs) {
    const History history = fit(model_, adam_, mse, data,
                                {.epochs = first_epoch + epochs,
                                 .batch_size = batch,
                                 .initial_epoch = first_epoch,
                                 .progress = Progress::silent,
                                 .executor = alone_ ? nullptr : &pool_});
    for (const double seconds : history["seconds"]) least_ = std::min(least_, seconds);
  }
  double seconds() const { return least_; }
  bool same_weights(const Contestant& other) const {
    return std::ranges::equal(parameters_.values(), other.parameters_.values());
  }

 private:
  Model model_;
  Parameters<float> parameters_{model_};
  Adam<float> adam_{parameters_, {.learning_rate = 1e-5}};
  ThreadPool pool_;
  bool alone_;  // without the pool
  double least_ = std::numeric_limits<double>::infinity();
};

bool all_same = true;

/// @param data of as many rows as an epoch has
template <class Model, class Data>
void measure(const char* name, const Model& model, const Data& data, Index batch) {
  constexpr Index threads[] = {0, 1, 2, 3, 8};
  std::deque<Contestant<Model, Data>> contestants;
  for (const Index count : threads) contestants.emplace_back(model, count);
  const int turns = std::max(3, rounds() / 8);
  for (int turn = 0; turn < turns; ++turn) {
    for (auto& contestant : contestants) contestant.run(data, batch, 3 * turn, 3);
  }
  const double steps = static_cast<double>(data.rows() / batch), one = contestants[1].seconds();
  std::printf("%-9s batch %4td %10.1f %10.1f", name, batch, 1e6 * contestants[0].seconds() / steps, 1e6 * one / steps);
  for (std::size_t i = 2; i < contestants.size(); ++i) {
    std::printf(" %10.1f %5.2f", 1e6 * contestants[i].seconds() / steps, one / contestants[i].seconds());
    if (!contestants[i].same_weights(contestants[1])) all_same = false, std::printf(" (other weights)");
  }
  std::printf("\n");
  std::fflush(stdout);
}

/// So many that an epoch takes tens of milliseconds, in whole batches.
Index rows(Index batch, Index about) { return std::max<Index>(2, about / batch) * batch; }

Tensor<float> random_values(const Shape& shape) {
  Rng rng(1);
  Tensor<float> values(shape);
  uniform(values.view(), 1, rng);
  return values;
}

void hybrid() {
  for (const Index batch : {30, 120, 480}) {
    Rng rng(1);
    const Index n = rows(batch, 480);
    Tensor<std::int64_t> categories({n, 16});
    for (Index i = 0; i < n; ++i) categories(i, i % 16) = 1;
    const TensorDataset data(random_values({n, 6, 5}), random_values({n, 6, 12}), categories, random_values({n, 6}));
    measure("hybrid", clv::Hybrid<float>({.categories = 16}, rng), data, batch);
  }
}

template <class Model>
void one_input(const char* name, const Model& model, Index about, Shape (*shape)(Index rows)) {
  for (const Index batch : {32, 128, 512, 2048}) {
    const Index n = rows(batch, about);
    measure(name, model, TensorDataset(random_values(shape(n)), random_values({n, 1})), batch);
  }
}

void bigru() {
  Rng rng(1);
  one_input("bigru", clv::BiGru<float>({.features = 8}, rng), 512, [](Index n) { return Shape{n, 30, 8}; });
}
void daily() {
  Rng rng(1);
  one_input("daily_ltv", clv::DailyLtv<float>({}, rng), 8192, [](Index n) { return Shape{n, 6, 1}; });
}
void ann() {
  Rng rng(1);
  one_input("ann", Ann(rng), 65536, [](Index n) { return Shape{n, 12}; });
}

}}  // namespace tenure::benchmarks

int main(int argc, char** argv) {
  using namespace tenure::benchmarks;
  const std::pair<std::string_view, void (*)()> models[] = {
      {"hybrid", hybrid}, {"bigru", bigru}, {"daily_ltv", daily}, {"ann", ann}};
  std::vector<std::string_view> wanted(argv + 1, argv + argc);
  std::erase_if(wanted, [](std::string_view argument) { return argument.starts_with("--"); });
  std::printf("microseconds of a step, and how many times as fast as a pool of 1\n%-20s %10s %10s", "", "no pool", "1");
  for (const int threads : {2, 3, 8}) std::printf(" %10d %5s", threads, "");
  std::printf("\n");
  for (const auto& [name, run] : models) {
    if (wanted.empty() || std::ranges::find(wanted, name) != wanted.end()) run();
  }
  return all_same ? 0 : 1;
}
