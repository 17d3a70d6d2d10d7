/// y = x · m / (1 − rate), m being 0 at the given rate and 1 otherwise, in training; y = x in evaluation.
#pragma once

#include "../ops/dropout.hpp"

namespace tenure { inline namespace TENURE_ABI {

/// Drops out where it is given a generator: a null one means evaluation.
struct Dropout {
  double rate = 0.5;  ///< in [0, 1)

  static constexpr std::string_view type = "Dropout";

  static void fields(auto&, auto&&) {}

  /// @throws ValueError for a rate outside [0, 1), in evaluation too
  template <class T>
  Var<T> operator()(Var<T> x, Rng* rng = nullptr) const {
    if (!(rate >= 0 && rate < 1)) throw ValueError(type, "a rate in [0, 1)", {rate});
    return observed(*this, rng && rate > 0 ? dropout(x, rate, *rng) : x);
  }
};

}}  // namespace tenure::TENURE_ABI
