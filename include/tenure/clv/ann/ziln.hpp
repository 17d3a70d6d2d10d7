/// The zero-inflated log-normal loss (Wang, Liu and Miao, "A deep probabilistic model for customer lifetime value
/// prediction", 2019): a target is 0 with probability 1 − p, and log-normal otherwise.
///
///   z (n, 3): logit of p, location μ, and w with σ = softplus(w) + 1e-3; target y (n, 1)
///   loss = mean [ −ln(1 − p) for y = 0,  −ln p + ln y + ln σ + ln(2π)/2 + ((ln y − μ) / σ)² / 2 for y > 0 ]
///   mean      p · exp(μ + σ²/2)
///   quantile  0 for q ≤ 1 − p, else exp(μ + σ Φ⁻¹((q − 1 + p) / p))
///
/// No logarithm of 0 is taken, no σ comes near 0, and logits may be of any size.
#pragma once

#include <cmath>
#include <numbers>

#include "../../autograd/tape.hpp"

TENURE_NO_CONTRACTION
namespace tenure { inline namespace TENURE_ABI { namespace clv {

namespace detail {

inline double ziln_softplus(double x) noexcept { return (std::max)(x, 0.0) + std::log1p(std::exp(-std::abs(x))); }
inline double ziln_sigmoid(double x) noexcept {
  const double e = std::exp(-std::abs(x));
  return (x >= 0 ? 1 : e) / (1 + e);
}

/// Φ⁻¹, by Halley's steps from a rough start.
inline double normal_quantile(double p) noexcept {
  // Abramowitz and Stegun 26.2.23.
  const double tail = (std::min)(p, 1 - p), t = std::sqrt(-2 * std::log(tail));
  double x = t - (2.515517 + t * (0.802853 + t * 0.010328)) / (1 + t * (1.432788 + t * (0.189269 + t * 0.001308)));
  for (int i = 0; i < 3; ++i) {
    const double error = std::erfc(x / std::numbers::sqrt2) / 2 - tail;
    const double step = error / (std::exp(-x * x / 2) * std::numbers::inv_sqrtpi / std::numbers::sqrt2);
    x += step / (1 - x * step / 2);
  }
  return p < 0.5 ? -x : x;
}

}  // namespace detail

/// What three outputs of a network say of a value.
struct Ziln {
  double probability;  ///< that it is above 0
  double location;     ///< of its logarithm
  double scale;

  static constexpr double least_scale = 1e-3;

  Ziln(double logit, double mu, double w) noexcept
      : probability(detail::ziln_sigmoid(logit)), location(mu), scale(detail::ziln_softplus(w) + least_scale) {}

  double mean() const noexcept { return probability * std::exp(location + scale * scale / 2); }

  /// 0 < q < 1
  double quantile(double q) const noexcept {
    const double within = (q - 1 + probability) / probability;
    return within > 0 && within < 1 ? std::exp(location + scale * detail::normal_quantile(within)) : 0;
  }
};

namespace detail {

template <class T>
struct ZilnLoss {
  static constexpr std::string_view name = "ziln";
  static constexpr Reads backward_reads{.inputs = 0b11};

  Shape shape(Inputs<T> x) const {
    if (x[0].shape().rank() != 2 || x[0].shape()[1] != 3) {
      throw ShapeError(name, "outputs of (batch, 3)", {x[0].shape()});
    }
    if (x[1].shape() != Shape{x[0].shape()[0], 1}) {
      throw ShapeError(name, {"a target of ", Shape{x[0].shape()[0], 1}}, {x[1].shape()});
    }
    return {};
  }

  void forward(const Forward<T>& f) const {
    const Index n = f.x[1].size();
    double total = 0;
    for (Index i = 0; i < n; ++i) {
      const T* z = f.x[0].data() + 3 * i;
      const auto logit = static_cast<double>(z[0]), y = static_cast<double>(f.x[1].data()[i]);
      total += detail::ziln_softplus(y > 0 ? -logit : logit);
      if (!(y > 0)) continue;
      const Ziln value(logit, static_cast<double>(z[1]), static_cast<double>(z[2]));
      const double distance = (std::log(y) - value.location) / value.scale;
      total += std::log(y * value.scale) + std::log(2 * std::numbers::pi) / 2 + distance * distance / 2;
    }
    *f.y.data() = static_cast<T>(total / static_cast<double>(n));
  }

  /// The target is data: it gets no gradient.
  void backward(const Backward<T>& b) const {
    const Index n = b.x[1].size();
    const double factor = static_cast<double>(*b.dy.data()) / static_cast<double>(n);
    T* dz = b.dx[0].data();
    for (Index i = 0; dz && i < n; ++i, dz += 3) {
      const T* z = b.x[0].data() + 3 * i;
      const auto w = static_cast<double>(z[2]), y = static_cast<double>(b.x[1].data()[i]);
      const Ziln value(static_cast<double>(z[0]), static_cast<double>(z[1]), w);
      dz[0] += static_cast<T>(factor * (value.probability - (y > 0)));
      if (!(y > 0)) continue;
      const double distance = (std::log(y) - value.location) / value.scale;
      dz[1] += static_cast<T>(-factor * distance / value.scale);
      dz[2] += static_cast<T>(factor * (1 - distance * distance) / value.scale * detail::ziln_sigmoid(w));
    }
  }
};

}  // namespace detail

/// The loss of outputs (batch, 3) for targets (batch, 1) of at least 0, as a scalar. @throws ShapeError
template <class T>
Var<T> ziln(Var<T> outputs, Var<T> target) {
  return record(detail::ZilnLoss<T>{}, {outputs, target});
}

}}}  // namespace tenure::TENURE_ABI::clv
TENURE_CONTRACTION_AS_BEFORE
