/// What Lstm, Gru and SimpleRnn have in common: the options of a call, stacked layers with dropout between them, and
/// PyTorch's names.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <vector>

#include "../ops/concatenate.hpp"
#include "../ops/dropout.hpp"
#include "../ops/recurrent/layer.hpp"
#include "../ops/reshape.hpp"
#include "../ops/slice.hpp"
#include "../ops/transpose.hpp"
#include "initializers.hpp"
#include "layer.hpp"

namespace tenure { inline namespace TENURE_ABI {

/// Options of one call of a recurrent layer.
template <class T>
struct RecurrentOptions {
  /// Steps of each row that count, the first ones: (batch), each from 0 to time. Outputs behind them are 0, and the
  /// final state is that after the last of them, as with PyTorch's packed sequences; that of a row without any is the
  /// initial one. What x holds behind them is never read: it may be NaN.
  View<const std::int64_t> lengths = {};
  /// The same by a mask (batch, time), 0 where a step does not count, wherever it stands. Not together with lengths.
  View<const T> mask = {};
  /// States to start from (num_layers · directions, batch, hidden_size) rather than zeros; an Lstm takes both.
  std::optional<Var<T>> h_0 = {}, c_0 = {};
  /// For x (batch, features): so many steps of the same vector, which is projected once.
  Index steps = 0;
  RecurrentOutput output = RecurrentOutput::sequence;
  /// Outputs of steps that don't count are 0; else those before them, which is Keras's default.
  bool zero_output_for_mask = true;
  /// Runs from the last step to the first, outputs in the order of the input; not for a bidirectional layer.
  bool reverse = false;
};

/// What a recurrent layer gives.
template <class T>
struct RecurrentResult {
  /// (batch, time, directions · hidden_size); (batch, directions · hidden_size) for RecurrentOutput::last, and for
  /// state, where it is the top layer's part of h_n.
  Var<T> output;
  /// Final states (num_layers · directions, batch, hidden_size), layer by layer; c_n of an Lstm only.
  /// Refer to nothing for the last output of a reverse direction, which does not get there.
  Var<T> h_n, c_n;
};

namespace detail {

/// One layer's parameters in one direction, gates being `gates · hidden_size` columns in PyTorch's order.
template <class T>
struct RecurrentWeights {
  Parameter<T> weight_ih;                    // (input_size, gates · hidden_size)
  Parameter<T> weight_hh;                    // (hidden_size, gates · hidden_size)
  std::optional<Parameter<T>> bias_ih = {};  // (gates · hidden_size)
  std::optional<Parameter<T>> bias_hh = {};  // (gates · hidden_size)
};

/// What Lstm, Gru and SimpleRnn have in common: x (batch, time, input_size), output (batch, time, directions ·
/// hidden_size), states (num_layers · directions, batch, hidden_size).
template <class Cell>
struct RecurrentLayer {
  using value_type = typename Cell::value_type;
  using T = value_type;

  Cell cell;
  Index hidden_size;
  Index directions;
  double dropout;
  std::vector<RecurrentWeights<T>> weights;  // (layers · directions)

  static constexpr std::string_view type = Cell::name;

  /// @throws ValueError
  [[gnu::cold]] RecurrentLayer(const auto& config, Cell with, Rng& rng)
      : cell(with),
        hidden_size(required(type, "hidden_size", config.hidden_size)),
        directions(config.bidirectional ? 2 : 1),
        dropout(config.dropout) {
    const bool keras = config.preset == Preset::keras;
    const Index biases = config.biases.value_or(keras && cell.shared_biases() == Cell::gates ? 1 : 2);
    if (biases < 0 || biases > 2) throw ValueError(type, "0, 1 or 2 biases", {biases});
    required(type, "num_layers", config.num_layers);
    check_rate(type, dropout);
    if (dropout > 0 && config.num_layers == 1) {
      throw ValueError(type, "no dropout for a single layer, as it acts between layers", {dropout});
    }
    weights = std::vector<RecurrentWeights<T>>(static_cast<std::size_t>(config.num_layers * directions));
    Index inputs = required(type, "input_size", config.input_size);
    for (std::size_t i = 0; i < weights.size(); ++i) {
      if (i == static_cast<std::size_t>(directions)) inputs = directions * hidden_size;
      RecurrentWeights<T>& w = weights[i];
      const Index width = Cell::gates * hidden_size;
      w.weight_ih = Parameter<T>({inputs, width}, FileLayout::transposed, type);
      w.weight_hh = Parameter<T>({hidden_size, width}, weight_hh_layout(), type);
      if (biases > 0) w.bias_ih.emplace(Shape{width}, biases == 1 ? only_bias_layout() : FileLayout::same, type);
      if (biases > 1) w.bias_hh.emplace(Shape{width}, FileLayout::same, type);
      keras ? initialize_as_keras(w, inputs, rng) : initialize_as_pytorch(w, rng);
    }
  }

  /// Named as in PyTorch: weight_ih_l0, weight_hh_l0, bias_ih_l0, bias_hh_l0, weight_ih_l0_reverse, ...
  [[gnu::cold]] static void fields(auto& self, auto&& f) {
    Index i = 0;
    for (auto& w : self.weights) {
      const std::string suffix =
          "_l" + std::to_string(i / self.directions) + (i % self.directions == 1 ? "_reverse" : "");
      f(("weight_ih" + suffix).c_str(), w.weight_ih);
      f(("weight_hh" + suffix).c_str(), w.weight_hh);
      f(("bias_ih" + suffix).c_str(), w.bias_ih);
      f(("bias_hh" + suffix).c_str(), w.bias_hh);
      ++i;
    }
  }

  /// x (batch, time, input_size) → (batch, time, directions · hidden_size), or what the options ask for.
  /// @param rng for dropout; null for the tape's, which fit() sets. @throws ShapeError, ValueError
  Var<T> operator()(Var<T> x, const RecurrentOptions<T>& options = {}, Rng* rng = nullptr) const {
    return run(x, options, rng).output;
  }
  Var<T> operator()(Var<T> x, Rng* rng) const { return (*this)(x, {}, rng); }

  /// The same and the final states. @throws ShapeError, ValueError
  RecurrentResult<T> run(Var<T> x, const RecurrentOptions<T>& options = {}, Rng* rng = nullptr) const {
    check(x.shape(), options);
    rng = dropout_rng(x, rng);
    RecurrentResult<T> result{.output = x, .h_n = {}, .c_n = {}};
    const Index layers = static_cast<Index>(weights.size()) / directions;
    for (Index layer = 0; layer < layers; ++layer) {
      if (layer > 0 && rng && dropout > 0) result.output = tenure::dropout(result.output, dropout, *rng);
      run_layer(layer, layer + 1 == layers, options, result);
    }
    observed(*this, result.output);
    return result;
  }

 private:
  FileLayout weight_hh_layout() const noexcept {
    if constexpr (requires { cell.reset_after; }) {
      if (!cell.reset_after) return FileLayout::reset_before;
    }
    return FileLayout::transposed;
  }
  FileLayout only_bias_layout() const noexcept {
    return cell.shared_biases() == Cell::gates ? FileLayout::sum : FileLayout::with_zeros;
  }

  [[gnu::cold]] static void initialize_as_pytorch(RecurrentWeights<T>& w, Rng& rng) {
    const double limit = 1 / std::sqrt(static_cast<double>(w.weight_hh.shape()[0]));
    uniform(w.weight_ih.value(), limit, rng);
    uniform(w.weight_hh.value(), limit, rng);
    if (w.bias_ih) uniform(w.bias_ih->value(), limit, rng);
    if (w.bias_hh) uniform(w.bias_hh->value(), limit, rng);
  }

  [[gnu::cold]] static void initialize_as_keras(RecurrentWeights<T>& w, Index inputs, Rng& rng) {
    glorot_uniform(w.weight_ih.value(), inputs, w.weight_ih.shape()[1], rng);
    orthogonal(w.weight_hh.value(), rng);
  }

  /// Replaces result.output, the layer's input, by its output and adds its final states.
  void run_layer(Index layer, bool top, const RecurrentOptions<T>& options, RecurrentResult<T>& result) const {
    Tape<T>& tape = result.output.tape();
    std::array<Var<T>, 11> inputs;  // of two directions, with biases and states
    std::size_t count = 0;
    bool differentiable = false;
    const auto add = [&](Var<T> var) {
      differentiable |= var.requires_gradient();
      inputs[count++] = var;
    };
    const RecurrentWeights<T>* const w = weights.data() + layer * directions;
    add(result.output);
    for (Index d = 0; d < directions; ++d) {
      add(tape.parameter(w[d].weight_ih));
      add(tape.parameter(w[d].weight_hh));
    }
    for (Index d = 0; d < directions; ++d) {
      if (w[d].bias_ih) add(tape.parameter(*w[d].bias_ih));
      if (w[d].bias_hh) add(tape.parameter(*w[d].bias_hh));
    }
    if (options.h_0) add(slice(*options.h_0, 0, layer * directions, (layer + 1) * directions));
    if (options.c_0) add(slice(*options.c_0, 0, layer * directions, (layer + 1) * directions));

    // In a plan, lengths may be others the next time.
    const bool masked = !options.mask.empty() || (tape.plan() && !options.lengths.empty()) ||
                        is_ragged(options.lengths, time(result.output.shape(), options));
    const ops::Recurrent<Cell> op{
        .cell = cell,
        .options = {
            .output = top ? options.output : RecurrentOutput::sequence,
            .direction = direction(options),
            .biases = w->bias_ih.has_value() + w->bias_hh.has_value(),
            .repeats = layer == 0 ? options.steps : 0,
            .initial = options.h_0.has_value(),
            .keep = differentiable && tape.recording(),
            .mask = {.any = masked,
                     .output = options.zero_output_for_mask ? ops::MaskedOutput::zero : ops::MaskedOutput::previous,
                     .lengths = options.lengths,
                     .steps = options.mask}}};
    const Shape x = result.output.shape();
    const Var<T> y = tape.record(op, std::span<const Var<T>>(inputs.data(), count));
    const auto offsets = op.offsets(x, hidden_size);
    const Shape states{directions, x[0], hidden_size};
    const bool first = layer == 0;
    if (offsets.c > offsets.h) append(tape.alias(y, offsets.h, states), first, result.h_n);
    if (offsets.end > offsets.c) append(tape.alias(y, offsets.c, states), first, result.c_n);
    if (op.options.output == RecurrentOutput::sequence) {
      const Index steps = op.options.repeats > 0 ? op.options.repeats : x[1];
      result.output = tape.alias(y, 0, {x[0], steps, directions * hidden_size});
    } else if (op.options.output == RecurrentOutput::last) {
      result.output = tape.alias(y, 0, {x[0], directions * hidden_size});
    } else {
      result.output = reshape(transpose(tape.alias(y, offsets.h, states), 0, 1), {x[0], directions * hidden_size});
    }
  }

  ops::RecurrentDirection direction(const RecurrentOptions<T>& options) const noexcept {
    if (directions == 2) return ops::RecurrentDirection::both;
    return options.reverse ? ops::RecurrentDirection::reverse : ops::RecurrentDirection::forward;
  }

  static void append(Var<T> states, bool first, Var<T>& all) { all = first ? states : concatenate({all, states}, 0); }

  static Index time(const Shape& x, const RecurrentOptions<T>& options) { return x.rank() == 2 ? options.steps : x[1]; }

  static bool is_ragged(View<const std::int64_t> lengths, Index time) {
    return std::any_of(lengths.begin(), lengths.end(), [=](std::int64_t length) { return length != time; });
  }

  void check(const Shape& x, const RecurrentOptions<T>& options) const {
    if (options.steps < 0) fail<ValueError>("steps of at least 1, or none", {options.steps});
    const Index rank = options.steps > 0 ? 2 : 3;
    check_features(weights[0].weight_ih, type, x, weights[0].weight_ih.shape()[0], rank);
    const Index steps = rank == 2 ? options.steps : x[1];
    const Shape states{static_cast<Index>(weights.size()), x[0], hidden_size};
    if (x.rank() != rank) fail<ShapeError>(rank == 2 ? "x (batch, features)" : "x (batch, time, features)", {x});
    if (!options.lengths.empty() && !options.mask.empty()) fail<ValueError>("lengths or a mask", "both");
    if (!options.lengths.empty()) check_lengths(options.lengths, x[0], steps);
    if (!options.mask.empty() && options.mask.shape() != Shape{x[0], steps}) {
      fail<ShapeError>({"a mask of ", Shape{x[0], steps}}, {options.mask.shape()});
    }
    if (rank == 2) static_cast<void>(Shape{x[0], steps, weights[0].weight_ih.shape()[1]});  // fits the address space
    if (options.reverse && directions == 2) fail<ValueError>("one direction to reverse", "a bidirectional layer");
    for (const std::optional<Var<T>>& state : {options.h_0, options.c_0}) {
      if (state && state->shape() != states) fail<ShapeError>({"initial states of ", states}, {state->shape()});
    }
    if (options.c_0 && Cell::states == 1) fail<ValueError>("an initial h_0", "h_0 and c_0");
    if (options.h_0.has_value() != options.c_0.has_value() && Cell::states == 2) {
      fail<ValueError>("initial states h_0 and c_0 together", "one of them");
    }
  }

  void check_lengths(View<const std::int64_t> lengths, Index batch, Index steps) const {
    if (lengths.shape() != Shape{batch}) fail<ShapeError>({"lengths of ", Shape{batch}}, {lengths.shape()});
    const Index row = ops::first_wrong_length(lengths, steps);
    if (row >= 0) fail<ValueError>({"lengths from 0 to ", steps}, {lengths(row), " for row ", row});
  }

  template <class E>
  [[noreturn, gnu::cold, gnu::noinline]] void fail(const Text& expected, const Text& got) const {
    throw E(layer_path(weights[0].weight_ih, type), expected, got);
  }
};

}  // namespace detail

}}  // namespace tenure::TENURE_ABI
