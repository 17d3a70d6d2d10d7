/// The backward pass of a recurrent layer. The gradients of weights and input are one product for a block of steps at a
/// time: what the steps left is then still in the cache.
#pragma once

#include "../../autograd/op.hpp"
#include "../../kernels/reduce.hpp"
#include "pass.hpp"

namespace tenure { inline namespace TENURE_ABI { namespace ops {

/// One backward pass.
template <class Cell>
class RecurrentBackward : RecurrentPass<Cell> {
  using Pass = RecurrentPass<Cell>;
  using Pass::cell, Pass::gates, Pass::layout, Pass::options, Pass::out, Pass::s;
  using typename Pass::T;

 public:
  RecurrentBackward(const Cell& with, const RecurrentLayerOptions<T>& how, const RecurrentSizes<Cell>& sizes,
                    const Backward<T>& b)
      : Pass(with, how, sizes), b_(b) {}

  void run() const {
    for (Index d = 0; d < options.directions(); ++d) {
      const Arena::Mark mark = b_.scratch.mark();
      run(d);
      b_.scratch.rewind(mark);
    }
  }

 private:
  /// What one direction works with.
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

  void run(Index d) const {
    const RecurrentSteps& one = layout.direction[d];
    const Index size = Pass::block_steps(one);
    const Scratch scratch = prepare(one, d, size);
    for (Index begin = (one.steps - 1) / size * size; begin >= 0; begin -= size) {
      const RecurrentBlock block(one, begin, size);
      for (Index i = block.end; i-- > block.begin;) step(one, d, i, block.first, scratch);
      recurrent_weight_gradient(one, d, block, scratch);
      bias_gradients(d, block.steps() * s.batch, scratch);
      if (options.repeats > 0) {
        kernels::sum(1, block.steps(), gates * s.state, T{1}, scratch.dz, scratch.sum, true);
      } else {
        input_gradients(one, d, block, scratch, scratch.dz);
      }
    }
    if (options.repeats > 0) input_gradients(one, d, RecurrentBlock(one, 0, 1), scratch, scratch.sum);
    for (Index i = 0; options.initial && i < Cell::states; ++i) {
      T* const dinitial = b_.dx[options.state_input(i)].data();
      if (dinitial) kernels::add_row<simd::DefaultArch>(s.state, scratch.dstate[i], dinitial + d * s.state);
    }
  }

  T* allocate(Index elements) const { return Pass::allocate(b_.scratch, elements); }

  Scratch prepare(const RecurrentSteps& one, Index d, Index size) const {
    Scratch scratch{};
    for (Index i = 0; i < Cell::states; ++i) {
      T* const dstate = scratch.dstate[i] = allocate(s.state);
      const Index begin = i == 0 ? out.h : out.c, end = i == 0 ? out.c : out.end;
      if (end > begin) {
        std::copy_n(b_.dy.data() + begin + d * s.state, s.state, dstate);
      } else {
        std::fill_n(dstate, s.state, T{});
      }
    }
    if (Pass::hides_outputs()) scratch.dy = allocate(s.state);
    if (b_.dx[0].data()) {
      scratch.input_weight = transposed(s.features, b_.x[options.weight_input(d)].data());
      if (layout.gathers || one.one_step) scratch.dx = allocate(size * s.batch * s.features);
    }
    if (one.steps > 1 || options.initial) {
      scratch.recurrent_weight = transposed(s.units, b_.x[options.weight_input(d) + 1].data());
    }
    scratch.dz = allocate(size * gates * s.state);
    scratch.dextra = allocate(size * Cell::dextra * s.state);
    if (options.repeats > 0) {
      scratch.sum = allocate(gates * s.state);
      std::fill_n(scratch.sum, gates * s.state, T{});
    }
    scratch.dbias = allocate(s.width);
    return scratch;
  }

  /// (gates · units, rows) of a weight (rows, gates · units).
  T* transposed(Index rows, const T* weight) const {
    T* const to = allocate(s.width * rows);
    kernels::transpose(rows, s.width, weight, s.width, to, rows);
    return to;
  }

  /// The gradient into the output of a direction's i-th step; null for none.
  kernels::Rows<const T> output_gradient(const RecurrentSteps& one, Index d, Index i, const Scratch& scratch) const {
    const Index t = one.time(i);
    kernels::Rows<const T> dy;
    if (options.output == RecurrentOutput::sequence) {
      dy = Pass::step_output(b_.dy.data(), d, t);
    } else if (options.output == RecurrentOutput::last && i == one.steps - 1) {
      dy = Pass::last_output(b_.dy.data(), d);
    }
    if (!dy || !scratch.dy) return dy;
    // What was replaced by zeros has no gradient.
    Pass::copy_rows(dy, Pass::output_rows(b_.saved, t), {scratch.dy, s.units});
    return {scratch.dy, s.units};
  }

  /// The i-th step of a direction, in a block that begins at `first` in time.
  void step(const RecurrentSteps& one, Index d, Index i, Index first, const Scratch& scratch) const {
    const T* const memory = b_.saved;
    const Index t = one.time(i), before = one.before(t) * s.state, after = one.after(t) * s.state;
    const bool wanted = options.initial && !(b_.dx[options.state_input(0)].empty() &&
                                             b_.dx[options.state_input(Cell::states - 1)].empty());
    cell.backward(RecurrentStepGradient<T>{.batch = s.batch,
                                           .units = s.units,
                                           .weight = scratch.recurrent_weight,
                                           .starts = i == 0 && !options.initial,
                                           .continues = i > 0 || wanted,
                                           .gates = memory + one.gates + t * gates * s.state,
                                           .extra = memory + one.extra + t * Cell::extra * s.state,
                                           .h_previous = memory + one.h + before,
                                           .h = memory + one.h + after,
                                           .c_previous = memory + one.c + before,
                                           .dy = output_gradient(one, d, i, scratch),
                                           .dh = scratch.dstate[0],
                                           .dc = scratch.dstate[1],
                                           .dz = scratch.dz + (t - first) * gates * s.state,
                                           .dextra = scratch.dextra + (t - first) * Cell::dextra * s.state,
                                           .mask = Pass::mask_rows(one, memory, t)},
                  b_.scratch);
  }

  void recurrent_weight_gradient(const RecurrentSteps& one, Index d, const RecurrentBlock& block,
                                 const Scratch& scratch) const {
    // A step that starts from zeros adds nothing.
    const Index nought = block.begin == 0 && !options.initial, steps = block.steps() - nought;
    const Index skip = one.reverse ? 0 : nought, first = block.first + skip;
    T* const dweight = b_.dx[options.weight_input(d) + 1].data();
    if (!dweight || steps == 0) return;
    cell.weight_gradient({.rows = steps * s.batch,
                          .units = s.units,
                          .h_previous = b_.saved + one.h + one.before(first) * s.state,
                          .extra = b_.saved + one.extra + first * Cell::extra * s.state,
                          .dz = scratch.dz + skip * gates * s.state,
                          .dextra = scratch.dextra + skip * Cell::dextra * s.state,
                          .dweight = dweight});
  }

  void bias_gradients(Index d, Index rows, const Scratch& scratch) const {
    const Index shared = cell.shared_biases() * s.units;
    T* const dbias[2] = {options.biases > 0 ? b_.dx[options.bias_input(d, 0)].data() : nullptr,
                         options.biases > 1 ? b_.dx[options.bias_input(d, 1)].data() : nullptr};
    if (!dbias[0] && !dbias[1]) return;
    kernels::sum(1, rows, s.width, T{1}, scratch.dz, scratch.dbias);
    if (dbias[0]) kernels::add_row<simd::DefaultArch>(s.width, scratch.dbias, dbias[0]);
    if (dbias[1]) kernels::add_row<simd::DefaultArch>(shared, scratch.dbias, dbias[1]);
    if (dbias[1] && shared < s.width) kernels::column_sums(rows, s.width - shared, scratch.dextra, dbias[1] + shared);
  }

  /// Gradients of the input's weight and of x, from dz, which is one step's for a repeated input.
  void input_gradients(const RecurrentSteps& one, Index d, const RecurrentBlock& block, const Scratch& scratch,
                       const T* dz) const {
    const Index rows = block.steps() * s.batch, begin = options.repeats > 0 ? 0 : block.first * s.features;
    if (T* const dweight = b_.dx[options.weight_input(d)].data()) {
      kernels::gemm(s.features, s.width, rows, Pass::input(one, block.first, b_.x[0].data(), b_.saved), s.features, dz,
                    s.width, dweight, s.width, {.transpose_a = true, .accumulate = true});
    }
    T* const dx = b_.dx[0].data();
    if (!dx) return;
    const bool in_place = !scratch.dx || options.repeats > 0;
    kernels::gemm(rows, s.features, s.width, dz, s.width, scratch.input_weight, s.features,
                  in_place ? dx + begin * (layout.gathers ? 1 : s.batch) : scratch.dx, s.features,
                  {.accumulate = in_place});
    if (in_place) return;
    if (!one.one_step) return Pass::copy_by_time(block.steps(), scratch.dx, dx + begin, true);
    for (Index row = 0; row < s.batch; ++row) {
      kernels::add_row<simd::DefaultArch>(s.features, scratch.dx + row * s.features,
                                          dx + Pass::last_input(b_.saved, row));
    }
  }

  const Backward<T>& b_;
};

}}}  // namespace tenure::TENURE_ABI::ops
