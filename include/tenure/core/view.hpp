/// A pointer and a shape: row-major, contiguous, not owning.
#pragma once

#include <span>
#include <string>
#include <type_traits>

#include "shape.hpp"

namespace tenure { inline namespace TENURE_ABI {

/// Refers to memory that somebody else owns and that must outlive it. A default-constructed view refers to nothing.
template <class T>
class View {
 public:
  using value_type = std::remove_const_t<T>;

  constexpr View() noexcept = default;
  constexpr View(T* data, const Shape& shape) noexcept : data_(data), shape_(shape) {}

  /// A read-only view of the same memory.
  constexpr operator View<const T>() const noexcept requires(!std::is_const_v<T>) { return {data_, shape_}; }

  constexpr T* data() const noexcept { return data_; }
  constexpr const Shape& shape() const noexcept { return shape_; }
  constexpr Index rank() const noexcept { return shape_.rank(); }
  constexpr Index size() const noexcept { return data_ ? shape_.size() : 0; }
  constexpr bool empty() const noexcept { return data_ == nullptr; }
  constexpr T* begin() const noexcept { return data_; }
  constexpr T* end() const noexcept { return data_ + size(); }
  constexpr std::span<T> span() const noexcept { return {data_, static_cast<std::size_t>(size())}; }

  /// Element by one index per axis; neither the number of indices nor their range is checked.
  template <class... I>
  constexpr T& operator()(I... index) const noexcept {
    return data_[offset(static_cast<Index>(index)...)];
  }

  /// Element by one index per axis. @throws IndexError on a wrong number of indices or one out of range
  template <class... I>
  T& at(I... index) const {
    check_indices({static_cast<Index>(index)...});
    return data_[offset(static_cast<Index>(index)...)];
  }

  /// Sub-array i of the first axis, without a copy: (a, b, c) gives (b, c). @throws IndexError
  View operator[](Index i) const {
    if (empty() || rank() == 0 || i < 0 || i >= shape_[0]) {
      fail("operator[]", "an index inside the first axis of ", {i});
    }
    Shape row;
    for (Index axis = 1; axis < rank(); ++axis) row.append(shape_[axis]);
    return {data_ + i * row.size(), row};
  }

  /// Sub-arrays [begin, end) of the first axis, without a copy. @throws IndexError for an empty or outside range
  View slice(Index begin, Index end) const {
    check_range(begin, end);
    return {data_ + begin * (shape_.size() / shape_[0]), shape_.with(0, end - begin)};
  }

  /// The same elements in another shape of equal size; one extent may be -1 and is deduced. @throws ShapeError
  View reshape(std::initializer_list<Index> extents) const { return {data_, shape_.reshaped(extents)}; }
  View reshape(const Shape& shape) const {
    shape_.check_same_size(shape);
    return {data_, shape};
  }

 private:
  template <class... I>
  constexpr Index offset(I... index) const noexcept {
    Index offset = 0;
    Index axis = 0;
    ((offset = offset * shape_[axis++] + index), ...);
    return offset;
  }

  void check_indices(std::initializer_list<Index> index) const {
    Index axis = 0;
    bool inside = static_cast<Index>(index.size()) == rank();
    for (const Index i : index) {
      if (inside && (i < 0 || i >= shape_[axis])) inside = false;
      ++axis;
    }
    if (inside && data_) return;
    fail("at", "an index inside ", {Piece(index.begin(), static_cast<Index>(index.size()))});
  }

  void check_range(Index begin, Index end) const {
    if (data_ && rank() > 0 && begin >= 0 && begin < end && end <= shape_[0]) return;
    fail("slice", "a range inside the first axis of ", {"[", begin, ", ", end, ")"});
  }

  [[noreturn, gnu::cold, gnu::noinline]] void fail(std::string_view name, const char* expected, const Text& got) const {
    throw IndexError(name, {expected, data_ ? Piece(shape_) : Piece("an empty tensor")}, got);
  }

  T* data_ = nullptr;
  Shape shape_;
};

}}  // namespace tenure::TENURE_ABI
