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
/// and around it are the order of the rows, validation, the history, callbacks, progress, and an end where the loss is
/// no longer a number. From the third step on, nothing is allocated within an epoch. The same seed gives the same bits:
/// the order of the rows and what is dropped out in epoch e depend on the seed and e alone.
#pragma once

#include <chrono>
#include <cmath>
#include <optional>

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
  std::vector<Metric<T, typename Data::target_type>> metrics = {};
  std::vector<Callback*> callbacks = {};
  Progress progress = Progress::automatic;
  bool flush_denormals = true;
  /// Cuts large batches into shards that it works on at once, for losses that are means over the rows, and a model and
  /// loss that several threads may call. Any number of threads gives the same bits; null leaves batches whole.
  Executor* executor = nullptr;
};

namespace detail {

/// One call of fit(), which knows neither the model nor the loss nor the optimizer: it is compiled once for all of
/// them.
template <class T, class Data>
class Fit {
  using Clock = std::chrono::steady_clock;

 public:
  [[gnu::cold]] Fit(ParameterStorage<T>& storage, double& learning_rate, FunctionRef<void()> optimize,
                    ForwardPass<T, Data> forward, const Data& data, const FitOptions<T, Data>& options)
      : storage_(storage),
        optimize_(optimize),
        forward_(forward),
        options_(options),
        shards_(storage, options.executor, options.flush_denormals),
        batches_(data, 0, training_rows(data, options), options.batch_size),
        means_(options.metrics),
        printer_(options.progress),
        training_{history_, learning_rate, std::as_writable_bytes(storage.values.view().span()), options.epochs,
                  batches_.count()} {
    if (options.epochs < 1) throw ValueError("fit", "at least one epoch", {options.epochs});
    if (!options.strata.empty() && static_cast<Index>(options.strata.size()) != data.rows()) {
      throw ShapeError("fit", {"a stratum for each of ", data.rows(), " rows"}, {options.strata.size()});
    }
    if (options.validation_data) {
      validation_.emplace(*options.validation_data, 0, options.validation_data->rows(), options.batch_size);
    } else if (batches_.rows() < data.rows()) {
      validation_.emplace(data, batches_.rows(), data.rows(), options.batch_size);
    }
    training_.epoch = options.initial_epoch;
    training_.step = options.initial_epoch * batches_.count();
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
    if (split == 0) return data.rows();
    if (!(split > 0 && split < 1)) throw ValueError("fit", "a validation split in [0, 1)", {split});
    if (options.validation_data) throw ValueError("fit", "a validation split or validation data", "both");
    return static_cast<Index>(std::floor(static_cast<double>(data.rows()) * (1 - split)));
  }

  void call(void (Callback::*event)(Training&)) {
    for (Callback* callback : options_.callbacks) (callback->*event)(training_);
    (printer_.*event)(training_);
  }

  /// False when a loss was not finite. Not inlined, for what calls it is compiled for size.
  [[gnu::noinline]] bool train_epoch() {
    const auto stream = 2 * static_cast<std::uint64_t>(training_.epoch);
    if (options_.shuffle) batches_.shuffle(Rng(options_.seed, stream));
    if (options_.shuffle && !options_.strata.empty()) batches_.balance(options_.strata);
    shards_.seed(options_.seed, stream + 1);
    means_.reset();
    gradient_norms_ = 0;
    for (training_.batch = 0; training_.batch < training_.batches; ++training_.batch) {
      call(&Callback::on_batch_begin);
      if (!step(batches_[training_.batch])) return false;
      training_.loss = means_.loss() + means_.penalty();
      call(&Callback::on_batch_end);
      ++training_.step;
    }
    record("");
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
    add_means();
    storage_.add_penalty_gradients();
    if (options_.gradient_norm) gradient_norms_ += gradient_norm(storage_);
    clip_gradients(storage_, options_.clipping);
    optimize_();
    return true;
  }

  void validate() {
    means_.reset();
    for (Index i = 0; i < validation_->count(); ++i) {
      shards_.run((*validation_)[i], forward_, false);
      add_means();
    }
    record("val_");
  }

  void add_means() {
    const double penalty = storage_.penalty();
    shards_.for_each([&](Index rows, const Outcome<T>& outcome, View<const typename Data::target_type> target) {
      means_.add(rows, outcome, penalty, target);
    });
  }

  [[gnu::cold, gnu::noinline]] void record(const std::string& prefix) {
    history_.record(prefix + "loss", means_.loss() + means_.penalty());
    if (storage_.penalized()) history_.record(prefix + "data_loss", means_.loss());
    for (std::size_t i = 0; i < options_.metrics.size(); ++i) {
      history_.record(prefix + options_.metrics[i].name, means_.metric(i));
    }
  }

  /// The step that would have followed from such a loss is not taken.
  bool check_finite(const char* name, double value) { return is_finite(value) || stop(name, value); }

  [[gnu::cold, gnu::noinline]] bool stop(const char* name, double value) {
    history_.stop = Stop::not_finite;
    history_.reason = "a ";
    history_.reason.append(name).append(" of ").append(std::to_string(value));
    history_.reason.append(" in epoch ").append(std::to_string(training_.epoch + 1));
    if (training_.batch < training_.batches) {
      history_.reason.append(", batch ").append(std::to_string(training_.batch + 1));
    }
    return false;
  }

  ParameterStorage<T>& storage_;
  FunctionRef<void()> optimize_;
  ForwardPass<T, Data> forward_;
  const FitOptions<T, Data>& options_;
  Shards<T, Data> shards_;
  Batches<Data> batches_;
  std::optional<Batches<Data>> validation_;
  Means<T, typename Data::target_type> means_;
  double gradient_norms_ = 0;  // their sum over the epoch so far
  History history_;
  ProgressPrinter printer_;
  Training training_;
};

template <class T, class Data, class Optimizer>
[[gnu::cold]] History fit(Optimizer& optimizer, ForwardPass<T, Data> forward, const Data& data,
                          const FitOptions<T, Data>& options) {
  const auto step = [&] { optimizer.step(); };
  return Fit<T, Data>(optimizer.storage(), optimizer.config.learning_rate, step, forward, data, options).run();
}

}  // namespace detail

/// Trains with any function of a batch: loss(tape, batch, rng) → Var, a scalar. `batch.inputs` is a tuple of views,
/// `batch.target` a view; `rng` is null when the validation data are measured. Layers find it on the tape, too, and so
/// drop out in training whether they are given it or not.
/// @throws what the loss and the callbacks throw; StateError when the loss depends on no trainable parameter;
///   ValueError for options outside their domain
template <AnyOptimizer Optimizer, class Loss, detail::AnyDataset Data>
[[gnu::cold]] History fit(Optimizer& optimizer, Loss&& loss, const Data& data,
                          const FitOptions<typename Optimizer::value_type, std::type_identity_t<Data>>& options = {}) {
  using T = typename Optimizer::value_type;
  if (!options.metrics.empty()) throw ValueError("fit", "no metrics where there is no prediction", "some");
  const auto forward = [&](Tape<T>& tape, const typename Data::Batch& batch, Rng* rng) {
    return detail::Outcome<T>{loss(tape, batch, rng), {}};
  };
  return detail::fit<T, Data>(optimizer, forward, data, options);
}

/// Trains a model so that loss(prediction, target) becomes small. The optimizer was made with the model's Parameters.
///
/// The model is called as model(x…), or model(x…, rng) where it takes an `Rng*`, which is null when the validation data
/// are measured, and which its layers also find on the tape; inputs and targets are Vars where they are floating-point, and views where they are integers. The
/// optimizer's regularizers are part of the loss; a loss that is not finite ends the training, the weights being those
/// before it. @throws as above
template <class Model, AnyOptimizer Optimizer, class Loss, detail::AnyDataset Data>
[[gnu::cold]] History fit(Model& model, Optimizer& optimizer, Loss&& loss, const Data& data,
                          const FitOptions<typename Optimizer::value_type, std::type_identity_t<Data>>& options = {}) {
  using T = typename Optimizer::value_type;
  const auto forward = detail::forward_of<T, Data>(model, loss);
  return detail::fit<T, Data>(optimizer, forward, data, options);
}

/// The same with a loss by its name: fit(model, adam, mse, data).
template <class Model, AnyOptimizer Optimizer, detail::AnyDataset Data>
[[gnu::cold]] History fit(Model& model, Optimizer& optimizer, LossFunction<typename Optimizer::value_type> loss,
                          const Data& data,
                          const FitOptions<typename Optimizer::value_type, std::type_identity_t<Data>>& options = {}) {
  using T = typename Optimizer::value_type;
  const auto forward = detail::forward_of<T, Data>(model, loss);
  return detail::fit<T, Data>(optimizer, forward, data, options);
}

}}  // namespace tenure::TENURE_ABI
