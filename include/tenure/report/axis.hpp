/// Axes of figures: from values to places, and where the tics stand.
///
///   linear       place = x
///   logarithmic  place = log10 x, for x > 0
///   symmetric    place = sign(x)·log10(1 + |x| / u), linear for |x| ≪ u
#pragma once

#include <array>
#include <charconv>
#include <cmath>

#include "../core/print.hpp"
#include "../core/text.hpp"
#include "../data/statistics.hpp"
#include "figure.hpp"

namespace tenure { inline namespace TENURE_ABI { namespace report { namespace detail {

/// As short as an axis needs it: "0.25", "1.5k", "20M", "2·10⁻⁵".
[[gnu::cold]] inline std::string axis_number(double x) {
  const double size = std::abs(x);
  if (size == 0) return "0";
  if (size >= 1e12 || size < 0.999e-3) {
    const int exponent = static_cast<int>(std::floor(std::log10(size * (1 + 1e-9))));
    const std::string factor = text::readable(x / std::pow(10, exponent));
    return factor == "1" ? text::power_of_ten(exponent) : factor + "·" + text::power_of_ten(exponent);
  }
  for (const auto& [unit, suffix] : {std::pair(1e9, "bn"), std::pair(1e6, "M"), std::pair(1e3, "k")}) {
    if (size >= unit) return text::readable(x / unit) + suffix;
  }
  return text::readable(x);
}

struct Tic {
  double place;
  std::string label;
};

/// What of an axis its scale does not tell.
struct AxisOptions {
  bool from_zero = false;  ///< bars stand on 0
  bool padded = true;      ///< a little room at both ends
};

class Axis {
 public:
  /// An axis for these values, of which those that are not finite, or beyond ±10³⁰⁰, do not count.
  [[gnu::cold]] Axis(Scale scale, const std::vector<double>& values, AxisOptions options = {}) : scale_(scale) {
    if (scale_ == Scale::symmetric) unit_ = unit_of(values);
    double low = (std::numeric_limits<double>::max)(), high = -low;
    for (const double value : values) {
      const double place = (*this)(value);
      if (!is_finite(place)) continue;
      low = (std::min)(low, place);
      high = (std::max)(high, place);
    }
    empty_ = low > high;
    if (empty_) low = high = 0;
    const bool zero = options.from_zero && scale_ != Scale::logarithmic;
    if (zero) low = (std::min)(low, 0.0), high = (std::max)(high, 0.0);
    // gnuplot refuses axes whose ends are nearly the same.
    if (high - low <= 1e-6 * (std::max)(std::abs(low), std::abs(high))) {
      const double half = scale_ == Scale::linear && std::abs(low) > 1e-290 ? std::abs(low) / 2 : 0.5;
      if (!zero) low -= half;
      high += half;
    }
    const double room = options.padded ? 0.04 * (high - low) : 0;
    low_ = zero && low == 0 ? 0 : low - room;
    high_ = zero && high == 0 ? 0 : high + room;
  }

  /// No value has a place.
  bool empty() const noexcept { return empty_; }
  double low() const noexcept { return low_; }
  double high() const noexcept { return high_; }

  /// NaN for a value that has no place.
  double operator()(double value) const noexcept {
    if (!drawable(value)) return missing_value;
    switch (scale_) {
      case Scale::linear:
        return value;
      case Scale::logarithmic:
        return value > 0 ? std::log10(value) : missing_value;
      default:
        return std::copysign(std::log10(1 + std::abs(value) / unit_), value);
    }
  }

  /// @param most roughly how many there is room for
  [[gnu::cold]] std::vector<Tic> tics(int most, double least_step = 0) const {
    if (scale_ == Scale::symmetric) return symmetric_tics(most);
    if (scale_ == Scale::logarithmic) return logarithmic_tics(most);
    return linear_tics(low_, high_, most, least_step);
  }

 private:
  /// The power of ten below most values, so that few of them lie in the linear stretch, four decades down at most.
  static double unit_of(const std::vector<double>& values) {
    std::vector<double> sizes;
    for (const double value : values) {
      if (drawable(value) && value != 0) sizes.push_back(std::abs(value));
    }
    if (sizes.empty()) return 1;
    std::sort(sizes.begin(), sizes.end());
    const double low = std::floor(std::log10(sizes[sizes.size() / 10])), high = std::ceil(std::log10(sizes.back()));
    return std::pow(10, (std::max)(low, high - 4));
  }

  /// Multiples of 1, 2 or 5 times a power of ten.
  [[gnu::cold]] std::vector<Tic> linear_tics(double low, double high, int most, double least_step) const {
    const double rough = (std::max)((high - low) / most, least_step),
                 power = std::pow(10, std::floor(std::log10(rough)));
    double step = 10 * power;
    for (const double factor : {5, 2, 1}) {
      if (factor * power >= rough * (1 - 1e-9)) step = factor * power;
    }
    std::vector<Tic> tics;
    for (double k = std::ceil(low / step - 1e-9); k * step <= high + 1e-9 * step; ++k) {
      tics.push_back({k * step, axis_number(k * step)});
    }
    return tics;
  }

  [[gnu::cold]] std::vector<Tic> logarithmic_tics(int most) const {
    const int first = static_cast<int>(std::floor(low_)), last = static_cast<int>(std::floor(high_));
    const int stride = (last - first) / most + 1;
    std::vector<Tic> tics;
    for (int exponent = first; exponent <= last; exponent += stride) {
      for (const double factor : {1, 2, 5}) {
        if (factor > 1 && 2 * (high_ - low_) > most) break;
        add(tics, factor * std::pow(10, exponent));
      }
    }
    if (tics.size() > 1) return tics;
    tics.clear();
    for (const Tic& tic : linear_tics(std::pow(10, low_), std::pow(10, high_), most, 0)) add(tics, tic.place);
    return tics;
  }

  [[gnu::cold]] std::vector<Tic> symmetric_tics(int most) const {
    const int decades = static_cast<int>((std::max)(high_, -low_)), sides = low_ < 0 && high_ > 0 ? 2 : 1;
    const int stride = (std::max)((sides * decades + most - 1) / most, 1);
    std::vector<Tic> tics;
    add(tics, 0);
    for (int exponent = 1; exponent <= decades + 1; exponent += stride) {
      add(tics, unit_ * std::pow(10, exponent));
      add(tics, -unit_ * std::pow(10, exponent));
    }
    return tics;
  }

  void add(std::vector<Tic>& tics, double value) const {
    const double place = (*this)(value), room = 1e-9 * (high_ - low_);
    if (place >= low_ - room && place <= high_ + room) tics.push_back({place, axis_number(value)});
  }

  Scale scale_;
  double unit_ = 1;
  double low_ = 0, high_ = 1;
  bool empty_ = false;
};

}}}}  // namespace tenure::TENURE_ABI::report::detail
