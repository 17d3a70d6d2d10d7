/// Stochastic gradient descent with PyTorch's momentum, dampening and Nesterov's form, with L2 and with decoupled
/// weight decay.
#pragma once

#include "../kernels/sgd.hpp"
#include "optimizer.hpp"

namespace tenure { inline namespace TENURE_ABI {

/// learning_rate, momentum, dampening, l2, weight_decay, nesterov. Keras's momentum has the learning rate inside the
/// velocity, which differs only where the rate changes.
using SgdConfig = kernels::SgdSettings;

/// A parameter's first step with momentum sets its velocity to the gradient, as in PyTorch.
template <class T>
class Sgd : public Optimizer<T> {
 public:
  /// @throws ValueError for a setting outside its domain, Nesterov's form without momentum or with dampening, a group
  /// that takes no parameter or one of another group
  [[gnu::cold]] explicit Sgd(const Parameters<T>& parameters, const SgdConfig& settings = {},
                             const std::vector<ParameterGroup>& groups = {})
      : Optimizer<T>("sgd", parameters, checked(settings).learning_rate, groups),
        config(settings),
        velocities_(this->zeros()) {}

  /// Applies the accumulated gradients to all trainable parameters and zeroes them.
  /// @throws StateError for a gradient that is not finite, naming its parameter, and for buffers that the model has
  /// left; nothing is changed then
  void step() {
    this->check_step("sgd");
    update();
  }

  /// The same for gradients that are known to be finite.
  void update() noexcept {
    const bool momentum = config.momentum != 0;
    const auto make = [](const SgdConfig& options, Index t) { return kernels::SgdStep<T>(options, t); };
    this->for_each_run(
        config, momentum, make, [&](Index begin, Index n, T* values, T* gradients, const kernels::SgdStep<T>& step) {
          kernels::sgd(n, step, values, gradients, momentum ? velocities_.data() + begin : nullptr, true);
        });
  }

  static void state(auto& self, auto&& f) {
    f("velocities", self.velocities_);
    self.base_state(self, f);
  }

  SgdConfig config;  ///< may be changed between steps: a learning rate schedule sets config.learning_rate

 private:
  static const SgdConfig& checked(const SgdConfig& settings) {
    check("a learning rate of at least 0", settings.learning_rate, settings.learning_rate >= 0);
    check("a momentum of at least 0", settings.momentum, settings.momentum >= 0);
    check("a dampening in [0, 1]", settings.dampening, settings.dampening >= 0 && settings.dampening <= 1);
    check("an l2 of at least 0", settings.l2, settings.l2 >= 0);
    check("a weight decay of at least 0", settings.weight_decay, settings.weight_decay >= 0);
    check("a momentum above 0 for Nesterov's form", settings.momentum, !settings.nesterov || settings.momentum > 0);
    check("no dampening in Nesterov's form", settings.dampening, !settings.nesterov || settings.dampening == 0);
    return settings;
  }

  static void check(std::string_view expected, double value, bool valid) {
    Optimizer<T>::check("sgd", expected, value, valid);
  }

  Tensor<T> velocities_;  // (size)
};

}}  // namespace tenure::TENURE_ABI
