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

/// max(x, 0), element by element.
struct Relu {
  static constexpr std::string_view type = "Relu";
  static void fields(auto&, auto&&) {}
  template <class T>
  Var<T> operator()(Var<T> x) const {
    return observed(*this, relu(x));
  }
};

/// x where x > 0, else negative_slope · x.
struct LeakyRelu {
  double negative_slope = 0.01;  ///< at least 0; 0.01 is PyTorch's default, 0.3 Keras's

  static constexpr std::string_view type = "LeakyRelu";
  static void fields(auto&, auto&&) {}
  template <class T>
  Var<T> operator()(Var<T> x) const {
    return observed(*this, leaky_relu(x, negative_slope));
  }
};

/// x Φ(x) (Hendrycks and Gimpel, 2016).
struct Gelu {
  bool approximate = false;  ///< by tanh: approximate="tanh" in PyTorch, approximate=True in Keras

  static constexpr std::string_view type = "Gelu";
  static void fields(auto&, auto&&) {}
  template <class T>
  Var<T> operator()(Var<T> x) const {
    return observed(*this, approximate ? gelu_tanh(x) : gelu(x));
  }
};

/// tanh x, element by element.
struct Tanh {
  static constexpr std::string_view type = "Tanh";
  static void fields(auto&, auto&&) {}
  template <class T>
  Var<T> operator()(Var<T> x) const {
    return observed(*this, tanh(x));
  }
};

/// 1 / (1 + e⁻ˣ), element by element.
struct Sigmoid {
  static constexpr std::string_view type = "Sigmoid";
  static void fields(auto&, auto&&) {}
  template <class T>
  Var<T> operator()(Var<T> x) const {
    return observed(*this, sigmoid(x));
  }
};

/// ln(1 + eˣ), element by element.
struct Softplus {
  static constexpr std::string_view type = "Softplus";
  static void fields(auto&, auto&&) {}
  template <class T>
  Var<T> operator()(Var<T> x) const {
    return observed(*this, softplus(x));
  }
};

/// exp x / Σ exp x along one axis. @throws IndexError for an axis that x has not
struct Softmax {
  Index dim = -1;

  static constexpr std::string_view type = "Softmax";
  static void fields(auto&, auto&&) {}
  template <class T>
  Var<T> operator()(Var<T> x) const {
    return observed(*this, softmax(x, dim));
  }
};

/// x − ln Σ exp x along one axis. @throws IndexError for an axis that x has not
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
