// Padding is never read: what lies at steps that don't count may be NaN or infinity, and a row may have no step at all.
#include <doctest/doctest.h>

#include <cmath>
#include <limits>

#include "../gradient_check.hpp"
#include "tenure/autograd/parameters.hpp"
#include "tenure/nn/bidirectional.hpp"
#include "tenure/nn/gru.hpp"
#include "tenure/nn/lstm.hpp"
#include "tenure/nn/simple_rnn.hpp"
#include "tenure/nn/transformer_encoder.hpp"
#include "tenure/ops/losses.hpp"
#include "tenure/ops/masking.hpp"
#include "tenure/ops/pooling.hpp"
#include "tenure/train/predictor.hpp"

using namespace tenure;

namespace {

constexpr double missing = std::numeric_limits<double>::quiet_NaN(), infinity = std::numeric_limits<double>::infinity();
constexpr Index time_steps = 5, width = 4;
constexpr Index counting[] = {2, 5, 0, 3};

using Options = RecurrentOptions<double>;

/// `batch` sequences of the first counting[b] steps, and the same by a mask.
struct Padded {
  Tensor<double> x, mask;
  Tensor<std::int64_t> lengths;

  Padded(Index batch, double padding) : x({batch, time_steps, width}), mask({batch, time_steps}), lengths({batch}) {
    Rng rng(3);
    for (Index b = 0; b < batch; ++b) {
      lengths(b) = counting[b];
      for (Index t = 0; t < time_steps; ++t) {
        mask(b, t) = t < counting[b];
        for (double& value : x[b][t]) {
          value = rng.uniform(-1, 1);
          if (t >= counting[b]) value = padding;
        }
      }
    }
  }
};

/// Of the loss that forward(layer, x on a tape, padded) gives: itself, and the gradients of parameters and input.
std::vector<double> gradients(auto layer, const Padded& padded, auto forward) {
  const Parameters<double> parameters(layer);
  Tape<double> tape;
  const Var<double> x = tape.variable(padded.x), y = forward(layer, x, padded);
  const Var<double> loss = mse(y, tape.input(test::random(y.shape(), *std::make_unique<Rng>(9))));
  loss.backward();
  std::vector<double> all{loss.item()};
  all.insert(all.end(), parameters.gradients().begin(), parameters.gradients().end());
  all.insert(all.end(), x.gradient().begin(), x.gradient().end());
  return all;
}

/// NaN and infinity in the padding give what zeros give.
void check_padding(const std::string& name, const auto& layer, auto forward) {
  for (const Index batch : {1, 4}) {
    const std::vector<double> expected = gradients(layer, Padded(batch, 0), forward);
    for (const double padding : {missing, infinity, -infinity}) {
      INFO(name, ", batch of ", batch, ", padding ", padding);
      const std::vector<double> got = gradients(layer, Padded(batch, padding), forward);
      double error = 0;  // that of another order of sums, where what is hidden is set to zeros first
      for (std::size_t i = 0; i < got.size(); ++i) error = std::max(error, std::abs(got[i] - expected[i]));
      CHECK(error < 1e-15);
      CHECK(std::ranges::all_of(got, [](double g) { return std::isfinite(g); }));
    }
    CHECK(std::ranges::all_of(expected, [](double g) { return std::isfinite(g); }));
    CHECK(std::ranges::any_of(expected, [](double g) { return g != 0; }));
  }
}

void check_recurrent(const std::string& name, const auto& layer, bool reverses = false) {
  for (const auto output : {RecurrentOutput::sequence, RecurrentOutput::last, RecurrentOutput::state}) {
    for (const bool zero : {true, false}) {
      for (const bool reverse : {false, true}) {
        if (reverse && !reverses) continue;
        const Options options{.output = output, .zero_output_for_mask = zero, .reverse = reverse};
        check_padding(name + " by lengths", layer, [=](auto& l, Var<double> x, const Padded& padded) {
          Options with = options;
          with.lengths = padded.lengths;
          return l(x, with);
        });
        check_padding(name + " by a mask", layer, [=](auto& l, Var<double> x, const Padded& padded) {
          Options with = options;
          with.mask = padded.mask;
          return l(x, with);
        });
      }
    }
  }
}

void check_attention(const std::string& name, const auto& layer) {
  check_padding(name + " by lengths", layer, [](auto& l, Var<double> x, const Padded& padded) {
    return global_average_pooling(l(x, {.lengths = padded.lengths}), padded.mask);
  });
  check_padding(name + " by a mask", layer, [](auto& l, Var<double> x, const Padded& padded) {
    return global_average_pooling(l(x, {.key_mask = padded.mask}), padded.mask);
  });
}

}  // namespace

TEST_CASE("padding: recurrent layers never read it") {
  Rng rng(1);
  check_recurrent("Lstm", Lstm<double>({.input_size = width, .hidden_size = 6}, rng), true);
  check_recurrent("Lstm, stacked", Lstm<double>({.input_size = width, .hidden_size = 3, .num_layers = 2}, rng));
  check_recurrent("Lstm, both ways",
                  Lstm<double>({.input_size = width, .hidden_size = 3, .num_layers = 2, .bidirectional = true}, rng));
  check_recurrent("Gru", Gru<double>({.input_size = width, .hidden_size = 6}, rng), true);
  check_recurrent("Gru, reset before", Gru<double>({.input_size = width, .hidden_size = 6, .reset_after = false}, rng));
  check_recurrent("SimpleRnn", SimpleRnn<double>({.input_size = width, .hidden_size = 6}, rng), true);
  check_recurrent("Bidirectional",
                  Bidirectional<Lstm<double>>({.layer = {.input_size = width, .hidden_size = 3}}, rng));
}

TEST_CASE("padding: a vector that is the same at all steps is not read in a row without steps") {
  Rng rng(1);
  const Gru<double> gru({.input_size = width, .hidden_size = 3}, rng);
  const auto of = [&](double padding) {
    Padded padded(4, 0);
    padded.x = Tensor<double>({4, width}, 0.5);
    std::ranges::fill(padded.x[2], padding);
    return gradients(gru, padded, [](auto& l, Var<double> x, const Padded& p) {
      return l(x, {.lengths = p.lengths, .steps = time_steps});
    });
  };
  CHECK(of(missing) == of(0));
}

TEST_CASE("padding: attention and encoders never read keys and values that are hidden") {
  Rng rng(1);
  check_attention("MultiHeadAttention", MultiHeadAttention<double>({.embed_dim = width, .num_heads = 2}, rng));
  for (const bool norm_first : {false, true}) {
    const TransformerEncoderLayerConfig layer{
        .d_model = width, .nhead = 2, .dim_feedforward = 6, .dropout = 0, .norm_first = norm_first};
    check_attention("TransformerEncoder", TransformerEncoder<double>({.encoder_layer = layer, .num_layers = 2}, rng));
  }
  const MultiHeadAttention<double> cross({.embed_dim = 2, .num_heads = 2, .kdim = width, .vdim = width}, rng);
  check_padding("cross-attention", cross, [](auto& l, Var<double> x, const Padded& padded) {
    const Var<double> query = x.tape().input(Tensor<double>({x.shape()[0], 3, 2}, 0.25));
    return l(query, x, x, {.lengths = padded.lengths});
  });
  const MultiHeadAttention<double> memory({.embed_dim = width, .num_heads = 2}, rng);
  check_padding("attention to a memory", memory, [](auto& l, Var<double> x, const Padded& padded) {
    const Var<double> query = x.tape().input(Tensor<double>({x.shape()[0], 3, width}, 0.25));
    return l(query, x, {.key_mask = padded.mask});
  });
}

TEST_CASE("padding: attention without gradients, by an additive mask too, and in a predictor") {
  Rng rng(1);
  const MultiHeadAttention<double> attention({.embed_dim = width, .num_heads = 2}, rng);
  Tensor<double> hides({4, time_steps, time_steps});
  for (Index b = 0; b < 4; ++b) {
    for (Index q = 0; q < time_steps; ++q) {
      for (Index k = counting[b]; k < time_steps; ++k) hides(b, q, k) = -infinity;
    }
  }
  const Padded zeros(4, 0), nans(4, missing);
  const auto pooled = [&](Var<double> x) {
    const Var<double> query = x.tape().constant(zeros.x);
    const View<const double> mask = x.tape().constant(hides).value();
    return attention(query, x, {.attn_mask = mask});
  };
  Tape<double> tape;
  const NoGrad<double> inference(tape);
  const Tensor<double> expected(pooled(tape.input(zeros.x)).value());
  CHECK(std::ranges::equal(pooled(tape.input(nans.x)).value(), expected));
  CHECK(std::ranges::equal(Predictor(pooled, zeros.x)(nans.x), expected));

  const auto masked = [&](Var<double> x) {
    const View<const double> mask = masking(x, missing).value();
    return global_average_pooling(attention(x, {.key_mask = mask}), mask);
  };
  const Tensor<double> of_zeros(
      global_average_pooling(attention(tape.input(zeros.x), {.key_mask = zeros.mask}), zeros.mask).value());
  CHECK(std::ranges::equal(Predictor(masked, zeros.x)(nans.x), of_zeros));
}

TEST_CASE("padding: a visible key that is NaN is not hidden by the mask of others") {
  Rng rng(1);
  const MultiHeadAttention<double> attention({.embed_dim = width, .num_heads = 2}, rng);
  Tape<double> tape;
  Padded padded(4, 0);
  padded.x(1, 0, 0) = missing;
  const Tensor<double> additive({time_steps, time_steps}, 0.5);
  const Var<double> query = tape.input(Tensor<double>({4, time_steps, width}, 1)), x = tape.input(padded.x);
  for (const AttentionOptions<double>& options :
       {AttentionOptions<double>{.key_mask = padded.mask}, AttentionOptions<double>{.attn_mask = additive}}) {
    const Var<double> y = attention(query, x, options);
    CHECK(std::isnan(y.value()(1, 0, 0)));
    CHECK(std::isfinite(y.value()(3, 0, 0)));
  }
}

TEST_CASE("a row of length zero gives zeros and keeps its initial state") {
  Rng rng(1);
  const Lstm<double> lstm({.input_size = width, .hidden_size = 3, .num_layers = 2, .bidirectional = true}, rng);
  const Padded padded(4, missing);
  Tape<double> tape;
  const Tensor<double> states = test::random({4, 4, 3}, rng), cells = test::random({4, 4, 3}, rng);
  const Options options{.lengths = padded.lengths, .h_0 = tape.input(states), .c_0 = tape.input(cells)};
  const auto result = lstm.run(tape.input(padded.x), options);
  for (const double y : result.output.value()[2]) CHECK(y == 0);
  for (Index layer = 0; layer < 4; ++layer) {
    CHECK(std::ranges::equal(result.h_n.value()[layer][2], states[layer][2]));
    CHECK(std::ranges::equal(result.c_n.value()[layer][2], cells[layer][2]));
    CHECK(!std::ranges::equal(result.h_n.value()[layer][1], states[layer][1]));
  }
  // Alone in its batch, and as a single output.
  const Tensor<std::int64_t> none({1});
  const Gru<double> gru({.input_size = width, .hidden_size = 3}, rng);
  for (const auto output : {RecurrentOutput::sequence, RecurrentOutput::last, RecurrentOutput::state}) {
    const Var<double> y = gru(tape.input(Padded(1, missing).x), {.lengths = none, .output = output});
    CHECK(std::ranges::all_of(y.value(), [](double value) { return value == 0; }));
  }
  const MultiHeadAttention<double> attention({.embed_dim = width, .num_heads = 2}, rng);
  const Var<double> y = attention(tape.input(Padded(4, 0.0).x), {.lengths = padded.lengths});
  for (const double value : y.value()[2]) CHECK(value == 0);  // its biases start at 0
}
