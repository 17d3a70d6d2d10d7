/// The hybrid Transformer-LSTM of keras.io, "Deep Learning for Customer Lifetime Value": trains it on a shop's
/// transactions, measures it beside rules that need no training, and forecasts customers' next months.
#include <tenure/clv/hybrid/forecaster.hpp>
#include <tenure/nn/summary.hpp>
#include <tenure/ops/losses.hpp>
#include <tenure/optim/adam.hpp>

#include "clv_report.hpp"
#include "common/shop_input.hpp"
#include "common/tracking_options.hpp"
#include "common/training_options.hpp"

using namespace tenure;
using clv::Forecaster, clv::HybridComparison, clv::HybridData, clv::HybridDataset, clv::PlainLstm, clv::Recipe;

namespace {

constexpr const char* examples = R"(
Examples:
  hybrid_clv train                                   on a simulated shop, into runs/hybrid_clv
  hybrid_clv train --data online_retail.csv --seed 1
  hybrid_clv train --data online_retail.csv --recipe forward --patience 3 --out runs/forward
  hybrid_clv train --data shop.db --query "select * from sales" --columns customer=client,date=day,amount=total
  hybrid_clv train --data online_retail.csv --resume         after Ctrl-C, with the other options as before
  hybrid_clv predict --model runs/hybrid_clv --data online_retail.csv --out predictions.csv
  hybrid_clv evaluate --model runs/hybrid_clv --data online_retail.csv
  hybrid_clv summary
)";

const std::map<std::string, Recipe> recipes = {
    {"published", Recipe::published}, {"honest", Recipe::customer_holdout}, {"forward", Recipe::forward}};

void print(const HybridComparison& comparison) {
  std::printf("\nOn the %td windows of the test part, amounts %s:\n", comparison.rows(),
              comparison.in_money() ? "in money" : "scaled from 0 to 1");
  std::fputs(report::text_table(comparison.scored).c_str(), stdout);
}

struct Train {
  ShopInput input;
  Recipe recipe = Recipe::published;
  std::string country = "one_hot";
  TrainingOptions training{.out = "runs/hybrid_clv", .batch_size = 30};
  TrackingOptions tracking;

  void add_to(CLI::App& program) {
    CLI::App& app = *program.add_subcommand("train", "train the model, measure it and write all to a directory");
    input.add_options(app, false);
    app.add_option("--recipe", recipe,
                   "published: as on keras.io; honest: no test row is seen in training; forward: 3 "
                   "months in, 3 out, tested on the last ones")
        ->transform(CLI::CheckedTransformer(recipes))
        ->default_str("published");
    app.add_option("--country", country, "how it is embedded: one_hot, as published, or index")
        ->check(CLI::IsMember({"one_hot", "index"}))
        ->capture_default_str();
    training.add_options(app, "of the weights, the order of the rows and the honest split");
    tracking.add_options(app, "hybrid_clv");
    app.final_callback([this] { run(); });
  }

  nlohmann::ordered_json options() const {
    nlohmann::ordered_json json{{"recipe", clv::recipe_names[static_cast<std::size_t>(recipe)]}, {"country", country}};
    json.update(training.json());
    return json;
  }

  /// With what may be another one when the training goes on.
  nlohmann::ordered_json all_options() const {
    nlohmann::ordered_json json = options();
    json.update({{"data", input.data().empty() ? "simulated" : input.data()}, {"epochs", training.epochs}});
    return json;
  }

  void run() {
    Tracking tracked = tracking.start(training.out, all_options());
    const HybridData data(recipe, input.read(), training.seed);
    Rng rng(training.seed);
    Forecaster forecaster(data, country == "index" ? clv::CountryInput::index : clv::CountryInput::one_hot,
                          training.seed, rng);
    if (!training.init.empty()) load(forecaster.model, training.init);
    const HybridDataset windows =
        clv::hybrid_dataset(data.panel, data.windows, data.scalers, forecaster.model.config.country);
    const HybridDataset train = windows.select(data.split.train), validation = windows.select(data.split.validation);
    if (!training.quiet) {
      std::printf("%s\n%td windows: %td to train on, %td to validate, %zu to test\n",
                  data.panel.counts.to_string().c_str(), windows.rows(), train.rows(), validation.rows(),
                  data.split.test.size());
      if (data.options.end) {
        std::printf("rows from %s on are left out, for that month is not over\n",
                    format_date(*data.options.end).c_str());
      }
    }
    const History history = fit_model(forecaster, train, validation, tracked);
    HybridComparison comparison(data, data.scalers);
    const Tensor<float> forecast = comparison.add("hybrid", data.scalers.money(predict(forecaster.model, windows)));
    comparison.add_rules();
    PlainLstm<float> lstm(forecaster.model.config, rng);
    fit_quietly(lstm, train);
    comparison.add("LSTM", data.scalers.money(predict(lstm, windows)));
    tracked.finish(training.out, write(forecaster, data, history, comparison, forecast));
  }

  AdamConfig adam_config() const { return AdamConfig::keras(training.learning_rate); }

  History fit_model(Forecaster& forecaster, const HybridDataset& train, const HybridDataset& validation,
                    Tracking& tracked) const {
    const Parameters<float> parameters(forecaster.model);
    tracked.watch(parameters);
    Adam<float> adam(parameters, adam_config());
    return training.train(forecaster.model, adam, mse<float>, train, validation,
                          {{"options", options().dump()}, {"data", state_json(forecaster.scalers).dump()}},
                          tracked.callbacks());
  }

  void fit_quietly(PlainLstm<float>& lstm, const HybridDataset& train) const {
    const Parameters<float> parameters(lstm);
    Adam<float> adam(parameters, adam_config());
    ThreadPool pool(training.threads);
    auto options = training.fit_options<HybridDataset>(pool);
    options.progress = Progress::silent;
    fit(lstm, adam, mse, train, options);
  }

  /// @return what was measured
  nlohmann::ordered_json write(const Forecaster& forecaster, const HybridData& data, const History& history,
                               const HybridComparison& comparison, const Tensor<float>& forecast) const {
    const std::string unit = comparison.in_money() ? "money" : "scaled";
    const auto file = [&](const char* name) { return in_directory(training.out, name); };
    const nlohmann::ordered_json all = all_options();
    nlohmann::ordered_json metrics = metrics_json(comparison.scored);
    metrics.update({{"unit", unit},
                    {"windows", comparison.rows()},
                    {"epochs", history.epochs()},
                    {"val_loss", history.last("val_loss")},
                    {"val_mse", history.last("val_data_loss")}});
    clv::save(forecaster, training.out, all);
    write_history(history, file("history.csv"));
    write_json(file("metrics.json"), metrics);
    clv::write_csv(comparison, forecast, file("predictions.csv"));
    const std::string lacks =
        training.no_report ? "" : write_report(data, history, comparison, clv::totals_of(comparison, forecast), all);
    if (training.quiet) return metrics;
    print(comparison);
    std::printf("\nvalidation: mse %.3g, loss with the decoder's penalty %.3g\n", history.last("val_data_loss"),
                history.last("val_loss"));
    std::printf("%s: model.safetensors, config.json, history.csv, metrics.json, predictions.csv\n",
                training.out.c_str());
    if (!training.no_report) std::printf("report: %s\n", file("report.html").c_str());
    if (!lacks.empty()) std::puts(lacks.c_str());
    return metrics;
  }

  /// @returns what keeps plots from being in it, or nothing
  std::string write_report(const HybridData& data, const History& history, const HybridComparison& comparison,
                           const clv::ForecastTotals& totals, const nlohmann::ordered_json& config) const {
    const std::string counts = "Recipe " + config["recipe"].get<std::string>() +
                               ", data: " + config["data"].get<std::string>() + ", seed " +
                               std::to_string(training.seed) + ". " + data.panel.counts.to_string() + ".";
    return write_clv_report({"Customer lifetime value: the hybrid Transformer-LSTM",
                             {counts},
                             comparison.scored,
                             comparison.in_money() ? "money" : "scaled",
                             history,
                             totals},
                            in_directory(training.out, "report.html"));
  }
};

struct Predict {
  ShopInput input;
  std::string model, out = "predictions.csv";

  void add_to(CLI::App& program) {
    CLI::App& app = *program.add_subcommand("predict", "write each customer's next months in money");
    input.add_options(app);
    app.add_option("--model", model, "directory that train wrote")->required();
    app.add_option("--out", out, "CSV file to write")->capture_default_str();
    app.final_callback([this] { run(); });
  }

  void run() const {
    const clv::Forecast forecast = clv::load(model).predict(input.read());
    clv::write_csv(forecast, out);
    std::printf("%s: %td months of %zu customers, from %s on\n", out.c_str(), forecast.amounts.shape()[1],
                forecast.customers.size(), format_date(month_start(forecast.first_month)).substr(0, 7).c_str());
    std::printf(
        "%zu customers came less than %d months before (column months_of_history): the months before their first "
        "purchase count as empty\n%zu customers have no row that the preparation keeps, and no forecast\n",
        forecast.short_histories(), forecast.input_months, forecast.left_out.size());
  }
};

struct Evaluate {
  ShopInput input;
  std::string model;

  void add_to(CLI::App& program) {
    CLI::App& app = *program.add_subcommand("evaluate", "measure a model on the test part of a shop's windows");
    input.add_options(app);
    app.add_option("--model", model, "directory that train wrote")->required();
    app.final_callback([this] { run(); });
  }

  void run() const {
    const Forecaster forecaster = clv::load(model);
    const HybridData data(forecaster.recipe, input.read(), forecaster.seed);
    HybridComparison comparison(data, forecaster.scalers);
    comparison.add("hybrid", forecaster.scalers.money(forecaster.predict(data.panel, data.windows)));
    comparison.add_rules();
    print(comparison);
  }
};

void print_summary() {
  Rng rng;
  const clv::Hybrid<float> model({.categories = 16}, rng);
  std::fputs(
      summary(model, Tensor<float>({30, 6, 5}), Tensor<float>({30, 6, 12}), Tensor<std::int64_t>({30, 16})).c_str(),
      stdout);
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("Customer lifetime value by the hybrid Transformer-LSTM.", "hybrid_clv");
  app.footer(examples);
  app.require_subcommand(1);
  Train train;
  Predict predict;
  Evaluate evaluate;
  train.add_to(app), predict.add_to(app), evaluate.add_to(app);
  app.add_subcommand("summary", "the published model's layers and parameters")->final_callback(print_summary);
  return run_program(app, argc, argv);
}
