/// The bidirectional GRUs of "Customer Lifetime Value Prediction using Deep Learning": trains them on daily series, as
/// the value per customer of cohorts, measures them beside naive rules, and forecasts days to come.
#include <tenure/clv/bigru/backtest.hpp>
#include <tenure/ops/losses.hpp>
#include <tenure/optim/adam.hpp>
#include <tenure/train/best_weights.hpp>

#include "bigru_report.hpp"
#include "common/series_input.hpp"
#include "common/tracking_options.hpp"
#include "common/training_options.hpp"

using namespace tenure;
using clv::BiGruData, clv::BiGruDataset, clv::BiGruForecaster;

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

CLI::Validator share_below_one() {
  return CLI::Validator(
      [](const std::string& text) {
        double share = 0;
        return CLI::detail::lexical_cast(text, share) && share > 0 && share < 1 ? ""
                                                                                : "expected a share between 0 and 1";
      },
      "");
}

void say_skipped(const std::vector<std::string>& skipped, Index days) {
  for (const std::string& name : skipped) std::printf("skipped: %s, less than the %td needed\n", name.c_str(), days);
}

struct Train {
  SeriesInput input;
  clv::BiGruDataOptions series;
  clv::BiGruConfig model{.features = 1};
  Index folds = 0;
  bool blocked = false;
  std::string loss = "mse", anomalies = "z-score";
  TrackingOptions tracking;
  double share = 0.9;
  TrainingOptions training{.out = "runs/bigru_ltv", .epochs = 30, .batch_size = 32};

  void add_to(CLI::App& program) {
    CLI::App& app = *program.add_subcommand("train", "train the model, measure it and write all to a directory");
    input.add_options(app, false);
    const auto number = [&](const char* name, Index& value, int low, int high, const char* help) {
      app.add_option(name, value, help)->check(CLI::Range(low, high))->capture_default_str();
    };
    number("--window", series.window, 1, 3650, "days that the model reads");
    number("--units", model.units, 1, 4096, "of each direction of a GRU");
    number("--layers", model.layers, 1, 64, "bidirectional GRUs");
    app.add_option("--dropout", model.dropout, "between layers and before the dense one")
        ->check(CLI::Range(0.0, 0.99))
        ->capture_default_str();
    app.add_flag("--attention", model.attention, "pool all days by attention rather than take the last");
    app.add_option("--loss", loss, "mse or huber")->check(CLI::IsMember({"mse", "huber"}))->capture_default_str();
    app.add_option("--anomalies", anomalies, "how they are found: z-score, iqr or none")
        ->check(CLI::IsMember({"z-score", "iqr", "none"}))
        ->capture_default_str();
    app.add_option("--anomaly-threshold", series.threshold, "in deviations, or in interquartile ranges")
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
    app.final_callback([this] { run(); });
  }

  nlohmann::ordered_json options() const {
    nlohmann::ordered_json json = state_json(model);
    json.erase("features");
    json.update(state_json(series));
    json.update({{"anomalies", anomalies}, {"loss", loss}});
    json.update(training.json());
    return json;
  }

  auto loss_function() const {
    return [huber_loss = loss == "huber"](Var<float> p, Var<float> y) { return huber_loss ? huber(p, y) : mse(p, y); };
  }

  void run() {
    const auto detection = std::ranges::find(clv::anomaly_detections, anomalies) - clv::anomaly_detections.begin();
    series.anomalies = static_cast<clv::BiGruAnomalyDetection>(detection);
    Tracking tracked = tracking.start(training.out, options());
    const clv::BiGruLongEnough used = clv::long_enough(input.read(), series.window + 1);
    const Split days = split_in_order(clv::BiGruPeriod(used.set).days, {.validation = 0.15, .test = 0.15});
    const BiGruData data(used.set, days, series);
    const std::vector<std::string> notes = describe(used, data);
    ThreadPool pool(training.threads);
    // Folds that can't be are known before anything is trained.
    if (folds > 0) cross_validate(used.set, days.test.front(), pool, zeros);
    Rng rng(training.seed);
    BiGruForecaster forecaster(data, model, rng);
    if (!training.init.empty()) load(forecaster.model, training.init);
    const History history = fit_model(forecaster, data, tracked);
    const std::vector<double> validated = forecaster.predict(data, data.split.validation, &pool);
    forecaster.residuals = clv::BiGruResiduals(data, data.split.validation, validated);
    const std::vector<double> predicted = forecaster.predict(data, data.split.test, &pool);
    BiGruOutcome outcome{
        .data = data,
        .history = history,
        .notes = notes,
        .scored = clv::scored_beside_rules(data, data.split.test, predicted, "BiGRU"),
        .predicted = predicted,
        .intervals = clv::next_day_intervals(data, data.split.test, predicted, forecaster.residuals, share),
        .share = share,
        .backtest = clv::backtest(
            forecaster, data, days.test.front(),
            {.horizon = static_cast<Index>(days.test.size()), .share = share, .paths = 100, .seed = training.seed},
            &pool),
        .importances = clv::bigru_importances(forecaster, data, training.seed, &pool)};
    if (folds > 0)
      outcome.folds =
          cross_validate(used.set, days.test.front(), pool, [this](const BiGruData& fold) { return trained(fold); });
    tracked.finish(training.out, write(forecaster, outcome));
  }

  /// What was read, said and for the report.
  std::vector<std::string> describe(const clv::BiGruLongEnough& used, const BiGruData& data) const {
    const auto count = [](std::size_t n) { return std::to_string(n); };
    std::vector<std::string> notes = {
        "Data: " + input.source() + ", " + count(used.set.series.size()) + " series from " +
        format_date(data.period.first) + " to " + format_date(data.period.day(data.period.days - 1)) + "; " +
        std::to_string(used.set.filled()) + " days that the files lack were filled, " + count(data.anomalies.size()) +
        " anomalies were bounded. " + count(data.split.train.size()) + " windows of " + std::to_string(series.window) +
        " days to train on, " + count(data.split.validation.size()) + " to validate, " + count(data.split.test.size()) +
        " to test, from " + format_date(data.target_date(data.split.test.front())) + " on. Seed " +
        std::to_string(training.seed) + "."};
    for (const std::string& name : used.skipped)
      notes.push_back("Skipped, for it is shorter than a window: " + name + ".");
    if (training.quiet) return notes;
    say_skipped(used.skipped, series.window + 1);
    std::puts(notes[0].c_str());
    return notes;
  }

  History fit_model(BiGruForecaster& forecaster, const BiGruData& data, Tracking& tracked) const {
    const Parameters<float> parameters(forecaster.model);
    Adam<float> adam(parameters, {.learning_rate = training.learning_rate});
    BestWeights<float> best(parameters);
    tracked.watch(parameters);
    return training.train(
        forecaster.model, adam, loss_function(), data.dataset(data.split.train), data.dataset(data.split.validation),
        {{"options", options().dump()}, {"data", clv::config_json(forecaster).dump()}}, tracked.callbacks(), {}, best);
  }

  std::vector<clv::BiGruFoldScores> cross_validate(const DailySeriesSet& set, Index days, ThreadPool& pool,
                                                   auto train) const {
    return clv::cross_validate(set, series, days, folds,
                               blocked ? clv::BiGruFoldKind::blocked : clv::BiGruFoldKind::forward, pool, "BiGRU",
                               train);
  }

  static std::vector<double> zeros(const BiGruData& fold) { return std::vector<double>(fold.split.test.size()); }

  /// The predictions of a model that a fold trained.
  std::vector<double> trained(const BiGruData& fold) const {
    Rng rng(training.seed);
    BiGruForecaster forecaster(fold, model, rng);
    const Parameters<float> parameters(forecaster.model);
    Adam<float> adam(parameters, {.learning_rate = training.learning_rate});
    BestWeights<float> best(parameters);
    const BiGruDataset validation = fold.dataset(fold.split.validation);
    ThreadPool one(1);
    auto options = training.fit_options<BiGruDataset>(one);
    options.progress = Progress::silent;
    options.validation = &validation;
    options.callbacks = {&best};
    const History history = fit(forecaster.model, adam, loss_function(), fold.dataset(fold.split.train), options);
    if (history.stop == Stop::not_finite) throw Error("a fold: " + history.reason);
    return forecaster.predict(fold, fold.split.test);
  }

  nlohmann::ordered_json write(const BiGruForecaster& forecaster, const BiGruOutcome& outcome) const {
    const auto file = [&](const char* name) { return in_directory(training.out, name); };
    nlohmann::ordered_json all = options();
    all.update({{"data", input.source()}, {"epochs", training.epochs}});
    clv::save(forecaster, training.out, all);
    write_history(outcome.history, file("history.csv"));
    const nlohmann::ordered_json metrics = metrics_json(outcome);
    write_json(file("metrics.json"), metrics);
    write_predictions(outcome, file("predictions.csv"));
    const std::string lacks = write_report(outcome, file("report.html"));
    if (training.quiet) return metrics;
    std::printf("\nOn the %zu windows of the test part:\n", outcome.predicted.size());
    std::fputs(report::text_table(outcome.scored).c_str(), stdout);
    const auto percent = [&](const char* kind) {
      return 100 * metrics["intervals"][kind].value("coverage", missing_value);
    };
    std::printf(
        "\nIntervals that are to hold %g %% of the days hold %.1f %% of the next days, and %.1f %% of the days of "
        "forecasts that are fed back over the test part.\n",
        100 * share, percent("next_day"), percent("iterated"));
    if (!outcome.folds.empty()) print_folds(outcome.folds);
    std::printf("%s: model.safetensors, config.json, history.csv, metrics.json, predictions.csv\nreport: %s\n",
                training.out.c_str(), file("report.html").c_str());
    if (!lacks.empty()) std::puts(lacks.c_str());
    return metrics;
  }
};

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
    const BiGruForecaster forecaster = clv::load_bigru_forecaster(model);
    const clv::BiGruLongEnough used = clv::long_enough(input.read(), forecaster.options.window);
    if (used.set.regressors != forecaster.regressors) {
      throw FileError(input.source(), {"the regressors of the training, ", text::joined(forecaster.regressors)},
                      text::joined(used.set.regressors));
    }
    say_skipped(used.skipped, forecaster.options.window);
    std::vector<clv::BiGruForecast> forecasts(used.set.series.size());
    const auto work = [&](Index i) {
      const DailySeries& series = used.set.series[static_cast<std::size_t>(i)];
      clv::BiGruForecastOptions own = options;
      own.stream = static_cast<std::uint64_t>(i);
      forecasts[static_cast<std::size_t>(i)] =
          forecaster.forecast(series, series.value.size(), clv::anomaly_bounds(series.value, forecaster.options), own);
    };
    ThreadPool(threads).run(static_cast<Index>(forecasts.size()), work);
    write_forecasts(forecasts, out);
    std::printf("%s: %td days of %zu series\n", out.c_str(), options.horizon, forecasts.size());
    if (!forecaster.regressors.empty()) {
      std::printf("assumed: %s of the days to come as on the same weekday of each series' last week\n",
                  text::joined(forecaster.regressors).c_str());
    }
  }
};

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("Daily values by bidirectional GRUs.", "bigru_ltv");
  app.footer(examples);
  app.require_subcommand(1);
  Train train;
  Predict predict;
  train.add_to(app), predict.add_to(app);
  WithDashes arguments(argc, argv);
  return run_program(app, argc, arguments.argv());
}
