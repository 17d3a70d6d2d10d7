/// Where the numbers of a training are kept: an interface, and a CSV file as the first that has it.
#pragma once

#include <cerrno>
#include <charconv>
#include <cstdio>
#include <memory>
#include <system_error>

#include "callback.hpp"

namespace tenure::inline TENURE_ABI {

/// A number and what it is called.
struct Scalar {
  std::string_view name;
  double value;
};

/// As a callback it logs the history's values after every epoch; it may also be given others at any time.
class Tracker : public Callback {
 public:
  /// @param step what the values belong to, for those of an epoch its number from 0
  virtual void log(std::span<const Scalar> values, Index step) = 0;

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
      : path_(std::move(path)), file_(std::fopen(path_.c_str(), append ? "a" : "w")) {
    if (!file_) throw FileError(path_, "a file that can be written", std::generic_category().message(errno));
    std::fseek(file_.get(), 0, SEEK_END);
    has_names_ = std::ftell(file_.get()) > 0;
  }

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
    if (names != names_) throw ValueError(path_, {"the columns ", names_}, names);
    if (!has_names_) line = names + "\n" + line;
    has_names_ = true;
    line += '\n';
    if (std::fwrite(line.data(), 1, line.size(), file_.get()) != line.size() || std::fflush(file_.get()) != 0) {
      throw FileError(path_, "to be able to write", std::generic_category().message(errno));
    }
  }

 private:
  struct Close {
    void operator()(std::FILE* file) const noexcept { std::fclose(file); }
  };

  std::string path_;
  std::unique_ptr<std::FILE, Close> file_;
  std::string names_;  // as they were first given
  bool has_names_ = false;
};

}  // namespace tenure::inline TENURE_ABI
