/// A trainable tensor.
#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "../core/finite.hpp"
#include "../core/tensor.hpp"
#include "../kernels/norm.hpp"

namespace tenure { inline namespace TENURE_ABI {

/// How a parameter lies in a file that follows PyTorch. The weight of a product is (inputs, outputs) here, for then its
/// forward pass reads both operands along their rows, and (outputs, inputs) there.
enum class FileLayout {
  same,
  transposed,
  sum,  ///< a recurrent layer's only bias, where PyTorch adds bias_ih and bias_hh: the latter is zeros in the file
  with_zeros,   ///< the same where PyTorch does not add all of the two: bias_hh must be 0
  reset_before  ///< transposed; of a GRU that PyTorch has not, as a tensor `reset_before` says, which it does not expect
};

/// Whether a matrix is (outputs, inputs) in a file.
constexpr bool is_transposed(FileLayout layout) noexcept {
  return layout == FileLayout::transposed || layout == FileLayout::reset_before;
}

/// A penalty on large weights that is added to the loss, l1 · Σ |w| + l2 · Σ w²: Keras's kernel_regularizer.
struct Regularizer {
  double l1 = 0;
  double l2 = 0;

  constexpr bool active() const noexcept { return l1 != 0 || l2 != 0; }
};

/// The flat buffers that hold the parameters of a gathered model.
template <class T>
struct ParameterStorage {
  /// A parameter and the part of the buffers that it takes.
  struct Entry {
    std::string name;
    Shape shape;
    Index offset;    ///< of its first element
    Index extent;    ///< elements until the next, padding included
    bool trainable;  ///< false of all buffers
    Regularizer regularizer;
    FileLayout file_layout = FileLayout::same;
    bool buffer = false;  ///< rather than a parameter

    bool penalized() const noexcept { return trainable && regularizer.active(); }
  };

  Tensor<T> values;     // (size)
  Tensor<T> gradients;  // (size)
  std::vector<Entry> entries;
  bool held = true;           ///< whether the Parameters that made it lives
  std::uint64_t version = 0;  ///< counts optimizers' steps, after which what was recorded before can't be run backward
  bool left = false;  ///< whether a parameter was gathered elsewhere since: optimizers of these buffers are of no use

  /// Calls f(begin, n) for each longest stretch of parameters that are all trainable.
  template <class F>
  void for_each_trainable_run(F f) const {
    for (std::size_t i = 0; i < entries.size(); ++i) {
      if (!entries[i].trainable) continue;
      const Index begin = entries[i].offset;
      while (i + 1 < entries.size() && entries[i + 1].trainable) ++i;
      f(begin, entries[i].offset + entries[i].extent - begin);
    }
  }

  /// Whether any trainable parameter has a regularizer.
  bool penalized() const noexcept {
    return std::any_of(entries.begin(), entries.end(), [](const Entry& entry) { return entry.penalized(); });
  }

  /// The sum of the trainable parameters' penalties.
  double penalty() const noexcept {
    double total = 0;
    for (const Entry& entry : entries) {
      const auto [l1, l2] = entry.regularizer;
      if (entry.penalized()) total += kernels::penalty(entry.extent, l1, l2, values.data() + entry.offset);
    }
    return total;
  }

  /// Adds to the gradients that of the penalty, l1 · sign(w) + 2 · l2 · w with sign(0) = 0. What a step does between
  /// the loss's backward pass and the optimizer.
  void add_penalty_gradients() noexcept {
    for (const Entry& entry : entries) {
      if (!entry.penalized()) continue;
      kernels::penalty_backward(entry.extent, entry.regularizer.l1, entry.regularizer.l2, values.data() + entry.offset,
                                gradients.data() + entry.offset);
    }
  }
};

/// A value and, once a Parameters<T> has gathered the model, its gradient; until then it is a constant to every tape.
///
/// A copy owns its value and has no gradient. Assigning to a gathered parameter writes its value in place, so that the
/// optimizer that holds the gathered buffers goes on working on it.
template <class T>
class Parameter {
 public:
  using value_type = T;

  /// Empty, only to be assigned to: a model that has it can't be gathered or saved.
  Parameter() noexcept = default;
  /// Zeros. @param layer the type of the layer that it is of, a literal: errors name it
  explicit Parameter(const Shape& shape, FileLayout layout = FileLayout::same, std::string_view layer = {})
      : value_(shape), layer_(layer), file_layout_(layout) {}
  explicit Parameter(Tensor<T> value, std::string_view layer = {}) noexcept : value_(std::move(value)), layer_(layer) {}

  // Compiled once, not into each model that has some.
  [[gnu::cold, gnu::noinline]] Parameter(const Parameter& other)
      : value_(other.value_),
        path_(other.path_),
        layer_(other.layer_),
        file_layout_(other.file_layout_),
        trainable_(other.trainable()),
        regularizer_(other.regularizer_) {}
  [[gnu::cold, gnu::noinline]] Parameter(Parameter&& other) noexcept = default;
  [[gnu::cold, gnu::noinline]] ~Parameter() = default;
  /// @throws ShapeError when this parameter is gathered and the other has another shape
  Parameter& operator=(const Parameter& other) { return *this = Parameter(other); }
  [[gnu::cold, gnu::noinline]] Parameter& operator=(Parameter&& other) {
    const bool trainable = other.trainable();
    if (!gathered()) {
      value_ = std::move(other.value_);
      gradient_ = std::move(other.gradient_);
      storage_ = std::move(other.storage_);
      entry_ = other.entry_;
      path_ = std::move(other.path_);
      layer_ = other.layer_;
      file_layout_ = other.file_layout_;
    } else if (this != &other) {
      if (other.shape() != shape()) {
        throw ShapeError(path_, {"values of ", shape(), ", as gathered"}, {other.shape()});
      }
      std::copy_n(other.value_.data(), value_.size(), value_.data());
    }
    set_trainable(trainable);
    set_regularizer(other.regularizer_);
    return *this;
  }

  const Shape& shape() const noexcept { return value_.shape(); }
  Index size() const noexcept { return value_.size(); }
  View<T> value() noexcept { return value_; }
  View<const T> value() const noexcept { return value_; }

  /// Accumulated by backward passes, zeroed by an optimizer's step; empty until the model is gathered. Const because a
  /// model that computes a loss does not change, though gradients are added to on its behalf.
  View<T> gradient() const noexcept { return gathered() ? gradient_ : View<T>(); }

  /// The place of this parameter's gradient in another buffer of that storage's size; null until the model is gathered.
  /// @throws StateError when it is gathered elsewhere
  T* gradient_in(const ParameterStorage<T>& storage, T* buffer) const {
    if (!gathered()) return nullptr;
    if (!gathered_in(storage)) {
      throw StateError(path_, "to be gathered with the parameters that are trained", "it is gathered elsewhere");
    }
    return buffer + storage.entries[entry_].offset;
  }

  /// Whether value and gradient lie in a Parameters<T>'s buffers, which live as long as this refers to them.
  bool gathered() const noexcept { return storage_ != nullptr; }
  bool gathered_in(const ParameterStorage<T>& storage) const noexcept { return storage_.get() == &storage; }

  /// The storage's count of steps; null until the model is gathered.
  const std::uint64_t* version() const noexcept { return gathered() ? &storage_->version : nullptr; }

  /// A parameter that is not trainable gets no gradient, and optimizers leave it alone.
  bool trainable() const noexcept { return gathered() ? storage_->entries[entry_].trainable : trainable_; }
  void set_trainable(bool trainable) noexcept {
    trainable_ = trainable;
    if (gathered()) storage_->entries[entry_].trainable = trainable;
  }

  const Regularizer& regularizer() const noexcept { return regularizer_; }
  /// Copies of this parameter have it too. @throws ValueError for a negative or infinite factor
  [[gnu::cold]] void set_regularizer(const Regularizer& regularizer) {
    for (const double factor : {regularizer.l1, regularizer.l2}) {
      if (!(is_finite(factor) && factor >= 0)) {
        throw ValueError(path_.empty() ? "regularizer" : path_, "factors of at least 0", {factor});
      }
    }
    regularizer_ = regularizer;
    if (gathered()) storage_->entries[entry_].regularizer = regularizer;
  }

  FileLayout file_layout() const noexcept { return file_layout_; }

  /// The type of the layer that made it, as "Linear"; empty for a parameter of a program's own.
  std::string_view layer() const noexcept { return layer_; }

  /// Where in its model it is, as "decoder.lstm.weight_ih_l0"; empty until the model is gathered or loaded.
  const std::string& path() const noexcept { return path_; }
  void set_path(std::string path) noexcept { path_ = std::move(path); }

  /// Whether a living Parameters<T> holds this.
  bool held() const noexcept { return storage_ && storage_->held; }

  /// Moves the value to the place of that entry in the storage and has gradients added there.
  [[gnu::cold]] void gather(std::size_t entry, std::shared_ptr<ParameterStorage<T>> storage) {
    const Index begin = storage->entries[entry].offset;
    T* place = storage->values.data() + begin;
    std::copy_n(value_.data(), value_.size(), place);
    path_ = storage->entries[entry].name;
    const Shape shape = value_.shape();
    value_ = Tensor<T>::wrap(shape, place);
    gradient_ = View<T>(storage->gradients.data() + begin, shape);
    if (storage_) storage_->left = true;
    storage_ = std::move(storage);
    entry_ = entry;
  }

 private:
  Tensor<T> value_;
  View<T> gradient_;
  std::shared_ptr<ParameterStorage<T>> storage_;
  std::string path_;
  std::string_view layer_;
  std::size_t entry_ = 0;
  FileLayout file_layout_ = FileLayout::same;
  bool trainable_ = true;
  Regularizer regularizer_;
};

}}  // namespace tenure::TENURE_ABI
