/// Options of the example programs that train a model: they fill clv::TrainingOptions.
#pragma once

#include <CLI/CLI.hpp>
#include <cstdio>
#include <tenure/clv/training.hpp>

namespace tenure {

/// An option that is a number from `low` to `high`.
inline void add_number(CLI::App& app, const char* name, Index& value, int low, int high, const char* help) {
  app.add_option(name, value, help)->check(CLI::Range(low, high))->capture_default_str();
}

/// Their initial values are the defaults: a program sets its own before add_options().
struct TrainingOptions {
  std::string out = {}, init = {};
  Index epochs = 20, batch_size = 32, patience = 0, threads = 1;
  std::uint64_t seed = 42;
  double learning_rate = 1e-3;
  bool no_shuffle = false, resume = false, no_report = false, quiet = false;

  void add_options(CLI::App& app, const std::string& seed_of = "of the weights and the order of the rows") {
    add_number(app, "--epochs", epochs, 1, 1'000'000, "");
    add_number(app, "--batch-size", batch_size, 1, 1'000'000, "");
    app.add_option("--seed", seed, seed_of)->capture_default_str();
    add_number(app, "--threads", threads, 1, 4096,
               "large batches are cut among them; any number gives the same result");
    app.add_option("--learning-rate", learning_rate, "Adam's")->check(CLI::Range(0.0, 1e30))->capture_default_str();
    app.add_option("--out", out, "directory for the model and what was measured")->capture_default_str();
    app.add_option("--init", init, "safetensors file of weights to start from")->check(CLI::ExistingFile);
    app.add_flag("--no-shuffle", no_shuffle, "keep the rows in order in every epoch");
    app.add_flag("--resume", resume,
                 "go on from the checkpoint in --out; the options must be the same, --epochs and --threads aside");
    add_number(app, "--patience", patience, 0, 1'000'000,
               "stop after so many epochs without a better val_loss; 0: never");
    app.add_flag("--no-report", no_report, "leave out report.html");
    app.add_flag("--quiet", quiet, "say nothing but what goes wrong");
  }

  /// With checkpoints in --out and an end at Ctrl-C. Tracking::followed() adds those who watch.
  clv::TrainingOptions training() const {
    return {.epochs = epochs,
            .batch_size = batch_size,
            .learning_rate = learning_rate,
            .seed = seed,
            .shuffle = !no_shuffle,
            .patience = patience,
            .threads = threads,
            .init = init,
            .directory = out,
            .resume = resume,
            .stop_at_interrupt = true,
            .progress = quiet ? Progress::silent : Progress::automatic};
  }

  /// Has --out to itself while it lives. @throws FileError where another program trains in it
  DirectoryLock lock() const { return DirectoryLock(out); }

  /// Says which files the run left in --out, beside the report, and what the report lacks, if anything.
  void say_written(const char* files, const std::string& lacks) const {
    std::printf("%s: %s\n", out.c_str(), files);
    if (!no_report) std::printf("report: %s\n", in_directory(out, "report.html").c_str());
    if (!lacks.empty()) std::puts(lacks.c_str());
  }

  /// What config.json says of the training, behind the model's own options.
  nlohmann::ordered_json json(const std::string& data) const {
    nlohmann::ordered_json all = clv::training_json(training());
    all.update({{"data", data}, {"epochs", epochs}});
    return all;
  }
};

}  // namespace tenure
