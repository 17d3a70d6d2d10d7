/// What optimizers have in common: the parameters' buffers and the number of steps.
#pragma once

#include <concepts>
#include <string_view>

#include "../autograd/parameters.hpp"

namespace tenure { inline namespace TENURE_ABI {

/// Base of optimizers. One that derives has `config` with a `learning_rate`, `step()`, and
/// `static void state(auto& self, auto&& f)`, which names all that the next step depends on: f(name, member) for
/// tensors of one element per parameter (T), counts (Index) and numbers (double). A checkpoint needs no more.
template <class T>
class Optimizer {
 public:
  using value_type = T;

  /// How often step() was called.
  Index steps() const noexcept { return steps_; }

  /// The buffers of the parameters that are optimized.
  ParameterStorage<T>& storage() const noexcept { return *storage_; }

 protected:
  /// Keeps the parameters' buffers alive.
  explicit Optimizer(const Parameters<T>& parameters) : storage_(parameters.storage()) {}
  Optimizer(Optimizer&&) noexcept = default;
  ~Optimizer() = default;

  /// Zeros, one for each parameter. // (size)
  Tensor<T> zeros() const { return Tensor<T>(storage_->values.shape()); }

  /// f(begin, n, values, gradients) for each run of trainable parameters.
  template <class F>
  void for_each_run(F f) const {
    storage_->for_each_trainable_run([&](Index begin, Index n) {
      f(begin, n, storage_->values.data() + begin, storage_->gradients.data() + begin);
    });
  }

  /// @throws ValueError "adam: expected beta_1 in [0, 1), got 1" unless valid
  static void check(std::string_view name, std::string_view expected, double value, bool valid) {
    if (!valid) throw ValueError(name, expected, {value});
  }

  std::shared_ptr<ParameterStorage<T>> storage_;
  Index steps_ = 0;
};

/// What fit() takes.
template <class O>
concept AnyOptimizer = std::derived_from<O, Optimizer<typename O::value_type>> && requires(O& optimizer) {
  { optimizer.config.learning_rate } -> std::convertible_to<double&>;
  optimizer.step();
};

}}  // namespace tenure::TENURE_ABI
