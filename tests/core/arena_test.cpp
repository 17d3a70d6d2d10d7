#include <doctest/doctest.h>

#include <cstdint>
#include <limits>
#include <tenure/core/arena.hpp>
#include <utility>

using namespace tenure;

namespace {

bool aligned(const void* memory) { return reinterpret_cast<std::uintptr_t>(memory) % Arena::alignment == 0; }

}  // namespace

TEST_CASE("a new arena holds nothing") {
  const Arena arena;
  CHECK(arena.used() == 0);
  CHECK(arena.capacity() == 0);
}

TEST_CASE("what an arena gives is aligned and does not overlap") {
  Arena arena;
  char* first = arena.allocate<char>(1);
  double* second = arena.allocate<double>(9);
  float* third = arena.allocate<float>(1);
  CHECK(aligned(first));
  CHECK(aligned(second));
  CHECK(aligned(third));
  CHECK(reinterpret_cast<char*>(second) >= first + 1);
  CHECK(reinterpret_cast<char*>(third) >= reinterpret_cast<char*>(second + 9));
  CHECK(arena.used() == 64 + 128 + sizeof(float));
}

TEST_CASE("an arena grows and keeps what it gave") {
  Arena arena;
  int* first = arena.allocate<int>(1000);
  for (int i = 0; i < 1000; ++i) first[i] = i;
  double* large = arena.allocate<double>(1'000'000);
  CHECK(aligned(large));
  for (int i = 0; i < 1'000'000; ++i) large[i] = -1;
  int wrong = 0;
  for (int i = 0; i < 1000; ++i) wrong += first[i] != i;
  CHECK(wrong == 0);
  CHECK(arena.used() >= 8'004'000);
  CHECK(arena.capacity() >= arena.used());
}

TEST_CASE("rewinding takes back what came after the mark") {
  Arena arena;
  arena.allocate<float>(100);
  const Arena::Mark mark = arena.mark();
  const std::size_t used = arena.used();
  float* again = arena.allocate<float>(10);
  arena.rewind(mark);
  CHECK(arena.used() == used);
  CHECK(arena.allocate<float>(10) == again);
}

TEST_CASE("rewinding takes back whole chunks") {
  Arena arena;
  int* kept = arena.allocate<int>(1);
  *kept = 7;
  const Arena::Mark mark = arena.mark();
  const std::size_t used = arena.used();
  const std::size_t capacity = arena.capacity();
  for (int i = 0; i < 4; ++i) arena.allocate<double>(100'000);
  CHECK(arena.capacity() > capacity);
  arena.rewind(mark);
  CHECK(arena.used() == used);
  CHECK(arena.capacity() == capacity);
  CHECK(*kept == 7);
}

TEST_CASE("an arena rewinds to its beginning") {
  Arena arena;
  const Arena::Mark mark = arena.mark();
  arena.allocate<double>(100'000);
  arena.rewind(mark);
  CHECK(arena.used() == 0);
}

TEST_CASE("reset() merges all chunks into one of the most that was held") {
  Arena arena;
  for (int i = 0; i < 10; ++i) arena.allocate<double>(20'000);
  const std::size_t capacity = arena.capacity();
  arena.reset();
  CHECK(arena.used() == 0);
  CHECK(arena.capacity() >= capacity);
  CHECK(arena.capacity() < capacity + (4 << 20));  // rounded up to whole huge pages
  const double* first = arena.allocate<double>(20'000);
  const double* second = arena.allocate<double>(20'000);
  CHECK(second - first == 20'000);  // one chunk: the next allocation follows immediately
}

TEST_CASE("a moved arena takes its memory along") {
  Arena arena;
  int* value = arena.allocate<int>(1);
  *value = 5;
  Arena moved = std::move(arena);
  CHECK(arena.capacity() == 0);
  CHECK(moved.used() == sizeof(int));
  CHECK(*value == 5);
  arena.allocate<int>(1);
  arena = std::move(moved);
  CHECK(*value == 5);
  CHECK(moved.capacity() == 0);
}

TEST_CASE("an absurd count is std::bad_alloc and leaves the arena as it was") {
  Arena arena;
  arena.allocate<double>(10);
  const std::size_t used = arena.used();
  const std::size_t capacity = arena.capacity();
  CHECK_THROWS_AS(arena.allocate<double>(std::numeric_limits<std::size_t>::max()), std::bad_alloc);
  CHECK_THROWS_AS(arena.allocate<double>(std::numeric_limits<std::size_t>::max() / 8), std::bad_alloc);
  CHECK_THROWS_AS(arena.allocate<double>(std::numeric_limits<std::size_t>::max() / 32), std::bad_alloc);
  CHECK(arena.used() == used);
  CHECK(arena.capacity() == capacity);
}
