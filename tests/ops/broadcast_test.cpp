#include "tenure/ops/broadcast.hpp"

#include <doctest/doctest.h>

#include <vector>

#include "../gradient_check.hpp"

using namespace tenure;
using ops::Broadcast;

namespace {

/// Offsets into a and b for each element of the result, by the definition.
std::vector<std::pair<Index, Index>> by_definition(const Shape& a, const Shape& b) {
  const Shape y = Broadcast::shape("test", a, b);
  std::vector<std::pair<Index, Index>> offsets;
  for (Index i = 0; i < y.size(); ++i) {
    Index rest = i;
    Index offset[2] = {0, 0};
    Index stride[2] = {1, 1};
    for (Index axis = y.rank() - 1; axis >= 0; --axis) {
      const Index index = rest % y[axis];
      rest /= y[axis];
      for (int k = 0; k < 2; ++k) {
        const Shape& x = k == 0 ? a : b;
        const Index own = axis - (y.rank() - x.rank());
        if (own < 0) continue;
        if (x[own] > 1) offset[k] += index * stride[k];
        stride[k] *= x[own];
      }
    }
    offsets.emplace_back(offset[0], offset[1]);
  }
  return offsets;
}

std::vector<std::pair<Index, Index>> by_runs(const Shape& a, const Shape& b) {
  std::vector<std::pair<Index, Index>> offsets;
  Broadcast(a, b).for_each_run([&](Index y, Index ai, Index bi, Index n, bool a_varies, bool b_varies) {
    CHECK(y == static_cast<Index>(offsets.size()));
    for (Index i = 0; i < n; ++i) offsets.emplace_back(ai + (a_varies ? i : 0), bi + (b_varies ? i : 0));
  });
  return offsets;
}

}  // namespace

TEST_CASE("broadcast: runs visit what NumPy's rule says, in order") {
  const std::vector<Shape> shapes = {{},        {1},       {4},       {3, 1},       {3, 4},       {1, 4},
                                     {2, 3, 4}, {2, 1, 4}, {2, 1, 1}, {5, 1, 3, 1}, {5, 2, 1, 4}, {1, 1, 1, 1, 1}};
  int pairs = 0;
  for (const Shape& a : shapes) {
    for (const Shape& b : shapes) {
      try {
        Broadcast::shape("test", a, b);
      } catch (const ShapeError&) {
        continue;
      }
      ++pairs;
      INFO(a.to_string(), " and ", b.to_string());
      CHECK(by_runs(a, b) == by_definition(a, b));
    }
  }
  CHECK(pairs > 100);
}

TEST_CASE("broadcast: neighboring axes of one kind become one loop") {
  int runs = 0;
  const auto count = [&](auto&&...) { ++runs; };
  Broadcast({6, 5, 4}, {6, 5, 4}).for_each_run(count);
  CHECK(runs == 1);
  Broadcast({6, 5, 4}, {4}).for_each_run(count);
  CHECK(runs == 31);
  Broadcast({6, 5, 4}, {5, 4}).for_each_run(count);
  CHECK(runs == 37);
}

TEST_CASE("broadcast: extents that differ are an error") {
  test::check_throws<ShapeError>([] { Broadcast::shape("add", {2, 3}, {2}); }, {"add", "(2, 3) and (2)"});
}
