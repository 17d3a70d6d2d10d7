/// Customer lifetime value as regression on customers' features by an ANN, beside rules and probabilistic models of a
/// customer base: trains and measures them, forecasts customers' spend, and fits the probabilistic models alone.
#include <tenure/clv/ann/directory.hpp>
#include <tenure/data/csv/table.hpp>

#include "ann_output.hpp"
#include "common/run_program.hpp"
#include "common/shop_input.hpp"
#include "common/tracking_options.hpp"
#include "common/training_options.hpp"

using namespace tenure;
using clv::AnnData, clv::AnnDataset, clv::AnnEvaluation, clv::AnnForecaster, clv::AnnLoss, clv::AnnSplit;

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

const std::map<std::string, AnnLoss> losses = {
    {"mse", AnnLoss::mse}, {"huber", AnnLoss::huber}, {"ziln", AnnLoss::ziln}};
const std::map<std::string, AnnSplit> splits = {
    {"folds", AnnSplit::folds}, {"random", AnnSplit::random}, {"time", AnnSplit::time}};

struct LikelihoodFlags {
  clv::LikelihoodOptions options;
  bool allow = false;

  void add_to(CLI::App& app) {
    app.add_option("--likelihood-steps", options.steps, "at most, to maximize a likelihood")
        ->check(CLI::Range(1, 1'000'000))
        ->capture_default_str();
    app.add_flag("--allow", allow, "go on where a likelihood does not converge, with the best that was found");
  }
  /// @throws Error
  void check(const clv::LikelihoodFits& fits) const {
    const std::string names = fits.not_converged();
    if (names.empty()) return;
    const std::string text = "the likelihood of " + names + " did not converge in " + std::to_string(options.steps) +
                             " steps (--likelihood-steps)";
    if (!allow) throw Error(text + "; with --allow the best that was found is taken");
    std::fprintf(stderr, "ann_clv: %s; going on with the best that was found\n", text.c_str());
  }
};

struct Train {
  ShopInput input;
  TrainingOptions training{.out = "runs/ann_clv", .epochs = 60, .batch_size = 64};
  TrackingOptions tracking;
  LikelihoodFlags likelihood;
  clv::AnnSettings settings;
  clv::AnnTraining recipe;
  AnnSplit split = AnnSplit::folds;
  std::string cutoff;
  std::optional<double> share;
  Index folds = 5;

  void add_to(CLI::App& program) {
    CLI::App& app = *program.add_subcommand("train", "train the model, measure it and write all to a directory");
    input.add_options(app, false);
    app.add_option("--cutoff", cutoff,
                   "features are of what came before; default: a horizon before the end of the last "
                   "whole month")
        ->check(valid_date());
    app.add_option("--horizon", settings.horizon, "days to forecast")
        ->check(CLI::Range(1, 100'000))
        ->capture_default_str();
    auto& network = settings.network;
    app.add_option("--loss", network.loss, "mse, huber or ziln")
        ->transform(CLI::CheckedTransformer(losses))
        ->default_str("ziln");
    app.add_option("--hidden", network.hidden, "units of the hidden layers")
        ->delimiter(',')
        ->check(CLI::Range(1, 100'000))
        ->default_str("64,32,16");
    app.add_option("--dropout", network.dropout)->check(CLI::Range(0.0, 0.99))->capture_default_str();
    app.add_option("--members", network.members, "networks whose forecasts are averaged")
        ->check(CLI::Range(1, 1000))
        ->capture_default_str();
    app.add_option("--network-share", share,
                   "of the network in the forecast, BG/NBD with Gamma-Gamma having the rest; default: by validation "
                   "within the customers to train on")
        ->check(CLI::Range(0.0, 1.0));
    app.add_option("--l2", recipe.l2, "Adam's weight decay")->check(CLI::Range(0.0, 1e3))->capture_default_str();
    app.add_flag("--balanced", recipe.balanced, "batches have their share of each decile of the target");
    app.add_option("--quantiles", settings.quantiles, "to forecast, ascending")
        ->delimiter(',')
        ->check(CLI::Range(1e-3, 0.999))
        ->default_str("0.1,0.5,0.9");
    app.add_option("--evaluation", split,
                   "folds, random (a fifth of the customers) or time (trained a horizon earlier)")
        ->transform(CLI::CheckedTransformer(splits))
        ->default_str("folds");
    app.add_option("--folds", folds)->check(CLI::Range(2, 1000))->capture_default_str();
    likelihood.add_to(app);
    training.add_options(app, "of the weights, the order of the rows and the folds");
    tracking.add_options(app, "ann_clv");
    app.final_callback([this] { run(); });
  }

  nlohmann::ordered_json options() const {
    nlohmann::ordered_json json{{"cutoff", cutoff},
                                {"horizon", settings.horizon},
                                {"loss", clv::ann_loss_names[static_cast<std::size_t>(settings.network.loss)]},
                                {"hidden", settings.network.hidden},
                                {"dropout", settings.network.dropout},
                                {"members", settings.network.members},
                                {"network_share", share ? nlohmann::ordered_json(*share) : "validation"},
                                {"l2", recipe.l2},
                                {"balanced", recipe.balanced},
                                {"quantiles", settings.quantiles},
                                {"evaluation", clv::ann_split_names[static_cast<std::size_t>(split)]},
                                {"folds", folds}};
    json.update(training.json());
    return json;
  }

  void run() {
    if (!std::ranges::is_sorted(settings.quantiles)) throw CLI::ValidationError("--quantiles", "must be ascending");
    Tracking tracked = tracking.start(training.out, options());
    const clv::Transactions transactions = input.read();
    const auto day =
        cutoff.empty() ? clv::default_cutoff(transactions, settings.horizon) : parse_date(cutoff, "--cutoff");
    const AnnData data = clv::ann_data(transactions, day, settings.horizon);
    const clv::LikelihoodFits fits(data.summaries, likelihood.options);
    if (!training.quiet) {
      std::printf("%td customers before %s, and their spend in %d days\n", data.size(), format_date(day).c_str(),
                  settings.horizon);
      print_likelihoods(fits);
    }
    likelihood.check(fits);
    const AnnData before =
        split == AnnSplit::time
            ? clv::ann_data(transactions, day - std::chrono::days{settings.horizon}, settings.horizon)
            : data;
    recipe.epochs = training.epochs, recipe.batch_size = training.batch_size, recipe.seed = training.seed;
    recipe.learning_rate = training.learning_rate, recipe.shuffle = !training.no_shuffle;
    recipe.choose_share = !share;
    if (share) settings.share = *share;
    const Split parts = split_at_random(data.size(), {.validation = 0.1}, Rng(training.seed));
    if (parts.validation.empty()) throw ValueError("customers", "at least 10", {data.size()});
    Rng rng(training.seed);
    AnnForecaster forecaster(settings, data, parts.train, likelihood.options, rng);
    if (!training.init.empty()) load(forecaster.model, training.init);
    const History history = fit_model(forecaster, data, parts, tracked);
    if (!training.quiet) std::puts("measuring on customers that models have not seen ...");
    ThreadPool pool(training.threads);
    const AnnEvaluation evaluation =
        clv::evaluate(split, data, before, folds, settings, recipe, likelihood.options, pool);
    if (!share) forecaster.settings.share = clv::chosen_share(settings, data, parts.train, recipe, likelihood.options);
    forecaster.shifts = evaluation.shifts;
    tracked.finish(training.out, write(forecaster, {data, settings, fits, evaluation, history}));
  }

  /// @throws Error where the training ended before its time, saying how to go on
  History fit_model(AnnForecaster& forecaster, const AnnData& data, const Split& parts, Tracking& tracked) {
    const Parameters<float> parameters(forecaster.model);
    tracked.watch(parameters);
    Adam<float> adam(parameters, recipe.adam(settings.network.members));
    std::vector<Index> deciles;
    if (recipe.balanced) deciles = clv::spend_deciles(data, parts.train);
    TrainingOptions balanced = training;
    balanced.strata = deciles;
    const auto loss = [&](Var<float> y, Var<float> t) { return clv::ann_loss(forecaster.settings.network, y, t); };
    return balanced.train(
        forecaster.model, adam, loss, forecaster.dataset(data, parts.train), forecaster.dataset(data, parts.validation),
        {{"options", options().dump()}, {"preparation", state_json(forecaster).dump()}}, tracked.callbacks());
  }

  /// @returns what metrics.json holds
  nlohmann::ordered_json write(const AnnForecaster& forecaster, const AnnResults& results) const {
    const std::string source = input.data().empty() ? "simulated" : input.data();
    const auto file = [&](const char* name) { return in_directory(training.out, name); };
    nlohmann::ordered_json all = options();
    all.update({{"data", source}, {"epochs", training.epochs}});
    const nlohmann::ordered_json metrics = ann_metrics_json(results);
    const AnnEvaluation& evaluation = results.evaluation;
    clv::save(forecaster, training.out, all);
    write_history(results.history, file("history.csv"));
    write_json(file("metrics.json"), metrics);
    clv::write_customers(results.data, evaluation.rows, evaluation.forecast, settings.quantiles, evaluation.actual,
                         file("segments.csv"));
    const std::string note = "Loss " + all["loss"].get<std::string>() + ", data: " + source + ", cut-off " +
                             format_date(results.data.cutoff) + ", " + std::to_string(settings.horizon) +
                             " days, seed " + std::to_string(training.seed) + ". " +
                             std::to_string(evaluation.rows.size()) +
                             " customers, each forecast by a model that was not trained on it.";
    const std::string lacks = training.no_report ? "" : write_ann_report(results, note, file("report.html"));
    if (training.quiet) return metrics;
    print_ann(results);
    std::printf("\n%s: model.safetensors, config.json, history.csv, metrics.json, segments.csv\n",
                training.out.c_str());
    if (!training.no_report) std::printf("report: %s\n", file("report.html").c_str());
    if (!lacks.empty()) std::puts(lacks.c_str());
    return metrics;
  }
};

struct Predict {
  ShopInput input;
  std::string model, as_of, out = "predictions.csv";

  void add_to(CLI::App& program) {
    CLI::App& app = *program.add_subcommand("predict", "write what each customer will spend, from a day on");
    input.add_options(app);
    app.add_option("--model", model, "directory that train wrote")->required();
    app.add_option("--as-of", as_of, "the first day to forecast; default: the one after the data")->check(valid_date());
    app.add_option("--out", out, "CSV file to write")->capture_default_str();
    app.final_callback([this] { run(); });
  }

  void run() const {
    const AnnForecaster forecaster = clv::load_ann(model);
    const clv::Transactions transactions = input.read();
    const auto day = as_of.empty() ? clv::last_day(transactions) + std::chrono::days{1} : parse_date(as_of, "--as-of");
    const AnnData data = clv::ann_customers(transactions, day);
    std::vector<Index> rows(static_cast<std::size_t>(data.size()));
    std::iota(rows.begin(), rows.end(), Index{0});
    clv::AnnForecast forecast = forecaster.predict(data, rows);
    forecast.quantiles = clv::shifted_quantiles(forecast, forecaster.shifts);
    clv::write_customers(data, rows, forecast, forecaster.settings.quantiles, {}, out);
    std::printf("%s: %td customers, %.0f in the %d days from %s on\n", out.c_str(), data.size(),
                std::accumulate(forecast.spend.begin(), forecast.spend.end(), 0.0), forecaster.settings.horizon,
                format_date(day).c_str());
  }
};

/// What was published for the sample of CDNOW's customers, 39 weeks: parameter, value, and what its rounding allows.
constexpr std::array<std::tuple<const char*, const char*, double, double>, 11> cdnow = {
    {{"bg_nbd", "r", 0.243, 1e-3},
     {"bg_nbd", "alpha", 4.414, 1e-2},
     {"bg_nbd", "a", 0.793, 1e-2},
     {"bg_nbd", "b", 2.426, 3e-2},
     {"pareto_nbd", "r", 0.553, 1e-3},
     {"pareto_nbd", "alpha", 10.578, 2e-2},
     {"pareto_nbd", "s", 0.606, 3e-3},
     {"pareto_nbd", "beta", 11.669, 5e-2},
     {"gamma_gamma", "p", 6.25, 2e-2},
     {"gamma_gamma", "q", 3.74, 1e-2},
     {"gamma_gamma", "gamma", 15.44, 8e-2}}};

struct Likelihoods {
  ShopInput input;
  LikelihoodFlags likelihood;
  std::string summaries, cutoff;
  bool check = false;

  void add_to(CLI::App& program) {
    CLI::App& app =
        *program.add_subcommand("likelihoods", "fit BG/NBD, Pareto/NBD and Gamma-Gamma, and say what came out");
    input.add_options(app, false);
    app.add_option("--cutoff", cutoff, "of the transactions; default: the day after the last")->check(valid_date());
    app.add_option("--summaries", summaries,
                   "instead of --data: CSV with a customer's frequency, recency, T and monetary_value in each row")
        ->check(CLI::ExistingFile);
    app.add_flag("--check-cdnow", check, "compare with what was published for CDNOW's 2,357 customers");
    likelihood.add_to(app);
    app.final_callback([this] { run(); });
  }

  clv::RfmSummary read() const {
    if (summaries.empty()) {
      const clv::Transactions transactions = input.read();
      const auto day =
          cutoff.empty() ? clv::last_day(transactions) + std::chrono::days{1} : parse_date(cutoff, "--cutoff");
      return clv::ann_customers(transactions, day).summaries;
    }
    std::vector<CsvColumn> columns;
    for (const char* name : {"frequency", "recency", "T", "monetary_value"}) {
      columns.push_back({.name = name, .type = ColumnType::number, .complete = true});
    }
    CsvTable table = read_csv(summaries, columns);
    clv::RfmSummary read;
    for (std::size_t i = 0; i < table.rows(); ++i) {
      const auto value = [&](std::size_t column) { return table.column(column).numbers[i]; };
      read.add(value(0), value(1), value(2), value(3));
    }
    return read;
  }

  void run() const {
    const clv::LikelihoodFits fits(read(), likelihood.options);
    print_likelihoods(fits);
    likelihood.check(fits);
    if (!check) return;
    std::string off;
    clv::LikelihoodFits::fields(fits, [&](const std::string& name, const clv::MaximumLikelihood& fit) {
      for (const auto& [model, parameter, value, tolerance] : cdnow) {
        const auto own = std::ranges::find(fit.parameters, parameter, &clv::Estimated::name);
        if (name != model || own == fit.parameters.end() || std::abs(own->value - value) <= tolerance) continue;
        off += "\n  " + name + " " + parameter + ": " + text::short_number(own->value) + ", published " +
               text::short_number(value);
      }
    });
    if (std::abs(fits.bg_nbd.log_likelihood + 9582.4) > 0.1) off += "\n  bg_nbd's log-likelihood, published -9582.4";
    if (!off.empty()) throw Error("not as published:" + off);
    std::puts("all as published for CDNOW");
  }
};

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("Customer lifetime value by an ANN, beside BG/NBD, Pareto/NBD and Gamma-Gamma.", "ann_clv");
  app.footer(examples);
  app.require_subcommand(1);
  Train train;
  Predict predict;
  Likelihoods likelihoods;
  train.add_to(app), predict.add_to(app), likelihoods.add_to(app);
  return run_program(app, argc, argv);
}
