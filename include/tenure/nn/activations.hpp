/// Activations as layers, y = f(x), for Sequential and for configurations that name one; none has parameters.
///
/// | layer                      | f(x)                                                       |
/// |----------------------------|------------------------------------------------------------|
/// | Relu{}                     | max(x, 0)                                                  |
/// | LeakyRelu{.negative_slope} | x for x > 0, else negative_slope · x                        |
/// | Gelu{.approximate}         | x Φ(x), or its approximation by tanh                       |
/// | Tanh{}, Sigmoid{}          | tanh x, 1 / (1 + e⁻ˣ)                                      |
/// | Softplus{}                 | ln(1 + eˣ)                                                 |
/// | Softmax{.dim}              | exp x / Σ exp x along an axis, by default the last         |
/// | LogSoftmax{.dim}           | its logarithm                                              |
#pragma once

#include "../ops/activations.hpp"
#include "../ops/softmax.hpp"

namespace tenure { inline namespace TENURE_ABI {

struct Relu {
  static constexpr std::string_view type = "Relu";
  static void fields(auto&, auto&&) {}
  template <class T>
  Var<T> operator()(Var<T> x) const {
    return observed(*this, relu(x));
  }
};

struct LeakyRelu {
  double negative_slope = 0.01;  ///< at least 0; 0.01 is PyTorch's default, 0.3 Keras's

  static constexpr std::string_view type = "LeakyRelu";
  static void fields(auto&, auto&&) {}
  template <class T>
  Var<T> operator()(Var<T> x) const {
    return observed(*this, leaky_relu(x, negative_slope));
  }
};

struct Gelu {
  bool approximate = false;  ///< by tanh: approximate="tanh" in PyTorch, approximate=True in Keras

  static constexpr std::string_view type = "Gelu";
  static void fields(auto&, auto&&) {}
  template <class T>
  Var<T> operator()(Var<T> x) const {
    return observed(*this, approximate ? gelu_tanh(x) : gelu(x));
  }
};

struct Tanh {
  static constexpr std::string_view type = "Tanh";
  static void fields(auto&, auto&&) {}
  template <class T>
  Var<T> operator()(Var<T> x) const {
    return observed(*this, tanh(x));
  }
};

struct Sigmoid {
  static constexpr std::string_view type = "Sigmoid";
  static void fields(auto&, auto&&) {}
  template <class T>
  Var<T> operator()(Var<T> x) const {
    return observed(*this, sigmoid(x));
  }
};

struct Softplus {
  static constexpr std::string_view type = "Softplus";
  static void fields(auto&, auto&&) {}
  template <class T>
  Var<T> operator()(Var<T> x) const {
    return observed(*this, softplus(x));
  }
};

struct Softmax {
  Index dim = -1;

  static constexpr std::string_view type = "Softmax";
  static void fields(auto&, auto&&) {}
  template <class T>
  Var<T> operator()(Var<T> x) const {
    return observed(*this, softmax(x, dim));
  }
};

struct LogSoftmax {
  Index dim = -1;

  static constexpr std::string_view type = "LogSoftmax";
  static void fields(auto&, auto&&) {}
  template <class T>
  Var<T> operator()(Var<T> x) const {
    return observed(*this, log_softmax(x, dim));
  }
};

}}  // namespace tenure::TENURE_ABI
