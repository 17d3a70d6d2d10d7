/// A trainable tensor.
#pragma once

#include <memory>

#include "../core/tensor.hpp"

namespace tenure::inline TENURE_ABI {

/// The flat buffers that hold the parameters of a gathered model. // (size) each
template <class T>
struct ParameterStorage {
  Tensor<T> values;
  Tensor<T> gradients;
  bool held = true;  ///< whether the Parameters that made it lives
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
    } else if (this != &other) {
      if (other.shape() != shape()) {
        throw ShapeError("parameter", shape().to_string() + " as gathered", other.shape().to_string());
      }
      std::copy_n(other.value_.data(), value_.size(), value_.data());
    }
    trainable_ = other.trainable_;
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
  void set_trainable(bool trainable) noexcept { trainable_ = trainable; }

  /// Whether a living Parameters<T> holds this.
  bool held() const noexcept { return storage_ && storage_->held; }

  /// Moves the value into storage->values at `offset` and has gradients added to storage->gradients there.
  void gather(Index offset, std::shared_ptr<ParameterStorage<T>> storage) {
    T* place = storage->values.data() + offset;
    std::copy_n(value_.data(), value_.size(), place);
    const Shape shape = value_.shape();
    value_ = Tensor<T>::wrap(shape, place);
    gradient_ = View<T>(storage->gradients.data() + offset, shape);
    storage_ = std::move(storage);
  }

 private:
  Tensor<T> value_;
  View<T> gradient_;
  std::shared_ptr<ParameterStorage<T>> storage_;
  bool trainable_ = true;
};

}  // namespace tenure::inline TENURE_ABI
