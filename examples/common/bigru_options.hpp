/// Options of bigru_ltv's train: the model's sizes, its loss, anomalies, folds and intervals, and those of every training.
#pragma once

#include <tenure/clv/bigru/forecaster.hpp>

#include "tracking_options.hpp"
#include "training_options.hpp"

namespace tenure {

inline CLI::Validator share_below_one() {
  return CLI::Validator(
      [](const std::string& text) {
        double share = 0;
        return CLI::detail::lexical_cast(text, share) && share > 0 && share < 1 ? ""
                                                                                : "expected a share between 0 and 1";
      },
      "");
}

struct BiGruOptions {
  clv::BiGruDataOptions data;
  clv::BiGruConfig network;
  Index folds = 0;
  bool blocked = false;
  std::string loss = "mse", anomalies = "z-score";
  double share = 0.9;
  TrackingOptions tracking;
  TrainingOptions training{.out = "runs/bigru_ltv", .epochs = 30, .batch_size = 32};

  void add_options(CLI::App& app) {
    add_number(app, "--window", data.window, 1, 3650, "days that the model reads");
    add_number(app, "--units", network.units, 1, 4096, "of each direction of a GRU");
    add_number(app, "--layers", network.layers, 1, 64, "bidirectional GRUs");
    app.add_option("--dropout", network.dropout, "between layers and before the dense one")
        ->check(CLI::Range(0.0, 0.99))
        ->capture_default_str();
    app.add_flag("--attention", network.attention, "pool all days by attention rather than take the last");
    app.add_option("--loss", loss, "mse or huber")->check(CLI::IsMember({"mse", "huber"}))->capture_default_str();
    app.add_option("--anomalies", anomalies, "how they are found: z-score, iqr or none")
        ->check(CLI::IsMember({"z-score", "iqr", "none"}))
        ->capture_default_str();
    app.add_option("--anomaly-threshold", data.threshold, "in deviations, or in interquartile ranges")
        ->check(CLI::Range(0.0, 1e6))
        ->capture_default_str();
    app.add_option("--folds", folds, "cross-validate by so many folds of the days before the test part; 0: none")
        ->check(CLI::Range(0, 1000))
        ->capture_default_str();
    app.add_flag("--blocked-folds", blocked,
                 "folds learn from the days behind them too, rather than before them alone");
    app.add_option("--interval", share, "that the report's prediction intervals are to hold")
        ->check(share_below_one())
        ->capture_default_str();
    tracking.add_options(app, "bigru_ltv");
    training.add_options(app);
  }

  clv::BiGruForecasterConfig config() const {
    clv::BiGruForecasterConfig config{.network = network, .data = data};
    const auto detection = std::ranges::find(clv::anomaly_detections, anomalies) - clv::anomaly_detections.begin();
    config.data.anomalies = static_cast<clv::BiGruAnomalyDetection>(detection);
    if (loss == "huber") config.loss = clv::BiGruLoss::huber;
    return config;
  }
};

}  // namespace tenure
