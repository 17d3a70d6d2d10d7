/// A recurrent layer over whole sequences, in one direction or both, as one operation:
///
///   h_t = cell(x_t W + b, h_{t−1} U)
///
/// x (batch, time, features), or (batch, features) for a vector that is the same at every step; for each direction W
/// (features, gates · units), U (units, gates · units), up to two biases (gates · units); initial states (directions,
/// batch, units). The cells are in lstm.hpp, gru.hpp and simple_rnn.hpp.
///
/// Inside, time comes first: each step works on contiguous matrices. What is one product for many steps, the projection
/// of the input and the gradients of weights and input, is computed for a block of steps at a time, as many as a
/// product takes in one pass: what the steps left is then still in the cache. A row whose sequence is over keeps its
/// state, so that masks are right in both directions. A state that is known to be zero is not multiplied.
#pragma once

#include <cstdint>
#include <optional>

#include "../../autograd/tape.hpp"
#include "../../kernels/gemm.hpp"
#include "../../kernels/reduce.hpp"
#include "../../kernels/rows.hpp"
#include "../../kernels/transpose.hpp"
#include "packed.hpp"

namespace tenure { inline namespace TENURE_ABI {

/// What a recurrent layer gives. With both directions, the last output is not the final state: the reverse direction's
/// output at the last step is its first, and it runs that one step only.
enum class RecurrentOutput {
  sequence,  ///< the outputs of all steps (batch, time, directions · units), and the final states
  last,      ///< the output at each row's last step (batch, directions · units), PyTorch's `out[:, -1]`
  state,     ///< the final states alone: Keras's return_sequences=False
};

namespace ops {

/// A time step as a cell sees it; all matrices are contiguous.
template <class T>
struct RecurrentStep {
  Index batch;
  Index units;
  const T* weight;              ///< (units, gates · units), of the recurrent product
  const T* bias;                ///< of the recurrent product, for the gates whose biases are not shared; null for none
  bool starts;                  ///< h_previous is known to be zero
  T* gates;                     ///< (batch, gates · units), in: x W + b, out: what the backward pass reads
  T* extra;                     ///< (batch, extra · units), for the backward pass; null where it may be left out
  const T* h_previous;          ///< (batch, units)
  T* h;                         ///< (batch, units)
  const T* c_previous;          ///< (batch, units), where the cell has a second state
  T* c;                         ///< (batch, units)
  kernels::Rows<const T> mask;  ///< (batch, 1)
};

/// The same for the backward pass.
template <class T>
struct RecurrentStepGradient {
  Index batch;
  Index units;
  const T* weight;  ///< (gates · units, units), the recurrent weight transposed
  bool starts;
  bool continues;  ///< whether the gradient into h_previous is wanted
  const T* gates;
  const T* extra;
  const T* h_previous;
  const T* h;
  const T* c_previous;
  kernels::Rows<const T> dy;    ///< (batch, units), null for none
  T* dh;                        ///< (batch, units), in: gradient into h, out: into h_previous
  T* dc;                        ///< (batch, units), likewise
  T* dz;                        ///< (batch, gates · units), out: gradient into x W + b
  T* dextra;                    ///< (batch, dextra · units), out: the cell's own
  kernels::Rows<const T> mask;  ///< (batch, 1)
};

/// What a cell's weight gradient is made from, over a block of steps.
template <class T>
struct RecurrentWeightGradient {
  Index rows;  // steps · batch
  Index units;
  const T* h_previous;  ///< (rows, units)
  const T* extra;       ///< (rows, extra · units)
  const T* dz;          ///< (rows, gates · units)
  const T* dextra;      ///< (rows, dextra · units)
  T* dweight;           ///< (units, gates · units), added to
};

/// The first row whose length is not from 1 to `steps`; −1 if there is none.
inline Index first_wrong_length(View<const std::int64_t> lengths, Index steps) noexcept {
  const auto wrong =
      std::find_if(lengths.begin(), lengths.end(), [=](std::int64_t length) { return length < 1 || length > steps; });
  return wrong == lengths.end() ? -1 : wrong - lengths.begin();
}

/// The op. Inputs: x, then W and U of each direction, the biases of each direction, and, with `initial`, the initial
/// states (directions, batch, units), one for each state of the cell. y is one flat buffer; see Offsets.
template <class Cell>
struct Recurrent {
  using T = typename Cell::value_type;
  static constexpr std::string_view name = Cell::name;
  static constexpr Reads backward_reads{.inputs = 0b11111};  // x and the weights
  static constexpr Index gates = Cell::gates;

  Cell cell;
  RecurrentOutput output;
  Index directions;
  Index biases;                        // of each direction
  Index repeats;                       // steps of an x that is the same at all of them; 0 for an x with a time axis
  bool reverse;                        // whether a single direction runs from the last step to the first
  bool initial;                        // whether initial states are given
  bool keep;                           // whether there will be a backward pass
  bool repeat_masked;                  // outputs of masked steps: those before them rather than zeros
  bool masked;                         // whether some steps don't count, by the lengths or the mask
  View<const std::int64_t> lengths{};  // (batch), read by the forward pass only, as is the mask
  View<const T> mask{};                // (batch, time)

  /// Where the results begin in y, the final states being (directions, batch, units).
  struct Offsets {
    Index h, c, end;
  };
  Offsets offsets(const Shape& x, Index units) const {
    const Sizes s(*this, x, units);
    const bool states = output != RecurrentOutput::last || !(directions == 2 || reverse);
    const Index outputs = output == RecurrentOutput::sequence ? s.time : output == RecurrentOutput::last ? 1 : 0;
    const Index h = outputs * directions * s.state, c = h + (states ? directions * s.state : 0);
    return {h, c, states && Cell::states == 2 ? c + directions * s.state : c};
  }

  Shape shape(Inputs<T> in) const {
    const Shape &x = in[0].shape(), &w = in[1].shape(), &u = in[2].shape();
    if (x.rank() != (repeats > 0 ? 2 : 3) || w.rank() != 2 || u != Shape{w[1] / gates, w[1]} || w[0] != x.last()) {
      throw ShapeError(name, "x (batch, time, features), W (features, gates · units), U (units, gates · units)",
                       {x, ", ", w, " and ", u});
    }
    return {offsets(x, u[0]).end};
  }

  void check_values(Inputs<T> in) const {
    const Index time = sizes(in).time, row = first_wrong_length(lengths, time);
    if (row >= 0) throw ValueError(name, {"lengths from 1 to ", time}, {lengths(row), " for row ", row});
  }

  Index saved_size(Inputs<T> in) const { return keep ? Layout(*this, sizes(in)).size : 0; }

  /// For a single row without initial states or steps that don't count.
  std::optional<PackedRecurrent<Cell>> packed(Inputs<T> in, PackedWeights<T>& weights) const requires HasRowStep<Cell> {
    const Sizes s = sizes(in);
    if (s.batch != 1 || initial || masked || !cell.has_row_step()) return {};
    const Offsets out = offsets(in[0].shape(), s.units);
    PackedRecurrent<Cell> packed{.cell = cell,
                                 .directions = directions,
                                 .features = s.features,
                                 .units = s.units,
                                 .steps = s.time,
                                 .repeated = repeats > 0,
                                 .sequence = output == RecurrentOutput::sequence,
                                 .last = output == RecurrentOutput::last,
                                 .reverse = reverse,
                                 .h = out.h,
                                 .c = out.c,
                                 .end = out.end,
                                 .weights = {}};
    for (Index d = 0; d < directions; ++d) {
      const T* const w = in[weight_input(d)].data();
      const T* const u = in[weight_input(d) + 1].data();
      const T* const bias = biases > 0 ? in[bias_input(d, 0)].data() : nullptr;
      const T* const recurrent_bias = biases > 1 ? in[bias_input(d, 1)].data() : nullptr;
      const auto pack = [&](T* to) { packed.pack(w, u, bias, recurrent_bias, to); };
      packed.weights[d] = weights.get({{w, u, bias}, packed.size()}, pack);
    }
    return packed;
  }

  void forward(const Forward<T>& f) const {
    const Sizes s = sizes(f.x);
    const Layout layout(*this, s);
    T* const memory = keep ? f.saved : allocate(f.scratch, layout.size);
    if (masked) write_mask(s, memory + layout.mask);
    if (layout.gathers) copy_by_time(s, s.time, f.x[0].data(), memory + layout.x, false);
    for (Index d = 0; d < directions; ++d) forward(f, s, layout, d, memory);
  }

  void backward(const Backward<T>& b) const {
    const Sizes s = sizes(b.x);
    const Layout layout(*this, s);
    for (Index d = 0; d < directions; ++d) {
      const Arena::Mark mark = b.scratch.mark();
      backward(b, s, layout, d);
      b.scratch.rewind(mark);
    }
  }

 private:
  struct Sizes {
    Index batch, time, features, units;
    Index state;  // batch · units
    Index width;  // gates · units

    Sizes(const Recurrent& op, const Shape& x, Index n)
        : batch(x[0]),
          time(op.repeats > 0 ? op.repeats : x[1]),
          features(x.last()),
          units(n),
          state(batch * n),
          width(gates * n) {}
  };
  Sizes sizes(Inputs<T> in) const { return {*this, in[0].shape(), in[2].shape()[0]}; }

  /// One direction. States lie by time, the initial one before the first step of a forward direction and behind the
  /// last of a reverse one: the states before all steps, and those after them, are each one matrix of rows by time, as
  /// the gates are. Where nothing is kept, there is one of each, and the gates of one block.
  struct Direction {
    bool backward;  // from the last step to the first
    bool one_step;  // only the output at the last step is wanted, this direction's first
    bool kept;      // whether all steps are kept
    Index steps;
    Index x;      // (batch, features) of the only step
    Index h, c;   // (steps + 1, batch, units)
    Index gates;  // (steps, batch, gates · units)
    Index extra;  // (steps, batch, extra · units)

    Index time(Index i) const { return backward ? steps - 1 - i : i; }
    Index before(Index t) const { return kept ? (backward ? t + 1 : t) : 0; }
    Index after(Index t) const { return kept ? (backward ? t : t + 1) : 0; }
  };

  /// Steps [begin, end) in the order of processing; `first` is the earliest in time.
  struct Block {
    Index begin, end, first;

    Block(const Direction& one, Index from, Index size)
        : begin(from), end((std::min)(from + size, one.steps)), first(one.backward ? one.steps - end : begin) {}
    Index steps() const { return end - begin; }
  };
  static Index block_steps(const Sizes& s, const Direction& one) {
    constexpr Index rows = 1024 / static_cast<Index>(sizeof(T));  // what a product's pass over k takes
    const Index blocks = (one.steps * s.batch + rows - 1) / rows;
    return (one.steps + blocks - 1) / blocks;
  }

  /// Where the parts of the kept memory begin.
  struct Layout {
    Index size = 0;
    bool gathers;  // whether x is copied to have time first
    Index x;       // (time, batch, features)
    Index mask;    // (time + 1, batch); the last row says which rows have any step at all
    Direction direction[2];

    Layout(const Recurrent& op, const Sizes& s) {
      const bool all_one_step = op.output == RecurrentOutput::last && op.reverse && op.directions == 1;
      gathers = op.repeats == 0 && s.batch > 1 && s.time > 1 && !all_one_step;
      x = take(gathers ? s.time * s.batch * s.features : 0);
      mask = take(op.masked ? (s.time + 1) * s.batch : 0);
      for (Index d = 0; d < op.directions; ++d) {
        Direction& one = direction[d];
        one.backward = d == 1 || op.reverse;
        one.one_step = one.backward && op.output == RecurrentOutput::last;
        one.kept = op.keep || Cell::gates_are_states;
        one.steps = one.one_step ? 1 : s.time;
        const Index states = one.kept ? one.steps + 1 : 1;
        one.x = take(one.one_step && op.repeats == 0 ? s.batch * s.features : 0);
        one.h = take(states * s.state);
        one.c = take(Cell::states == 2 ? states * s.state : 0);
        one.gates = Cell::gates_are_states ? one.h + one.after(0) * s.state
                                           : take((one.kept ? one.steps : block_steps(s, one)) * gates * s.state);
        one.extra = take((one.kept ? one.steps : 1) * Cell::extra * s.state);
      }
    }

    Index take(Index elements) {
      constexpr Index line = 64 / static_cast<Index>(sizeof(T));
      const Index begin = size;
      size += (elements + line - 1) / line * line;
      return begin;
    }
  };

  static T* allocate(Arena& arena, Index elements) {
    return arena.template allocate<T>(static_cast<std::size_t>(elements));
  }

  /// Some steps of x (batch, time, features) to (steps, batch, features), or, adding, the other way round.
  static void copy_by_time(const Sizes& s, Index steps, const T* from, T* to, bool back) {
    const Index extents[] = {steps, s.batch, s.features};
    const Index by_row[] = {s.features, s.time * s.features, 1}, by_time[] = {s.batch * s.features, s.features, 1};
    kernels::copy_strided(3, extents, from, back ? by_time : by_row, to, back ? by_row : by_time, back);
  }

  std::size_t weight_input(Index d) const { return static_cast<std::size_t>(1 + 2 * d); }
  std::size_t bias_input(Index d, Index i) const {
    return static_cast<std::size_t>(1 + 2 * directions + d * biases + i);
  }
  std::size_t state_input(Index i) const { return static_cast<std::size_t>(1 + directions * (2 + biases) + i); }

  void write_mask(const Sizes& s, T* by_time) const {
    for (Index b = 0; b < s.batch; ++b) {
      bool any = false;
      for (Index t = 0; t < s.time; ++t) {
        const bool counts = lengths.empty() ? mask(b, t) != 0 : t < lengths(b);
        by_time[t * s.batch + b] = counts;
        any |= counts;
      }
      by_time[s.time * s.batch + b] = any;
    }
  }

  kernels::Rows<const T> mask_rows(const Sizes& s, const Direction& one, const T* by_time, Index t) const {
    if (!masked) return {};
    return {by_time + (one.one_step ? s.time : t) * s.batch, 1};
  }

  /// The rows whose output is given, at step t or, as the last output, at all; null where those of all rows are.
  kernels::Rows<const T> output_rows(const Sizes& s, const T* mask_by_time, Index t) const {
    if (!masked || repeat_masked) return {};
    return {mask_by_time + (output == RecurrentOutput::last ? s.time : t) * s.batch, 1};
  }

  /// Where in x (batch, time, features) the last step of a row begins.
  Index last_input(const Sizes& s, const T* mask_by_time, Index b) const {
    Index t = s.time - 1;
    while (masked && t > 0 && mask_by_time[t * s.batch + b] == 0) --t;
    return (b * s.time + t) * s.features;
  }

  /// The input of a block: (steps, batch, features), or (batch, features) where it is the same at all steps.
  const T* input(const Sizes& s, const Layout& layout, const Direction& one, Index first, const T* x,
                 const T* memory) const {
    if (repeats > 0) return x;
    return one.one_step ? memory + one.x : (layout.gathers ? memory + layout.x : x) + first * s.batch * s.features;
  }

  void forward(const Forward<T>& f, const Sizes& s, const Layout& layout, Index d, T* memory) const {
    const Direction& one = layout.direction[d];
    if (one.one_step && repeats == 0) {
      for (Index b = 0; b < s.batch; ++b) {
        std::copy_n(f.x[0].data() + last_input(s, memory + layout.mask, b), s.features,
                    memory + one.x + b * s.features);
      }
    }
    const Index start = one.before(one.time(0)) * s.state;
    for (Index i = 0; i < Cell::states; ++i) {
      T* const state = memory + (i == 0 ? one.h : one.c) + start;
      if (initial) {
        std::copy_n(f.x[state_input(i)].data() + d * s.state, s.state, state);
      } else {
        std::fill_n(state, s.state, T{});
      }
    }
    const T* const bias = projection_bias(f, s, d);
    const T* const repeated = repeats > 0 ? project_repeated(f, s, d, bias) : nullptr;
    const Index size = block_steps(s, one);
    for (Index begin = 0; begin < one.steps; begin += size) {
      const Block block(one, begin, size);
      T* const z = memory + one.gates + (one.kept ? block.first * gates * s.state : 0);
      if (repeated) {
        for (Index t = 0; t < block.steps(); ++t) std::copy_n(repeated, gates * s.state, z + t * gates * s.state);
      } else {
        kernels::gemm(block.steps() * s.batch, s.width, s.features,
                      input(s, layout, one, block.first, f.x[0].data(), memory), s.features,
                      f.x[weight_input(d)].data(), s.width, z, s.width, {.bias = bias});
      }
      run(f, s, layout, d, memory, block, z);
    }
    give_final(f, s, layout, d, memory, one.after(one.time(one.steps - 1)) * s.state);
  }

  /// The sum of the biases that are added to the projection; null for none.
  const T* projection_bias(const Forward<T>& f, const Sizes& s, Index d) const {
    const T* const bias = biases > 0 ? f.x[bias_input(d, 0)].data() : nullptr;
    if (biases < 2) return bias;
    T* const sum = allocate(f.scratch, s.width);
    const T* const recurrent = f.x[bias_input(d, 1)].data();
    for (Index j = 0; j < s.width; ++j) sum[j] = bias[j] + (j < cell.shared_biases() * s.units ? recurrent[j] : T{});
    return sum;
  }

  const T* project_repeated(const Forward<T>& f, const Sizes& s, Index d, const T* bias) const {
    T* const z = allocate(f.scratch, gates * s.state);
    kernels::gemm(s.batch, s.width, s.features, f.x[0].data(), s.features, f.x[weight_input(d)].data(), s.width, z,
                  s.width, {.bias = bias});
    return z;
  }

  /// The steps of a block, from their projected inputs z.
  void run(const Forward<T>& f, const Sizes& s, const Layout& layout, Index d, T* memory, const Block& block,
           T* z) const {
    const Direction& one = layout.direction[d];
    const T* const mask_by_time = memory + layout.mask;
    const Index shared = cell.shared_biases();
    for (Index i = block.begin; i < block.end; ++i) {
      const Index t = one.time(i), before = one.before(t) * s.state, after = one.after(t) * s.state;
      cell.forward(RecurrentStep<T>{
          .batch = s.batch,
          .units = s.units,
          .weight = f.x[weight_input(d) + 1].data(),
          .bias = biases == 2 && shared < gates ? f.x[bias_input(d, 1)].data() + shared * s.units : nullptr,
          .starts = i == 0 && !initial,
          .gates = z + (t - block.first) * gates * s.state,
          .extra = one.kept || Cell::extra_in_forward ? memory + one.extra + (one.kept ? t : 0) * Cell::extra * s.state
                                                      : nullptr,
          .h_previous = memory + one.h + before,
          .h = memory + one.h + after,
          .c_previous = memory + one.c + before,
          .c = memory + one.c + after,
          .mask = mask_rows(s, one, mask_by_time, t)});
      if (output == RecurrentOutput::sequence) {
        copy_rows(s, {memory + one.h + after, s.units}, output_rows(s, mask_by_time, t),
                  {f.y.data() + t * directions * s.units + d * s.units, s.time * directions * s.units});
      }
    }
  }

  void give_final(const Forward<T>& f, const Sizes& s, const Layout& layout, Index d, const T* memory,
                  Index state) const {
    const Direction& one = layout.direction[d];
    if (output == RecurrentOutput::last) {
      copy_rows(s, {memory + one.h + state, s.units}, output_rows(s, memory + layout.mask, 0),
                {f.y.data() + d * s.units, directions * s.units});
    }
    const Offsets out = offsets(f.x[0].shape(), s.units);
    if (out.c > out.h) std::copy_n(memory + one.h + state, s.state, f.y.data() + out.h + d * s.state);
    if (out.end > out.c) std::copy_n(memory + one.c + state, s.state, f.y.data() + out.c + d * s.state);
  }

  /// to (batch, units) = from, or 0 in masked rows.
  static void copy_rows(const Sizes& s, kernels::Rows<const T> from, kernels::Rows<const T> mask, kernels::Rows<T> to) {
    for (Index b = 0; b < s.batch; ++b) {
      if (mask && mask[b][0] == 0) {
        kernels::clear_row<simd::DefaultArch>(s.units, to[b]);
      } else {
        kernels::copy_row<simd::DefaultArch>(s.units, from[b], to[b]);
      }
    }
  }

  /// What the backward pass of one direction works with.
  struct Scratch {
    T* dstate[2];         // (batch, units) each, of h and c
    T* dy;                // (batch, units), where some rows of the output's gradient don't count
    T* input_weight;      // (gates · units, features), transposed; null where x's gradient is not wanted
    T* recurrent_weight;  // (gates · units, units), transposed; null where it is not needed
    T* dz;                // (steps of a block, batch, gates · units)
    T* dextra;            // (steps of a block, batch, dextra · units)
    T* dx;                // (steps of a block, batch, features), where it is not added in place
    T* sum;               // (batch, gates · units), of all steps of a repeated input
    T* dbias;             // (gates · units)
  };

  void backward(const Backward<T>& b, const Sizes& s, const Layout& layout, Index d) const {
    const Direction& one = layout.direction[d];
    const Index size = block_steps(s, one);
    const Scratch scratch = prepare(b, s, layout, d, size);
    for (Index begin = (one.steps - 1) / size * size; begin >= 0; begin -= size) {
      const Block block(one, begin, size);
      run_back(b, s, layout, d, block, scratch);
      recurrent_gradients(b, s, one, d, block, scratch);
      if (repeats > 0) {
        kernels::sum(1, block.steps(), gates * s.state, T{1}, scratch.dz, scratch.sum, true);
      } else {
        input_gradients(b, s, layout, d, block, scratch, scratch.dz);
      }
    }
    if (repeats > 0) input_gradients(b, s, layout, d, Block(one, 0, 1), scratch, scratch.sum);
    for (Index i = 0; initial && i < Cell::states; ++i) {
      T* const dinitial = b.dx[state_input(i)].data();
      if (dinitial) kernels::add_row<simd::DefaultArch>(s.state, scratch.dstate[i], dinitial + d * s.state);
    }
  }

  Scratch prepare(const Backward<T>& b, const Sizes& s, const Layout& layout, Index d, Index size) const {
    const Direction& one = layout.direction[d];
    const Offsets out = offsets(b.x[0].shape(), s.units);
    Scratch scratch{};
    for (Index i = 0; i < Cell::states; ++i) {
      T* const dstate = scratch.dstate[i] = allocate(b.scratch, s.state);
      const Index begin = i == 0 ? out.h : out.c, end = i == 0 ? out.c : out.end;
      if (end > begin) {
        std::copy_n(b.dy.data() + begin + d * s.state, s.state, dstate);
      } else {
        std::fill_n(dstate, s.state, T{});
      }
    }
    if (masked && !repeat_masked) scratch.dy = allocate(b.scratch, s.state);
    const T* const weights[2] = {b.x[weight_input(d)].data(), b.x[weight_input(d) + 1].data()};
    if (b.dx[0].data()) {
      scratch.input_weight = allocate(b.scratch, s.width * s.features);
      kernels::transpose(s.features, s.width, weights[0], s.width, scratch.input_weight, s.features);
      if (layout.gathers || one.one_step) scratch.dx = allocate(b.scratch, size * s.batch * s.features);
    }
    if (one.steps > 1 || initial) {
      scratch.recurrent_weight = allocate(b.scratch, s.width * s.units);
      kernels::transpose(s.units, s.width, weights[1], s.width, scratch.recurrent_weight, s.units);
    }
    scratch.dz = allocate(b.scratch, size * gates * s.state);
    scratch.dextra = allocate(b.scratch, size * Cell::dextra * s.state);
    if (repeats > 0) {
      scratch.sum = allocate(b.scratch, gates * s.state);
      std::fill_n(scratch.sum, gates * s.state, T{});
    }
    scratch.dbias = allocate(b.scratch, s.width);
    return scratch;
  }

  void run_back(const Backward<T>& b, const Sizes& s, const Layout& layout, Index d, const Block& block,
                const Scratch& scratch) const {
    const Direction& one = layout.direction[d];
    const T* const memory = b.saved;
    const bool wanted = initial && !(b.dx[state_input(0)].empty() && b.dx[state_input(Cell::states - 1)].empty());
    for (Index i = block.end; i-- > block.begin;) {
      const Index t = one.time(i), before = one.before(t) * s.state, after = one.after(t) * s.state;
      kernels::Rows<const T> dy;
      if (output == RecurrentOutput::sequence) {
        dy = {b.dy.data() + t * directions * s.units + d * s.units, s.time * directions * s.units};
      } else if (output == RecurrentOutput::last && i == one.steps - 1) {
        dy = {b.dy.data() + d * s.units, directions * s.units};
      }
      if (dy && scratch.dy) {  // what was replaced by zeros has no gradient
        copy_rows(s, dy, output_rows(s, memory + layout.mask, t), {scratch.dy, s.units});
        dy = {scratch.dy, s.units};
      }
      cell.backward(RecurrentStepGradient<T>{.batch = s.batch,
                                             .units = s.units,
                                             .weight = scratch.recurrent_weight,
                                             .starts = i == 0 && !initial,
                                             .continues = i > 0 || wanted,
                                             .gates = memory + one.gates + t * gates * s.state,
                                             .extra = memory + one.extra + t * Cell::extra * s.state,
                                             .h_previous = memory + one.h + before,
                                             .h = memory + one.h + after,
                                             .c_previous = memory + one.c + before,
                                             .dy = dy,
                                             .dh = scratch.dstate[0],
                                             .dc = scratch.dstate[1],
                                             .dz = scratch.dz + (t - block.first) * gates * s.state,
                                             .dextra = scratch.dextra + (t - block.first) * Cell::dextra * s.state,
                                             .mask = mask_rows(s, one, memory + layout.mask, t)},
                    b.scratch);
    }
  }

  /// Gradients of the recurrent weight and the biases.
  void recurrent_gradients(const Backward<T>& b, const Sizes& s, const Direction& one, Index d, const Block& block,
                           const Scratch& scratch) const {
    // A step that starts from zeros adds nothing.
    const Index nought = block.begin == 0 && !initial, steps = block.steps() - nought;
    const Index skip = one.backward ? 0 : nought, first = block.first + skip;
    T* const dweight = b.dx[weight_input(d) + 1].data();
    if (dweight && steps > 0) {
      cell.weight_gradient({.rows = steps * s.batch,
                            .units = s.units,
                            .h_previous = b.saved + one.h + one.before(first) * s.state,
                            .extra = b.saved + one.extra + first * Cell::extra * s.state,
                            .dz = scratch.dz + skip * gates * s.state,
                            .dextra = scratch.dextra + skip * Cell::dextra * s.state,
                            .dweight = dweight});
    }
    T* const dbias[2] = {biases > 0 ? b.dx[bias_input(d, 0)].data() : nullptr,
                         biases > 1 ? b.dx[bias_input(d, 1)].data() : nullptr};
    if (!dbias[0] && !dbias[1]) return;
    const Index rows = block.steps() * s.batch, shared = cell.shared_biases() * s.units;
    kernels::sum(1, rows, s.width, T{1}, scratch.dz, scratch.dbias);
    if (dbias[0]) kernels::add_row<simd::DefaultArch>(s.width, scratch.dbias, dbias[0]);
    if (dbias[1]) kernels::add_row<simd::DefaultArch>(shared, scratch.dbias, dbias[1]);
    if (dbias[1] && shared < s.width) kernels::column_sums(rows, s.width - shared, scratch.dextra, dbias[1] + shared);
  }

  /// Gradients of the input's weight and of x, from dz, which is one step's for a repeated input.
  void input_gradients(const Backward<T>& b, const Sizes& s, const Layout& layout, Index d, const Block& block,
                       const Scratch& scratch, const T* dz) const {
    const Direction& one = layout.direction[d];
    const Index rows = block.steps() * s.batch, begin = repeats > 0 ? 0 : block.first * s.features;
    if (T* const dweight = b.dx[weight_input(d)].data()) {
      kernels::gemm(s.features, s.width, rows, input(s, layout, one, block.first, b.x[0].data(), b.saved), s.features,
                    dz, s.width, dweight, s.width, {.transpose_a = true, .accumulate = true});
    }
    T* const dx = b.dx[0].data();
    if (!dx) return;
    const bool in_place = !scratch.dx || repeats > 0;
    kernels::gemm(rows, s.features, s.width, dz, s.width, scratch.input_weight, s.features,
                  in_place ? dx + begin * (layout.gathers ? 1 : s.batch) : scratch.dx, s.features,
                  {.accumulate = in_place});
    if (in_place) return;
    if (!one.one_step) return copy_by_time(s, block.steps(), scratch.dx, dx + begin, true);
    for (Index row = 0; row < s.batch; ++row) {
      kernels::add_row<simd::DefaultArch>(s.features, scratch.dx + row * s.features,
                                          dx + last_input(s, b.saved + layout.mask, row));
    }
  }
};

}  // namespace ops

}}  // namespace tenure::TENURE_ABI
