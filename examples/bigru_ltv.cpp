/// The bidirectional GRUs of "Customer Lifetime Value Prediction using Deep Learning": trains them on daily series, as
/// the value per customer of cohorts, measures them beside naive rules, and forecasts days to come.
#include <tenure/clv/bigru/report.hpp>

#include "common/bigru_options.hpp"
#include "common/series_input.hpp"

using namespace tenure;
using clv::BiGruData, clv::BiGruForecaster;

namespace {

constexpr const char* examples = R"(
Examples:
  bigru_ltv train                                        on cohorts of a simulated shop, into runs/bigru_ltv
  tenure-data cohorts --data online_retail.csv --out cohorts
  bigru_ltv train --data-path cohorts --folds 5 --threads 2
  bigru_ltv train --data-path shops --date-column day --value-column sales --window 60 --attention --loss huber
  bigru_ltv train --data-path cohorts --resume           after Ctrl-C, with the other options as before
  bigru_ltv predict --model-path runs/bigru_ltv --data-path cohorts --horizon 90 --interval 0.9 --out predictions.csv
)";

void say_skipped(const std::vector<std::string>& skipped, Index days) {
  for (const std::string& name : skipped) {
    std::printf("skipped: %s, less than the %td needed\n", text::printable(name).c_str(), days);
  }
}

void train(const SeriesInput& input, const BiGruOptions& options) {
  const TrainingOptions& training = options.training;
  const DirectoryLock lock = training.lock();
  const clv::BiGruForecasterConfig config = options.config();
  nlohmann::ordered_json all = clv::options_json(config);
  all.update(training.json(input.source()));
  Tracking tracked = options.tracking.start(training.out, all);
  const clv::BiGruLongEnough used = clv::long_enough(input.read(), config.data.window + 1);
  const BiGruData data(used.set, config.data);
  std::vector<std::string> notes = {describe(data, input.source(), training.seed)};
  for (const std::string& name : used.skipped)
    notes.push_back("Skipped, for it is shorter than a window: " + name + ".");
  if (!training.quiet) {
    say_skipped(used.skipped, config.data.window + 1);
    std::puts(text::printable(notes[0]).c_str());
  }
  ThreadPool pool(training.threads);
  const clv::BiGruFoldKind kind = options.blocked ? clv::BiGruFoldKind::blocked : clv::BiGruFoldKind::forward;
  if (options.folds > 0) clv::check_folds(data, options.folds, kind, pool);
  BiGruForecaster model(config);
  const History history = model.fit(data, tracked.followed(training.training()));
  clv::BiGruOutcome outcome =
      clv::bigru_outcome(model, data, history, {.share = options.share, .seed = training.seed}, &pool);
  outcome.notes = std::move(notes);
  if (options.folds > 0) {
    outcome.folds = clv::cross_validate(config, data, options.folds, kind, training.training(), pool);
  }
  const nlohmann::ordered_json metrics = clv::write_run(model, outcome, training.out, all);
  const std::string page = in_directory(training.out, "report.html"),
                    lacks = training.no_report ? "" : clv::write_report(outcome, page);
  if (!training.quiet) {
    std::fputs(text::printable(text_of(outcome), true).c_str(), stdout);
    training.say_written("model.safetensors, config.json, history.csv, metrics.json, predictions.csv", lacks);
  }
  tracked.finish(training.out, metrics);
}

struct Predict {
  SeriesInput input;
  std::string model, out = "predictions.csv";
  clv::BiGruForecastOptions options;
  Index threads = 1;

  void add_to(CLI::App& program) {
    CLI::App& app = *program.add_subcommand("predict", "write each series' days to come, with intervals");
    input.add_options(app, true);
    app.add_option("--model-path", model, "directory that train wrote")->required();
    app.add_option("--horizon", options.horizon, "days")->check(CLI::Range(1, 3650))->capture_default_str();
    app.add_option("--interval", options.share, "that the intervals are to hold")
        ->check(share_below_one())
        ->capture_default_str();
    app.add_option("--seed", options.seed, "of the residuals that are drawn")->capture_default_str();
    app.add_option("--threads", threads, "series are forecast at once; any number gives the same result")
        ->check(CLI::Range(1, 4096))
        ->capture_default_str();
    app.add_option("--out", out, "CSV file to write")->capture_default_str();
    app.final_callback([this] { run(); });
  }

  void run() const {
    const BiGruForecaster forecaster = BiGruForecaster::load(model);
    const clv::BiGruLongEnough used = clv::long_enough(input.read(), forecaster.config.data.window);
    forecaster.check_regressors(used.set, input.source());
    say_skipped(used.skipped, forecaster.config.data.window);
    ThreadPool pool(threads);
    const std::vector<clv::BiGruForecast> forecasts = forecaster.predict(used.set, options, &pool);
    clv::write_csv(forecasts, out);
    std::printf("%s: %td days of %zu series\n", out.c_str(), options.horizon, forecasts.size());
    if (!forecaster.regressors.empty()) {
      std::printf("assumed: %s of the days to come as on the same weekday of each series' last week\n",
                  text::printable(text::joined(forecaster.regressors)).c_str());
    }
  }
};

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("Daily values by bidirectional GRUs.", "bigru_ltv");
  app.footer(examples);
  app.require_subcommand(1);
  SeriesInput input;
  BiGruOptions options;
  CLI::App& trains = *app.add_subcommand("train", "train the model, measure it and write all to a directory");
  input.add_options(trains, false);
  options.add_options(trains);
  trains.final_callback([&] { train(input, options); });
  Predict predict;
  predict.add_to(app);
  WithDashes arguments(argc, argv);
  return run_program(app, argc, arguments.argv());
}
