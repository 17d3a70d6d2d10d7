/// The hybrid Transformer-LSTM of keras.io, "Deep Learning for Customer Lifetime Value": trains it on a shop's
/// transactions, measures it beside rules that need no training, and forecasts customers' next months.
#include <tenure/clv/hybrid/report.hpp>
#include <tenure/nn/summary.hpp>

#include "common/shop_input.hpp"
#include "common/tracking_options.hpp"
#include "common/training_options.hpp"

using namespace tenure;
using clv::HybridData, clv::HybridForecaster, clv::Recipe;

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
    {"published", Recipe::published}, {"customer_holdout", Recipe::customer_holdout}, {"forward", Recipe::forward}};
const std::map<std::string, std::string> names_of_0_1 = {{"honest", "customer_holdout"}};
void train(const ShopInput& input, const clv::HybridForecasterConfig& config, const TrainingOptions& options,
           const TrackingOptions& tracking) {
  const DirectoryLock lock = options.lock();
  nlohmann::ordered_json all = clv::options_json(config);
  all.update(options.json(input.source()));
  Tracking tracked = tracking.start(options.out, all);
  const HybridData data(config.recipe, input.read(), options.seed);
  if (!options.quiet) std::fputs(data.to_string().c_str(), stdout);
  HybridForecaster model(config);
  const History history = model.fit(data, tracked.followed(options.training()));
  const clv::HybridComparison comparison = model.evaluate(data, options.training());
  const nlohmann::ordered_json metrics = clv::write_run(model, history, comparison, options.out, all);
  const std::string note = "Recipe " + all["recipe"].get<std::string>() + ", data: " + input.source() + ", seed " +
                           std::to_string(options.seed) + ". " + data.panel.counts.to_string() + ".";
  const std::string page = in_directory(options.out, "report.html"),
                    lacks = options.no_report ? "" : clv::write_report(comparison, history, {note}, page);
  if (!options.quiet) {
    std::printf("\n%s\nvalidation: mse %.3g, loss with the decoder's penalty %.3g\n", text_of(comparison).c_str(),
                history.last("val_data_loss"), history.last("val_loss"));
    options.say_written("model.safetensors, config.json, history.csv, metrics.json, predictions.csv", lacks);
  }
  tracked.finish(options.out, metrics);
}

void predict(const ShopInput& input, const std::string& model, const std::string& out) {
  const clv::HybridForecast forecast = HybridForecaster::load(model).predict(input.read());
  clv::write_csv(forecast, out);
  std::printf("%s: %td months of %zu customers, from %s on\n", out.c_str(), forecast.amounts.shape()[1],
              forecast.customers.size(), format_month(forecast.first_month).c_str());
  std::printf(
      "%zu customers came less than %d months before (column months_of_history): the months before their first "
      "purchase count as empty\n%zu customers have no row that the preparation keeps, and no forecast\n",
      forecast.short_histories(), forecast.input_months, forecast.left_out.size());
}

void evaluate(const ShopInput& input, const std::string& directory) {
  const HybridForecaster model = HybridForecaster::load(directory);
  const HybridData data(model.config.recipe, input.read(), model.split_seed);
  std::printf("\n%s", text_of(model.evaluate(data)).c_str());
}

void print_summary() {
  Rng rng;
  const clv::Hybrid<float> model({.categories = 16}, rng);
  const Tensor<float> temporal({30, 6, 5}), trend({30, 6, 12});
  std::fputs(summary(model, temporal, trend, Tensor<std::int64_t>({30, 16})).c_str(), stdout);
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("Customer lifetime value by the hybrid Transformer-LSTM.", "hybrid_clv");
  app.footer(examples);
  app.require_subcommand(1);
  ShopInput input, others;
  clv::HybridForecasterConfig config;
  TrainingOptions training{.out = "runs/hybrid_clv", .batch_size = 30};
  TrackingOptions tracking;
  std::string country = "one_hot", model, out = "predictions.csv";

  CLI::App& trains = *app.add_subcommand("train", "train the model, measure it and write all to a directory");
  input.add_options(trains, false);
  trains
      .add_option("--recipe", config.recipe,
                  "published: as on keras.io; customer_holdout: no test row is seen in training; forward: 3 months in, "
                  "3 out, tested on the last ones")
      ->transform(CLI::CheckedTransformer(recipes))
      ->transform(CLI::Transformer(names_of_0_1).description(""))
      ->default_str("published");
  trains.add_option("--country", country, "how it is embedded: one_hot, as published, or index")
      ->check(CLI::IsMember({"one_hot", "index"}))
      ->capture_default_str();
  training.add_options(trains, "of the weights, the order of the rows and the split by customers");
  tracking.add_options(trains, "hybrid_clv");
  trains.final_callback([&] {
    if (country == "index") config.network.country = clv::CountryInput::index;
    train(input, config, training, tracking);
  });

  CLI::App& predicts = *app.add_subcommand("predict", "write each customer's next months in money");
  CLI::App& evaluates = *app.add_subcommand("evaluate", "measure a model on the test part of a shop's windows");
  for (CLI::App* one : {&predicts, &evaluates}) {
    others.add_options(*one);
    one->add_option("--model", model, "directory that train wrote")->required();
  }
  predicts.add_option("--out", out, "CSV file to write")->capture_default_str();
  predicts.final_callback([&] { predict(others, model, out); });
  evaluates.final_callback([&] { evaluate(others, model); });
  app.add_subcommand("summary", "the published model's layers and parameters")->final_callback(print_summary);
  return run_program(app, argc, argv);
}
