#include "tenure/clv/probabilistic/maximum_likelihood.hpp"

#include "../../message.hpp"
#include "tenure/ops/reduce.hpp"

using namespace tenure;

namespace {

/// That of a gamma distribution of n numbers with this sum and this sum of logarithms.
auto gamma_likelihood(double n, double sum, double logarithms) {
  return [=](std::span<const Var<double>> p) {
    const Var<double> of_one = log_gamma(p[0]) - p[0] * log(p[1]);
    return tenure::sum(scale(of_one, -n) + scale(p[0] - 1, logarithms) - scale(p[1], sum));
  };
}

}  // namespace

TEST_CASE("a gamma distribution's parameters are where both derivatives vanish, with the errors of its information") {
  const auto likelihood = gamma_likelihood(1000, 1500, 200);
  const clv::MaximumLikelihood fit = clv::maximize(likelihood, 1000, {{"shape", 1}, {"rate", 1}});
  REQUIRE(fit.converged);
  const double shape = fit.parameters[0].value, rate = fit.parameters[1].value;
  CHECK(shape / rate == doctest::Approx(1.5));
  CHECK(kernels::digamma(shape) - std::log(rate) == doctest::Approx(0.2));
  // The information: n (ψ′(k), −1/β; −1/β, k/β²).
  const double trigamma = (kernels::digamma(shape + 1e-5) - kernels::digamma(shape - 1e-5)) / 2e-5;
  const double determinant = trigamma * shape / (rate * rate) - 1 / (rate * rate);
  CHECK(fit.parameters[0].standard_error == doctest::Approx(std::sqrt(shape / (rate * rate) / determinant / 1000)));
  CHECK(fit.parameters[1].standard_error == doctest::Approx(std::sqrt(trigamma / determinant / 1000)));
  CHECK(fit.boundary.empty());
  CHECK(fit.to_string().find("shape = ") == 0);
}

TEST_CASE("a likelihood that only grows ends at the parameter's range, which is told, without an error for it") {
  const auto likelihood = [](std::span<const Var<double>> p) { return sum(-100.0 * p[0] - square(log(p[1]))); };
  const clv::MaximumLikelihood fit = clv::maximize(likelihood, 1, {{"rate", 1}, {"scale", 3}});
  CHECK(fit.converged);
  CHECK(fit.parameters[0].value == doctest::Approx(1e-6));
  CHECK(is_nan(fit.parameters[0].standard_error));
  CHECK(fit.boundary == "rate at the end of its range");
  CHECK(fit.parameters[1].value == doctest::Approx(1).epsilon(1e-3));
}

TEST_CASE("too few steps are no convergence, and the best is kept") {
  const auto likelihood = gamma_likelihood(1000, 1500, 200);
  const clv::MaximumLikelihood few = clv::maximize(likelihood, 1000, {{"shape", 1}, {"rate", 1}}, {.steps = 1});
  CHECK_FALSE(few.converged);
  CHECK(few.log_likelihood > -1500);
  CHECK(few.log_likelihood < clv::maximize(likelihood, 1000, {{"shape", 1}, {"rate", 1}}).log_likelihood);
}
