/// A bump allocator: memory is handed out by moving a pointer and taken back all at once.
#pragma once

#include <algorithm>
#include <cstddef>
#include <functional>
#include <new>
#include <type_traits>
#include <utility>

#if defined(__linux__)
#include <sys/mman.h>
#endif

#include "../version.hpp"

namespace tenure { inline namespace TENURE_ABI {

/// Grows by doubling chunks; `reset()` merges them into one, so that a loop which allocates the same amount in every
/// round stops calling operator new after the second. Destructors are never run. Not for use by two threads at once.
///
/// Large chunks are whole huge pages, where Linux has them to give: a recurrent layer sweeps megabytes in every step,
/// and spent a tenth of its time on address translation.
class Arena {
 public:
  static constexpr std::size_t alignment = 64;

  Arena() noexcept = default;
  Arena(Arena&& other) noexcept { swap(other); }
  Arena& operator=(Arena&& other) noexcept {
    Arena(std::move(other)).swap(*this);
    return *this;
  }
  ~Arena() { release(chunk_); }

  /// `count` elements, uninitialized; arrays of numbers are 64-byte aligned. @throws std::bad_alloc, the arena being as
  /// before
  template <class T>
  T* allocate(std::size_t count) {
    static_assert(std::is_trivially_destructible_v<T> && alignof(T) <= alignment);
    if (count > (~std::size_t{0} >> 1) / sizeof(T)) throw std::bad_alloc();
    return static_cast<T*>(allocate_bytes(count * sizeof(T), std::is_arithmetic_v<T> ? alignment : alignof(T)));
  }

  /// A place to come back to.
  struct Mark {
    void* chunk;
    std::size_t used;
  };
  Mark mark() const noexcept { return {chunk_, chunk_ ? chunk_->used : 0}; }

  /// Takes back all that was allocated since the mark; marks taken since are void.
  void rewind(Mark mark) noexcept {
    while (chunk_ != mark.chunk) release_last();
    if (chunk_) chunk_->used = mark.used;
  }

  /// Takes everything back and holds as one chunk the most memory that was ever held. @throws std::bad_alloc, the
  /// arena being then empty
  void reset() {
    if ((chunk_ ? chunk_->size : 0) < peak_) {
      release(std::exchange(chunk_, nullptr));
      add_chunk(peak_);
    }
    if (chunk_) chunk_->used = 0;
  }

  /// Whether an address lies in memory that was handed out and not taken back.
  bool holds(const void* address) const noexcept {
    const auto* const at = static_cast<const std::byte*>(address);
    for (Chunk* chunk = chunk_; chunk; chunk = chunk->previous) {
      if (std::less_equal<>()(chunk->memory(), at) && std::less<>()(at, chunk->memory() + chunk->used)) return true;
    }
    return false;
  }

  /// Bytes in use, and bytes held.
  std::size_t used() const noexcept { return sum(&Chunk::used); }
  std::size_t capacity() const noexcept { return sum(&Chunk::size); }

  void swap(Arena& other) noexcept {
    std::swap(chunk_, other.chunk_);
    std::swap(peak_, other.peak_);
  }

 private:
  struct alignas(alignment) Chunk {
    Chunk* previous;
    std::size_t size;
    std::size_t used;
    std::byte* memory() noexcept { return reinterpret_cast<std::byte*>(this + 1); }
  };

  static constexpr std::size_t smallest_chunk = 64 * 1024;
  static constexpr std::size_t huge_page = std::size_t{2} << 20;

  /// Of a chunk, its header included.
  static std::align_val_t alignment_of(std::size_t bytes) noexcept {
    return std::align_val_t{bytes % huge_page == 0 ? huge_page : alignment};
  }

  [[gnu::noinline]] void* allocate_bytes(std::size_t bytes, std::size_t align) {
    std::size_t begin = chunk_ ? (chunk_->used + align - 1) / align * align : 0;
    if (!chunk_ || chunk_->size < begin || chunk_->size - begin < bytes) {
      add_chunk((std::max)({bytes, smallest_chunk, 2 * (chunk_ ? chunk_->size : 0)}));
      begin = 0;
    }
    chunk_->used = begin + bytes;
    return chunk_->memory() + begin;
  }

  void add_chunk(std::size_t size) {
    std::size_t bytes = sizeof(Chunk) + size;
    if (bytes > huge_page / 4) bytes = (bytes + huge_page - 1) / huge_page * huge_page;
    void* memory = ::operator new(bytes, alignment_of(bytes));
#if defined(__linux__) && defined(MADV_HUGEPAGE)
    if (bytes % huge_page == 0) madvise(memory, bytes, MADV_HUGEPAGE);  // no matter if it can't
#endif
    chunk_ = ::new (memory) Chunk{chunk_, bytes - sizeof(Chunk), 0};
    peak_ = (std::max)(peak_, capacity());
  }

  /// @returns the chunk before
  static Chunk* release_one(Chunk* chunk) noexcept {
    Chunk* const previous = chunk->previous;
    ::operator delete(chunk, alignment_of(sizeof(Chunk) + chunk->size));
    return previous;
  }

  void release_last() noexcept { chunk_ = release_one(chunk_); }

  static void release(Chunk* chunk) noexcept {
    while (chunk) chunk = release_one(chunk);
  }

  std::size_t sum(std::size_t Chunk::*member) const noexcept {
    std::size_t total = 0;
    for (const Chunk* chunk = chunk_; chunk; chunk = chunk->previous) total += chunk->*member;
    return total;
  }

  Chunk* chunk_ = nullptr;
  std::size_t peak_ = 0;  // most bytes held at a time: rewind() may since have given chunks back
};

}}  // namespace tenure::TENURE_ABI
