/// The extents of a row-major array of rank 0 (a scalar) to 5.
#pragma once

#include <array>
#include <cstddef>
#include <initializer_list>
#include <limits>
#include <string>
#include <string_view>

#include "error.hpp"

namespace tenure { inline namespace TENURE_ABI {

/// Extents, slowest axis first. All are at least 1: there are no empty tensors of a known shape.
class Shape {
 public:
  static constexpr Index max_rank = 5;

  /// The shape of a scalar: rank 0, size 1.
  constexpr Shape() noexcept = default;

  /// @throws ShapeError for more than 5 extents, one below 1, or a product beyond the address space.
  Shape(std::initializer_list<Index> extents) : Shape(extents.begin(), static_cast<Index>(extents.size())) {}

  [[gnu::noinline]] Shape(const Index* extents, Index rank) {
    if (rank > max_rank) throw ShapeError("shape", "a rank of at most 5", {"rank ", rank});
    for (Index axis = 0; axis < rank; ++axis) append(extents[axis]);
  }

  /// Adds a fastest axis. @throws ShapeError as the constructor.
  [[gnu::noinline]] void append(Index extent) {
    if (rank_ == max_rank) throw ShapeError("shape", "a rank of at most 5", {"a sixth axis after ", *this});
    if (extent < 1) {
      throw ShapeError("shape", "extents of at least 1", {extent, " on axis ", rank_});
    }
    if (extent > (std::numeric_limits<Index>::max)() / 16 / size()) {
      throw ShapeError("shape", "a size that fits the address space", {*this, " with ", extent, " more"});
    }
    extents_[static_cast<std::size_t>(rank_++)] = extent;
  }

  constexpr Index rank() const noexcept { return rank_; }

  /// Number of elements.
  constexpr Index size() const noexcept {
    Index size = 1;
    for (Index axis = 0; axis < rank_; ++axis) size *= extents_[static_cast<std::size_t>(axis)];
    return size;
  }

  /// Extent of an axis, unchecked; axis in [0, rank).
  constexpr Index operator[](Index axis) const noexcept { return extents_[static_cast<std::size_t>(axis)]; }

  /// Extent of an axis; a negative one counts from the last, as in NumPy. @throws IndexError
  Index at(Index axis) const { return (*this)[normalize(axis, "shape")]; }

  /// Extent of the fastest axis, 1 for a scalar.
  constexpr Index last() const noexcept { return rank_ == 0 ? 1 : (*this)[rank_ - 1]; }

  /// Number of rows when seen as a matrix of `last()` columns.
  constexpr Index rows() const noexcept { return size() / last(); }

  /// Product of the extents of axes [begin, end).
  constexpr Index product(Index begin, Index end) const noexcept {
    Index product = 1;
    for (Index axis = begin; axis < end; ++axis) product *= (*this)[axis];
    return product;
  }

  /// Axis in [0, rank) from one in [-rank, rank). @throws IndexError naming `name`
  [[gnu::noinline]] Index normalize(Index axis, std::string_view name) const {
    if (axis < -rank_ || axis >= rank_) {
      throw IndexError(name, {"an axis of ", *this}, {"axis ", axis});
    }
    return axis < 0 ? axis + rank_ : axis;
  }

  /// The same with one axis of another extent. @throws ShapeError
  [[gnu::noinline]] Shape with(Index axis, Index extent) const {
    Shape changed;
    for (Index i = 0; i < rank_; ++i) changed.append(i == axis ? extent : (*this)[i]);
    return changed;
  }

  /// The same without one axis.
  [[gnu::noinline]] Shape without(Index axis) const {
    Shape changed;
    for (Index i = 0; i < rank_; ++i) {
      if (i != axis) changed.append((*this)[i]);
    }
    return changed;
  }

  constexpr const Index* begin() const noexcept { return extents_.data(); }
  constexpr const Index* end() const noexcept { return extents_.data() + rank_; }

  friend constexpr bool operator==(const Shape& a, const Shape& b) noexcept {
    if (a.rank_ != b.rank_) return false;
    for (Index axis = 0; axis < a.rank_; ++axis) {
      if (a[axis] != b[axis]) return false;
    }
    return true;
  }

  /// Extents of equal size, one of which may be -1 and is deduced. @throws ShapeError
  [[gnu::cold]] Shape reshaped(std::initializer_list<Index> extents) const {
    Shape given;  // without the extent that is deduced
    bool deduce = false;
    for (const Index extent : extents) {
      if (extent == -1 && !deduce) {
        deduce = true;
      } else {
        given.append(extent);
      }
    }
    if (!deduce) return check_same_size(given), given;
    if (size() % given.size() != 0) {
      throw ShapeError("reshape", {"extents that divide the ", size(), " elements of ", *this},
                       {given, " beside the -1"});
    }
    Shape shape;
    for (const Index extent : extents) shape.append(extent == -1 ? size() / given.size() : extent);
    return shape;
  }

  /// @throws ShapeError unless `other` has as many elements
  void check_same_size(const Shape& other) const {
    if (other.size() == size()) return;
    throw ShapeError("reshape", {size(), " elements as in ", *this}, {other});
  }

  /// "(30, 6, 12)"; "()" for a scalar.
  [[gnu::cold]] std::string to_string() const {
    std::string text;
    Piece(*this).append_to(text);
    return text;
  }
  operator Piece() const noexcept { return {begin(), rank_}; }

 private:
  std::array<Index, max_rank> extents_{};
  Index rank_ = 0;
};

/// "(30, 6, 12)"
inline std::string to_string(const Shape& shape) { return shape.to_string(); }

}}  // namespace tenure::TENURE_ABI
