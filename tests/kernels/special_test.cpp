#include "tenure/kernels/special.hpp"

#include <doctest/doctest.h>

#include "tenure/kernels/finite.hpp"

using namespace tenure;

namespace {

// Made by special_golden.py: SciPy 1.10.1.
struct Gamma {
  double x, log_gamma, digamma;
};
constexpr Gamma gammas[] = {
    {0.001, 6.907178885383853, -1000.5755719318103},   {0.243, 1.3180435846996699, -4.351093864423211},
    {0.5, 0.5723649429247, -1.9635100260214235},       {1, 0.0, -0.5772156649015329},
    {1.5, -0.12078223763524526, 0.03648997397857652},  {2, 0.0, 0.42278433509846713},
    {3.3, 0.9870985778947343, 1.0348224890596216},     {9.99, 12.779315214350195, 2.250700372831201},
    {25, 54.78472939811232, 3.198742512851974},        {400.25, 1996.006865149128, 5.990839612456271},
    {400000.0, 4759682.399764877, 12.899218576089599},
};

struct Hypergeometric {
  double a, b, c, z, value;
};
constexpr Hypergeometric positive[] = {
    {0.5, 0.7, 1.9, 0, 1.0},
    {0.243, 2.426, 2.219, 0.3, 1.1005185330854723},
    {1.159, 1.606, 2.159, 0.09, 1.0843688022663722},
    {5.2, 7.1, 11.4, 0.8, 84.48698181061971},
    {40.6, 1.6, 41.6, 0.95, 75.95210999176037},
    {2, 3, 3.5, 0.99, 1454.8096073230038},
    {12.5, 0.4, 0.7, 0.6, 23527.639237334282},
};
constexpr Hypergeometric others[] = {
    {-0.4, -0.2, 1.8, 0.6, 1.0283135642631274},
    {0.3, -0.9997, 400000.0, 0.57, 0.9999995726282499},
    {-1.5, 0.8, -0.3, 0.4, 2.130347037089851},
};

bool close(double value, double expected, double tolerance) {
  return std::abs(value - expected) <= tolerance * std::max(1.0, std::abs(expected));
}

}  // namespace

TEST_CASE("log-gamma and digamma equal SciPy's") {
  for (const Gamma& g : gammas) {
    INFO(g.x);
    CHECK(close(kernels::log_gamma(g.x), g.log_gamma, 1e-13));
    CHECK(close(kernels::digamma(g.x), g.digamma, 1e-13));
    const float x = static_cast<float>(g.x);
    float y = 0, dx = 1;
    const float dy = 2;
    kernels::log_gamma(1, &x, &y);
    kernels::log_gamma_backward(1, &x, &dy, &dx);
    CHECK(close(static_cast<double>(y), g.log_gamma, 1e-6));
    CHECK(close(static_cast<double>(dx), 1 + 2 * g.digamma, 2e-6));
  }
}

TEST_CASE("the hypergeometric function equals SciPy's, its logarithm too") {
  for (const Hypergeometric& h : positive) {
    INFO(h.a, " ", h.b, " ", h.c, " ", h.z);
    CHECK(close(kernels::hypergeometric(h.a, h.b, h.c, h.z), h.value, 1e-11));
    CHECK(close(kernels::log_hypergeometric(h.a, h.b, h.c, h.z).value, std::log(h.value), 1e-12));
  }
  for (const Hypergeometric& h : others) CHECK(close(kernels::hypergeometric(h.a, h.b, h.c, h.z), h.value, 1e-12));
}

TEST_CASE("the logarithm is right where the function is beyond double, and both say where the series is too long") {
  // ₂F₁(a, b; b; z) = (1 − z)^−a.
  CHECK(close(kernels::log_hypergeometric(2000, 1.5, 1.5, 0.9).value, -2000 * std::log1p(-0.9), 1e-12));
  CHECK(close(kernels::scaled_hypergeometric(2000, 1.5, 1.5, 0.9, 2000 * std::log1p(-0.9)), 1, 1e-9));
  CHECK(is_nan(kernels::hypergeometric(1, 1, 1.5, 1 - 1e-9)));
  CHECK(is_nan(kernels::log_hypergeometric(1, 1, 2.5, 1 - 1e-9).value));
}
