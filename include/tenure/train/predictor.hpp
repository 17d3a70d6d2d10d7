/// A model made ready to predict: weights packed once, a forward pass that was recorded once and is carried out again
/// for each call, in memory that is kept. What a server calls for a row, or a batch, at a time.
///
///   const Predictor predictor(model, Tensor<float>({1, 12}));   // for x of this shape
///   predictor(x, y);
#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <memory>
#include <mutex>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include "../autograd/module.hpp"
#include "evaluate.hpp"

namespace tenure { inline namespace TENURE_ABI {

namespace detail {

template <class M>
concept SharedPointer = OwningPointer<M> && requires(M& m) {
  m.use_count();
};

/// Gives a copy of a model copies of its own of what it shares with the other, tied layers being one again. Copies are kept
/// by what they are copies of.
template <class M>
[[gnu::cold]] void unshare(M& part, std::vector<std::pair<const void*, std::shared_ptr<void>>>& copies) {
  if constexpr (is_leaf<std::remove_const_t<M>>) {
  } else if constexpr (SharedPointer<M>) {
    using Element = typename M::element_type;
    if (!part) return;
    const void* const shared = part.get();
    const auto found = std::ranges::find(copies, shared, [](const auto& copy) { return copy.first; });
    if (found != copies.end()) {
      part = std::static_pointer_cast<Element>(found->second);
      return;
    }
    const auto own = std::make_shared<std::remove_const_t<Element>>(*part);
    copies.emplace_back(shared, own);
    unshare(*own, copies);
    part = own;
  } else {
    visit_parts(part, [&](const char*, auto& inner) { unshare(inner, copies); });
  }
}

/// What a model gives: a Var, or a tuple, pair or array of some.
template <class Result>
inline constexpr std::size_t output_count = std::tuple_size_v<Result>;
template <class T>
inline constexpr std::size_t output_count<Var<T>> = 1;

template <class T, class Result>
auto as_outputs(const Result& result) {
  std::array<View<const T>, output_count<Result>> views;
  if constexpr (std::is_same_v<Result, Var<T>>) {
    views[0] = result.value();
  } else {
    std::apply([&](const auto&... var) { views = {var.value()...}; }, result);
  }
  return views;
}

}  // namespace detail

/// Evaluates a copy of a model, which it owns, for inputs of one shape: (…) as the examples', whose values don't matter
/// as long as the model accepts them. Many threads may call one predictor at the same time.
///
/// A model that gives several results, as std::tuple(y, h_n, c_n) of an Lstm's run(), has as many outputs here, which may
/// be written over inputs: `stream(x, h, c, {y.view(), h.view(), c.view()})` is a step of a stream.
///
/// The model's operations are recorded when it is made and when more threads call it than ever before: a forward pass
/// must not choose them by the values of its inputs. Indices, lengths and masks that a model makes itself are a
/// `tape.constant()` if they are always the same, and else the results of operations, as masking(); others are a
/// StateError. Results are those of the model's evaluation, up to the rounding of sums for a single row, and, as there,
/// denormal numbers are flushed where the caller has a FlushDenormals. Once each thread has called it twice, nothing is
/// allocated.
///
/// X are the scalar types of the inputs: float, double, or std::int64_t for indices. One that was moved from may only be
/// assigned to.
template <class Model, class... X>
class Predictor {
 public:
  using T = typename detail::FirstReal<X...>::type;

 private:
  using Result =
      decltype(detail::call_model(std::declval<const Model&>(), std::declval<Tape<T>&>(), nullptr,
                                  detail::as_argument<T>(std::declval<Tape<T>&>(), std::declval<View<const X>>())...));

 public:
  /// How many results the model gives.
  static constexpr std::size_t outputs = detail::output_count<Result>;
  /// Where they are written.
  using Outputs = std::array<View<T>, outputs>;

  /// @throws what the model throws for the examples; StateError for one that can't be recorded
  [[gnu::cold]] explicit Predictor(const Model& model, View<const X>... examples)
      : shared_(std::make_unique<Shared>(model, std::tuple<Tensor<X>...>(Tensor<X>(examples)...))) {}
  [[gnu::cold]] explicit Predictor(const Model& model, const Tensor<X>&... examples)
      : Predictor(model, examples.view()...) {}

  /// The shape of a prediction, and those of all outputs.
  const Shape& shape() const noexcept requires(outputs == 1) { return shared_->shapes[0]; }
  const std::array<Shape, outputs>& shapes() const noexcept { return shared_->shapes; }

  /// Writes to y what the model gives for x. @throws ShapeError unless all are of the shapes that this was made for;
  /// IndexError, ValueError for indices and lengths that the model does not accept
  void operator()(std::type_identity_t<View<const X>>... x, const Outputs& y) const {
    for (std::size_t i = 0; i < outputs; ++i) check("y", y[i].shape(), shared_->shapes[i]);
    const Turn turn(*shared_);
    turn.context().run({x...}, y);
  }
  void operator()(std::type_identity_t<View<const X>>... x, View<T> y) const requires(outputs == 1) {
    (*this)(x..., Outputs{y});
  }

  /// The same as a tensor, or as an array of tensors.
  auto operator()(std::type_identity_t<View<const X>>... x) const {
    std::array<Tensor<T>, outputs> y;
    Outputs views;
    for (std::size_t i = 0; i < outputs; ++i) {
      y[i] = Tensor<T>::uninitialized(shared_->shapes[i]);
      views[i] = y[i].view();
    }
    (*this)(x..., views);
    if constexpr (outputs == 1) {
      return std::move(y[0]);
    } else {
      return y;
    }
  }

  /// Evaluates a copy of another model from now on: calls that began before end with the old one, those that begin after
  /// it meet the new one. Other threads may be calling. @throws ShapeError for results of other shapes, and what the
  /// constructor throws; the old model then stays
  [[gnu::cold]] void update(const Model& model) { shared_->update(model); }

 private:
  using Indices = std::index_sequence_for<X...>;
  using Inputs = std::tuple<Tensor<X>...>;

  /// A model with its packed weights, which lives as long as some context reads them.
  struct Version {
    Model model;
    std::uint64_t number = 0;
    PackedWeights<T> weights;

    explicit Version(const Model& of) : model(of) {
      if constexpr (Module<Model>) {
        std::vector<std::pair<const void*, std::shared_ptr<void>>> copies;
        detail::unshare(model, copies);
      }
    }
  };

  /// A recorded forward pass with its memory, for one call at a time.
  struct Context {
    std::shared_ptr<Version> version;
    Inputs inputs;
    Tape<T> tape;
    Plan<T> plan;
    Arena scratch;
    std::array<View<const T>, outputs> results;

    [[gnu::cold]] Context(std::shared_ptr<Version> of, const Inputs& examples)
        : version(std::move(of)), inputs(examples), plan(version->weights) {
      tape.set_recording(false);
      evaluate();  // to see how much memory it takes: after the reset, it is one piece
      tape.reset();
      std::apply([&](const auto&... x) { (plan.add_input(x.view()), ...); }, inputs);
      if constexpr (Module<Model>) {  // buffers stay as they are, masks and indices among them
        detail::visit_leaves(version->model, {}, [&](const std::string&, auto& leaf) { plan.add_input(leaf.value()); });
      }
      tape.set_plan(&plan);
      results = detail::as_outputs<T>(evaluate());
      plan.finish(results);
    }

    Result evaluate() {
      return std::apply(
          [&](const auto&... x) {
            return detail::call_model(std::as_const(version->model), tape, nullptr,
                                      detail::as_argument<T>(tape, x.view())...);
          },
          inputs);
    }

    void run(const std::tuple<View<const X>...>& x, const Outputs& y) {
      copy_in(x, Indices{});
      plan.run(scratch);
      scratch.reset();
      for (std::size_t i = 0; i < outputs; ++i) std::copy_n(results[i].data(), results[i].size(), y[i].data());
    }

    template <std::size_t... I>
    void copy_in(const std::tuple<View<const X>...>& x, std::index_sequence<I...>) {
      (check("x", std::get<I>(x).shape(), std::get<I>(inputs).shape()), ...);
      (std::copy_n(std::get<I>(x).data(), std::get<I>(x).size(), std::get<I>(inputs).data()), ...);
    }
  };

  /// A context that threads with the same number take turns at.
  struct alignas(64) Place {
    std::atomic<bool> busy = false;
    std::unique_ptr<Context> own;
  };

  /// What calls share; it stays where it is when its predictor is moved.
  struct Shared {
    Inputs examples;
    std::array<Shape, outputs> shapes;
    std::atomic<std::uint64_t> number = 0;  // of the version that calls are to meet
    std::array<Place, 16> places;
    std::mutex mutex;
    std::shared_ptr<Version> version;  // of that number
    std::vector<std::unique_ptr<Context>> spare;

    [[gnu::cold]] Shared(const Model& model, Inputs inputs) : examples(std::move(inputs)) {
      version = std::make_shared<Version>(model);
      places[0].own = std::make_unique<Context>(version, examples);
      for (std::size_t i = 0; i < outputs; ++i) shapes[i] = places[0].own->results[i].shape();
    }

    [[gnu::cold]] void update(const Model& model) {
      auto next = std::make_shared<Version>(model);
      auto context = std::make_unique<Context>(next, examples);
      for (std::size_t i = 0; i < outputs; ++i) check("a result", context->results[i].shape(), shapes[i]);
      {
        const std::lock_guard lock(mutex);
        next->number = version->number + 1;
        version = std::move(next);
        spare.clear();
        spare.push_back(std::move(context));
        number.store(version->number, std::memory_order_release);
      }
      for (Place& place : places) {
        if (place.busy.exchange(true, std::memory_order_acquire)) continue;  // its call sees to that
        if (!is_current(place.own)) place.own.reset();
        place.busy.store(false, std::memory_order_release);
      }
    }

    bool is_current(const std::unique_ptr<Context>& context) const noexcept {
      return context && context->version->number == number.load(std::memory_order_acquire);
    }

    [[gnu::cold, gnu::noinline]] std::unique_ptr<Context> take_spare() {
      std::shared_ptr<Version> current;
      {
        const std::lock_guard lock(mutex);
        if (!spare.empty()) {
          std::unique_ptr<Context> context = std::move(spare.back());
          spare.pop_back();
          return context;
        }
        current = version;
      }
      return std::make_unique<Context>(std::move(current), examples);
    }

    [[gnu::cold, gnu::noinline]] void give_spare(std::unique_ptr<Context> context) noexcept {
      const std::lock_guard lock(mutex);
      if (is_current(context)) spare.push_back(std::move(context));
    }
  };

  /// Has a context to itself while it lives: the thread's own, or, where another thread of the same number is using it,
  /// a spare one.
  class Turn {
   public:
    explicit Turn(Shared& shared) : shared_(shared), place_(shared.places[thread_number() % shared.places.size()]) {
      if (place_.busy.exchange(true, std::memory_order_acquire)) {
        spare_ = shared.take_spare();
        return;
      }
      if (shared.is_current(place_.own)) [[likely]] {
        return;
      }
      try {
        place_.own = shared.take_spare();
      } catch (...) {
        place_.busy.store(false, std::memory_order_release);
        throw;
      }
    }
    Turn(const Turn&) = delete;
    Turn& operator=(const Turn&) = delete;
    ~Turn() {
      if (spare_) {
        shared_.give_spare(std::move(spare_));
      } else {
        place_.busy.store(false, std::memory_order_release);
      }
    }

    Context& context() const noexcept { return spare_ ? *spare_ : *place_.own; }

   private:
    Shared& shared_;
    Place& place_;
    std::unique_ptr<Context> spare_;
  };

  /// Threads count themselves from 0.
  static std::size_t thread_number() noexcept {
    static std::atomic<std::size_t> threads = 0;
    static thread_local std::size_t number = 0;  // plus 1
    if (number == 0) [[unlikely]] {
      number = threads.fetch_add(1, std::memory_order_relaxed) + 1;
    }
    return number - 1;
  }

  static void check(const char* what, const Shape& got, const Shape& expected) {
    if (got != expected) [[unlikely]] {
      fail(what, got, expected);
    }
  }
  [[noreturn, gnu::cold, gnu::noinline]] static void fail(const char* what, const Shape& got, const Shape& expected) {
    throw ShapeError("predictor", {what, " of ", expected}, {got});
  }

  std::unique_ptr<Shared> shared_;
};

template <class Model, class... X>
Predictor(const Model&, const Tensor<X>&...) -> Predictor<Model, X...>;
template <class Model, class... X>
Predictor(const Model&, View<X>...) -> Predictor<Model, std::remove_const_t<X>...>;

}}  // namespace tenure::TENURE_ABI
