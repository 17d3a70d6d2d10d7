/// The daily LTV LSTM of a published project for marketers: from seven days of a cohort's LTV it predicts the next
/// thirty, compares them with what came, corrects them, and says what that means for the budget.
#include <tenure/clv/daily_ltv/report.hpp>

#include "common/daily_ltv_options.hpp"
#include "common/run_program.hpp"

using namespace tenure;

namespace {

constexpr const char* examples = R"(
Examples:
  daily_ltv run                                              on simulated campaigns, into runs/daily_ltv
  daily_ltv run --base-path BASE                             on the newest file of BASE/Files
  daily_ltv run --base-path BASE --continue                  when a new file has come
  daily_ltv run --base-path BASE --target-ltv 2.5 --group-by Apps,OS --budget 160000
  daily_ltv run --base-path BASE --target-roas 0.4 --spend-column Spend --users-column Users
  daily_ltv predict --base-path BASE --model runs/daily_ltv
  daily_ltv run --base-path BASE --mlflow ./mlruns --tensorboard events
  daily_ltv simulate --base-path BASE --weeks 30
  tenure-data ltv-curves --data online_retail.csv --out BASE/Files
)";

/// Simulated campaigns as a file of BASE/Files.
clv::Campaigns simulate(const std::string& base, const clv::CampaignConfig& config, std::uint64_t seed) {
  Rng rng(seed);
  clv::Campaigns campaigns = clv::simulate_campaigns(config, rng);
  const std::string directory = in_directory(base, "Files");
  make_directory(directory);
  clv::write_csv(campaigns.table, in_directory(directory, "LTV_" + underscored_date(campaigns.last) + ".csv"));
  return campaigns;
}

void run(const DailyLtvOptions& given) {
  const TrainingOptions& training = given.training;
  const DirectoryLock lock = training.lock();
  clv::DailyLtvAnalysisOptions options = given.filled();
  nlohmann::ordered_json all = clv::options_json(options);
  all.update({{"data", options.base_path.empty() ? "simulated" : options.base_path}, {"epochs", training.epochs}});
  Tracking tracked = given.tracking.start(training.out, all);
  options.training = tracked.followed(std::move(options.training));
  std::optional<clv::CampaignFloor> floor;  // of simulated campaigns
  if (options.base_path.empty()) {
    options.base_path = in_directory(training.out, "campaigns");
    std::fprintf(stderr, "No --base-path: simulated campaigns, whose figures say nothing about real ones.\n");
    floor = clv::campaign_floor(simulate(options.base_path, given.size.config(), 42));
  }
  if (!training.quiet) options.say = [](const std::string& line) { std::puts(text::printable(line).c_str()); };
  const clv::DailyLtvAnalysis analysis = clv::run_daily_ltv_analysis(options);
  const nlohmann::ordered_json metrics = clv::write_run(analysis, training.out, floor);
  const std::string page = in_directory(training.out, "report.html");
  std::vector<std::string> lacks = clv::write_pictures(analysis, training.out);
  if (!training.no_report) lacks.insert(lacks.begin(), clv::write_report(analysis, page));
  tracked.finish(training.out, metrics);
  if (training.quiet) return;
  std::printf("%spredictions: %s\nafter correction: %s\n", text::printable(text_of(analysis, floor), true).c_str(),
              clv::daily_ltv_prediction_path(options.base_path, training.epochs, analysis.input.file).c_str(),
              clv::daily_ltv_final_path(options.base_path, analysis.input.file).c_str());
  if (!training.no_report) std::printf("report: %s\n", page.c_str());
  for (const std::string& line : lacks) {
    if (!line.empty()) std::puts(text::printable(line).c_str());
  }
}

void predict(const std::string& base, const std::string& directory, int decimals) {
  const clv::DailyLtvForecaster model = clv::DailyLtvForecaster::load(directory);
  const clv::DailyLtvInput input = clv::read_daily_ltv_input(base);
  const clv::DailyLtvForecast forecast = model.predict(input.table);
  clv::make_daily_ltv_directories(base);
  const std::string predicted = clv::daily_ltv_prediction_path(base, model.epochs, input.file),
                    final = clv::daily_ltv_final_path(base, input.file);
  clv::write_csv(forecast, input.table, input.newest, predicted, decimals);
  clv::write_csv(model.corrected(forecast), input.table, input.newest, final, decimals);
  std::printf("%s\n%s\n", predicted.c_str(), final.c_str());
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("Daily LTV by a published LSTM.", "daily_ltv");
  app.footer(examples);
  app.require_subcommand(1);
  DailyLtvOptions options;
  CLI::App& runs = *app.add_subcommand("run", "train, predict, correct, measure, and say what it means");
  options.add_options(runs);
  runs.final_callback([&] { run(options); });

  std::string base, model;
  int decimals = 2;
  CLI::App& predicts = *app.add_subcommand("predict", "predict the newest file with a model that run has left");
  predicts.add_option("--base-path", base, "directory with Files/")->required();
  predicts.add_option("--model", model, "directory that run wrote")->required();
  add_decimals(predicts, decimals);
  predicts.final_callback([&] { predict(base, model, decimals); });

  CampaignSize size;
  int weeks = 0;
  std::uint64_t seed = 42;
  CLI::App& simulates = *app.add_subcommand("simulate", "write simulated campaigns to BASE/Files");
  simulates.add_option("--base-path", base)->required();
  size.add_option(simulates);
  simulates.add_option("--weeks", weeks, "of acquisition; further ones leave those before as they are")
      ->check(CLI::Range(1, 1000));
  simulates.add_option("--seed", seed)->capture_default_str();
  simulates.final_callback([&] {
    clv::CampaignConfig config = size.config();
    if (weeks > 0) config.weeks = weeks;
    std::printf("%zu rows in %s\n", simulate(base, config, seed).table.rows.size(),
                in_directory(base, "Files").c_str());
  });
  return run_program(app, argc, argv);
}
