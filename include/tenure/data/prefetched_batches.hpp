/// Batches that are gathered ahead: while one is worked on, a thread copies the rows of the next.
///
///   PrefetchedBatches batches(data, 0, data.rows(), 256);
///   batches.shuffle(Rng(seed, epoch));
///   for (Index i = 0; i < batches.count(); ++i) step(batches[i]);
///
/// Order and contents are those of Batches, to the bit. It pays where gathering takes a good part of a step (wide rows,
/// data beyond the caches) and a processor is idle. Batches that are not shuffled are views of the data: then there is
/// nothing to gather, and no thread is started. Link the platform's threads (CMake: Threads::Threads).
#pragma once

#include <condition_variable>
#include <mutex>
#include <optional>
#include <thread>

#include "dataset.hpp"

namespace tenure { inline namespace TENURE_ABI {

/// As Batches, for one thread at a time. Nothing is allocated per batch.
template <class Data>
class PrefetchedBatches {
 public:
  /// Of rows [begin, end), which the data must outlive. @throws ValueError for an empty range or batch
  [[gnu::cold]] PrefetchedBatches(const Data& data, Index begin, Index end, Index batch_size)
      : halves_{Batches<Data>(data, begin, end, batch_size), Batches<Data>(data, begin, end, batch_size)} {}
  PrefetchedBatches(const PrefetchedBatches&) = delete;
  PrefetchedBatches& operator=(const PrefetchedBatches&) = delete;
  [[gnu::cold]] ~PrefetchedBatches() {
    if (!worker_.joinable()) return;
    {
      const std::lock_guard lock(mutex_);
      ending_ = true;
    }
    changed_.notify_all();
    worker_.join();
  }

  Index rows() const noexcept { return halves_[0].rows(); }
  Index count() const noexcept { return halves_[0].count(); }

  /// Another order, which depends on the generator alone. @throws std::system_error when no thread can be started
  void shuffle(Rng rng) {
    await_worker();
    // Even batches come from one, odd ones from the other, of two that are in the same order: a buffer for each.
    for (Batches<Data>& half : halves_) half.shuffle(rng);
    ready_.reset();
    if (!worker_.joinable()) worker_ = std::thread([this] { work(); });
  }

  /// Batch i, 0 ≤ i < count(), until the next is asked for. In ascending order they are there already.
  typename Data::Batch operator[](Index i) {
    if (!worker_.joinable()) return half(i)[i];
    await_worker();
    const bool ahead = ready_ && gathered_ == i;
    const typename Data::Batch batch = ahead ? *ready_ : half(i)[i];
    ready_.reset();
    if (i + 1 < count()) {
      {
        const std::lock_guard lock(mutex_);
        wanted_ = i + 1;
      }
      changed_.notify_all();
    }
    return batch;
  }

 private:
  static constexpr Index none = -1;

  Batches<Data>& half(Index i) noexcept { return halves_[static_cast<std::size_t>(i % 2)]; }

  /// Until no batch is being gathered.
  void await_worker() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return wanted_ == none; });
  }

  [[gnu::cold]] void work() {
    std::unique_lock lock(mutex_);
    while (true) {
      changed_.wait(lock, [this] { return ending_ || wanted_ != none; });
      if (ending_) return;
      const Index i = wanted_;
      lock.unlock();
      const typename Data::Batch batch = half(i)[i];
      lock.lock();
      ready_ = batch;
      gathered_ = i;
      wanted_ = none;
      changed_.notify_all();
    }
  }

  std::array<Batches<Data>, 2> halves_;
  std::mutex mutex_;  // of all that follows
  std::condition_variable changed_;
  Index wanted_ = none;    // the batch that the worker is to gather
  Index gathered_ = none;  // the batch that is ready
  std::optional<typename Data::Batch> ready_;
  bool ending_ = false;
  std::thread worker_;
};

}}  // namespace tenure::TENURE_ABI
