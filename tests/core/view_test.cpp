#include <doctest/doctest.h>

#include <array>
#include <limits>
#include <numeric>
#include <tenure/core/view.hpp>
#include <type_traits>

#include "../message.hpp"

using namespace tenure;

namespace {

/// 0, 1, 2 ... as (2, 3, 4).
struct Counted {
  std::array<float, 24> values{};
  View<float> view{values.data(), {2, 3, 4}};
  Counted() { std::iota(values.begin(), values.end(), 0.0f); }
};

}  // namespace

TEST_CASE("a default view refers to nothing") {
  const View<float> view;
  CHECK(view.empty());
  CHECK(view.size() == 0);
  CHECK(view.data() == nullptr);
  CHECK(view.span().empty());
  CHECK(view.begin() == view.end());
}

TEST_CASE("elements lie in row-major order") {
  const Counted counted;
  CHECK(counted.view(0, 0, 0) == 0);
  CHECK(counted.view(0, 1, 0) == 4);
  CHECK(counted.view(1, 2, 3) == 23);
  CHECK(counted.view.at(1, 0, 2) == 14);
  CHECK(counted.view.size() == 24);
  CHECK(counted.view.rank() == 3);
  CHECK(std::accumulate(counted.view.begin(), counted.view.end(), 0.0f) == 23 * 24 / 2);
}

TEST_CASE("a scalar is read without an index") {
  float value = 7;
  const View<float> view(&value, {});
  CHECK(view() == 7);
  CHECK(view.at() == 7);
  CHECK_THROWS_AS(view.at(0), IndexError);
  CHECK_THROWS_AS(view[0], IndexError);
  CHECK_THROWS_AS(view.slice(0, 1), IndexError);
}

TEST_CASE("at() refuses indices outside the shape") {
  const Counted counted;
  CHECK(message_of<IndexError>([&] { counted.view.at(0, 3, 0); }) ==
        "at: expected an index inside (2, 3, 4), got (0, 3, 0)");
  CHECK_THROWS_AS(counted.view.at(-1, 0, 0), IndexError);
  CHECK_THROWS_AS(counted.view.at(0, 0, 4), IndexError);
}

TEST_CASE("at() refuses another number of indices than axes") {
  const Counted counted;
  CHECK(message_of<IndexError>([&] { counted.view.at(1, 2); }) == "at: expected an index inside (2, 3, 4), got (1, 2)");
  CHECK_THROWS_AS(counted.view.at(0, 0, 0, 0), IndexError);
  CHECK_THROWS_AS(counted.view.at(), IndexError);
  CHECK_THROWS_AS(View<float>().at(), IndexError);
}

TEST_CASE("a row of the first axis is the same memory") {
  const Counted counted;
  const View<float> row = counted.view[1];
  CHECK(row.shape() == Shape{3, 4});
  CHECK(row.data() == counted.view.data() + 12);
  CHECK(row[2][3]() == 23);
  row(0, 0) = -1;
  CHECK(counted.view(1, 0, 0) == -1);
}

TEST_CASE("a slice of the first axis is the same memory") {
  const Counted counted;
  const View<float> rows = counted.view[1].slice(1, 3);
  CHECK(rows.shape() == Shape{2, 4});
  CHECK(rows.data() == counted.view.data() + 16);
  CHECK(counted.view.slice(0, 2).shape() == counted.view.shape());
}

TEST_CASE("rows and slices outside the first axis are refused") {
  const Counted counted;
  constexpr Index far = std::numeric_limits<Index>::max();
  CHECK(message_of<IndexError>([&] { counted.view[2]; }) ==
        "operator[]: expected an index inside the first axis of (2, 3, 4), got 2");
  CHECK(message_of<IndexError>([&] { counted.view.slice(1, 3); }) ==
        "slice: expected a range inside the first axis of (2, 3, 4), got [1, 3)");
  CHECK_THROWS_AS(counted.view[-1], IndexError);
  CHECK_THROWS_AS(counted.view[far], IndexError);
  CHECK_THROWS_AS(counted.view.slice(-1, 1), IndexError);
  CHECK_THROWS_AS(counted.view.slice(1, 1), IndexError);
  CHECK_THROWS_AS(counted.view.slice(1, far), IndexError);
  CHECK_THROWS_AS(View<float>()[0], IndexError);
}

TEST_CASE("a reshaped view is the same memory") {
  const Counted counted;
  const View<float> matrix = counted.view.reshape({-1, 4});
  CHECK(matrix.shape() == Shape{6, 4});
  CHECK(matrix.data() == counted.view.data());
  CHECK(matrix(5, 3) == 23);
  CHECK(counted.view.reshape(Shape{24}).shape() == Shape{24});
  CHECK_THROWS_AS(counted.view.reshape({5, 5}), ShapeError);
  CHECK_THROWS_AS(counted.view.reshape(Shape{5, 5}), ShapeError);
}

TEST_CASE("a view can lose the right to write, not gain it") {
  const Counted counted;
  const View<const float> view = counted.view;
  CHECK(view.data() == counted.view.data());
  static_assert(std::is_same_v<decltype(view(0, 0, 0)), const float&>);
  static_assert(std::is_convertible_v<View<float>, View<const float>>);
  static_assert(!std::is_convertible_v<View<const float>, View<float>>);
  static_assert(std::is_trivially_copyable_v<View<float>>);
}
