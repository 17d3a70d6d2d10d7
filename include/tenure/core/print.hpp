/// Tensors as text.
#pragma once

#include <algorithm>
#include <charconv>
#include <string>
#include <type_traits>

#include "tensor.hpp"

namespace tenure { inline namespace TENURE_ABI {

namespace detail {

template <class T>
void append_number(std::string& text, T value) {
  char digits[32];
  std::to_chars_result result{};
  if constexpr (std::is_floating_point_v<T>) {
    result = std::to_chars(digits, digits + sizeof digits, value, std::chars_format::general, 6);
  } else {
    result = std::to_chars(digits, digits + sizeof digits, value);
  }
  text.append(digits, result.ptr);
}

template <class T>
void append_elements(std::string& text, const T* data, const Shape& shape, Index axis, Index edge) {
  if (axis == shape.rank()) return append_number(text, *data);
  const Index extent = shape[axis];
  const Index stride = shape.product(axis + 1, shape.rank());
  const bool innermost = axis + 1 == shape.rank();
  text += '[';
  for (Index i = 0; i < extent; ++i) {
    if (i > 0) text += innermost ? ", " : ",\n" + std::string(static_cast<std::size_t>(axis) + 1, ' ');
    if (i == edge && extent > 2 * edge) {
      text += "...";
      i = extent - edge - 1;
    } else {
      append_elements(text, data + i * stride, shape, axis + 1, edge);
    }
  }
  text += ']';
}

}  // namespace detail

/// Nested brackets with six significant digits; of an axis longer than 2·edge, the first and last `edge` elements.
template <class T>
std::string to_string(View<const T> view, Index edge = 3) {
  if (view.empty()) return "[]";
  std::string text;
  detail::append_elements(text, view.data(), view.shape(), 0, edge);
  return text;
}
template <class T>
requires(!std::is_const_v<T>) std::string to_string(View<T> view, Index edge = 3) {
  return to_string(View<const T>(view), edge);
}
template <class T>
std::string to_string(const Tensor<T>& tensor, Index edge = 3) {
  return to_string(tensor.view(), edge);
}

/// Stream output without making everyone who includes this pay for `<ostream>`.
template <class Stream, class T>
auto operator<<(Stream& stream, View<T> view) -> decltype(stream << std::string()) {
  return stream << to_string(view);
}
template <class Stream, class T>
auto operator<<(Stream& stream, const Tensor<T>& tensor) -> decltype(stream << std::string()) {
  return stream << to_string(tensor.view());
}

}}  // namespace tenure::TENURE_ABI
