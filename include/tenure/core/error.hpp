/// Exceptions. Every message names the operation, what was expected and what was given.
#pragma once

#include <stdexcept>
#include <string>
#include <string_view>

#include "../version.hpp"

namespace tenure::inline TENURE_ABI {

/// Base of everything that tenure throws, std::bad_alloc aside.
class Error : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;

  /// "NAME: expected EXPECTED, got GOT"
  Error(std::string_view name, std::string_view expected, std::string_view got)
      : std::runtime_error(std::string(name) + ": expected " + std::string(expected) + ", got " + std::string(got)) {}
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

}  // namespace tenure::inline TENURE_ABI
