/// Maximum likelihood for models of a few parameters above 0, by gradients of the tape.
///
///   const MaximumLikelihood fit = maximize([&](std::span<const Var<double>> p) { return log_likelihood(p); }, rows,
///                                          {{"r", 1}, {"alpha", 1}});
///
/// What is varied are the parameters' logarithms, by BFGS; each stays within a factor of its start. Standard errors are those of the inverse of the observed
/// information, of which the second derivatives are central differences of gradients.
#pragma once

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "../../autograd/tape.hpp"
#include "../../core/function_ref.hpp"
#include "../../core/text.hpp"
#include "../../data/statistics.hpp"
#include "../../ops/special.hpp"
#include "../../optim/bfgs.hpp"

TENURE_NO_CONTRACTION
namespace tenure { inline namespace TENURE_ABI { namespace clv {

/// Where a parameter begins, and how far it may go: by this factor up or down.
struct Start {
  const char* name;
  double value;
  double factor = 1e6;
};

/// When the search for a maximum ends.
struct LikelihoodOptions {
  Index steps = 200;        ///< at most
  double tolerance = 1e-6;  ///< converged where no derivative by a parameter's logarithm, per customer, is larger
};

/// A parameter of a fitted model.
struct Estimated {
  std::string name;
  double value;
  double standard_error;  ///< NaN where it is not identified
};

struct MaximumLikelihood {
  std::vector<Estimated> parameters;
  double log_likelihood = missing_value;
  Index steps = 0;
  bool converged = false;
  std::string boundary = {};  ///< what lies at the edge of its domain, in words; empty for an inner solution

  /// "r = 0.243 (0.013), alpha = 4.41 (0.38)"
  [[gnu::cold]] std::string to_string() const {
    std::string text;
    for (const Estimated& one : parameters) {
      if (!is_finite(one.value)) continue;  // of which the boundary tells
      text += (text.empty() ? "" : ", ") + one.name + text::formatted(" = %.4g", one.value);
      if (is_finite(one.standard_error)) text += text::formatted(" (%.2g)", one.standard_error);
    }
    return text + (boundary.empty() ? "" : "; " + boundary);
  }
};

/// The log-likelihood of parameters, scalars on a tape, as a scalar.
using LogLikelihood = FunctionRef<Var<double>(std::span<const Var<double>>)>;

namespace detail {

/// −ln L per row as a function of the logarithms of the parameters.
struct NegativeLogLikelihood {
  LogLikelihood log_likelihood;
  double rows;
  Tape<double> tape = {};

  double operator()(const std::vector<double>& x, std::vector<double>& gradient) {
    tape.reset();
    std::vector<Var<double>> logarithms, parameters;
    for (const double value : x) {
      logarithms.push_back(tape.variable(Tensor<double>({1}, {value})));
      parameters.push_back(exp(logarithms.back()));
    }
    const Var<double> y = scale(log_likelihood(parameters), -1 / rows);
    y.backward();
    gradient.clear();
    for (const Var<double>& logarithm : logarithms) gradient.push_back(logarithm.gradient().data()[0]);
    return y.item();
  }
};

/// In place, by Gauss and Jordan without pivots. @returns false unless positive definite
[[gnu::cold]] inline bool invert(std::vector<double>& a, std::size_t n) {
  for (std::size_t k = 0; k < n; ++k) {
    const double pivot = a[k * n + k];
    if (!(is_finite(pivot) && pivot > 1e-9)) return false;
    a[k * n + k] = 1;
    for (std::size_t j = 0; j < n; ++j) a[k * n + j] /= pivot;
    for (std::size_t i = 0; i < n; ++i) {
      if (i == k) continue;
      const double factor = a[i * n + k];
      a[i * n + k] = 0;
      for (std::size_t j = 0; j < n; ++j) a[i * n + j] -= factor * a[k * n + j];
    }
  }
  return true;
}

/// Of the parameters themselves, where a search ended; NaN where the information has no inverse, and for those at the end
/// of their range.
[[gnu::cold]] inline std::vector<double> standard_errors(NegativeLogLikelihood& function, const Bfgs& at) {
  constexpr double difference = 1e-4;
  const std::size_t size = at.at().size();
  std::vector<std::size_t> free;
  for (std::size_t i = 0; i < size; ++i) {
    if (!at.at_end(i)) free.push_back(i);
  }
  const std::size_t n = free.size();
  std::vector<double> information(n * n), above(size), below(size), errors(size, missing_value);
  for (std::size_t i = 0; i < n; ++i) {
    std::vector<double> x = at.at();
    x[free[i]] = at.at()[free[i]] + difference;
    function(x, above);
    x[free[i]] = at.at()[free[i]] - difference;
    function(x, below);
    for (std::size_t j = 0; j < n; ++j) {
      information[i * n + j] = function.rows * (above[free[j]] - below[free[j]]) / (2 * difference);
    }
  }
  if (!invert(information, n)) return errors;
  for (std::size_t i = 0; i < n; ++i) errors[free[i]] = std::exp(at.at()[free[i]]) * std::sqrt(information[i * n + i]);
  return errors;
}

}  // namespace detail

/// The parameters that make a log-likelihood largest, from a start above 0. Whether it converged stands in the result,
/// which is the best that was found; parameters at the end of their range are its `boundary`.
/// @param rows customers that the log-likelihood is of
[[gnu::cold]] inline MaximumLikelihood maximize(LogLikelihood log_likelihood, double rows,
                                                const std::vector<Start>& start,
                                                const LikelihoodOptions& options = {}) {
  std::vector<double> at, low, high;  // logarithms
  for (const Start& one : start) {
    at.push_back(std::log(one.value));
    low.push_back(at.back() - std::log(one.factor));
    high.push_back(at.back() + std::log(one.factor));
  }
  detail::NegativeLogLikelihood function{log_likelihood, rows};
  Bfgs search(function, at, low, high);
  MaximumLikelihood result;
  result.converged = search.run({.steps = options.steps, .tolerance = options.tolerance});
  result.log_likelihood = -search.value() * rows;
  result.steps = search.steps();
  const std::vector<double> errors = detail::standard_errors(function, search);
  for (std::size_t i = 0; i < start.size(); ++i) {
    result.parameters.push_back({start[i].name, std::exp(search.at()[i]), errors[i]});
    if (!search.at_end(i)) continue;
    result.boundary += std::string(result.boundary.empty() ? "" : ", ") + start[i].name + " at the end of its range";
  }
  return result;
}

}}}  // namespace tenure::TENURE_ABI::clv
TENURE_CONTRACTION_AS_BEFORE
