/// Trains what uses most kernels for a few steps and prints a digest of all bits that came of it: the same for every
/// compiler and level of optimization, see CMakeLists.txt.
#include <bit>
#include <cstdio>

#include "tenure/autograd/parameters.hpp"
#include "tenure/nn/attention_pooling.hpp"
#include "tenure/nn/gru.hpp"
#include "tenure/nn/lstm.hpp"
#include "tenure/nn/transformer_encoder.hpp"
#include "tenure/ops/losses.hpp"
#include "tenure/optim/adam.hpp"
#include "tenure/optim/clip.hpp"

using namespace tenure;

namespace {

template <class T>
struct Model {
  Linear<T> projection;
  TransformerEncoder<T> encoder;
  Lstm<T> lstm;
  Gru<T> gru;
  AttentionPooling<T> pooling;
  Linear<T> head;

  explicit Model(Rng& rng)
      : projection({.in_features = 5, .out_features = 12}, rng),
        encoder({.encoder_layer = {.d_model = 12,
                                   .nhead = 3,
                                   .dim_feedforward = 20,
                                   .dropout = 0.1,
                                   .activation = EncoderActivation::gelu},
                 .num_layers = 1},
                rng),
        lstm({.input_size = 12, .hidden_size = 9}, rng),
        gru({.input_size = 9, .hidden_size = 7, .bidirectional = true}, rng),
        pooling({.features = 14, .units = 6}, rng),
        head({.in_features = 14, .out_features = 1}, rng) {}
  static void fields(auto& self, auto&& f) {
    f("projection", self.projection);
    f("encoder", self.encoder);
    f("lstm", self.lstm);
    f("gru", self.gru);
    f("pooling", self.pooling);
    f("head", self.head);
  }
  Var<T> operator()(Var<T> x, View<const std::int64_t> lengths, Rng& rng) const {
    const Var<T> states = lstm(encoder(gelu_tanh(projection(x)), {.lengths = lengths}, &rng), {.lengths = lengths});
    return softplus(head(pooling(gru(states))));
  }
};

/// FNV-1a, 64 bits.
std::uint64_t digest(std::span<const std::byte> bytes) {
  std::uint64_t value = 0xcbf29ce484222325;
  for (const std::byte byte : bytes) value = (value ^ std::to_integer<std::uint64_t>(byte)) * 0x100000001b3;
  return value;
}

template <class T>
void train() {
  Rng rng(42), dropout(1);
  Model<T> model(rng);
  const Parameters<T> parameters(model);
  Adam<T> adam(parameters, {.learning_rate = 0.01, .weight_decay = 0.01});
  Tensor<T> x({6, 7, 5}), y({6, 1});
  normal(x.view(), 1, rng);
  uniform(y.view(), 1, rng);
  const Tensor<std::int64_t> lengths({6}, {7, 3, 0, 1, 6, 7});
  Tape<T> tape;
  T loss = 0;
  for (int step = 0; step < 20; ++step, tape.reset()) {
    const Var<T> huber_loss = huber(model(tape.input(x), lengths, dropout), tape.input(y), 0.5);
    huber_loss.backward();
    clip_gradient_norm(parameters, 1);
    adam.step();
    loss = huber_loss.item();
  }
  std::printf("%.9g %016llx\n", static_cast<double>(loss),
              static_cast<unsigned long long>(digest(std::as_bytes(parameters.values().span()))));
}

}  // namespace

int main() {
  train<float>();
  train<double>();
}
