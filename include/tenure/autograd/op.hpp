/// What an operation must provide so that it can be recorded.
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>

#include "../core/arena.hpp"
#include "../core/compiled.hpp"
#include "../core/function_ref.hpp"
#include "../core/view.hpp"

// What a header says after an operation that is a template of T, and of what follows: see core/compiled.hpp.
#if defined(TENURE_COMPILED)
#define TENURE_COMPILED_OPERATION(OPERATION, ...)                                                   \
  TENURE_TEMPLATE_FLOAT struct detail::TableOf<float, OPERATION<float __VA_OPT__(, ) __VA_ARGS__>>; \
  TENURE_TEMPLATE_DOUBLE struct detail::TableOf<double, OPERATION<double __VA_OPT__(, ) __VA_ARGS__>>;
#else
#define TENURE_COMPILED_OPERATION(...)
#endif

namespace tenure { inline namespace TENURE_ABI {

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

/// An operation is one small, trivially copyable struct: a name, a shape rule that throws, a forward pass that
/// writes y, and a backward pass that adds to dx. One without a gradient does not satisfy this, so it can't be
/// recorded.
///
/// An op may also have `Index saved_size(Inputs<T>) const`: elements that its forward pass leaves for its backward
/// pass; and `unsigned overwrites(Inputs<T>) const`: bit i for an input whose gradient its backward pass may find
/// fresh, that is not zeroed, if it is the first to write there.
///
/// One that refers to memory beside its inputs (indices, lengths, masks) must have
/// `void borrowed(auto&& f)`, which calls f("indices", indices) for each of its View members that does: that memory is
/// somebody else's and is there during the call only, so a recorded operation gets a copy of what it reads, and no longer
/// sees what it writes.
template <class Op, class T>
concept Operation = std::is_trivially_copyable_v<Op> &&
    requires(const Op& op, Inputs<T> x, const Forward<T>& forward, const Backward<T>& backward) {
  { Op::name } -> std::convertible_to<std::string_view>;
  { Op::backward_reads } -> std::convertible_to<Reads>;
  { op.shape(x) } -> std::same_as<Shape>;
  { op.forward(forward) } -> std::same_as<void>;
  { op.backward(backward) } -> std::same_as<void>;
};

template <class T>
class Plan;
template <class T>
class PackedWeights;

namespace detail {

/// Where a kept operation finds what it refers to by the given name: the memory itself, a copy, or nothing.
using Placement = FunctionRef<const void*(std::string_view what, const void* data, std::size_t bytes, bool written)>;

/// An operation whose type was forgotten, so that tapes and plans are compiled once for all operations: what to call,
/// each with the operation first. Null for what it does not have.
template <class T>
struct OperationTable {
  std::string_view name;
  Reads backward_reads;
  std::size_t size;
  Shape (*shape)(const void* op, Inputs<T> x);
  Index (*saved_size)(const void* op, Inputs<T> x);
  unsigned (*overwrites)(const void* op, Inputs<T> x);
  void (*forward)(const void* op, const Forward<T>& args);
  void (*backward)(const void* op, const Backward<T>& args);
  void (*check_values)(const void* op, Inputs<T> x);
  void (*borrowed)(void* op, Placement placement);
  bool (*plan_packed)(const void* op, Plan<T>& plan, Inputs<T> x, View<T> y, unsigned constant, Arena& arena);
};

/// Repoints views of an operation.
struct Borrower {
  const Placement& placement;

  template <class U>
  void operator()(std::string_view what, View<U>& view) const {
    if (view.empty()) return;
    const auto bytes = static_cast<std::size_t>(view.size()) * sizeof(U);
    const void* const place = placement(what, view.data(), bytes, !std::is_const_v<U>);
    view = place ? View<U>(const_cast<U*>(static_cast<const U*>(place)), view.shape()) : View<U>();
  }
};

template <class T, Operation<T> Op>
struct TableOf {
  static const OperationTable<T> table;

 private:
  static const Op& at(const void* op) noexcept { return *static_cast<const Op*>(op); }

  static constexpr auto saved_size() {
    if constexpr (requires(const Op& op, Inputs<T> x) { op.saved_size(x); }) {
      return [](const void* op, Inputs<T> x) -> Index { return at(op).saved_size(x); };
    } else {
      return nullptr;
    }
  }
  static constexpr auto overwrites() {
    if constexpr (requires(const Op& op, Inputs<T> x) { op.overwrites(x); }) {
      return [](const void* op, Inputs<T> x) -> unsigned { return at(op).overwrites(x); };
    } else {
      return nullptr;
    }
  }
  static constexpr auto check_values() {
    if constexpr (requires(const Op& op, Inputs<T> x) { op.check_values(x); }) {
      return [](const void* op, Inputs<T> x) { at(op).check_values(x); };
    } else {
      return nullptr;
    }
  }
  static constexpr auto borrowed() {
    if constexpr (requires(Op & op, Borrower & f) { op.borrowed(f); }) {
      return [](void* op, Placement placement) {
        Borrower borrower{placement};
        static_cast<Op*>(op)->borrowed(borrower);
      };
    } else {
      return nullptr;
    }
  }
  static constexpr auto plan_packed() {
    if constexpr (requires(const Op& op, Inputs<T> x, PackedWeights<T>& weights) { op.packed(x, weights); }) {
      return [](const void* op, Plan<T>& plan, Inputs<T> x, View<T> y, unsigned constant, Arena& arena) {
        return plan.add_packed(at(op), x, y, constant, arena);
      };
    } else {
      return nullptr;
    }
  }
};

template <class T, Operation<T> Op>
constinit const OperationTable<T> TableOf<T, Op>::table{
    .name = Op::name,
    .backward_reads = Op::backward_reads,
    .size = sizeof(Op),
    .shape = [](const void* op, Inputs<T> x) { return at(op).shape(x); },
    .saved_size = saved_size(),
    .overwrites = overwrites(),
    .forward = [](const void* op, const Forward<T>& args) { at(op).forward(args); },
    .backward = [](const void* op, const Backward<T>& args) { at(op).backward(args); },
    .check_values = check_values(),
    .borrowed = borrowed(),
    .plan_packed = plan_packed()};

/// Carries out an operation. @returns what it saved for its backward pass, which stays in the arena if `keep`
template <class T>
T* carry_out(const OperationTable<T>& table, const void* op, Inputs<T> x, View<T> y, Arena& arena, bool keep) {
  const Arena::Mark before = arena.mark();
  T* saved = nullptr;
  if (table.saved_size) saved = arena.allocate<T>(static_cast<std::size_t>(table.saved_size(op, x)));
  const Arena::Mark after = arena.mark();
  table.forward(op, Forward<T>{x, y, saved, arena});
  arena.rewind(keep ? after : before);
  return saved;
}

/// A copy of an operation that lives as long as the arena's memory, and refers to what `placement` says.
template <class T>
void* keep_operation(const OperationTable<T>& table, const void* op, Arena& arena, Placement placement) {
  void* const kept =
      arena.allocate<std::max_align_t>((table.size + sizeof(std::max_align_t) - 1) / sizeof(std::max_align_t));
  std::memcpy(kept, op, table.size);
  if (table.borrowed) table.borrowed(kept, placement);
  return kept;
}

/// `bytes` from there in memory of the arena, a copy unless they lie in it already.
inline const void* keep_bytes(const void* data, std::size_t bytes, Arena& arena) {
  return arena.holds(data) ? data : std::memcpy(arena.allocate<std::uint8_t>(bytes), data, bytes);
}

}  // namespace detail

}}  // namespace tenure::TENURE_ABI
