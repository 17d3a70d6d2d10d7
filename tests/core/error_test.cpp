#include <doctest/doctest.h>

#include <tenure/core/error.hpp>

#include "../message.hpp"

using namespace tenure;

TEST_CASE("an error names the operation, what was expected and what was given") {
  CHECK(message_of([] { throw ShapeError("matmul", "(3, 4)", "(4, 3)"); }) == "matmul: expected (3, 4), got (4, 3)");
}

TEST_CASE("every error is a tenure::Error and a std::runtime_error") {
  CHECK_THROWS_AS(throw ShapeError("wrong"), Error);
  CHECK_THROWS_AS(throw IndexError("wrong"), Error);
  CHECK_THROWS_AS(throw ValueError("wrong"), Error);
  CHECK_THROWS_AS(throw StateError("wrong"), Error);
  CHECK_THROWS_WITH_AS(throw Error("wrong"), "wrong", std::runtime_error);
}
