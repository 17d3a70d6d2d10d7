/// Reverse-mode differentiation: a tape of the operations that were carried out, and handles to their results.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <span>
#include <utility>

#include "../core/rng.hpp"
#include "buffer.hpp"
#include "gradient_memory.hpp"
#include "op.hpp"
#include "parameter.hpp"
#include "plan.hpp"

namespace tenure { inline namespace TENURE_ABI {

template <class T>
class Tape;

/// Is told what each layer gives while a tape has it: for summary().
class LayerObserver {
 public:
  virtual void layer(const void* layer, std::string_view type, const Shape& output) = 0;

 protected:
  ~LayerObserver() = default;
};

namespace detail {

/// A value on the tape and the place of its gradient.
template <class T>
struct Slot {
  const T* value;
  Slot* origin;  // the slot whose memory this one shares a part of; itself for most
  Shape shape;
  bool differentiable;     // whether a gradient is wanted
  bool retains = false;    // of an origin, as what follows: whether its gradient outlives its use in a backward pass
  T* gradient = nullptr;   // null before its first use, unless it is retained
  std::uint64_t pass = 0;  // the backward pass in which its gradient was zeroed; 0: none yet
  const std::uint64_t* version = nullptr;  // of a parameter that steps may change: their count

  static constexpr std::uint64_t every_pass = ~std::uint64_t{0};  // accumulates over passes: a parameter or variable

  Slot(const T* memory, const Shape& of_shape, bool wants_gradient, Slot* part_of = nullptr) noexcept
      : value(memory), origin(part_of ? part_of : this), shape(of_shape), differentiable(wants_gradient) {}

  /// The place of its gradient in its origin's.
  T* place() const noexcept { return origin->gradient + (value - origin->value); }
};

/// One recorded operation; a list in reverse order of recording.
template <class T>
struct Node {
  Node* previous;
  const OperationTable<T>* table;
  const void* operation;
  std::span<const View<const T>> x;
  std::span<View<T>> dx;
  std::span<Slot<T>* const> inputs;  // null for one whose gradient is not wanted, or stays in its place for every pass
  Slot<T>* output;
  unsigned overwrites;
  const T* saved;
  const std::uint64_t* version;  // of a parameter whose value its backward pass reads; null for none
  std::uint64_t recorded_at;     // what that was
};

}  // namespace detail

/// A handle to a value on a tape: small, trivially copied, void after the tape's reset().
template <class T>
class Var {
 public:
  using value_type = T;

  /// Refers to nothing; only to be assigned to.
  Var() noexcept = default;

  const Shape& shape() const { return slot().shape; }
  Index size() const { return shape().size(); }
  View<const T> value() const { return {slot().value, slot().shape}; }

  /// What the last backward pass left here, if this is a variable, a parameter or retains its gradient; empty when no
  /// gradient is wanted or none came.
  View<const T> gradient() const {
    const detail::Slot<T>& slot = this->slot();
    const bool left = slot.differentiable && slot.origin->retains && slot.origin->pass != 0;
    return {left ? slot.place() : nullptr, slot.shape};
  }
  bool requires_gradient() const { return slot().differentiable; }

  /// From now on backward passes leave the gradient of this result of an operation, or of all of which it is a part, to
  /// gradient(); else its memory serves others as soon as it is used.
  void retain_gradient() const { tape().retain(*slot_->origin); }

  /// The value of a tensor of one element. @throws ShapeError
  T item() const {
    if (size() != 1) throw ShapeError("item", "one element", {shape()});
    return *slot().value;
  }

  /// Adds the gradients of this scalar to those of all parameters that it depends on. @throws ShapeError; StateError,
  /// also where this round used gathered parameters and a trainable one that is gathered nowhere: a layer that `fields`
  /// leaves out would not learn. One that shall not is frozen.
  void backward() const { tape().backward(*this, nullptr); }

  /// The same for any shape, with the gradient of a scalar with respect to this value. @throws ShapeError, StateError
  void backward(View<const T> cotangent) const {
    if (cotangent.shape() != shape()) {
      throw ShapeError("backward", {"a cotangent of ", shape()}, {cotangent.shape()});
    }
    tape().backward(*this, cotangent.data());
  }

  /// @throws StateError when the tape was reset since
  Tape<T>& tape() const {
    check("tape");
    return *tape_;
  }

  /// @throws StateError, naming `name`, unless this refers to a value of its tape's current round
  void check(std::string_view name) const {
    if (!tape_ || tape_->generation() != generation_) fail(name);
  }

 private:
  friend class Tape<T>;
  Var(Tape<T>* tape, detail::Slot<T>* slot) noexcept : tape_(tape), slot_(slot), generation_(tape->generation()) {}

  [[noreturn, gnu::cold, gnu::noinline]] void fail(std::string_view name) const {
    throw StateError(name, "a Var of the tape's current round",
                     tape_ ? "one from before reset()" : "a Var that refers to nothing");
  }

  const detail::Slot<T>& slot() const {
    check("var");
    return *slot_;
  }

  Tape<T>* tape_ = nullptr;
  detail::Slot<T>* slot_ = nullptr;
  std::uint64_t generation_ = 0;
};

/// Records operations and runs them backward. Values, gradients and records lie in one arena, which `reset()` takes
/// back whole: from the third round of the same operations on, a round allocates nothing. For one thread at a time;
/// must outlive its Vars and stay where it is.
template <class T>
class Tape {
 public:
  Tape() = default;
  Tape(const Tape&) = delete;
  Tape& operator=(const Tape&) = delete;

  /// Values that have no gradient. They are copied, so that x need not stay.
  /// @throws ShapeError for an empty view; StateError in a plan, unless x is in one of its inputs or an operation gave it
  Var<T> input(View<const T> x) {
    check_input(x);
    return {this, slot(plan_ ? x.data() : copy(x), x.shape(), false)};
  }
  Var<T> input(const Tensor<T>& x) { return input(x.view()); }

  /// The same of what a model has of itself and does not compute from its inputs, as a table of positions: a plan goes on
  /// with the values that it has now. @throws ShapeError for an empty view
  Var<T> constant(View<const T> x) {
    if (x.empty()) fail_empty("constant");
    return {this, slot(copy(x), x.shape(), false)};
  }
  Var<T> constant(const Tensor<T>& x) { return constant(x.view()); }
  Var<T> constant(T value) { return constant(View<const T>(&value, Shape{})); }

  /// The same of indices, or lengths: a copy that stays until reset().
  View<const std::int64_t> constant(View<const std::int64_t> indices) {
    return {static_cast<const std::int64_t*>(
                detail::keep_bytes(indices.data(), std::as_bytes(indices.span()).size(), arena_)),
            indices.shape()};
  }
  View<const std::int64_t> constant(const Tensor<std::int64_t>& indices) { return constant(indices.view()); }

  /// Room for what an operation writes beside its output, as attention its weights; there until reset().
  View<T> room(const Shape& shape) { return {arena_.allocate<T>(static_cast<std::size_t>(shape.size())), shape}; }

  /// An input whose gradient is wanted.
  Var<T> variable(View<const T> x) {
    const Var<T> input = this->input(x);
    input.slot_->differentiable = true;
    retain(*input.slot_);
    zero_gradient(*input.slot_);
    input.slot_->pass = detail::Slot<T>::every_pass;
    return input;
  }
  Var<T> variable(const Tensor<T>& x) { return variable(x.view()); }

  /// A model's parameter: a constant while it is frozen, not gathered, or gradients are off.
  Var<T> parameter(const Parameter<T>& parameter) {
    const View<const T> value = parameter.value();
    if (value.empty()) fail_empty("parameter");
    const Var<T> var(this, this->slot(value.data(), value.shape(), false));
    detail::Slot<T>& slot = *var.slot_;
    if (recording_ && parameter.trainable()) {
      slot.gradient = gradients_ ? parameter.gradient_in(*gathered_, gradients_) : parameter.gradient().data();
      note(slot, parameter.layer());
      slot.version = parameter.version();
    }
    slot.differentiable = slot.retains = slot.gradient != nullptr;
    slot.pass = detail::Slot<T>::every_pass;
    return var;
  }

  /// A model's buffer, copied: the forward pass may go on to change it.
  Var<T> buffer(const Buffer<T>& buffer) { return constant(buffer.value()); }

  /// Part of a value, or all of it in another shape, sharing its memory and its gradient's: no operation is recorded.
  /// `offset` + shape.size() must not exceed x.size().
  Var<T> alias(Var<T> x, Index offset, const Shape& shape) {
    x.check("alias");
    return {this, slot(x.slot_->value + offset, shape, x.slot_->differentiable, x.slot_->origin)};
  }

  /// The value as a constant.
  Var<T> detach(Var<T> x) {
    x.check("detach");
    return {this, slot(x.slot_->value, x.slot_->shape, false)};
  }

  /// Carries out an operation and records it for the backward pass, unless no input wants a gradient.
  /// @throws what op.shape() throws, StateError, std::bad_alloc
  template <Operation<T> Op>
  Var<T> record(const Op& op, std::span<const Var<T>> inputs) {
    return record(detail::TableOf<T, Op>::table, &op, inputs);
  }
  template <Operation<T> Op>
  Var<T> record(const Op& op, std::initializer_list<Var<T>> inputs) {
    return record(op, std::span<const Var<T>>(inputs.begin(), inputs.size()));
  }

  /// Forgets all operations and voids all Vars.
  void reset() {
    last_ = nullptr;
    passed_ = nullptr;
    inputs_ = passes_ = 0;
    left_out_ = {};
    ++generation_;
    most_memory_ = 0;
    arena_.reset();
  }

  /// From now on, gradients of the parameters gathered there are added to another buffer of that size, which must
  /// outlive this: for tapes that run beside each other. Trainable parameters gathered elsewhere are then a StateError.
  void set_gradients(const ParameterStorage<T>& gathered, T* gradients) noexcept {
    gathered_ = &gathered;
    gradients_ = gradients;
  }

  std::uint64_t generation() const noexcept { return generation_; }
  bool recording() const noexcept { return recording_; }
  void set_recording(bool recording) noexcept { recording_ = recording; }
  /// What layers drop out with where a call gives them no generator: set while a model is trained, as fit() does. Null,
  /// the default: nothing is dropped.
  Rng* rng() const noexcept { return rng_; }
  void set_rng(Rng* rng) noexcept { rng_ = rng; }
  /// Null for none, the default.
  LayerObserver* observer() const noexcept { return observer_; }
  void set_observer(LayerObserver* observer) noexcept { observer_ = observer; }
  /// Null for none, the default; not while gradients are recorded.
  Plan<T>* plan() const noexcept { return plan_; }
  void set_plan(Plan<T>* plan) noexcept { plan_ = plan; }
  /// The most bytes that values, gradients and records took since the last reset().
  std::size_t memory() const noexcept { return (std::max)(most_memory_, arena_.used()); }

 private:
  friend class Var<T>;

  template <class... Args>
  detail::Slot<T>* slot(const Args&... args) {
    return ::new (arena_.allocate<detail::Slot<T>>(1)) detail::Slot<T>(args...);
  }

  /// Remembers the first trainable parameter that is gathered nowhere, and whether others are gathered.
  void note(const detail::Slot<T>& parameter, std::string_view layer) noexcept {
    if (parameter.gradient) {
      left_out_.others = true;
    } else if (!left_out_.parameter) [[unlikely]] {
      left_out_.parameter = &parameter;
      left_out_.layer = layer;
    }
  }

  [[noreturn, gnu::cold, gnu::noinline]] void fail_left_out() const {
    const std::string_view layer = left_out_.layer;
    throw StateError("backward", "all trainable parameters to be gathered, as those are that `fields` names, or frozen",
                     {layer.empty() ? "a parameter" : layer, layer.empty() ? "" : "'s parameter", " of ",
                      left_out_.parameter->shape, " that is not: is its member left out of `fields`?"});
  }

  const T* copy(View<const T> x) {
    T* const memory = arena_.allocate<T>(static_cast<std::size_t>(x.size()));
    std::copy_n(x.data(), x.size(), memory);
    return memory;
  }

  void check_input(View<const T> x) {
    if (x.empty()) fail_empty("input");
    if (plan_) [[unlikely]] {
      plan_->check("input", "values", x.data(), arena_);
    }
    if (++inputs_ > most_inputs) fail_round({inputs_, " inputs since"});
  }

  [[noreturn, gnu::cold, gnu::noinline]] static void fail_changed(std::string_view name) {
    throw StateError(name, "parameters as they were when it was recorded",
                     "those that an optimizer's step has changed since: record the loss again");
  }
  [[noreturn, gnu::cold, gnu::noinline]] static void fail_empty(std::string_view name) {
    throw ShapeError(name, "a tensor with elements", "an empty one");
  }
  [[noreturn, gnu::cold, gnu::noinline]] static void fail_round(const Text& got) {
    throw StateError("tape", "reset() after each step, for a tape keeps all that is recorded until then", got);
  }

  static std::size_t bytes(const detail::Slot<T>& origin) noexcept {
    return static_cast<std::size_t>(origin.shape.size()) * sizeof(T);
  }

  static void zero_gradient(const detail::Slot<T>& origin) noexcept { std::memset(origin.gradient, 0, bytes(origin)); }

  void retain(detail::Slot<T>& origin) {
    if (!origin.differentiable || origin.retains) return;
    origin.gradient = arena_.allocate<T>(static_cast<std::size_t>(origin.shape.size()));
    origin.retains = true;
    origin.pass = 0;  // what earlier passes left is gone
  }

  /// Gives a gradient its memory at its first use in a backward pass, and zeroes it unless it is to be overwritten:
  /// what the loss does not depend on is never touched. @returns whether it was the first use
  bool enliven(detail::Slot<T>& origin, detail::GradientMemory& memory, bool overwritten) {
    if (origin.pass >= pass_) return false;
    if (!origin.retains) {
      origin.gradient = static_cast<T*>(memory.take(bytes(origin), arena_));
      most_memory_ = (std::max)(most_memory_, arena_.used());
    }
    if (!overwritten) zero_gradient(origin);
    origin.pass = pass_;
    return true;
  }

  /// The same of all gradients that a node adds to. @returns those that it may overwrite, and which are not zeroed
  unsigned enliven(const detail::Node<T>& node, detail::GradientMemory& memory) {
    unsigned fresh = 0;
    for (std::size_t i = 0; i < node.inputs.size(); ++i) {
      const detail::Slot<T>* const input = node.inputs[i];
      if (!input) continue;
      const bool overwritten = i < 32 && (node.overwrites >> i & 1) != 0;
      if (enliven(*input->origin, memory, overwritten) && overwritten) fresh |= 1U << i;
      node.dx[i] = View<T>(input->place(), input->shape);
    }
    return fresh;
  }

  /// Takes from `overwrites` the inputs that share their gradient with another or are but a part of it.
  static unsigned whole(std::span<const Var<T>> vars, unsigned overwrites) noexcept {
    for (std::size_t i = 0; overwrites >> i != 0; ++i) {
      const detail::Slot<T>* const origin = vars[i].slot_->origin;
      bool whole = origin->shape.size() == vars[i].slot_->shape.size();
      for (std::size_t j = 0; j < vars.size(); ++j) whole &= j == i || vars[j].slot_->origin != origin;
      if (!whole) overwrites &= ~(1U << i);
    }
    return overwrites;
  }

  Var<T> record(const detail::OperationTable<T>& table, const void* op, std::span<const Var<T>> vars);
  std::span<View<const T>> inputs(std::string_view name, std::span<const Var<T>> vars, bool& differentiable);
  void add_node(const detail::OperationTable<T>& table, const void* op, std::span<const Var<T>> vars,
                std::span<View<const T>> x, detail::Slot<T>* output, const T* saved);
  void backward(Var<T> from, const T* cotangent);

  /// Bit i for an input that is a parameter or a part of one.
  [[gnu::cold]] static unsigned constants(std::span<const Var<T>> vars) noexcept {
    unsigned bits = 0;
    for (std::size_t i = 0; i < vars.size() && i < 32; ++i) {
      if (vars[i].slot_->origin->pass == detail::Slot<T>::every_pass) bits |= 1U << i;
    }
    return bits;
  }

  // More than any graph has, and soon reached without a reset().
  static constexpr Index most_inputs = 1 << 16, most_backward_passes = 1 << 8;

  Arena arena_;
  detail::Node<T>* last_ = nullptr;
  const detail::Node<T>* passed_ = nullptr;  // the last one in the latest backward pass
  Index inputs_ = 0;                         // of this round
  Index passes_ = 0;                         // backward passes of this round, each after more was recorded
  std::uint64_t generation_ = 1;
  std::uint64_t pass_ = 0;       // of backward passes, over all rounds
  std::size_t most_memory_ = 0;  // that was in use in a backward pass of this round
  bool recording_ = true;
  Rng* rng_ = nullptr;
  LayerObserver* observer_ = nullptr;
  const ParameterStorage<T>* gathered_ = nullptr;
  T* gradients_ = nullptr;  // instead of those there
  Plan<T>* plan_ = nullptr;

  // What this round's trainable parameters were found to be.
  struct LeftOut {
    const detail::Slot<T>* parameter = nullptr;  // the first that is not gathered
    std::string_view layer = {};                 // its layer's type
    bool others = false;                         // whether one is gathered
  };
  LeftOut left_out_;
};

/// y, after the tape's observer was told that it is what the layer gives. What a layer's operator() ends with.
template <class Layer, class T>
Var<T> observed(const Layer& layer, Var<T> y) {
  if (LayerObserver* observer = y.tape().observer()) observer->layer(&layer, Layer::type, y.shape());
  return y;
}

/// While it lives, its tape records nothing: the same code runs forward only.
template <class T>
class NoGrad {
 public:
  explicit NoGrad(Tape<T>& tape) noexcept : tape_(tape), recording_(tape.recording()) { tape.set_recording(false); }
  NoGrad(const NoGrad&) = delete;
  NoGrad& operator=(const NoGrad&) = delete;
  ~NoGrad() { tape_.set_recording(recording_); }

 private:
  Tape<T>& tape_;
  bool recording_;
};

/// While it lives, layers on its tape drop out with a generator; with a null one, as they did before.
template <class T>
class WithRng {
 public:
  WithRng(Tape<T>& tape, Rng* rng) noexcept : tape_(tape), before_(tape.rng()) {
    if (rng) tape.set_rng(rng);
  }
  WithRng(const WithRng&) = delete;
  WithRng& operator=(const WithRng&) = delete;
  ~WithRng() { tape_.set_rng(before_); }

 private:
  Tape<T>& tape_;
  Rng* before_;
};

template <class T>
Var<T> Tape<T>::record(const detail::OperationTable<T>& table, const void* op, std::span<const Var<T>> vars) {
  bool differentiable = false;
  const std::span<View<const T>> x = inputs(table.name, vars, differentiable);
  const Shape shape = table.shape(op, x);
  T* y = arena_.allocate<T>(static_cast<std::size_t>(shape.size()));
  detail::Slot<T>* output = slot(y, shape, differentiable);

  T* const saved = detail::carry_out<T>(table, op, x, {y, shape}, arena_, differentiable);
  if (plan_) [[unlikely]] {
    plan_->add(table, op, x, {y, shape}, constants(vars), arena_);
  }
  if (differentiable) add_node(table, op, vars, x, output, saved);
  return {this, output};
}

template <class T>
std::span<View<const T>> Tape<T>::inputs(std::string_view name, std::span<const Var<T>> vars, bool& differentiable) {
  View<const T>* x = arena_.allocate<View<const T>>(vars.size());
  for (std::size_t i = 0; i < vars.size(); ++i) {
    vars[i].check(name);
    if (vars[i].tape_ != this) throw StateError(name, "inputs of one tape", "a Var of another tape");
    differentiable |= recording_ && vars[i].slot_->differentiable;
    ::new (x + i) View<const T>(vars[i].slot_->value, vars[i].slot_->shape);
  }
  return {x, vars.size()};
}

template <class T>
void Tape<T>::add_node(const detail::OperationTable<T>& table, const void* op, std::span<const Var<T>> vars,
                       std::span<View<const T>> x, detail::Slot<T>* output, const T* saved) {
  const unsigned overwrites = table.overwrites ? table.overwrites(op, x) : 0;
  const std::uint64_t* version = nullptr;
  View<T>* dx = arena_.allocate<View<T>>(vars.size());
  auto** inputs = arena_.allocate<detail::Slot<T>*>(vars.size());
  for (std::size_t i = 0; i < vars.size(); ++i) {
    detail::Slot<T>& input = *vars[i].slot_;
    const bool stays = input.origin->pass == detail::Slot<T>::every_pass;
    ::new (dx + i) View<T>(stays && input.differentiable ? input.place() : nullptr, input.shape);
    inputs[i] = stays || !input.differentiable ? nullptr : &input;
    if (!table.backward_reads.input(i)) {
      x[i] = View<const T>(nullptr, input.shape);
    } else if (input.origin->version) {
      version = input.origin->version;
    }
  }
  const auto place = [this](std::string_view, const void* data, std::size_t bytes, bool written) {
    return written ? nullptr : detail::keep_bytes(data, bytes, arena_);
  };
  const void* const kept = detail::keep_operation<T>(table, op, arena_, place);
  last_ = ::new (arena_.allocate<detail::Node<T>>(1)) detail::Node<T>{last_,
                                                                      &table,
                                                                      kept,
                                                                      x,
                                                                      {dx, vars.size()},
                                                                      {inputs, vars.size()},
                                                                      output,
                                                                      whole(vars, overwrites),
                                                                      saved,
                                                                      version,
                                                                      version ? *version : 0};
}

template <class T>
void Tape<T>::backward(Var<T> from, const T* cotangent) {
  if (!cotangent && from.size() != 1) throw ShapeError("backward", "a scalar", {from.shape()});
  if (left_out_.parameter && left_out_.others) [[unlikely]] {
    fail_left_out();
  }
  if (!from.requires_gradient()) {
    throw StateError("backward",
                     "a value that depends on a parameter that is gathered and not frozen, or on a variable",
                     "a constant");
  }
  if (std::exchange(passed_, last_) != last_ && ++passes_ > most_backward_passes) {
    fail_round({passes_, " backward passes through what was recorded since"});
  }
  ++pass_;
  const Arena::Mark begin = arena_.mark();
  detail::GradientMemory memory;
  enliven(*from.slot_->origin, memory, false);
  T* const gradient = from.slot_->place();
  if (cotangent) {
    for (Index i = 0, size = from.size(); i < size; ++i) gradient[i] += cotangent[i];
  } else {
    *gradient += 1;
  }
  for (const detail::Node<T>* node = last_; node; node = node->previous) {
    const detail::Slot<T>& y = *node->output;
    if (y.pass != pass_) continue;  // nothing that the loss depends on
    if (node->version && *node->version != node->recorded_at) [[unlikely]] {
      fail_changed(node->table->name);
    }
    const unsigned fresh = enliven(*node, memory);
    const Arena::Mark mark = arena_.mark();
    node->table->backward(node->operation, {node->x,
                                            {node->table->backward_reads.output ? y.value : nullptr, y.shape},
                                            {y.gradient, y.shape},
                                            node->dx,
                                            node->saved,
                                            arena_,
                                            fresh});
    arena_.rewind(mark);
    if (!y.retains) memory.give_back(y.gradient, bytes(y));
  }
  arena_.rewind(begin);
}

/// `tape.record` through the first input: what ops call. @throws StateError when it refers to nothing
template <class T, Operation<T> Op>
Var<T> record(const Op& op, std::initializer_list<Var<T>> inputs) {
  return inputs.begin()->tape().record(op, inputs);
}

#if defined(TENURE_COMPILED)
TENURE_TEMPLATE_FLOAT class Tape<float>;
TENURE_TEMPLATE_DOUBLE class Tape<double>;
#endif

}}  // namespace tenure::TENURE_ABI
