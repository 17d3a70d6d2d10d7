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
#include <vector>

#include "evaluate.hpp"

namespace tenure { inline namespace TENURE_ABI {

/// Evaluates a copy of a model, which it owns, for inputs of one shape: (…) as the examples', whose values don't matter
/// as long as the model accepts them. Many threads may call one predictor at the same time.
///
/// The model's operations are recorded when it is made and when more threads call it than ever before: a forward pass
/// must not choose them by the values of its inputs. Results are those of the model's evaluation, up to the rounding of
/// sums for a single row, and, as there, denormal numbers are flushed where the caller has a FlushDenormals. Once each
/// thread has called it twice, nothing is allocated.
///
/// X are the scalar types of the inputs: float, double, or std::int64_t for indices.
template <class Model, class... X>
class Predictor {
 public:
  using T = typename detail::FirstReal<X...>::type;

  /// @throws what the model throws for the examples
  [[gnu::cold]] explicit Predictor(const Model& model, View<const X>... examples)
      : model_(model), examples_(Tensor<X>(examples)...) {
    shape_ = places_[0].context(*this).output.shape();
  }
  [[gnu::cold]] explicit Predictor(const Model& model, const Tensor<X>&... examples)
      : Predictor(model, examples.view()...) {}

  /// The shape of a prediction.
  const Shape& shape() const noexcept { return shape_; }

  /// Writes to y what the model gives for x. @throws ShapeError unless all are of the shapes that this was made for;
  /// IndexError, ValueError for indices and lengths that the model does not accept
  void operator()(std::type_identity_t<View<const X>>... x, View<T> y) const {
    check("y", y.shape(), shape_);
    const Turn turn(*this);
    turn.context().run({x...}, y.data());
  }

  /// The same as a tensor.
  Tensor<T> operator()(std::type_identity_t<View<const X>>... x) const {
    Tensor<T> y = Tensor<T>::uninitialized(shape_);
    (*this)(x..., y.view());
    return y;
  }

 private:
  using Indices = std::index_sequence_for<X...>;

  /// A recorded forward pass with its memory, for one call at a time.
  struct Context {
    std::tuple<Tensor<X>...> inputs;
    Tape<T> tape;
    Plan<T> plan;
    Arena scratch;
    View<const T> output;

    [[gnu::cold]] explicit Context(const Predictor& predictor) : inputs(predictor.examples_), plan(predictor.weights_) {
      tape.set_recording(false);
      evaluate(predictor);  // to see how much memory it takes: after the reset, it is one piece
      tape.reset();
      tape.set_plan(&plan);
      output = evaluate(predictor).value();
      plan.finish(output);
    }

    Var<T> evaluate(const Predictor& predictor) {
      return std::apply(
          [&](const auto&... x) {
            return detail::call_model(predictor.model_, tape, nullptr, detail::as_argument<T>(tape, x.view())...);
          },
          inputs);
    }

    void run(const std::tuple<View<const X>...>& x, T* y) {
      copy_in(x, Indices{});
      plan.run(scratch);
      scratch.reset();
      std::copy_n(output.data(), output.size(), y);
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

    Context& context(const Predictor& predictor) {
      if (!own) [[unlikely]] {
        own = std::make_unique<Context>(predictor);
      }
      return *own;
    }
  };

  /// Has a context to itself while it lives: the thread's own, or, where another thread of the same number is using it,
  /// a spare one.
  class Turn {
   public:
    explicit Turn(const Predictor& predictor)
        : predictor_(predictor), place_(predictor.places_[thread_number() % predictor.places_.size()]) {
      if (place_.busy.exchange(true, std::memory_order_acquire)) {
        spare_ = predictor.take_spare();
        return;
      }
      try {
        context_ = &place_.context(predictor);
      } catch (...) {
        place_.busy.store(false, std::memory_order_release);
        throw;
      }
    }
    Turn(const Turn&) = delete;
    Turn& operator=(const Turn&) = delete;
    ~Turn() {
      if (spare_) {
        predictor_.give_spare(std::move(spare_));
      } else {
        place_.busy.store(false, std::memory_order_release);
      }
    }

    Context& context() const noexcept { return spare_ ? *spare_ : *context_; }

   private:
    const Predictor& predictor_;
    Place& place_;
    Context* context_ = nullptr;
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

  [[gnu::cold, gnu::noinline]] std::unique_ptr<Context> take_spare() const {
    {
      const std::lock_guard lock(mutex_);
      if (!spare_.empty()) {
        std::unique_ptr<Context> context = std::move(spare_.back());
        spare_.pop_back();
        return context;
      }
    }
    return std::make_unique<Context>(*this);
  }

  [[gnu::cold, gnu::noinline]] void give_spare(std::unique_ptr<Context> context) const noexcept {
    const std::lock_guard lock(mutex_);
    spare_.push_back(std::move(context));
  }

  static void check(const char* what, const Shape& got, const Shape& expected) {
    if (got != expected) [[unlikely]] {
      fail(what, got, expected);
    }
  }
  [[noreturn, gnu::cold, gnu::noinline]] static void fail(const char* what, const Shape& got, const Shape& expected) {
    throw ShapeError("predictor", {what, " of ", expected}, {got});
  }

  Model model_;
  std::tuple<Tensor<X>...> examples_;
  Shape shape_;
  mutable PackedWeights<T> weights_;
  mutable std::array<Place, 16> places_;
  mutable std::mutex mutex_;
  mutable std::vector<std::unique_ptr<Context>> spare_;
};

template <class Model, class... X>
Predictor(const Model&, const Tensor<X>&...) -> Predictor<Model, X...>;
template <class Model, class... X>
Predictor(const Model&, View<X>...) -> Predictor<Model, std::remove_const_t<X>...>;

}}  // namespace tenure::TENURE_ABI
