/// y = x · m / (1 − p), m being 0 with probability p and 1 otherwise, in training; y = x in evaluation.
#pragma once

#include "../ops/dropout.hpp"
#include "layer.hpp"

namespace tenure { inline namespace TENURE_ABI {

/// Drops out with the generator that it is given or, where that is null, with its tape's, which fit() sets; does nothing
/// where there is none: in evaluation.
struct Dropout {
  double p = 0.5;  ///< in [0, 1]; Keras's rate

  static constexpr std::string_view type = "Dropout";

  static void fields(auto&, auto&&) {}

  /// @throws ValueError for a rate outside [0, 1], in evaluation too
  template <class T>
  Var<T> operator()(Var<T> x, Rng* rng = nullptr) const {
    detail::check_rate(type, p);
    rng = detail::dropout_rng(x, rng);
    return observed(*this, rng && p > 0 ? dropout(x, p, *rng) : x);
  }
};

}}  // namespace tenure::TENURE_ABI
