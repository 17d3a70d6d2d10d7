// How a training step's time and memory grow with batch, time steps and width, and the preparation's with rows. Growth
// is linear where the rate stays as it is: of a layer's products, forward and twice backward, or of rows. Names on the
// command line pick tables; `--only lstm,256,16,64 10` runs the layer ten times with that batch, steps and width and
// measures nothing, for counts.sh; other options, which run.sh gives to all programs, mean nothing here.
#include <sys/resource.h>

#include <cstdio>
#include <functional>
#include <numeric>
#include <string_view>
#include <tenure/clv/features/monthly_panel.hpp>
#include <tenure/clv/transactions/simulate.hpp>
#include <tenure/tenure.hpp>

#include "peak.hpp"

namespace tenure::benchmarks { namespace {

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

void title(const std::string& text, const char* rate) {
  std::printf("\n%-44s %12s %10s %10s\n", text.c_str(), "us", rate, "MB");
}
void line(const std::string& name, double seconds, double rate, double bytes) {
  std::printf("%-44s %12.1f %10.1f %10.2f\n", name.c_str(), 1e6 * seconds, rate, 1e-6 * bytes);
  std::fflush(stdout);
}

struct Size {
  Index batch, steps, width;
};

/// A layer of so many units, and the multiply-adds of its products for a row of that many steps.
struct Kind {
  const char* name;
  double (*operations)(double steps, double width);
  void (*run)(const Kind& kind, const Size& size);
};

/// How often a layer is run that is not measured; 0: it is.
int& only_times() {
  static int times = 0;
  return times;
}

/// Forward and backward pass of a layer for x (batch, steps, features).
template <class Layer>
void step(const Kind& kind, const Size& size, Layer layer) {
  Rng rng(1);
  const Parameters<float> parameters(layer);
  Tensor<float> x({size.batch, size.steps, size.width});
  uniform(x.view(), 1, rng);
  Tape<float> tape;
  const auto once = [&] {
    tape.reset();
    mean(layer(tape.variable(x))).backward();
    parameters.zero_gradients();
  };
  if (only_times() > 0) {
    for (int i = 0; i < only_times(); ++i) once();
    return;
  }
  const double seconds = seconds_of(once);
  const double row = kind.operations(static_cast<double>(size.steps), static_cast<double>(size.width));
  line("batch " + std::to_string(size.batch) + ", " + std::to_string(size.steps) + " steps, width " +
           std::to_string(size.width),
       seconds, 6e-9 * static_cast<double>(size.batch) * row / seconds, static_cast<double>(tape.memory()));
}

void lstm(const Kind& kind, const Size& size) {
  Rng rng(1);
  step(kind, size, Lstm<float>({.input_size = size.width, .hidden_size = size.width}, rng));
}
void gru(const Kind& kind, const Size& size) {
  Rng rng(1);
  step(kind, size, Gru<float>({.input_size = size.width, .hidden_size = size.width, .bidirectional = true}, rng));
}
void encoder(const Kind& kind, const Size& size) {
  Rng rng(1);
  const TransformerEncoderLayerConfig config{
      .d_model = size.width, .nhead = 4, .dim_feedforward = 4 * size.width, .dropout = 0};
  step(kind, size, TransformerEncoderLayer<float>(config, rng));
}

constexpr Kind kinds[] = {
    {"lstm", [](double steps, double width) { return steps * 8 * width * width; }, lstm},
    {"bigru", [](double steps, double width) { return steps * 12 * width * width; }, gru},
    // Each step attends to all.
    {"encoder", [](double steps, double width) { return steps * (12 * width * width + 2 * steps * width); }, encoder},
};

void layer(const Kind& kind) {
  const auto table = [&](const char* axis, const std::vector<Size>& sizes) {
    title(std::string(kind.name) + " by " + axis, "GFLOP/s");
    for (const Size& size : sizes) kind.run(kind, size);
  };
  std::vector<Size> batches, steps, widths;
  for (Index batch = 1; batch <= 4096; batch *= 4) batches.push_back({batch, 16, 64});
  for (Index time = 4; time <= 512; time *= 2) steps.push_back({8, time, 64});
  for (Index width = 16; width <= 1024; width *= 2) widths.push_back({32, 8, width});
  table("batch", batches);
  table("time steps", steps);
  table("width", widths);
}

template <class T>
void reorder(std::vector<T>& values, const std::vector<std::size_t>& order) {
  std::vector<T> ordered(order.size());
  std::ranges::transform(order, ordered.begin(), [&](std::size_t row) { return values[row]; });
  values = std::move(ordered);
}

/// The preparation's columns as a file would have them whose rows are in the order of customers.
void order_by_customer(clv::Transactions& transactions) {
  std::vector<std::size_t> order(transactions.rows());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::stable_sort(order, {}, [&](std::size_t row) { return transactions.customer.codes[row]; });
  reorder(transactions.time, order);
  reorder(transactions.amount, order);
  reorder(transactions.quantity, order);
  reorder(transactions.price, order);
  reorder(transactions.customer.codes, order);
  reorder(transactions.country.codes, order);
}

/// From transactions to the hybrid's windows; memory is the process's at its highest, the transactions' included.
void rows(bool by_customer) {
  title(by_customer ? "preparation by rows, in the order of customers" : "preparation by rows", "rows/us");
  for (std::size_t customers = 100; customers <= 100'000; customers *= 10) {
    Rng rng(1);
    clv::Transactions transactions = clv::simulate_shop({.customers = customers}, rng).transactions;
    if (by_customer) order_by_customer(transactions);
    Index windows = 0;
    const double seconds = seconds_of([&] { windows = clv::panel_windows(clv::monthly_panel(transactions)).count(); });
    rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    line(std::to_string(transactions.rows()) + " rows, " + std::to_string(windows) + " windows", seconds,
         1e-6 * static_cast<double>(transactions.rows()) / seconds, 1024 * static_cast<double>(usage.ru_maxrss));
  }
}

}}  // namespace tenure::benchmarks

int main(int argc, char** argv) {
  using namespace tenure::benchmarks;
  const tenure::FlushDenormals guard;
  std::vector<std::string_view> wanted(argv + 1, argv + argc);
  if (wanted.size() == 3 && wanted[0] == "--only") {
    Size size{};
    const std::string_view name = wanted[1].substr(0, wanted[1].find(','));
    only_times() = std::atoi(argv[3]);
    for (const Kind& kind : kinds) {
      if (kind.name == name &&
          std::sscanf(argv[2] + name.size(), ",%td,%td,%td", &size.batch, &size.steps, &size.width) == 3) {
        kind.run(kind, size);
        return 0;
      }
    }
    return 2;
  }
  std::erase_if(wanted, [](std::string_view argument) { return argument.starts_with("--"); });
  const auto asked = [&](std::string_view name) {
    return wanted.empty() || std::ranges::find(wanted, name) != wanted.end();
  };
  if (asked("rows")) {  // first, for its memory is the process's
    rows(false);
    rows(true);
  }
  for (const Kind& kind : kinds) {
    if (asked(kind.name)) layer(kind);
  }
}
