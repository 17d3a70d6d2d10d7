/// Customer lifetime value as regression on customers' features by an ANN, beside rules and probabilistic models of a
/// customer base: trains and measures them, forecasts customers' spend, and fits the probabilistic models alone.
#include <tenure/clv/ann/report.hpp>

#include "common/ann_options.hpp"
#include "common/cdnow.hpp"
#include "common/tracking_options.hpp"
#include "common/training_options.hpp"

using namespace tenure;
using clv::AnnData, clv::AnnForecaster, std::chrono::days;

namespace {

constexpr const char* examples = R"(
Examples:
  ann_clv train                                              on a simulated shop, into runs/ann_clv
  ann_clv train --data online_retail.csv --threads 2
  ann_clv train --data online_retail.csv --loss mse --evaluation time --out runs/mse
  ann_clv train --data online_retail.csv --mlflow ./mlruns
  ann_clv predict --model runs/ann_clv --data online_retail.csv --out predictions.csv
  ann_clv likelihoods --data online_retail.csv --cutoff 2011-09-01
  ann_clv likelihoods --summaries cdnow.csv --check-cdnow
)";

void train(const ShopInput& input, AnnOptions options, const TrainingOptions& training,
           const TrackingOptions& tracking) {
  const DirectoryLock lock = training.lock();
  AnnForecaster model(options.forecaster());
  nlohmann::ordered_json all = options.json();
  all.update(training.json(input.source()));
  Tracking tracked = tracking.start(training.out, all);
  const int horizon = model.config.horizon;
  const clv::Transactions transactions = input.read();
  const auto day =
      options.cutoff.empty() ? clv::default_cutoff(transactions, horizon) : parse_date(options.cutoff, "--cutoff");
  const AnnData data = clv::ann_data(transactions, day, horizon);
  const clv::LikelihoodFits fits(data.summaries, model.config.likelihood);
  if (!training.quiet) std::printf("%s\n%s", data.to_string().c_str(), fits.to_string().c_str());
  options.likelihood.check(fits);
  std::optional<AnnData> before;
  if (options.evaluation.split == clv::AnnSplit::time) {
    options.evaluation.before = &before.emplace(clv::ann_data(transactions, day - days{horizon}, horizon));
  }
  const History history = model.fit(data, tracked.followed(training.training()));
  if (!training.quiet) std::puts("measuring on customers that models have not seen ...");
  const clv::AnnEvaluation evaluation = model.evaluate(data, options.evaluation);
  model.calibrate(evaluation);
  const nlohmann::ordered_json metrics = clv::write_run(model, history, evaluation, data, training.out, all);
  const std::string note = "Loss " + all["loss"].get<std::string>() + ", data: " + input.source() + ", cut-off " +
                           format_date(day) + ", " + std::to_string(horizon) + " days, seed " +
                           std::to_string(training.seed) + ". " + std::to_string(evaluation.rows.size()) +
                           " customers, each forecast by a model that was not trained on it.";
  const std::string page = in_directory(training.out, "report.html"),
                    lacks = training.no_report ? "" : clv::write_report(evaluation, data, history, {note}, page);
  if (!training.quiet) {
    std::printf("\n%s\n", text_of(evaluation).c_str());
    training.say_written("model.safetensors, config.json, history.csv, metrics.json, segments.csv", lacks);
  }
  tracked.finish(training.out, metrics);
}

void predict(const ShopInput& input, const std::string& directory, const std::string& as_of, const std::string& out) {
  const AnnForecaster model = AnnForecaster::load(directory);
  const clv::Transactions transactions = input.read();
  const AnnData data = clv::ann_customers(transactions, day_or_next(transactions, as_of, "--as-of"));
  const clv::AnnForecast forecast = model.predict(data);
  clv::write_csv(forecast, data, out);
  std::printf("%s: %td customers, %.0f in the %d days from %s on\n", out.c_str(), data.size(),
              std::accumulate(forecast.spend.begin(), forecast.spend.end(), 0.0), model.config.horizon,
              format_date(data.cutoff).c_str());
}

void fit_likelihoods(const SummariesInput& input, const LikelihoodFlags& likelihood, bool check) {
  const clv::LikelihoodFits fits(input.read(), likelihood.options);
  std::fputs(fits.to_string().c_str(), stdout);
  likelihood.check(fits);
  if (!check) return;
  if (const std::string off = unlike_cdnow(fits); !off.empty()) throw Error("not as published:" + off);
  std::puts("all as published for CDNOW");
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("Customer lifetime value by an ANN, beside BG/NBD, Pareto/NBD and Gamma-Gamma.", "ann_clv");
  app.footer(examples);
  app.require_subcommand(1);
  ShopInput input;
  AnnOptions options;
  TrainingOptions training{.out = "runs/ann_clv", .epochs = 60, .batch_size = 64};
  TrackingOptions tracking;
  std::string model, as_of, out = "predictions.csv";
  SummariesInput summaries;
  LikelihoodFlags likelihood;
  bool check = false;

  CLI::App& trains = *app.add_subcommand("train", "train the model, measure it and write all to a directory");
  input.add_options(trains, false);
  options.add_options(trains);
  training.add_options(trains, "of the weights, the order of the rows and the folds");
  tracking.add_options(trains, "ann_clv");
  trains.final_callback([&] { train(input, options, training, tracking); });

  CLI::App& predicts = *app.add_subcommand("predict", "write what each customer will spend, from a day on");
  input.add_options(predicts);
  predicts.add_option("--model", model, "directory that train wrote")->required();
  predicts.add_option("--as-of", as_of, "the first day to forecast; default: the one after the data")
      ->check(valid_date());
  predicts.add_option("--out", out, "CSV file to write")->capture_default_str();
  predicts.final_callback([&] { predict(input, model, as_of, out); });

  CLI::App& fits = *app.add_subcommand("likelihoods", "fit BG/NBD, Pareto/NBD and Gamma-Gamma, and say what came out");
  summaries.add_options(fits);
  fits.add_flag("--check-cdnow", check, "compare with what was published for CDNOW's 2,357 customers");
  likelihood.add_options(fits);
  fits.final_callback([&] { fit_likelihoods(summaries, likelihood, check); });
  return run_program(app, argc, argv);
}
