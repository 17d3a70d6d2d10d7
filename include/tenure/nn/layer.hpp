/// What layers have in common: errors that name them by their place in the model, and options that are required.
#pragma once

#include <string>

#include "../autograd/tape.hpp"
#include "../kernels/dropout.hpp"

namespace tenure { inline namespace TENURE_ABI { namespace detail {

/// A size that a configuration must give; 0 stands for one that it does not.
/// @throws ValueError "Lstm: expected hidden_size of at least 1, got 0"
[[gnu::cold]] inline Index required(std::string_view type, std::string_view option, Index size) {
  constexpr Index most = Index{1} << 30;  // products of two and a few gates are numbers
  if (size < 1) throw ValueError(type, {option, " of at least 1"}, {size});
  if (size > most) throw ValueError(type, {option, " of at most ", most}, {size});
  return size;
}

/// The path of the layer that has a parameter, as "decoder.lstm", or `type` while the model is not gathered or loaded.
template <class T>
[[gnu::cold, gnu::noinline]] std::string_view layer_path(const Parameter<T>& parameter, std::string_view type) {
  const std::string_view path = parameter.path();
  const std::size_t dot = path.rfind('.');
  return dot == std::string::npos ? type : path.substr(0, dot);
}

/// @throws ShapeError "decoder.lstm: expected 65 features, got 64 in x of (30, 6, 64)" unless x is (…, features) of at
/// least `rank` axes
template <class T>
void check_features(const Parameter<T>& parameter, std::string_view type, const Shape& x, Index features, Index rank) {
  if (x.rank() >= rank && x.last() == features) return;
  if (x.rank() < rank) {
    throw ShapeError(layer_path(parameter, type), {"at least ", rank, " axes"}, {x});
  }
  throw ShapeError(layer_path(parameter, type), {features, " features"}, {x.last(), " in x of ", x});
}

/// The generator that a layer drops out with: the one that it is given, or its tape's. Null in evaluation.
template <class T>
Rng* dropout_rng(Var<T> x, Rng* rng) {
  return rng ? rng : x.tape().rng();
}

/// @throws ValueError unless the rate is in [0, 1]
[[gnu::cold]] inline void check_rate(std::string_view type, double rate) {
  if (!kernels::is_dropout_rate(rate)) throw ValueError(type, "a dropout rate in [0, 1]", {rate});
}

}}}  // namespace tenure::TENURE_ABI::detail
