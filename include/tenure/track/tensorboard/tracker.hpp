/// A training in TensorBoard. A component: link tenure::tensorboard.
///
///   TensorBoard board("events/first");
///   board.log_hyperparameters({{"units", "64"}});
///   board.watch(parameters);
///   fit(model, adam, mse, data, {.epochs = 20, .gradient_norm = true, .callbacks = {&board}});
///
/// then `tensorboard --logdir events`. Each run has a directory of its own: of those that share one, HPARAMS shows what the
/// first said.
#pragma once

#include <functional>
#include <optional>

#include "../../autograd/parameters.hpp"
#include "../tracker.hpp"
#include "event_writer.hpp"

namespace tenure { inline namespace TENURE_ABI {

/// Writes after every epoch the history's values, and the histograms of the parameters that it watches. The file is
/// begun when the training begins, so that one that goes on takes the place of what was written from its first epoch
/// on.
class TensorBoard final : public Tracker {
 public:
  /// Makes the directory, so that one that can't be is known before the training. @throws FileError
  [[gnu::cold]] explicit TensorBoard(std::string directory) : directory_(std::move(directory)) {
    std::error_code error;
    std::filesystem::create_directories(directory_, error);
    if (error) throw FileError(directory_, "to be able to make the directory", error.message());
    if (::access(directory_.c_str(), W_OK) != 0) detail::throw_file_error(directory_, "write");
  }

  /// Has a histogram of each parameter after every epoch, under its name.
  template <class T>
  [[gnu::cold]] void watch(const Parameters<T>& parameters) {
    write_histograms_ = [storage = parameters.storage()](TensorBoardWriter& writer, Index step) {
      for (const auto& entry : storage->entries) {
        const std::span<const T> values(storage->values.data() + entry.offset,
                                        static_cast<std::size_t>(entry.shape.size()));
        writer.histogram(entry.name, values, step);
      }
    };
  }

  /// @throws FileError
  [[gnu::cold]] void log(std::span<const Scalar> values, Index step) override {
    for (const Scalar& scalar : values) writer(step).scalar(std::string(scalar.name), scalar.value, step);
    last_step_ = step;
  }
  /// @throws FileError
  [[gnu::cold]] void log_hyperparameters(std::span<const Setting> settings) override {
    for (const Setting& setting : settings) settings_.emplace_back(setting.name, setting.value);
    if (writer_) writer_->hyperparameters(settings_);
  }
  /// A run that was interrupted, and may go on, has no end yet, for HPARAMS would keep that it failed; and one that never
  /// began has none. @throws FileError
  [[gnu::cold]] void finish(RunStatus status) override {
    if (writer_ && status != RunStatus::interrupted) writer_->finish(status == RunStatus::finished, last_step_);
  }

  [[gnu::cold]] void on_train_begin(Training& training) override { writer(training.epoch); }
  [[gnu::cold]] void on_epoch_end(Training& training) override {
    Tracker::on_epoch_end(training);
    if (write_histograms_) write_histograms_(writer(training.epoch), training.epoch);
  }

 private:
  TensorBoardWriter& writer(Index first_step) {
    if (!writer_) {
      writer_.emplace(directory_, first_step);
      if (!settings_.empty()) writer_->hyperparameters(settings_);
    }
    return *writer_;
  }

  std::string directory_;
  std::optional<TensorBoardWriter> writer_;
  std::vector<std::pair<std::string, std::string>> settings_;
  std::function<void(TensorBoardWriter&, Index)> write_histograms_;
  Index last_step_ = 0;
};

}}  // namespace tenure::TENURE_ABI
