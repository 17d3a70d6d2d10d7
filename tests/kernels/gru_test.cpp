#include "../../include/tenure/kernels/gru.hpp"

#include <doctest/doctest.h>

#include "../../include/tenure/kernels/gemm.hpp"
#include "arrays.hpp"

using namespace tenure;
using namespace tenure::kernels;
using namespace tenure::test;

namespace {

/// Buffers of one step in either form, every row followed by three elements that belong to somebody else.
template <class T>
struct Buffers {
  Index batch, units;
  Rng rng{7};
  std::vector<T> gates = random_values<T>(batch * (3 * units + 3), rng, 2),
                 recurrent = random_values<T>(batch * (units + 3), rng, 2);
  std::vector<T> h_previous = row_values(), h = row_values(), reset_h = row_values(), dreset_h = row_values(),
                 dy = row_values(), dh = row_values();
  std::vector<T> mask = random_mask<T>(batch, rng);

  std::vector<T> row_values() { return random_values<T>(batch * (units + 3), rng); }
  Rows<T> rows(std::vector<T>& values) const { return {values.data(), static_cast<Index>(values.size()) / batch}; }
  Rows<T> rows_if(bool given, std::vector<T>& values) const { return given ? rows(values) : Rows<T>{}; }

  GruStep<T> forward(bool masked) {
    return {batch, units, rows(gates), rows(recurrent), rows(h_previous), rows(h), rows_if(masked, mask)};
  }
  GruStepGradient<T> backward(bool masked, bool with_dy) {
    return {.batch = batch,
            .units = units,
            .gates = rows(gates),
            .recurrent = rows(recurrent),
            .h_previous = rows(h_previous),
            .dy = rows_if(with_dy, dy),
            .dh = rows(dh),
            .dz = rows(gates),
            .du = rows(recurrent),
            .mask = rows_if(masked, mask)};
  }
  GruResetBeforeStep<T> reset_before_forward(bool masked) {
    return {batch, units, rows(gates), rows(reset_h), rows(h_previous), rows(h), rows_if(masked, mask)};
  }
  GruResetBeforeGradient<T> reset_before_backward(bool masked, bool with_dy) {
    return {.batch = batch,
            .units = units,
            .gates = rows(gates),
            .h_previous = rows(h_previous),
            .dreset_h = rows(dreset_h),
            .dy = rows_if(with_dy, dy),
            .dh = rows(dh),
            .dz = rows(gates),
            .mask = rows_if(masked, mask)};
  }
};

template <class T>
double difference(const Buffers<T>& actual, const Buffers<T>& expected) {
  return std::max({largest_difference(actual.gates, expected.gates),
                   largest_difference(actual.recurrent, expected.recurrent), largest_difference(actual.h, expected.h),
                   largest_difference(actual.reset_h, expected.reset_h), largest_difference(actual.dh, expected.dh)});
}

template <class T>
double step_difference(Index batch, Index units, bool masked, bool with_dy) {
  Buffers<T> actual{batch, units}, expected{batch, units};
  gru_step_forward(actual.forward(masked));
  reference::gru_step_forward(expected.forward(masked));
  const double forward = difference(actual, expected);
  gru_step_backward(actual.backward(masked, with_dy));
  reference::gru_step_backward(expected.backward(masked, with_dy));
  return std::max(forward, difference(actual, expected));
}

template <class T>
double reset_before_difference(Index batch, Index units, bool masked, bool with_dy) {
  Buffers<T> actual{batch, units}, expected{batch, units};
  gru_reset_forward(actual.reset_before_forward(masked));
  gru_candidate_forward(actual.reset_before_forward(masked));
  reference::gru_reset_forward(expected.reset_before_forward(masked));
  reference::gru_candidate_forward(expected.reset_before_forward(masked));
  const double forward = difference(actual, expected);
  gru_candidate_backward(actual.reset_before_backward(masked, with_dy));
  gru_reset_backward(actual.reset_before_backward(masked, with_dy));
  reference::gru_candidate_backward(expected.reset_before_backward(masked, with_dy));
  reference::gru_reset_backward(expected.reset_before_backward(masked, with_dy));
  return std::max(forward, difference(actual, expected));
}

template <class F>
double largest_over_sizes(F difference) {
  std::vector<Index> sizes{33, 64};
  for (Index units = 1; units <= 20; ++units) sizes.push_back(units);
  double largest = 0;
  for (const Index units : sizes) {
    for (Index batch = 1; batch <= 5; ++batch) {
      largest = std::max(largest, difference(batch, units, batch % 2 == 0, units % 2 == 0));
    }
  }
  return largest;
}

/// Three chained steps of either form and their gradients; Σ_t w_t · h_t is the loss.
struct Chain {
  static constexpr Index steps = 3, batch = 3, units = 5, size = batch * units;
  Rng rng{11};
  std::vector<double> x = random_values<double>(steps * 3 * size, rng);
  std::vector<double> weight = random_values<double>(units * 3 * units, rng, 0.5);
  std::vector<double> h0 = random_values<double>(size, rng), w = random_values<double>(steps * size, rng);
  std::vector<double> mask{1, 1, 1, 1, 0, 1, 1, 0, 0};  // (steps, batch)
  bool masked = false, vectorized = false;

  std::vector<double> gates, recurrent, reset_h, h;  // (steps, batch, ·); h starts with the initial state
  std::vector<double> dx, dweight, dh;

  double* at(std::vector<double>& values, Index t, Index parts) const { return values.data() + t * parts * size; }
  Rows<double> mask_of(Index t) { return masked ? Rows<double>{mask.data() + t * batch, 1} : Rows<double>{}; }

  double start_and_run(auto step) {
    gates = x;
    recurrent.assign(x.size(), 0);
    reset_h.resize(steps * size);
    h = h0;
    h.resize((steps + 1) * size);
    for (Index t = 0; t < steps; ++t) step(t);
    return dot(w, std::vector<double>(h.begin() + size, h.end()));
  }

  void start_and_run_back(auto step) {
    dx.assign(x.size(), 0);
    dweight.assign(weight.size(), 0);
    dh.assign(size, 0);
    for (Index t = steps; t-- > 0;) step(t);
  }

  /// The product of a (batch, units) state with columns [first, first + n) of the weight, added to those of y.
  void multiply(const double* state, Index first, Index n, double* y) {
    gemm(batch, n, units, state, units, weight.data() + first, 3 * units, y + first, 3 * units, {.accumulate = true});
  }
  /// Its gradients.
  void multiply_backward(const double* state, Index first, Index n, const double* dy, double* dstate) {
    gemm(batch, units, n, dy + first, 3 * units, weight.data() + first, 3 * units, dstate, units,
         {.transpose_b = true, .accumulate = true});
    gemm(units, n, batch, state, units, dy + first, 3 * units, dweight.data() + first, 3 * units,
         {.transpose_a = true, .accumulate = true});
  }

  double loss() {
    return start_and_run([this](Index t) {
      multiply(at(h, t, 1), 0, 2 * units, at(gates, t, 3));
      multiply(at(h, t, 1), 2 * units, units, at(recurrent, t, 3));
      const GruStep<double> step{batch,
                                 units,
                                 {at(gates, t, 3), 3 * units},
                                 {at(recurrent, t, 3) + 2 * units, 3 * units},
                                 {at(h, t, 1), units},
                                 {at(h, t + 1, 1), units},
                                 mask_of(t)};
      vectorized ? gru_step_forward(step) : reference::gru_step_forward(step);
    });
  }
  void gradients() {
    loss();
    start_and_run_back([this](Index t) {
      const GruStepGradient<double> step{.batch = batch,
                                         .units = units,
                                         .gates = {at(gates, t, 3), 3 * units},
                                         .recurrent = {at(recurrent, t, 3) + 2 * units, 3 * units},
                                         .h_previous = {at(h, t, 1), units},
                                         .dy = {at(w, t, 1), units},
                                         .dh = {dh.data(), units},
                                         .dz = {at(dx, t, 3), 3 * units},
                                         .du = {at(recurrent, t, 3) + 2 * units, 3 * units},
                                         .mask = mask_of(t)};
      vectorized ? gru_step_backward(step) : reference::gru_step_backward(step);
      multiply_backward(at(h, t, 1), 0, 2 * units, at(dx, t, 3), dh.data());
      multiply_backward(at(h, t, 1), 2 * units, units, at(recurrent, t, 3), dh.data());
    });
  }

  double reset_before_loss() {
    return start_and_run([this](Index t) {
      const GruResetBeforeStep<double> step{batch,
                                            units,
                                            {at(gates, t, 3), 3 * units},
                                            {at(reset_h, t, 1), units},
                                            {at(h, t, 1), units},
                                            {at(h, t + 1, 1), units},
                                            mask_of(t)};
      multiply(at(h, t, 1), 0, 2 * units, at(gates, t, 3));
      vectorized ? gru_reset_forward(step) : reference::gru_reset_forward(step);
      multiply(at(reset_h, t, 1), 2 * units, units, at(gates, t, 3));
      vectorized ? gru_candidate_forward(step) : reference::gru_candidate_forward(step);
    });
  }
  void reset_before_gradients() {
    reset_before_loss();
    start_and_run_back([this](Index t) {
      std::vector<double> dreset_h(size);
      const GruResetBeforeGradient<double> step{.batch = batch,
                                                .units = units,
                                                .gates = {at(gates, t, 3), 3 * units},
                                                .h_previous = {at(h, t, 1), units},
                                                .dreset_h = {dreset_h.data(), units},
                                                .dy = {at(w, t, 1), units},
                                                .dh = {dh.data(), units},
                                                .dz = {at(dx, t, 3), 3 * units},
                                                .mask = mask_of(t)};
      vectorized ? gru_candidate_backward(step) : reference::gru_candidate_backward(step);
      multiply_backward(at(reset_h, t, 1), 2 * units, units, at(dx, t, 3), dreset_h.data());
      vectorized ? gru_reset_backward(step) : reference::gru_reset_backward(step);
      multiply_backward(at(h, t, 1), 0, 2 * units, at(dx, t, 3), dh.data());
    });
  }
};

template <class Loss>
void check_gradients(Chain& chain, Loss loss) {
  CHECK(largest_difference(chain.dx, central_differences(chain.x, loss)) < 1e-8);
  CHECK(largest_difference(chain.dweight, central_differences(chain.weight, loss)) < 1e-8);
  CHECK(largest_difference(chain.dh, central_differences(chain.h0, loss)) < 1e-8);
}

}  // namespace

TEST_CASE_TEMPLATE("GRU steps agree with their scalar definition for any size", T, float, double) {
  const double tolerance = std::is_same_v<T, float> ? 2e-6 : 1e-13;
  CHECK(largest_over_sizes(step_difference<T>) < tolerance);
}

TEST_CASE_TEMPLATE("GRU steps with the reset gate before the product agree with their scalar definition", T, float,
                   double) {
  const double tolerance = std::is_same_v<T, float> ? 2e-6 : 1e-13;
  CHECK(largest_over_sizes(reset_before_difference<T>) < tolerance);
}

TEST_CASE("gradients of three chained GRU steps are the central differences of their loss") {
  for (const bool masked : {false, true}) {
    for (const bool vectorized : {false, true}) {
      CAPTURE(masked);
      CAPTURE(vectorized);
      Chain chain;
      chain.masked = masked;
      chain.vectorized = vectorized;
      chain.gradients();
      check_gradients(chain, [&] { return chain.loss(); });
      chain.reset_before_gradients();
      check_gradients(chain, [&] { return chain.reset_before_loss(); });
    }
  }
}
