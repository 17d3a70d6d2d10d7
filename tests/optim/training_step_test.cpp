/// A training step allocates nothing once the tape has seen two: neither through operator new nor through malloc.
#include <doctest/doctest.h>

#include "../count_allocations.hpp"
#include "../sanitized.hpp"
#include "tenure/nn/embedding.hpp"
#include "tenure/nn/linear.hpp"
#include "tenure/nn/transformer_encoder.hpp"
#include "tenure/ops/activations.hpp"
#include "tenure/ops/arithmetic.hpp"
#include "tenure/ops/concatenate.hpp"
#include "tenure/ops/dropout.hpp"
#include "tenure/ops/layer_norm.hpp"
#include "tenure/ops/losses.hpp"
#include "tenure/optim/adam.hpp"

#if defined(__GLIBC__) && !defined(TENURE_TEST_SANITIZED)
#define TENURE_TEST_COUNTS_MALLOC
#endif

namespace {
std::size_t mallocs = 0;
}

#ifdef TENURE_TEST_COUNTS_MALLOC
extern "C" {
void* __libc_malloc(std::size_t);
void* __libc_calloc(std::size_t, std::size_t);
void* __libc_realloc(void*, std::size_t);
void* __libc_memalign(std::size_t, std::size_t);
void* malloc(std::size_t size) { return ++mallocs, __libc_malloc(size); }
void* calloc(std::size_t count, std::size_t size) { return ++mallocs, __libc_calloc(count, size); }
void* realloc(void* memory, std::size_t size) { return ++mallocs, __libc_realloc(memory, size); }
void* aligned_alloc(std::size_t alignment, std::size_t size) { return ++mallocs, __libc_memalign(alignment, size); }
void* memalign(std::size_t alignment, std::size_t size) { return ++mallocs, __libc_memalign(alignment, size); }
}
#endif

using namespace tenure;

namespace {

struct Mlp {
  Linear<float> first;
  Parameter<float> gamma{Tensor<float>({64}, 1)};
  Parameter<float> beta{Shape{64}};
  Linear<float> second;
  Linear<float> head;

  explicit Mlp(Rng& rng)
      : first({.in_features = 12, .out_features = 64}, rng),
        second({.in_features = 64, .out_features = 32}, rng),
        head({.in_features = 44, .out_features = 1}, rng) {}
  static void fields(auto& self, auto&& f) {
    f("first", self.first);
    f("gamma", self.gamma);
    f("beta", self.beta);
    f("second", self.second);
    f("head", self.head);
  }
  Var<float> operator()(Var<float> x, Rng& rng) const {
    Tape<float>& tape = x.tape();
    const auto hidden = layer_norm(relu(first(x)), tape.parameter(gamma), tape.parameter(beta));
    return head(concatenate({tanh(second(dropout(hidden, 0.2, rng))), x * 0.5}, 1));
  }
};

struct EmbeddedEncoder {
  Embedding<float> embedding;
  TransformerEncoder<float> encoder;
  static void fields(auto& self, auto&& f) {
    f("embedding", self.embedding);
    f("encoder", self.encoder);
  }
};

/// Takes five steps down a loss of the model, which `loss` computes, and checks that the last three allocate nothing.
template <class Model, class Loss>
void check_steps_allocate_nothing(Model& model, Loss loss) {
  Parameters<float> parameters(model);
  Adam<float> adam(parameters);
  Tape<float> tape;
  std::size_t new_calls[5];
  std::size_t malloc_calls[5];
  for (int step = 0; step < 5; ++step) {
    const std::size_t news = allocations::count;
    const std::size_t before = mallocs;
    tape.reset();
    loss(tape).backward();
    adam.step();
    new_calls[step] = allocations::count - news;
    malloc_calls[step] = mallocs - before;
  }
  CHECK(new_calls[0] > 0);  // the counter works
  for (int step = 2; step < 5; ++step) {
    CHECK(new_calls[step] == 0);
    CHECK(malloc_calls[step] == 0);
  }
#ifdef TENURE_TEST_COUNTS_MALLOC
  CHECK(malloc_calls[0] > 0);
#endif
}

Tensor<float> normal_values(const Shape& shape, Rng& rng) {
  Tensor<float> x(shape);
  normal(x.view(), 1, rng);
  return x;
}

}  // namespace

TEST_CASE("a training step of a small network calls neither malloc nor new after two warm-up steps") {
  Rng rng(1);
  Mlp model(rng);
  const auto x = normal_values({32, 12}, rng), y = normal_values({32, 1}, rng);
  check_steps_allocate_nothing(model, [&](auto& tape) { return mse(model(tape.input(x), rng), tape.input(y)); });
}

TEST_CASE("a training step of an encoder on embeddings, masked and with dropout, allocates nothing either") {
  Rng rng(1);
  EmbeddedEncoder model{
      Embedding<float>({.num_embeddings = 9, .embedding_dim = 8}, rng),
      TransformerEncoder<float>({.encoder_layer = {.d_model = 8, .nhead = 2, .dim_feedforward = 16}, .num_layers = 2},
                                rng)};
  const Tensor<std::int64_t> indices({2, 6}, {0, 1, 2, 3, 4, 5, 6, 7, 8, 0, 1, 2}), lengths({2}, {6, 4});
  const auto y = normal_values({2, 6, 8}, rng), mask = normal_values({6, 6}, rng);
  check_steps_allocate_nothing(model, [&](auto& tape) {
    const auto x = model.embedding(tape, indices);
    return mse(model.encoder(x, {.lengths = lengths, .attn_mask = mask}, &rng), tape.input(y));
  });
}

TEST_CASE("prediction without gradients allocates nothing either") {
  Rng rng(1);
  const Mlp model(rng);
  Tape<float> tape;
  const NoGrad guard(tape);
  const Tensor<float> x({32, 12}, 1);
  std::size_t calls = 0;
  for (int round = 0; round < 5; ++round) {
    calls = allocations::count + mallocs;
    tape.reset();
    model(tape.input(x), rng);
    calls = allocations::count + mallocs - calls;
  }
  CHECK(calls == 0);
}
