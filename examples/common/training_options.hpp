/// Options of the example programs that train a model, and the training as they ask for it: with checkpoints, with an
/// end at Ctrl-C, and with --resume.
#pragma once

#include <CLI/CLI.hpp>
#include <tenure/core/thread_pool.hpp>
#include <tenure/train/early_stopping.hpp>
#include <tenure/train/fit.hpp>
#include <tenure/train/interrupt.hpp>
#include <tenure/train/model_checkpoint.hpp>

#include <tenure/io/state_json.hpp>
#include <tenure/report/tables.hpp>
#include <tenure/track/run_directory.hpp>

namespace tenure {

/// Their initial values are the defaults: a program sets its own before add_options().
struct TrainingOptions {
  std::string out = {}, init = {};
  Index epochs = 20, batch_size = 32, patience = 0, threads = 1;
  std::uint64_t seed = 42;
  double learning_rate = 1e-3;
  bool no_shuffle = false, resume = false, no_report = false, quiet = false;
  std::span<const Index> strata = {};  ///< see FitOptions; no option

  void add_options(CLI::App& app, const std::string& seed_of = "of the weights and the order of the rows") {
    const auto number = [&](const char* name, Index& value, int low, int high, const char* help) {
      app.add_option(name, value, help)->check(CLI::Range(low, high))->capture_default_str();
    };
    number("--epochs", epochs, 1, 1'000'000, "");
    number("--batch-size", batch_size, 1, 1'000'000, "");
    app.add_option("--seed", seed, seed_of)->capture_default_str();
    number("--threads", threads, 1, 4096, "large batches are cut among them; any number gives the same result");
    app.add_option("--learning-rate", learning_rate, "Adam's")->check(CLI::Range(0.0, 1e30))->capture_default_str();
    app.add_option("--out", out, "directory for the model and what was measured")->capture_default_str();
    app.add_option("--init", init, "safetensors file of weights to start from")->check(CLI::ExistingFile);
    app.add_flag("--no-shuffle", no_shuffle, "keep the rows in order in every epoch");
    app.add_flag("--resume", resume,
                 "go on from the checkpoint in --out; the options must be the same, --epochs and --threads aside");
    number("--patience", patience, 0, 1'000'000, "stop after so many epochs without a better val_loss; 0: never");
    app.add_flag("--no-report", no_report, "leave out report.html");
    app.add_flag("--quiet", quiet, "say nothing but what goes wrong");
  }

  /// What the weights depend on, --epochs aside: config.json has it, and a training is resumed with the same alone.
  nlohmann::ordered_json json() const {
    return {{"batch_size", batch_size}, {"seed", seed},        {"learning_rate", learning_rate}, {"init", init},
            {"shuffle", !no_shuffle},   {"patience", patience}};
  }

  template <class Data>
  FitOptions<float, Data> fit_options(Executor& executor) const {
    return {.epochs = epochs,
            .batch_size = batch_size,
            .shuffle = !no_shuffle,
            .seed = seed,
            .strata = strata,
            .progress = quiet ? Progress::silent : Progress::automatic,
            .executor = &executor};
  }

  /// Trains, with checkpoints in --out, which is made. @param of what --resume must find as it was: texts of JSON
  /// @param callbacks called before the checkpoint is written @param metrics also measured in every epoch
  /// @param parts callbacks whose state is in the checkpoint
  /// @throws Error where the training ended before its time, saying how to go on
  template <class Model, class Optimizer, class Loss, class Data, class... Parts>
  History train(Model& model, Optimizer& optimizer, Loss loss, const Data& data, const Data& validation,
                const std::map<std::string, std::string>& of, const std::vector<Callback*>& callbacks = {},
                const std::vector<Metric<float, typename Data::target_type>>& metrics = {}, Parts&... parts) const {
    make_directory(out);
    const std::string file = in_directory(out, "checkpoint.safetensors");
    EarlyStopping early({.patience = patience > 0 ? patience : epochs});
    Interrupt interrupt;
    ModelCheckpoint checkpoints(file, model, optimizer, of, early, parts...);
    ThreadPool pool(threads);
    auto options = fit_options<Data>(pool);
    options.validation_data = &validation;
    options.metrics = metrics;
    options.callbacks = {&early, &interrupt, &parts...};
    options.callbacks.insert(options.callbacks.end(), callbacks.begin(), callbacks.end());
    options.gradient_norm = !callbacks.empty();  // for those who watch
    options.callbacks.push_back(&checkpoints);
    if (resume) options.initial_epoch = checkpoints.load();
    const History history = checkpoints.whole(fit(model, optimizer, loss, data, options));
    if (history.stop == Stop::not_finite) {
      throw Error(history.reason + "; " + file + " has the last good weights, if an epoch was good");
    }
    if (interrupt.requested() && history.epochs() < epochs) {
      throw Error("interrupted after epoch " + std::to_string(history.epochs()) + " of " + std::to_string(epochs) +
                  "; the same command with --resume goes on from " + file);
    }
    return history;
  }
};

}  // namespace tenure
