/// Maximum likelihood for models of a few parameters above 0, by gradients of the tape.
///
///   const MaximumLikelihood fit = maximize([&](std::span<const Var<double>> p) { return log_likelihood(p); }, rows,
///                                          {{"r", 1}, {"alpha", 1}});
///
/// What is varied are the parameters' logarithms, by BFGS (Nocedal and Wright, 2006, chapter 6) with steps halved until
/// they help; each stays within a factor of its start. Standard errors are those of the inverse of the observed
/// information, of which the second derivatives are central differences of gradients.
#pragma once

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "../../autograd/tape.hpp"
#include "../../core/function_ref.hpp"
#include "../../data/statistics.hpp"
#include "../../ops/special.hpp"

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
      char digits[80];
      const bool known = is_finite(one.standard_error);
      std::snprintf(digits, sizeof digits, known ? " = %.4g (%.2g)" : " = %.4g", one.value, one.standard_error);
      text += (text.empty() ? "" : ", ") + one.name + digits;
    }
    return text + (boundary.empty() ? "" : "; " + boundary);
  }
};

/// The log-likelihood of parameters, scalars on a tape, as a scalar.
using LogLikelihood = FunctionRef<Var<double>(std::span<const Var<double>>)>;

namespace detail {

class Maximizer {
 public:
  [[gnu::cold]] Maximizer(LogLikelihood log_likelihood, double rows, const std::vector<Start>& start)
      : log_likelihood_(log_likelihood), rows_(rows), size_(start.size()) {
    for (const Start& one : start) {
      at_.push_back(std::log(one.value));
      low_.push_back(at_.back() - std::log(one.factor));
      high_.push_back(at_.back() + std::log(one.factor));
    }
    value_ = evaluate(at_, gradient_);
  }

  /// @returns whether a maximum was reached
  [[gnu::cold]] bool run(const LikelihoodOptions& options) {
    if (!is_finite(value_)) return false;
    std::vector<double> inverse = identity();
    held_ = all_held();
    for (steps_ = 0; steps_ < options.steps; ++steps_) {
      if (largest(gradient_) <= options.tolerance) return true;
      if (const std::vector<bool> now = all_held(); now != held_) {
        held_ = now;
        inverse = identity();  // what was learnt was of other parameters
      }
      std::vector<double> direction(size_);
      for (std::size_t i = 0; i < size_; ++i) {
        if (held(i)) continue;
        for (std::size_t j = 0; j < size_; ++j) direction[i] -= held(j) ? 0 : inverse[i * size_ + j] * gradient_[j];
      }
      if (dot(direction, gradient_) >= 0) {  // no descent: begin anew with the steepest
        inverse = identity();
        for (std::size_t i = 0; i < size_; ++i) direction[i] = held(i) ? 0 : -gradient_[i];
      }
      if (!search(direction, inverse)) {
        // Nothing is gained along the steepest descent: as good as rounding allows.
        return largest(gradient_) <= 100 * options.tolerance;
      }
    }
    return largest(gradient_) <= options.tolerance;
  }

  Index steps() const noexcept { return steps_; }
  double log_likelihood() const noexcept { return -value_ * rows_; }
  double parameter(std::size_t i) const noexcept { return std::exp(at_[i]); }
  /// Whether a parameter lies at the end of its range.
  bool at_end(std::size_t i) const noexcept { return at_[i] <= low_[i] || at_[i] >= high_[i]; }

  /// Of the parameters themselves; NaN where the information has no inverse, and for those at the end of their range.
  [[gnu::cold]] std::vector<double> standard_errors() {
    std::vector<std::size_t> free;
    for (std::size_t i = 0; i < size_; ++i) {
      if (!at_end(i)) free.push_back(i);
    }
    const std::size_t n = free.size();
    std::vector<double> information(n * n), above(size_), below(size_), errors(size_, missing_value);
    for (std::size_t i = 0; i < n; ++i) {
      std::vector<double> x = at_;
      x[free[i]] = at_[free[i]] + difference;
      evaluate(x, above);
      x[free[i]] = at_[free[i]] - difference;
      evaluate(x, below);
      for (std::size_t j = 0; j < n; ++j) {
        information[i * n + j] = rows_ * (above[free[j]] - below[free[j]]) / (2 * difference);
      }
    }
    if (!invert(information, n)) return errors;
    for (std::size_t i = 0; i < n; ++i) errors[free[i]] = parameter(free[i]) * std::sqrt(information[i * n + i]);
    return errors;
  }

 private:
  static constexpr double difference = 1e-4;

  /// −ln L per row, and its gradient by the logarithms of the parameters.
  double evaluate(const std::vector<double>& x, std::vector<double>& gradient) {
    tape_.reset();
    std::vector<Var<double>> logarithms, parameters;
    for (const double value : x) {
      logarithms.push_back(tape_.variable(Tensor<double>({1}, {value})));
      parameters.push_back(exp(logarithms.back()));
    }
    const Var<double> y = scale(log_likelihood_(parameters), -1 / rows_);
    y.backward();
    gradient.clear();
    for (const Var<double>& logarithm : logarithms) gradient.push_back(logarithm.gradient().data()[0]);
    return y.item();
  }

  /// Goes along the direction as far as it helps, and learns the curvature from it.
  bool search(const std::vector<double>& direction, std::vector<double>& inverse) {
    double length = 0;
    for (const double d : direction) length = (std::max)(length, std::abs(d));
    const double slope = dot(direction, gradient_);
    std::vector<double> x(size_), gradient;
    for (double step = (std::min)(1.0, 2 / length); step * length > 1e-12; step /= 2) {
      for (std::size_t i = 0; i < size_; ++i) x[i] = std::clamp(at_[i] + step * direction[i], low_[i], high_[i]);
      const double value = evaluate(x, gradient);
      if (!is_finite(value) || !(value <= value_ + 1e-4 * step * slope)) continue;
      std::vector<double> moved(size_), turned(size_);
      for (std::size_t i = 0; i < size_; ++i)
        moved[i] = x[i] - at_[i], turned[i] = held_[i] ? 0 : gradient[i] - gradient_[i];
      update(inverse, moved, turned);
      at_ = x, gradient_ = gradient, value_ = value;
      return true;
    }
    return false;
  }

  void update(std::vector<double>& inverse, const std::vector<double>& s, const std::vector<double>& y) const {
    const double sy = dot(s, y);
    if (!(sy > 1e-14)) return;
    std::vector<double> hy(size_);
    for (std::size_t i = 0; i < size_; ++i) {
      for (std::size_t j = 0; j < size_; ++j) hy[i] += inverse[i * size_ + j] * y[j];
    }
    const double factor = (1 + dot(y, hy) / sy) / sy;
    for (std::size_t i = 0; i < size_; ++i) {
      for (std::size_t j = 0; j < size_; ++j) {
        inverse[i * size_ + j] += factor * s[i] * s[j] - (hy[i] * s[j] + s[i] * hy[j]) / sy;
      }
    }
  }

  /// A parameter that is at the end of its range and wants to go on.
  bool held(std::size_t i) const noexcept {
    return (at_[i] <= low_[i] && gradient_[i] > 0) || (at_[i] >= high_[i] && gradient_[i] < 0);
  }

  std::vector<bool> all_held() const {
    std::vector<bool> all;
    for (std::size_t i = 0; i < size_; ++i) all.push_back(held(i));
    return all;
  }

  double largest(const std::vector<double>& gradient) const noexcept {
    double most = 0;
    for (std::size_t i = 0; i < size_; ++i) most = held(i) ? most : (std::max)(most, std::abs(gradient[i]));
    return most;
  }

  std::vector<double> identity() const {
    std::vector<double> matrix(size_ * size_);
    for (std::size_t i = 0; i < size_; ++i) matrix[i * size_ + i] = 1;
    return matrix;
  }

  static double dot(const std::vector<double>& a, const std::vector<double>& b) noexcept {
    double sum = 0;
    for (std::size_t i = 0; i < a.size(); ++i) sum += a[i] * b[i];
    return sum;
  }

  /// In place, by Gauss and Jordan without pivots. @returns false unless positive definite
  static bool invert(std::vector<double>& a, std::size_t n) {
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

  LogLikelihood log_likelihood_;
  double rows_;
  std::size_t size_;
  Tape<double> tape_;
  std::vector<double> at_, low_, high_;  // logarithms of the parameters
  std::vector<double> gradient_;         // of −ln L per row
  std::vector<bool> held_;               // the parameters that the search leaves alone
  double value_ = 0;
  Index steps_ = 0;
};

}  // namespace detail

/// The parameters that make a log-likelihood largest, from a start above 0. Whether it converged stands in the result,
/// which is the best that was found; parameters at the end of their range are its `boundary`.
/// @param rows customers that the log-likelihood is of
[[gnu::cold]] inline MaximumLikelihood maximize(LogLikelihood log_likelihood, double rows,
                                                const std::vector<Start>& start,
                                                const LikelihoodOptions& options = {}) {
  detail::Maximizer maximizer(log_likelihood, rows, start);
  MaximumLikelihood result;
  result.converged = maximizer.run(options);
  result.log_likelihood = maximizer.log_likelihood();
  result.steps = maximizer.steps();
  const std::vector<double> errors = maximizer.standard_errors();
  for (std::size_t i = 0; i < start.size(); ++i) {
    result.parameters.push_back({start[i].name, maximizer.parameter(i), errors[i]});
    if (!maximizer.at_end(i)) continue;
    result.boundary += std::string(result.boundary.empty() ? "" : ", ") + start[i].name + " at the end of its range";
  }
  return result;
}

}}}  // namespace tenure::TENURE_ABI::clv
