/// A model's parameters, gathered into flat buffers.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "module.hpp"

namespace tenure { inline namespace TENURE_ABI {

/// Owns one contiguous array each for the values and the gradients of all parameters of a model, and makes the model's
/// parameters refer to them, so that an optimizer is one sweep and a norm one reduction. Each parameter begins at a
/// multiple of 64 bytes; the padding between is zero in both. The model's Buffers<T> of that scalar type lie behind the
/// parameters, never trainable, so that whoever keeps the values keeps them, too.
///
/// The model may be moved, assigned to and outlive this; a copy of the model is not gathered.
template <class T>
class Parameters {
 public:
  using Entry = typename ParameterStorage<T>::Entry;

  /// @throws ValueError for a model without parameters, one name of two, and a parameter without values; StateError when
  /// another Parameters holds the model
  template <class Model>
  explicit Parameters(Model& model) : Parameters(named_parameters<T>(model), named_buffers<T>(model)) {}

  Parameters(Parameters&&) noexcept = default;
  Parameters& operator=(Parameters&&) = delete;
  ~Parameters() {
    if (storage_) storage_->held = false;
  }

  /// Flat, padding included. // (size)
  View<T> values() const noexcept { return storage_->values; }
  View<T> gradients() const noexcept { return storage_->gradients; }

  /// Number of parameters, padding and buffers aside.
  Index count() const noexcept { return count_; }

  const std::vector<Entry>& entries() const noexcept { return storage_->entries; }

  /// The buffers, for an optimizer to keep.
  const std::shared_ptr<ParameterStorage<T>>& storage() const noexcept { return storage_; }

  void zero_gradients() const noexcept { storage_->gradients.fill(T{}); }

  /// The sum of the penalties of all trainable parameters that have a regularizer, to be added to the loss.
  double penalty() const noexcept { return storage_->penalty(); }
  /// Adds its gradient to the gradients: what a step does between the backward pass and the optimizer.
  void add_penalty_gradients() const noexcept { storage_->add_penalty_gradients(); }

 private:
  [[gnu::cold]] Parameters(const std::vector<NamedParameter<T>>& parameters, const std::vector<NamedBuffer<T>>& buffers)
      : storage_(std::make_shared<ParameterStorage<T>>()) {
    if (parameters.empty()) throw ValueError("parameters", "a model with parameters", "none");
    for (const auto& [name, parameter] : parameters) {
      add(name, *parameter, false);
      count_ += parameter->size();
    }
    for (const auto& [name, buffer] : buffers) add(name, tensor_of(*buffer), true);
    storage_->values = Tensor<T>({size_});
    storage_->gradients = Tensor<T>({size_});
    std::size_t i = 0;
    for (const auto& [name, parameter] : parameters) parameter->gather(i++, storage_);
    for (const auto& [name, buffer] : buffers) tensor_of(*buffer).gather(i++, storage_);
  }

  [[gnu::cold]] void add(const std::string& name, const Parameter<T>& tensor, bool buffer) {
    constexpr Index granule = 64 / static_cast<Index>(sizeof(T));
    if (tensor.held()) throw StateError("parameters", "a model that no other Parameters holds", name);
    const Index padded = (tensor.size() + granule - 1) / granule * granule;
    storage_->entries.push_back(
        {name, tensor.shape(), size_, padded, tensor.trainable(), tensor.regularizer(), tensor.file_layout(), buffer});
    size_ += padded;
  }

  Index size_ = 0;
  Index count_ = 0;
  std::shared_ptr<ParameterStorage<T>> storage_;
};

}}  // namespace tenure::TENURE_ABI
