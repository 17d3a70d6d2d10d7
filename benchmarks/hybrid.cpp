// One training step of the hybrid Transformer-LSTM (batch 30, 292,098 parameters) on one core: forward pass, backward
// pass, penalty and Adam. Processor time, medians, beside what the products alone would take at the core's peak, which
// is measured in turn with the steps.
#include <algorithm>
#include <cstdio>
#include <tenure/clv/hybrid/network.hpp>
#include <tenure/core/denormals.hpp>
#include <tenure/ops/losses.hpp>
#include <tenure/optim/adam.hpp>

#include "peak.hpp"
#include "samples.hpp"

namespace tenure::benchmarks { namespace {

/// Multiply-adds of the products of a forward pass, times two; a backward pass has twice as many.
double forward_operations(double batch) {
  const double rows = batch * 6, width = 136;
  const double encoder = rows * width * (3 * width + width + 2 * 16) + 2 * batch * 6 * 6 * width;
  const double lstms = rows * (12 + 64) * 256 + batch * 65 * 256 + rows * 64 * 256;
  return 2 * (3 * encoder + lstms + rows * (5 * 8 + 64) + batch * width);
}

void run(int steps) {
  constexpr Index batch = 30;
  Rng rng(1);
  clv::Hybrid<float> model({.categories = 16}, rng);
  const Parameters<float> parameters(model);
  Adam<float> adam(parameters, AdamConfig::keras());
  Tensor<float> temporal({batch, 6, 5}), trend({batch, 6, 12}), target({batch, 6});
  Tensor<std::int64_t> categories({batch, 16});
  for (Tensor<float>* values : {&temporal, &trend, &target}) uniform(values->view(), 1, rng);
  for (Index i = 0; i < batch; ++i) categories(i, i % 16) = 1;
  Tape<float> tape;
  const FlushDenormals guard;
  std::vector<double> forward, backward, update, peak;
  for (int step = 0; step < steps; ++step, tape.reset()) {
    const double begin = thread_seconds();
    const Var<float> loss = mse(model(tape.input(temporal), tape.input(trend), categories.view()), tape.input(target));
    const double computed = thread_seconds();
    loss.backward();
    const double differentiated = thread_seconds();
    parameters.add_penalty_gradients();
    adam.step();
    const double end = thread_seconds();
    forward.push_back(computed - begin);
    backward.push_back(differentiated - computed);
    update.push_back(end - differentiated);
    peak.push_back(measure_fma_peak());
  }
  const double total = 1e3 * (median(forward) + median(backward) + median(update)),
               operations = 3 * forward_operations(batch);
  const double limit = operations / median(peak) / 1e6;
  std::printf("training step  %.3f ms: forward %.3f, backward %.3f, penalty and Adam %.3f\n", total,
              1e3 * median(forward), 1e3 * median(backward), 1e3 * median(update));
  std::printf("products alone %.3f ms: %.0f MFLOP at the peak of %.0f GFLOP/s; the step takes %.2f times as long\n",
              limit, operations / 1e6, median(peak), total / limit);
}

}}  // namespace tenure::benchmarks

int main() { tenure::benchmarks::run(5 * tenure::benchmarks::rounds()); }
