/// Options of the example programs for those who follow their trainings in MLflow or TensorBoard.
///
///   tracking.add_options(app, "hybrid_clv");                      // --mlflow, --experiment, --tensorboard
///   Tracking tracked = tracking.start(training.out, options());   // before anything that takes long
///   model.fit(data, tracked.followed(training.training()));
///   tracked.finish(training.out, metrics);                        // when all files are in the run's directory
#pragma once

#include <CLI/CLI.hpp>
#include <memory>
#include <nlohmann/json.hpp>
#include <tenure/clv/training.hpp>
#include <tenure/track/tracker.hpp>

namespace tenure {

/// A run of a program in all that its options name; where they name nothing, nothing is done. Compiled once for all
/// programs: common/tracking.cpp.
class Tracking {
 public:
  Tracking();
  Tracking(Tracking&&) noexcept;
  Tracking& operator=(Tracking&&) = delete;
  /// A run that an error ends before finish() has failed, or was interrupted.
  ~Tracking();

  /// The options of a training that is followed, of which TensorBoard also draws the parameters' histograms. This must
  /// stay where it is until the training ends.
  clv::TrainingOptions followed(clv::TrainingOptions options);
  /// Logs what was measured, at the last epoch's step under names as "model/rmse" and "run/windows", and every file of the
  /// run's directory but checkpoints as an artifact: model.safetensors and config.json as the model, and as the next version
  /// of the one that is registered under the experiment's name. @throws FileError where TensorBoard's file can't be
  /// written
  void finish(const std::string& directory, const nlohmann::ordered_json& metrics);

 private:
  friend struct TrackingOptions;
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

struct TrackingOptions {
  std::string mlflow = {}, experiment = {}, tensorboard = {};
  const CLI::App* command = nullptr;  ///< whose options a run was started with

  /// @param app the options of the training, with these and those that are still to be added
  /// @param program what the experiment is called where the user does not say
  void add_options(CLI::App& app, const std::string& program) {
    command = &app;
    experiment = program;
    app.add_option("--mlflow", mlflow, "follow the run in MLflow: http://HOST:PORT of a server, or a directory");
    app.add_option("--experiment", experiment, "MLflow's, and the name of its registered model")
        ->capture_default_str()
        ->check(CLI::Validator([](const std::string& name) { return name.empty() ? "is empty" : ""; }, "", ""));
    app.add_option("--tensorboard", tensorboard,
                   "directory for TensorBoard's event files, in which the run gets one of its own");
  }

  /// Every option of the command is a hyper-parameter of the run, as it was given or is by default.
  /// @param directory the run's, which is made where anything is to be followed; the last part of its path is the run's
  ///   name. @param hyperparameters a JSON object: what the run depends on beside the options, or in other words
  /// @throws ValueError for an URI that is none; FileError for directories that can't be used; StateError in a build
  ///   without what an option needs
  Tracking start(const std::string& directory, const nlohmann::ordered_json& hyperparameters) const;
};

}  // namespace tenure
