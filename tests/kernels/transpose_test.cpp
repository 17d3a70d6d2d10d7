#include "tenure/kernels/transpose.hpp"

#include <doctest/doctest.h>

#include <array>
#include <numeric>

#include "arrays.hpp"

using namespace tenure;
using tenure::test::distance;
using tenure::test::random;

TEST_CASE_TEMPLATE("a transpose agrees with the reference and touches nothing beside it", T, float, double) {
  Rng rng(1);
  for (const Index rows : {1, 7, 16, 37}) {
    for (const Index columns : {1, 8, 19, 32}) {
      CAPTURE(rows);
      CAPTURE(columns);
      const std::vector<T> x = random<T>(rows * (columns + 3), rng);
      std::vector<T> y = random<T>(columns * (rows + 2), rng);
      std::vector<T> expected = y;
      for (const bool accumulate : {false, true}) {
        kernels::transpose(rows, columns, x.data(), columns + 3, y.data(), rows + 2, accumulate);
        kernels::reference::transpose(rows, columns, x.data(), columns + 3, expected.data(), rows + 2, accumulate);
        CHECK(y == expected);
      }
    }
  }
}

TEST_CASE_TEMPLATE("every permutation of axes agrees with the reference, and its inverse undoes it", T, float, double) {
  Rng rng(2);
  for (const std::array<Index, 4> extents : {std::array<Index, 4>{3, 17, 2, 18}, {2, 1, 5, 3}}) {
    const Index size = std::accumulate(extents.begin(), extents.end(), Index{1}, std::multiplies<>());
    const std::vector<T> x = random<T>(size, rng);
    std::array<Index, 4> order = {0, 1, 2, 3};
    double error = 0;
    do {
      const Index natural[] = {extents[1] * extents[2] * extents[3], extents[2] * extents[3], extents[3], 1};
      Index y_extents[4], x_strides[4], y_strides[4], inverse[4];
      for (std::size_t k = 4, stride = 1; k-- > 0;) {
        const auto source = static_cast<std::size_t>(order[k]);
        y_extents[k] = extents[source];
        x_strides[k] = natural[source];
        y_strides[k] = static_cast<Index>(stride);
        stride *= static_cast<std::size_t>(y_extents[k]);
        inverse[source] = static_cast<Index>(k);
      }
      std::vector<T> y(x.size()), expected(x.size()), back = x;
      kernels::permute(4, extents.data(), order.data(), x.data(), y.data());
      kernels::reference::copy_strided(4, y_extents, x.data(), x_strides, expected.data(), y_strides);
      error = std::max(error, distance(y, expected));
      kernels::permute(4, y_extents, inverse, y.data(), back.data(), true);  // x + x
      for (std::size_t i = 0; i < back.size(); ++i) back[i] /= 2;
      error = std::max(error, distance(back, x));
    } while (std::next_permutation(order.begin(), order.end()));
    CHECK(error == 0);
  }
}

TEST_CASE_TEMPLATE("strided copies read windows, repeat entries and sum over repeated outputs", T, float, double) {
  Rng rng(3);
  const std::vector<T> x = random<T>(1000, rng);
  struct Copy {
    Index rank;
    Index extents[5], x_strides[5], y_strides[5];
  };
  for (const Copy& copy : {Copy{0, {}, {}, {}}, Copy{1, {1}, {7}, {7}}, Copy{2, {9, 20}, {40, 1}, {20, 1}},  // a window
                           Copy{2, {9, 20}, {80, 2}, {20, 1}},                                     // every second
                           Copy{3, {4, 5, 6}, {0, 1, 0}, {30, 6, 1}},                              // repeated
                           Copy{3, {4, 5, 6}, {30, 6, 1}, {0, 1, 0}},                              // summed
                           Copy{3, {4, 5, 6}, {30, 6, 1}, {6, 0, 1}},                              // summed by rows
                           Copy{5, {2, 3, 4, 5, 6}, {360, 120, 30, 6, 1}, {1, 40, 2, 8, 120}}}) {  // reversed
    std::vector<T> y = random<T>(1000, rng);
    std::vector<T> expected = y;
    const bool sums = std::count(copy.y_strides, copy.y_strides + copy.rank, 0) > 0;
    for (const bool accumulate : {sums, true}) {
      kernels::copy_strided(copy.rank, copy.extents, x.data(), copy.x_strides, y.data(), copy.y_strides, accumulate);
      kernels::reference::copy_strided(copy.rank, copy.extents, x.data(), copy.x_strides, expected.data(),
                                       copy.y_strides, accumulate);
      CHECK(distance(y, expected) < 50);
    }
  }
}

TEST_CASE_TEMPLATE("concatenation lays parts side by side; splitting adds them back", T, float, double) {
  const std::vector<T> a = {1, 2, 3, 4}, b = {5, 6}, c = {7, 8, 9, 10, 11, 12};
  const Index runs[] = {2, 1, 3};
  const T* const parts[] = {a.data(), b.data(), c.data()};
  std::vector<T> y(12);
  kernels::concatenate(2, 3, runs, parts, y.data());
  CHECK(y == std::vector<T>{1, 2, 5, 7, 8, 9, 3, 4, 6, 10, 11, 12});

  std::vector<T> da(4), dc = c;
  T* const gradients[] = {da.data(), nullptr, dc.data()};
  kernels::split(2, 3, runs, y.data(), gradients, true);
  CHECK(da == a);
  CHECK(dc == std::vector<T>{14, 16, 18, 20, 22, 24});
}
