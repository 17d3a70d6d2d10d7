/// The operations of a forward pass, kept so that they can be carried out again with other values in the same places:
/// what a Predictor runs. A tape that is given a plan adds what it records.
#pragma once

#include <mutex>
#include <utility>
#include <vector>

#include "../core/function_ref.hpp"
#include "../core/tensor.hpp"
#include "op.hpp"

namespace tenure::inline TENURE_ABI {

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
  Inputs<T> x;
  View<T> y;
  PlanStep* next;
};

/// Carries out an operation. @returns what it saved for its backward pass, which stays in the arena if `keep`
template <class T, Operation<T> Op>
[[gnu::noinline]] T* carry_out(const Op& op, Inputs<T> x, View<T> y, Arena& arena, bool keep) {
  const Arena::Mark before = arena.mark();
  T* saved = nullptr;
  if constexpr (requires { op.saved_size(x); }) {
    saved = arena.allocate<T>(static_cast<std::size_t>(op.saved_size(x)));
  }
  const Arena::Mark after = arena.mark();
  op.forward(Forward<T>{x, y, saved, arena});
  arena.rewind(keep ? after : before);
  return saved;
}

namespace detail {

template <class T, class Op>
struct PlannedOperation : PlanStep<T> {
  Op op;

  static void run(const PlanStep<T>& step, Arena& scratch) {
    const Op& op = static_cast<const PlannedOperation&>(step).op;
    if constexpr (requires { op.check_values(step.x); }) op.check_values(step.x);
    if constexpr (requires { op.run(step.x, step.y.data(), scratch); }) {
      op.run(step.x, step.y.data(), scratch);
    } else {
      carry_out<T>(op, step.x, step.y, scratch, false);
    }
  }

  static bool fuse(PlanStep<T>& step, const PlanStep<T>& next) {
    return static_cast<PlannedOperation&>(step).op.fuse(next);
  }
};

}  // namespace detail

/// A list of steps, which live in the arena of the tape that records them.
///
/// An operation may have `void check_values(Inputs<T>) const`, which throws where what it refers to beside its inputs
/// (indices, lengths) does not fit: it is called in each run. It may also have
/// `std::optional<P> packed(Inputs<T>, PackedWeights<T>&) const`, asked if all its inputs but the first are constants:
/// a struct with `void run(Inputs<T>, T* y, Arena&)` that does the same faster for this shape of input, and possibly
/// `bool fuse(const PlanStep<T>& next)`.
template <class T>
class Plan {
 public:
  explicit Plan(PackedWeights<T>& weights) noexcept : weights_(weights) {}
  Plan(const Plan&) = delete;
  Plan& operator=(const Plan&) = delete;

  /// @param constant whether all inputs but the first are constants
  template <Operation<T> Op>
  void add(const Op& op, Inputs<T> x, View<T> y, bool constant, Arena& arena) {
    if constexpr (requires { op.packed(x, weights_); }) {
      if (const auto packed = constant ? op.packed(x, weights_) : decltype(op.packed(x, weights_))()) {
        return append(*packed, x, y, arena);
      }
    }
    append(op, x, y, arena);
  }

  /// To be called when all is recorded, with what the model gives.
  [[gnu::cold, gnu::noinline]] void finish(View<const T> y) {
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
  template <class Op>
  void append(const Op& op, Inputs<T> x, View<T> y, Arena& arena) {
    using Planned = detail::PlannedOperation<T, Op>;
    PlanStep<T>* const step = ::new (arena.allocate<Planned>(1)) Planned{{&Planned::run, nullptr, x, y, nullptr}, op};
    if constexpr (requires(Op & mutable_op) { mutable_op.fuse(*step); }) step->fuse = &Planned::fuse;
    *end_ = step;
    end_ = &step->next;
  }

  static bool reads(View<const T> x, View<const T> y) noexcept {
    return x.data() >= y.data() && x.data() < y.data() + y.size();
  }

  static bool is_read_only_by_next(const PlanStep<T>& step, View<const T> result) noexcept {
    const PlanStep<T>& next = *step.next;
    if (next.x.size() != 1 || next.x[0].data() != step.y.data() || next.x[0].size() != step.y.size()) return false;
    if (reads(result, step.y)) return false;
    for (const PlanStep<T>* later = next.next; later; later = later->next) {
      for (const View<const T>& x : later->x) {
        if (reads(x, step.y)) return false;
      }
    }
    return true;
  }

  PackedWeights<T>& weights_;
  PlanStep<T>* first_ = nullptr;
  PlanStep<T>** end_ = &first_;
};

}  // namespace tenure::inline TENURE_ABI
