// Steps of recurrent layers and attention: ns per (row, unit) of the gates, and what an attention head costs.
#include <benchmark/benchmark.h>

#include <algorithm>

#include "tenure/core/rng.hpp"
#include "tenure/core/tensor.hpp"
#include "tenure/kernels/attention.hpp"
#include "tenure/kernels/gru.hpp"
#include "tenure/kernels/lstm.hpp"

namespace {

using namespace tenure;
using namespace tenure::kernels;
using T = float;

Tensor<T> random_values(Index n) {
  Rng rng(1);
  auto values = Tensor<T>::uninitialized({n});
  for (T& value : values) value = static_cast<T>(rng.uniform(-1, 1));
  return values;
}

/// Time per element of a step, on top of the time per step that Google Benchmark reports.
void report_per_unit(benchmark::State& state, Index batch, Index units) {
  state.counters["per_unit"] = benchmark::Counter(
      static_cast<double>(batch * units), benchmark::Counter::kIsIterationInvariantRate | benchmark::Counter::kInvert);
}

void lstm(benchmark::State& state, bool backward, bool keeps) {
  const Index batch = state.range(0), units = state.range(1), size = batch * units;
  Tensor<T> gates = random_values(4 * size), dz = gates, c_previous = random_values(size), c = c_previous, h = c,
            tanh_c = c, dh = c, dc = c;
  const Rows<T> tanh_rows = keeps ? Rows<T>{tanh_c.data(), units} : Rows<T>{};
  for (auto _ : state) {
    if (backward) {
      lstm_step_backward(LstmStepGradient<T>{.batch = batch,
                                             .units = units,
                                             .gates = {gates.data(), 4 * units},
                                             .c_previous = {c_previous.data(), units},
                                             .tanh_c = {tanh_c.data(), units},
                                             .dy = {h.data(), units},
                                             .dh = {dh.data(), units},
                                             .dc = {dc.data(), units},
                                             .dz = {dz.data(), 4 * units}});
    } else {
      lstm_step_forward(LstmStep<T>{.batch = batch,
                                    .units = units,
                                    .gates = {gates.data(), 4 * units},
                                    .c_previous = {c_previous.data(), units},
                                    .c = {c.data(), units},
                                    .tanh_c = tanh_rows,
                                    .h = {h.data(), units}});
    }
    benchmark::ClobberMemory();
  }
  report_per_unit(state, batch, units);
}

void lstm_product(benchmark::State& state) {
  const Index batch = state.range(0), units = state.range(1);
  const Tensor<T> h = random_values(batch * units), weight = random_values(4 * units * units);
  Tensor<T> z({4 * batch * units});
  for (auto _ : state) {
    gemm(batch, 4 * units, units, h.data(), units, weight.data(), 4 * units, z.data(), 4 * units);
    benchmark::ClobberMemory();
  }
  report_per_unit(state, batch, units);
}

void gru(benchmark::State& state, bool backward) {
  const Index batch = state.range(0), units = state.range(1), size = batch * units;
  Tensor<T> gates = random_values(3 * size), dz = gates, recurrent = random_values(size), du = recurrent,
            h_previous = recurrent, h = h_previous, dh = h;
  for (auto _ : state) {
    if (backward) {
      gru_step_backward(GruStepGradient<T>{.batch = batch,
                                           .units = units,
                                           .gates = {gates.data(), 3 * units},
                                           .recurrent = {recurrent.data(), units},
                                           .h_previous = {h_previous.data(), units},
                                           .dy = {h.data(), units},
                                           .dh = {dh.data(), units},
                                           .dz = {dz.data(), 3 * units},
                                           .du = {du.data(), units}});
    } else {
      gru_step_forward(GruStep<T>{.batch = batch,
                                  .units = units,
                                  .gates = {gates.data(), 3 * units},
                                  .recurrent = {recurrent.data(), units},
                                  .h_previous = {h_previous.data(), units},
                                  .h = {h.data(), units}});
    }
    benchmark::ClobberMemory();
  }
  report_per_unit(state, batch, units);
}

/// One head of (time, depth) after another, as many as batch · heads.
void attention(benchmark::State& state, bool backward, bool keeps_weights, bool causal) {
  const Index heads = state.range(0), time = state.range(1), depth = state.range(2), size = time * depth;
  Tensor<T> q = random_values(heads * size), k = q, v = q, out = q, dout = q, dq = q, dk = q, dv = q,
            log_sum_exp = random_values(heads * time), weights = random_values(heads * time * time),
            scratch =
                random_values(std::max(attention_forward_scratch(time, time), attention_backward_scratch(time, time)));
  const auto run = [&](bool forward) {
    for (Index head = 0; head < heads; ++head) {
      const auto rows = [&](Tensor<T>& values) { return Rows<T>{values.data() + head * size, depth}; };
      const Attention<T> attention{
          .queries = time,
          .keys = time,
          .depth = depth,
          .value_depth = depth,
          .scale = T(0.2),
          .causal = causal,
          .q = rows(q),
          .k = rows(k),
          .v = rows(v),
          .out = rows(out),
          .log_sum_exp = log_sum_exp.data() + head * time,
          .weights = keeps_weights ? Rows<T>{weights.data() + head * time * time, time} : Rows<T>{}};
      if (forward) {
        attention_forward(attention, scratch.data());
      } else {
        attention_backward(attention, {rows(dout), rows(dq), rows(dk), rows(dv)}, scratch.data());
      }
    }
  };
  run(true);
  for (auto _ : state) {
    run(!backward);
    benchmark::ClobberMemory();
  }
  const double products = (backward ? keeps_weights ? 4 : 5 : 2) * (causal ? 0.5 : 1);
  state.counters["FLOP/s"] = benchmark::Counter(products * static_cast<double>(2 * heads * size * time),
                                                benchmark::Counter::kIsIterationInvariantRate);
}

void step_sizes(benchmark::internal::Benchmark* b) { b->Args({30, 64})->Args({30, 34})->Args({256, 128}); }
void attention_sizes(benchmark::internal::Benchmark* b) {
  b->Args({120, 6, 34})->Args({8, 48, 32})->Args({1, 512, 64})->Args({1, 2048, 64});
}

BENCHMARK_CAPTURE(lstm, forward, false, true)->Apply(step_sizes);
BENCHMARK_CAPTURE(lstm, inference, false, false)->Apply(step_sizes);
BENCHMARK_CAPTURE(lstm, backward, true, true)->Apply(step_sizes);
BENCHMARK(lstm_product)->Apply(step_sizes);
BENCHMARK_CAPTURE(gru, forward, false)->Apply(step_sizes);
BENCHMARK_CAPTURE(gru, backward, true)->Apply(step_sizes);
BENCHMARK_CAPTURE(attention, forward, false, false, false)->Apply(attention_sizes);
BENCHMARK_CAPTURE(attention, forward_kept, false, true, false)->Apply(attention_sizes);
BENCHMARK_CAPTURE(attention, forward_causal, false, false, true)->Apply(attention_sizes);
BENCHMARK_CAPTURE(attention, backward, true, false, false)->Apply(attention_sizes);
BENCHMARK_CAPTURE(attention, backward_kept, true, true, false)->Apply(attention_sizes);

}  // namespace

BENCHMARK_MAIN();
