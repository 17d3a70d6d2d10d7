/// Windows over one or many series: what a sequence model reads, and what comes next.
///
/// The series lie one after another in a table (rows, features), `lengths` says how many rows each has. A window takes
/// `length` rows of one series, its target the `horizon` rows that follow them, `gap` rows later:
///
///   rows   b … b + length − 1 | gap | target b + length + gap … b + length + gap + horizon − 1
///
///   const Windows windows(lengths, {.length = 6, .horizon = 6});
///   Tensor<float> x = windows.inputs(table);    // (windows, length, features)
///   Tensor<float> y = windows.targets(amounts); // (windows, horizon)
///
/// No window reaches from one series into another, and no input row comes after the first row of its target. Windows
/// overlap: cut the series, not the windows, at random, or cut them in time with `before` and `from`.
#pragma once

#include <span>
#include <vector>

#include "../core/tensor.hpp"

namespace tenure { inline namespace TENURE_ABI {

struct WindowConfig {
  Index length;       ///< rows that are read
  Index horizon = 1;  ///< rows that are predicted; 0: windows without a target
  Index stride = 1;   ///< from the start of a window to that of the next
  Index gap = 0;      ///< rows between
};

class Windows {
 public:
  /// All windows of series of the given lengths, those of a series in time order. Shorter series have none.
  /// @throws ValueError for settings outside their domain, or when every series is too short
  [[gnu::cold]] Windows(std::span<const Index> lengths, const WindowConfig& config) : config_(config) {
    check(config.length, 1, "length");
    check(config.horizon, 0, "horizon");
    check(config.stride, 1, "stride");
    check(config.gap, 0, "gap");
    Index longest = 0, series = 0;
    for (const Index length : lengths) {
      if (length < 0) throw ValueError("windows", "lengths of at least 0", {length, " of series ", series});
      for (Index i = 0; i + extent() <= length; i += config.stride) places_.push_back({series, rows_ + i, i});
      if (length < extent()) ++skipped_;
      longest = (std::max)(longest, length);
      rows_ += length;
      ++series;
    }
    if (!places_.empty()) return;
    throw ValueError("windows", {"a series of at least ", extent(), " rows"}, {series, " series of at most ", longest});
  }
  /// Of one series.
  [[gnu::cold]] Windows(Index length, const WindowConfig& config) : Windows({&length, 1}, config) {}

  /// Where a window begins.
  struct Place {
    Index series;
    Index row;   ///< in the table
    Index step;  ///< in its series

    friend bool operator==(const Place&, const Place&) noexcept = default;
  };

  Index count() const noexcept { return static_cast<Index>(places_.size()); }
  const Place& operator[](Index i) const noexcept { return places_[static_cast<std::size_t>(i)]; }
  const WindowConfig& config() const noexcept { return config_; }
  /// Rows that a window and its target take, gap included.
  Index extent() const noexcept { return config_.length + (config_.horizon > 0 ? config_.gap + config_.horizon : 0); }
  /// How many series were too short.
  Index skipped() const noexcept { return skipped_; }

  /// The number of each window's series: for splits by customer and for what is known of it besides.
  [[gnu::cold]] std::vector<Index> series() const {
    std::vector<Index> numbers;
    for (const Place& place : places_) numbers.push_back(place.series);
    return numbers;
  }

  /// The windows that lie before a time as a whole, target included: the training part of a split in time. `times` has
  /// that of each row of the table. @throws ShapeError for another number of them
  template <class Time>
  [[gnu::cold]] std::vector<Index> before(std::span<const Time> times, std::type_identity_t<Time> cut) const {
    check_rows(static_cast<Index>(times.size()));
    return numbers([&](const Place& place) { return times[static_cast<std::size_t>(place.row + extent() - 1)] < cut; });
  }
  /// The windows whose target begins at or after a time; what they read may lie before it. As above.
  template <class Time>
  [[gnu::cold]] std::vector<Index> from(std::span<const Time> times, std::type_identity_t<Time> cut) const {
    check_rows(static_cast<Index>(times.size()));
    return numbers([&](const Place& place) {
      return !(times[static_cast<std::size_t>(place.row + extent() - (std::max)(config_.horizon, Index{1}))] < cut);
    });
  }

  /// table (rows, features) or (rows) → (windows, length[, features]).
  /// @throws ShapeError unless the table has the rows of all series
  template <class T>
  [[gnu::cold]] Tensor<std::remove_const_t<T>> inputs(View<T> table) const {
    return gather(table, 0, config_.length);
  }
  template <class T>
  Tensor<T> inputs(const Tensor<T>& table) const {
    return inputs(table.view());
  }

  /// table (rows, features) or (rows) → (windows, horizon[, features]).
  /// @throws ShapeError as above, or when the horizon is 0
  template <class T>
  [[gnu::cold]] Tensor<std::remove_const_t<T>> targets(View<T> table) const {
    return gather(table, config_.length + config_.gap, config_.horizon);
  }
  template <class T>
  Tensor<T> targets(const Tensor<T>& table) const {
    return targets(table.view());
  }

 private:
  static void check(Index value, Index least, const char* name) {
    if (value < least) throw ValueError("windows", {"a ", name, " of at least ", least}, {value});
  }

  void check_rows(Index rows) const {
    if (rows != rows_) throw ShapeError("windows", {"the ", rows_, " rows of all series"}, {rows});
  }

  template <class F>
  std::vector<Index> numbers(F wanted) const {
    std::vector<Index> numbers;
    for (Index i = 0; i < count(); ++i) {
      if (wanted((*this)[i])) numbers.push_back(i);
    }
    return numbers;
  }

  template <class T>
  Tensor<std::remove_const_t<T>> gather(View<T> table, Index offset, Index steps) const {
    if (table.rank() < 1 || table.rank() > 2)
      throw ShapeError("windows", "a table (rows[, features])", {table.shape()});
    check_rows(table.shape()[0]);
    const Index features = table.size() / rows_;
    Shape shape{count(), steps};
    if (table.rank() == 2) shape.append(features);
    auto gathered = Tensor<std::remove_const_t<T>>::uninitialized(shape);
    auto* to = gathered.data();
    for (const Place& place : places_) {
      to = std::copy_n(table.data() + (place.row + offset) * features, steps * features, to);
    }
    return gathered;
  }

  WindowConfig config_;
  std::vector<Place> places_;
  Index rows_ = 0;
  Index skipped_ = 0;
};

}}  // namespace tenure::TENURE_ABI
