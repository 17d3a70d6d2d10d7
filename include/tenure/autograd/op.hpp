/// What an operation must provide so that it can be recorded.
#pragma once

#include <concepts>
#include <span>
#include <string_view>

#include "../core/arena.hpp"
#include "../core/view.hpp"

namespace tenure::inline TENURE_ABI {

/// The inputs of an op. The data of an input that `backward_reads` does not name is null in the backward pass.
template <class T>
using Inputs = std::span<const View<const T>>;

/// What an op's forward pass is given. `saved` has `saved_size(x)` elements; `scratch` is taken back afterwards.
template <class T>
struct Forward {
  Inputs<T> x;
  View<T> y;
  T* saved;
  Arena& scratch;
};

/// What an op's backward pass is given. It adds to each `dx` whose data is not null, and writes nothing else; a `fresh`
/// dx it overwrites, all of it.
template <class T>
struct Backward {
  Inputs<T> x;
  View<const T> y;
  View<const T> dy;
  std::span<const View<T>> dx;
  const T* saved;
  Arena& scratch;
  unsigned fresh = 0;

  bool adds(std::size_t i) const noexcept { return i >= 32 || (fresh >> i & 1) == 0; }
};

/// The values that an op's backward pass reads, `saved` aside: bit i of `inputs` for input i, and whether the output.
struct Reads {
  unsigned inputs = 0;
  bool output = false;

  constexpr bool input(std::size_t i) const noexcept { return i < 32 ? (inputs >> i & 1) != 0 : inputs >> 31 != 0; }
};

/// An operation is one small, trivially destructible struct: a name, a shape rule that throws, a forward pass that
/// writes y, and a backward pass that adds to dx. One without a gradient does not satisfy this, so it can't be
/// recorded.
///
/// An op may also have `Index saved_size(Inputs<T>) const`: elements that its forward pass leaves for its backward
/// pass; and `unsigned overwrites(Inputs<T>) const`: bit i for an input whose gradient its backward pass may find
/// fresh, that is not zeroed, if it is the first to write there.
template <class Op, class T>
concept Operation = std::is_trivially_destructible_v<Op> &&
    requires(const Op& op, Inputs<T> x, const Forward<T>& forward, const Backward<T>& backward) {
  { Op::name } -> std::convertible_to<std::string_view>;
  { Op::backward_reads } -> std::convertible_to<Reads>;
  { op.shape(x) } -> std::same_as<Shape>;
  { op.forward(forward) } -> std::same_as<void>;
  { op.backward(backward) } -> std::same_as<void>;
};

}  // namespace tenure::inline TENURE_ABI
