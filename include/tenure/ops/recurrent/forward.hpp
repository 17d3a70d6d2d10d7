/// The forward pass of a recurrent layer. The projection of the input is one product for a block of steps at a time:
/// what it leaves is then still in the cache when the steps read it.
#pragma once

#include "../../autograd/op.hpp"
#include "pass.hpp"

namespace tenure { inline namespace TENURE_ABI { namespace ops {

/// One forward pass.
template <class Cell>
class RecurrentForward : RecurrentPass<Cell> {
  using Pass = RecurrentPass<Cell>;
  using Pass::cell, Pass::gates, Pass::layout, Pass::options, Pass::out, Pass::s;
  using typename Pass::T;

 public:
  RecurrentForward(const Cell& with, const RecurrentLayerOptions<T>& how, const RecurrentSizes<Cell>& sizes,
                   const Forward<T>& f)
      : Pass(with, how, sizes), f_(f), memory_(how.keep ? f.saved : Pass::allocate(f.scratch, layout.size)) {}

  void run() const {
    if (options.mask.any) options.mask.write(s.batch, s.time, memory_ + layout.mask);
    copy_input();
    for (Index d = 0; d < options.directions(); ++d) run(d);
  }

 private:
  void run(Index d) const {
    const RecurrentSteps& one = layout.direction[d];
    if (one.one_step && options.repeats == 0) gather_last_inputs(one);
    start(one, d);
    const T* const bias = projection_bias(d);
    const T* const repeated = options.repeats > 0 ? project_repeated(d, bias) : nullptr;
    const Index size = Pass::block_steps(one);
    for (Index begin = 0; begin < one.steps; begin += size) {
      const RecurrentBlock block(one, begin, size);
      T* const z = memory_ + one.gates + (one.kept ? block.first * gates * s.state : 0);
      if (repeated) {
        for (Index t = 0; t < block.steps(); ++t) std::copy_n(repeated, gates * s.state, z + t * gates * s.state);
      } else {
        kernels::gemm(block.steps() * s.batch, s.width, s.features,
                      Pass::input(one, block.first, f_.x[0].data(), memory_), s.features, weight(d), s.width, z,
                      s.width, {.bias = bias});
      }
      for (Index i = block.begin; i < block.end; ++i) step(one, d, i, block.first, z);
    }
    give_final(one, d);
  }

  void copy_input() const {
    const T *const from = f_.x[0].data(), *const counts = memory_ + layout.mask;
    T* const to = memory_ + layout.x;
    if (layout.copies) {
      std::copy_n(from, s.batch * s.features, to);
      Pass::clear_masked(counts + s.time * s.batch, to);
    }
    if (!layout.gathers) return;
    Pass::copy_by_time(s.time, from, to, false);
    for (Index t = 0; options.mask.any && t < s.time; ++t) {
      Pass::clear_masked(counts + t * s.batch, to + t * s.batch * s.features);
    }
  }

  void gather_last_inputs(const RecurrentSteps& one) const {
    for (Index b = 0; b < s.batch; ++b) {
      std::copy_n(f_.x[0].data() + Pass::last_input(memory_, b), s.features, memory_ + one.x + b * s.features);
    }
    if (options.mask.any) Pass::clear_masked(memory_ + layout.mask + s.time * s.batch, memory_ + one.x);
  }

  /// The states before the first step.
  void start(const RecurrentSteps& one, Index d) const {
    const Index place = one.before(one.time(0)) * s.state;
    for (Index i = 0; i < Cell::states; ++i) {
      T* const state = memory_ + (i == 0 ? one.h : one.c) + place;
      if (options.initial) {
        std::copy_n(f_.x[options.state_input(i)].data() + d * s.state, s.state, state);
      } else {
        std::fill_n(state, s.state, T{});
      }
    }
  }

  const T* weight(Index d) const { return f_.x[options.weight_input(d)].data(); }

  /// The sum of the biases that are added to the projection; null for none.
  const T* projection_bias(Index d) const {
    const T* const bias = options.biases > 0 ? f_.x[options.bias_input(d, 0)].data() : nullptr;
    if (options.biases < 2) return bias;
    T* const sum = Pass::allocate(f_.scratch, s.width);
    const T* const recurrent = f_.x[options.bias_input(d, 1)].data();
    for (Index j = 0; j < s.width; ++j) sum[j] = bias[j] + (j < cell.shared_biases() * s.units ? recurrent[j] : T{});
    return sum;
  }

  const T* project_repeated(Index d, const T* bias) const {
    T* const z = Pass::allocate(f_.scratch, gates * s.state);
    kernels::gemm(s.batch, s.width, s.features, layout.copies ? memory_ + layout.x : f_.x[0].data(), s.features,
                  weight(d), s.width, z, s.width, {.bias = bias});
    return z;
  }

  /// The i-th step of a direction. @param first of the block, in time @param z (steps of the block, batch, gates · units)
  void step(const RecurrentSteps& one, Index d, Index i, Index first, T* z) const {
    const Index t = one.time(i), before = one.before(t) * s.state, after = one.after(t) * s.state;
    const Index shared = cell.shared_biases();
    const bool own_bias = options.biases == 2 && shared < gates, extra = one.kept || Cell::extra_in_forward;
    cell.forward(
        RecurrentStep<T>{.batch = s.batch,
                         .units = s.units,
                         .weight = f_.x[options.weight_input(d) + 1].data(),
                         .bias = own_bias ? f_.x[options.bias_input(d, 1)].data() + shared * s.units : nullptr,
                         .starts = i == 0 && !options.initial,
                         .gates = z + (t - first) * gates * s.state,
                         .extra = extra ? memory_ + one.extra + (one.kept ? t : 0) * Cell::extra * s.state : nullptr,
                         .h_previous = memory_ + one.h + before,
                         .h = memory_ + one.h + after,
                         .c_previous = memory_ + one.c + before,
                         .c = memory_ + one.c + after,
                         .mask = Pass::mask_rows(one, memory_, t)});
    if (options.output == RecurrentOutput::sequence) {
      Pass::copy_rows({memory_ + one.h + after, s.units}, Pass::output_rows(memory_, t),
                      Pass::step_output(f_.y.data(), d, t));
    }
  }

  /// The last output and the final states.
  void give_final(const RecurrentSteps& one, Index d) const {
    const Index place = one.after(one.time(one.steps - 1)) * s.state;
    const T *const h = memory_ + one.h + place, *const c = memory_ + one.c + place;
    T* const y = f_.y.data();
    if (options.output == RecurrentOutput::last) {
      Pass::copy_rows({h, s.units}, Pass::output_rows(memory_, 0), Pass::last_output(y, d));
    }
    if (out.c > out.h) std::copy_n(h, s.state, y + out.h + d * s.state);
    if (out.end > out.c) std::copy_n(c, s.state, y + out.c + d * s.state);
  }

  const Forward<T>& f_;
  T* memory_;  // laid out as `layout` says
};

}}}  // namespace tenure::TENURE_ABI::ops
