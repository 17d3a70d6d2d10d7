// Dropout acts in every layer that has a rate, however the generator comes to it: as a call's last argument, from the
// tape, through other layers, and in a training. And nowhere else.
#include "tenure/nn/dropout.hpp"
#include "../gradient_check.hpp"
#include "tenure/nn/bidirectional.hpp"
#include "tenure/nn/gru.hpp"
#include "tenure/nn/lstm.hpp"
#include "tenure/nn/sequential.hpp"
#include "tenure/nn/simple_rnn.hpp"
#include "tenure/nn/transformer_encoder.hpp"
#include "tenure/ops/losses.hpp"
#include "tenure/optim/sgd.hpp"
#include "tenure/train/fit.hpp"
#include "tenure/train/predict.hpp"

using namespace tenure;

namespace {

using Values = std::vector<float>;

Values values(Var<float> y) { return {y.value().begin(), y.value().end()}; }

/// A user's model, which knows nothing of generators.
template <class Layer>
struct Plain {
  Layer layer;
  Linear<float> head;

  Plain(Layer of, Rng& rng) : layer(std::move(of)), head({.in_features = 8, .out_features = 8}, rng) {}
  static void fields(auto& self, auto&& f) {
    f("layer", self.layer);
    f("head", self.head);
  }
  Var<float> operator()(Var<float> x) const { return head(layer(x)); }
};

/// The mean loss of one epoch of training that changes next to nothing, and that of an evaluation.
template <class Model>
void check_fit(Model& model, const Tensor<float>& x) {
  Parameters<float> parameters(model);
  Sgd<float> optimizer(parameters, {.learning_rate = 1e-30});
  const TensorDataset<float, float> data(x, Tensor<float>(x.shape()));
  const double evaluated = evaluate(model, mse, data).loss;
  const History history =
      fit(model, optimizer, mse, data,
          {.epochs = 1, .batch_size = 4, .shuffle = false, .validation_data = &data, .progress = Progress::silent});
  CHECK(history.last("loss") != doctest::Approx(evaluated).epsilon(1e-4));
  CHECK(history.last("val_loss") == doctest::Approx(evaluated).epsilon(1e-6));
}

/// x (4, 6, 8) → (4, 6, 8), with dropout at a rate of a half.
template <class Layer>
void check_dropout(Layer layer, const Tensor<float>& x) {
  Tape<float> tape;
  const auto input = tape.input(x);
  const Values evaluated = values(layer(input));
  CHECK(values(layer(input)) == evaluated);
  Rng given(3), of_tape(3), of_sequence(3), of_nested(3);
  const Values trained = values(layer(input, &given));
  CHECK(trained != evaluated);
  {
    const WithRng<float> training(tape, &of_tape);
    CHECK(values(layer(input)) == trained);
  }
  CHECK(values(layer(input)) == evaluated);
  CHECK(values(Sequential(layer)(input, &of_sequence)) == trained);
  Rng rng(4);
  Plain<Layer> plain(layer, rng);
  CHECK(values(Sequential(Sequential(plain))(input, &of_nested)) != values(plain(input)));
  CHECK(of_nested.position() == given.position());
  check_fit(plain, x);
}

}  // namespace

TEST_CASE("dropout acts in every layer that has it, given a generator, in a Sequential, a plain model and a training") {
  Rng rng(1);
  Tensor<float> x({4, 6, 8});
  normal(x.view(), 1, rng);
  SUBCASE("Dropout") { check_dropout(Dropout{.p = 0.5}, x); }
  SUBCASE("Lstm") {
    check_dropout(Lstm<float>({.input_size = 8, .hidden_size = 8, .num_layers = 2, .dropout = 0.5}, rng), x);
  }
  SUBCASE("Gru") {
    check_dropout(Gru<float>({.input_size = 8, .hidden_size = 8, .num_layers = 2, .dropout = 0.5}, rng), x);
  }
  SUBCASE("SimpleRnn") {
    check_dropout(SimpleRnn<float>({.input_size = 8, .hidden_size = 8, .num_layers = 2, .dropout = 0.5}, rng), x);
  }
  SUBCASE("Bidirectional") {
    check_dropout(
        Bidirectional<Gru<float>>({.layer = {.input_size = 8, .hidden_size = 8, .num_layers = 2, .dropout = 0.5},
                                   .merge_mode = MergeMode::sum},
                                  rng),
        x);
  }
  SUBCASE("MultiHeadAttention") {
    check_dropout(MultiHeadAttention<float>({.embed_dim = 8, .num_heads = 2, .dropout = 0.5}, rng), x);
  }
  SUBCASE("TransformerEncoderLayer") {
    check_dropout(TransformerEncoderLayer<float>({.d_model = 8, .nhead = 2, .dim_feedforward = 8, .dropout = 0.5}, rng),
                  x);
  }
  SUBCASE("TransformerEncoder") {
    check_dropout(
        TransformerEncoder<float>(
            {.encoder_layer = {.d_model = 8, .nhead = 2, .dim_feedforward = 8, .dropout = 0.5}, .num_layers = 2}, rng),
        x);
  }
  SUBCASE("Sequential") { check_dropout(Sequential(Relu{}, Sequential(Dropout{.p = 0.5})), x); }
}

TEST_CASE("dropout acts in a training by a loss of a batch, whose model is given no generator") {
  Rng rng(2);
  Tensor<float> x({4, 6, 8});
  normal(x.view(), 1, rng);
  Plain<Lstm<float>> model(Lstm<float>({.input_size = 8, .hidden_size = 8, .num_layers = 2, .dropout = 0.5}, rng), rng);
  Parameters<float> parameters(model);
  Sgd<float> optimizer(parameters, {.learning_rate = 1e-30});
  const TensorDataset<float, float> data(x, Tensor<float>(x.shape()));
  const double evaluated = evaluate(model, mse, data).loss;
  const auto loss = [&](Tape<float>& tape, const auto& batch, Rng*) {
    return mse(model(tape.input(std::get<0>(batch.inputs))), tape.input(batch.target));
  };
  const History history = fit(optimizer, loss, data, {.epochs = 1, .progress = Progress::silent});
  CHECK(history.last("loss") != doctest::Approx(evaluated).epsilon(1e-4));
}

TEST_CASE("dropout of all: a rate of 1 leaves zeros, between layers and in attention too") {
  Rng rng(5);
  Tensor<float> x({4, 6, 8});
  normal(x.view(), 1, rng);
  Tape<float> tape;
  const MultiHeadAttention<float> attention({.embed_dim = 8, .num_heads = 2, .dropout = 1}, rng);
  CHECK(values(attention(tape.input(x), &rng)) == Values(4 * 6 * 8));
  const Lstm<float> all({.input_size = 8, .hidden_size = 8, .num_layers = 2, .dropout = 1}, rng);
  Tensor<float> others({4, 6, 8});
  CHECK(values(all(tape.input(x), &rng)) == values(all(tape.input(others), &rng)));
  CHECK(values(all(tape.input(x))) != values(all(tape.input(others))));
}
