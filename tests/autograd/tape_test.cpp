#include "tenure/autograd/tape.hpp"

#include <doctest/doctest.h>

#include "../gradient_check.hpp"
#include "tenure/autograd/parameters.hpp"
#include "tenure/core/print.hpp"
#include "tenure/nn/gru.hpp"
#include "tenure/nn/layer_norm.hpp"
#include "tenure/nn/transformer_encoder.hpp"
#include "tenure/ops/arithmetic.hpp"
#include "tenure/ops/concatenate.hpp"
#include "tenure/ops/reduce.hpp"
#include "tenure/optim/adam.hpp"
#include "tenure/optim/sgd.hpp"

using namespace tenure;

namespace {

/// y = a · b, counting its backward passes.
struct Product {
  static constexpr std::string_view name = "product";
  static constexpr Reads backward_reads{.inputs = 0b11};
  int* runs;

  Shape shape(Inputs<double> x) const {
    if (x[0].shape() != x[1].shape()) throw ShapeError(name, {x[0].shape()}, {x[1].shape()});
    return x[0].shape();
  }
  void forward(const Forward<double>& f) const {
    for (Index i = 0; i < f.y.size(); ++i) f.y.data()[i] = f.x[0].data()[i] * f.x[1].data()[i];
  }
  void backward(const Backward<double>& b) const {
    ++*runs;
    for (std::size_t k = 0; k < 2; ++k) {
      if (b.dx[k].empty()) continue;
      for (Index i = 0; i < b.dy.size(); ++i) b.dx[k].data()[i] += b.dy.data()[i] * b.x[1 - k].data()[i];
    }
  }
};

/// y = eˣ, which reads its output alone; leaves what it saw of its input in `seen`.
struct Exponential {
  static constexpr std::string_view name = "exponential";
  static constexpr Reads backward_reads{.output = true};
  const double** seen;

  Shape shape(Inputs<double> x) const { return x[0].shape(); }
  Index saved_size(Inputs<double> x) const { return x[0].size(); }
  void forward(const Forward<double>& f) const {
    double* scratch = f.scratch.allocate<double>(1000);
    for (Index i = 0; i < f.y.size(); ++i) f.saved[i] = f.y.data()[i] = std::exp(f.x[0].data()[i]);
    std::fill_n(scratch, 1000, 0.0);
  }
  void backward(const Backward<double>& b) const {
    *seen = b.x[0].data();
    for (Index i = 0; i < b.dy.size(); ++i) b.dx[0].data()[i] += b.dy.data()[i] * (b.y.data()[i] + b.saved[i]) / 2;
  }
};

struct NoGradient {
  static constexpr std::string_view name = "no gradient";
  static constexpr Reads backward_reads{};
  Shape shape(Inputs<double> x) const { return x[0].shape(); }
  void forward(const Forward<double>&) const {}
};

static_assert(Operation<Product, double> && Operation<Exponential, double>);
static_assert(!Operation<NoGradient, double>, "an op without a gradient can't be recorded");
static_assert(!Operation<Product, float>);
static_assert(std::is_trivially_copyable_v<Var<double>>);

struct Model {
  Parameter<double> weight{Tensor<double>::from({2.0, 3.0})};
  static void fields(auto& self, auto&& f) { f("weight", self.weight); }
};

struct Fixture {
  Tape<double> tape;
  int runs = 0;
  Var<double> product(Var<double> a, Var<double> b) { return tape.record(Product{&runs}, {a, b}); }
  Var<double> variable(double value) { return tape.variable(Tensor<double>(Shape{}, value)); }
};

}  // namespace

TEST_CASE_FIXTURE(Fixture, "a Var that is used twice gets both gradients") {
  const auto x = variable(3);
  const auto y = product(x, x);
  y.retain_gradient();
  const auto z = product(y, x);  // x³
  z.backward();
  CHECK(x.gradient()() == 27);
  CHECK(y.gradient()() == 3);
}

TEST_CASE_FIXTURE(Fixture, "a parameter's gradient accumulates over passes and rounds until it is zeroed") {
  Model model;
  Parameters<double> parameters(model);
  for (int round = 1; round <= 3; ++round) {
    tape.reset();
    const auto x = tape.variable(Tensor<double>::from({5.0, 7.0}));
    const auto y = product(tape.parameter(model.weight), x);
    const Tensor<double> cotangent = Tensor<double>::from({1.0, 10.0});
    y.backward(cotangent);
    CHECK(model.weight.gradient()(0) == 5 * round);
    CHECK(model.weight.gradient()(1) == 70 * round);
    CHECK(x.gradient()(1) == 30);
  }
  parameters.zero_gradients();
  CHECK(model.weight.gradient()(1) == 0);
}

TEST_CASE_FIXTURE(Fixture, "a second backward pass over the same tape starts from zero in what lies between") {
  const auto x = variable(2);
  const auto y = product(x, x);
  const auto z = product(y, y);
  y.retain_gradient();
  z.backward();
  z.backward();
  CHECK(y.gradient()() == 8);
  CHECK(z.gradient().empty());
  CHECK(x.gradient()() == 2 * 32);
}

TEST_CASE_FIXTURE(Fixture, "the gradients of a chain share the memory of two, those that are retained aside") {
  constexpr Index size = 1024, length = 20;
  const Tensor<double> ones({size}, 1.0);
  const auto x = tape.variable(ones);
  std::vector<Var<double>> chain = {x};
  for (Index i = 0; i < length; ++i) chain.push_back(scale(chain.back(), 2));
  const std::size_t before = tape.memory();
  chain.back().backward(ones);
  CHECK(tape.memory() - before <= 2 * size * sizeof(double) + 256);
  CHECK(chain[7].gradient().empty());

  tape.alias(chain[7], 3, {5}).retain_gradient();
  CHECK(chain[7].gradient().empty());
  chain.back().backward(ones);
  CHECK(chain[7].gradient()(size - 1) == std::pow(2, length - 7));
  CHECK(tape.alias(chain[7], 3, {5}).gradient()(4) == std::pow(2, length - 7));
  CHECK(chain[8].gradient().empty());
  CHECK(x.gradient()(0) == 2 * std::pow(2, length));
}

TEST_CASE_FIXTURE(Fixture, "gradients that are in use together share no memory, whatever their sizes") {
  constexpr Index count = 40;
  std::vector<Var<double>> sources, results;
  for (Index i = 0; i < count; ++i) {
    sources.push_back(tape.variable(Tensor<double>({1 + i % 7}, 1.0)));
    results.push_back(scale(scale(sources.back(), 3), static_cast<double>(i)));
  }
  const auto loss = sum(concatenate(std::span<const Var<double>>(results), 0));
  for (int pass = 1; pass <= 2; ++pass) {
    loss.backward();
    for (Index i = 0; i < count; ++i) {
      const auto gradient = sources[static_cast<std::size_t>(i)].gradient();
      CHECK(std::ranges::all_of(gradient, [&](double g) { return g == static_cast<double>(3 * pass * i); }));
    }
  }
}

TEST_CASE_FIXTURE(Fixture, "operations that the loss does not depend on run no backward pass") {
  const auto x = variable(2);
  const auto unused = product(x, x);
  const auto y = product(x, x);
  y.backward();
  CHECK(runs == 1);
  CHECK(x.gradient()() == 4);
  CHECK(unused.gradient().empty());
}

TEST_CASE_FIXTURE(Fixture, "an alias shares its part of the value and of the gradient") {
  const auto x = tape.variable(Tensor<double>({2, 2}, {1.0, 2.0, 3.0, 4.0}));
  const auto y = product(x, x);
  const auto row = tape.alias(y, 2, {2});
  const auto z = product(row, row);
  CHECK(z.value()(1) == 256);
  const auto whole = tape.alias(tape.alias(z, 0, {2, 1}), 1, {});
  whole.backward();
  CHECK(to_string(x.gradient()) == "[[0, 0],\n [0, 256]]");  // d x⁴ / dx = 4·64
}

TEST_CASE_FIXTURE(Fixture, "a detached value is a constant") {
  const auto x = variable(3);
  product(x, tape.detach(product(x, x))).backward();
  CHECK(x.gradient()() == 9);
}

TEST_CASE_FIXTURE(Fixture, "nothing is recorded under NoGrad, and its memory is that of the results alone") {
  const auto x = variable(3);
  const std::size_t before = tape.memory();
  {
    NoGrad guard(tape);
    const auto y = product(x, x);
    CHECK(y.item() == 9);
    CHECK(!y.requires_gradient());
    test::check_throws<StateError>([&] { y.backward(); }, {"backward", "constant"});
  }
  CHECK(tape.memory() - before < 512);
  CHECK(tape.recording());
  CHECK(product(x, x).requires_gradient());
}

TEST_CASE("no data is passed to a backward pass but what the op says it reads") {
  Tape<double> tape;
  const double sentinel = 0;
  const double* seen = &sentinel;
  const auto x = tape.variable(Tensor<double>(Shape{}, 1.0));
  const auto y = tape.record(Exponential{&seen}, {x});
  y.backward();
  CHECK(seen == nullptr);
  CHECK(x.gradient()() == y.item());
}

TEST_CASE("a chain of a million operations runs backward without overflowing the stack") {
  Fixture f;
  const auto x = f.variable(1);
  const auto one = f.tape.constant(1);
  auto y = x;
  for (int i = 0; i < 1'000'000; ++i) y = f.product(y, one);
  y.backward();
  CHECK(x.gradient()() == 1);
  CHECK(f.runs == 1'000'000);
}

TEST_CASE_FIXTURE(Fixture, "a Var from before reset(), of another tape, or of none is reported") {
  const auto old = variable(3);
  tape.reset();
  test::check_throws<StateError>([&] { product(old, old); }, {"product", "current round", "before reset()"});
  test::check_throws<StateError>([&] { old.item(); }, {"before reset()"});
  test::check_throws<StateError>([&] { Var<double>().shape(); }, {"refers to nothing"});
  Fixture other;
  test::check_throws<StateError>([&] { product(variable(1), other.variable(1)); }, {"product", "another tape"});
}

TEST_CASE_FIXTURE(Fixture, "wrong shapes are reported") {
  const auto x = tape.variable(Tensor<double>({2}, 1.0));
  const auto y = tape.variable(Tensor<double>({3}, 1.0));
  test::check_throws<ShapeError>([&] { product(x, y); }, {"product: expected (2), got (3)"});
  test::check_throws<ShapeError>([&] { x.backward(); }, {"backward", "a scalar", "(2)"});
  test::check_throws<ShapeError>([&] { x.backward(Tensor<double>({3})); }, {"a cotangent of (2)", "(3)"});
  test::check_throws<ShapeError>([&] { x.item(); }, {"item", "one element", "(2)"});
  test::check_throws<ShapeError>([&] { tape.input(View<const double>()); }, {"input"});
}

TEST_CASE_FIXTURE(Fixture, "a loop that forgets reset() is told so; many passes through one graph are not a loop") {
  const auto x = variable(3);
  const auto y = product(x, x);
  for (int i = 0; i < 1000; ++i) y.backward();  // as rows of a Jacobian
  const auto step = [this, x] { product(x, tape.constant(2)).backward(); };
  const auto forever = [&] {
    for (int i = 0; i < 1'000; ++i) step();
  };
  test::check_throws<StateError>(forever, {"tape", "reset() after each step", "257 backward passes"});
  tape.reset();
  const Tensor<double> in({1}, 1.0);
  for (int i = 0; i < 1000; ++i, tape.reset()) tape.input(in);
  const auto evaluate = [&] {
    for (int i = 0; i < 100'000; ++i) tape.input(in);
  };
  test::check_throws<StateError>(evaluate, {"tape", "reset() after each step", "65537 inputs"});
  tape.reset();
  CHECK_NOTHROW(tape.input(in));
}

namespace {

/// A model that `fields` names one of two layers of.
template <class Layer>
struct Forgetful {
  Linear<double> named;
  Layer forgotten;
  static void fields(auto& self, auto&& f) { f("named", self.named); }
};

template <class Layer>
Forgetful<Layer> forgetful(Layer layer) {
  Rng rng(1);
  return {Linear<double>({.in_features = 2, .out_features = 2}, rng), std::move(layer)};
}

/// What the backward pass of such a model says.
template <class Layer>
std::string left_out(Layer layer) {
  auto model = forgetful(std::move(layer));
  const Parameters<double> parameters(model);
  Tape<double> tape;
  const Tensor<double> x({1, 3, 2}, 1);
  const Var<double> loss = sum(model.forgotten(model.named(tape.input(x))));
  return message_of<StateError>([&] { loss.backward(); });
}

}  // namespace

TEST_CASE("a layer that fields leaves out is named by the backward pass, by its type and shape") {
  Rng rng(1);
  const std::string expected =
      "backward: expected all trainable parameters to be gathered, as those are that `fields` "
      "names, or frozen, got ";
  CHECK(left_out(Linear<double>({.in_features = 2, .out_features = 4}, rng)) ==
        expected + "Linear's parameter of (2, 4) that is not: is its member left out of `fields`?");
  CHECK(left_out(Gru<double>({.input_size = 2, .hidden_size = 4}, rng)).find("Gru's parameter of (2, 12)") !=
        std::string::npos);
  CHECK(left_out(LayerNorm<double>({.normalized_shape = 2})).find("LayerNorm's parameter of (2)") != std::string::npos);
  CHECK(left_out(TransformerEncoderLayer<double>({.d_model = 2, .nhead = 1, .dim_feedforward = 3}, rng))
            .find("MultiHeadAttention's parameter of (2, 6)") != std::string::npos);
}

TEST_CASE("a parameter that is left out may be frozen, or of a model of which nothing is trained") {
  Rng rng(1);
  auto model = forgetful(Linear<double>({.in_features = 2, .out_features = 1}, rng));
  const Tensor<double> x({3, 2}, 1);
  Tape<double> tape;
  const auto loss = [&] {
    tape.reset();
    return sum(model.forgotten(model.named(tape.variable(x))));
  };
  CHECK_NOTHROW(loss().backward());
  const Parameters<double> parameters(model);
  CHECK_THROWS_AS(loss().backward(), StateError);
  {
    const NoGrad guard(tape);
    loss();
  }
  const Var<double> y = sum(model.named(tape.input(x)));
  CHECK_NOTHROW(y.backward());  // what was not recorded is no matter
  freeze(model.forgotten);
  CHECK_NOTHROW(loss().backward());
  unfreeze(model.forgotten);
  freeze(model.named);
  CHECK_NOTHROW(loss().backward());
  unfreeze(model.named);
  CHECK_THROWS_AS(loss().backward(), StateError);
  tape.reset();
  CHECK_NOTHROW(sum(model.named(tape.input(x))).backward());  // another round
}

TEST_CASE("a parameter that is left out is told by tapes with gradients of their own, too") {
  Rng rng(1);
  auto model = forgetful(Linear<double>({.in_features = 2, .out_features = 1}, rng));
  const Parameters<double> parameters(model);
  Tensor<double> gradients(parameters.gradients().shape());
  Tape<double> tape;
  tape.set_gradients(*parameters.storage(), gradients.data());
  const Var<double> loss = sum(model.forgotten(model.named(tape.input(Tensor<double>({3, 2}, 1)))));
  test::check_throws<StateError>([&] { loss.backward(); }, {"Linear's parameter of (2, 1)"});
}

namespace {

struct Chain {
  Linear<double> first, second;

  explicit Chain(Rng& rng)
      : first({.in_features = 2, .out_features = 2}, rng), second({.in_features = 2, .out_features = 2}, rng) {}
  static void fields(auto& self, auto&& f) {
    f("first", self.first);
    f("second", self.second);
  }
  Var<double> operator()(Var<double> x) const { return second(first(x)); }
};

}  // namespace

TEST_CASE("what was recorded before an optimizer's step is not run backward with the weights that the step left") {
  Rng rng(1);
  const auto check = [](auto& model, auto step) {
    Tape<double> tape;
    const Tensor<double> x({3, 2}, 0.5);
    const Var<double> one = sum(model(tape.input(x))), other = sum(model(tape.input(x)));
    one.backward();
    step();
    test::check_throws<StateError>([&] { other.backward(); }, {"linear", "an optimizer's step has changed"});
    sum(model(tape.input(x))).backward();  // recorded again, in the same round
  };
  Chain model(rng);
  const Parameters<double> parameters(model);
  Adam<double> adam(parameters);
  Sgd<double> sgd(parameters);
  check(model, [&] { adam.step(); });
  check(model, [&] { sgd.step(); });
}
