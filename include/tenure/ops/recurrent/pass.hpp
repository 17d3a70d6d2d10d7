/// What the forward and the backward pass of a recurrent layer have in common: sizes, layout, and where a step finds its
/// input, its mask and the rows whose output is given.
#pragma once

#include "../../core/arena.hpp"
#include "../../kernels/gemm.hpp"
#include "../../kernels/rows.hpp"
#include "../../kernels/transpose.hpp"
#include "layout.hpp"
#include "step.hpp"

namespace tenure { inline namespace TENURE_ABI { namespace ops {

/// Base of both passes.
template <class Cell>
struct RecurrentPass {
  using T = typename Cell::value_type;
  static constexpr Index gates = Cell::gates;

  const Cell& cell;
  const RecurrentLayerOptions<T>& options;
  RecurrentSizes<Cell> s;
  RecurrentLayout<Cell> layout;
  RecurrentOffsets out;

  RecurrentPass(const Cell& with, const RecurrentLayerOptions<T>& how, const RecurrentSizes<Cell>& sizes)
      : cell(with), options(how), s(sizes), layout(how, sizes), out(RecurrentOffsets::of(sizes, how)) {}

  static T* allocate(Arena& arena, Index elements) {
    return arena.template allocate<T>(static_cast<std::size_t>(elements));
  }

  Index block_steps(const RecurrentSteps& one) const { return recurrent_block_steps<T>(s.batch, one.steps); }

  /// Some steps of x (batch, time, features) to (steps, batch, features), or, adding, the other way round.
  void copy_by_time(Index steps, const T* from, T* to, bool back) const {
    const Index extents[] = {steps, s.batch, s.features};
    const Index by_row[] = {s.features, s.time * s.features, 1}, by_time[] = {s.batch * s.features, s.features, 1};
    kernels::copy_strided(3, extents, from, back ? by_time : by_row, to, back ? by_row : by_time, back);
  }

  /// The input of a block: (steps, batch, features), or (batch, features) where it is the same at all steps.
  const T* input(const RecurrentSteps& one, Index first, const T* x, const T* memory) const {
    if (options.repeats > 0) return layout.copies ? memory + layout.x : x;
    return one.one_step ? memory + one.x : (layout.gathers ? memory + layout.x : x) + first * s.batch * s.features;
  }

  /// Where in x (batch, time, features) the last step of a row begins.
  Index last_input(const T* memory, Index b) const {
    const T* const mask_by_time = memory + layout.mask;
    Index t = s.time - 1;
    while (options.mask.any && t > 0 && mask_by_time[t * s.batch + b] == 0) --t;
    return (b * s.time + t) * s.features;
  }

  /// Zeros in the rows of x, or of one step of it, that `counts` (batch) has zeros for.
  void clear_masked(const T* counts, T* x) const {
    for (Index b = 0; b < s.batch; ++b) {
      if (counts[b] == 0) kernels::clear_row<simd::DefaultArch>(s.features, x + b * s.features);
    }
  }

  kernels::Rows<const T> mask_rows(const RecurrentSteps& one, const T* memory, Index t) const {
    if (!options.mask.any) return {};
    return {memory + layout.mask + (one.one_step ? s.time : t) * s.batch, 1};
  }

  /// Whether there are rows whose output is not given: zeros.
  bool hides_outputs() const { return options.mask.any && options.mask.output == MaskedOutput::zero; }

  /// The rows whose output is given, at step t or, as the last output, at all; null where those of all rows are.
  kernels::Rows<const T> output_rows(const T* memory, Index t) const {
    if (!hides_outputs()) return {};
    return {memory + layout.mask + (options.output == RecurrentOutput::last ? s.time : t) * s.batch, 1};
  }

  /// One direction's columns of the output or its gradient, at a step or of the last one, in `y`.
  template <class U>
  kernels::Rows<U> step_output(U* y, Index d, Index t) const {
    const Index stride = options.directions() * s.units;
    return {y + t * stride + d * s.units, s.time * stride};
  }
  template <class U>
  kernels::Rows<U> last_output(U* y, Index d) const {
    return {y + d * s.units, options.directions() * s.units};
  }

  /// to (batch, units) = from, or 0 in masked rows.
  void copy_rows(kernels::Rows<const T> from, kernels::Rows<const T> mask, kernels::Rows<T> to) const {
    for (Index b = 0; b < s.batch; ++b) {
      if (mask && mask[b][0] == 0) {
        kernels::clear_row<simd::DefaultArch>(s.units, to[b]);
      } else {
        kernels::copy_row<simd::DefaultArch>(s.units, from[b], to[b]);
      }
    }
  }
};

}}}  // namespace tenure::TENURE_ABI::ops
