/// The daily LTV LSTM of a published project for marketers: from seven days of a cohort's LTV it predicts the next
/// thirty, compares them with what came, corrects them, and says what that means for the budget.
#include <tenure/clv/daily_ltv/forecaster.hpp>
#include <tenure/clv/daily_ltv/log.hpp>
#include <tenure/clv/daily_ltv/noise_floor.hpp>
#include <tenure/clv/daily_ltv/report.hpp>
#include <tenure/report/figure_file.hpp>

#include "common/run_program.hpp"
#include "common/training_options.hpp"
#include "daily_ltv_output.hpp"

using namespace tenure;
using clv::CampaignConfig, clv::DailyLtv, clv::DailyLtvAnalysis, clv::DailyLtvDataset;

namespace {

constexpr const char* examples = R"(
Examples:
  daily_ltv run                                              on simulated campaigns, into runs/daily_ltv
  daily_ltv run --base-path BASE                             on the newest file of BASE/Files
  daily_ltv run --base-path BASE --continue                  when a new file has come
  daily_ltv run --base-path BASE --target-ltv 2.5 --group-by Apps,OS --budget 160000
  daily_ltv run --base-path BASE --target-roas 0.4 --spend-column Spend --users-column Users
  daily_ltv predict --base-path BASE --model runs/daily_ltv
  daily_ltv simulate --base-path BASE --weeks 30
  tenure-data ltv-curves --data online_retail.csv --out BASE/Files
)";

/// Simulated campaigns as a file of BASE/Files.
clv::Campaigns simulate(const std::string& base, CampaignConfig config, std::uint64_t seed) {
  Rng rng(seed);
  clv::Campaigns campaigns = clv::simulate_campaigns(config, rng);
  const std::string directory = in_directory(base, "Files");
  make_directory(directory);
  const clv::DailyLtvFile file{{}, campaigns.last};
  clv::write_csv(campaigns.table, in_directory(directory, "LTV_" + file.date_text() + ".csv"));
  return campaigns;
}

CampaignConfig config_of(const std::string& size) {
  return size == "published" ? CampaignConfig::published() : CampaignConfig{.users = 20'000};
}

void add_size(CLI::App& app, std::string& size) {
  app.add_option("--size", size, "of the simulated campaigns: small, or published for its 123,028 sequences")
      ->check(CLI::IsMember({"small", "published"}))
      ->capture_default_str();
}

struct Run {
  clv::DailyLtvOptions options;
  TrainingOptions training{.out = "runs/daily_ltv", .epochs = 50};
  std::string size = "small", correction = "published";
  bool go_on = false, no_rolling = false;
  std::optional<clv::CampaignFloor> floor;  // of simulated campaigns

  void add_to(CLI::App& program) {
    CLI::App& app = *program.add_subcommand("run", "train, predict, correct, measure, and say what it means");
    app.add_option("--base-path", options.base_path, "directory with Files/; without it, simulated campaigns");
    add_size(app, size);
    app.add_option("--prediction-days", options.prediction_days, "behind the seven that are known")
        ->check(CLI::Range(1, 3650))
        ->capture_default_str();
    app.add_option("--correction", correction, "published: learnt on all rows; holdout: on the earlier weeks")
        ->check(CLI::IsMember({"published", "holdout"}))
        ->capture_default_str();
    app.add_option("--decimals", options.decimals, "of the predictions in files")
        ->check(CLI::Range(0, 12))
        ->capture_default_str();
    app.add_flag("--continue", go_on, "start from the model in --out, if there is one, rather than from a new one");
    app.add_flag("--no-rolling-validation", no_rolling,
                 "do not predict every week from those before, which takes as long as the training");
    add_target(app);
    training.add_options(app, "of the weights, the order of the sequences and which of them validate");
    app.final_callback([this] { run(); });
  }

  void add_target(CLI::App& app) {
    clv::DailyLtvTarget& target = options.target;
    auto* const ltv = app.add_option("--target-ltv", target.ltv, "what a user must be worth on --target-day")
                          ->check(CLI::PositiveNumber);
    auto* const spend =
        app.add_option("--spend-column", target.spend_column, "money spent on a row; per user, without --users-column");
    app.add_option("--target-roas", target.roas, "what a unit of money spent must have brought back by then")
        ->check(CLI::PositiveNumber)
        ->needs(spend)
        ->excludes(ltv);
    app.add_option("--target-day", target.day, "since acquisition")->check(CLI::Range(7, 4000))->capture_default_str();
    app.add_option("--users-column", target.users_column, "number of a row's users, which weighs it in groups");
    app.add_option("--group-by", target.group_by, "metadata columns, as Apps,OS")->delimiter(',');
    app.add_option("--budget", target.budget, "a day, to say amounts")->check(CLI::PositiveNumber);
  }

  nlohmann::ordered_json json() const {
    nlohmann::ordered_json json{{"base_path", options.base_path},
                                {"prediction_days", options.prediction_days},
                                {"correction", correction},
                                {"continue", go_on}};
    json.update(training.json());
    return json;
  }

  void run() {
    const bool simulated = options.base_path.empty();
    if (simulated) {
      options.base_path = in_directory(training.out, "campaigns");
      std::fprintf(stderr, "No --base-path: simulated campaigns, whose figures say nothing about real ones.\n");
      floor = clv::campaign_floor(simulate(options.base_path, config_of(size), 42));
    }
    std::string start = "new model";
    std::optional<DailyLtv<float>> first;
    Rng rng(training.seed);
    const std::string saved = in_directory(training.out, "config.json");
    if (go_on && std::filesystem::exists(saved))
      first = clv::load_daily_ltv_model(training.out).model, start = "saved model";
    if (!training.init.empty()) load(first.emplace(clv::DailyLtvConfig{}, rng), training.init), start = training.init;
    if (!training.quiet) std::printf("starting from: %s\n", start.c_str());
    options.start = first ? &*first : nullptr;
    options.epochs = training.epochs, options.batch_size = training.batch_size, options.seed = training.seed;
    options.learning_rate = training.learning_rate, options.rolling_validation = !no_rolling;
    if (correction == "holdout") options.correction = clv::DailyLtvCorrection::holdout;
    const std::string file = clv::daily_ltv_files(options.base_path).back().path;
    options.train = [&](DailyLtv<float>& model, Adam<float>& adam, const DailyLtvDataset& train,
                        const DailyLtvDataset& validation) {
      if (!training.quiet) {
        std::printf("%s: %td sequences to train on, %td to validate\n", file.c_str(), train.rows(), validation.rows());
      }
      const History history =
          training.train(model, adam, mse<float>, train, validation, {{"options", json().dump()}, {"file", file}}, {},
                         clv::daily_ltv_metrics());
      if (!training.quiet) std::puts("measuring on weeks that models have not seen ...");
      return history;
    };
    const DailyLtvAnalysis analysis = clv::run_daily_ltv_analysis(options);
    write(analysis, start);
  }

  void write(const DailyLtvAnalysis& analysis, const std::string& start) const {
    const auto file = [&](const char* name) { return in_directory(training.out, name); };
    clv::save({analysis.model, analysis.factors, training.epochs}, training.out, json());
    write_history(analysis.history, file("history.csv"));
    write_json(file("metrics.json"), daily_ltv_metrics_json(analysis, floor));
    clv::add_to_daily_ltv_log(analysis, start, file("log.csv"));
    clv::write_csv(analysis.decisions, file("decisions.csv"));
    std::vector<std::string> lacks{report::write_page(clv::daily_ltv_report(analysis), file("report.html"))};
    lacks.push_back(report::write_figure(clv::daily_ltv_accuracy_map(analysis), file("prediction_accuracy.svg")));
    lacks.push_back(report::write_figure(clv::daily_ltv_mae_trend(analysis.history), file("mae_trend.svg")));
    if (training.quiet) return;
    print_ltv(analysis, floor);
    std::printf("predictions: %s\nafter correction: %s\nreport: %s\n",
                clv::daily_ltv_prediction_path(options.base_path, options.epochs, analysis.input.file).c_str(),
                clv::daily_ltv_final_path(options.base_path, analysis.input.file).c_str(), file("report.html").c_str());
    for (const std::string& line : lacks) {
      if (!line.empty()) std::puts(line.c_str());
    }
  }
};

struct Predict {
  std::string base, model;
  int decimals = 2;

  void add_to(CLI::App& program) {
    CLI::App& app = *program.add_subcommand("predict", "predict the newest file with a model that run has left");
    app.add_option("--base-path", base, "directory with Files/")->required();
    app.add_option("--model", model, "directory that run wrote")->required();
    app.add_option("--decimals", decimals, "of the predictions in files")
        ->check(CLI::Range(0, 12))
        ->capture_default_str();
    app.final_callback([this] { run(); });
  }

  void run() const {
    const clv::DailyLtvModel saved = clv::load_daily_ltv_model(model);
    const clv::DailyLtvInput input = clv::read_daily_ltv_input(base);
    const clv::DailyLtvForecast forecast = clv::daily_ltv_forecast(saved.model, input.table, saved.prediction_days());
    clv::make_daily_ltv_directories(base);
    const std::string predicted = clv::daily_ltv_prediction_path(base, saved.epochs, input.file),
                      final = clv::daily_ltv_final_path(base, input.file);
    clv::write_csv(forecast, input.table, input.newest, predicted, decimals);
    clv::write_csv(clv::corrected(forecast, saved.factors), input.table, input.newest, final, decimals);
    std::printf("%s\n%s\n", predicted.c_str(), final.c_str());
  }
};

struct Simulate {
  std::string base, size = "small";
  int weeks = 0;
  std::uint64_t seed = 42;

  void add_to(CLI::App& program) {
    CLI::App& app = *program.add_subcommand("simulate", "write simulated campaigns to BASE/Files");
    app.add_option("--base-path", base)->required();
    add_size(app, size);
    app.add_option("--weeks", weeks, "of acquisition; further ones leave those before as they are")
        ->check(CLI::Range(1, 1000));
    app.add_option("--seed", seed)->capture_default_str();
    app.final_callback([this] {
      CampaignConfig config = config_of(size);
      if (weeks > 0) config.weeks = weeks;
      std::printf("%zu rows in %s\n", simulate(base, config, seed).table.rows.size(),
                  in_directory(base, "Files").c_str());
    });
  }
};

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("Daily LTV by a published LSTM.", "daily_ltv");
  app.footer(examples);
  app.require_subcommand(1);
  Run run;
  Predict predict;
  Simulate simulation;
  run.add_to(app), predict.add_to(app), simulation.add_to(app);
  return run_program(app, argc, argv);
}
