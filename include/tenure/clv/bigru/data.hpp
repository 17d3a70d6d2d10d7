/// From daily series to what a model that reads windows of them is trained and measured on.
///
/// Days are cut into parts at the same dates for every series. A window belongs where its target, the day after it,
/// lies; what it reads of earlier parts is its past. Bounds of anomalies and scalers are fitted on the days of the
/// training part alone.
#pragma once

#include "../../core/range.hpp"
#include "../../core/text.hpp"
#include "../../data/anomalies.hpp"
#include "../../data/daily_series.hpp"
#include "../../data/dataset.hpp"
#include "../../data/splits.hpp"
#include "../../data/windows.hpp"
#include "features.hpp"

TENURE_NO_CONTRACTION
namespace tenure { inline namespace TENURE_ABI { namespace clv {

/// How values that are no usual ones are told.
enum class BiGruAnomalyDetection {
  none,
  z_score,  ///< beyond `threshold` deviations from the mean
  iqr,      ///< beyond `threshold` interquartile ranges from the quartiles
};
/// Names of the detections, in the order of BiGruAnomalyDetection.
inline constexpr std::array<const char*, 3> anomaly_detections = {"none", "z-score", "iqr"};

/// The defaults are those of the published model.
struct BiGruDataOptions {
  Index window = 30;  ///< days that are read
  /// Values beyond are moved to the bounds for what a model reads and is trained on; it is measured on those that were.
  BiGruAnomalyDetection anomalies = BiGruAnomalyDetection::z_score;
  double threshold = 5;

  static void state(auto& self, auto&& f) {
    f("window", self.window);
    f("anomalies", self.anomalies);
    f("threshold", self.threshold);
  }
  /// Of what was read. @throws ValueError
  [[gnu::cold]] void check_state() const {
    check_range("window", window, Index{1}, Index{100'000});
    check_range("anomalies", static_cast<int>(anomalies), 0, 2);
    check_range("threshold", threshold, 0.0, (std::numeric_limits<double>::max)());
  }
  bool operator==(const BiGruDataOptions&) const = default;
};

/// The series that are long enough, and the others by name and number of days.
struct BiGruLongEnough {
  DailySeriesSet set;
  std::vector<std::string> skipped;
};

/// @param days that a series must have
/// @throws FileError where none has, or for one whose values are all the same, naming the file
[[gnu::cold]] inline BiGruLongEnough long_enough(DailySeriesSet set, Index days) {
  BiGruLongEnough result{{set.regressors, {}}, {}};
  Index longest = 0;
  for (DailySeries& series : set.series) {
    if (series.days() < days) {
      longest = (std::max)(longest, series.days());
      result.skipped.push_back(series.path + " (" + std::to_string(series.days()) + " days)");
      continue;
    }
    if (std::ranges::all_of(series.value, [&](double value) { return value == series.value[0]; })) {
      throw FileError(series.path, "values that differ", {series.value[0], " on all ", series.days(), " days"});
    }
    result.set.series.push_back(std::move(series));
  }
  if (!result.set.series.empty()) return result;
  std::vector<std::string> named = result.skipped;
  if (named.size() > 5) named.resize(5), named.push_back("…");
  throw FileError(text::joined(named), {"a series of at least ", days, " days"},
                  {longest, " at most in ", result.skipped.size(), " files"});
}

/// The days from the first of all series to the last.
struct BiGruPeriod {
  std::chrono::sys_days first;
  Index days;

  [[gnu::cold]] explicit BiGruPeriod(const DailySeriesSet& set) : first(set.series.at(0).dates.front()), days(0) {
    std::chrono::sys_days last = first;
    for (const DailySeries& series : set.series) {
      first = (std::min)(first, series.dates.front());
      last = (std::max)(last, series.dates.back());
    }
    days = (last - first).count() + 1;
  }

  Index number(std::chrono::sys_days day) const noexcept { return (day - first).count(); }
  std::chrono::sys_days day(Index number) const noexcept { return first + std::chrono::days{number}; }
};

/// What a trained model must know to read other series, and to be read itself.
struct BiGruScalers {
  Scaler inputs;
  Scaler target{{.scaling = Scaling::standard}};
  bool non_negative = false;  ///< no value of the training part was below 0, so that no forecast is

  static void state(auto& self, auto&& f) {
    f("inputs", self.inputs);
    f("target", self.target);
    f("non_negative", self.non_negative);
  }
  /// Of what was read. @throws ValueError
  [[gnu::cold]] void check_state() const {
    if (!inputs.fitted()) throw ValueError("inputs", "a scaler that is fitted", "another");
    check_range("target", target.features(), Index{1}, Index{1});
  }

  /// What the model gives, in the unit of the values. y (rows, 1)
  [[gnu::cold]] std::vector<double> values(const Tensor<float>& y) const {
    const double shift = target.shift(0), spread = target.spread(0);
    std::vector<double> values;
    for (const float one : y) values.push_back(allowed(static_cast<double>(one) * spread + shift));
    return values;
  }
  double allowed(double value) const noexcept { return non_negative ? (std::max)(value, 0.0) : value; }
};

/// The bounds of a series' values that are no anomalies, of values that are known; none for less than 14 of them.
[[gnu::cold]] inline Bounds anomaly_bounds(std::span<const double> known, const BiGruDataOptions& options) {
  if (options.anomalies == BiGruAnomalyDetection::none || known.size() < 14) {
    return {std::numeric_limits<double>::lowest(), (std::numeric_limits<double>::max)()};
  }
  return options.anomalies == BiGruAnomalyDetection::iqr ? iqr_bounds(known, options.threshold)
                                                         : z_score_bounds(known, options.threshold);
}

/// A value beyond a series' bounds.
struct BiGruAnomaly {
  std::size_t series;
  std::size_t day;  ///< of the series
  double value, bound;
};

/// Windows (rows, window, features) and the next day's value (rows, 1), both scaled.
using BiGruDataset = TensorDataset<float, float>;

class BiGruData {
 public:
  const DailySeriesSet& set;
  BiGruDataOptions options;
  BiGruPeriod period;
  BiGruFeatures features;
  std::vector<Bounds> bounds;  ///< of each series
  std::vector<BiGruAnomaly> anomalies;
  BiGruScalers scalers;
  Windows windows;
  Split days;                      ///< numbers of the period's days
  Split split;                     ///< numbers of windows
  std::vector<double> actual;      ///< of each window: the next day's value, as it was
  std::vector<double> deviations;  ///< of each window: that of its last 30 days, anomalies bounded

  /// The first 70 % of the days to train on, 15 % to validate, the last 15 % to test. @throws as below
  [[gnu::cold]] explicit BiGruData(const DailySeriesSet& series, const BiGruDataOptions& with = {})
      : BiGruData(series, split_in_order(BiGruPeriod(series).days, {.validation = 0.15, .test = 0.15}), with) {}
  /// @param series which must stay, each longer than a window  @param parts the numbers of the days of each part
  /// @throws ValueError for a part without windows, or a training part whose values are all the same
  [[gnu::cold]] BiGruData(const DailySeriesSet& series, Split parts, const BiGruDataOptions& with)
      : set(series),
        options(with),
        period(series),
        features(series.regressors),
        windows(lengths(series), {.length = with.window}),
        days(std::move(parts)) {
    std::vector<Part> part_of_day(static_cast<std::size_t>(period.days), Part::none);
    for (const auto& [numbers, part] :
         {std::pair(&days.train, Part::train), std::pair(&days.validation, Part::validation),
          std::pair(&days.test, Part::test)}) {
      for (const Index day : *numbers) part_of_day[static_cast<std::size_t>(day)] = part;
    }
    bound(part_of_day);
    fit_scalers(part_of_day);
    cut(part_of_day);
    for (Index w = 0; w < windows.count(); ++w) {
      actual.push_back(series_of(w).value[target_day(w)]);
      deviations.push_back(table_(windows[w].row + options.window - 1, BiGruFeatures::deviation));
    }
  }
  BiGruData(DailySeriesSet&&, const BiGruDataOptions& = {}) = delete;
  BiGruData(DailySeriesSet&&, Split, const BiGruDataOptions&) = delete;

  const DailySeries& series_of(Index window) const noexcept {
    return set.series[static_cast<std::size_t>(windows[window].series)];
  }
  /// The day in its series that a window is to predict.
  std::size_t target_day(Index window) const noexcept {
    return static_cast<std::size_t>(windows[window].step + options.window);
  }
  std::chrono::sys_days target_date(Index window) const noexcept { return series_of(window).dates[target_day(window)]; }

  /// A series' values with its anomalies moved to their bounds.
  std::span<const double> bounded(std::size_t series) const noexcept {
    return std::span(bounded_).subspan(begin_[series], begin_[series + 1] - begin_[series]);
  }

  /// Some windows. @throws ShapeError for none
  [[gnu::cold]] BiGruDataset dataset(std::span<const Index> numbers) const {
    const Index width = features.count(), size = options.window * width, rows = static_cast<Index>(numbers.size());
    const Tensor<double> scaled = scalers.inputs.transform(table_);
    Tensor<float> x({rows, options.window, width}), y({rows, 1});
    for (Index i = 0; i < rows; ++i) {
      const Windows::Place& place = windows[numbers[static_cast<std::size_t>(i)]];
      const double* from = scaled.data() + place.row * width;
      for (Index k = 0; k < size; ++k) x.data()[i * size + k] = static_cast<float>(from[k]);
      const double value = bounded_[static_cast<std::size_t>(place.row + options.window)];
      y(i, 0) = static_cast<float>((value - scalers.target.shift(0)) / scalers.target.spread(0));
    }
    return {std::move(x), std::move(y)};
  }

 private:
  enum class Part : std::uint8_t { none, train, validation, test };

  [[gnu::cold]] static std::vector<Index> lengths(const DailySeriesSet& set) {
    std::vector<Index> lengths;
    for (const DailySeries& series : set.series) lengths.push_back(series.days());
    return lengths;
  }

  Part part_of(const std::vector<Part>& parts, std::chrono::sys_days day) const noexcept {
    return parts[static_cast<std::size_t>(period.number(day))];
  }

  /// Finds each series' anomalies and computes the features of all days from what is left.
  [[gnu::cold]] void bound(const std::vector<Part>& parts) {
    table_ = Tensor<double>({rows(), features.count()});
    double* place = table_.data();
    for (std::size_t s = 0; s < set.series.size(); ++s) {
      const DailySeries& series = set.series[s];
      std::vector<double> known;
      for (std::size_t t = 0; t < series.value.size(); ++t) {
        if (part_of(parts, series.dates[t]) == Part::train) known.push_back(series.value[t]);
      }
      bounds.push_back(anomaly_bounds(known, options));
      const std::vector<double> values = clip_anomalies(series.value, bounds.back());
      for (std::size_t t = 0; t < values.size(); ++t) {
        if (values[t] != series.value[t]) anomalies.push_back({s, t, series.value[t], values[t]});
      }
      const Tensor<double> rows = features.table(values, series.dates, series.regressors);
      place = std::copy(rows.begin(), rows.end(), place);
      begin_.push_back(bounded_.size());
      bounded_.insert(bounded_.end(), values.begin(), values.end());
    }
    begin_.push_back(bounded_.size());
  }

  Index rows() const noexcept {
    Index rows = 0;
    for (const DailySeries& series : set.series) rows += series.days();
    return rows;
  }

  [[gnu::cold]] void fit_scalers(const std::vector<Part>& parts) {
    std::vector<double> known, values;
    Index row = 0;
    scalers.non_negative = true;
    for (const DailySeries& series : set.series) {
      for (std::size_t t = 0; t < series.value.size(); ++t, ++row) {
        if (part_of(parts, series.dates[t]) != Part::train) continue;
        known.insert(known.end(), &table_(row, 0), &table_(row, 0) + features.count());
        values.push_back(bounded_[static_cast<std::size_t>(row)]);
        scalers.non_negative &= series.value[t] >= 0;
      }
    }
    const auto n = static_cast<Index>(values.size());
    if (n == 0) throw ValueError("training part", "days of some series", "none");
    scalers.target.fit(Tensor<double>({n, 1}, values));
    if (!scalers.target.constant_features().empty()) {
      throw ValueError("training part", "values that differ", {values[0], " on all ", n, " days"});
    }
    scalers.inputs = Scaler(std::span<const ScalerConfig>(features.scaling()));
    scalers.inputs.fit(Tensor<double>({n, features.count()}, std::move(known)));
  }

  /// A window of the training part reads days of that part alone.
  [[gnu::cold]] void cut(const std::vector<Part>& parts) {
    for (Index w = 0; w < windows.count(); ++w) {
      const DailySeries& series = series_of(w);
      const std::size_t target = target_day(w), first = target - static_cast<std::size_t>(options.window);
      const Part part = part_of(parts, series.dates[target]);
      if (part == Part::validation) split.validation.push_back(w);
      if (part == Part::test) split.test.push_back(w);
      if (part != Part::train) continue;
      bool whole = true;
      for (std::size_t t = first; t < target; ++t) whole &= part_of(parts, series.dates[t]) == Part::train;
      if (whole) split.train.push_back(w);
    }
    check_part("training", split.train, days.train);
    check_part("validation", split.validation, days.validation);
    check_part("test", split.test, days.test);
  }

  void check_part(const char* name, const std::vector<Index>& numbers, const std::vector<Index>& own_days) const {
    if (!numbers.empty() || own_days.empty()) return;
    throw ValueError(std::string(name) + " part",
                     {"a series of ", options.window, " days before a day from ",
                      format_date(period.day(own_days.front())), " to ", format_date(period.day(own_days.back()))},
                     "none");
  }

  Tensor<double> table_;            // (days of all series, features), not scaled
  std::vector<double> bounded_;     // of all series
  std::vector<std::size_t> begin_;  // of each series in it, and the end
};

}}}  // namespace tenure::TENURE_ABI::clv
TENURE_CONTRACTION_AS_BEFORE
