/// Memory for the gradients of one backward pass.
#pragma once

#include <new>
#include <utility>

#include "../core/arena.hpp"

namespace tenure { inline namespace TENURE_ABI { namespace detail {

/// What the gradient of one value no longer needs serves the next of its size: a pass over a long tape works on a few
/// gradients' memory, which stays in the caches.
class GradientMemory {
 public:
  /// Uninitialized. @throws std::bad_alloc
  void* take(std::size_t bytes, Arena& arena) {
    bytes = padded(bytes);
    Block** link = &first_;
    for (int tries = 0; *link && tries < most_tries; ++tries, link = &(*link)->next) {
      if ((*link)->bytes == bytes) return std::exchange(*link, (*link)->next);
    }
    return arena.allocate<unsigned char>(bytes);
  }

  /// What was taken as so many bytes.
  void give_back(void* memory, std::size_t bytes) noexcept { first_ = ::new (memory) Block{first_, padded(bytes)}; }

 private:
  struct Block {
    Block* next;
    std::size_t bytes;
  };

  /// Of the blocks that lie ready, those last given back: a search through all would take long on a tape of many sizes.
  static constexpr int most_tries = 4;

  static std::size_t padded(std::size_t bytes) noexcept {
    return (bytes + Arena::alignment - 1) / Arena::alignment * Arena::alignment;
  }

  Block* first_ = nullptr;  // the last given back
};

}}}  // namespace tenure::TENURE_ABI::detail
