/// The sweeps of the optimizers beside the same written as Eigen array expressions: one step over all parameters of a
/// small, a middling and a large model, gradients zeroed, one core.
#include <Eigen/Core>
#include <random>
#include <tenure/core/tensor.hpp>
#include <tenure/kernels/adam.hpp>
#include <tenure/kernels/norm.hpp>
#include <tenure/kernels/sgd.hpp>

#include "contest.hpp"

namespace tenure::benchmarks { namespace {

using Array = Eigen::Map<Eigen::ArrayXf, Eigen::Aligned64>;

/// Values, gradients and moments of n parameters. Gradients are not drawn anew in each step, so that steps on zeros are
/// measured, which take as long: no denormals arise, for the epsilon is far above them and moments start at zero.
struct State {
  Tensor<float> values, gradients, means, squares;
  explicit State(Index n) : values({n}), gradients({n}), means({n}), squares({n}) {
    std::mt19937 rng(1);
    std::uniform_real_distribution<float> uniform(-1, 1);
    for (float& value : values) value = uniform(rng);
  }
  Array array(Tensor<float>& tensor) const { return Array(tensor.data(), tensor.size()); }
};

struct AdamSweep {
  kernels::AdamStep<float> step{{}, 10};

  void tenure(State& s) const noexcept {
    kernels::adam(s.values.size(), step, s.values.data(), s.gradients.data(), s.means.data(), s.squares.data(), true);
  }
  void eigen(State& s) const {
    Array x = s.array(s.values), g = s.array(s.gradients), m = s.array(s.means), v = s.array(s.squares);
    m += step.gradient_share * (g - m);
    v += step.square_share * (g.square() - v);
    x -= step.step_size * m / (v.sqrt() + step.epsilon);
    g.setZero();
  }
};

struct SgdSweep {
  kernels::SgdStep<float> step{{.learning_rate = 0.1, .momentum = 0.9}, 10};

  void tenure(State& s) const noexcept {
    kernels::sgd(s.values.size(), step, s.values.data(), s.gradients.data(), s.means.data(), true);
  }
  void eigen(State& s) const {
    Array x = s.array(s.values), g = s.array(s.gradients), m = s.array(s.means);
    m = step.momentum * m + g;
    x -= step.learning_rate * m;
    g.setZero();
  }
};

struct Norm {
  void tenure(State& s) const noexcept {
    benchmark::DoNotOptimize(kernels::squared_norm(s.values.size(), s.values.data()));
  }
  void eigen(State& s) const { benchmark::DoNotOptimize(s.array(s.values).cast<double>().square().sum()); }
};

template <class Sweep>
void compare(benchmark::State& state, Index n) {
  const Sweep sweep;
  State ours(n), theirs(n);
  const std::vector<Contestant> all = {{"tenure", [&] { sweep.tenure(ours); }},
                                       {"Eigen", [&] { sweep.eigen(theirs); }}};
  contest(state, static_cast<double>(n), all);
  for (const Contestant& contestant : all) state.counters[contestant.name] = 1000 / state.counters[contestant.name];
  state.counters["speed-up"] = state.counters["Eigen"] / state.counters["tenure"];
}

void add(int rounds) {
  const std::pair<const char*, void (*)(benchmark::State&, Index)> all[] = {
      {"Adam", compare<AdamSweep>}, {"SGD, momentum", compare<SgdSweep>}, {"norm of gradients", compare<Norm>}};
  for (const auto& [name, run] : all) {
    for (const Index n : {Index{3472}, Index{292098}, Index{4000000}}) {
      const auto measure = run;
      const std::string title = std::string(name) + " " + std::to_string(n);
      benchmark::RegisterBenchmark(title.c_str(), [=](benchmark::State& state) { measure(state, n); })
          ->Iterations(rounds)
          ->UseManualTime();
    }
  }
}

}}  // namespace tenure::benchmarks

int main(int argc, char** argv) {
  std::printf("Picoseconds per parameter of one step, medians. %d-bit vectors.\n\n",
              static_cast<int>(sizeof(tenure::simd::Batch<float>) * 8));
  return tenure::benchmarks::run(argc, argv, {"tenure", "Eigen", "speed-up"}, tenure::benchmarks::add);
}
