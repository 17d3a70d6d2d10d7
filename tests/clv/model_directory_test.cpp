/// Models' directories that a stranger made: whatever config.json says, load() gives a model that forecasts, or throws
/// an Error. Under the sanitizers, a read out of bounds or an overflow is a failure as well.
#include "tenure/clv/model_directory.hpp"

#include "../json_mutator.hpp"
#include "../message.hpp"
#include "../sanitized.hpp"
#include "../temporary_directory.hpp"
#include "ann/shop.hpp"
#include "bigru/daily_shops.hpp"
#include "daily_ltv/tables.hpp"
#include "tenure/clv/bigru/forecaster.hpp"
#include "tenure/clv/daily_ltv/forecaster.hpp"
#include "tenure/clv/hybrid/forecaster.hpp"

using namespace tenure;

namespace {

const clv::Transactions& small_shop() {
  static const clv::Transactions transactions = [] {
    Rng rng(3);
    return clv::simulate_shop({.customers = 12}, rng).transactions;
  }();
  return transactions;
}

/// Rows to fit a scaler to.
Tensor<double> spread_rows(Index features) {
  Tensor<double> rows({3, features});
  for (Index i = 0; i < rows.size(); ++i) rows.data()[i] = static_cast<double>(i % 5);
  return rows;
}

/// Models that nobody trained, but that have all that load() asks for.
clv::HybridForecaster small_hybrid() {
  clv::HybridForecaster model;
  model.scalers.trend.fit(spread_rows(12));
  model.scalers.target.fit(spread_rows(1));
  model.scalers.countries = CategoryEncoder(std::vector<std::string>{"United Kingdom", "France"});
  model.config.network = {.categories = 3, .width = 2, .heads = 2, .inner = 2, .encoders = 1, .units = 2};
  Rng rng(1);
  model.network.emplace(model.config.network, rng);
  return model;
}

clv::BiGruForecaster small_bigru() {
  clv::BiGruForecaster model;
  model.regressors = {"spend"};
  model.config.data.window = 5;
  model.config.network = {.features = 16, .units = 2, .layers = 2, .hidden = 2, .attention = true};
  model.scalers.inputs.fit(spread_rows(16));
  model.scalers.target.fit(spread_rows(1));
  restore_state(model.residuals, R"({"floor": 0.1, "by_weekday": [[], [], [], [], [], [], [], [-1, 0, 1]]})");
  Rng rng(1);
  model.network.emplace(model.config.network, rng);
  return model;
}

clv::AnnForecaster small_ann_model() {
  clv::AnnForecaster model({.network = {.inputs = clv::ann_inputs, .hidden = {2, 2}, .members = 2}});
  model.preparation.scaler.fit(spread_rows(clv::ann_inputs));
  model.preparation.horizon = 91;
  model.preparation.largest = 100;
  model.shifts = {-1, 0, 1};
  Rng rng(1);
  model.network.emplace(model.config.network, rng);
  return model;
}

clv::DailyLtvForecaster small_daily_ltv() {
  clv::DailyLtvForecaster model({.network = {.units1 = 2, .units2 = 2, .hidden = 2}});
  model.initialize(1);
  model.factors.assign(30, 1.1);
  return model;
}

#ifdef TENURE_TEST_SANITIZED
constexpr int rounds = 600;
#else
constexpr int rounds = 3000;
#endif

struct Outcomes {
  int loaded = 0, refused = 0;
};

/// Mutates a directory's config.json again and again, and loads and uses what comes of it. The weights say nothing of
/// whose they are, so that it is not for that alone that all is refused.
template <class Forecaster, class Use>
Outcomes fuzz(const Forecaster& model, const Use& use) {
  const test::TemporaryDirectory directory;
  const std::string path = directory.path().string(), config = directory / "config.json";
  model.save(path);
  save(*model.network, directory / "model.safetensors");
  use(Forecaster::load(path));
  const nlohmann::ordered_json json = JsonFile(config).json();
  test::JsonMutator mutated(7);
  Outcomes outcomes;
  for (int i = 0; i < rounds; ++i) {
    const std::string text = mutated(json);
    INFO("config.json: ", text);
    test::write_text(config, text);
    try {
      use(Forecaster::load(path));
      ++outcomes.loaded;
    } catch (const Error& error) {
      ++outcomes.refused;
      CHECK(std::string_view(error.what()).size() < 2000);
    } catch (const std::exception& error) {
      FAIL_CHECK("not an Error of tenure: " << error.what());
    }
  }
  return outcomes;
}

void check_both(const Outcomes& outcomes) {
  CHECK(outcomes.loaded > rounds / 100);  // a seed that only breaks JSON would test little
  CHECK(outcomes.refused > rounds / 4);
}

}  // namespace

TEST_CASE("sizes in a configuration give as many parameters as their network has") {
  Rng rng(1);
  const auto count = [](auto network) { return static_cast<double>(Parameters<float>(network).count()); };
  const auto agree = [&]<class Network>(std::type_identity<Network>, const auto& sizes) {
    return sizes.parameters() == count(Network(sizes, rng));
  };
  CHECK(agree(std::type_identity<clv::Hybrid<float>>(), clv::HybridConfig{.categories = 16}));
  CHECK(agree(std::type_identity<clv::Hybrid<float>>(),
              clv::HybridConfig{.categories = 9, .width = 6, .heads = 3, .country = clv::CountryInput::index}));
  for (const bool attention : {false, true}) {
    for (const Index layers : {1, 3}) {
      CHECK(agree(std::type_identity<clv::BiGru<float>>(),
                  clv::BiGruConfig{.features = 17, .units = 5, .layers = layers, .hidden = 3, .attention = attention}));
    }
  }
  CHECK(agree(std::type_identity<clv::Ann<float>>(), clv::AnnConfig{.inputs = 7, .hidden = {5, 3}}));
  CHECK(agree(std::type_identity<clv::Ann<float>>(),
              clv::AnnConfig{.inputs = 7, .hidden = {}, .loss = clv::AnnLoss::mse}));
  CHECK(agree(std::type_identity<clv::DailyLtv<float>>(), clv::DailyLtvConfig{}));
}

TEST_CASE("a hybrid's config.json of any content: load() works or says what is wrong") {
  check_both(fuzz(small_hybrid(), [](const clv::HybridForecaster& model) { model.predict(small_shop()); }));
}

TEST_CASE("a BiGRU's config.json of any content: load() works or says what is wrong") {
  const DailySeriesSet set = test::daily_shops(12, 1, true);
  check_both(
      fuzz(small_bigru(), [&](const clv::BiGruForecaster& model) { model.predict(set, {.horizon = 2, .paths = 2}); }));
}

TEST_CASE("an ANN's config.json of any content: load() works or says what is wrong") {
  const clv::AnnData data = clv::ann_customers(small_shop(), clv::last_day(small_shop()));
  check_both(fuzz(small_ann_model(), [&](const clv::AnnForecaster& model) { model.predict(data); }));
}

TEST_CASE("a daily LTV model's config.json of any content: load() works or says what is wrong") {
  const clv::DailyLtvTable table = test::ltv_table({test::growing(0.1, 40, 20), test::growing(0.2, 40, 9)});
  check_both(
      fuzz(small_daily_ltv(), [&](const clv::DailyLtvForecaster& model) { model.corrected(model.predict(table)); }));
}

TEST_CASE("what a hostile configuration asks for is refused by file and key") {
  const test::TemporaryDirectory directory;
  const std::string path = directory.path().string(), file = directory / "config.json";
  const auto said = [&](const auto& model, const char* pointer, const nlohmann::ordered_json& value) {
    model.save(path);
    nlohmann::ordered_json json = JsonFile(file).json();
    json[nlohmann::ordered_json::json_pointer(pointer)] = value;
    test::write_text(file, json.dump());
    using Model = std::remove_cvref_t<decltype(model)>;
    const std::string message = message_of<FileError>([&] { Model::load(path); });
    return message.substr((std::min)(message.find("config.json"), message.size()));
  };
  CHECK(said(small_hybrid(), "/config/horizon", std::int64_t{1} << 31) ==
        "config.json, config.horizon: expected 1 to 1000000, got 2147483648");
  CHECK(said(small_hybrid(), "/config/horizon", 7) ==
        "config.json, config: expected steps and horizon of 6, as the recipe published has, got 6 and 7");
  CHECK(said(small_hybrid(), "/scalers/countries/names", {"a"}) ==
        "config.json, scalers.countries: expected 3 categories, as config.places has, the unknown one included, got 2");
  CHECK(said(small_hybrid(), "/scalers/countries/names/1", "United Kingdom") ==
        "config.json, scalers.countries.names: expected each name once, got \"United Kingdom\" twice");
  CHECK(said(small_bigru(), "/residuals/by_weekday", nlohmann::ordered_json::array()) ==
        "config.json, residuals.by_weekday: expected 8 lists, got 0");
  CHECK(said(small_bigru(), "/residuals/by_weekday/7", nlohmann::ordered_json::array()) ==
        "config.json, residuals.by_weekday[7]: expected residuals, got none");
  CHECK(said(small_bigru(), "/regressors", nlohmann::ordered_json::array()) ==
        "config.json, config.features: expected 15, with 0 regressors, got 16");
  CHECK(said(small_ann_model(), "/fitted/shifts", nlohmann::ordered_json::array()) ==
        "config.json, fitted.shifts: expected 3, one for each quantile, got 0");
  CHECK(said(small_ann_model(), "/settings/horizon", std::int64_t{1} << 31) ==
        "config.json, settings.horizon: expected an integer of 32 bits, got 2147483648");
  // Sizes that the weights do not have are not even tried.
  for (const Index units : {1'000'000, 3}) {
    test::check_throws<FileError>(
        [&] {
          clv::DailyLtvForecaster model = small_daily_ltv();
          model.save(path);
          save(*model.network, directory / "model.safetensors");
          nlohmann::ordered_json json = JsonFile(file).json();
          json["config"]["units1"] = units;
          test::write_text(file, json.dump());
          clv::DailyLtvForecaster::load(path);
        },
        {"config.json, config: expected sizes of a network of at most "});
  }
}
