/// y = f(x), element by element.
///
/// | function        | f(x)                                          | backward reads |
/// |-----------------|-----------------------------------------------|----------------|
/// | exp, log        | eˣ, ln x                                      | y, x           |
/// | square, sqrt    | x², √x                                        | x, y           |
/// | abs             | |x|, its derivative at 0 being 0              | x              |
/// | tanh, sigmoid   | tanh x, 1 / (1 + e⁻ˣ)                         | y              |
/// | softplus        | ln(1 + eˣ)                                    | y              |
/// | relu            | max(x, 0), its derivative at 0 being 0        | y              |
/// | leaky_relu      | x for x > 0, else slope · x; slope ≥ 0        | y              |
/// | gelu            | x Φ(x) = x/2 (1 + erf(x/√2))                  | x              |
/// | gelu_tanh       | x/2 (1 + tanh(√(2/π) (x + 0.044715 x³)))      | x              |
#pragma once

#include "../autograd/tape.hpp"
#include "../kernels/elementwise.hpp"

namespace tenure { inline namespace TENURE_ABI {

namespace ops {

/// Function has a name, `from_output` (whether its derivative reads the output or the input), forward(n, x, y) and
/// backward(n, x or y, dy, dx), which adds to dx, or, of a Function that `overwrites`, takes whether to.
template <class T, class Function>
struct Unary {
  static constexpr std::string_view name = Function::name;
  static constexpr Reads backward_reads{.inputs = Function::from_output ? 0u : 1u, .output = Function::from_output};

  [[no_unique_address]] Function function;

  Shape shape(Inputs<T> x) const { return x[0].shape(); }
  void forward(const Forward<T>& f) const { function.forward(f.y.size(), f.x[0].data(), f.y.data()); }
  static unsigned overwrites(Inputs<T>) requires requires { Function::overwrites; }
  { return 0b1; }

  void backward(const Backward<T>& b) const {
    const T* const from = Function::from_output ? b.y.data() : b.x[0].data();
    if constexpr (requires { Function::overwrites; }) {
      function.backward(b.dy.size(), from, b.dy.data(), b.dx[0].data(), b.adds(0));
    } else {
      function.backward(b.dy.size(), from, b.dy.data(), b.dx[0].data());
    }
  }
};

struct Exp {
  static constexpr std::string_view name = "exp";
  static constexpr bool from_output = true;
  static void forward(Index n, const auto* x, auto* y) { kernels::exp(n, x, y); }
  static void backward(Index n, const auto* y, const auto* dy, auto* dx) { kernels::exp_backward(n, y, dy, dx); }
};

struct Log {
  static constexpr std::string_view name = "log";
  static constexpr bool from_output = false;
  static void forward(Index n, const auto* x, auto* y) { kernels::log(n, x, y); }
  static void backward(Index n, const auto* x, const auto* dy, auto* dx) { kernels::log_backward(n, x, dy, dx); }
};

struct Square {
  static constexpr std::string_view name = "square";
  static constexpr bool from_output = false;
  static void forward(Index n, const auto* x, auto* y) { kernels::square(n, x, y); }
  static void backward(Index n, const auto* x, const auto* dy, auto* dx) { kernels::square_backward(n, x, dy, dx); }
};

struct Sqrt {
  static constexpr std::string_view name = "sqrt";
  static constexpr bool from_output = true;
  static void forward(Index n, const auto* x, auto* y) { kernels::sqrt(n, x, y); }
  static void backward(Index n, const auto* y, const auto* dy, auto* dx) { kernels::sqrt_backward(n, y, dy, dx); }
};

struct Abs {
  static constexpr std::string_view name = "abs";
  static constexpr bool from_output = false;
  static void forward(Index n, const auto* x, auto* y) { kernels::abs(n, x, y); }
  static void backward(Index n, const auto* x, const auto* dy, auto* dx) { kernels::abs_backward(n, x, dy, dx); }
};

struct Tanh {
  static constexpr std::string_view name = "tanh";
  static constexpr bool from_output = true;
  static void forward(Index n, const auto* x, auto* y) { kernels::tanh(n, x, y); }
  static void backward(Index n, const auto* y, const auto* dy, auto* dx) { kernels::tanh_backward(n, y, dy, dx); }
};

struct Sigmoid {
  static constexpr std::string_view name = "sigmoid";
  static constexpr bool from_output = true;
  static void forward(Index n, const auto* x, auto* y) { kernels::sigmoid(n, x, y); }
  static void backward(Index n, const auto* y, const auto* dy, auto* dx) { kernels::sigmoid_backward(n, y, dy, dx); }
};

struct Softplus {
  static constexpr std::string_view name = "softplus";
  static constexpr bool from_output = true;
  static void forward(Index n, const auto* x, auto* y) { kernels::softplus(n, x, y); }
  static void backward(Index n, const auto* y, const auto* dy, auto* dx) { kernels::softplus_backward(n, y, dy, dx); }
};

struct Relu {
  static constexpr std::string_view name = "relu";
  static constexpr bool from_output = true;
  static void forward(Index n, const auto* x, auto* y) { kernels::relu(n, x, y); }
  static constexpr bool overwrites = true;
  static void backward(Index n, const auto* y, const auto* dy, auto* dx, bool add) {
    kernels::relu_backward(n, y, dy, dx, add);
  }
};

template <class T>
struct LeakyRelu {
  static constexpr std::string_view name = "leaky_relu";
  static constexpr bool from_output = true;
  T slope;
  void forward(Index n, const T* x, T* y) const { kernels::leaky_relu(n, slope, x, y); }
  void backward(Index n, const T* y, const T* dy, T* dx) const { kernels::leaky_relu_backward(n, slope, y, dy, dx); }
};

struct Gelu {
  static constexpr std::string_view name = "gelu";
  static constexpr bool from_output = false;
  static void forward(Index n, const auto* x, auto* y) { kernels::gelu(n, x, y); }
  static void backward(Index n, const auto* x, const auto* dy, auto* dx) { kernels::gelu_backward(n, x, dy, dx); }
};

struct GeluTanh {
  static constexpr std::string_view name = "gelu_tanh";
  static constexpr bool from_output = false;
  static void forward(Index n, const auto* x, auto* y) { kernels::gelu_tanh(n, x, y); }
  static void backward(Index n, const auto* x, const auto* dy, auto* dx) { kernels::gelu_tanh_backward(n, x, dy, dx); }
};

}  // namespace ops

/// eˣ
template <class T>
Var<T> exp(Var<T> x) {
  return record(ops::Unary<T, ops::Exp>{}, {x});
}

/// ln x; x > 0
template <class T>
Var<T> log(Var<T> x) {
  return record(ops::Unary<T, ops::Log>{}, {x});
}

/// x²
template <class T>
Var<T> square(Var<T> x) {
  return record(ops::Unary<T, ops::Square>{}, {x});
}

/// √x; x > 0
template <class T>
Var<T> sqrt(Var<T> x) {
  return record(ops::Unary<T, ops::Sqrt>{}, {x});
}

/// |x|
template <class T>
Var<T> abs(Var<T> x) {
  return record(ops::Unary<T, ops::Abs>{}, {x});
}

/// tanh x
template <class T>
Var<T> tanh(Var<T> x) {
  return record(ops::Unary<T, ops::Tanh>{}, {x});
}

/// 1 / (1 + e⁻ˣ)
template <class T>
Var<T> sigmoid(Var<T> x) {
  return record(ops::Unary<T, ops::Sigmoid>{}, {x});
}

/// ln(1 + eˣ)
template <class T>
Var<T> softplus(Var<T> x) {
  return record(ops::Unary<T, ops::Softplus>{}, {x});
}

/// max(x, 0)
template <class T>
Var<T> relu(Var<T> x) {
  return record(ops::Unary<T, ops::Relu>{}, {x});
}

/// x for x > 0, else slope · x; the slope is 0.01 in PyTorch and 0.3 in Keras. @throws ValueError unless slope ≥ 0
template <class T>
Var<T> leaky_relu(Var<T> x, double slope = 0.01) {
  if (!(slope >= 0)) throw ValueError("leaky_relu", "a slope of at least 0", {slope});
  return record(ops::Unary<T, ops::LeakyRelu<T>>{{static_cast<T>(slope)}}, {x});
}

/// x Φ(x), as PyTorch's default
template <class T>
Var<T> gelu(Var<T> x) {
  return record(ops::Unary<T, ops::Gelu>{}, {x});
}

/// The tanh approximation of gelu, as PyTorch's approximate="tanh" and Keras's approximate=True
template <class T>
Var<T> gelu_tanh(Var<T> x) {
  return record(ops::Unary<T, ops::GeluTanh>{}, {x});
}

TENURE_COMPILED_OPERATION(ops::Unary, ops::Exp)
TENURE_COMPILED_OPERATION(ops::Unary, ops::Log)
TENURE_COMPILED_OPERATION(ops::Unary, ops::Square)
TENURE_COMPILED_OPERATION(ops::Unary, ops::Sqrt)
TENURE_COMPILED_OPERATION(ops::Unary, ops::Abs)
TENURE_COMPILED_OPERATION(ops::Unary, ops::Tanh)
TENURE_COMPILED_OPERATION(ops::Unary, ops::Sigmoid)
TENURE_COMPILED_OPERATION(ops::Unary, ops::Softplus)
TENURE_COMPILED_OPERATION(ops::Unary, ops::Relu)
TENURE_COMPILED_OPERATION(ops::Unary, ops::Gelu)
TENURE_COMPILED_OPERATION(ops::Unary, ops::GeluTanh)

}}  // namespace tenure::TENURE_ABI
