// The encoder layer of the hybrid model, forward in training and backward: its rate as the arithmetic of its matrix
// products (forward once, backward twice) beside the machine's peak, and what each of its parts takes.
#include "contest.hpp"
#include "tenure/autograd/parameters.hpp"
#include "tenure/nn/transformer_encoder.hpp"

namespace tenure::benchmarks { namespace {

constexpr Index batch = 30, width = 136, heads = 4, inner = 16;

Tensor<float> random_values(const Shape& shape) {
  Rng rng(1);
  auto values = Tensor<float>::uninitialized(shape);
  for (float& value : values) value = static_cast<float>(rng.uniform(-1, 1));
  return values;
}

/// A layer or part of one, y = f(x) with x (batch, time, columns).
struct Part {
  std::string name;
  Index columns;
  double products;  ///< multiply-adds of the forward pass's matrix products for one row of x
  std::function<Var<float>(Var<float>)> f;
};

void add(int rounds, Index time, const Part& part) {
  const auto run = [=](benchmark::State& state) {
    const Tensor<float> x = random_values({batch, time, part.columns});
    Tensor<float> dy;
    Tape<float> tape;
    const auto step = [&] {
      tape.reset();
      const Var<float> y = part.f(tape.variable(x));
      if (dy.empty()) dy = random_values(y.shape());
      y.backward(dy);
    };
    contest(state, 3 * 2 * static_cast<double>(batch * time) * part.products, {{"tenure", step}});
  };
  const std::string name = part.name + " " + std::to_string(batch) + "x" + std::to_string(time);
  benchmark::RegisterBenchmark(name.c_str(), run)->Iterations(rounds)->UseManualTime();
}

/// A layer whose parameters are gathered, for as long as the program runs.
template <class Layer>
const Layer& gathered(Layer layer) {
  static std::vector<std::unique_ptr<Layer>> layers;
  layers.push_back(std::make_unique<Layer>(std::move(layer)));
  static std::vector<Parameters<float>> parameters;
  parameters.emplace_back(*layers.back());
  return *layers.back();
}

void add(int rounds) {
  Rng rng(1);
  const auto product = [&](Index inputs, Index outputs) {
    const auto& linear = gathered(Linear<float>({.in_features = inputs, .out_features = outputs}, rng));
    return Part{"linear " + std::to_string(inputs) + "->" + std::to_string(outputs), inputs,
                static_cast<double>(inputs * outputs), [&](Var<float> x) { return linear(x); }};
  };
  const auto& post =
      gathered(TransformerEncoderLayer<float>(TransformerEncoderLayerConfig::keras(width, inner, heads), rng));
  const auto& norm = gathered(LayerNorm<float>({.normalized_shape = width}));
  for (const Index time : {6, 30, 128}) {
    const double scores = static_cast<double>(2 * time * width);
    add(rounds, time,
        {"encoder layer", width, scores + static_cast<double>(width * (4 * width + 2 * inner)),
         [&](Var<float> x) { return post(x); }});
    add(rounds, time, product(width, 3 * width));
    add(rounds, time, {"attention", 3 * width, scores, [](Var<float> x) { return attention(x, heads); }});
    add(rounds, time, product(width, width));
    add(rounds, time, {"residual", width, 0, [](Var<float> x) { return x + x; }});
    add(rounds, time, {"layer norm", width, 0, [&](Var<float> x) { return norm(x); }});
    add(rounds, time, product(width, inner));
    add(rounds, time, product(inner, width));
  }
}

}}  // namespace tenure::benchmarks

int main(int argc, char** argv) {
  std::printf(
      "Forward in training and backward, float, one core. GFLOP/s: of the matrix products alone, forward once, "
      "backward\n"
      "twice; peak: of a loop of multiply-adds, measured beside each sample; %%: share of that peak. Medians.\n"
      "The numbers behind a name are batch x time; width %d, heads %d, inner width %d.\n\n",
      static_cast<int>(tenure::benchmarks::width), static_cast<int>(tenure::benchmarks::heads),
      static_cast<int>(tenure::benchmarks::inner));
  return tenure::benchmarks::run(argc, argv, {"peak", "tenure", "tenure%", "tenure us"}, tenure::benchmarks::add);
}
