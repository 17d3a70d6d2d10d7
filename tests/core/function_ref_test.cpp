#include "tenure/core/function_ref.hpp"

#include <doctest/doctest.h>

using namespace tenure;

static_assert(!std::is_constructible_v<FunctionRef<void(int)>, int&>);

TEST_CASE("a function reference calls what it refers to, and passes references on") {
  int calls = 0;
  auto count = [&calls](int& x, int y) {
    ++calls;
    return x += y;
  };
  const FunctionRef<double(int&, int)> reference(count);
  const FunctionRef<double(int&, int)> copy(reference);
  int x = 1;
  CHECK(reference(x, 2) == 3.0);
  CHECK(copy(x, 2) == 5.0);
  CHECK(x == 5);
  CHECK(calls == 2);

  const auto constant = [] { return 7; };
  CHECK(FunctionRef<int()>(constant)() == 7);
}
