/// Replaces operator new and delete of the whole program: counts what is allocated and lets a test run out of memory.
/// To be included in exactly one source file of an executable.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdlib>
#include <limits>
#include <new>

namespace allocations {

inline std::size_t count = 0;      ///< calls of operator new so far
inline std::ptrdiff_t living = 0;  ///< blocks allocated and not yet freed
/// Calls that still succeed; those after throw std::bad_alloc.
inline std::size_t allowed = std::numeric_limits<std::size_t>::max();

/// Lets `n` more allocations succeed while it lives.
struct FailAfter {
  explicit FailAfter(std::size_t n) noexcept { allowed = n; }
  ~FailAfter() { allowed = std::numeric_limits<std::size_t>::max(); }
};

inline void* allocate(std::size_t size, std::size_t alignment) {
  constexpr std::size_t absurd = std::size_t{1} << 46;  // the sanitizer's malloc would end the program
  if (allowed == 0 || size > absurd) throw std::bad_alloc();
  --allowed;
  void* memory = std::aligned_alloc(alignment, std::max(size + alignment - 1, alignment) / alignment * alignment);
  if (!memory) throw std::bad_alloc();
  ++count;
  ++living;
  return memory;
}

inline void release(void* memory) noexcept {
  living -= memory != nullptr;
  std::free(memory);
}

}  // namespace allocations

void* operator new(std::size_t size) { return allocations::allocate(size, __STDCPP_DEFAULT_NEW_ALIGNMENT__); }
void* operator new(std::size_t size, std::align_val_t alignment) {
  return allocations::allocate(size, static_cast<std::size_t>(alignment));
}
void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
  try {
    return allocations::allocate(size, __STDCPP_DEFAULT_NEW_ALIGNMENT__);
  } catch (const std::bad_alloc&) {
    return nullptr;
  }
}
void operator delete(void* memory) noexcept { allocations::release(memory); }
void operator delete(void* memory, std::size_t) noexcept { allocations::release(memory); }
void operator delete(void* memory, std::align_val_t) noexcept { allocations::release(memory); }
void operator delete(void* memory, std::size_t, std::align_val_t) noexcept { allocations::release(memory); }
