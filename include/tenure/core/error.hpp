/// Exceptions. Every message names the operation, what was expected and what was given.
#pragma once

#include <charconv>
#include <concepts>
#include <cstddef>
#include <initializer_list>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>

#include "../version.hpp"

namespace tenure { inline namespace TENURE_ABI {

/// Sizes, indices and strides, in elements. Signed, so that differences and downward loops are safe.
using Index = std::ptrdiff_t;

/// Part of a message, of which only a reference is taken: joining strings where an error is thrown would make the
/// compiler optimize code that never runs, and users wait for it.
class Piece {
 public:
  constexpr Piece(std::string_view text) noexcept : text_(text) {}
  constexpr Piece(const char* text) noexcept : text_(text) {}
  constexpr Piece(const std::string& text) noexcept : text_(text) {}
  constexpr Piece(std::integral auto number) noexcept : kind_(Kind::integer), integer_(static_cast<Index>(number)) {}
  constexpr Piece(std::floating_point auto number) noexcept : kind_(Kind::real), real_(static_cast<double>(number)) {}
  /// A shape's extents, as "(30, 6, 12)".
  constexpr Piece(const Index* extents, Index rank) noexcept
      : kind_(Kind::extents), extents_(extents), integer_(rank) {}

  [[gnu::cold, gnu::noinline]] void append_to(std::string& message) const {
    if (kind_ == Kind::text) message += text_;
    if (kind_ == Kind::integer) append_number(message, integer_);
    if (kind_ == Kind::real) append_number(message, real_);
    if (kind_ != Kind::extents) return;
    message += '(';
    for (Index axis = 0; axis < integer_; ++axis) {
      if (axis > 0) message += ", ";
      append_number(message, extents_[axis]);
    }
    message += ')';
  }

 private:
  enum class Kind { text, integer, real, extents };

  static void append_number(std::string& message, auto number) {
    char digits[32];
    message.append(digits, std::to_chars(digits, digits + sizeof digits, number).ptr);
  }

  Kind kind_ = Kind::text;
  std::string_view text_;
  const Index* extents_ = nullptr;
  Index integer_ = 0;
  double real_ = 0;
};

/// A text in one or several pieces, for the duration of the expression that it is written in.
class Text {
 public:
  constexpr Text(std::initializer_list<Piece> pieces) noexcept { pieces_ = {pieces.begin(), pieces.size()}; }
  constexpr Text(std::string_view text) noexcept : text_(text) {}
  constexpr Text(const char* text) noexcept : text_(text) {}
  constexpr Text(const std::string& text) noexcept : text_(text) {}

  void append_to(std::string& message) const {
    message += text_;
    for (const Piece& piece : pieces_) piece.append_to(message);
  }

 private:
  std::string_view text_;
  std::span<const Piece> pieces_;
};

/// Base of everything that tenure throws, std::bad_alloc aside.
class Error : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;

  /// "NAME: expected EXPECTED, got GOT"
  [[gnu::cold, gnu::noinline]] Error(std::string_view name, const Text& expected, const Text& got)
      : std::runtime_error(message(name, expected, got)) {}

 private:
  static std::string message(std::string_view name, const Text& expected, const Text& got) {
    std::string message(name);
    message += ": expected ";
    expected.append_to(message);
    message += ", got ";
    got.append_to(message);
    return message;
  }
};

/// A tensor has the wrong rank or extent.
class ShapeError : public Error {
  using Error::Error;
};

/// An index or axis lies outside its range.
class IndexError : public Error {
  using Error::Error;
};

/// An argument other than a shape or an index is outside its domain (a negative rate, a probability of 2).
class ValueError : public Error {
  using Error::Error;
};

/// An object is used when it must not be: a Var that outlived its tape's reset().
class StateError : public Error {
  using Error::Error;
};

/// A file can't be read or written, or does not hold what it should. The message names it.
class FileError : public Error {
  using Error::Error;
};

}}  // namespace tenure::TENURE_ABI
