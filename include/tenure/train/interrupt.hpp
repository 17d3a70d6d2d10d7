/// Ctrl-C as a wish to stop: the running epoch ends, and the training with it.
///
///   Interrupt interrupt;
///   fit(model, adam, mse, data, {.epochs = 20, .callbacks = {&interrupt}});
///   if (interrupt.requested()) { ... }
#pragma once

#include <csignal>

#include "callback.hpp"

namespace tenure { inline namespace TENURE_ABI {

/// While one lives, the first SIGINT or SIGTERM stops trainings that have it among their callbacks after their epoch;
/// the second ends the program, as ever. One at a time; the signals' former handlers come back with its end. POSIX.
class Interrupt final : public Callback {
 public:
  [[gnu::cold]] Interrupt() {
    signalled() = 0;
    struct sigaction action {};
    action.sa_handler = [](int) { signalled() = 1; };
    action.sa_flags = static_cast<int>(SA_RESETHAND);
    ::sigaction(SIGINT, &action, &former_[0]);
    ::sigaction(SIGTERM, &action, &former_[1]);
  }
  Interrupt(const Interrupt&) = delete;
  Interrupt& operator=(const Interrupt&) = delete;
  [[gnu::cold]] ~Interrupt() {
    ::sigaction(SIGINT, &former_[0], nullptr);
    ::sigaction(SIGTERM, &former_[1], nullptr);
  }

  bool requested() const noexcept { return signalled() != 0; }

  [[gnu::cold]] void on_epoch_end(Training& training) override {
    if (requested()) training.stop("interrupted");
  }

 private:
  static volatile std::sig_atomic_t& signalled() noexcept {
    static volatile std::sig_atomic_t flag = 0;
    return flag;
  }

  struct sigaction former_[2];
};

}}  // namespace tenure::TENURE_ABI
