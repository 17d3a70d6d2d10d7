/// The operations of a forward pass, kept so that they can be carried out again with other values in the same places:
/// what a Predictor runs. A tape that is given a plan adds what it records.
#pragma once

#include <mutex>
#include <utility>
#include <vector>

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
  [[gnu::cold]] void add(const detail::OperationTable<T>& table, const void* op, Inputs<T> x, View<T> y, bool constant,
                         Arena& arena) {
    if (constant && table.plan_packed && table.plan_packed(op, *this, x, y, arena)) return;
    append({&run_operation, nullptr, detail::keep_operation(table, op, arena), &table, x, y, nullptr}, arena);
  }

  /// Adds what the operation is when packed. @returns whether it can be packed
  template <Operation<T> Op>
  [[gnu::cold]] bool add_packed(const Op& op, Inputs<T> x, View<T> y, Arena& arena) {
    const auto packed = op.packed(x, weights_);
    if (!packed) return false;
    using Packed = typename decltype(packed)::value_type;
    void* const kept = ::new (arena.allocate<Packed>(1)) Packed(*packed);
    PlanStep<T> step{&run_packed<Packed>, nullptr, kept, nullptr, x, y, nullptr};
    if constexpr (requires(Packed & p) { p.fuse(step); }) step.fuse = &fuse_packed<Packed>;
    append(step, arena);
    return true;
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

}}  // namespace tenure::TENURE_ABI
