/// Checkpoints while training: Keras's ModelCheckpoint.
///
///   SaveCheckpoint saved("run.safetensors", model, adam);
///   fit(model, adam, mse, data, {.epochs = 20, .callbacks = {&saved}});
#pragma once

#include <tuple>

#include "../io/checkpoint.hpp"
#include "callback.hpp"

namespace tenure::inline TENURE_ABI {

/// Writes a checkpoint after every `period` epochs and after the last, over the one before; fit() goes on from it, bit
/// for bit, with its epoch as initial_epoch. `parts` are those of save_checkpoint(). All must outlive this.
template <class Model, class Optimiser, class... Parts>
class SaveCheckpoint final : public Callback {
 public:
  SaveCheckpoint(std::string path, const Model& model, const Optimiser& optimiser, const Parts&... parts)
      : path_(std::move(path)), model_(model), optimiser_(optimiser), parts_(parts...) {}

  Index period = 1;

  /// @throws FileError
  [[gnu::cold]] void on_epoch_end(Training& training) override {
    const Index epochs = training.epoch + 1;
    if (epochs % period != 0 && epochs != training.epochs && !training.stopped) return;
    std::apply([&](const Parts&... parts) { save_checkpoint(path_, model_, optimiser_, {.epoch = epochs}, parts...); },
               parts_);
  }

 private:
  std::string path_;
  const Model& model_;
  const Optimiser& optimiser_;
  std::tuple<const Parts&...> parts_;
};

}  // namespace tenure::inline TENURE_ABI
