/// What is called while a model is trained, and may look at it, change the learning rate or end it.
#pragma once

#include <algorithm>
#include <cstddef>
#include <span>

#include "../optim/parameter_groups.hpp"
#include "history.hpp"

namespace tenure { inline namespace TENURE_ABI {

class Callback;

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
  std::span<GroupRate> group_rates = {};         ///< of the optimizer's parameter groups
  std::span<Callback* const> callbacks = {};     ///< of this training, in their order
  std::span<const std::string> quantities = {};  ///< the names that the history will have; empty: not known

  /// Ends the training after this epoch.
  [[gnu::cold]] void stop(std::string reason) {
    stopped = true;
    history.stop = Stop::requested;
    history.reason = std::move(reason);
  }

  /// For callbacks that look at a name in the history, before the first epoch.
  /// @throws ValueError "early stopping: expected one of loss, seconds to monitor, got val_loss, which …"
  [[gnu::cold]] void check_monitored(std::string_view who, const std::string& name) const {
    if (quantities.empty() || std::ranges::find(quantities, name) != quantities.end()) return;
    std::string names;
    for (const std::string& one : quantities) names += (names.empty() ? "" : ", ") + one;
    const bool validation = name.starts_with("val_") && std::ranges::find(quantities, "val_loss") == quantities.end();
    throw ValueError(who, {"one of ", names, " to monitor"},
                     {name, validation ? ", but there are no validation data" : ", which nobody measures"});
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

  /// The names that it records in the history in every epoch, for other callbacks to monitor.
  virtual std::vector<std::string> quantities() const { return {}; }
  /// What it is called, for one with a state (`state(self, f)`) that a checkpoint must have; empty for others.
  virtual std::string_view stateful() const noexcept { return {}; }
};

/// A function as a callback: `OnEpochEnd save([&](Training& training) { ... });`
template <class F>
class OnEpochEnd final : public Callback {
 public:
  /// @param quantities the names that the function records in the history, if others are to monitor them
  explicit OnEpochEnd(F function, std::vector<std::string> quantities = {})
      : function_(std::move(function)), quantities_(std::move(quantities)) {}
  void on_epoch_end(Training& training) override { function_(training); }
  std::vector<std::string> quantities() const override { return quantities_; }

 private:
  F function_;
  std::vector<std::string> quantities_;
};

}}  // namespace tenure::TENURE_ABI
