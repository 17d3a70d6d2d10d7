/// How the models of customers are trained: fit() with checkpoints, early stopping and an end at Ctrl-C, the same for
/// all of them.
///
///   const History history = model.fit(data, {.epochs = 20, .patience = 3, .directory = "runs/shop"});
///
/// Component tenure::json.
#pragma once

#include <functional>
#include <optional>

#include "../core/thread_pool.hpp"
#include "../io/model_file.hpp"
#include "../train/early_stopping.hpp"
#include "../train/fit.hpp"
#include "../train/interrupt.hpp"
#include "../train/model_checkpoint.hpp"

namespace tenure { inline namespace TENURE_ABI { namespace clv {

/// Options of every forecaster's fit(). What is absent is as the model was published.
struct TrainingOptions {
  std::optional<Index> epochs = {};
  std::optional<Index> batch_size = {};
  double learning_rate = 1e-3;  ///< Adam's
  std::uint64_t seed = 42;      ///< of the weights, the order of the rows and dropout
  bool shuffle = true;          ///< the rows, anew in every epoch
  Index patience = 0;           ///< epochs without a better val_loss after which the training ends; 0: never
  Index threads = 1;            ///< that large batches are cut among; any number gives the same bits
  std::string init = {};        ///< safetensors file of weights to start from; empty: drawn ones
  /// For checkpoint.safetensors, made where it is not there and refused where another program trains in it; empty: no
  /// checkpoints, and nothing to resume.
  std::string directory = {};
  /// Goes on from the directory's checkpoint, if it is of the same data and options, `epochs` and `threads` aside.
  bool resume = false;
  bool stop_at_interrupt = false;         ///< the first SIGINT or SIGTERM ends the training after its epoch
  std::vector<Callback*> callbacks = {};  ///< called before the checkpoint is written
  bool gradient_norm = false;             ///< also measured, for those who watch
  Progress progress = Progress::silent;   ///< what is said on the terminal
  /// Called with the parameters before the first epoch, for those who draw them (TensorBoard::watch).
  std::function<void(const Parameters<float>&)> watch = {};
};

/// What the weights depend on, epochs aside: config.json has it, and a training is resumed with the same alone.
[[gnu::cold]] inline nlohmann::ordered_json training_json(const TrainingOptions& options) {
  return {{"batch_size", options.batch_size.value()},
          {"seed", options.seed},
          {"learning_rate", options.learning_rate},
          {"init", options.init},
          {"shuffle", options.shuffle},
          {"patience", options.patience}};
}

namespace detail {

/// What a model's training has beside the options that all share.
template <class Data>
struct TrainingOf {
  const Parameters<float>& parameters;  ///< the optimizer's, for those who watch
  const Data& train;
  const Data& validation;
  std::span<const Index> strata = {};                                   ///< see FitOptions
  std::vector<Metric<float, typename Data::target_type>> metrics = {};  ///< also measured in every epoch
  std::map<std::string, std::string> identity = {};  ///< what a checkpoint must agree in to be gone on from
};

/// fit()'s options as those of a training ask for them, in silence and without anything around it.
/// @param options with epochs and batch size
template <class Data>
[[gnu::cold]] FitOptions<float, Data> fit_options(const TrainingOptions& options, Executor* executor) {
  return {.epochs = options.epochs.value(),
          .batch_size = options.batch_size.value(),
          .shuffle = options.shuffle,
          .seed = options.seed,
          .progress = Progress::silent,
          .executor = executor};
}

/// Forgets a network whose training ended by an exception: nothing is forecast by weights that were left half-way. To be
/// declared before what refers to the network.
template <class Network>
class ForgottenUnlessTrained {
 public:
  explicit ForgottenUnlessTrained(std::optional<Network>& network) : network_(network) {}
  ForgottenUnlessTrained(const ForgottenUnlessTrained&) = delete;
  ForgottenUnlessTrained& operator=(const ForgottenUnlessTrained&) = delete;
  ~ForgottenUnlessTrained() {
    if (!trained_) network_.reset();
  }
  void trained() noexcept { trained_ = true; }

 private:
  std::optional<Network>& network_;
  bool trained_ = false;
};

/// Trains a model, from the weights of options.init where there are some. @param options with epochs and batch size
/// @param parts callbacks whose state is in the checkpoint
/// @throws Error where the training ended before its time, saying how to go on
template <class Model, class Optimizer, class Loss, class Data, class... Parts>
[[gnu::cold]] History train_model(Model& model, Optimizer& optimizer, Loss loss, const TrainingOf<Data>& of,
                                  const TrainingOptions& options, Parts&... parts) {
  const Index epochs = options.epochs.value();
  if (!options.init.empty()) tenure::load(model, options.init);
  if (options.watch) options.watch(of.parameters);
  EarlyStopping early({.patience = options.patience > 0 ? options.patience : epochs});
  std::optional<Interrupt> interrupt;
  ThreadPool pool(options.threads);
  auto how = fit_options<Data>(options, &pool);
  how.strata = of.strata;
  how.validation_data = &of.validation;
  how.gradient_norm = options.gradient_norm;
  how.metrics = of.metrics;
  how.progress = options.progress;
  how.callbacks = {&early};
  if (options.stop_at_interrupt) how.callbacks.push_back(&interrupt.emplace());
  (how.callbacks.push_back(&parts), ...);
  how.callbacks.insert(how.callbacks.end(), options.callbacks.begin(), options.callbacks.end());
  if (options.directory.empty()) {
    if (options.resume) throw ValueError("fit", "a directory with the checkpoint to resume from", "none");
    const History history = tenure::fit(model, optimizer, loss, of.train, how);
    if (history.stop == Stop::not_finite) throw Error(history.reason);
    return history;
  }
  const DirectoryLock lock(options.directory);
  const std::string file = in_directory(options.directory, "checkpoint.safetensors");
  ModelCheckpoint checkpoint(file, model, optimizer, of.identity, early, parts...);
  how.callbacks.push_back(&checkpoint);
  if (options.resume) how.initial_epoch = checkpoint.load();
  const History history = checkpoint.whole(tenure::fit(model, optimizer, loss, of.train, how));
  if (history.stop == Stop::not_finite) {
    throw Error(history.reason + "; " + file + " has the last good weights, if an epoch was good");
  }
  if (interrupt && interrupt->requested() && history.epochs() < epochs) {
    throw Error("interrupted after epoch " + std::to_string(history.epochs()) + " of " + std::to_string(epochs) +
                "; the same command with --resume goes on from " + file);
  }
  return history;
}

/// The options with the model's own epochs and batch size where they have none.
[[gnu::cold]] inline TrainingOptions with_defaults(TrainingOptions options, Index epochs, Index batch_size) {
  if (!options.epochs) options.epochs = epochs;
  if (!options.batch_size) options.batch_size = batch_size;
  return options;
}

}  // namespace detail

}}}  // namespace tenure::TENURE_ABI::clv
