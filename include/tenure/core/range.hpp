/// Numbers that must lie in a range.
#pragma once

#include "error.hpp"

namespace tenure { inline namespace TENURE_ABI {

/// @throws ValueError unless low ≤ value ≤ high: "window: expected 1 to 3650, got 0"; also for NaN
template <class T>
[[gnu::cold]] void check_range(std::string_view name, T value, T low, T high) {
  if (!(value >= low && value <= high)) throw ValueError(name, {low, " to ", high}, {value});
}

}}  // namespace tenure::TENURE_ABI
