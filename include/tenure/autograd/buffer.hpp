/// A tensor of a model that is saved, and not trained.
#pragma once

#include "parameter.hpp"

namespace tenure { inline namespace TENURE_ABI {

/// State of a model that no gradient reaches: running statistics, the mean and deviation of a scaler. PyTorch's
/// register_buffer. It is saved, loaded, kept in checkpoints and among a training's best weights, and it is no parameter:
/// optimizers, penalties and counts pass it by. T may be another type than the model's, such as std::int64_t; only those
/// of the model's own are among the best weights.
///
/// A forward pass takes it as `tape.buffer(mean)`, a copy: it may write the buffer itself afterwards. All shards of a batch
/// read the same buffer, so that it must not where fit() has an executor; a callback may, between steps.
///
/// A copy owns its values. Assigning to the buffer of a gathered model writes in place, as with parameters.
template <class T>
class Buffer {
 public:
  using value_type = T;

  /// Empty, only to be assigned to.
  [[gnu::cold]] Buffer() noexcept { tensor_.set_trainable(false); }
  /// Zeros.
  [[gnu::cold]] explicit Buffer(const Shape& shape) : Buffer(Tensor<T>(shape)) {}
  [[gnu::cold]] explicit Buffer(Tensor<T> value) noexcept : tensor_(std::move(value)) { tensor_.set_trainable(false); }

  const Shape& shape() const noexcept { return tensor_.shape(); }
  Index size() const noexcept { return tensor_.size(); }
  View<T> value() noexcept { return tensor_.value(); }
  View<const T> value() const noexcept { return tensor_.value(); }

  /// Where in its model it is, as "scaler.mean"; empty until the model is gathered or loaded.
  const std::string& path() const noexcept { return tensor_.path(); }

  /// What files and Parameters<T> handle as they do parameters.
  friend Parameter<T>& tensor_of(Buffer& buffer) noexcept { return buffer.tensor_; }
  friend const Parameter<T>& tensor_of(const Buffer& buffer) noexcept { return buffer.tensor_; }

 private:
  Parameter<T> tensor_;  // never trainable
};

}}  // namespace tenure::TENURE_ABI
