/// The colors of heat maps: eleven classes of equal width around a neutral value, blue below and red above.
///
///   class = ⌊(value − low) / (high − low) · 11⌋,  low = neutral − limit, high = neutral + limit
///
/// limit is the least round number that 19 of 20 cells lie within; those beyond have the colors of the ends.
#pragma once

#include <cmath>

#include "figure.hpp"

namespace tenure { inline namespace TENURE_ABI { namespace report { namespace detail {

class HeatScale {
 public:
  static constexpr int classes = 11;

  [[gnu::cold]] explicit HeatScale(const Figure& figure) : neutral_(figure.neutral) {
    std::vector<double> sizes;
    for (const Series& series : figure.series) {
      for (const double value : series.y) {
        if (drawable(value)) sizes.push_back(std::abs(value - neutral_));
      }
    }
    if (sizes.empty()) return;
    std::sort(sizes.begin(), sizes.end());
    const double size = sizes[sizes.size() - 1 - sizes.size() / 20];
    limit_ = size > 0 ? round_number(size) : 1;
    exceeded_ = sizes.back() > limit_;
  }

  double low() const noexcept { return neutral_ - limit_; }
  double high() const noexcept { return neutral_ + limit_; }
  /// Whether there are values beyond the ends.
  bool exceeded() const noexcept { return exceeded_; }

  /// From 0 to classes − 1, of a finite value.
  int operator()(double value) const noexcept {
    const double place = (value - low()) / (2 * limit_) * classes;
    return static_cast<int>(std::clamp(std::floor(place), 0.0, classes - 1.0));
  }

 private:
  /// The least of 1, 2, 3, 5 times a power of ten that is not below.
  static double round_number(double size) noexcept {
    const double power = std::pow(10, std::floor(std::log10(size)));
    for (const double factor : {1., 2., 3., 5.}) {
      if (factor * power >= size * (1 - 1e-9)) return factor * power;
    }
    return 10 * power;
  }

  double neutral_ = 0, limit_ = 1;
  bool exceeded_ = false;
};

/// The width of a heat map's cells: the least distance between neighboring x, 1 for a single one.
[[gnu::cold]] inline double cell_width(const Figure& figure) {
  std::vector<double> x;
  for (const Series& series : figure.series) x.insert(x.end(), series.x.begin(), series.x.end());
  std::erase_if(x, [](double value) { return !drawable(value); });
  std::sort(x.begin(), x.end());
  double width = 0;
  for (std::size_t i = 1; i < x.size(); ++i) {
    const double distance = x[i] - x[i - 1];
    if (distance > 0 && (width == 0 || distance < width)) width = distance;
  }
  return width > 0 ? width : 1;
}

}}}}  // namespace tenure::TENURE_ABI::report::detail
