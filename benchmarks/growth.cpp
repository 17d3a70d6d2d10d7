// How a training step's time and memory grow with batch, time steps and width, and the preparation's with rows: each
// line is one size, each factor the time per unit of the axis beside that of the line before, which is 1 where growth
// is linear. A name on the command line picks a table.
#include <sys/resource.h>

#include <cstdio>
#include <functional>
#include <string_view>
#include <tenure/clv/panel.hpp>
#include <tenure/clv/simulate.hpp>
#include <tenure/tenure.hpp>

#include "peak.hpp"

namespace tenure::benchmarks {
namespace {

/// The least seconds of a call, over at least half a second.
double seconds_of(const std::function<void()>& run) {
  run(), run();
  double least = 1e9;
  for (double total = 0; total < 0.5;) {
    const double begin = thread_seconds();
    run();
    const double taken = thread_seconds() - begin;
    least = std::min(least, taken), total += taken;
  }
  return least;
}

/// A line of a table. `units` is what the work is expected to be proportional to.
class Lines {
 public:
  explicit Lines(const char* title) { std::printf("\n%-44s %12s %10s %8s\n", title, "us", "MB", "factor"); }

  void add(const std::string& name, double units, double seconds, double bytes) {
    const double each = seconds / units;
    std::printf("%-44s %12.1f %10.2f", name.c_str(), 1e6 * seconds, 1e-6 * bytes);
    std::printf(before_ > 0 ? " %8.2f\n" : "\n", each / before_);
    std::fflush(stdout);
    before_ = each;
  }

 private:
  double before_ = 0;
};

/// Forward and backward pass of a layer for x (batch, steps, features).
template <class Layer>
void step(Lines& lines, const std::string& name, double units, Layer layer, const Shape& shape) {
  Rng rng(1);
  const Parameters<float> parameters(layer);
  Tensor<float> x(shape);
  for (float& value : x.view()) value = static_cast<float>(rng.uniform(-1, 1));
  Tape<float> tape;
  const double seconds = seconds_of([&] {
    tape.reset();
    mean(layer(tape.variable(x))).backward();
    parameters.zero_gradients();
  });
  lines.add(name, units, seconds, static_cast<double>(tape.memory()));
}

Lstm<float> lstm(Index width) {
  Rng rng(1);
  return Lstm<float>({.inputs = width, .units = width}, rng);
}
TransformerEncoderLayer<float> encoder(Index width) {
  Rng rng(1);
  return TransformerEncoderLayer<float>({.width = width, .heads = 4, .inner = 4 * width, .dropout = 0}, rng);
}
std::string sizes(Index batch, Index steps, Index width) {
  return "batch " + std::to_string(batch) + ", " + std::to_string(steps) + " steps, width " + std::to_string(width);
}

template <class Make>
void layer(const char* name, Make make, bool attention) {
  Lines batches((std::string(name) + " by batch").c_str());
  for (Index batch = 1; batch <= 4096; batch *= 4) {
    step(batches, sizes(batch, 16, 64), static_cast<double>(batch), make(64), {batch, 16, 64});
  }
  Lines times((std::string(name) + " by time steps").c_str());
  for (Index steps = 4; steps <= 512; steps *= 2) {
    const auto t = static_cast<double>(steps);
    // Products of the layer, and of each step with each other where it attends to all: 2 · 64 to 12 · 64² operations.
    step(times, sizes(8, steps, 64), attention ? t * (12 * 64 * 64 + 2 * 64 * t) : t, make(64), {8, steps, 64});
  }
  Lines widths((std::string(name) + " by width (squared)").c_str());
  for (Index width = 16; width <= 1024; width *= 2) {
    step(widths, sizes(32, 8, width), static_cast<double>(width * width), make(width), {32, 8, width});
  }
}

void rows() {
  Lines lines("reading aside: panel and windows by rows");
  for (std::size_t customers = 100; customers <= 100'000; customers *= 10) {
    Rng rng(1);
    const Transactions transactions = clv::simulate_shop({.customers = customers}, rng).transactions;
    const double count = static_cast<double>(transactions.rows());
    const double begin = thread_seconds();
    const auto windows = clv::panel_windows(clv::monthly_panel(transactions));
    const double seconds = thread_seconds() - begin;
    rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    lines.add(std::to_string(transactions.rows()) + " rows, " + std::to_string(windows.count()) + " windows", count,
              seconds, 1024 * static_cast<double>(usage.ru_maxrss));
  }
}

}  // namespace
}  // namespace tenure::benchmarks

int main(int argc, char** argv) {
  using namespace tenure::benchmarks;
  const tenure::FlushDenormals guard;
  std::vector<std::string_view> wanted(argv + 1, argv + argc);
  std::erase_if(wanted, [](std::string_view argument) { return argument.starts_with("--"); });
  const auto asked = [&](std::string_view name) {
    return wanted.empty() || std::ranges::find(wanted, name) != wanted.end();
  };
  if (asked("lstm")) layer("LSTM", lstm, false);
  if (asked("encoder")) layer("TransformerEncoderLayer", encoder, true);
  if (asked("rows")) rows();
}
