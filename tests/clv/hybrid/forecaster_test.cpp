#include "tenure/clv/hybrid/forecaster.hpp"

#include "../../message.hpp"
#include "../../temporary_directory.hpp"
#include "tenure/clv/hybrid/report.hpp"
#include "tenure/clv/transactions/simulate.hpp"

using namespace tenure;
using namespace tenure::test;

namespace {

const clv::Transactions& shop() {
  static const clv::Transactions transactions = [] {
    Rng rng(3);
    return clv::simulate_shop({.customers = 40}, rng).transactions;
  }();
  return transactions;
}

const clv::HybridData& shop_data() {
  static const clv::HybridData data(clv::Recipe::published, shop(), 1);
  return data;
}

const clv::TrainingOptions two_epochs{.epochs = 2, .seed = 4};

/// A model that has seen the shop twice.
const clv::HybridForecaster& trained() {
  static const clv::HybridForecaster model = [] {
    clv::HybridForecaster forecaster;
    forecaster.fit(shop_data(), two_epochs);
    return forecaster;
  }();
  return model;
}

std::vector<float> weights_of(const clv::HybridForecaster& model) {
  clv::Hybrid<float> network = *model.network;
  const Parameters<float> parameters(network);
  return {parameters.values().begin(), parameters.values().end()};
}

}  // namespace

TEST_CASE("fit() gives the weights that a loop by hand gives") {
  const clv::HybridData& data = shop_data();
  Rng rng(4);
  const clv::HybridConfig& sizes = trained().config.network;
  CHECK(sizes.categories == data.scalers.countries.categories());
  clv::HybridForecaster by_hand;
  clv::Hybrid<float>& network = by_hand.network.emplace(sizes, rng);
  const clv::HybridDataset windows = hybrid_dataset(data.panel, data.windows, data.scalers, clv::CountryInput::one_hot),
                           validation = windows.select(data.split.validation);
  Adam<float> adam(Parameters<float>(network), AdamConfig::keras());
  ThreadPool pool(1);
  fit(network, adam, mse<float>, windows.select(data.split.train),
      {.epochs = 2,
       .batch_size = 30,
       .seed = 4,
       .validation_data = &validation,
       .progress = Progress::silent,
       .executor = &pool});
  CHECK(weights_of(trained()) == weights_of(by_hand));
}

TEST_CASE("a training that goes on from its checkpoint ends as an unbroken one, and not with other options") {
  const TemporaryDirectory directory;
  clv::TrainingOptions options = two_epochs;
  options.directory = directory.path().string();
  options.epochs = 1;
  clv::HybridForecaster model;
  model.fit(shop_data(), options);
  options.epochs = 2, options.resume = true;
  CHECK(model.fit(shop_data(), options).epochs() == 2);
  CHECK(weights_of(model) == weights_of(trained()));
  options.learning_rate = 1;
  check_throws<FileError>([&] { model.fit(shop_data(), options); }, {"a checkpoint of a training with the options"});
}

TEST_CASE("who watches a training sees the weights that it trains, which are those without it") {
  std::optional<std::vector<float>> first;
  std::shared_ptr<ParameterStorage<float>> watched;
  clv::TrainingOptions options = two_epochs;
  options.watch = [&](const Parameters<float>& parameters) {
    watched = parameters.storage();
    first.emplace(watched->values.begin(), watched->values.end());
  };
  clv::HybridForecaster model;
  model.fit(shop_data(), options);
  CHECK(weights_of(model) == weights_of(trained()));
  REQUIRE(first);
  CHECK(std::vector<float>(watched->values.begin(), watched->values.end()) == weights_of(model));
  CHECK(*first != weights_of(model));
}

TEST_CASE("a model that is not trained says what to call, and a trained one takes its own recipe's data alone") {
  const clv::HybridForecaster model;
  const std::vector<std::string> parts = {"a trained model: call fit() or HybridForecaster::load() first"};
  check_throws<StateError>([&] { model.predict(shop()); }, parts);
  check_throws<StateError>([&] { model.evaluate(shop_data()); }, parts);
  check_throws<StateError>([&] { model.save("nowhere"); }, parts);
  CHECK(!std::filesystem::exists("nowhere"));
  const clv::HybridData forward(clv::Recipe::forward, shop(), 1);
  check_throws<ValueError>([&] { trained().evaluate(forward); }, {"the model's recipe, published, got forward"});
}

TEST_CASE("a training that an exception ends leaves no model half-way") {
  clv::HybridForecaster model;
  model.fit(shop_data(), {.epochs = 1});
  OnEpochEnd breaks([](Training&) { throw std::runtime_error("enough"); });
  CHECK_THROWS_AS(model.fit(shop_data(), {.epochs = 2, .callbacks = {&breaks}}), std::runtime_error);
  check_throws<StateError>([&] { model.save("no-such"); }, {"a trained model"});
}

TEST_CASE("an evaluation has the model first, then the rules, and the plain LSTM where it is to be trained") {
  const clv::HybridComparison alone = trained().evaluate(shop_data());
  REQUIRE(alone.scored.size() == 3);
  CHECK(alone.scored[0].name == "hybrid");
  CHECK(alone.scored[1].name == "mean of input months");
  CHECK(alone.scored[2].name == "last month repeated");
  CHECK(alone.customers.size() == shop_data().split.test.size());
  CHECK(alone.forecast.shape() == alone.target.shape());
  const clv::HybridComparison with = trained().evaluate(shop_data(), two_epochs);
  REQUIRE(with.scored.size() == 4);
  CHECK(with.scored[0].scores.rmse == alone.scored[0].scores.rmse);
  CHECK(with.scored[3].name == "LSTM");
}

TEST_CASE("a run leaves files that a page is made of too, without a program") {
  const TemporaryDirectory directory;
  const std::string path = (directory.path() / "made").string();
  clv::HybridForecaster model;
  const History history = model.fit(shop_data(), two_epochs);
  const auto comparison = model.evaluate(shop_data());
  const auto metrics = clv::write_run(model, history, comparison, path, {{"data", "simulated"}});
  CHECK(metrics["epochs"] == 2);
  CHECK(metrics["unit"] == "scaled");
  CHECK(read_text(in_directory(path, "predictions.csv")).starts_with("customer,month,actual,predicted\n"));
  CHECK(read_text(in_directory(path, "config.json")).find("\"data\": \"simulated\"") != std::string::npos);
  clv::write_report(comparison, history, {"A note."}, in_directory(path, "report.html"));
  CHECK(read_text(in_directory(path, "report.html")).find("A note.") != std::string::npos);
  CHECK(text_of(comparison).starts_with("On the "));
}

TEST_CASE("a saved model forecasts in three lines what it did before: scalers, countries and weights together") {
  const TemporaryDirectory directory;
  const clv::HybridForecaster& before = trained();
  before.save(directory.path());
  const auto model = clv::HybridForecaster::load(directory.path());
  const auto forecast = model.predict(shop());
  CHECK(forecast.amounts.shape() == Shape{static_cast<Index>(forecast.customers.size()), 6});
  const auto expected = before.predict(shop());
  CHECK(std::ranges::equal(forecast.amounts, expected.amounts));
  CHECK(forecast.customers == expected.customers);
  CHECK(model.scalers.countries.names() == before.scalers.countries.names());
  CHECK(forecast.first_month == month_index(parse_date("2024-01-01", "test")));
  CHECK(forecast.short_histories() ==
        static_cast<std::size_t>(std::ranges::count_if(forecast.history, [](int months) { return months < 6; })));
}

TEST_CASE("a forecast is in money: where the model gives the scale's ends, they are the target's") {
  clv::HybridForecaster model = trained();
  std::ranges::fill(model.network->output.weight.value(), 0.0F);
  model.network->output.bias->value()(0) = 1;
  const double highest = model.scalers.target.shift(0) + model.scalers.target.spread(0);
  for (const float amount : model.predict(shop()).amounts) {
    CHECK(static_cast<double>(amount) == doctest::Approx(highest).epsilon(1e-6));
  }
}

TEST_CASE("a directory of 0.1, whose recipe is called honest, is one of customer_holdout") {
  const TemporaryDirectory directory;
  clv::HybridForecaster model = trained();
  model.config.recipe = clv::Recipe::customer_holdout;
  model.save(directory.path());
  const auto replaced = [](std::string text, const std::string& from, const std::string& to) {
    for (std::size_t at = 0; (at = text.find(from, at)) != std::string::npos; at += to.size()) {
      text.replace(at, from.size(), to);
    }
    return text;
  };
  // Blanks, for the header of a file of weights must stay as long as it is.
  const std::string config = read_text(directory / "config.json"), weights = read_text(directory / "model.safetensors");
  write_text(directory / "config.json",
             replaced(replaced(config, "customer_holdout", "honest"), TENURE_VERSION, "0.1.0"));
  write_text(
      directory / "model.safetensors",
      replaced(replaced(weights, R"(\"customer_holdout\")", R"(          \"honest\")"), TENURE_VERSION, "0.1.0"));
  CHECK(clv::HybridForecaster::load(directory.path()).config.recipe == clv::Recipe::customer_holdout);
}

TEST_CASE("a directory of another version, of something else or of two trainings is refused by name") {
  const TemporaryDirectory directory;
  const auto check = [&](const std::vector<std::string>& parts) {
    check_throws<FileError>([&] { clv::HybridForecaster::load(directory.path()); }, parts);
  };
  check({"config.json: expected to be able to open it"});
  trained().save(directory.path());
  const std::string path = directory / "config.json", text = read_text(path);
  const auto replaced = [&](const std::string& from, const std::string& to) {
    std::string changed = text;
    changed.replace(changed.find(from), from.size(), to);
    write_text(path, changed);
  };
  replaced("\"format\": 1", "\"format\": 2");
  check({"config.json: expected a directory of format 1", "got format 2 of tenure " TENURE_VERSION});
  replaced("\"recipe\": \"published\"", "\"recipe\": \"best\"");
  check({"config.json, recipe: expected a recipe that is known, got \"best\""});
  replaced("\"units\": 64", "\"units\": \"many\"");
  check({"config.json, config.units: expected an integer of 64 bits, got \"many\""});
  replaced("\"split_seed\": 1", "\"split_seed\": 2");
  check({"model.safetensors: expected the weights of the training that"});
  write_text(path, "[]");
  check({"expected the config.json of a hybrid model, got something else"});
  write_text(path, "{");
  check({"config.json: expected JSON"});
}

TEST_CASE("recipes: no customer, or no target month, on both sides of a cut") {
  const clv::HybridData holdout(clv::Recipe::customer_holdout, shop(), 5);
  std::set<std::size_t> seen;
  for (const auto* part : {&holdout.split.train, &holdout.split.validation, &holdout.split.test}) {
    std::set<std::size_t> own;
    for (const Index w : *part) own.insert(holdout.windows.customer[static_cast<std::size_t>(w)]);
    for (const std::size_t customer : own) CHECK(seen.insert(customer).second);
  }
  const clv::HybridData forward(clv::Recipe::forward, shop(), 5);
  CHECK(forward.options.input_months == 3);
  std::set<int> months;
  for (const auto* part : {&forward.split.train, &forward.split.validation, &forward.split.test}) {
    std::set<int> own;
    for (const Index w : *part) {
      for (int t = 3; t < 6; ++t) own.insert(forward.windows.first_month[static_cast<std::size_t>(w)] + t);
    }
    for (const int month : own) CHECK(months.insert(month).second);
  }
}

TEST_CASE("recipes without a look at the test part drop customers who are missing and a last month that is not over") {
  clv::Transactions transactions = shop();
  CHECK(!clv::panel_options(clv::Recipe::customer_holdout, transactions).end);  // the last of December 2023
  const std::int64_t end = time_of(parse_date("2023-12-10", "test"));
  for (std::int64_t& time : transactions.time) time = std::min(time, end);
  const auto options = clv::panel_options(clv::Recipe::customer_holdout, transactions);
  REQUIRE(options.end);
  CHECK(format_date(*options.end) == "2023-12-01");
  CHECK(options.missing == clv::MissingCustomer::dropped);
  CHECK(std::ranges::max(clv::monthly_panel(transactions, options).month) == month_index(*options.end) - 1);
  CHECK(!clv::panel_options(clv::Recipe::published, transactions).end);
}

TEST_CASE("scalers of the published recipe know all windows, those of the others the training part alone") {
  const auto highest = [](const clv::HybridData& data, bool all) {
    float value = -1e30F;
    for (Index w = 0; w < data.windows.count(); ++w) {
      if (!all && std::ranges::find(data.split.train, w) == data.split.train.end()) continue;
      for (const float amount : data.windows.target[w]) value = std::max(value, amount);
    }
    return static_cast<double>(value);
  };
  const clv::HybridData published(clv::Recipe::published, shop(), 5), holdout(clv::Recipe::customer_holdout, shop(), 5);
  const auto top = [](const clv::HybridData& data) {
    return data.scalers.target.shift(0) + data.scalers.target.spread(0);
  };
  CHECK(top(published) == doctest::Approx(highest(published, true)));
  CHECK(top(holdout) == doctest::Approx(highest(holdout, false)));
}
