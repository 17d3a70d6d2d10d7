/// How much worse a model predicts when it is not told a feature: permutation importance (Breiman, 2001), as
/// scikit-learn's permutation_importance.
///
///   importance of a feature = error(predict(x with the feature's values exchanged among rows), y) − error(predict(x),
///   y)
///
/// x (rows, features) or (rows, time, features), where a row's values at all times move together. Take rows that the
/// model was not trained on. Features that tell the same, such as a value and its mean over a week, share their
/// importance: exchanging one leaves the other to the model. Columns that are one thing in several parts, as sine and
/// cosine, are exchanged together when they are given as one feature.
#pragma once

#include <string>

#include "../core/function_ref.hpp"
#include "../data/splits.hpp"
#include "regression.hpp"

TENURE_NO_CONTRACTION
namespace tenure { inline namespace TENURE_ABI { namespace metrics {

/// A name, and the places on x's last axis that belong to it.
struct Feature {
  std::string name;
  std::vector<Index> columns;
};

/// One feature for each name, of one column each.
[[gnu::cold]] inline std::vector<Feature> single_columns(std::span<const std::string> names) {
  std::vector<Feature> features;
  for (const std::string& name : names) features.push_back({name, {static_cast<Index>(features.size())}});
  return features;
}

/// A feature's importance over several exchanges.
struct Importance {
  std::string name;
  double mean;
  double deviation;  ///< with n, as NumPy's and scikit-learn's; 0 for a single exchange
};

/// An error of predictions for targets, less being better: mse, rmse, mae, …
using ErrorMeasure = double (*)(const Values& prediction, const Values& target);

/// How often features are exchanged, and from which seed.
struct PermutationOptions {
  Index repeats = 5;
  std::uint64_t seed = 0;  ///< each exchange has a stream of its own
  ErrorMeasure error = rmse;
};

namespace detail {

/// x with some columns of each row taken from another.
template <class T>
[[gnu::cold]] void exchange(const Tensor<T>& x, std::span<const Index> columns, std::span<const Index> from,
                            Tensor<T>& to) {
  const Index width = x.shape().last(), times = x.size() / x.shape()[0] / width;
  for (Index row = 0; row < x.shape()[0]; ++row) {
    const T* source = x.data() + from[static_cast<std::size_t>(row)] * times * width;
    T* place = to.data() + row * times * width;
    for (Index t = 0; t < times; ++t, source += width, place += width) {
      for (const Index column : columns) place[column] = source[column];
    }
  }
}

}  // namespace detail

/// The importance of each feature, in their order. `predict` gives a prediction for each target, in any shape.
/// @throws ShapeError for an x of another rank or number of rows; IndexError for a column that x lacks; ValueError for
/// less than one repeat; what the error measure throws
template <class T>
[[gnu::cold]] std::vector<Importance> permutation_importance(FunctionRef<Tensor<T>(const Tensor<T>&)> predict,
                                                             const Tensor<T>& x, const Values& target,
                                                             std::span<const Feature> features,
                                                             const PermutationOptions& options = {}) {
  constexpr std::string_view name = "permutation_importance";
  if (x.rank() < 2 || x.rank() > 3) throw ShapeError(name, "x (rows[, time], features)", {x.shape()});
  if (options.repeats < 1) throw ValueError(name, "at least one repeat", {options.repeats});
  for (const Feature& feature : features) {
    for (const Index column : feature.columns) {
      if (column >= 0 && column < x.shape().last()) continue;
      throw IndexError(name, {"columns in [0, ", x.shape().last(), ")"}, {column, " of ", feature.name});
    }
  }
  const double error = options.error(predict(x), target);
  std::vector<Importance> importances;
  Tensor<T> exchanged = x;
  for (std::size_t f = 0; f < features.size(); ++f) {
    std::vector<double> rises;
    for (Index repeat = 0; repeat < options.repeats; ++repeat) {
      Rng rng(options.seed, f * static_cast<std::uint64_t>(options.repeats) + static_cast<std::uint64_t>(repeat));
      detail::exchange(x, features[f].columns, tenure::detail::shuffled(x.shape()[0], rng), exchanged);
      rises.push_back(options.error(predict(exchanged), target) - error);
    }
    std::copy(x.begin(), x.end(), exchanged.begin());
    const Moments sample = moments(rises);
    importances.push_back({features[f].name, sample.mean, sample.deviation(0)});
  }
  return importances;
}

}}}  // namespace tenure::TENURE_ABI::metrics
TENURE_CONTRACTION_AS_BEFORE
