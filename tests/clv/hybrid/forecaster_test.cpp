#include "tenure/clv/hybrid/forecaster.hpp"

#include "../../message.hpp"
#include "../../temporary_directory.hpp"
#include "tenure/clv/hybrid/evaluation.hpp"
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

/// A small model that knows nothing, in a directory.
clv::Forecaster saved(const std::string& directory, clv::Recipe recipe = clv::Recipe::published) {
  Rng rng(1);
  const clv::HybridData data(recipe, shop(), 1);
  clv::Forecaster forecaster(data, clv::CountryInput::one_hot, 1, rng);
  clv::save(forecaster, directory);
  return forecaster;
}

}  // namespace

TEST_CASE("a saved model forecasts in three lines what it did before: scalers, countries and weights together") {
  const TemporaryDirectory directory;
  const clv::Forecaster before = saved(directory.path());
  const auto model = clv::load(directory.path());
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
  const TemporaryDirectory directory;
  clv::Forecaster model = saved(directory.path());
  std::ranges::fill(model.model.output.weight.value(), 0.0F);
  model.model.output.bias->value()(0) = 1;
  const double highest = model.scalers.target.shift(0) + model.scalers.target.spread(0);
  for (const float amount : model.predict(shop()).amounts) {
    CHECK(static_cast<double>(amount) == doctest::Approx(highest).epsilon(1e-6));
  }
}

TEST_CASE("a directory of another version, of something else or of two trainings is refused by name") {
  const TemporaryDirectory directory;
  const auto check = [&](const std::vector<std::string>& parts) {
    check_throws<FileError>([&] { clv::load(directory.path()); }, parts);
  };
  check({"config.json: expected to be able to open it"});
  saved(directory.path());
  const std::string path = directory / "config.json", text = read_text(path);
  const auto replaced = [&](const std::string& from, const std::string& to) {
    std::string changed = text;
    changed.replace(changed.find(from), from.size(), to);
    write_text(path, changed);
  };
  replaced("\"format\": 1", "\"format\": 2");
  check({"config.json: expected a directory of format 1", "got format 2 of tenure " TENURE_VERSION});
  replaced("\"recipe\": \"published\"", "\"recipe\": \"best\"");
  check({"expected a recipe that is known, got best"});
  replaced("\"units\": 64", "\"units\": \"many\"");
  check({"config.json: expected what this version of tenure writes"});
  replaced("\"split_seed\": 1", "\"split_seed\": 2");
  check({"model.safetensors: expected the weights of the training that"});
  write_text(path, "[]");
  check({"expected the config.json of a hybrid model, got something else"});
  write_text(path, "{");
  check({"expected the config.json of a hybrid model"});
}

TEST_CASE("recipes: no customer, or no target month, on both sides of a cut") {
  const clv::HybridData honest(clv::Recipe::customer_holdout, shop(), 5);
  std::set<std::size_t> seen;
  for (const auto* part : {&honest.split.train, &honest.split.validation, &honest.split.test}) {
    std::set<std::size_t> own;
    for (const Index w : *part) own.insert(honest.windows.customer[static_cast<std::size_t>(w)]);
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

TEST_CASE("honest recipes drop customers who are missing and a last month that is not over") {
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
  const clv::HybridData published(clv::Recipe::published, shop(), 5), honest(clv::Recipe::customer_holdout, shop(), 5);
  const auto top = [](const clv::HybridData& data) {
    return data.scalers.target.shift(0) + data.scalers.target.spread(0);
  };
  CHECK(top(published) == doctest::Approx(highest(published, true)));
  CHECK(top(honest) == doctest::Approx(highest(honest, false)));
}
