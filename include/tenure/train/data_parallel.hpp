/// Batches cut into shards that an executor works on at once, each with a tape and gradients of its own:
///
///   loss = Σ rowsₛ / rows · lossₛ,   gradient = Σ rowsₛ / rows · gradientₛ, added in the order of s.
///
/// Where a batch is cut depends on its rows and the model's size alone, never on the number of threads, and each shard
/// has a generator of its own: any number of threads gives the same bits.
#pragma once

#include <array>
#include <bit>
#include <cstdint>
#include <optional>

#include "../core/executor.hpp"
#include "../kernels/elementwise.hpp"
#include "evaluate.hpp"

namespace tenure { inline namespace TENURE_ABI { namespace detail {

inline constexpr Index max_shards = 8;

/// A power of 2, for threads mostly are: so many that each has about 6 · 2²⁰ floating-point operations or more, forward
/// and backward, which waking a thread is small beside, and 28 rows, so that products stay matrix products.
constexpr Index shard_count(Index rows, Index parameters) noexcept {
  const Index least = std::max<Index>(28, (Index{1} << 20) / parameters);
  const auto most = static_cast<std::uint64_t>(std::clamp<Index>(rows / least, 1, max_shards));
  return static_cast<Index>(std::bit_floor(most));
}

template <class T, class Data>
class Shards {
  using Batch = typename Data::Batch;

 public:
  /// Without an executor every batch stays whole.
  [[gnu::cold]] Shards(ParameterStorage<T>& storage, Executor* executor, bool flush_denormals)
      : storage_(storage), executor_(executor), flush_denormals_(flush_denormals) {
    // The first shard's are the model's own; its tape checks that they are those which are trained.
    shards_[0].tape.set_gradients(storage, storage.gradients.data());
  }
  Shards(const Shards&) = delete;
  Shards& operator=(const Shards&) = delete;

  /// Anew for the shards' generators: the first has this stream, the others their own of the same seed.
  void seed(std::uint64_t seed, std::uint64_t stream) noexcept {
    for (std::uint64_t s = 0; Shard & shard : shards_) shard.rng = Rng(seed, stream | s++ << 56);
  }

  /// The forward pass, and in training the backward pass of the shards whose loss is finite.
  void run(const Batch& batch, ForwardPass<T, Data> forward, bool training) {
    count_ = executor_ ? shard_count(batch.rows, storage_.values.size()) : 1;
    if (count_ == 1) {
      shards_[0].batch = batch;
      run(shards_[0], forward, training, 1);
      return;
    }
    const auto work = [&](Index s) {
      Shard& shard = shards_[static_cast<std::size_t>(s)];
      shard.batch = batch.slice(batch.rows * s / count_, batch.rows * (s + 1) / count_);
      run(shard, forward, training, static_cast<T>(shard.batch.rows) / static_cast<T>(batch.rows));
    };
    executor_->run(count_, work);
  }

  /// Adds the gradients of all to those of the parameters.
  void add_gradients() {
    if (count_ == 1) return;
    const auto work = [&](Index part) {
      const Index size = storage_.gradients.size();
      const Index begin = size * part / count_, end = size * (part + 1) / count_;
      T* sum = storage_.gradients.data() + begin;
      for (Index s = 1; s < count_; ++s) {
        T* gradients = shards_[static_cast<std::size_t>(s)].gradients.data() + begin;
        kernels::add(end - begin, sum, gradients, sum);
        kernels::fill(end - begin, T{}, gradients);
      }
    };
    executor_->run(count_, work);
  }

  /// Of the last batch.
  double loss() const {
    double sum = 0, rows = 0;
    for_each([&](Index n, const Outcome<T>& outcome, const auto&) {
      sum += static_cast<double>(n) * static_cast<double>(outcome.loss.item());
      rows += static_cast<double>(n);
    });
    return sum / rows;
  }

  /// f(rows, outcome, target) for each shard of the last batch, in order.
  template <class F>
  void for_each(F f) const {
    for (std::size_t s = 0; s < static_cast<std::size_t>(count_); ++s) {
      f(shards_[s].batch.rows, shards_[s].outcome, shards_[s].batch.target);
    }
  }

 private:
  struct Shard {
    Tape<T> tape;
    Tensor<T> gradients;  // of all parameters but for the first shard, which adds to the model's
    Rng rng;
    Batch batch;
    Outcome<T> outcome;
  };

  void run(Shard& shard, ForwardPass<T, Data> forward, bool training, T weight) {
    std::optional<FlushDenormals> guard;
    if (flush_denormals_) guard.emplace();
    if (&shard != shards_.data() && training) give_gradients(shard);
    shard.tape.set_recording(training);
    shard.tape.set_rng(training ? &shard.rng : nullptr);
    shard.tape.reset();
    shard.outcome = forward(shard.tape, shard.batch, shard.tape.rng());
    const Var<T> loss = shard.outcome.loss;
    if (training && is_finite(loss.item())) loss.backward({&weight, loss.shape()});
  }

  void give_gradients(Shard& shard) {
    if (!shard.gradients.empty()) return;
    shard.gradients = Tensor<T>(storage_.gradients.shape());
    shard.tape.set_gradients(storage_, shard.gradients.data());
  }

  ParameterStorage<T>& storage_;
  Executor* executor_;
  bool flush_denormals_;
  Index count_ = 1;  // of the last batch
  std::array<Shard, max_shards> shards_;
};

}}}  // namespace tenure::TENURE_ABI::detail
