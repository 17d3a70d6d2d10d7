/// Threads that wait for work: `ThreadPool pool(4); pool.run(n, work);`. Link the platform's threads (CMake:
/// Threads::Threads).
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <exception>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#if defined(__unix__) || defined(__APPLE__)
#include <unistd.h>
#endif

#include "error.hpp"
#include "executor.hpp"

namespace tenure { inline namespace TENURE_ABI {

/// So many threads, the calling one among them: a pool of one starts none. Work that itself calls run(), of this pool
/// or another, does so on the thread that it is on, so that threads never multiply. May be called by several threads,
/// which take turns. A child process that was forked does the work of its copy on the calling thread, for a fork copies
/// no others.
class ThreadPool final : public Executor {
 public:
  /// @throws ValueError for less than one thread; std::system_error when one can't be started
  [[gnu::cold]] explicit ThreadPool(Index threads) {
    if (threads < 1) throw ValueError("thread pool", "at least one thread", {threads});
    if (threads > 1) workers_ = std::make_unique<Workers>(threads - 1);
  }
  ThreadPool(const ThreadPool&) = delete;
  ThreadPool& operator=(const ThreadPool&) = delete;
  [[gnu::cold]] ~ThreadPool() {
    // Threads that are not there can't be joined, nor what they may be waiting for be destroyed.
    if (is_forked()) static_cast<void>(workers_.release());
  }

  Index threads() const noexcept override { return workers_ ? workers_->count() + 1 : 1; }

  void run(Index n, FunctionRef<void(Index)> work) override {
    Job job{work, n};
    if (inside() || !workers_ || n < 2 || is_forked()) {
      job.take_parts();
    } else {
      workers_->help(job);
    }
    if (job.error) std::rethrow_exception(job.error);
  }

 private:
  struct Job {
    FunctionRef<void(Index)> work;
    Index n;
    std::atomic<Index> next = 0;
    std::mutex mutex{};  // of what follows
    Index failed = 0;    // the lowest number of a part that threw
    std::exception_ptr error{};

    void take_parts() noexcept {
      for (Index i = next++; i < n; i = next++) {
        try {
          work(i);
        } catch (...) {
          const std::lock_guard lock(mutex);
          if (!error || i < failed) failed = i, error = std::current_exception();
        }
      }
    }
  };

  /// While it lives, its thread is at work for a pool.
  struct Inside {
    Inside() noexcept { inside() = true; }
    Inside(const Inside&) = delete;
    Inside& operator=(const Inside&) = delete;
    ~Inside() { inside() = false; }
  };
  static bool& inside() noexcept {
    thread_local bool inside = false;
    return inside;
  }

  /// The threads beside the calling one.
  class Workers {
   public:
    [[gnu::cold]] explicit Workers(Index count) {
      try {
        for (Index i = 0; i < count; ++i) {
          threads_.emplace_back([this] { work_until_end(); });
        }
      } catch (...) {
        end();
        throw;
      }
    }
    Workers(const Workers&) = delete;
    Workers& operator=(const Workers&) = delete;
    [[gnu::cold]] ~Workers() { end(); }

    Index count() const noexcept { return static_cast<Index>(threads_.size()); }

    /// Carries out the job on the calling thread and on those that come to it.
    void help(Job& job) {
      const std::lock_guard turn(turn_);
      const Inside inside;
      post(job);
      job.take_parts();
      retire();
    }

   private:
    void post(Job& job) {
      {
        const std::lock_guard lock(mutex_);
        job_ = &job;
        ++posted_;
      }
      work_posted_.notify_all();
    }

    /// Takes the work back from workers that have not begun with it, and waits for the others.
    void retire() {
      {
        const std::lock_guard lock(mutex_);
        job_ = nullptr;
      }
      spin([this] { return working_ == 0; });
      std::unique_lock lock(mutex_);
      work_done_.wait(lock, [this] { return working_ == 0; });
    }

    [[gnu::cold]] void work_until_end() {
      const Inside inside;
      std::uint64_t seen = 0;
      while (true) {
        spin([&] { return posted_ != seen; });
        std::unique_lock lock(mutex_);
        work_posted_.wait(lock, [&] { return posted_ != seen; });
        seen = posted_;
        if (ending_) return;
        if (!job_) continue;
        Job& job = *job_;
        ++working_;
        lock.unlock();
        job.take_parts();
        lock.lock();
        --working_;
        lock.unlock();
        work_done_.notify_one();
      }
    }

    /// For about as long as waking a sleeping thread takes: steps of a training follow each other that closely.
    template <class Condition>
    static void spin(Condition done) noexcept {
      for (int i = 0; i < 20000 && !done(); ++i) std::this_thread::yield();
    }

    [[gnu::cold]] void end() noexcept {
      {
        const std::lock_guard lock(mutex_);
        ending_ = true;
        ++posted_;
      }
      work_posted_.notify_all();
      for (std::thread& thread : threads_) thread.join();
    }

    std::mutex turn_;   // held by the thread whose work is done
    std::mutex mutex_;  // of what follows
    std::condition_variable work_posted_;
    std::condition_variable work_done_;
    Job* job_ = nullptr;                     // for workers to begin with
    std::atomic<std::uint64_t> posted_ = 0;  // how many, the end included; spun on without the mutex
    std::atomic<Index> working_ = 0;         // workers at job_, likewise
    bool ending_ = false;
    std::vector<std::thread> threads_;
  };

#if defined(__unix__) || defined(__APPLE__)
  /// Whether this is a copy in a forked child.
  bool is_forked() const noexcept { return workers_ && process_ != ::getpid(); }
  ::pid_t process_ = ::getpid();
#else
  static bool is_forked() noexcept { return false; }
#endif

  std::unique_ptr<Workers> workers_;  // null for a pool of one
};

}}  // namespace tenure::TENURE_ABI
