// The README's network and training loop written for libtorch, for size.sh.
#include <torch/torch.h>

#include <cstdio>

struct Forecaster : torch::nn::Module {
  torch::nn::Linear hidden{12, 32}, head{32, 1};

  Forecaster() { register_module("hidden", hidden), register_module("head", head); }
  torch::Tensor forward(const torch::Tensor& x) { return head(torch::relu(hidden(x))); }
};

int main() {
  Forecaster model;
  torch::optim::Adam adam(model.parameters(), torch::optim::AdamOptions(3e-3));
  const torch::Tensor x = torch::rand({3000, 12}), y = torch::rand({3000, 1});
  for (int epoch = 1; epoch <= 30; ++epoch) {
    double loss = 0;
    for (int begin = 0; begin < 3000; begin += 50) {
      adam.zero_grad();
      const torch::Tensor error =
          torch::mse_loss(model.forward(x.slice(0, begin, begin + 50)), y.slice(0, begin, begin + 50));
      error.backward();
      adam.step();
      loss += error.item<double>();
    }
    std::printf("epoch %2d  mse %.5f\n", epoch, loss / 60);
  }
}
