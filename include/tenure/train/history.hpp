/// What came of a training, epoch by epoch.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "../core/error.hpp"

namespace tenure { inline namespace TENURE_ABI {

/// Why a training ended.
enum class Stop {
  completed,   ///< all epochs
  requested,   ///< by a callback
  not_finite,  ///< a loss, a gradient or a weight was infinite or NaN
};

/// Values by name and epoch, under Keras's names: "loss" (penalties of regularizers included), "data_loss" (without
/// them, where there are any), metrics, each with "val_" before it for the validation data, "gradient_norm" where that
/// is asked for, "learning_rate" and "seconds".
class History {
 public:
  /// The values of one name.
  struct Series {
    std::string name;
    std::vector<double> values;  ///< one per epoch
  };

  Stop stop = Stop::completed;
  std::string reason;  ///< in words, where not all epochs were run

  const std::vector<Series>& series() const noexcept { return series_; }

  /// Number of complete epochs.
  Index epochs() const noexcept { return series_.empty() ? 0 : static_cast<Index>(series_.front().values.size()); }

  /// Null when there is none of this name.
  const Series* find(std::string_view name) const noexcept {
    for (const Series& one : series_) {
      if (one.name == name) return &one;
    }
    return nullptr;
  }

  /// `history["val_loss"]`. @throws ValueError that lists the names
  const std::vector<double>& operator[](std::string_view name) const {
    if (const Series* found = find(name)) return found->values;
    fail(name);
  }

  /// Its value after the last epoch. @throws ValueError
  double last(std::string_view name) const { return (*this)[name].back(); }

  /// Adds an epoch's value: the training itself, or a callback with a metric of its own.
  [[gnu::cold]] void record(std::string_view name, double value) {
    auto one = series_.begin();
    while (one != series_.end() && one->name != name) ++one;
    if (one == series_.end()) one = series_.insert(one, {std::string(name), {}});
    one->values.push_back(value);
  }

 private:
  [[noreturn, gnu::cold, gnu::noinline]] void fail(std::string_view name) const {
    if (series_.empty()) {
      throw ValueError("history", {"a complete epoch to have ", name, " of"},
                       {"none", reason.empty() ? "" : ": ", reason});
    }
    std::string names;
    for (const Series& one : series_) names += (names.empty() ? "" : ", ") + one.name;
    throw ValueError("history", {"one of ", names}, name);
  }

  std::vector<Series> series_;
};

}}  // namespace tenure::TENURE_ABI
