#include "tenure/kernels/embedding.hpp"

#include <doctest/doctest.h>

#include "arrays.hpp"

using namespace tenure;
using tenure::test::distance;
using tenure::test::random;

TEST_CASE_TEMPLATE("an embedding reads rows and adds gradients to them, repeated ones and padding included", T, float,
                   double) {
  Rng rng(1);
  const std::vector<std::int64_t> indices = {4, 0, 2, 2, 6, 2, 0};
  const auto n = static_cast<Index>(indices.size());
  for (const Index width : {1, 5, 16, 33}) {
    CAPTURE(width);
    const std::vector<T> table = random<T>(7 * width, rng);
    std::vector<T> y(static_cast<std::size_t>(n * width)), expected(y.size());
    kernels::embedding(n, width, indices.data(), table.data(), y.data());
    kernels::reference::embedding(n, width, indices.data(), table.data(), expected.data());
    CHECK(y == expected);

    for (const std::int64_t padding : {kernels::no_padding, std::int64_t{2}}) {
      std::vector<T> dtable = table, dtable_expected = table;
      kernels::embedding_backward(n, width, indices.data(), y.data(), dtable.data(), padding);
      kernels::reference::embedding_backward(n, width, indices.data(), y.data(), dtable_expected.data(), padding);
      CHECK(distance(dtable, dtable_expected) < 4);
      const auto row = static_cast<std::size_t>(2 * width);
      CHECK((dtable[row] == table[row]) == (padding == 2));
    }
  }
}

TEST_CASE("the first index out of range is found") {
  const std::int64_t indices[] = {0, 6, 3, 7, -1};
  CHECK(kernels::first_out_of_range(3, indices, 7) == -1);
  CHECK(kernels::first_out_of_range(5, indices, 7) == 3);
  CHECK(kernels::first_out_of_range(1, indices + 4, 7) == 0);
}
