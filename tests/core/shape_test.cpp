#include <doctest/doctest.h>

#include <limits>
#include <tenure/core/shape.hpp>
#include <vector>

#include "../message.hpp"

using namespace tenure;

TEST_CASE("a scalar's shape has rank 0 and size 1") {
  const Shape shape;
  CHECK(shape.rank() == 0);
  CHECK(shape.size() == 1);
  CHECK(shape.last() == 1);
  CHECK(shape.rows() == 1);
  CHECK(to_string(shape) == "()");
  CHECK(shape == Shape{});
}

TEST_CASE("a shape knows its extents, slowest first") {
  const Shape shape{30, 6, 12};
  CHECK(shape.rank() == 3);
  CHECK(shape.size() == 30 * 6 * 12);
  CHECK(shape[0] == 30);
  CHECK(shape[2] == 12);
  CHECK(shape.last() == 12);
  CHECK(shape.rows() == 30 * 6);
  CHECK(shape.product(0, 2) == 180);
  CHECK(shape.product(1, 1) == 1);
  CHECK(to_string(shape) == "(30, 6, 12)");
  CHECK(std::vector<Index>(shape.begin(), shape.end()) == std::vector<Index>{30, 6, 12});
}

TEST_CASE("shapes are equal when rank and extents are") {
  CHECK(Shape{2, 3} == Shape{2, 3});
  CHECK(Shape{2, 3} != Shape{3, 2});
  CHECK(Shape{2, 3} != Shape{2, 3, 1});
  CHECK(Shape{1} != Shape{});
}

TEST_CASE("axes may count from the last") {
  const Shape shape{30, 6, 12};
  CHECK(shape.at(-1) == 12);
  CHECK(shape.at(-3) == 30);
  CHECK(shape.normalize(-2, "softmax") == 1);
  CHECK(message_of<IndexError>([&] { shape.normalize(3, "softmax"); }) ==
        "softmax: expected an axis of (30, 6, 12), got axis 3");
  CHECK_THROWS_AS(shape.at(-4), IndexError);
  CHECK_THROWS_AS(Shape{}.at(0), IndexError);
}

TEST_CASE("an extent of zero or less is refused") {
  CHECK(message_of<ShapeError>([] { Shape{4, 0}; }) == "shape: expected extents of at least 1, got 0 on axis 1");
  CHECK_THROWS_AS((Shape{-2}), ShapeError);
}

TEST_CASE("a rank above 5 is refused") {
  CHECK(Shape{1, 2, 3, 4, 5}.rank() == 5);
  CHECK(message_of<ShapeError>([] { Shape{1, 2, 3, 4, 5, 6}; }) == "shape: expected a rank of at most 5, got rank 6");
  Shape full{1, 2, 3, 4, 5};
  CHECK_THROWS_AS(full.append(6), ShapeError);
  CHECK(full == Shape{1, 2, 3, 4, 5});
}

TEST_CASE("a size beyond the address space is refused, not overflowed") {
  constexpr Index half = std::numeric_limits<Index>::max() / 2;
  CHECK_THROWS_AS((Shape{half, 4}), ShapeError);
  CHECK_THROWS_AS((Shape{Index{1} << 40, Index{1} << 40}), ShapeError);
}

TEST_CASE("axes are changed, dropped and added") {
  const Shape shape{30, 6, 12};
  CHECK(shape.with(1, 7) == Shape{30, 7, 12});
  CHECK(shape.without(0) == Shape{6, 12});
  CHECK_THROWS_AS(shape.with(1, 0), ShapeError);
  Shape longer = shape;
  longer.append(2);
  CHECK(longer == Shape{30, 6, 12, 2});
}

TEST_CASE("reshaping keeps the size and deduces one extent") {
  const Shape shape{30, 6, 12};
  CHECK(shape.reshaped({180, 12}) == Shape{180, 12});
  CHECK(shape.reshaped({-1, 12}) == Shape{180, 12});
  CHECK(shape.reshaped({2160, -1, 1}) == Shape{2160, 1, 1});
  CHECK(Shape{1}.reshaped({}) == Shape{});
}

TEST_CASE("reshaping to another size is refused") {
  const Shape shape{2, 3};
  CHECK(message_of<ShapeError>([&] {
          shape.reshaped({4, 2});
        }) == "reshape: expected 6 elements as in (2, 3), got (4, 2)");
  CHECK(message_of<ShapeError>([&] {
          shape.reshaped({4, -1});
        }) == "reshape: expected extents that divide the 6 elements of (2, 3), got (4) beside the -1");
  CHECK_THROWS_AS(shape.reshaped({12, -1}), ShapeError);
  CHECK_THROWS_AS(shape.reshaped({0, -1}), ShapeError);
  CHECK_THROWS_AS(Shape{1}.reshaped({-1, -1}), ShapeError);
  CHECK_THROWS_AS(shape.reshaped({Index{1} << 40, Index{1} << 40, -1}), ShapeError);
  CHECK_THROWS_AS(shape.reshaped({-1, 1, 1, 1, 1, 1}), ShapeError);
}
