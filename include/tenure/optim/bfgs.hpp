/// BFGS (Nocedal and Wright, "Numerical Optimization", 2006, chapter 6) for the minimum of a function of a few numbers,
/// each within bounds: what fits models of a handful of parameters, not networks.
///
///   d = −H g,  x ← x + step · d, the step halved until it helps
///   H ← H + (1 + yᵀHy / sᵀy) s sᵀ / sᵀy − (H y sᵀ + s yᵀH) / sᵀy,   s, y: by how much x and the gradient g changed
///
///   Bfgs search(function, {1, 1}, low, high);   if (search.run()) use(search.at());
///
/// H (size, size), row by row in loops of our own: Eigen's sums have another order, and fitted parameters other last bits.
#pragma once

#include <algorithm>
#include <cmath>
#include <vector>

#include "../core/finite.hpp"
#include "../core/function_ref.hpp"
#include "../core/shape.hpp"

TENURE_NO_CONTRACTION
namespace tenure { inline namespace TENURE_ABI {

struct BfgsConfig {
  Index steps = 200;        ///< at most
  double tolerance = 1e-6;  ///< a minimum is where no derivative is larger, of numbers that are free to move
};

class Bfgs {
 public:
  /// The value at x, whose gradient is set, to a vector of x's size.
  using Function = FunctionRef<double(const std::vector<double>& x, std::vector<double>& gradient)>;

  /// The function must stay. low ≤ start ≤ high, for each number.
  [[gnu::cold]] Bfgs(Function function, std::vector<double> start, std::vector<double> low, std::vector<double> high)
      : function_(function), size_(start.size()), at_(std::move(start)), low_(std::move(low)), high_(std::move(high)) {
    value_ = function_(at_, gradient_);
  }

  /// @returns whether a minimum was reached
  [[gnu::cold]] bool run(const BfgsConfig& config = {}) {
    if (!is_finite(value_)) return false;
    std::vector<double> inverse = identity();
    held_ = all_held();
    for (steps_ = 0; steps_ < config.steps; ++steps_) {
      if (largest(gradient_) <= config.tolerance) return true;
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
        return largest(gradient_) <= 100 * config.tolerance;
      }
    }
    return largest(gradient_) <= config.tolerance;
  }

  /// The best that was found, whether or not it is a minimum.
  const std::vector<double>& at() const noexcept { return at_; }
  double value() const noexcept { return value_; }
  Index steps() const noexcept { return steps_; }
  /// Whether a number lies at one of its bounds.
  bool at_end(std::size_t i) const noexcept { return at_[i] <= low_[i] || at_[i] >= high_[i]; }

 private:
  /// Goes along the direction as far as it helps, and learns the curvature from it.
  bool search(const std::vector<double>& direction, std::vector<double>& inverse) {
    double length = 0;
    for (const double d : direction) length = (std::max)(length, std::abs(d));
    const double slope = dot(direction, gradient_);
    std::vector<double> x(size_), gradient;
    for (double step = (std::min)(1.0, 2 / length); step * length > 1e-12; step /= 2) {
      for (std::size_t i = 0; i < size_; ++i) x[i] = std::clamp(at_[i] + step * direction[i], low_[i], high_[i]);
      const double value = function_(x, gradient);
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

  /// A number that is at one of its bounds and wants to go on.
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

  Function function_;
  std::size_t size_;
  std::vector<double> at_, low_, high_;
  std::vector<double> gradient_;
  std::vector<bool> held_;  // the numbers that the search leaves alone
  double value_ = 0;
  Index steps_ = 0;
};

}}  // namespace tenure::TENURE_ABI
TENURE_CONTRACTION_AS_BEFORE
