#include "tracking_options.hpp"

#ifdef TENURE_HAVE_MLFLOW
#include <tenure/track/mlflow/tracker.hpp>
#endif
#ifdef TENURE_HAVE_TENSORBOARD
#include <tenure/track/tensorboard/tracker.hpp>
#endif

#include <set>
#include <tenure/track/json_values.hpp>

namespace tenure {

namespace {

std::vector<Setting> settings_of(const nlohmann::ordered_json& json) {
  std::vector<Setting> settings;
  for_each_value(json, [&](const std::string& name, const nlohmann::ordered_json& value) {
    settings.push_back({name, text_of(value)});
  });
  return settings;
}

/// As it was given, or as it is by default.
std::string text_of(const CLI::Option& option) {
  const bool is_flag = option.get_items_expected_min() == 0;
  if (option.count() == 0) return is_flag ? "false" : option.get_default_str();
  std::string text;
  for (const std::string& one : option.results()) text += (text.empty() ? "" : ",") + one;
  return text;
}

/// The options of a command that no setting has the name of yet, but for where the run is followed.
void add_options_of(const CLI::App& command, std::vector<Setting>& settings) {
  static const std::set<std::string> others{"help", "mlflow", "experiment", "tensorboard"};
  for (const CLI::Option* option : command.get_options()) {
    std::string name = option->get_single_name();
    if (others.contains(name)) continue;
    std::ranges::replace(name, '-', '_');
    const bool known = std::ranges::find(settings, name, &Setting::name) != settings.end();
    if (!known) settings.push_back({name, text_of(*option)});
  }
}

/// How a training ended, and with which epoch.
class Ending final : public Callback {
 public:
  bool interrupted = false;
  Index last_epoch = 0;
  void on_train_end(Training& training) override {
    interrupted = training.history.reason == "interrupted";
    last_epoch = (std::max)(training.epoch - 1, Index{0});
  }
};

/// A run's name: the last part of its directory's path.
std::string name_of_run(const std::string& directory) {
  const std::filesystem::path path = std::filesystem::absolute(directory).lexically_normal();
  return (path.has_filename() ? path : path.parent_path()).filename().string();
}

#ifdef TENURE_HAVE_TENSORBOARD
/// A directory of the run's own below that of all: NAME, or NAME-2 and so on where earlier runs have the name, for HPARAMS
/// takes of a directory what its first run said. One that goes on has the last of them.
std::string board_directory(const std::string& all, const std::string& name, bool goes_on) {
  make_directory(all);
  const auto numbered = [&](int number) {
    return in_directory(all, number == 1 ? name : name + "-" + std::to_string(number));
  };
  int number = 1;
  while (std::filesystem::exists(numbered(number))) ++number;
  if (goes_on && number > 1) return numbered(number - 1);
  std::error_code error;  // which TensorBoard will name
  while (!std::filesystem::create_directory(numbered(number), error) && !error) ++number;  // another program was faster
  return numbered(number);
}
#endif

constexpr const char* unsent_name = "mlflow-unsent.jsonl";

/// Whether a file of a run's directory is something that came of the run.
bool is_outcome(const std::filesystem::path& path) {
  const std::string name = path.filename().string();
  return !name.starts_with(".") && !name.starts_with("checkpoint") && !name.starts_with("mlflow-unsent") &&
         name.find("tfevents") == std::string::npos && name.find(".tmp-") == std::string::npos;
}

}  // namespace

struct Tracking::Impl {
  std::string experiment;
  std::vector<std::unique_ptr<Tracker>> trackers;
  Tracker* board = nullptr;
  Ending ending;
};

Tracking::Tracking() : impl_(std::make_unique<Impl>()) {}
Tracking::Tracking(Tracking&&) noexcept = default;
Tracking::~Tracking() {
  if (!impl_) return;
  for (const auto& tracker : impl_->trackers) {
    try {
      tracker->finish(impl_->ending.interrupted ? RunStatus::interrupted : RunStatus::failed);
    } catch (const Error&) {  // what ended the run is the error to tell
    }
  }
}

clv::TrainingOptions Tracking::followed(clv::TrainingOptions options) {
  for (const auto& tracker : impl_->trackers) options.callbacks.push_back(tracker.get());
  if (!impl_->trackers.empty()) options.callbacks.push_back(&impl_->ending);
  options.gradient_norm = !options.callbacks.empty();
#ifdef TENURE_HAVE_TENSORBOARD
  if (impl_->board) {
    options.watch = [board = static_cast<TensorBoard*>(impl_->board)](const Parameters<float>& parameters) {
      board->watch(parameters);
    };
  }
#endif
  return options;
}

void Tracking::finish(const std::string& directory, const nlohmann::ordered_json& metrics) {
  if (impl_->trackers.empty()) return;
  std::vector<std::pair<std::string, double>> numbers;
  for_each_value(metrics, [&](const std::string& name, const nlohmann::ordered_json& value) {
    // "run/val_loss", for the training has a "val_loss" of its own for every epoch.
    const bool plain = name.find('/') == std::string::npos;
    if (value.is_number()) numbers.emplace_back(plain ? "run/" + name : name, value.get<double>());
  });
  std::vector<Scalar> scalars;
  for (const auto& [name, value] : numbers) scalars.push_back({name, value});
  std::vector<std::string> model;
  std::vector<std::pair<std::string, std::string>> artifacts;  // path, folder
  for (const auto& entry : std::filesystem::recursive_directory_iterator(directory)) {
    if (!entry.is_regular_file() || !is_outcome(entry.path())) continue;
    const std::filesystem::path relative = std::filesystem::relative(entry.path(), directory);
    const bool is_model = relative == "model.safetensors" || relative == "config.json";
    if (is_model) model.push_back(entry.path().string());
    if (!is_model) artifacts.emplace_back(entry.path().string(), relative.parent_path().string());
  }
  std::ranges::sort(model, std::ranges::greater());  // the weights first
  std::ranges::sort(artifacts);
  for (const auto& tracker : impl_->trackers) {
    tracker->log(scalars, impl_->ending.last_epoch);
    for (const auto& [path, folder] : artifacts) tracker->log_artifact(path, folder);
    if (!model.empty()) tracker->log_model(model, impl_->experiment);
    tracker->finish(RunStatus::finished);
  }
}

Tracking TrackingOptions::start([[maybe_unused]] const std::string& directory,
                                const nlohmann::ordered_json& hyperparameters) const {
  Tracking tracking;
  auto& trackers = tracking.impl_->trackers;
  tracking.impl_->experiment = experiment;
  if (!mlflow.empty()) {
#ifdef TENURE_HAVE_MLFLOW
    const bool is_server = mlflow::is_server(mlflow);
    make_directory(directory);
    trackers.push_back(
        std::make_unique<Mlflow>(MlflowOptions{.uri = mlflow,
                                               .experiment = experiment,
                                               .run_name = name_of_run(directory),
                                               .unsent = is_server ? in_directory(directory, unsent_name) : ""}));
#else
    throw StateError("--mlflow",
                     "a build with libcurl and yaml-cpp (on Debian and Ubuntu: sudo apt-get install "
                     "libcurl4-openssl-dev libyaml-cpp-dev)",
                     "one without");
#endif
  }
  if (!tensorboard.empty()) {
#ifdef TENURE_HAVE_TENSORBOARD
    const CLI::Option* resume = command->get_option_no_throw("--resume");
    trackers.push_back(std::make_unique<TensorBoard>(
        board_directory(tensorboard, name_of_run(directory), resume && resume->count() > 0)));
    tracking.impl_->board = trackers.back().get();
#else
    throw StateError("--tensorboard",
                     "a build with protobuf (on Debian and Ubuntu: sudo apt-get install libprotobuf-dev "
                     "protobuf-compiler)",
                     "one without");
#endif
  }
  std::vector<Setting> settings = settings_of(hyperparameters);
  add_options_of(*command, settings);
  for (const auto& tracker : trackers) tracker->log_hyperparameters(settings);
  return tracking;
}

}  // namespace tenure
