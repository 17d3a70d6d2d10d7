#include "../../include/tenure/kernels/simple_rnn.hpp"

#include <doctest/doctest.h>

#include "arrays.hpp"

using namespace tenure;
using namespace tenure::kernels;
using namespace tenure::test;

namespace {

/// Buffers of one step, every row followed by three elements that belong to somebody else.
template <class T>
struct Buffers {
  Index batch, units;
  Rng rng{7};
  std::vector<T> z = row_values(), h_previous = row_values(), h = row_values(), dy = row_values(), dh = row_values(),
                 dz = row_values();
  std::vector<T> mask = random_mask<T>(batch, rng);

  std::vector<T> row_values() { return random_values<T>(batch * (units + 3), rng); }
  Rows<T> rows(std::vector<T>& values) const { return {values.data(), static_cast<Index>(values.size()) / batch}; }

  SimpleRnnStep<T> forward(bool relu, bool masked) {
    return {.batch = batch,
            .units = units,
            .relu = relu,
            .z = rows(z),
            .h_previous = rows(h_previous),
            .h = rows(h),
            .mask = masked ? rows(mask) : Rows<T>{}};
  }
  SimpleRnnStepGradient<T> backward(bool relu, bool masked, bool with_dy) {
    return {.batch = batch,
            .units = units,
            .relu = relu,
            .h = rows(h),
            .dy = with_dy ? rows(dy) : Rows<T>{},
            .dh = rows(dh),
            .dz = rows(dz),
            .mask = masked ? rows(mask) : Rows<T>{}};
  }
};

template <class T>
double step_difference(Index batch, Index units, bool relu, bool masked, bool with_dy) {
  Buffers<T> actual{batch, units}, expected{batch, units};
  simple_rnn_step_forward(actual.forward(relu, masked));
  reference::simple_rnn_step_forward(expected.forward(relu, masked));
  simple_rnn_step_backward(actual.backward(relu, masked, with_dy));
  reference::simple_rnn_step_backward(expected.backward(relu, masked, with_dy));
  return std::max({largest_difference(actual.h, expected.h), largest_difference(actual.dh, expected.dh),
                   largest_difference(actual.dz, expected.dz)});
}

}  // namespace

TEST_CASE_TEMPLATE("simple recurrent steps agree with their scalar definition for any size", T, float, double) {
  const double tolerance = std::is_same_v<T, float> ? 2e-6 : 1e-13;
  double largest = 0;
  for (Index units = 1; units <= 33; ++units) {
    for (int bits = 0; bits < 8; ++bits) {
      largest = std::max(largest, step_difference<T>(3, units, bits & 1, bits & 2, bits & 4));
    }
  }
  CHECK(largest < tolerance);
}

TEST_CASE("a simple recurrent step may write its states over its input") {
  Buffers<float> apart{3, 18}, in_place{3, 18};
  simple_rnn_step_forward(apart.forward(false, true));
  auto step = in_place.forward(false, true);
  step.h = in_place.rows(in_place.z);
  simple_rnn_step_forward(step);
  for (Index b = 0; b < 3; ++b) {
    CHECK(std::equal(apart.rows(apart.h)[b], apart.rows(apart.h)[b] + 18, in_place.rows(in_place.z)[b]));
  }
}

TEST_CASE("the gradient of a simple recurrent step is the central difference of its loss") {
  for (const bool relu : {false, true}) {
    Buffers<double> buffers{2, 9};
    const auto loss = [&] {
      simple_rnn_step_forward(buffers.forward(relu, true));
      double sum = 0;
      for (Index b = 0; b < 2; ++b) {
        for (Index j = 0; j < 9; ++j) sum += buffers.rows(buffers.h)[b][j] * buffers.rows(buffers.dy)[b][j];
      }
      return sum;
    };
    loss();
    std::fill(buffers.dh.begin(), buffers.dh.end(), 0);
    std::fill(buffers.dz.begin(), buffers.dz.end(), 0);
    simple_rnn_step_backward(buffers.backward(relu, true, true));
    const std::vector<double> dz = buffers.dz;
    CHECK(largest_difference(dz, central_differences(buffers.z, loss)) < 1e-8);
  }
}
