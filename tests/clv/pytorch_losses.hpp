/// Losses of a training's first steps beside those of PyTorch, from initial weights and data that pytorch_losses.py has
/// too.
#pragma once

#include <doctest/doctest.h>

#include <fstream>
#include <string>
#include <tenure/optim/adam.hpp>

#include "../sanitized.hpp"

namespace tenure::test {

/// As pytorch_losses.py has it: the i-th of a name's numbers in [−1, 1).
inline double number(const std::string& name, Index i) {
  std::uint64_t z = 0xcbf29ce484222325;
  for (const char byte : name) z = (z ^ static_cast<unsigned char>(byte)) * 0x100000001b3;
  z += static_cast<std::uint64_t>(i + 1) * 0x9e3779b97f4a7c15;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
  z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
  z ^= z >> 31;
  return static_cast<double>(z >> 40) * 0x1p-23 - 1;
}

/// Sets a model's parameters to initial(name, i), whose places i run along PyTorch's layout.
template <class T>
void initialize(auto& model, auto&& initial) {
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

#ifdef TENURE_TEST_SANITIZED
inline constexpr Index compared_steps = 2;
#else
inline constexpr Index compared_steps = 100;
#endif

/// The largest relative difference of the losses from one of the columns of a file in this directory: Keras's Adam in
/// float64 and float32, PyTorch's in both. loss_of(tape, step) is the loss of a step.
template <class T>
double largest_difference(auto& model, const AdamConfig& config, const std::string& file, int column, auto&& loss_of,
                          Index steps = compared_steps) {
  const Parameters<T> parameters(model);
  Adam<T> adam(parameters, config);
  Tape<T> tape;
  std::ifstream golden(std::string(__FILE__).substr(0, std::string(__FILE__).rfind('/') + 1) + file);
  double largest = 0;
  for (Index step = 0; step < steps; ++step, tape.reset()) {
    const Var<T> loss = loss_of(tape, step);
    loss.backward();
    parameters.add_penalty_gradients();
    adam.step();
    double expected[4] = {};
    for (double& value : expected) golden >> value;
    REQUIRE(golden);
    largest = std::max(largest, std::abs(static_cast<double>(loss.item()) / expected[column] - 1));
  }
  return largest;
}

inline constexpr AdamConfig keras_adam = AdamConfig::keras();
inline constexpr AdamConfig pytorch_adam = {.epsilon = 1e-7};

}  // namespace tenure::test
