/// Options of daily_ltv's run: files, the correction, what a user must be worth, and those of every training.
#pragma once

#include <tenure/clv/daily_ltv/analysis.hpp>
#include <tenure/clv/daily_ltv/simulate.hpp>

#include "tracking_options.hpp"
#include "training_options.hpp"

namespace tenure {

/// --size of simulated campaigns.
struct CampaignSize {
  std::string name = "small";

  void add_option(CLI::App& app) {
    app.add_option("--size", name, "of the simulated campaigns: small, or published for its 123,028 sequences")
        ->check(CLI::IsMember({"small", "published"}))
        ->capture_default_str();
  }
  clv::CampaignConfig config() const {
    return name == "published" ? clv::CampaignConfig::published() : clv::CampaignConfig{.users = 20'000};
  }
};

inline void add_decimals(CLI::App& app, int& decimals) {
  app.add_option("--decimals", decimals, "of the predictions in files")
      ->check(CLI::Range(0, 12))
      ->capture_default_str();
}

struct DailyLtvOptions {
  clv::DailyLtvAnalysisOptions analysis;
  TrainingOptions training{.out = "runs/daily_ltv", .epochs = 50};
  TrackingOptions tracking;
  CampaignSize size;
  std::string correction = "published";
  bool no_rolling = false;

  void add_options(CLI::App& app) {
    app.add_option("--base-path", analysis.base_path, "directory with Files/; without it, simulated campaigns");
    size.add_option(app);
    app.add_option("--prediction-days", analysis.model.prediction_days, "behind the seven that are known")
        ->check(CLI::Range(1, 3650))
        ->capture_default_str();
    app.add_option("--correction", correction, "published: learnt on all rows; holdout: on the earlier weeks")
        ->check(CLI::IsMember({"published", "holdout"}))
        ->capture_default_str();
    add_decimals(app, analysis.decimals);
    app.add_flag("--continue", analysis.go_on,
                 "start from the model in --out, if there is one, rather than from a new one");
    app.add_flag("--no-rolling-validation", no_rolling,
                 "do not predict every week from those before, which takes as long as the training");
    add_target(app);
    tracking.add_options(app, "daily_ltv");
    training.add_options(app, "of the weights, the order of the sequences and which of them validate");
  }

  /// What is analyzed, when the arguments are parsed.
  clv::DailyLtvAnalysisOptions filled() const {
    clv::DailyLtvAnalysisOptions options = analysis;
    options.training = training.training();
    options.rolling_validation = !no_rolling;
    if (correction == "holdout") options.model.correction = clv::DailyLtvCorrection::holdout;
    return options;
  }

 private:
  void add_target(CLI::App& app) {
    clv::DailyLtvTarget& target = analysis.target;
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
};

}  // namespace tenure
