/// Where the numbers of a training are kept: an interface, and a CSV file as the first that has it.
#pragma once

#include <charconv>
#include <string>

#include "../io/file.hpp"
#include "../train/callback.hpp"

namespace tenure { inline namespace TENURE_ABI {

/// A number and what it is called.
struct Scalar {
  std::string_view name;
  double value;
};

/// A hyper-parameter or a tag, as text: {"learning_rate", "0.001"}.
struct Setting {
  std::string name;
  std::string value;
};

/// How a run ended.
enum class RunStatus { finished, failed, interrupted };

/// As a callback it logs the history's values after every epoch; it may also be given others at any time. What a
/// tracker has no place for it passes over.
class Tracker : public Callback {
 public:
  /// @param step what the values belong to, for those of an epoch its number from 0
  virtual void log(std::span<const Scalar> values, Index step) = 0;
  /// What the run was started with.
  virtual void log_hyperparameters(std::span<const Setting>) {}
  virtual void set_tags(std::span<const Setting>) {}
  /// Keeps a file as it is now, in a folder of the run's or, where that is empty, beside all of them.
  virtual void log_artifact(const std::string& /*path*/, const std::string& /*folder*/) {}
  /// Keeps files, the first of which has the weights, as a model of the run's, and as the next version of the model
  /// that is registered under the name, unless that is empty.
  virtual void log_model(std::span<const std::string> /*paths*/, const std::string& /*registered_name*/) {}
  /// The last call of a run. One that never comes, because the program died, leaves the run as it is.
  virtual void finish(RunStatus) {}

  [[gnu::cold]] void on_epoch_end(Training& training) override {
    std::vector<Scalar> values;
    for (const History::Series& series : training.history.series()) {
      values.push_back({series.name, series.values.back()});
    }
    log(values, training.epoch);
  }
};

/// One line per epoch under a line of names, flushed at once: Keras's CSVLogger. Numbers are written so that reading
/// them back gives the same bits.
class CsvTracker final : public Tracker {
 public:
  /// Replaces what the file held, or adds lines to it. @throws FileError when it can't be opened
  [[gnu::cold]] explicit CsvTracker(std::string path, bool append = false)
      : file_(std::move(path), !append), has_names_(file_.size() > 0) {}

  /// @throws FileError when it can't be written; ValueError when there are other names than in the first line
  [[gnu::cold]] void log(std::span<const Scalar> values, Index step) override {
    std::string names = "epoch";
    std::string line = std::to_string(step);
    for (const Scalar& scalar : values) {
      char digits[32];
      names.append(",").append(scalar.name);
      line.append(",").append(digits, std::to_chars(digits, digits + sizeof digits, scalar.value).ptr);
    }
    if (names_.empty()) names_ = names;
    if (names != names_) throw ValueError(file_.path(), {"the columns ", names_}, names);
    if (!has_names_) line = names + "\n" + line;
    has_names_ = true;
    line += '\n';
    file_.write(line);
  }

 private:
  AppendedFile file_;
  std::string names_;  // as they were first given
  bool has_names_;
};

}}  // namespace tenure::TENURE_ABI
