/// Who does work that is cut into parts: what threaded parts of the library are given, and nothing else of theirs.
#pragma once

#include "function_ref.hpp"
#include "shape.hpp"

namespace tenure { inline namespace TENURE_ABI {

/// A ThreadPool (thread_pool.hpp), or an adapter of one's own to the threads that a program has already.
class Executor {
 public:
  /// How many parts can be at work at once, at least 1.
  virtual Index threads() const noexcept = 0;

  /// Calls work(i) once for each i in [0, n), in any order and on any threads, and returns when all are done. Where
  /// some throw, the others are still done, and then what the lowest i threw is thrown.
  virtual void run(Index n, FunctionRef<void(Index)> work) = 0;

 protected:
  ~Executor() = default;
};

}}  // namespace tenure::TENURE_ABI
