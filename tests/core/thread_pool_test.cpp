#include "tenure/core/thread_pool.hpp"

#include <doctest/doctest.h>

#include <vector>

#if defined(__unix__)
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#endif

#include "../message.hpp"

using namespace tenure;

TEST_CASE("a pool does each part once, whatever the number of threads and parts") {
  for (const Index threads : {1, 2, 3, 8}) {
    ThreadPool pool(threads);
    CHECK(pool.threads() == threads);
    for (const Index n : {0, 1, 2, 7, 100}) {
      std::vector<int> done(static_cast<std::size_t>(n));
      const auto work = [&](Index i) { ++done[static_cast<std::size_t>(i)]; };
      for (int round = 0; round < 20; ++round) pool.run(n, work);
      CHECK(done == std::vector<int>(static_cast<std::size_t>(n), 20));
    }
  }
}

TEST_CASE("parts are at work at the same time") {
  ThreadPool pool(3);
  std::atomic<int> arrived = 0;
  const auto work = [&](Index) {
    ++arrived;
    while (arrived < 3) std::this_thread::yield();  // for ever, unless three threads come
  };
  pool.run(3, work);
  CHECK(arrived == 3);
}

TEST_CASE("what the lowest part threw is thrown when all are done, and the pool goes on") {
  for (const Index threads : {1, 4}) {
    ThreadPool pool(threads);
    std::atomic<int> done = 0;
    const auto work = [&](Index i) {
      ++done;
      if (i >= 5) throw ValueError("part", "less than 5", {i});
    };
    CHECK(message_of([&] { pool.run(20, work); }) == "part: expected less than 5, got 5");
    CHECK(done == 20);
    pool.run(5, work);
    CHECK(done == 25);
  }
}

TEST_CASE("work within work stays on its thread") {
  ThreadPool outer(2), inner(2);
  std::atomic<int> elsewhere = 0;
  const auto work = [&](Index) {
    const std::thread::id here = std::this_thread::get_id();
    const auto nested = [&](Index) { elsewhere += std::this_thread::get_id() != here; };
    inner.run(50, nested);
    outer.run(50, nested);
  };
  outer.run(10, work);
  CHECK(elsewhere == 0);
}

TEST_CASE("several threads may use a pool") {
  ThreadPool pool(2);
  std::atomic<Index> sum = 0;
  const auto add = [&](Index i) { sum += i; };
  const auto user = [&] {
    for (int round = 0; round < 50; ++round) pool.run(10, add);
  };
  std::thread a(user), b(user);
  a.join(), b.join();
  CHECK(sum == 2 * 50 * 45);
}

TEST_CASE("a pool without a thread is refused") {
  CHECK(message_of([] { ThreadPool(0); }) == "thread pool: expected at least one thread, got 0");
}

#if defined(__unix__)
TEST_CASE("a forked child works with its copy of a pool alone, and ends") {
  auto pool = std::make_unique<ThreadPool>(3);
  std::atomic<Index> sum = 0;
  const auto add = [&](Index i) { sum += i; };
  pool->run(10, add);
  const ::pid_t child = ::fork();
  if (child == 0) {
    ::alarm(20);  // a hang is a failure
    sum = 0;
    for (int round = 0; round < 50; ++round) pool->run(10, add);
    pool.reset();
    ::_exit(sum == 50 * 45 ? 0 : 1);
  }
  int status = -1;
  REQUIRE(::waitpid(child, &status, 0) == child);
  CHECK(status == 0);
  pool->run(10, add);
  CHECK(sum == 90);
}
#endif
