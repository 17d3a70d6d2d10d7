/// Adam (Kingma and Ba, 2015) in the forms of PyTorch and Keras, with L2 and with decoupled weight decay: AdamW
/// (Loshchilov and Hutter, 2019).
#pragma once

#include "../kernels/adam.hpp"
#include "optimizer.hpp"

namespace tenure { inline namespace TENURE_ABI {

/// learning_rate, beta_1, beta_2, epsilon, weight_decay under Keras's names, and l2, which PyTorch's Adam calls
/// weight_decay. The defaults are PyTorch's; AdamConfig::keras(), with a learning rate or without, is Keras's Adam.
using AdamConfig = kernels::AdamSettings;

template <class T>
class Adam : public Optimizer<T> {
 public:
  /// @throws ValueError for a setting outside its domain
  [[gnu::cold]] explicit Adam(const Parameters<T>& parameters, const AdamConfig& settings = {})
      : Optimizer<T>(parameters), config(settings), means_(this->zeros()), squares_(this->zeros()) {
    check("a learning rate of at least 0", config.learning_rate, config.learning_rate >= 0);
    check("beta_1 in [0, 1)", config.beta_1, config.beta_1 >= 0 && config.beta_1 < 1);
    check("beta_2 in [0, 1)", config.beta_2, config.beta_2 >= 0 && config.beta_2 < 1);
    check("an epsilon above 0", config.epsilon, config.epsilon > 0);
    check("an l2 of at least 0", config.l2, config.l2 >= 0);
    check("a weight decay of at least 0", config.weight_decay, config.weight_decay >= 0);
  }

  /// Applies the accumulated gradients to all trainable parameters and zeroes them.
  void step() noexcept {
    const kernels::AdamStep<T> step(config, ++this->steps_);
    this->for_each_run([&](Index begin, Index n, T* values, T* gradients) {
      kernels::adam(n, step, values, gradients, means_.data() + begin, squares_.data() + begin, true);
    });
  }

  static void state(auto& self, auto&& f) {
    f("means", self.means_);
    f("squares", self.squares_);
    f("steps", self.steps_);
    f("learning_rate", self.config.learning_rate);
  }

  AdamConfig config;  ///< may be changed between steps: a learning rate schedule sets config.learning_rate

 private:
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
  /// @throws ValueError for a setting outside its domain
  [[gnu::cold]] explicit AdamW(const Parameters<T>& parameters, const AdamWConfig& settings = {})
      : Adam<T>(parameters, {.learning_rate = settings.learning_rate,
                             .beta_1 = settings.beta_1,
                             .beta_2 = settings.beta_2,
                             .epsilon = settings.epsilon,
                             .weight_decay = settings.weight_decay,
                             .epsilon_outside = settings.epsilon_outside}) {}
};

}}  // namespace tenure::TENURE_ABI
