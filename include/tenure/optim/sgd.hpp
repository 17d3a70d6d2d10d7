/// Stochastic gradient descent with PyTorch's momentum, dampening and Nesterov's form, with L2 and with decoupled
/// weight decay.
#pragma once

#include "../kernels/sgd.hpp"
#include "optimizer.hpp"

namespace tenure { inline namespace TENURE_ABI {

/// learning_rate, momentum, dampening, l2, weight_decay, nesterov. Keras's momentum has the learning rate inside the
/// velocity, which differs only where the rate changes.
using SgdConfig = kernels::SgdSettings;

template <class T>
class Sgd : public Optimizer<T> {
 public:
  /// @throws ValueError for a setting outside its domain, or Nesterov's form without momentum or with dampening
  [[gnu::cold]] explicit Sgd(const Parameters<T>& parameters, const SgdConfig& settings = {})
      : Optimizer<T>(parameters), config(settings), velocities_(this->zeros()) {
    check("a learning rate of at least 0", config.learning_rate, config.learning_rate >= 0);
    check("a momentum of at least 0", config.momentum, config.momentum >= 0);
    check("a dampening in [0, 1]", config.dampening, config.dampening >= 0 && config.dampening <= 1);
    check("an l2 of at least 0", config.l2, config.l2 >= 0);
    check("a weight decay of at least 0", config.weight_decay, config.weight_decay >= 0);
    check("a momentum above 0 for Nesterov's form", config.momentum, !config.nesterov || config.momentum > 0);
    check("no dampening in Nesterov's form", config.dampening, !config.nesterov || config.dampening == 0);
  }

  /// Applies the accumulated gradients to all trainable parameters and zeroes them.
  void step() noexcept {
    const kernels::SgdStep<T> step(config, ++this->steps_);
    this->for_each_run([&](Index begin, Index n, T* values, T* gradients) {
      kernels::sgd(n, step, values, gradients, config.momentum == 0 ? nullptr : velocities_.data() + begin, true);
    });
  }

  static void state(auto& self, auto&& f) {
    f("velocities", self.velocities_);
    f("steps", self.steps_);
    f("learning_rate", self.config.learning_rate);
  }

  SgdConfig config;  ///< may be changed between steps: a learning rate schedule sets config.learning_rate

 private:
  static void check(std::string_view expected, double value, bool valid) {
    Optimizer<T>::check("sgd", expected, value, valid);
  }

  Tensor<T> velocities_;  // (size)
};

}}  // namespace tenure::TENURE_ABI
