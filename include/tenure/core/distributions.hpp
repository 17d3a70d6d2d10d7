/// Random numbers of the distributions that customers are drawn from. Those of `<random>` differ from one standard
/// library to the next; these depend on the generator alone.
#pragma once

#include "rng.hpp"

TENURE_NO_CONTRACTION
namespace tenure { inline namespace TENURE_ABI {

/// Mean 1 / rate.
inline double draw_exponential(double rate, Rng& rng) noexcept { return -std::log1p(-rng.uniform()) / rate; }

/// Mean shape / rate. Marsaglia and Tsang, "A simple method for generating gamma variables" (ACM TOMS, 2000); a shape
/// below 1 by their boost, Γ(shape + 1) · U^(1 / shape).
inline double draw_gamma(double shape, double rate, Rng& rng) noexcept {
  double boost = 1;
  if (shape < 1) {
    boost = std::pow(1 - rng.uniform(), 1 / shape);
    shape += 1;
  }
  const double d = shape - 1.0 / 3, c = 1 / std::sqrt(9 * d);
  while (true) {
    const double x = rng.normal();
    const double v = std::pow(1 + c * x, 3);
    if (v > 0 && std::log(1 - rng.uniform()) < x * x / 2 + d - d * v + d * std::log(v)) return boost * d * v / rate;
  }
}

/// Mean a / (a + b).
inline double draw_beta(double a, double b, Rng& rng) noexcept {
  const double x = draw_gamma(a, 1, rng);
  return x / (x + draw_gamma(b, 1, rng));
}

/// The number of failures before the first success, of mean `mean`.
inline int draw_geometric(double mean, Rng& rng) noexcept {
  return static_cast<int>(std::log(1 - rng.uniform()) / std::log(mean / (1 + mean)));
}

}}  // namespace tenure::TENURE_ABI
TENURE_CONTRACTION_AS_BEFORE
