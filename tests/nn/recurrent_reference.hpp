/// What the tests of the recurrent layers share: each layer put together from elementary operations, step by step,
/// whose gradients the tape gives, and the comparison with the fused one under every combination of options.
#pragma once

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

#include "../gradient_check.hpp"
#include "tenure/autograd/parameters.hpp"
#include "tenure/nn/gru.hpp"
#include "tenure/nn/lstm.hpp"
#include "tenure/nn/simple_rnn.hpp"
#include "tenure/ops/activations.hpp"
#include "tenure/ops/arithmetic.hpp"
#include "tenure/ops/linear.hpp"
#include "tenure/ops/reduce.hpp"
#include "tenure/ops/repeat_vector.hpp"

namespace tenure::test {

using V = Var<double>;
using Weights = tenure::detail::RecurrentWeights<double>;

struct State {
  V h, c;
};

inline V product(V x, const Parameter<double>& weight, const std::optional<Parameter<double>>& bias) {
  Tape<double>& tape = x.tape();
  return bias ? linear(x, tape.parameter(weight), tape.parameter(*bias)) : linear(x, tape.parameter(weight));
}
inline V gate(V z, Index i, Index units) { return slice(z, 1, i * units, (i + 1) * units); }

inline State step(const Lstm<double>& layer, const Weights& w, V x, State s) {
  const V z = product(x, w.weight_ih, w.bias_ih) + product(s.h, w.weight_hh, w.bias_hh);
  const Index n = layer.hidden_size;
  const V c = sigmoid(gate(z, 1, n)) * s.c + sigmoid(gate(z, 0, n)) * tanh(gate(z, 2, n));
  return {sigmoid(gate(z, 3, n)) * tanh(c), c};
}

inline State step(const SimpleRnn<double>& layer, const Weights& w, V x, State s) {
  const V z = product(x, w.weight_ih, w.bias_ih) + product(s.h, w.weight_hh, w.bias_hh);
  return {layer.cell.relu ? relu(z) : tanh(z), {}};
}

inline State step(const Gru<double>& layer, const Weights& w, V x, State s) {
  const V input = product(x, w.weight_ih, w.bias_ih), u = product(s.h, w.weight_hh, w.bias_hh);
  const Index n = layer.hidden_size;
  const V r = sigmoid(gate(input, 0, n) + gate(u, 0, n)), z = sigmoid(gate(input, 1, n) + gate(u, 1, n));
  const V u_n = layer.cell.reset_after ? r * gate(u, 2, n) : gate(product(r * s.h, w.weight_hh, w.bias_hh), 2, n);
  const V candidate = tanh(gate(input, 2, n) + u_n);
  return {(1.0 - z) * candidate + z * s.h, {}};
}

/// The steps that count: 1 or 0 (batch, time), and whether none are left out.
struct Steps {
  Tensor<double> counts;
  std::vector<Index> last;  // of each row

  explicit Steps(Tensor<double> mask) : counts(std::move(mask)) {
    for (Index b = 0; b < counts.shape()[0]; ++b) {
      Index t = counts.shape()[1] - 1;
      while (t > 0 && counts(b, t) == 0) --t;
      last.push_back(t);
    }
  }
  V column(Tape<double>& tape, Index t) const {
    Tensor<double> column({counts.shape()[0], 1});
    for (Index b = 0; b < column.size(); ++b) column(b, 0) = counts(b, t);
    return tape.input(std::move(column));
  }
  V is_last(Tape<double>& tape, Index t) const {
    Tensor<double> column({counts.shape()[0], 1});
    for (Index b = 0; b < column.size(); ++b) column(b, 0) = last[static_cast<std::size_t>(b)] == t;
    return tape.input(std::move(column));
  }
};

/// One layer in one direction; outputs by time, and the final state.
template <class Layer>
State run_steps(const Layer& layer, const Weights& w, V x, State state, bool backward, const Steps& steps,
                bool repeat_masked, std::vector<V>& outputs) {
  const Index time = x.shape()[1];
  outputs.assign(static_cast<std::size_t>(time), V());
  for (Index i = 0; i < time; ++i) {
    const Index t = backward ? time - 1 - i : i;
    const State next = step(layer, w, select(x, 1, t), state);
    const V counts = steps.column(x.tape(), t);
    state.h = counts * next.h + (1.0 - counts) * state.h;
    if constexpr (std::is_same_v<Layer, Lstm<double>>) state.c = counts * next.c + (1.0 - counts) * state.c;
    outputs[static_cast<std::size_t>(t)] = repeat_masked ? state.h : counts * state.h;
  }
  return state;
}

/// The whole layer with its options, from elementary operations.
template <class Layer>
RecurrentResult<double> compose(const Layer& layer, V x, const RecurrentOptions<double>& options, const Steps& steps) {
  Tape<double>& tape = x.tape();
  if (options.steps > 0) x = repeat_vector(x, options.steps);
  const Index batch = x.shape()[0], time = x.shape()[1];
  const auto start = [&](const std::optional<V>& states, Index i) {
    return states ? select(*states, 0, i) : tape.input(Tensor<double>({batch, layer.hidden_size}));
  };
  std::vector<V> h, c;
  RecurrentResult<double> result{x, {}, {}};
  for (Index i = 0; i < static_cast<Index>(layer.weights.size()); i += layer.directions) {
    std::vector<V> outputs, side, finals;
    for (Index d = 0; d < layer.directions; ++d) {
      const auto& w = layer.weights[static_cast<std::size_t>(i + d)];
      const State state = run_steps(layer, w, result.output, {start(options.h_0, i + d), start(options.c_0, i + d)},
                                    d == 1 || options.reverse, steps, !options.zero_output_for_mask, side);
      for (std::size_t t = 0; t < side.size(); ++t) {
        d == 0 ? outputs.push_back(side[t]) : void(outputs[t] = concatenate({outputs[t], side[t]}, 1));
      }
      finals.push_back(state.h);
      h.push_back(reshape(state.h, {1, batch, layer.hidden_size}));
      c.push_back(reshape(state.c, {1, batch, layer.hidden_size}));
    }
    const bool top = i + layer.directions == static_cast<Index>(layer.weights.size());
    V last;
    for (Index t = 0; t < time; ++t) {
      V& y = outputs[static_cast<std::size_t>(t)];
      const V part = steps.is_last(tape, t) * y;
      last = t == 0 ? part : last + part;
      y = reshape(y, {batch, 1, layer.directions * layer.hidden_size});
    }
    result.output = top && options.output == RecurrentOutput::last    ? last
                    : top && options.output == RecurrentOutput::state ? concatenate(std::span<const V>(finals), 1)
                                                                      : concatenate(std::span<const V>(outputs), 1);
  }
  result.h_n = concatenate(std::span<const V>(h), 0);
  result.c_n = concatenate(std::span<const V>(c), 0);
  return result;
}

inline double largest_difference(View<const double> a, View<const double> b) {
  REQUIRE(a.shape() == b.shape());
  double largest = 0;
  for (Index i = 0; i < a.size(); ++i) largest = std::max(largest, std::abs(a.data()[i] - b.data()[i]));
  return largest;
}

/// One combination of the options.
struct Case {
  RecurrentOutput output = RecurrentOutput::sequence;
  int steps_left_out = 0;  ///< 0: none, 1: by lengths, 2: by a mask, 3: by a mask that leaves a row nothing
  bool initial = false, reverse = false, repeat_masked = false, repeats = false;
};

/// The sum of the layer's outputs and final states times random cotangents; those results, and the gradients of the
/// sum with respect to parameters, x and initial states: {sum, results..., gradients...}.
template <class Layer>
std::vector<Tensor<double>> evaluate(const Layer& layer, const Parameters<double>& parameters, const Case& options,
                                     bool fused) {
  constexpr bool lstm = std::is_same_v<Layer, Lstm<double>>;
  Rng rng(5);
  const Index batch = 3, time = 4, inputs = layer.weights[0].weight_ih.shape()[0];
  const Shape states{static_cast<Index>(layer.weights.size()), batch, layer.hidden_size};
  const Tensor<double> x = options.repeats ? random({batch, inputs}, rng) : random({batch, time, inputs}, rng);
  const Tensor<double> h = random(states, rng), c = random(states, rng);
  const Tensor<std::int64_t> lengths({batch}, {2, 4, 1});
  Tensor<double> mask({batch, time}, 1.0);
  if (options.steps_left_out == 1) mask = Tensor<double>({batch, time}, {1, 1, 0, 0, 1, 1, 1, 1, 1, 0, 0, 0});
  if (options.steps_left_out == 2) mask = Tensor<double>({batch, time}, {0, 1, 0, 1, 1, 1, 1, 0, 1, 0, 1, 1});
  if (options.steps_left_out == 3) mask = Tensor<double>({batch, time}, {0, 1, 0, 1, 0, 0, 0, 0, 1, 1, 1, 1});

  parameters.zero_gradients();
  Tape<double> tape;
  const V x_var = tape.variable(x), h_var = tape.variable(h), c_var = tape.variable(c);
  RecurrentOptions<double> call{.steps = options.repeats ? time : 0,
                                .output = options.output,
                                .zero_output_for_mask = !options.repeat_masked,
                                .reverse = options.reverse};
  if (options.steps_left_out == 1) call.lengths = lengths;
  if (options.steps_left_out >= 2) call.mask = mask;
  if (options.initial) call.h_0 = h_var;
  if (options.initial && lstm) call.c_0 = c_var;

  const RecurrentResult<double> y = fused ? layer.run(x_var, call) : compose(layer, x_var, call, Steps(mask));
  std::vector<Tensor<double>> values;
  V loss = tape.constant(0);
  const auto take = [&](V result) {
    values.emplace_back(result.value());
    loss = loss + sum(result * tape.input(random(result.shape(), rng)));
  };
  take(y.output);
  if (options.output != RecurrentOutput::last || (layer.directions == 1 && !options.reverse)) {
    take(y.h_n);
    if (lstm) take(y.c_n);
  }
  loss.backward();
  values.emplace(values.begin(), loss.value().reshape({1}));
  values.emplace_back(parameters.gradients());
  values.emplace_back(x_var.gradient());
  if (options.initial) values.emplace_back(h_var.gradient());
  if (options.initial && lstm) values.emplace_back(c_var.gradient());
  return values;
}

/// Compares the layer with its composition under every combination of options.
template <class Layer>
void check_against_composition(typename Layer::Config config) {
  for (int stack = 0; stack < 3; ++stack) {
    config.num_layers = stack == 2 ? 2 : 1;
    config.bidirectional = stack > 0;
    Rng rng(3);
    Layer layer(config, rng);
    const Parameters<double> parameters(layer);
    for (int bits = 0; bits < 16; ++bits) {
      for (const auto output : {RecurrentOutput::sequence, RecurrentOutput::last, RecurrentOutput::state}) {
        for (int left_out = 0; left_out < 4; ++left_out) {
          const Case options{output, left_out, (bits & 1) != 0, (bits & 2) != 0, (bits & 4) != 0, (bits & 8) != 0};
          if (options.reverse && config.bidirectional) continue;
          const auto actual = evaluate(layer, parameters, options, true);
          const auto expected = evaluate(layer, parameters, options, false);
          REQUIRE(actual.size() == expected.size());
          double largest = 0;
          for (std::size_t i = 0; i < actual.size(); ++i) {
            largest = std::max(largest, largest_difference(actual[i], expected[i]));
          }
          CAPTURE(stack);
          CAPTURE(bits);
          CAPTURE(left_out);
          CAPTURE(static_cast<int>(output));
          CHECK(largest < 1e-12);
        }
      }
    }
  }
}

/// Sequences so long that they are worked on in several blocks of steps: outputs and gradients are those of the
/// composition; without a backward pass, where little is kept, the outputs are the same bits.
template <class Layer>
void check_long(typename Layer::Config config) {
  config.bidirectional = true;
  Rng rng(8);
  Layer layer(config, rng);
  const Parameters<double> parameters(layer);
  const Tensor<double> x = random({9, 41, config.input_size}, rng),
                       cotangent = random({9, 41, 2 * config.hidden_size}, rng);
  Tensor<std::int64_t> lengths({9});
  Tensor<double> mask({9, 41});
  for (Index b = 0; b < 9; ++b) {
    lengths(b) = 41 - 5 * b;
    std::fill_n(mask.data() + 41 * b, lengths(b), 1.0);
  }
  const auto run = [&](bool fused) {
    parameters.zero_gradients();
    Tape<double> tape;
    const V in = tape.variable(x);
    const V y = fused ? layer(in, {.lengths = lengths}) : compose(layer, in, {}, Steps(mask)).output;
    y.backward(cotangent);
    return std::array{Tensor<double>(y.value()), Tensor<double>(in.gradient()), Tensor<double>(parameters.gradients())};
  };
  const auto actual = run(true), expected = run(false);
  for (std::size_t i = 0; i < 3; ++i) CHECK(largest_difference(actual[i], expected[i]) < 1e-11);

  Tape<double> tape;
  const NoGrad<double> guard(tape);
  const V in = tape.input(x);
  CHECK(largest_difference(layer(in, {.lengths = lengths}).value(), actual[0]) == 0);
  const auto all = layer.run(in), last = layer.run(in, {.output = RecurrentOutput::last});
  const auto state = layer.run(in, {.output = RecurrentOutput::state});
  CHECK(largest_difference(last_step(all.output).value(), last.output.value()) < 1e-14);
  CHECK(largest_difference(all.h_n.value(), state.h_n.value()) == 0);
}

/// Checks the gradients by central differences, those of x and initial states as well as those of the parameters.
template <class Layer>
void check_gradients(typename Layer::Config config) {
  constexpr bool lstm = std::is_same_v<Layer, Lstm<double>>;
  config.bidirectional = true;
  Rng rng(9);
  Layer layer(config, rng);
  const Tensor<std::int64_t> lengths({3}, {2, 4, 1});
  check_op(
      [&](const std::vector<V>& in) {
        RecurrentOptions<double> options{.lengths = lengths, .h_0 = in[1]};
        if (lstm) options.c_0 = in[2];
        const V y = layer(in[0], options);
        return lstm ? y : y + sum(in[2]);
      },
      {random({3, 4, config.input_size}, rng), random({2, 3, config.hidden_size}, rng),
       random({2, 3, config.hidden_size}, rng)});

  const Parameters<double> parameters(layer);
  const Case options{.steps_left_out = 2, .initial = true};
  const std::size_t gradients = lstm ? 4 : 3;  // behind the sum, the outputs and the final states
  const Tensor<double> analytic = evaluate(layer, parameters, options, true)[gradients];
  double largest = 0;
  for (Index i = 0; i < analytic.size(); ++i) {
    double& value = parameters.values().data()[i];
    const double at = value, width = 1e-5;
    value = at + width;
    const double above = evaluate(layer, parameters, options, true)[0](0);
    value = at - width;
    const double below = evaluate(layer, parameters, options, true)[0](0);
    value = at;
    largest = std::max(largest, std::abs((above - below) / (2 * width) - analytic(i)));
  }
  CHECK(largest < 1e-7);
}

/// A stream fed in pieces, each starting from the states that the last one ended with, gives what it gives at once, bit
/// for bit; gradients flow back through the states.
template <class Layer>
void check_stream(typename Layer::Config config) {
  Rng rng(4);
  const Layer layer(config, rng);
  Tape<double> tape;
  const V x = tape.variable(random({3, 7, config.input_size}, rng)), again = tape.variable(Tensor<double>(x.value()));
  const auto at_once = layer.run(x);
  auto piece = layer.run(slice(again, 1, 0, 2));
  std::vector<V> outputs{piece.output};
  for (const auto& [begin, end] : {std::pair<Index, Index>{2, 3}, {3, 7}}) {
    RecurrentOptions<double> options{.h_0 = piece.h_n};
    if (std::is_same_v<Layer, Lstm<double>>) options.c_0 = piece.c_n;
    piece = layer.run(slice(again, 1, begin, end), options);
    outputs.push_back(piece.output);
  }
  const V in_pieces = concatenate(std::span<const V>(outputs), 1);
  CHECK(largest_difference(at_once.output.value(), in_pieces.value()) == 0);
  CHECK(largest_difference(at_once.h_n.value(), piece.h_n.value()) == 0);
  const Tensor<double> cotangent = random(at_once.output.shape(), rng);
  at_once.output.backward(cotangent);
  in_pieces.backward(cotangent);
  CHECK(largest_difference(x.gradient(), again.gradient()) < 1e-13);
}

/// Each row of a padded batch gives what it gives alone, whatever stands in its padding.
template <class Layer>
void check_padding(typename Layer::Config config) {
  config.num_layers = 2;
  config.bidirectional = true;
  Rng rng(6);
  const Layer layer(config, rng);
  const Tensor<std::int64_t> lengths({4}, {3, 6, 1, 4});
  const Tensor<double> x = random({4, 6, config.input_size}, rng);
  Tape<double> tape;
  const V batch = tape.input(x);
  const auto padded = layer.run(batch, {.lengths = lengths});
  const V last = layer(batch, {.lengths = lengths, .output = RecurrentOutput::last});
  for (Index b = 0; b < 4; ++b) {
    const V row = slice(slice(batch, 0, b, b + 1), 1, 0, lengths(b));
    const auto single = layer.run(row);
    const V outputs = slice(slice(padded.output, 0, b, b + 1), 1, 0, lengths(b));
    CHECK(largest_difference(outputs.value(), single.output.value()) < 1e-14);
    CHECK(largest_difference(slice(padded.h_n, 1, b, b + 1).value(), single.h_n.value()) < 1e-14);
    CHECK(largest_difference(slice(last, 0, b, b + 1).value(), last_step(single.output).value()) < 1e-14);
    for (Index t = lengths(b); t < 6; ++t) {
      CHECK(std::ranges::all_of(padded.output.value()[b][t], [](double y) { return y == 0; }));
    }
  }
}

}  // namespace tenure::test
