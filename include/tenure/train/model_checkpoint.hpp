/// Checkpoints while a training runs, and going on from one as if nothing had happened.
///
///   ModelCheckpoint checkpoints("run/checkpoint.safetensors", model, adam, {{"options", text}});
///   FitOptions options = {.epochs = 20, .callbacks = {&checkpoints}};
///   if (resume) options.initial_epoch = checkpoints.load();
///   fit(model, adam, mse, data, options);
///
/// The weights are then those of an unbroken training, bit for bit, for the order of the rows in epoch e depends on the
/// seed and e alone.
#pragma once

#include <chrono>

#include "../io/json.hpp"
#include "../io/training_state.hpp"
#include "callback.hpp"

namespace tenure { inline namespace TENURE_ABI {

namespace detail {

[[gnu::cold]] inline std::string history_text(const History& history) {
  nlohmann::ordered_json json = nlohmann::ordered_json::object();
  for (const History::Series& series : history.series()) json[series.name] = series.values;
  return json_text(json);
}

/// The counterpart: null, which JSON has for NaN, is NaN again. @throws FileError
[[gnu::cold]] inline History history_of(const std::string& text, const std::string& place) {
  const auto json = parse_json(text, place);
  if (!json.is_object()) throw FileError(place, "an object of lists", "something else");
  History history;
  for (const auto& [name, values] : json.items()) {
    const JsonValue series = JsonValue(json, place)[name];
    if (!values.is_array()) series.fail("a list");
    for (std::size_t i = 0; i < values.size(); ++i) {
      const bool missing = values[i].is_null();
      history.record(name, missing ? std::numeric_limits<double>::quiet_NaN() : series[i].as<double>());
    }
    if (history.find(name) && std::cmp_greater(values.size(), history.epochs())) {
      series.fail({history.epochs(), " values at most, as the first has"}, {values.size()});
    }
  }
  return history;
}

/// Adds the epochs of one history behind those of another. Series that the other lacks are left out.
[[gnu::cold]] inline void append_history(const History& more, History& history) {
  for (const History::Series& series : more.series()) {
    for (const double value : series.values) history.record(series.name, value);
  }
}

}  // namespace detail

/// Saves after the first epoch, then as often as `interval` allows, and whenever the training ends with an epoch: so
/// short trainings are not held up by disks. Epochs whose losses are not finite are passed over, and the checkpoint
/// before them stays. What else must be as it was, such as EarlyStopping, stands behind the optimizer, and before this
/// among the callbacks; fit() says so before the first epoch where a callback with a state does not.
template <class Model, class Optimizer, class... Parts>
class ModelCheckpoint final : public Callback {
 public:
  using Metadata = std::map<std::string, std::string>;

  std::chrono::milliseconds interval{1000};

  /// Refers to the model, the optimizer and the parts. The metadata say what the training is of: load() compares them.
  [[gnu::cold]] ModelCheckpoint(std::string path, Model& model, Optimizer& optimizer, Metadata metadata,
                                Parts&... parts)
      : path_(std::move(path)),
        model_(model),
        optimizer_(optimizer),
        metadata_(std::move(metadata)),
        parts_(parts...) {}

  /// Sets the model, the optimizer and the parts to what they were. @returns the number of epochs that were run
  /// @throws FileError for a checkpoint that can't be read, or one with other metadata: of another training
  [[gnu::cold]] Index load() {
    const SafetensorsReader reader(path_);
    for (const auto& [name, value] : metadata_) {
      const auto stored = reader.metadata().find(name);
      const std::string got = stored == reader.metadata().end() ? "none" : stored->second;
      if (got != value) throw FileError(path_, {"a checkpoint of a training with the ", name, " ", value}, got);
    }
    const auto text = reader.metadata().find("history");
    if (text == reader.metadata().end()) throw FileError(path_, "the history of its epochs", "none");
    const History history = detail::history_of(text->second, path_ + ", history");
    const TrainingState checkpoint =
        std::apply([&](auto&... parts) { return load_training_state(path_, model_, optimizer_, parts...); }, parts_);
    if (checkpoint.epoch != history.epochs()) {
      throw FileError(path_, {"the history of its ", checkpoint.epoch, " epochs"}, {"of ", history.epochs()});
    }
    history_ = history;
    return checkpoint.epoch;
  }

  /// The history of all epochs: of those before load(), and of those since. @param since what fit() gave
  [[gnu::cold]] History whole(const History& since) const {
    History history = history_;
    detail::append_history(since, history);
    history.stop = since.stop;
    history.reason = since.reason;
    return history;
  }

  /// @throws ValueError for a callback whose state would not be in the checkpoint, or as it was an epoch before;
  /// StateError for another optimizer than the one that is trained with
  [[gnu::cold]] void on_train_begin(Training& training) override {
    if (static_cast<const void*>(training.weights.data()) != optimizer_.storage().values.data()) {
      throw StateError("model checkpoint", "the optimizer that is trained with", "another");
    }
    bool behind = false;
    for (const Callback* callback : training.callbacks) {
      behind = behind || callback == this;
      if (callback->stateful().empty()) continue;
      if (!is_part(callback)) {
        throw ValueError("model checkpoint", "all callbacks with a state among its parts",
                         {"none of ", callback->stateful()});
      }
      if (behind) {
        throw ValueError("model checkpoint", {callback->stateful(), " before it among the callbacks"}, "it behind");
      }
    }
  }

  [[gnu::cold]] void on_epoch_end(Training& training) override {
    for (const History::Series& series : training.history.series()) {
      if (series.name.ends_with("loss") && !is_finite(series.values.back())) return;
    }
    const auto now = std::chrono::steady_clock::now();
    const bool last = training.stopped || training.epoch + 1 >= training.epochs;
    if (saved_ && !last && now - time_ < interval) return;
    Metadata metadata = metadata_;
    metadata["history"] = detail::history_text(whole(training.history));
    std::apply(
        [&](const auto&... parts) {
          save_training_state(path_, model_, optimizer_, {training.epoch + 1, metadata}, parts...);
        },
        parts_);
    saved_ = true;
    time_ = now;
  }

 private:
  bool is_part(const Callback* callback) const {
    const auto is = [&](const auto& part) {
      if constexpr (std::is_base_of_v<Callback, std::remove_cvref_t<decltype(part)>>) {
        return static_cast<const Callback*>(&part) == callback;
      } else {
        return false;
      }
    };
    return std::apply([&](const auto&... parts) { return (is(parts) || ...); }, parts_);
  }

  std::string path_;
  Model& model_;
  Optimizer& optimizer_;
  Metadata metadata_;
  std::tuple<Parts&...> parts_;
  History history_;  // of the epochs before load()
  bool saved_ = false;
  std::chrono::steady_clock::time_point time_;
};

}}  // namespace tenure::TENURE_ABI
