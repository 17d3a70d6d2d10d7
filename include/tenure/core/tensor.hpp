/// An owning array of rank 0 to 5: 64-byte aligned, row-major, contiguous, its shape known at run time.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <new>
#include <type_traits>
#include <utility>
#include <vector>

#include "view.hpp"

namespace tenure { inline namespace TENURE_ABI {

/// Owns its elements, or wraps memory that the caller owns (`wrap`). A copy always owns; a moved-from tensor is empty.
///
/// T is float, double, or std::int64_t for indices.
template <class T>
class Tensor {
  static_assert(std::is_trivially_copyable_v<T> && !std::is_const_v<T>);

 public:
  using value_type = T;
  static constexpr std::size_t alignment = 64;

  /// An empty tensor: no memory, size 0.
  Tensor() noexcept = default;

  /// Zeros. @throws std::bad_alloc
  explicit Tensor(const Shape& shape) : Tensor(uninitialized(shape)) {
    std::memset(data_, 0, static_cast<std::size_t>(shape.size()) * sizeof(T));
  }

  /// Every element `value`.
  Tensor(const Shape& shape, T value) : Tensor(uninitialized(shape)) { std::fill_n(data_, shape.size(), value); }

  /// The values in row-major order. @throws ShapeError unless there are shape.size() of them
  Tensor(const Shape& shape, std::span<const T> values) {
    if (static_cast<Index>(values.size()) != shape.size()) {
      throw ShapeError("tensor", {shape.size(), " values for ", shape}, {values.size()});
    }
    *this = uninitialized(shape);
    std::copy_n(values.data(), shape.size(), data_);
  }
  Tensor(const Shape& shape, const std::vector<T>& values) : Tensor(shape, std::span<const T>(values)) {}
  Tensor(const Shape& shape, std::initializer_list<T> values)
      : Tensor(shape, std::span<const T>(values.begin(), values.size())) {}

  /// A copy of what a view refers to; empty for a view of nothing.
  explicit Tensor(View<const T> view) {
    if (!view.empty()) *this = Tensor(view.shape(), view.span());
  }

  /// A value among others in braces. Only its conversion makes {{1}, {2}} a column rather than a row: of the overloads
  /// below, the deepest that fits is the one meant.
  struct Element {
    T value;
    template <class U>
    requires(std::is_floating_point_v<T> ? std::is_arithmetic_v<U>
                                         : std::is_integral_v<U>) constexpr Element(U given) noexcept
        : value(static_cast<T>(given)) {}
  };

  /// A tensor of a vector's length, or of the shape of nested lists. @throws ShapeError when rows differ in length
  static Tensor from(const std::vector<T>& values) { return Tensor({static_cast<Index>(values.size())}, values); }
  static Tensor from(std::initializer_list<Element> row) {
    Tensor tensor = uninitialized({static_cast<Index>(row.size())});
    std::transform(row.begin(), row.end(), tensor.begin(), [](Element element) { return element.value; });
    return tensor;
  }
  template <class = void>  // ranks below the overload that follows, where {{{1}}} fits both
  static Tensor from(std::initializer_list<std::initializer_list<T>> rows) {
    return stack(rows);
  }
  static Tensor from(std::initializer_list<std::initializer_list<std::initializer_list<T>>> rows) {
    return stack(rows);
  }

  /// Memory whose contents are left as the allocator gives them, for a caller that writes all of it.
  [[gnu::noinline]] static Tensor uninitialized(const Shape& shape) {
    const auto bytes = static_cast<std::size_t>(shape.size()) * sizeof(T);
    Tensor tensor;
    tensor.data_ = static_cast<T*>(::operator new (bytes, std::align_val_t{alignment}));
    tensor.shape_ = shape;
    tensor.owning_ = true;
    return tensor;
  }

  /// Refers to `shape.size()` elements that the caller owns and that must outlive the tensor and what it is moved to.
  static Tensor wrap(const Shape& shape, T* memory) noexcept {
    Tensor tensor;
    tensor.data_ = memory;
    tensor.shape_ = shape;
    return tensor;
  }

  Tensor(const Tensor& other) : Tensor(other.view()) {}
  Tensor(Tensor&& other) noexcept { swap(other); }
  Tensor& operator=(const Tensor& other) {
    if (this != &other) *this = Tensor(other);
    return *this;
  }
  Tensor& operator=(Tensor&& other) noexcept {
    Tensor(std::move(other)).swap(*this);
    return *this;
  }
  ~Tensor() {
    if (owning_) ::operator delete (data_, std::align_val_t{alignment});
  }

  void swap(Tensor& other) noexcept {
    std::swap(data_, other.data_);
    std::swap(shape_, other.shape_);
    std::swap(owning_, other.owning_);
  }

  View<T> view() noexcept { return {data_, shape_}; }
  View<const T> view() const noexcept { return {data_, shape_}; }
  operator View<T>() noexcept { return view(); }
  operator View<const T>() const noexcept { return view(); }

  T* data() noexcept { return data_; }
  const T* data() const noexcept { return data_; }
  const Shape& shape() const noexcept { return shape_; }
  Index rank() const noexcept { return shape_.rank(); }
  Index size() const noexcept { return data_ ? shape_.size() : 0; }
  bool empty() const noexcept { return data_ == nullptr; }
  /// Whether the memory is the tensor's own rather than wrapped.
  bool owning() const noexcept { return owning_; }
  T* begin() noexcept { return data_; }
  T* end() noexcept { return data_ + size(); }
  const T* begin() const noexcept { return data_; }
  const T* end() const noexcept { return data_ + size(); }

  /// As View's: unchecked element, checked element, row, rows, reshape.
  template <class... I>
  T& operator()(I... index) noexcept {
    return view()(index...);
  }
  template <class... I>
  const T& operator()(I... index) const noexcept {
    return view()(index...);
  }
  template <class... I>
  T& at(I... index) {
    return view().at(index...);
  }
  template <class... I>
  const T& at(I... index) const {
    return view().at(index...);
  }
  View<T> operator[](Index i) { return view()[i]; }
  View<const T> operator[](Index i) const { return view()[i]; }
  View<T> slice(Index begin, Index end) { return view().slice(begin, end); }
  View<const T> slice(Index begin, Index end) const { return view().slice(begin, end); }
  View<T> reshape(const Shape& shape) { return view().reshape(shape); }
  View<const T> reshape(const Shape& shape) const { return view().reshape(shape); }
  View<T> reshape(std::initializer_list<Index> extents) { return view().reshape(extents); }
  View<const T> reshape(std::initializer_list<Index> extents) const { return view().reshape(extents); }

  void fill(T value) noexcept { std::fill_n(data_, size(), value); }

 private:
  template <class Rows>
  [[gnu::cold]] static Tensor stack(const Rows& rows) {
    Tensor stacked;
    Index i = 0;
    for (const auto& values : rows) {
      const Tensor row = from(values);
      if (i == 0) {
        Shape shape{static_cast<Index>(rows.size())};
        for (const Index extent : row.shape()) shape.append(extent);
        stacked = uninitialized(shape);
      }
      if (row.shape() != stacked[0].shape()) {
        throw ShapeError("tensor", {"rows of ", stacked[0].shape()}, {row.shape(), " in row ", i});
      }
      std::copy_n(row.data(), row.size(), stacked[i++].data());
    }
    if (stacked.empty()) throw ShapeError("tensor", "at least one row", "none");
    return stacked;
  }

  T* data_ = nullptr;
  Shape shape_;
  bool owning_ = false;
};

namespace detail {

template <class M>
inline constexpr bool is_tensor = false;
template <class T>
inline constexpr bool is_tensor<Tensor<T>> = true;

}  // namespace detail

}}  // namespace tenure::TENURE_ABI
