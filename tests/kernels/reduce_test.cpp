#include "tenure/kernels/reduce.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <vector>

#include "arrays.hpp"

using namespace tenure;
using tenure::test::distance;
using tenure::test::random;

namespace {

// Extents that leave every kind of ragged end, several tiles of columns and several blocks of rows.
struct Extents {
  Index outer, reduced, inner;
};
constexpr Extents extents[] = {{1, 1, 1},   {3, 5, 1},   {2, 33, 1}, {2, 1000, 1}, {1, 5000, 1},
                               {2, 6, 3},   {3, 7, 64},  {2, 9, 77}, {2, 70, 12},  {1, 300, 67},
                               {1, 65, 16}, {4, 2, 130}, {1, 9, 600}};

}  // namespace

TEST_CASE_TEMPLATE("sums and their gradients agree with the reference", T, float, double) {
  Rng rng(1);
  for (const auto& [outer, reduced, inner] : extents) {
    const std::vector<T> x = random<T>(outer * reduced * inner, rng);
    std::vector<T> y = random<T>(outer * inner, rng);
    std::vector<T> expected = y;
    for (const bool accumulate : {true, false}) {
      kernels::sum(outer, reduced, inner, T(0.25), x.data(), y.data(), accumulate);
      kernels::reference::sum(outer, reduced, inner, T(0.25), x.data(), expected.data(), accumulate);
      CHECK(distance(y, expected) < 1000);
    }
    std::vector<T> dx = x;
    std::vector<T> dx_expected = x;
    kernels::sum_backward(outer, reduced, inner, T(0.25), y.data(), dx.data());
    kernels::reference::sum_backward(outer, reduced, inner, T(0.25), y.data(), dx_expected.data());
    CHECK(distance(dx, dx_expected) < 1000);
  }
}

TEST_CASE_TEMPLATE("column sums are added to what is there", T, float, double) {
  Rng rng(2);
  const std::vector<T> x = random<T>(130 * 21, rng);
  std::vector<T> y = random<T>(21, rng);
  std::vector<T> expected = y;
  kernels::column_sums(130, 21, x.data(), y.data());
  kernels::reference::column_sums(130, 21, x.data(), expected.data());
  CHECK(distance(y, expected) < 1000);
}

TEST_CASE("the sum of a million floats is as good as a float") {
  const Index n = 1'000'003;
  const std::vector<float> x(static_cast<std::size_t>(n), 0.1f);
  const double exact = static_cast<double>(n) * double(0.1f);
  float y = 0;
  kernels::sum(1, n, 1, 1.0f, x.data(), &y);
  CHECK(std::fabs(double(y) - exact) < 5e-7 * exact);

  const Index rows = n / 3;
  const double exact_column = static_cast<double>(rows) * double(0.1f);
  std::vector<float> columns(3);
  kernels::sum(1, rows, 3, 1.0f, x.data(), columns.data());
  CHECK(std::fabs(double(columns[2]) - exact_column) < 5e-7 * exact_column);
}

TEST_CASE("a sum has the same bits wherever its array lies") {
  Rng rng(3);
  const std::vector<float> x = random<float>(5000, rng);
  float first = 0;
  kernels::sum(1, 5000, 1, 1.0f, x.data(), &first);
  for (std::size_t offset = 0; offset < 20; ++offset) {
    std::vector<float> moved(offset, 0.0f);
    moved.insert(moved.end(), x.begin(), x.end());
    float y = 0;
    kernels::sum(1, 5000, 1, 1.0f, moved.data() + offset, &y);
    CHECK(y == first);
  }
}

TEST_CASE_TEMPLATE("max gives the largest entry and its first position", T, float, double) {
  Rng rng(4);
  for (const auto& [outer, reduced, inner] : extents) {
    std::vector<T> x = random<T>(outer * reduced * inner, rng);
    for (T& value : x) value = std::round(value * 20) - 30;  // ties, and all negative: zeros beyond the end must lose
    const auto size = static_cast<std::size_t>(outer * inner);
    std::vector<T> y(size), expected(size);
    std::vector<Index> position(size), position_expected(size);
    kernels::max(outer, reduced, inner, x.data(), y.data(), position.data());
    kernels::reference::max(outer, reduced, inner, x.data(), expected.data(), position_expected.data());
    CHECK(y == expected);
    CHECK(position == position_expected);

    std::vector<T> dx(x.size(), T{1});
    kernels::max_backward(outer, reduced, inner, position.data(), y.data(), dx.data());
    double total = 0;
    double expected_total = static_cast<double>(dx.size());
    for (const T value : dx) total += double(value);
    for (const T value : y) expected_total += double(value);
    CHECK(total == expected_total);
    CHECK(dx[static_cast<std::size_t>(position[0] * inner)] == 1 + y[0]);
  }
}

TEST_CASE_TEMPLATE("max of what has a NaN is the first of them", T, float, double) {
  for (const Index inner : {1, 3, 40}) {
    const Index reduced = 50;
    std::vector<T> x(static_cast<std::size_t>(2 * reduced * inner), T{1});
    std::vector<T> y(static_cast<std::size_t>(2 * inner));
    std::vector<Index> position(y.size());
    const auto at = [&](Index r) { return static_cast<std::size_t>((reduced + r) * inner + inner - 1); };
    x[at(17)] = -std::numeric_limits<T>::quiet_NaN();
    x[at(31)] = std::numeric_limits<T>::quiet_NaN();
    x[at(40)] = 2;
    kernels::max(2, reduced, inner, x.data(), y.data(), position.data());
    for (std::size_t i = 0; i + 1 < y.size(); ++i) CHECK(y[i] == 1);
    CHECK(is_nan(y.back()));
    CHECK(position.back() == 17);
  }
}

TEST_CASE_TEMPLATE("the masked mean counts only what the mask leaves", T, float, double) {
  Rng rng(5);
  for (const Index units : {1, 7, 16, 67}) {
    const Index batch = 4;
    const Index time = 9;
    const std::vector<T> x = random<T>(batch * time * units, rng);
    std::vector<T> mask(static_cast<std::size_t>(batch * time), T{0});
    for (Index b = 1; b < batch; ++b) {  // the first sequence has no step at all
      for (Index t = 0; t < 3 * b; ++t) mask[static_cast<std::size_t>(b * time + t)] = 1;
    }
    std::vector<T> y = random<T>(batch * units, rng);
    std::vector<T> expected(y.size());
    kernels::masked_mean(batch, time, units, mask.data(), x.data(), y.data());
    kernels::reference::masked_mean(batch, time, units, mask.data(), x.data(), expected.data());
    CHECK(distance(y, expected) < 10);
    CHECK(y[0] == 0);

    const std::vector<T> dy = random<T>(batch * units, rng);
    std::vector<T> dx = x;
    std::vector<T> dx_expected = x;
    kernels::masked_mean_backward(batch, time, units, mask.data(), dy.data(), dx.data());
    kernels::reference::masked_mean_backward(batch, time, units, mask.data(), dy.data(), dx_expected.data());
    CHECK(distance(dx, dx_expected) < 10);
    CHECK(dx[0] == x[0]);
  }
}
