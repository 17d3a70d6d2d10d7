/// Scaling of features: y = (g(x) − shift) / scale, g being the identity or log(1 + x).
///
///   min_max   shift: the minimum   scale: maximum − minimum
///   standard  shift: the mean      scale: the deviation (n), as scikit-learn's StandardScaler
///   robust    shift: the median    scale: the distance of the quartiles, linearly interpolated
///   none      shift 0, scale 1
///
/// What a scaler knows comes from the data that it was fitted on, the training part: no test row can leak into it
/// unless it is handed to fit(). A feature without spread (constant, or for `robust` with equal quartiles) has its
/// shift taken away and its scale left at 1; constant_features() names it.
#pragma once

#include "../core/tensor.hpp"
#include "statistics.hpp"

TENURE_NO_CONTRACTION
namespace tenure { inline namespace TENURE_ABI {

/// What a feature becomes: itself; (x − least) / (largest − least); (x − mean) / deviation; (x − median) / (q3 − q1).
enum class Scaling { none, min_max, standard, robust };

/// How one feature, or every feature, is scaled.
struct ScalerConfig {
  Scaling scaling = Scaling::standard;
  bool log1p = false;  ///< log(1 + x) first, for amounts and counts, which have long tails
};

class Scaler {
 public:
  /// Every feature alike, each by statistics of its own.
  [[gnu::cold]] explicit Scaler(ScalerConfig config = {}) : Scaler(std::span<const ScalerConfig>(&config, 1)) {}
  /// Each feature in its own way. @throws ShapeError for no features
  [[gnu::cold]] explicit Scaler(std::span<const ScalerConfig> features) {
    settings_ = Tensor<double>({static_cast<Index>(features.size()), 2});
    for (std::size_t i = 0; i < features.size(); ++i) {
      settings_(static_cast<Index>(i), 0) = static_cast<double>(features[i].scaling);
      settings_(static_cast<Index>(i), 1) = features[i].log1p;
    }
  }

  /// Takes the statistics of the last axis's features over all else. x (…, features)
  /// @throws ShapeError for another number of features than settings; ValueError for a value that is not finite, or one
  /// of −1 or less before log1p
  template <class T>
  [[gnu::cold]] Scaler& fit(View<T> x) {
    const Index features = x.empty() ? 0 : x.shape().last();
    if (features == 0 || (settings_.shape()[0] != 1 && settings_.shape()[0] != features)) {
      throw ShapeError("scaler", {"a row of settings for every feature or one for all"},
                       {settings_.shape()[0], " for ", features, " features"});
    }
    Tensor<double> statistics({features, 2});
    std::vector<double> column(static_cast<std::size_t>(x.shape().rows()));
    for (Index f = 0; f < features; ++f) {
      for (std::size_t i = 0; i < column.size(); ++i) {
        column[i] = prepared(static_cast<double>(x.data()[static_cast<Index>(i) * features + f]), f);
        if (!is_finite(column[i])) {
          throw ValueError("scaler", "finite values to fit to", {column[i], " in feature ", f, ", row ", i});
        }
      }
      fit_column(column, method(f), &statistics(f, 0));
    }
    statistics_ = std::move(statistics);
    return *this;
  }
  template <class T>
  Scaler& fit(const Tensor<T>& x) {
    return fit(x.view());
  }

  /// The scaled values; missing ones (NaN) stay missing. x (…, features) → the same shape.
  /// @throws StateError unless fitted; ShapeError for another number of features; ValueError as fit() for log1p
  template <class T>
  [[gnu::cold]] Tensor<std::remove_const_t<T>> transform(View<T> x) const {
    return each(x, [&](double value, Index f) { return (prepared(value, f) - statistics_(f, 0)) / scale(f); });
  }
  template <class T>
  Tensor<T> transform(const Tensor<T>& x) const {
    return transform(x.view());
  }

  /// The values that transform() gives these for. As above.
  template <class T>
  [[gnu::cold]] Tensor<std::remove_const_t<T>> inverse(View<T> y) const {
    return each(y, [&](double value, Index f) {
      const double x = value * scale(f) + statistics_(f, 0);
      return logarithmic(f) ? std::expm1(x) : x;
    });
  }
  template <class T>
  Tensor<T> inverse(const Tensor<T>& y) const {
    return inverse(y.view());
  }

  bool fitted() const noexcept { return !statistics_.empty(); }
  /// How many features it was fitted to; 0: not fitted.
  Index features() const noexcept { return fitted() ? statistics_.shape()[0] : 0; }
  double shift(Index feature) const { return statistics_.at(feature, 0); }
  /// 0 for a feature without spread, which is divided by 1. @throws IndexError
  double spread(Index feature) const { return statistics_.at(feature, 1); }

  /// The features without spread.
  [[gnu::cold]] std::vector<Index> constant_features() const {
    std::vector<Index> constant;
    for (Index f = 0; f < features(); ++f) {
      if (spread(f) == 0) constant.push_back(f);
    }
    return constant;
  }

  /// All that a scaler knows: to be saved with the model. settings (features or 1, 2): the number of the Scaling, and
  /// whether log1p comes first; statistics (features, 2): shift, spread.
  static void state(auto& self, auto&& f) {
    f("settings", self.settings_);
    f("statistics", self.statistics_);
  }
  /// Of what was read. @throws ValueError
  [[gnu::cold]] void check_state() const {
    const auto is_table = [](const Tensor<double>& table) { return table.rank() == 2 && table.shape()[1] == 2; };
    if (settings_.empty() || !is_table(settings_)) {
      throw ValueError("settings", "a table of two columns",
                       settings_.empty() ? "none" : settings_.shape().to_string());
    }
    for (Index f = 0; f < settings_.shape()[0]; ++f) {
      const double method = settings_(f, 0), log1p = settings_(f, 1);
      if (!(method == 0 || method == 1 || method == 2 || method == 3) || !(log1p == 0 || log1p == 1)) {
        throw ValueError("settings", "the number of a scaling from 0 to 3, and 0 or 1", {method, " and ", log1p});
      }
    }
    if (!fitted()) return;
    if (!is_table(statistics_) || (settings_.shape()[0] != 1 && settings_.shape()[0] != features())) {
      throw ValueError("statistics", {"a table of two columns and as many rows as settings, ", settings_.shape()[0]},
                       {statistics_.shape()});
    }
    for (Index f = 0; f < features(); ++f) {
      if (spread(f) < 0) throw ValueError("statistics", "spreads of at least 0", {spread(f), " of feature ", f});
    }
  }

 private:
  Index setting(Index feature) const noexcept { return settings_.shape()[0] == 1 ? 0 : feature; }
  Scaling method(Index feature) const noexcept { return static_cast<Scaling>(settings_(setting(feature), 0)); }
  bool logarithmic(Index feature) const noexcept { return settings_(setting(feature), 1) != 0; }
  double scale(Index feature) const noexcept { return statistics_(feature, 1) == 0 ? 1 : statistics_(feature, 1); }

  double prepared(double value, Index feature) const {
    if (!logarithmic(feature)) return value;
    if (value <= -1) throw ValueError("scaler", "values above -1 for log1p", {value, " in feature ", feature});
    return std::log1p(value);
  }

  static void fit_column(std::span<const double> column, Scaling method, double* statistics) {
    const auto [least, largest] = std::minmax_element(column.begin(), column.end());
    double shift = 0, spread = 1;
    if (method == Scaling::min_max) {
      shift = *least;
      spread = *largest - *least;
    } else if (method == Scaling::standard) {
      // The computed mean of equal values may differ from them, and their deviation from 0.
      const Moments sample = *least == *largest ? Moments{1, *least, 0} : moments(column);
      shift = sample.mean;
      spread = sample.deviation(0);
    } else if (method == Scaling::robust) {
      const std::vector<double> quartiles = quantiles(column, {0.5, 0.25, 0.75});
      shift = quartiles[0];
      spread = quartiles[2] - quartiles[1];
    }
    statistics[0] = shift;
    statistics[1] = spread;
  }

  template <class T, class F>
  Tensor<std::remove_const_t<T>> each(View<T> x, F f) const {
    if (!fitted()) throw StateError("scaler", "a scaler that is fitted or restored", "one that is neither");
    check_state();
    if (x.empty() || x.shape().last() != features()) {
      throw ShapeError("scaler", {features(), " features as fitted"}, {x.shape()});
    }
    auto y = Tensor<std::remove_const_t<T>>::uninitialized(x.shape());
    for (Index i = 0; i < x.size(); ++i) {
      y.data()[i] = static_cast<T>(f(static_cast<double>(x.data()[i]), i % features()));
    }
    return y;
  }

  Tensor<double> settings_;    // (features or 1, 2): Scaling, log1p
  Tensor<double> statistics_;  // (features, 2): shift, spread; empty until fitted
};

}}  // namespace tenure::TENURE_ABI
TENURE_CONTRACTION_AS_BEFORE
