/// Adam (Kingma and Ba, 2015) in the forms of PyTorch and Keras, with L2 and with decoupled weight decay: AdamW
/// (Loshchilov and Hutter, 2019).
#pragma once

#include "../kernels/adam.hpp"
#include "optimizer.hpp"

namespace tenure { inline namespace TENURE_ABI {

/// learning_rate, beta_1, beta_2, epsilon, weight_decay under Keras's names, and l2, which PyTorch's Adam calls
/// weight_decay. The defaults are PyTorch's; AdamConfig::keras(), with a learning rate or without, is Keras's Adam.
using AdamConfig = kernels::AdamSettings;

/// The bias of its means is corrected by the steps of each parameter, as in PyTorch: one that was frozen for a while goes
/// on where it was.
template <class T>
class Adam : public Optimizer<T> {
 public:
  /// @throws ValueError for a setting outside its domain, a group that takes no parameter or one of another group
  [[gnu::cold]] explicit Adam(const Parameters<T>& parameters, const AdamConfig& settings = {},
                              const std::vector<ParameterGroup>& groups = {})
      : Optimizer<T>("adam", parameters, checked(settings).learning_rate, groups),
        config(settings),
        means_(this->zeros()),
        squares_(this->zeros()) {}

  /// Applies the accumulated gradients to all trainable parameters and zeroes them.
  /// @throws StateError for a gradient that is not finite, naming its parameter, and for buffers that the model has
  /// left; nothing is changed then
  void step() {
    this->check_step("adam");
    update();
  }

  /// The same for gradients that are known to be finite.
  void update() noexcept {
    const auto make = [](const AdamConfig& options, Index t) { return kernels::AdamStep<T>(options, t); };
    this->for_each_run(
        config, true, make, [&](Index begin, Index n, T* values, T* gradients, const kernels::AdamStep<T>& step) {
          kernels::adam(n, step, values, gradients, means_.data() + begin, squares_.data() + begin, true);
        });
  }

  static void state(auto& self, auto&& f) {
    f("means", self.means_);
    f("squares", self.squares_);
    self.base_state(self, f);
  }

  AdamConfig config;  ///< may be changed between steps: a learning rate schedule sets config.learning_rate

 private:
  static const AdamConfig& checked(const AdamConfig& settings) {
    check("a learning rate of at least 0", settings.learning_rate, settings.learning_rate >= 0);
    check("beta_1 in [0, 1)", settings.beta_1, settings.beta_1 >= 0 && settings.beta_1 < 1);
    check("beta_2 in [0, 1)", settings.beta_2, settings.beta_2 >= 0 && settings.beta_2 < 1);
    check("an epsilon above 0", settings.epsilon, settings.epsilon > 0);
    check("an l2 of at least 0", settings.l2, settings.l2 >= 0);
    check("a weight decay of at least 0", settings.weight_decay, settings.weight_decay >= 0);
    return settings;
  }

  static void check(std::string_view expected, double value, bool valid) {
    Optimizer<T>::check("adam", expected, value, valid);
  }

  Tensor<T> means_;    // of gradients. // (size)
  Tensor<T> squares_;  // means of squared gradients. // (size)
};

/// PyTorch's defaults; Keras's weight decay is 4e-3.
struct AdamWConfig {
  double learning_rate = 1e-3;
  double beta_1 = 0.9;
  double beta_2 = 0.999;
  double epsilon = 1e-8;
  double weight_decay = 1e-2;    ///< θ is first scaled by 1 − lr · weight_decay
  bool epsilon_outside = false;  ///< ε is not corrected for bias, as in Keras
};

/// Adam with decoupled weight decay.
template <class T>
class AdamW : public Adam<T> {
 public:
  /// @throws as Adam
  [[gnu::cold]] explicit AdamW(const Parameters<T>& parameters, const AdamWConfig& settings = {},
                               const std::vector<ParameterGroup>& groups = {})
      : Adam<T>(parameters,
                {.learning_rate = settings.learning_rate,
                 .beta_1 = settings.beta_1,
                 .beta_2 = settings.beta_2,
                 .epsilon = settings.epsilon,
                 .weight_decay = settings.weight_decay,
                 .epsilon_outside = settings.epsilon_outside},
                groups) {}
};

}}  // namespace tenure::TENURE_ABI
