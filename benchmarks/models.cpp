// The four published models on one core: a training step (forward pass, backward pass, penalty, Adam) and a prediction.
// Processor time, medians, beside what the training step's products alone would take at the core's peak, which is
// measured in turn with the steps. Names on the command line pick models; --json prints a line of JSON for each figure;
// `--only hybrid_train 10` takes ten steps of the hybrid (hybrid_predict: predictions) and measures nothing, for
// counts.sh; other options, which run.sh gives to all programs, mean nothing here.
#include <cstdio>
#include <functional>
#include <string_view>
#include <tenure/clv/bigru/network.hpp>
#include <tenure/clv/daily_ltv/network.hpp>
#include <tenure/clv/hybrid/network.hpp>
#include <tenure/core/denormals.hpp>
#include <tenure/tenure.hpp>

#include "ann.hpp"
#include "peak.hpp"
#include "samples.hpp"

namespace tenure::benchmarks { namespace {

/// Median seconds of some work that is done over and over, and the peak meanwhile.
struct Timing {
  double seconds, peak;
};

/// @param repeat how often a sample does it
Timing measure(int samples, int repeat, const std::function<void()>& work) {
  std::vector<double> seconds, peaks;
  for (int i = 0; i < 3; ++i) work();
  for (int sample = 0; sample < samples; ++sample) {
    peaks.push_back(measure_fma_peak());
    const double begin = thread_seconds();
    for (int i = 0; i < repeat; ++i) work();
    seconds.push_back((thread_seconds() - begin) / repeat);
  }
  return {median(seconds), median(peaks)};
}

struct Options {
  bool json = false;
  std::string_view only;  // hybrid_train, …: done `times` times and not measured; empty: all is measured
  int times = 0;
};
Options& options() {
  static Options options;
  return options;
}

/// @param operations multiply-adds of the products of a forward pass, times two; a backward pass has twice as many
/// @param predicted_share of the batch
void report(const char* name, double operations, double predicted_share, int samples, int repeat,
            const std::function<Var<float>()>& forward, Tape<float>& tape, const Parameters<float>& parameters,
            Adam<float>& adam, const std::function<void()>& predict) {
  const auto compute = [&] {
    tape.reset();
    return forward();
  };
  const auto train = [&] {
    compute().backward();
    parameters.add_penalty_gradients();
    adam.step();
  };
  if (!options().only.empty()) {
    const bool predictions = options().only.ends_with("_predict");
    for (int i = 0; i < options().times; ++i) predictions ? predict() : train();
    return;
  }
  const Timing step = measure(samples, repeat, train);
  const Timing computation = measure(samples, repeat, compute);
  const Timing prediction = measure(samples, 10 * repeat, predict);
  const double limit = 3e-9 * operations / step.peak;
  if (options().json) {
    const auto line = [&](const char* what, const Timing& timing, double share) {
      std::printf(
          "{\"name\": \"%s_%s\", \"microseconds\": %.4f, \"limit_microseconds\": %.4f, \"peak_gflops\": %.1f}\n", name,
          what, 1e6 * timing.seconds, 1e-3 * share * operations / timing.peak, timing.peak);
    };
    line("train", step, 3);
    line("predict", prediction, predicted_share);
    return;
  }
  std::printf(
      "%-9s step %9.2f us, %.2f times its products at %.0f GFLOP/s (%.2f us); its forward pass alone %.2f us; "
      "prediction %.3f us at %.0f GFLOP/s\n",
      name, 1e6 * step.seconds, step.seconds / limit, step.peak, 1e6 * limit, 1e6 * computation.seconds,
      1e6 * prediction.seconds, prediction.peak);
}

/// @param x the shape of a training step's batch, of which a prediction is one row
template <class Model>
void one_input(const char* name, Model model, const Shape& x, double operations, int samples, int repeat) {
  Rng rng(1);
  const Parameters<float> parameters(model);
  Adam<float> adam(parameters, {.learning_rate = 1e-5});
  Tensor<float> inputs(x), target({x[0], 1});
  uniform(inputs.view(), 1, rng);
  uniform(target.view(), 1, rng);
  Tape<float> tape;
  const View<const float> row = inputs.slice(0, 1);
  const Predictor predictor(model, row);
  Tensor<float> y(predictor.shape());
  const auto forward = [&] {
    return mse(detail::call_model(model, tape, &rng, tape.input(inputs)), tape.input(target));
  };
  report(name, operations, 1 / static_cast<double>(x[0]), samples, repeat, forward, tape, parameters, adam,
         [&] { predictor(row, y); });
}

void hybrid() {
  constexpr double batch = 30, rows = batch * 6, width = 136;
  constexpr double encoder = rows * width * (3 * width + width + 2 * 16) + 2 * batch * 6 * 6 * width;
  constexpr double lstms = rows * (12 + 64) * 256 + batch * 65 * 256 + rows * 64 * 256;
  Rng rng(1);
  clv::Hybrid<float> model({.categories = 16}, rng);
  const Parameters<float> parameters(model);
  Adam<float> adam(parameters, AdamConfig::keras());
  Tensor<float> temporal({30, 6, 5}), trend({30, 6, 12}), target({30, 6});
  Tensor<std::int64_t> categories({30, 16});
  for (Tensor<float>* values : {&temporal, &trend, &target}) uniform(values->view(), 1, rng);
  for (Index i = 0; i < 30; ++i) categories(i, i % 16) = 1;
  Tape<float> tape;
  const Predictor predictor(model, temporal, trend, categories);
  Tensor<float> y(predictor.shape());
  report(
      "hybrid", 2 * (3 * encoder + lstms + rows * (5 * 8 + 64) + batch * width), 1, rounds() * 3, 1,
      [&] { return mse(model(tape.input(temporal), tape.input(trend), categories.view()), tape.input(target)); }, tape,
      parameters, adam, [&] { predictor(temporal, trend, categories, y); });
}

void bigru() {
  constexpr double rows = 32 * 30, width = 192;
  constexpr double lower = 2 * rows * width * (8 + 64), upper = rows * width * (128 + 64) + 32 * width * 128;
  Rng rng(1);
  one_input("bigru", clv::BiGru<float>({.features = 8}, rng), {32, 30, 8}, 2 * (lower + upper + 32 * (128 * 32 + 32)),
            rounds() * 3 / 2, 1);
}

void daily() {
  constexpr double rows = 32 * 6;
  constexpr double lstms = rows * (128 * 33 + 64 * 48);
  Rng rng(1);
  one_input("daily_ltv", clv::DailyLtv<float>({}, rng), {32, 6, 1}, 2 * (lstms + 32 * (16 * 8 + 8)), rounds() * 3, 20);
}

void ann() {
  Rng rng(1);
  one_input("ann", Ann(rng), {32, 12}, 2 * 32 * (12 * 64 + 64 * 32 + 32 * 16 + 16), rounds() * 3, 200);
}

}}  // namespace tenure::benchmarks

int main(int argc, char** argv) {
  using namespace tenure::benchmarks;
  const tenure::FlushDenormals guard;
  const std::pair<std::string_view, void (*)()> models[] = {
      {"hybrid", hybrid}, {"bigru", bigru}, {"daily_ltv", daily}, {"ann", ann}};
  std::vector<std::string_view> wanted(argv + 1, argv + argc);
  options().json = std::ranges::find(wanted, "--json") != wanted.end();
  if (wanted.size() == 3 && wanted[0] == "--only") {
    options() = {.only = wanted[1], .times = std::atoi(argv[3])};
    wanted = {wanted[1].substr(0, wanted[1].rfind('_'))};
  }
  std::erase_if(wanted, [](std::string_view argument) { return argument.starts_with("--"); });
  for (const auto& [name, run] : models) {
    if (wanted.empty() || std::ranges::find(wanted, name) != wanted.end()) run();
  }
}
