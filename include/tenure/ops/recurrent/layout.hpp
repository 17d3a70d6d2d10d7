/// Where a recurrent layer's numbers lie: the options that decide it, the sizes, the final states in its output, and the
/// memory of its steps.
///
/// Inside, time comes first: each step works on contiguous matrices. States lie by time, the initial one before the
/// first step of a forward direction and behind the last of a reverse one: the states before all steps, and those after
/// them, are each one matrix of rows by time, as the gates are.
#pragma once

#include <algorithm>
#include <cstdint>

#include "../../core/finite.hpp"
#include "../../core/view.hpp"

namespace tenure { inline namespace TENURE_ABI {

/// What a recurrent layer gives. With both directions, the last output is not the final state: the reverse direction's
/// output at the last step is its first, and it runs that one step only.
enum class RecurrentOutput {
  sequence,  ///< the outputs of all steps (batch, time, directions · units), and the final states
  last,      ///< the output at each row's last step (batch, directions · units), PyTorch's `out[:, -1]`
  state,     ///< the final states alone: Keras's return_sequences=False
};

namespace ops {

/// The first row whose length is not from 0 to `steps`; −1 if there is none.
inline Index first_wrong_length(View<const std::int64_t> lengths, Index steps) noexcept {
  const auto wrong =
      std::find_if(lengths.begin(), lengths.end(), [=](std::int64_t length) { return length < 0 || length > steps; });
  return wrong == lengths.end() ? -1 : wrong - lengths.begin();
}

/// From the first step to the last, from the last to the first, or both side by side.
enum class RecurrentDirection { forward, reverse, both };

/// The output of a step that does not count.
enum class MaskedOutput { zero, previous };

/// Which steps count, by the lengths of the rows or one by one. Read by the forward pass only. What x holds at the others
/// is never read, not even to be multiplied by zero.
template <class T>
struct RecurrentMask {
  bool any = false;  ///< whether some steps don't
  MaskedOutput output = MaskedOutput::zero;
  View<const std::int64_t> lengths{};  ///< (batch)
  View<const T> steps{};               ///< (batch, time)

  /// As 1 and 0 to (time + 1, batch); the last row says which rows have any step at all.
  void write(Index batch, Index time, T* by_time) const {
    for (Index b = 0; b < batch; ++b) {
      bool counting = false;
      for (Index t = 0; t < time; ++t) {
        const bool counts = lengths.empty() ? !is_zero(steps(b, t)) : t < lengths(b);
        by_time[t * batch + b] = counts;
        counting |= counts;
      }
      by_time[time * batch + b] = counting;
    }
  }
};

/// How the layer runs. Its inputs are x, then W and U of each direction, the biases of each direction, and the initial
/// states.
template <class T>
struct RecurrentLayerOptions {
  RecurrentOutput output = RecurrentOutput::sequence;
  RecurrentDirection direction = RecurrentDirection::forward;
  Index biases = 2;      ///< of each direction
  Index repeats = 0;     ///< steps of an x that is the same at all of them; 0 for an x with a time axis
  bool initial = false;  ///< whether initial states are given
  bool keep = true;      ///< whether there will be a backward pass
  RecurrentMask<T> mask{};

  Index directions() const noexcept { return direction == RecurrentDirection::both ? 2 : 1; }
  /// Whether a direction runs from the last step to the first.
  bool reverses(Index d) const noexcept { return d == 1 || direction == RecurrentDirection::reverse; }

  std::size_t weight_input(Index d) const noexcept { return static_cast<std::size_t>(1 + 2 * d); }
  std::size_t bias_input(Index d, Index i) const noexcept {
    return static_cast<std::size_t>(1 + 2 * directions() + d * biases + i);
  }
  std::size_t state_input(Index i) const noexcept {
    return static_cast<std::size_t>(1 + directions() * (2 + biases) + i);
  }
};

/// The extents of a layer with its input.
template <class Cell>
struct RecurrentSizes {
  Index batch, time, features, units;
  Index state;  ///< batch · units
  Index width;  ///< gates · units

  /// @param x (batch, time, features), or (batch, features) where it is repeated
  RecurrentSizes(const Shape& x, Index repeats, Index n)
      : batch(x[0]),
        time(repeats > 0 ? repeats : x[1]),
        features(x.last()),
        units(n),
        state(batch * n),
        width(Cell::gates * n) {}
};

/// Where the results begin in the flat output: the outputs at 0, then the final states (directions, batch, units).
struct RecurrentOffsets {
  Index h, c, end;

  template <class Cell, class T>
  static RecurrentOffsets of(const RecurrentSizes<Cell>& s, const RecurrentLayerOptions<T>& options) {
    const Index states = options.directions() * s.state;
    const bool given = options.output != RecurrentOutput::last || options.direction == RecurrentDirection::forward;
    const Index outputs = options.output == RecurrentOutput::sequence ? s.time
                          : options.output == RecurrentOutput::last   ? 1
                                                                      : 0;
    const Index h = outputs * states, c = h + (given ? states : 0);
    return {h, c, given && Cell::states == 2 ? c + states : c};
  }
};

/// One direction in the memory of a layer. Where nothing is kept, there is one of each state, and the gates of one
/// block.
struct RecurrentSteps {
  bool reverse;   ///< from the last step to the first
  bool one_step;  ///< only the output at the last step is wanted, this direction's first
  bool kept;      ///< whether all steps are kept
  Index steps;
  Index x;      ///< (batch, features) of the only step
  Index h, c;   ///< (steps + 1, batch, units)
  Index gates;  ///< (steps, batch, gates · units)
  Index extra;  ///< (steps, batch, extra · units)

  Index time(Index i) const noexcept { return reverse ? steps - 1 - i : i; }
  Index before(Index t) const noexcept { return kept ? (reverse ? t + 1 : t) : 0; }
  Index after(Index t) const noexcept { return kept ? (reverse ? t : t + 1) : 0; }
};

/// Steps [begin, end) in the order of processing; `first` is the earliest in time.
struct RecurrentBlock {
  Index begin, end, first;

  RecurrentBlock(const RecurrentSteps& one, Index from, Index size)
      : begin(from), end((std::min)(from + size, one.steps)), first(one.reverse ? one.steps - end : begin) {}
  Index steps() const noexcept { return end - begin; }
};

/// Steps of a block: as many as a product takes in one pass over its inner index.
template <class T>
Index recurrent_block_steps(Index batch, Index steps) noexcept {
  constexpr Index rows = 1024 / static_cast<Index>(sizeof(T));
  const Index blocks = (steps * batch + rows - 1) / rows;
  return (steps + blocks - 1) / blocks;
}

/// Where the parts of the memory begin, each at a cache line.
template <class Cell>
struct RecurrentLayout {
  using T = typename Cell::value_type;

  Index size = 0;
  bool gathers;  ///< whether x is copied to have time first, and zeros at steps that don't count
  bool copies;   ///< whether an x that is the same at all steps is copied to have zeros in rows without any
  Index x;       ///< (time, batch, features), or (batch, features)
  Index mask;    ///< (time + 1, batch), see RecurrentMask::write
  RecurrentSteps direction[2];

  RecurrentLayout(const RecurrentLayerOptions<T>& options, const RecurrentSizes<Cell>& s) {
    const bool last = options.output == RecurrentOutput::last;
    const bool all_one_step = last && options.direction == RecurrentDirection::reverse;
    gathers = options.repeats == 0 && !all_one_step && (options.mask.any || (s.batch > 1 && s.time > 1));
    copies = options.repeats > 0 && options.mask.any;
    x = take(gathers ? s.time * s.batch * s.features : copies ? s.batch * s.features : 0);
    mask = take(options.mask.any ? (s.time + 1) * s.batch : 0);
    for (Index d = 0; d < options.directions(); ++d) {
      RecurrentSteps& one = direction[d];
      one.reverse = options.reverses(d);
      one.one_step = one.reverse && last;
      one.kept = options.keep || Cell::gates_are_states;
      one.steps = one.one_step ? 1 : s.time;
      const Index states = one.kept ? one.steps + 1 : 1;
      const Index gates = one.kept ? one.steps : recurrent_block_steps<T>(s.batch, one.steps);
      one.x = take(one.one_step && options.repeats == 0 ? s.batch * s.features : 0);
      one.h = take(states * s.state);
      one.c = take(Cell::states == 2 ? states * s.state : 0);
      one.gates = Cell::gates_are_states ? one.h + one.after(0) * s.state : take(gates * Cell::gates * s.state);
      one.extra = take((one.kept ? one.steps : 1) * Cell::extra * s.state);
    }
  }

 private:
  Index take(Index elements) {
    constexpr Index line = 64 / static_cast<Index>(sizeof(T));
    const Index begin = size;
    size += (elements + line - 1) / line * line;
    return begin;
  }
};

}  // namespace ops

}}  // namespace tenure::TENURE_ABI
