/// A trainable tensor.
#pragma once

#include <memory>
#include <vector>

#include "../core/tensor.hpp"

namespace tenure::inline TENURE_ABI {

/// The flat buffers that hold the parameters of a gathered model.
template <class T>
struct ParameterStorage {
  /// The part that one parameter takes, padding included.
  struct Range {
    Index begin;
    Index size;
    bool trainable;
  };

  Tensor<T> values;     // (size)
  Tensor<T> gradients;  // (size)
  std::vector<Range> ranges;
  bool held = true;  ///< whether the Parameters that made it lives

  /// Calls f(begin, n) for each longest stretch of parameters that are all trainable.
  template <class F>
  void for_each_trainable_run(F f) const {
    for (std::size_t i = 0; i < ranges.size(); ++i) {
      if (!ranges[i].trainable) continue;
      const Index begin = ranges[i].begin;
      while (i + 1 < ranges.size() && ranges[i + 1].trainable) ++i;
      f(begin, ranges[i].begin + ranges[i].size - begin);
    }
  }
};

/// A value and, once a Parameters<T> has gathered the model, its gradient; until then it is a constant to every tape.
///
/// A copy owns its value and has no gradient. Assigning to a gathered parameter writes its value in place, so that the
/// optimiser that holds the gathered buffers goes on working on it.
template <class T>
class Parameter {
 public:
  using value_type = T;

  Parameter() noexcept = default;
  explicit Parameter(const Shape& shape) : value_(shape) {}
  explicit Parameter(Tensor<T> value) noexcept : value_(std::move(value)) {}

  Parameter(const Parameter& other) : value_(other.value_), trainable_(other.trainable_) {}
  Parameter(Parameter&& other) noexcept = default;
  /// @throws ShapeError when this parameter is gathered and the other has another shape
  Parameter& operator=(const Parameter& other) { return *this = Parameter(other); }
  Parameter& operator=(Parameter&& other) {
    if (!gathered()) {
      value_ = std::move(other.value_);
      gradient_ = std::move(other.gradient_);
      storage_ = std::move(other.storage_);
      range_ = other.range_;
    } else if (this != &other) {
      if (other.shape() != shape()) {
        throw ShapeError("parameter", {shape(), " as gathered"}, {other.shape()});
      }
      std::copy_n(other.value_.data(), value_.size(), value_.data());
    }
    set_trainable(other.trainable_);
    return *this;
  }

  const Shape& shape() const noexcept { return value_.shape(); }
  Index size() const noexcept { return value_.size(); }
  View<T> value() noexcept { return value_; }
  View<const T> value() const noexcept { return value_; }

  /// Accumulated by backward passes, zeroed by an optimiser's step; empty until the model is gathered. Const because a
  /// model that computes a loss does not change, though gradients are added to on its behalf.
  View<T> gradient() const noexcept { return gathered() ? gradient_ : View<T>(); }

  /// Whether value and gradient lie in a Parameters<T>'s buffers, which live as long as this refers to them.
  bool gathered() const noexcept { return storage_ != nullptr; }

  /// A parameter that is not trainable gets no gradient, and optimisers leave it alone.
  bool trainable() const noexcept { return trainable_; }
  void set_trainable(bool trainable) noexcept {
    trainable_ = trainable;
    if (gathered()) storage_->ranges[range_].trainable = trainable;
  }

  /// Whether a living Parameters<T> holds this.
  bool held() const noexcept { return storage_ && storage_->held; }

  /// Moves the value into the storage's range of that number and has gradients added there.
  [[gnu::cold]] void gather(std::size_t range, std::shared_ptr<ParameterStorage<T>> storage) {
    const Index begin = storage->ranges[range].begin;
    T* place = storage->values.data() + begin;
    std::copy_n(value_.data(), value_.size(), place);
    const Shape shape = value_.shape();
    value_ = Tensor<T>::wrap(shape, place);
    gradient_ = View<T>(storage->gradients.data() + begin, shape);
    storage_ = std::move(storage);
    range_ = range;
  }

 private:
  Tensor<T> value_;
  View<T> gradient_;
  std::shared_ptr<ParameterStorage<T>> storage_;
  std::size_t range_ = 0;
  bool trainable_ = true;
};

}  // namespace tenure::inline TENURE_ABI
