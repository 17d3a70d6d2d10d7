/// Special functions, element by element: what likelihoods are made of.
///
/// | function                                | value                                              |
/// |-----------------------------------------|----------------------------------------------------|
/// | log_gamma                               | ln Γ(x), x > 0; its derivative is the digamma function |
/// | log_hypergeometric                      | ln ₂F₁(a, b; c; z), a, b, c > 0, 0 ≤ z < 1            |
/// | log_add_exp                             | ln(eᵃ + eᵇ)                                        |
#pragma once

#include "../kernels/special.hpp"
#include "activations.hpp"
#include "arithmetic.hpp"

TENURE_NO_CONTRACTION
namespace tenure { inline namespace TENURE_ABI {

namespace ops {

struct LogGamma {
  static constexpr std::string_view name = "log_gamma";
  static constexpr bool from_output = false;
  static void forward(Index n, const auto* x, auto* y) { kernels::log_gamma(n, x, y); }
  static void backward(Index n, const auto* x, const auto* dy, auto* dx) { kernels::log_gamma_backward(n, x, dy, dx); }
};

/// a, b, c, z of one shape. // saved (4, n): the derivatives
template <class T>
struct LogHypergeometric {
  static constexpr std::string_view name = "log_hypergeometric";
  static constexpr Reads backward_reads{};

  Shape shape(Inputs<T> x) const {
    for (const View<const T>& input : x) {
      if (input.shape() != x[0].shape()) {
        throw ShapeError(name, {"parameters of ", x[0].shape(), " as the first"}, {input.shape()});
      }
    }
    return x[0].shape();
  }
  Index saved_size(Inputs<T> x) const { return 4 * x[0].size(); }

  void forward(const Forward<T>& f) const {
    const Index n = f.y.size();
    for (Index i = 0; i < n; ++i) {
      const auto of = [&](std::size_t input) { return static_cast<double>(f.x[input].data()[i]); };
      const kernels::LogHypergeometric result = kernels::log_hypergeometric(of(0), of(1), of(2), of(3));
      f.y.data()[i] = static_cast<T>(result.value);
      for (Index k = 0; k < 4; ++k) f.saved[k * n + i] = static_cast<T>(result.gradient[static_cast<std::size_t>(k)]);
    }
  }

  void backward(const Backward<T>& b) const {
    const Index n = b.dy.size();
    for (Index k = 0; k < 4; ++k) {
      if (T* dx = b.dx[static_cast<std::size_t>(k)].data()) {
        kernels::multiply_add(n, b.saved + k * n, b.dy.data(), dx);
      }
    }
  }
};

}  // namespace ops

/// ln Γ(x); x > 0.
template <class T>
Var<T> log_gamma(Var<T> x) {
  return record(ops::Unary<T, ops::LogGamma>{}, {x});
}

/// ln ₂F₁(a, b; c; z); a, b, c > 0 and 0 ≤ z < 1. NaN where the series does not converge, as for z within 1e-4 of 1.
/// @throws ShapeError unless all have one shape
template <class T>
Var<T> log_hypergeometric(Var<T> a, Var<T> b, Var<T> c, Var<T> z) {
  return record(ops::LogHypergeometric<T>{}, {a, b, c, z});
}

/// ln(eᵃ + eᵇ), which neither overflows nor cancels. @throws ShapeError as operator+
template <class T>
Var<T> log_add_exp(Var<T> a, Var<T> b) {
  return a + softplus(b - a);
}

}}  // namespace tenure::TENURE_ABI
TENURE_CONTRACTION_AS_BEFORE
