// Trains a little with a TensorBoard callback, write_events DIRECTORY, and prints as JSON what a reader must find
// there.
#include <cstdio>
#include <nlohmann/json.hpp>
#include <tenure/nn/linear.hpp>
#include <tenure/ops/losses.hpp>
#include <tenure/optim/adam.hpp>
#include <tenure/track/tensorboard/tracker.hpp>
#include <tenure/train/fit.hpp>

using namespace tenure;

int main(int, char** argv) {
  Rng rng(42);
  Linear<float> model({.in_features = 2, .out_features = 1}, rng);
  const Parameters<float> parameters(model);
  Adam<float> adam(parameters, {.learning_rate = 0.01});
  const TensorDataset<float, float> data(Tensor<float>::from({{0, 0}, {0, 1}, {1, 0}, {1, 1}}),
                                         Tensor<float>::from({{0}, {1}, {1}, {0}}));
  TensorBoard board(argv[1]);
  board.log_hyperparameters(std::vector<Setting>{{"units", "64"}, {"shuffle", "false"}, {"country", "one_hot — é"}});
  board.watch(parameters);
  const History history = fit(model, adam, mse, data,
                              {.epochs = 4,
                               .validation_data = &data,
                               .gradient_norm = true,
                               .callbacks = {&board},
                               .progress = Progress::silent});
  board.finish(RunStatus::finished);

  nlohmann::ordered_json scalars = nlohmann::ordered_json::object(), histograms = scalars;
  for (const History::Series& series : history.series()) scalars[series.name] = series.values;
  for (const auto& entry : parameters.entries()) {
    const auto first = parameters.values().begin() + entry.offset;
    histograms[entry.name] = std::vector<float>(first, first + entry.shape.size());
  }
  const nlohmann::ordered_json hyperparameters{{"units", 64}, {"shuffle", false}, {"country", "one_hot — é"}};
  std::puts(
      nlohmann::ordered_json{{"scalars", scalars}, {"histograms", histograms}, {"hyperparameters", hyperparameters}}
          .dump()
          .c_str());
}
