#include <doctest/doctest.h>

#include <tenure/core/arena.hpp>
#include <tenure/core/tensor.hpp>
#include <utility>

#include "../count_allocations.hpp"

using namespace tenure;

TEST_CASE("a failed construction is std::bad_alloc and leaks nothing") {
  const std::vector<float> values(6, 1.0f);
  const Tensor<float> other({2, 3});
  const std::ptrdiff_t living = allocations::living;
  {
    const allocations::FailAfter failing(0);
    CHECK_THROWS_AS(Tensor<float>({2, 3}), std::bad_alloc);
    CHECK_THROWS_AS(Tensor<float>({2, 3}, values), std::bad_alloc);
    CHECK_THROWS_AS(Tensor<float>(other.view()), std::bad_alloc);
    CHECK_THROWS_AS((Tensor<float>(other)), std::bad_alloc);
  }
  CHECK(allocations::living == living);
}

TEST_CASE("a failure half way through nested lists leaks nothing") {
  const std::ptrdiff_t living = allocations::living;
  for (std::size_t succeeding = 0; succeeding < 3; ++succeeding) {
    bool failed = false;
    {
      const allocations::FailAfter failing(succeeding);
      try {
        Tensor<float>::from({{1, 2}, {3, 4}});
      } catch (const std::bad_alloc&) {
        failed = true;
      }
    }
    CHECK(failed);
  }
  CHECK(allocations::living == living);
}

TEST_CASE("a failed assignment leaves the tensor as it was") {
  const Tensor<float> large({100}, 1.0f);
  Tensor<float> tensor({2}, {1, 2});
  {
    const allocations::FailAfter failing(0);
    CHECK_THROWS_AS(tensor = large, std::bad_alloc);
  }
  CHECK(tensor.shape() == Shape{2});
  CHECK(tensor(1) == 2);
}

TEST_CASE("moving, viewing and wrapping allocate nothing") {
  Tensor<float> tensor({2, 3});
  const std::size_t count = allocations::count;
  Tensor<float> moved = std::move(tensor);
  moved.swap(tensor);
  tensor.slice(1, 2).reshape({3, 1})(2, 0) = 1;
  const Tensor<float> wrapped = Tensor<float>::wrap({6}, tensor.data());
  const std::size_t after = allocations::count;
  CHECK(after == count);
  CHECK(wrapped(5) == 1);
}

TEST_CASE("tensors free what they own, once") {
  const std::ptrdiff_t living = allocations::living;
  {
    Tensor<float> tensor({4});
    Tensor<float> copy = tensor;
    tensor = copy;
    copy = std::move(tensor);
    const Tensor<float> wrapped = Tensor<float>::wrap({4}, copy.data());
  }
  CHECK(allocations::living == living);
}

TEST_CASE("an arena's rounds of equal size stop allocating after the second") {
  Arena arena;
  const auto round = [&] {
    arena.reset();
    const Arena::Mark mark = arena.mark();
    for (int i = 0; i < 20; ++i) arena.allocate<double>(5'000);
    arena.rewind(mark);
    for (int i = 0; i < 30; ++i) arena.allocate<float>(7'001);
  };
  round();
  round();
  const std::size_t count = allocations::count;
  for (int i = 0; i < 5; ++i) round();
  const std::size_t after = allocations::count;
  CHECK(after == count);
}

TEST_CASE("an arena that is rewound to its beginning stops allocating too") {
  Arena arena;
  const auto round = [&] {
    arena.reset();
    const Arena::Mark mark = arena.mark();
    for (int i = 0; i < 20; ++i) arena.allocate<double>(5'000);
    arena.rewind(mark);
  };
  round();
  round();
  const std::size_t count = allocations::count;
  for (int i = 0; i < 5; ++i) round();
  const std::size_t after = allocations::count;
  CHECK(after == count);
}

TEST_CASE("an arena out of memory throws, stays as it was and goes on") {
  const std::ptrdiff_t living = allocations::living;
  {
    Arena arena;
    arena.allocate<double>(10);
    const std::size_t used = arena.used();
    {
      const allocations::FailAfter failing(0);
      CHECK_THROWS_AS(arena.allocate<double>(1'000'000), std::bad_alloc);
    }
    CHECK(arena.used() == used);
    CHECK(arena.allocate<double>(1'000'000) != nullptr);
    {
      const allocations::FailAfter failing(0);
      CHECK_THROWS_AS(arena.reset(), std::bad_alloc);
    }
    CHECK(arena.used() == 0);
    arena.reset();
    CHECK(arena.capacity() >= 8'000'000);
  }
  CHECK(allocations::living == living);
}
