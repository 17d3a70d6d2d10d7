/// A recurrent layer over whole sequences, in one direction or both, as one operation:
///
///   h_t = cell(x_t W + b, h_{t−1} U)
///
/// x (batch, time, features), or (batch, features) for a vector that is the same at every step; for each direction W
/// (features, gates · units), U (units, gates · units), up to two biases (gates · units); initial states (directions,
/// batch, units). The cells are in lstm.hpp, gru.hpp and simple_rnn.hpp.
///
/// Inside, time comes first: the input is projected by one product for all steps, each step works on contiguous
/// matrices, and each weight's gradient is one product again. A row whose sequence is over keeps its state, so that
/// masks are right in both directions. A state that is known to be zero is not multiplied.
#pragma once

#include <cstdint>

#include "../autograd/tape.hpp"
#include "../kernels/gemm.hpp"
#include "../kernels/reduce.hpp"
#include "../kernels/rows.hpp"
#include "../kernels/transpose.hpp"

namespace tenure::inline TENURE_ABI {

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
  const T* bias;                ///< (gates · units), of the recurrent product where it is apart; null for none
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

/// What a cell's weight gradient is made from, over all steps that count.
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

  Index saved_size(Inputs<T> in) const { return keep ? Layout(*this, sizes(in)).size : 0; }

  void forward(const Forward<T>& f) const {
    const Sizes s = sizes(f.x);
    const Layout layout(*this, s);
    T* const memory = keep ? f.saved : f.scratch.template allocate<T>(static_cast<std::size_t>(layout.size));
    if (masked) write_mask(s, memory + layout.mask);
    if (layout.gathers) {
      const Index extents[] = {s.time, s.batch, s.features}, from[] = {s.features, s.time * s.features, 1},
                  to[] = {s.batch * s.features, s.features, 1};
      kernels::copy_strided(3, extents, f.x[0].data(), from, memory + layout.x, to);
    }
    for (Index d = 0; d < directions; ++d) forward(f, s, layout, d, memory);
  }

  void backward(const Backward<T>& b) const {
    const Sizes s = sizes(b.x);
    const Layout layout(*this, s);
    T* const dx = b.dx[0].data();
    T* dx_by_time = dx;  // what the directions that run all steps add to
    if (dx && layout.gathers) {
      dx_by_time = allocate(b.scratch, s.time * s.batch * s.features);
      std::fill_n(dx_by_time, s.time * s.batch * s.features, T{});
    }
    for (Index d = 0; d < directions; ++d) backward(b, s, layout, d, dx_by_time);
    if (dx && layout.gathers) {
      const Index extents[] = {s.time, s.batch, s.features}, from[] = {s.batch * s.features, s.features, 1},
                  to[] = {s.features, s.time * s.features, 1};
      kernels::copy_strided(3, extents, dx_by_time, from, dx, to, true);
    }
  }

 private:
  struct Sizes {
    Index batch, time, features, units;
    Index state;  // batch · units

    Sizes(const Recurrent& op, const Shape& x, Index n)
        : batch(x[0]), time(op.repeats > 0 ? op.repeats : x[1]), features(x.last()), units(n), state(batch * n) {}
  };
  Sizes sizes(Inputs<T> in) const { return {*this, in[0].shape(), in[2].shape()[0]}; }

  /// One direction. States lie by time, the initial one before the first step of a forward direction and behind the
  /// last of a reverse one: the states before all steps, and those after them, are each one matrix of rows by time, as
  /// the gates are. Where nothing is kept, there is one of each.
  struct Direction {
    bool backward;  // from the last step to the first
    bool one_step;  // only the output at the last step is wanted, this direction's first
    Index steps;
    Index x;       // (batch, features) of the only step
    Index h, c;    // (steps + 1, batch, units)
    Index gates;   // (steps, batch, gates · units)
    Index extra;   // (steps, batch, extra · units)
    Index stride;  // from one state to the next: batch · units, or 0 where they are not kept

    Index step(Index i) const { return backward ? steps - 1 - i : i; }
    Index before(Index t) const { return (backward ? t + 1 : t) * stride; }
    Index after(Index t) const { return (backward ? t : t + 1) * stride; }
  };

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
        one.steps = one.one_step ? 1 : s.time;
        const bool all = op.keep || Cell::gates_are_states;
        one.stride = all ? s.state : 0;
        one.x = take(one.one_step && op.repeats == 0 ? s.batch * s.features : 0);
        one.h = take(all ? (one.steps + 1) * s.state : s.state);
        one.c = Cell::states == 2 ? take(all ? (one.steps + 1) * s.state : s.state) : 0;
        one.gates = Cell::gates_are_states ? one.h + one.after(0) : take(one.steps * gates * s.state);
        one.extra = take(op.cell.extra() * s.state * (all ? one.steps : 1));
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

  /// The input of a direction: (steps, batch, features), or (batch, features) where it is the same at all steps.
  const T* input(const Layout& layout, const Direction& one, const T* x, const T* memory) const {
    return one.one_step && repeats == 0 ? memory + one.x : layout.gathers ? memory + layout.x : x;
  }
  Index input_rows(const Sizes& s, const Direction& one) const { return repeats > 0 ? s.batch : one.steps * s.batch; }

  void forward(const Forward<T>& f, const Sizes& s, const Layout& layout, Index d, T* memory) const {
    const Direction& one = layout.direction[d];
    const T* const mask_by_time = memory + layout.mask;
    if (one.one_step && repeats == 0) {
      for (Index b = 0; b < s.batch; ++b) {
        std::copy_n(f.x[0].data() + last_input(s, mask_by_time, b), s.features, memory + one.x + b * s.features);
      }
    }
    project(f, s, layout, d, memory);
    for (Index i = 0; i < Cell::states; ++i) {
      T* const state = memory + (i == 0 ? one.h : one.c) + one.before(one.step(0));
      if (initial) {
        std::copy_n(f.x[state_input(i)].data() + d * s.state, s.state, state);
      } else {
        std::fill_n(state, s.state, T{});
      }
    }
    const bool apart = cell.bias_apart() && biases == 2;
    for (Index i = 0; i < one.steps; ++i) {
      const Index t = one.step(i);
      T* const h = memory + one.h + one.after(t);
      cell.forward(RecurrentStep<T>{.batch = s.batch,
                                    .units = s.units,
                                    .weight = f.x[weight_input(d) + 1].data(),
                                    .bias = apart ? f.x[bias_input(d, 1)].data() : nullptr,
                                    .starts = i == 0 && !initial,
                                    .gates = memory + one.gates + t * gates * s.state,
                                    .extra = keep || cell.extra_in_forward()
                                                 ? memory + one.extra + (keep ? t * cell.extra() * s.state : 0)
                                                 : nullptr,
                                    .h_previous = memory + one.h + one.before(t),
                                    .h = h,
                                    .c_previous = memory + one.c + one.before(t),
                                    .c = memory + one.c + one.after(t),
                                    .mask = mask_rows(s, one, mask_by_time, t)});
      if (output == RecurrentOutput::sequence) {
        write_output(s, h, output_rows(s, mask_by_time, t),
                     {f.y.data() + t * directions * s.units + d * s.units, s.time * directions * s.units});
      }
    }
    const Index final_state = one.after(one.step(one.steps - 1));
    if (output == RecurrentOutput::last) {
      write_output(s, memory + one.h + final_state, output_rows(s, mask_by_time, 0),
                   {f.y.data() + d * s.units, directions * s.units});
    }
    const Offsets out = offsets(f.x[0].shape(), s.units);
    if (out.c > out.h) std::copy_n(memory + one.h + final_state, s.state, f.y.data() + out.h + d * s.state);
    if (out.end > out.c) std::copy_n(memory + one.c + final_state, s.state, f.y.data() + out.c + d * s.state);
  }

  /// x W + b of all steps into the gates.
  void project(const Forward<T>& f, const Sizes& s, const Layout& layout, Index d, T* memory) const {
    const Direction& one = layout.direction[d];
    const Index width = gates * s.units;
    const T* bias = biases > 0 ? f.x[bias_input(d, 0)].data() : nullptr;
    if (biases == 2 && !cell.bias_apart()) {
      T* const sum = allocate(f.scratch, width);
      const T* const second = f.x[bias_input(d, 1)].data();
      for (Index i = 0; i < width; ++i) sum[i] = bias[i] + second[i];
      bias = sum;
    }
    const T* const x = input(layout, one, f.x[0].data(), memory);
    T* const z = memory + one.gates;
    kernels::gemm(input_rows(s, one), width, s.features, x, s.features, f.x[weight_input(d)].data(), width, z, width,
                  {.bias = bias});
    if (repeats == 0) return;
    for (Index t = 1; t < one.steps; ++t) std::copy_n(z, gates * s.state, z + t * gates * s.state);
  }

  /// y = h, or 0 in masked rows.
  static void write_output(const Sizes& s, const T* h, kernels::Rows<const T> mask, kernels::Rows<T> y) {
    for (Index b = 0; b < s.batch; ++b) {
      if (mask && mask[b][0] == 0) {
        kernels::clear_row<simd::DefaultArch>(s.units, y[b]);
      } else {
        kernels::copy_row<simd::DefaultArch>(s.units, h + b * s.units, y[b]);
      }
    }
  }

  /// Gradients of one direction: the steps from the last processed to the first, then all that is a sum over steps.
  void backward(const Backward<T>& b, const Sizes& s, const Layout& layout, Index d, T* dx_by_time) const {
    const Direction& one = layout.direction[d];
    const Arena::Mark mark = b.scratch.mark();
    T* const dz = allocate(b.scratch, one.steps * gates * s.state);
    T* const dextra = allocate(b.scratch, one.steps * cell.dextra() * s.state);
    run_back(b, s, layout, d, dz, dextra);
    recurrent_gradients(b, s, one, d, dz, dextra);
    input_gradients(b, s, layout, d, dz, dx_by_time);
    b.scratch.rewind(mark);
  }

  void run_back(const Backward<T>& b, const Sizes& s, const Layout& layout, Index d, T* dz, T* dextra) const {
    const Direction& one = layout.direction[d];
    const T* const memory = b.saved;
    const Offsets out = offsets(b.x[0].shape(), s.units);
    T* dstate[2] = {};
    for (Index i = 0; i < Cell::states; ++i) {
      dstate[i] = allocate(b.scratch, s.state);
      const Index begin = i == 0 ? out.h : out.c, end = i == 0 ? out.c : out.end;
      if (end > begin) {
        std::copy_n(b.dy.data() + begin + d * s.state, s.state, dstate[i]);
      } else {
        std::fill_n(dstate[i], s.state, T{});
      }
    }
    const bool continues = initial && !(b.dx[state_input(0)].empty() && b.dx[state_input(Cell::states - 1)].empty());
    T* transposed = nullptr;
    if (one.steps > 1 || initial) {
      transposed = allocate(b.scratch, gates * s.units * s.units);
      kernels::transpose(s.units, gates * s.units, b.x[weight_input(d) + 1].data(), gates * s.units, transposed,
                         s.units);
    }
    T* const dy_masked = masked && !repeat_masked ? allocate(b.scratch, s.state) : nullptr;
    for (Index i = one.steps; i-- > 0;) {
      const Index t = one.step(i);
      kernels::Rows<const T> dy;
      if (output == RecurrentOutput::sequence) {
        dy = {b.dy.data() + t * directions * s.units + d * s.units, s.time * directions * s.units};
      } else if (output == RecurrentOutput::last && i == one.steps - 1) {
        dy = {b.dy.data() + d * s.units, directions * s.units};
      }
      if (dy && dy_masked) {
        write_dy(s, dy, output_rows(s, memory + layout.mask, t), dy_masked);
        dy = {dy_masked, s.units};
      }
      cell.backward(RecurrentStepGradient<T>{.batch = s.batch,
                                             .units = s.units,
                                             .weight = transposed,
                                             .starts = i == 0 && !initial,
                                             .continues = i > 0 || continues,
                                             .gates = memory + one.gates + t * gates * s.state,
                                             .extra = memory + one.extra + t * cell.extra() * s.state,
                                             .h_previous = memory + one.h + one.before(t),
                                             .h = memory + one.h + one.after(t),
                                             .c_previous = memory + one.c + one.before(t),
                                             .dy = dy,
                                             .dh = dstate[0],
                                             .dc = dstate[1],
                                             .dz = dz + t * gates * s.state,
                                             .dextra = dextra + t * cell.dextra() * s.state,
                                             .mask = mask_rows(s, one, memory + layout.mask, t)},
                    b.scratch);
    }
    if (!initial) return;
    for (Index i = 0; i < Cell::states; ++i) {
      T* const dinitial = b.dx[state_input(i)].data();
      if (dinitial) kernels::add_row<simd::DefaultArch>(s.state, dstate[i], dinitial + d * s.state);
    }
  }

  /// The gradient of outputs that were replaced by zeros is nought.
  static void write_dy(const Sizes& s, kernels::Rows<const T> dy, kernels::Rows<const T> mask, T* masked_dy) {
    for (Index b = 0; b < s.batch; ++b) {
      if (mask[b][0] == 0) {
        kernels::clear_row<simd::DefaultArch>(s.units, masked_dy + b * s.units);
      } else {
        kernels::copy_row<simd::DefaultArch>(s.units, dy[b], masked_dy + b * s.units);
      }
    }
  }

  void recurrent_gradients(const Backward<T>& b, const Sizes& s, const Direction& one, Index d, const T* dz,
                           const T* dextra) const {
    const T* const memory = b.saved;
    // A step that starts from zeros adds nothing.
    const Index steps = one.steps - !initial, first = !initial && !one.backward;
    T* const dweight = b.dx[weight_input(d) + 1].data();
    if (dweight && steps > 0) {
      cell.weight_gradient({.rows = steps * s.batch,
                            .units = s.units,
                            .h_previous = memory + one.h + one.before(first),
                            .extra = memory + one.extra + first * cell.extra() * s.state,
                            .dz = dz + first * gates * s.state,
                            .dextra = dextra + first * cell.dextra() * s.state,
                            .dweight = dweight});
    }
    const Index rows = one.steps * s.batch, width = gates * s.units;
    T* const dbias[2] = {biases > 0 ? b.dx[bias_input(d, 0)].data() : nullptr,
                         biases > 1 ? b.dx[bias_input(d, 1)].data() : nullptr};
    if (cell.bias_apart()) {
      if (dbias[0]) kernels::column_sums(rows, width, dz, dbias[0]);
      if (dbias[1]) kernels::column_sums(rows, width, dextra, dbias[1]);
    } else if (dbias[0] || dbias[1]) {
      T* const sums = allocate(b.scratch, width);
      std::fill_n(sums, width, T{});
      kernels::column_sums(rows, width, dz, sums);
      for (T* const gradient : dbias) {
        if (gradient) kernels::add_row<simd::DefaultArch>(width, sums, gradient);
      }
    }
  }

  void input_gradients(const Backward<T>& b, const Sizes& s, const Layout& layout, Index d, const T* dz,
                       T* dx_by_time) const {
    const Direction& one = layout.direction[d];
    const Index width = gates * s.units, rows = input_rows(s, one);
    if (repeats > 0 && one.steps > 1) {
      T* const sum = allocate(b.scratch, gates * s.state);
      kernels::sum(1, one.steps, gates * s.state, T{1}, dz, sum);
      dz = sum;
    }
    const T* const x = input(layout, one, b.x[0].data(), b.saved);
    if (T* const dweight = b.dx[weight_input(d)].data()) {
      kernels::gemm(s.features, width, rows, x, s.features, dz, width, dweight, width,
                    {.transpose_a = true, .accumulate = true});
    }
    if (!dx_by_time) return;
    T* const dx_last = one.one_step && repeats == 0 ? allocate(b.scratch, s.batch * s.features) : nullptr;
    kernels::gemm(rows, s.features, width, dz, width, b.x[weight_input(d)].data(), width,
                  dx_last ? dx_last : dx_by_time, s.features, {.transpose_b = true, .accumulate = !dx_last});
    if (!dx_last) return;
    for (Index row = 0; row < s.batch; ++row) {
      kernels::add_row<simd::DefaultArch>(s.features, dx_last + row * s.features,
                                          b.dx[0].data() + last_input(s, b.saved + layout.mask, row));
    }
  }
};

}  // namespace ops

}  // namespace tenure::inline TENURE_ABI
