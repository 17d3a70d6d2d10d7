/// Numbers that golden_numbers.py draws too, so that initial weights and data need not be stored.
#pragma once

#include <cstdint>
#include <string>
#include <tenure/autograd/parameters.hpp>

namespace tenure::test {

/// The i-th of a name's numbers in [−1, 1).
inline double number(const std::string& name, Index i) {
  std::uint64_t z = 0xcbf29ce484222325;
  for (const char byte : name) z = (z ^ static_cast<unsigned char>(byte)) * 0x100000001b3;
  z += static_cast<std::uint64_t>(i + 1) * 0x9e3779b97f4a7c15;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
  z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
  z ^= z >> 31;
  return static_cast<double>(z >> 40) * 0x1p-23 - 1;
}

/// Sets every parameter to initial(name, i), where i runs along PyTorch's layout.
template <class T, class Model, class Initial>
void set_parameters(Model& model, Initial initial) {
  for (auto& [name, parameter] : named_parameters<T>(model)) {
    const bool transposed = parameter->file_layout() == FileLayout::transposed;
    const Index columns = transposed ? parameter->shape()[1] : 1, rows = parameter->size() / columns;
    for (Index i = 0; i < rows; ++i) {
      for (Index j = 0; j < columns; ++j) {
        parameter->value().data()[i * columns + j] = static_cast<T>(initial(name, j * rows + i));
      }
    }
  }
}

}  // namespace tenure::test
