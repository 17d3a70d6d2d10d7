/// The operations of a forward pass, kept so that they can be carried out again with other values in the same places:
/// what a Predictor runs. A tape that is given a plan adds what it records.
#pragma once

#include <cstddef>
#include <functional>
#include <mutex>
#include <span>
#include <utility>
#include <vector>

#include "../core/error.hpp"
#include "../core/function_ref.hpp"
#include "../core/tensor.hpp"
#include "op.hpp"

namespace tenure { inline namespace TENURE_ABI {

/// Weights in the form in which a plan reads them, made once for all plans of the same model. Safe from many threads.
template <class T>
class PackedWeights {
 public:
  /// What they are made of: the parameters (null where there are fewer) and the number of elements.
  struct Key {
    const T* parameters[3];
    Index size;
    bool operator==(const Key&) const = default;
  };

  /// `key.size` elements that `pack` writes, zeros before; the same as last time for the same key.
  [[gnu::cold, gnu::noinline]] const T* get(const Key& key, FunctionRef<void(T*)> pack) {
    const std::lock_guard lock(mutex_);
    for (const auto& [of, packed] : packed_) {
      if (of == key) return packed.data();
    }
    Tensor<T> packed({key.size});
    pack(packed.data());
    return packed_.emplace_back(key, std::move(packed)).second.data();
  }

 private:
  std::mutex mutex_;
  std::vector<std::pair<Key, Tensor<T>>> packed_;
};

/// An operation and the places of its inputs and its output.
template <class T>
struct PlanStep {
  void (*run)(const PlanStep&, Arena& scratch);
  /// Takes over what the next step does, the only one that reads y, if it can; null if it never can.
  bool (*fuse)(PlanStep&, const PlanStep& next);
  void* operation;                         // or what stands for it when packed
  const detail::OperationTable<T>* table;  // null if it is packed
  Inputs<T> x;
  View<T> y;
  PlanStep* next;

  template <class Op>
  bool is() const noexcept {
    return table == &detail::TableOf<T, Op>::table;
  }
};

/// A list of steps, which live in the arena of the tape that records them.
///
/// An operation may have `void check_values(Inputs<T>) const`, which throws where what it refers to beside its inputs
/// (indices, lengths) does not fit: it is called in each run. It may also have
/// `std::optional<P> packed(Inputs<T>, PackedWeights<T>&) const`: a struct with `void run(Inputs<T>, T* y, Arena&)` that
/// does the same faster for this shape of input, and possibly `bool fuse(const PlanStep<T>& next)`. It is asked if all its
/// inputs but the first are parameters, or those that `unsigned packs(Inputs<T>) const` has a bit for.
///
/// What steps refer to beside that is checked: the plan's inputs, which are known to it before, and memory of the tape.
/// Anything else may be gone at the next run, or hold what was computed from other values.
template <class T>
class Plan {
 public:
  explicit Plan(PackedWeights<T>& weights) noexcept : weights_(weights) {}
  Plan(const Plan&) = delete;
  Plan& operator=(const Plan&) = delete;

  /// Memory that is written anew before each run.
  template <class U>
  [[gnu::cold]] void add_input(View<U> input) {
    inputs_.push_back(std::as_bytes(input.span()));
  }

  /// @throws StateError, naming `name` and `what`, for memory that is neither the plan's input nor the arena's
  [[gnu::cold]] void check(std::string_view name, std::string_view what, const void* data, const Arena& arena) const {
    if (arena.holds(data)) return;
    for (const std::span<const std::byte> input : inputs_) {
      const auto* const at = static_cast<const std::byte*>(data);
      if (!std::less<>()(at, input.data()) && std::less<>()(at, input.data() + input.size())) return;
    }
    throw StateError(name,
                     {"in a plan ", what, " that the plan's inputs hold, that an operation gives, or that are a ",
                      "tape.constant()"},
                     "memory that may be gone or hold other values in its next run");
  }

  /// @param constant bit i for an input that is a parameter or a part of one
  /// @throws StateError where the operation refers to memory that is neither the plan's nor one of its inputs
  [[gnu::cold]] void add(const detail::OperationTable<T>& table, const void* op, Inputs<T> x, View<T> y,
                         unsigned constant, Arena& arena) {
    if (table.plan_packed && table.plan_packed(op, *this, x, y, constant, arena)) return;
    const auto place = [&](std::string_view what, const void* data, std::size_t, bool) {
      check(table.name, what, data, arena);
      return data;
    };
    append({&run_operation, nullptr, detail::keep_operation<T>(table, op, arena, place), &table, x, y, nullptr}, arena);
  }

  /// Adds what the operation is when packed. @returns whether it can be packed
  template <Operation<T> Op>
  [[gnu::cold]] bool add_packed(const Op& op, Inputs<T> x, View<T> y, unsigned constant, Arena& arena) {
    unsigned needed = (1U << x.size()) - 2;
    if constexpr (requires { op.packs(x); }) needed = op.packs(x);
    if ((constant & needed) != needed) return false;
    const auto packed = op.packed(x, weights_);
    if (!packed) return false;
    using Packed = typename decltype(packed)::value_type;
    void* const kept = ::new (arena.allocate<Packed>(1)) Packed(*packed);
    PlanStep<T> step{&run_packed<Packed>, nullptr, kept, nullptr, x, y, nullptr};
    if constexpr (requires(Packed & p) { p.fuse(step); }) step.fuse = &fuse_packed<Packed>;
    append(step, arena);
    return true;
  }

  /// To be called when all is recorded, with all that the model gives.
  [[gnu::cold, gnu::noinline]] void finish(std::span<const View<const T>> y) {
    for (PlanStep<T>* step = first_; step; step = step->next) {
      while (step->next && step->fuse && is_read_only_by_next(*step, y) && step->fuse(*step, *step->next)) {
        step->y = step->next->y;
        step->next = step->next->next;
      }
    }
  }

  void run(Arena& scratch) const {
    for (const PlanStep<T>* step = first_; step; step = step->next) step->run(*step, scratch);
  }

 private:
  static void run_operation(const PlanStep<T>& step, Arena& scratch) {
    if (step.table->check_values) step.table->check_values(step.operation, step.x);
    detail::carry_out(*step.table, step.operation, step.x, step.y, scratch, false);
  }

  template <class Packed>
  static void run_packed(const PlanStep<T>& step, Arena& scratch) {
    static_cast<const Packed*>(step.operation)->run(step.x, step.y.data(), scratch);
  }

  template <class Packed>
  [[gnu::cold]] static bool fuse_packed(PlanStep<T>& step, const PlanStep<T>& next) {
    return static_cast<Packed*>(step.operation)->fuse(next);
  }

  [[gnu::cold]] void append(const PlanStep<T>& step, Arena& arena) {
    PlanStep<T>* const last = ::new (arena.allocate<PlanStep<T>>(1)) PlanStep<T>(step);
    *end_ = last;
    end_ = &last->next;
  }

  static bool reads(View<const T> x, View<const T> y) noexcept {
    return x.data() >= y.data() && x.data() < y.data() + y.size();
  }

  static bool is_read_only_by_next(const PlanStep<T>& step, std::span<const View<const T>> results) noexcept {
    const PlanStep<T>& next = *step.next;
    if (next.x.size() != 1 || next.x[0].data() != step.y.data() || next.x[0].size() != step.y.size()) return false;
    for (const View<const T>& result : results) {
      if (reads(result, step.y)) return false;
    }
    for (const PlanStep<T>* later = next.next; later; later = later->next) {
      for (const View<const T>& x : later->x) {
        if (reads(x, step.y)) return false;
      }
    }
    return true;
  }

  PackedWeights<T>& weights_;
  std::vector<std::span<const std::byte>> inputs_;
  PlanStep<T>* first_ = nullptr;
  PlanStep<T>** end_ = &first_;
};

}}  // namespace tenure::TENURE_ABI
