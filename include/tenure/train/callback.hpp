/// What is called while a model is trained, and may look at it, change the learning rate or end it.
#pragma once

#include <cstddef>
#include <span>

#include "history.hpp"

namespace tenure { inline namespace TENURE_ABI {

/// A training as callbacks see it.
struct Training {
  History& history;
  double& learning_rate;         ///< the optimizer's
  std::span<std::byte> weights;  ///< the values of all parameters, frozen ones included
  Index epochs;                  ///< to be run
  Index batches;                 ///< per epoch
  Index epoch = 0;               ///< of the running one, from 0
  Index batch = 0;               ///< of the running one in its epoch, from 0
  Index step = 0;                ///< of the optimizer, from 0, over all epochs
  double loss = 0;               ///< mean over the rows of the epoch so far, penalties included
  bool stopped = false;

  /// Ends the training after this epoch.
  [[gnu::cold]] void stop(std::string reason) {
    stopped = true;
    history.stop = Stop::requested;
    history.reason = std::move(reason);
  }
};

/// Derive from this, override some, and give its address to fit(). Callbacks are called in the order in which they are
/// given; what is thrown ends the training and reaches fit()'s caller.
class Callback {
 public:
  virtual ~Callback() = default;

  virtual void on_train_begin(Training&) {}
  virtual void on_epoch_begin(Training&) {}
  virtual void on_batch_begin(Training&) {}
  virtual void on_batch_end(Training&) {}
  /// The history has this epoch's values.
  virtual void on_epoch_end(Training&) {}
  /// Also after a loss that was not finite; not after an exception.
  virtual void on_train_end(Training&) {}
};

/// A function as a callback: `OnEpochEnd save([&](Training& training) { ... });`
template <class F>
class OnEpochEnd final : public Callback {
 public:
  explicit OnEpochEnd(F function) : function_(std::move(function)) {}
  void on_epoch_end(Training& training) override { function_(training); }

 private:
  F function_;
};

}}  // namespace tenure::TENURE_ABI
