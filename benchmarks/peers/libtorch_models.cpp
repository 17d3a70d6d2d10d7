// The four published models in libtorch on one thread: a training step (forward, backward, Adam) and a prediction, as
// benchmark_models has them. Prints {"name": ..., "microseconds": ...}, a line for each: libtorch_models ROUNDS
#include <torch/torch.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <functional>
#include <string>
#include <vector>

namespace {

using torch::Tensor;
using Inputs = std::vector<Tensor>;

double microseconds() {
  timespec time;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return 1e6 * static_cast<double>(time.tv_sec) + 1e-3 * static_cast<double>(time.tv_nsec);
}

double median(int rounds, const std::function<void()>& work) {
  for (int i = 0; i < 5; ++i) work();
  std::vector<double> times;
  for (int i = 0; i < rounds; ++i) {
    const double begin = microseconds();
    work();
    times.push_back(microseconds() - begin);
  }
  std::nth_element(times.begin(), times.begin() + rounds / 2, times.end());
  return times[static_cast<std::size_t>(rounds) / 2];
}

torch::nn::LSTM lstm(int inputs, int units) {
  return torch::nn::LSTM(torch::nn::LSTMOptions(inputs, units).batch_first(true));
}

struct Hybrid : torch::nn::Module {
  torch::nn::Embedding country{16, 8};
  torch::nn::Linear temporal{5, 8}, gate{136, 1}, output{64, 1};
  torch::nn::LSTM trend = lstm(12, 64), decoder = lstm(65, 64);
  std::vector<torch::nn::TransformerEncoderLayer> encoders;

  Hybrid() {
    const auto options = torch::nn::TransformerEncoderLayerOptions(136, 4).dim_feedforward(16).dropout(0);
    for (int i = 0; i < 3; ++i) {
      encoders.push_back(register_module("encoder" + std::to_string(i), torch::nn::TransformerEncoderLayer(options)));
    }
    register_module("country", country), register_module("temporal", temporal), register_module("gate", gate);
    register_module("output", output), register_module("trend", trend), register_module("decoder", decoder);
  }
  Tensor forward(const Inputs& x) {
    const Tensor place = country(x[2]).flatten(1).unsqueeze(1).expand({-1, 6, -1});
    Tensor h = torch::cat({torch::tanh(temporal(x[0])), place}, -1).transpose(0, 1);  // (steps, batch, width)
    for (auto& encoder : encoders) h = encoder(h);
    const Tensor last = std::get<0>(std::get<1>(trend(x[1])))[0];
    const Tensor merged = torch::cat({torch::sigmoid(gate(h.mean(0))), last}, -1).unsqueeze(1).expand({-1, 6, -1});
    return output(std::get<0>(decoder(merged))).squeeze(-1);
  }
  Tensor penalty() {
    const Tensor w = decoder->named_parameters()["weight_hh_l0"];
    return 1e-5 * w.abs().sum() + 1e-4 * w.square().sum();
  }
};

struct Bigru : torch::nn::Module {
  torch::nn::GRU gru{torch::nn::GRUOptions(8, 64).num_layers(2).batch_first(true).bidirectional(true).dropout(0.2)};
  torch::nn::LayerNorm norm{torch::nn::LayerNormOptions({128})};
  torch::nn::Linear dense{128, 32}, output{32, 1};

  Bigru() {
    register_module("gru", gru), register_module("norm", norm);
    register_module("dense", dense), register_module("output", output);
  }
  Tensor forward(const Inputs& x) {
    const Tensor last = norm(std::get<0>(gru(x[0])).select(1, -1));
    return output(torch::relu(dense(torch::dropout(last, 0.2, is_training()))));
  }
  Tensor penalty() { return {}; }
};

struct DailyLtv : torch::nn::Module {
  torch::nn::LSTM first = lstm(1, 32), second = lstm(32, 16);
  torch::nn::Linear dense{16, 8}, output{8, 1};

  DailyLtv() {
    register_module("first", first), register_module("second", second);
    register_module("dense", dense), register_module("output", output);
  }
  Tensor forward(const Inputs& x) {
    const Tensor sequence = torch::dropout(std::get<0>(first(x[0])), 0.2, is_training());
    const Tensor last = std::get<0>(std::get<1>(second(sequence)))[0];
    return torch::softplus(output(torch::relu(dense(last))));
  }
  Tensor penalty() { return {}; }
};

struct Ann : torch::nn::Module {
  torch::nn::Linear first{12, 64}, second{64, 32}, third{32, 16}, output{16, 1};

  Ann() {
    register_module("first", first), register_module("second", second);
    register_module("third", third), register_module("output", output);
  }
  Tensor forward(const Inputs& x) { return output(torch::relu(third(torch::relu(second(torch::relu(first(x[0]))))))); }
  Tensor penalty() { return {}; }
};

template <class Model>
void measure(const char* name, int rounds, const Inputs& inputs, const Tensor& target, int rows) {
  Model model;
  torch::optim::Adam adam(model.parameters(), torch::optim::AdamOptions(1e-3));
  const auto report = [&](const char* what, double time) {
    std::printf("{\"name\": \"%s_%s\", \"microseconds\": %.4f}\n", name, what, time);
    std::fflush(stdout);
  };
  model.train();
  report("train", median(rounds, [&] {
           adam.zero_grad();
           Tensor loss = torch::mse_loss(model.forward(inputs), target);
           if (const Tensor penalty = model.penalty(); penalty.defined()) loss = loss + penalty;
           loss.backward();
           adam.step();
         }));
  Inputs part;
  for (const Tensor& x : inputs) part.push_back(x.slice(0, 0, rows).contiguous());
  model.eval();
  const c10::InferenceMode inference;
  report("predict", median(rounds, [&] { model.forward(part); }));
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  const int rounds = std::atoi(argv[1]);
  torch::set_num_threads(1);
  const Tensor one_hot = torch::eye(16, torch::kInt64).index({torch::arange(30) % 16});
  measure<Hybrid>("hybrid", rounds, {torch::rand({30, 6, 5}), torch::rand({30, 6, 12}), one_hot}, torch::rand({30, 6}),
                  30);
  measure<Bigru>("bigru", rounds, {torch::rand({32, 30, 8})}, torch::rand({32, 1}), 1);
  measure<DailyLtv>("daily_ltv", rounds, {torch::rand({32, 6, 1})}, torch::rand({32, 1}), 1);
  measure<Ann>("ann", rounds, {torch::rand({32, 12})}, torch::rand({32, 1}), 1);
}
