/// Training: epochs over a data set in batches.
///
/// What happens in each step is what one would write by hand,
///
///     tape.reset();
///     auto loss = mse(model(tape.input(x)), tape.input(y));
///     loss.backward();
///     parameters.add_penalty_gradients();
///     clip_gradient_norm(parameters, 1);
///     optimizer.step();
///
/// and around it are the order of the rows, validation, the history, callbacks, progress, and an end where a loss or a
/// gradient is no longer a number, before it reaches the weights. From the third step on, nothing is allocated within an epoch. The same seed gives the same bits:
/// the order of the rows and what is dropped out in epoch e depend on the seed and e alone.
#pragma once

#include <algorithm>
#include <chrono>
#include <cmath>
#include <limits>
#include <optional>
#include <utility>

#include "../optim/clip.hpp"
#include "../optim/optimizer.hpp"
#include "callback.hpp"
#include "data_parallel.hpp"
#include "evaluate.hpp"
#include "progress.hpp"

namespace tenure { inline namespace TENURE_ABI {

/// Of fit(). All have defaults.
template <class T, class Data>
struct FitOptions {
  Index epochs = 1;
  Index batch_size = 32;               ///< the last batch of an epoch may be smaller
  bool shuffle = true;                 ///< in every epoch anew
  std::uint64_t seed = 0;              ///< of the order and of dropout
  std::span<const Index> strata = {};  ///< a number for each row, from 0 on: shuffled batches have their share of each
  Index initial_epoch = 0;             ///< to go on with a training: the number of epochs before
  const Data* validation_data = nullptr;  ///< measured after every epoch
  double validation_split = 0;            ///< or, as in Keras, this share of the data: the last, before any shuffling
  GradientClipping clipping = {};
  bool gradient_norm = false;  ///< its mean over an epoch's steps, before clipping, is in the history
  /// Of all predictions of an epoch, those made in training as they were made, as in Keras.
  std::vector<Metric<T, typename Data::target_type>> metrics = {};
  std::vector<Callback*> callbacks = {};
  Progress progress = Progress::automatic;
  bool flush_denormals = true;
  /// Cuts large batches into shards that it works on at once, for losses that are means over the rows, and a model and
  /// loss that several threads may call. Any number of threads gives the same bits; null leaves batches whole.
  Executor* executor = nullptr;
};

namespace detail {

/// What fit() asks of an optimizer.
template <class T>
struct AnyOptimizerOf {
  /// A part of its state, such as "squares", that has a value which is not finite.
  struct Spoilt {
    const char* what = nullptr;
    NotFinite<T> at = {};
  };

  ParameterStorage<T>& storage;
  double& learning_rate;
  std::span<GroupRate> group_rates;
  FunctionRef<void()> update;    ///< a step, for gradients that are finite
  FunctionRef<Spoilt()> spoilt;  ///< looks for the first such part
};

/// @throws ValueError for a stratum outside [0, 2²⁰); ShapeError unless there is one for each row
[[gnu::cold]] inline void check_strata(std::span<const Index> strata, Index rows) {
  if (strata.empty()) return;
  if (static_cast<Index>(strata.size()) != rows) {
    throw ShapeError("fit", {"a stratum for each of ", rows, " rows"}, {strata.size()});
  }
  constexpr Index most = Index{1} << 20;
  for (const Index stratum : strata) {
    if (stratum < 0 || stratum >= most) throw ValueError("fit", {"strata from 0 to ", most - 1}, {stratum});
  }
}

/// @throws ValueError
[[gnu::cold]] inline void check_callbacks(std::span<Callback* const> callbacks) {
  for (std::size_t i = 0; i < callbacks.size(); ++i) {
    if (!callbacks[i]) throw ValueError("fit", {"an address for callback ", i}, "null");
    if (std::ranges::find(callbacks.first(i), callbacks[i]) != callbacks.begin() + static_cast<std::ptrdiff_t>(i)) {
      throw ValueError("fit", "each callback once", {"callback ", i, " again"});
    }
  }
}

/// One call of fit(), which knows neither the model nor the loss nor the optimizer: it is compiled once for all of
/// them.
template <class T, class Data>
class Fit {
  using Clock = std::chrono::steady_clock;
  using Target = typename Data::target_type;

 public:
  [[gnu::cold]] Fit(const AnyOptimizerOf<T>& optimizer, ForwardPass<T, Data> forward, const Data& data,
                    const FitOptions<T, Data>& options)
      : storage_(optimizer.storage),
        optimizer_(optimizer),
        forward_(forward),
        options_(options),
        shards_(storage_, options.executor, options.flush_denormals),
        batches_(data, 0, training_rows(data, options), options.batch_size),
        predictions_(options.metrics, batches_.rows()),
        printer_(options.progress),
        training_{history_, optimizer.learning_rate, std::as_writable_bytes(storage_.values.view().span()),
                  options.epochs, batches_.count()} {
    if (options.validation_data) {
      validation_.emplace(*options.validation_data, 0, options.validation_data->rows(), options.batch_size);
    } else if (batches_.rows() < data.rows()) {
      validation_.emplace(data, batches_.rows(), data.rows(), options.batch_size);
    }
    if (validation_) validation_predictions_.emplace(options.metrics, validation_->rows());
    check(data);
    training_.epoch = options.initial_epoch;
    training_.step = options.initial_epoch * batches_.count();
    training_.group_rates = optimizer.group_rates;
    training_.callbacks = options.callbacks;
    name_quantities();
    training_.quantities = quantities_;
  }
  Fit(const Fit&) = delete;
  Fit& operator=(const Fit&) = delete;

  [[gnu::cold]] History run() {
    std::optional<FlushDenormals> guard;
    if (options_.flush_denormals) guard.emplace();
    call(&Callback::on_train_begin);
    while (training_.epoch < training_.epochs && !training_.stopped) {
      const Clock::time_point begin = Clock::now();
      call(&Callback::on_epoch_begin);
      if (!train_epoch()) break;
      if (validation_) validate();
      history_.record("learning_rate", training_.learning_rate);
      history_.record("seconds", std::chrono::duration<double>(Clock::now() - begin).count());
      call(&Callback::on_epoch_end);
      if (validation_ && !check_finite("validation loss", means_.loss())) break;
      ++training_.epoch;
    }
    call(&Callback::on_train_end);
    return std::move(history_);
  }

 private:
  static Index training_rows(const Data& data, const FitOptions<T, Data>& options) {
    const double split = options.validation_split;
    if (!is_nan(split) && split == 0) return data.rows();
    if (!is_finite(split) || !(split > 0 && split < 1)) {
      throw ValueError("fit", "a validation split in [0, 1)", {split});
    }
    if (options.validation_data) throw ValueError("fit", "a validation split or validation data", "both");
    const auto rows = static_cast<Index>(std::floor(static_cast<double>(data.rows()) * (1 - split)));
    if (rows < 1 || rows >= data.rows()) {
      throw ValueError("fit", {"a validation split that leaves some of ", data.rows(), " rows on either side"},
                       {split});
    }
    return rows;
  }

  /// @throws ValueError for options outside their domain; StateError for an optimizer whose buffers the model has left
  [[gnu::cold]] void check(const Data& data) const {
    if (options_.epochs < 1) throw ValueError("fit", "at least one epoch", {options_.epochs});
    const Index most = (std::numeric_limits<Index>::max)() / batches_.count();
    if (options_.initial_epoch < 0 || options_.initial_epoch > most) {
      throw ValueError("fit", {"an initial epoch from 0 to ", most}, {options_.initial_epoch});
    }
    for (const auto& [name, limit] : {std::pair("value", options_.clipping.value),
                                      {"norm_each", options_.clipping.norm_each},
                                      {"norm", options_.clipping.norm}}) {
      check_limit("fit: clipping." + std::string(name), limit);
    }
    check_strata(options_.strata, data.rows());
    check_callbacks(options_.callbacks);
    check_metrics("fit", options_.metrics);
    if (storage_.left) {
      throw StateError("fit", "an optimizer of the model's parameters", "one of before they were gathered anew");
    }
  }

  /// @throws ValueError for a metric or a callback's quantity of a name that the history has for something else
  [[gnu::cold]] void name_quantities() {
    const auto add = [&](std::string name) {
      if (std::ranges::find(quantities_, name) != quantities_.end()) {
        throw ValueError("fit", "one quantity of each name in the history", {"two ", name});
      }
      quantities_.push_back(std::move(name));
    };
    for (const char* prefix : {"", "val_"}) {
      if (*prefix && !validation_) break;
      add(std::string(prefix) + "loss");
      if (storage_.penalized()) add(std::string(prefix) + "data_loss");
      for (const auto& metric : options_.metrics) add(prefix + metric.name);
    }
    if (options_.gradient_norm) add("gradient_norm");
    for (const char* name : {"learning_rate", "seconds"}) add(name);
    for (const Callback* callback : options_.callbacks) {
      for (std::string& name : callback->quantities()) add(std::move(name));
    }
  }

  void call(void (Callback::*event)(Training&)) {
    for (Callback* callback : options_.callbacks) (callback->*event)(training_);
    (printer_.*event)(training_);
  }

  /// False when a loss, a gradient or what came of a step was not finite. Not inlined, for what calls it is compiled
  /// for size.
  [[gnu::noinline]] bool train_epoch() {
    const auto stream = 2 * static_cast<std::uint64_t>(training_.epoch);
    if (options_.shuffle) batches_.shuffle(Rng(options_.seed, stream));
    if (options_.shuffle && !options_.strata.empty()) batches_.balance(options_.strata);
    shards_.seed(options_.seed, stream + 1);
    means_.reset();
    predictions_.reset();
    gradient_norms_ = 0;
    for (training_.batch = 0; training_.batch < training_.batches; ++training_.batch) {
      call(&Callback::on_batch_begin);
      if (!step(batches_[training_.batch])) return false;
      training_.loss = means_.loss() + means_.penalty();
      call(&Callback::on_batch_end);
      ++training_.step;
    }
    if (!check_steps()) return false;
    record("", predictions_);
    if (options_.gradient_norm) {
      history_.record("gradient_norm", gradient_norms_ / static_cast<double>(training_.batches));
    }
    return true;
  }

  bool step(const typename Data::Batch& batch) {
    shards_.run(batch, forward_, true);
    if (!check_finite("loss", shards_.loss())) {
      storage_.gradients.fill(T{});  // of the shards that were finite
      return false;
    }
    shards_.add_gradients();
    add_means(predictions_);
    storage_.add_penalty_gradients();
    if (!gradients_finite(storage_)) {
      const NotFinite<T> found = find_not_finite_gradient(storage_);
      storage_.gradients.fill(T{});
      return stop("gradient", static_cast<double>(found.value), found.entry->name);
    }
    if (options_.gradient_norm) gradient_norms_ += gradient_norm(storage_);
    clip_gradients(storage_, options_.clipping);
    if (!is_finite(training_.learning_rate) || !(training_.learning_rate >= 0)) {
      throw ValueError("fit", {"a learning rate of at least 0 in step ", training_.step}, {training_.learning_rate});
    }
    optimizer_.update();
    return true;
  }

  /// Looks, once in an epoch, for what steps made of finite gradients: weights, or squares, beyond T's range.
  bool check_steps() {
    if (!kernels::all_finite(storage_.values.size(), storage_.values.data())) {
      const NotFinite<T> found = find_not_finite(storage_, storage_.values.data());
      return stop("weight", static_cast<double>(found.value), found.entry->name);
    }
    const auto spoilt = optimizer_.spoilt();
    if (!spoilt.what) return true;
    return stop((std::string("value among the optimizer's ") + spoilt.what).c_str(),
                static_cast<double>(spoilt.at.value), spoilt.at.entry->name);
  }

  void validate() {
    means_.reset();
    validation_predictions_->reset();
    for (Index i = 0; i < validation_->count(); ++i) {
      shards_.run((*validation_)[i], forward_, false);
      add_means(*validation_predictions_);
    }
    record("val_", *validation_predictions_);
  }

  void add_means(Predictions<T, Target>& predictions) {
    const double penalty = storage_.penalty();
    shards_.for_each([&](Index rows, const Outcome<T>& outcome, View<const Target> target) {
      means_.add(rows, static_cast<double>(outcome.loss.item()), penalty);
      if (!options_.metrics.empty()) predictions.add(rows, outcome.prediction.value(), target);
    });
  }

  [[gnu::cold, gnu::noinline]] void record(const std::string& prefix, const Predictions<T, Target>& predictions) {
    history_.record(prefix + "loss", means_.loss() + means_.penalty());
    if (storage_.penalized()) history_.record(prefix + "data_loss", means_.loss());
    for (std::size_t i = 0; i < options_.metrics.size(); ++i) {
      history_.record(prefix + options_.metrics[i].name, predictions.metric(i, means_.loss()));
    }
  }

  /// The step that would have followed from such a loss is not taken.
  bool check_finite(const char* name, double value) { return is_finite(value) || stop(name, value); }

  [[gnu::cold, gnu::noinline]] bool stop(const char* name, double value, const std::string& parameter = {}) {
    history_.stop = Stop::not_finite;
    history_.reason = "a ";
    history_.reason.append(name).append(" of ").append(std::to_string(value));
    if (!parameter.empty()) history_.reason.append(" in ").append(parameter);
    history_.reason.append(" in epoch ").append(std::to_string(training_.epoch + 1));
    if (training_.batch < training_.batches) {
      history_.reason.append(", batch ").append(std::to_string(training_.batch + 1));
    }
    return false;
  }

  ParameterStorage<T>& storage_;
  AnyOptimizerOf<T> optimizer_;
  ForwardPass<T, Data> forward_;
  const FitOptions<T, Data>& options_;
  Shards<T, Data> shards_;
  Batches<Data> batches_;
  std::optional<Batches<Data>> validation_;
  Means means_;
  Predictions<T, Target> predictions_;
  std::optional<Predictions<T, Target>> validation_predictions_;
  double gradient_norms_ = 0;  // their sum over the epoch so far
  History history_;
  ProgressPrinter printer_;
  std::vector<std::string> quantities_;
  Training training_;
};

template <class T, class Data, class Optimizer>
[[gnu::cold]] History fit(Optimizer& optimizer, ForwardPass<T, Data> forward, const Data& data,
                          const FitOptions<T, Data>& options) {
  const auto update = [&] {
    if constexpr (requires { optimizer.update(); }) {
      optimizer.update();
    } else {
      optimizer.step();
    }
  };
  const auto spoilt = [&] {
    typename AnyOptimizerOf<T>::Spoilt first;
    const auto look = [&]<class Member>(const char* name, const Member& member) {
      if constexpr (std::is_same_v<Member, Tensor<T>>) {
        if (first.what || kernels::all_finite(member.size(), member.data())) return;
        first = {name, find_not_finite(optimizer.storage(), member.data())};
      }
    };
    if constexpr (requires { Optimizer::state(std::as_const(optimizer), look); }) {
      Optimizer::state(std::as_const(optimizer), look);
    }
    return first;
  };
  const AnyOptimizerOf<T> any{optimizer.storage(), optimizer.config.learning_rate, optimizer.group_rates(), update,
                              spoilt};
  return Fit<T, Data>(any, forward, data, options).run();
}

/// @throws StateError unless the optimizer has parameters of the model, or where others have some that are trainable
template <class T, class Model>
[[gnu::cold]] void check_optimizer_of(const Model& model, const ParameterStorage<T>& storage) {
  if constexpr (Module<const Model>) {
    bool any = false, some = false;
    const auto look = [&](const std::string& path, const Parameter<T>& parameter) {
      const bool here = parameter.gathered_in(storage);
      any = any || here;
      some = true;
      if (parameter.gathered() && !here && parameter.trainable()) {
        throw StateError("fit", "an optimizer of the model's parameters", {"one of others than ", path});
      }
    };
    visit_parameters(model, {}, look);
    if (some && !any) throw StateError("fit", "an optimizer of the model's parameters", "one of none of them");
  }
}

}  // namespace detail

/// What a function of a batch gives where metrics are to be measured, too.
template <class T>
struct LossAndPrediction {
  Var<T> loss;        ///< a scalar
  Var<T> prediction;  ///< (rows, …)
};

/// Trains with any function of a batch: loss(tape, batch, rng) → Var, a scalar, or LossAndPrediction. `batch.inputs` is a
/// tuple of views, `batch.target` a view; `rng` is null when the validation data are measured. Layers find it on the tape,
/// too, and so drop out in training whether they are given it or not.
/// @throws what the loss and the callbacks throw; StateError when the loss depends on no trainable parameter, or on one
///   that another optimizer has; ValueError for options outside their domain, for metrics of one name, and for callbacks
///   that monitor what is not measured: all before the first step
template <AnyOptimizer Optimizer, class Loss, detail::AnyDataset Data>
[[gnu::cold]] History fit(Optimizer& optimizer, Loss&& loss, const Data& data,
                          const FitOptions<typename Optimizer::value_type, std::type_identity_t<Data>>& options = {}) {
  using T = typename Optimizer::value_type;
  using Result = std::invoke_result_t<Loss&, Tape<T>&, const typename Data::Batch&, Rng*>;
  if constexpr (std::is_convertible_v<Result, Var<T>>) {
    if (!options.metrics.empty()) {
      throw ValueError("fit", "no metrics, or a loss that gives LossAndPrediction", "metrics of what is not predicted");
    }
  }
  const auto forward = [&](Tape<T>& tape, const typename Data::Batch& batch, Rng* rng) {
    if constexpr (std::is_convertible_v<Result, Var<T>>) {
      return detail::Outcome<T>{loss(tape, batch, rng), {}};
    } else {
      const LossAndPrediction<T> both = loss(tape, batch, rng);
      return detail::Outcome<T>{both.loss, both.prediction};
    }
  };
  return detail::fit<T, Data>(optimizer, forward, data, options);
}

/// Trains a model so that loss(prediction, target) becomes small. The optimizer was made with the model's Parameters.
///
/// The model is called as model(x…), or model(x…, rng) where it takes an `Rng*`, which is null when the validation data
/// are measured; inputs and targets are Vars where they are floating-point, and views where they are integers. The
/// optimizer's regularizers are part of the loss; a loss or gradient that is not finite ends the training, the weights
/// being those before it. @throws as above; StateError for an optimizer of another model
template <class Model, AnyOptimizer Optimizer, class Loss, detail::AnyDataset Data>
[[gnu::cold]] History fit(Model& model, Optimizer& optimizer, Loss&& loss, const Data& data,
                          const FitOptions<typename Optimizer::value_type, std::type_identity_t<Data>>& options = {}) {
  using T = typename Optimizer::value_type;
  detail::check_optimizer_of<T>(model, optimizer.storage());
  const auto forward = detail::forward_of<T, Data>(model, loss);
  return detail::fit<T, Data>(optimizer, forward, data, options);
}

/// The same with a loss by its name: fit(model, adam, mse, data).
template <class Model, AnyOptimizer Optimizer, detail::AnyDataset Data>
[[gnu::cold]] History fit(Model& model, Optimizer& optimizer, LossFunction<typename Optimizer::value_type> loss,
                          const Data& data,
                          const FitOptions<typename Optimizer::value_type, std::type_identity_t<Data>>& options = {}) {
  using T = typename Optimizer::value_type;
  detail::check_optimizer_of<T>(model, optimizer.storage());
  const auto forward = detail::forward_of<T, Data>(model, loss);
  return detail::fit<T, Data>(optimizer, forward, data, options);
}

}}  // namespace tenure::TENURE_ABI
