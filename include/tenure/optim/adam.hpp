/// Adam (Kingma and Ba, 2015) in the forms of PyTorch and Keras, with L2 and with decoupled weight decay (AdamW).
#pragma once

#include "../autograd/parameters.hpp"
#include "../kernels/adam.hpp"

namespace tenure::inline TENURE_ABI {

/// learning_rate, beta1, beta2, epsilon, l2, weight_decay, epsilon_outside.
using AdamConfig = kernels::AdamSettings;

template <class T>
class Adam {
 public:
  /// Keeps the parameters' buffers alive. @throws ValueError for a setting outside its domain
  [[gnu::cold]] explicit Adam(const Parameters<T>& parameters, const AdamConfig& settings = {})
      : config(settings),
        storage_(parameters.storage()),
        means_(storage_->values.shape()),
        squares_(storage_->values.shape()) {
    check("a learning rate of at least 0", config.learning_rate, config.learning_rate >= 0);
    check("beta1 in [0, 1)", config.beta1, config.beta1 >= 0 && config.beta1 < 1);
    check("beta2 in [0, 1)", config.beta2, config.beta2 >= 0 && config.beta2 < 1);
    check("an epsilon above 0", config.epsilon, config.epsilon > 0);
    check("an l2 of at least 0", config.l2, config.l2 >= 0);
    check("a weight decay of at least 0", config.weight_decay, config.weight_decay >= 0);
  }

  /// Applies the accumulated gradients to all trainable parameters and zeroes them.
  void step() noexcept {
    const kernels::AdamStep<T> step(config, ++steps_);
    storage_->for_each_trainable_run([&](Index begin, Index n) {
      kernels::adam(n, step, storage_->values.data() + begin, storage_->gradients.data() + begin, means_.data() + begin,
                    squares_.data() + begin, true);
    });
  }

  /// How often step() was called.
  Index steps() const noexcept { return steps_; }

  AdamConfig config;  ///< may be changed between steps: a learning rate schedule sets config.learning_rate

 private:
  static void check(std::string_view expected, double value, bool valid) {
    if (!valid) throw ValueError("adam", expected, {value});
  }

  std::shared_ptr<ParameterStorage<T>> storage_;
  Tensor<T> means_;    // of gradients. // (size)
  Tensor<T> squares_;  // means of squared gradients. // (size)
  Index steps_ = 0;
};

}  // namespace tenure::inline TENURE_ABI
