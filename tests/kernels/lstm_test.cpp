#include "../../include/tenure/kernels/lstm.hpp"

#include <doctest/doctest.h>

#include "../../include/tenure/kernels/gemm.hpp"
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
  std::vector<T> gates = random_values<T>(batch * (4 * units + 3), rng, 2);
  std::vector<T> c_previous = row_values(), c = row_values(), tanh_c = row_values(), h_previous = row_values(),
                 h = row_values(), dy = row_values(), dh = row_values(), dc = row_values();
  std::vector<T> mask = random_mask<T>(batch, rng);

  std::vector<T> row_values() { return random_values<T>(batch * (units + 3), rng); }
  Rows<T> rows(std::vector<T>& values) const { return {values.data(), static_cast<Index>(values.size()) / batch}; }

  LstmStep<T> forward(bool masked) {
    return {.batch = batch,
            .units = units,
            .gates = rows(gates),
            .c_previous = rows(c_previous),
            .c = rows(c),
            .tanh_c = rows(tanh_c),
            .h = rows(h),
            .h_previous = rows(h_previous),
            .mask = masked ? rows(mask) : Rows<T>{}};
  }
  LstmStepGradient<T> backward(bool masked, bool with_dy) {
    return {.batch = batch,
            .units = units,
            .gates = rows(gates),
            .c_previous = rows(c_previous),
            .tanh_c = rows(tanh_c),
            .dy = with_dy ? rows(dy) : Rows<T>{},
            .dh = rows(dh),
            .dc = rows(dc),
            .dz = rows(gates),
            .mask = masked ? rows(mask) : Rows<T>{}};
  }
};

template <class T>
double step_difference(Index batch, Index units, bool masked, bool with_dy) {
  Buffers<T> actual{batch, units}, expected{batch, units};
  lstm_step_forward(actual.forward(masked));
  reference::lstm_step_forward(expected.forward(masked));
  const double forward =
      std::max({largest_difference(actual.gates, expected.gates), largest_difference(actual.c, expected.c),
                largest_difference(actual.tanh_c, expected.tanh_c), largest_difference(actual.h, expected.h)});
  lstm_step_backward(actual.backward(masked, with_dy));
  reference::lstm_step_backward(expected.backward(masked, with_dy));
  return std::max({forward, largest_difference(actual.gates, expected.gates),
                   largest_difference(actual.dh, expected.dh), largest_difference(actual.dc, expected.dc)});
}

/// Three chained steps, h_t from x_t + h_{t-1} · U, and their gradients; Σ_t w_t · h_t + v · c_2 is the loss.
struct Chain {
  static constexpr Index steps = 3, batch = 3, units = 5, size = batch * units;
  Rng rng{11};
  std::vector<double> x = random_values<double>(steps * 4 * size, rng);
  std::vector<double> u = random_values<double>(units * 4 * units, rng, 0.5);
  std::vector<double> h0 = random_values<double>(size, rng), c0 = random_values<double>(size, rng);
  std::vector<double> w = random_values<double>(steps * size, rng), v = random_values<double>(size, rng);
  std::vector<double> mask{1, 1, 1, 1, 0, 1, 1, 0, 0};  // (steps, batch)
  bool masked = false;

  std::vector<double> gates, h, c, tanh_c;  // (steps, batch, ·); h and c start with the initial state

  Rows<double> mask_of(Index t) { return masked ? Rows<double>{mask.data() + t * batch, 1} : Rows<double>{}; }

  double loss(auto forward) {
    gates = x;
    h = h0;
    c = c0;
    h.resize((steps + 1) * size);
    c.resize((steps + 1) * size);
    tanh_c.resize(steps * size);
    for (Index t = 0; t < steps; ++t) {
      double* const z = gates.data() + t * 4 * size;
      gemm(batch, 4 * units, units, h.data() + t * size, units, u.data(), 4 * units, z, 4 * units,
           {.accumulate = true});
      forward(LstmStep<double>{.batch = batch,
                               .units = units,
                               .gates = {z, 4 * units},
                               .c_previous = {c.data() + t * size, units},
                               .c = {c.data() + (t + 1) * size, units},
                               .tanh_c = {tanh_c.data() + t * size, units},
                               .h = {h.data() + (t + 1) * size, units},
                               .h_previous = {h.data() + t * size, units},
                               .mask = mask_of(t)});
    }
    return dot(w, std::vector<double>(h.begin() + size, h.end())) +
           dot(v, std::vector<double>(c.end() - size, c.end()));
  }

  std::vector<double> dx, du, dh, dc;

  void gradients(auto forward, auto backward) {
    loss(forward);
    dx.assign(gates.size(), 0);
    du.assign(u.size(), 0);
    dh.assign(size, 0);
    dc = v;
    for (Index t = steps; t-- > 0;) {
      double* const dz = dx.data() + t * 4 * size;
      backward(LstmStepGradient<double>{.batch = batch,
                                        .units = units,
                                        .gates = {gates.data() + t * 4 * size, 4 * units},
                                        .c_previous = {c.data() + t * size, units},
                                        .tanh_c = {tanh_c.data() + t * size, units},
                                        .dy = {w.data() + t * size, units},
                                        .dh = {dh.data(), units},
                                        .dc = {dc.data(), units},
                                        .dz = {dz, 4 * units},
                                        .mask = mask_of(t)});
      gemm(batch, units, 4 * units, dz, 4 * units, u.data(), 4 * units, dh.data(), units,
           {.transpose_b = true, .accumulate = true});
      gemm(units, 4 * units, batch, h.data() + t * size, units, dz, 4 * units, du.data(), 4 * units,
           {.transpose_a = true, .accumulate = true});
    }
  }
};

void check_chain(bool masked, auto forward, auto backward) {
  Chain chain;
  chain.masked = masked;
  chain.gradients(forward, backward);
  const auto loss = [&] { return chain.loss(forward); };
  CHECK(largest_difference(chain.dx, central_differences(chain.x, loss)) < 1e-8);
  CHECK(largest_difference(chain.du, central_differences(chain.u, loss)) < 1e-8);
  CHECK(largest_difference(chain.dh, central_differences(chain.h0, loss)) < 1e-8);
  CHECK(largest_difference(chain.dc, central_differences(chain.c0, loss)) < 1e-8);
}

}  // namespace

TEST_CASE_TEMPLATE("LSTM steps agree with their scalar definition for any size", T, float, double) {
  const double tolerance = std::is_same_v<T, float> ? 2e-6 : 1e-13;
  std::vector<Index> sizes{33, 64};
  for (Index units = 1; units <= 20; ++units) sizes.push_back(units);
  double largest = 0;
  for (const Index units : sizes) {
    for (Index batch = 1; batch <= 5; ++batch) {
      largest = std::max(largest, step_difference<T>(batch, units, batch % 2 == 0, units % 2 == 0));
    }
  }
  CHECK(largest < tolerance);
}

TEST_CASE("an LSTM step may write its cells over the previous ones and keep nothing for a backward pass") {
  Buffers<float> kept{3, 18}, in_place{3, 18};
  lstm_step_forward(kept.forward(true));
  auto step = in_place.forward(true);
  step.c = in_place.rows(in_place.c_previous);
  step.tanh_c = {};
  lstm_step_forward(step);
  const auto cell = [](Buffers<float>& buffers, std::vector<float>& c) {
    std::vector<float> cells;
    for (Index b = 0; b < 3; ++b) cells.insert(cells.end(), buffers.rows(c)[b], buffers.rows(c)[b] + 18);
    return cells;
  };
  CHECK(cell(in_place, in_place.c_previous) == cell(kept, kept.c));
  CHECK(in_place.h == kept.h);
}

TEST_CASE("gradients of three chained LSTM steps are the central differences of their loss") {
  for (const bool masked : {false, true}) {
    CAPTURE(masked);
    check_chain(masked, reference::lstm_step_forward<double>, reference::lstm_step_backward<double>);
    check_chain(masked, lstm_step_forward<simd::DefaultArch, double>, lstm_step_backward<simd::DefaultArch, double>);
  }
}

TEST_CASE("saturated LSTM gates give finite values and gradients") {
  Buffers<float> buffers{2, 17}, expected{2, 17};
  for (auto* b : {&buffers, &expected}) {
    for (std::size_t i = 0; i < b->gates.size(); ++i) b->gates[i] = i % 2 ? 1e4F : -1e4F;
  }
  lstm_step_forward(buffers.forward(false));
  lstm_step_backward(buffers.backward(false, true));
  reference::lstm_step_forward(expected.forward(false));
  reference::lstm_step_backward(expected.backward(false, true));
  CHECK(largest_difference(buffers.h, expected.h) < 2e-6);
  CHECK(largest_difference(buffers.gates, expected.gates) < 2e-6);
}
