/// Special functions that likelihoods are made of, of single numbers and in double, and element by element.
///
///   log_gamma(x)   ln Γ(x), x > 0
///   digamma(x)     ψ(x) = d ln Γ(x) / dx, x > 0
///   hypergeometric(a, b, c, z)      ₂F₁ = Σ (a)ₙ (b)ₙ / (c)ₙ · zⁿ / n!, |z| < 1
///   log_hypergeometric(a, b, c, z)  ln ₂F₁ and its four derivatives; a, b, c > 0, 0 ≤ z < 1
///
/// Γ and ψ are moved to x ≥ 12 by their recurrences and are their asymptotic series there (Abramowitz and Stegun 6.1.40
/// and 6.3.18). ₂F₁ is its series, whose partial sums are kept in range by powers of two, so that its logarithm is
/// right where it is beyond double itself; or, where that has the smaller parameters, that of Euler's transformation
/// (15.3.3), ₂F₁(a, b; c; z) = (1 − z)^(c − a − b) ₂F₁(c − a, c − b; c; z).
#pragma once

#include <array>
#include <cmath>
#include <limits>
#include <numbers>

#include "../core/error.hpp"
#include "../core/finite.hpp"

TENURE_NO_CONTRACTION
namespace tenure { inline namespace TENURE_ABI { namespace kernels {

/// Absolute error below 1e-14 up to x = 10, relative beyond. Unlike std::lgamma, safe in threads.
inline double log_gamma(double x) noexcept {
  if (is_nan(x)) return x;  // for which -ffast-math might make the loop endless
  double product = 1;
  for (; x < 12; ++x) product *= x;
  constexpr std::array coefficients = {1. / 12, -1. / 360, 1. / 1260, -1. / 1680, 1. / 1188, -691. / 360360};
  const double square = 1 / (x * x);
  double series = 0;
  for (std::size_t i = coefficients.size(); i-- > 0;) series = series * square + coefficients[i];
  return (x - 0.5) * std::log(x) - x + 0.5 * std::log(2 * std::numbers::pi) + series / x - std::log(product);
}

/// The derivative of log_gamma.
inline double digamma(double x) noexcept {
  if (is_nan(x)) return x;
  double shifted = 0;
  for (; x < 12; ++x) shifted += 1 / x;
  constexpr std::array coefficients = {1. / 12, -1. / 120, 1. / 252, -1. / 240, 1. / 132, -691. / 32760};
  const double square = 1 / (x * x);
  double series = 0;
  for (std::size_t i = coefficients.size(); i-- > 0;) series = series * square + coefficients[i];
  return std::log(x) - 0.5 / x - series * square - shifted;
}

/// y = ln Γ(x).
template <class T>
void log_gamma(Index n, const T* x, T* y) noexcept {
  for (Index i = 0; i < n; ++i) y[i] = static_cast<T>(log_gamma(static_cast<double>(x[i])));
}

/// dx += dy · ψ(x).
template <class T>
void log_gamma_backward(Index n, const T* x, const T* dy, T* dx) noexcept {
  for (Index i = 0; i < n; ++i) dx[i] += dy[i] * static_cast<T>(digamma(static_cast<double>(x[i])));
}

/// ln ₂F₁ and its derivatives by its parameters and its argument.
struct LogHypergeometric {
  double value;
  std::array<double, 4> gradient;  ///< by a, b, c, z
};

namespace detail {

/// Σ tₙ = sum · 2^exponent, and with it Σ tₙ · ∂ ln tₙ for a, b, c and ln z.
struct HypergeometricSeries {
  double sum = 1;
  std::array<double, 4> weighted{};
  int exponent = 0;
  bool converged = false;
};

/// Terms beyond which the series is given up: it takes about 40 / (1 − z).
inline constexpr int hypergeometric_terms = 200'000;

inline HypergeometricSeries hypergeometric_series(double a, double b, double c, double z) noexcept {
  HypergeometricSeries s;
  double term = 1, by_a = 0, by_b = 0, by_c = 0;
  for (int n = 0; n < hypergeometric_terms; ++n) {
    const double factor = (a + n) * (b + n) / ((c + n) * (n + 1)) * z;
    by_a += 1 / (a + n), by_b += 1 / (b + n), by_c -= 1 / (c + n);
    term *= factor;
    s.sum += term;
    s.weighted[0] += term * by_a, s.weighted[1] += term * by_b, s.weighted[2] += term * by_c;
    s.weighted[3] += term * (n + 1);
    // What is left out is below term · factor / (1 − factor), and n times that in the last of the sums.
    const double size = std::abs(factor);
    if (size < 1 && std::abs(term) * (n + 2) <= 1e-17 * (1 - size) * std::abs(s.sum)) {
      s.converged = true;
      break;
    }
    if (std::abs(s.sum) > 0x1p900) {
      term *= 0x1p-900, s.sum *= 0x1p-900, s.exponent += 900;
      for (double& sum : s.weighted) sum *= 0x1p-900;
    }
  }
  return s;
}

}  // namespace detail

/// ₂F₁ of any real parameters, of which c is neither 0 nor a negative integer, and |z| < 1. NaN where the series does
/// not converge in 200,000 terms.
inline double hypergeometric(double a, double b, double c, double z) noexcept {
  const detail::HypergeometricSeries s = detail::hypergeometric_series(a, b, c, z);
  return s.converged ? std::ldexp(s.sum, s.exponent) : std::numeric_limits<double>::quiet_NaN();
}

/// ₂F₁ · e^factor, where neither of the two need be within double's range.
inline double scaled_hypergeometric(double a, double b, double c, double z, double factor) noexcept {
  const detail::HypergeometricSeries s = detail::hypergeometric_series(a, b, c, z);
  if (!s.converged) return std::numeric_limits<double>::quiet_NaN();
  return std::copysign(std::exp(std::log(std::abs(s.sum)) + s.exponent * std::numbers::ln2 + factor), s.sum);
}

/// For a, b, c > 0 and 0 ≤ z < 1; the relative error of ₂F₁ grows with the terms it takes, 1e-13 at z = 0.99. NaN where
/// the series does not converge in 200,000 terms.
inline LogHypergeometric log_hypergeometric(double a, double b, double c, double z) noexcept {
  const bool transformed = c > a && c > b && a + b > c;
  const double p = transformed ? c - a : a, q = transformed ? c - b : b;
  const detail::HypergeometricSeries s = detail::hypergeometric_series(p, q, c, z);
  const double nan = std::numeric_limits<double>::quiet_NaN();
  if (!s.converged) return {nan, {nan, nan, nan, nan}};
  const double value = std::log(s.sum) + s.exponent * std::numbers::ln2;
  const std::array<double, 4>& w = s.weighted;
  const double by_z = z > 0 ? w[3] / s.sum / z : p * q / c;
  if (!transformed) return {value, {w[0] / s.sum, w[1] / s.sum, w[2] / s.sum, by_z}};
  const double complement = std::log1p(-z), power = c - a - b;
  return {power * complement + value,
          {-complement - w[0] / s.sum, -complement - w[1] / s.sum, complement + (w[0] + w[1] + w[2]) / s.sum,
           by_z - power / (1 - z)}};
}

}}}  // namespace tenure::TENURE_ABI::kernels
TENURE_CONTRACTION_AS_BEFORE
