/// Parameters that are optimized with options of their own: PyTorch's parameter groups.
///
///   Adam<float> adam(parameters, {.learning_rate = 1e-3, .weight_decay = 1e-2},
///                    {{.parameters = biases_and_norms(parameters), .weight_decay = 0}});
///
/// Those that no group takes have the optimizer's options.
#pragma once

#include <functional>
#include <optional>
#include <set>
#include <string>

#include "../autograd/parameters.hpp"

namespace tenure { inline namespace TENURE_ABI {

/// What is absent is as the optimizer's.
struct ParameterGroup {
  /// Whether the group takes the parameter of this name, such as "encoder.lstm.weight_ih_l0".
  std::function<bool(const std::string& name)> parameters;
  /// A schedule that changes the optimizer's rate changes this in proportion.
  std::optional<double> learning_rate = {};
  std::optional<double> l2 = {};
  std::optional<double> weight_decay = {};
  bool trainable = true;  ///< false freezes them, as freeze() does, until they are unfrozen
};

/// A group's learning rate as a multiple of the optimizer's: as it was given, and as a schedule made it.
struct GroupRate {
  double initial = 1;
  double current = 1;
};

/// Takes the parameters with fewer than two dimensions: biases and the factors of norms, which weight decay should
/// leave alone.
template <class T>
[[gnu::cold]] std::function<bool(const std::string&)> biases_and_norms(const Parameters<T>& parameters) {
  std::set<std::string> names;
  for (const auto& entry : parameters.entries()) {
    if (entry.shape.rank() < 2) names.insert(entry.name);
  }
  return [names = std::move(names)](const std::string& name) { return names.contains(name); };
}

}}  // namespace tenure::TENURE_ABI
