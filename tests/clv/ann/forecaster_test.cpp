#include "tenure/clv/ann/forecaster.hpp"

#include "../../gradient_check.hpp"
#include "../../message.hpp"
#include "../../temporary_directory.hpp"
#include "shop.hpp"

using namespace tenure;

namespace {

std::vector<float> weights_of(const clv::AnnForecaster& model) {
  clv::Ann<float> network = *model.network;
  const Parameters<float> parameters(network);
  return {parameters.values().begin(), parameters.values().end()};
}

}  // namespace

TEST_CASE("a network's loss has the gradients that differences give, for each loss") {
  Rng rng(5);
  const Tensor<double> target({6, 1}, {0, 3, 0, 70, 0.5, 2});
  for (const auto loss : {clv::AnnLoss::mse, clv::AnnLoss::huber, clv::AnnLoss::ziln}) {
    clv::AnnConfig config{.inputs = 3, .hidden = {4}, .members = 2, .loss = loss};
    const clv::Ann<double> model(config, rng);
    const auto f = [&](auto& v) { return ann_loss(config, model(v[0], v[1]), v[0].tape().input(target)); };
    test::check_op(f, {test::random({6, 3}, rng), test::random({6, config.outputs()}, rng)});
  }
}

TEST_CASE("the forecast is the network's share and that of the corrected prior") {
  const clv::AnnData data = test::ann_shop_data();
  for (const auto loss : {clv::AnnLoss::mse, clv::AnnLoss::ziln}) {
    clv::AnnForecaster model(test::small_ann(loss));
    model.fit(data, {.epochs = 1});
    const auto spend = [&](double share) {
      model.share = share;
      return model.predict(data).spend;
    };
    const std::vector<double> half = spend(0.5), network = spend(1), prior = spend(0);
    for (std::size_t i = 0; i < half.size(); ++i) {
      CHECK(half[i] == doctest::Approx((network[i] + prior[i]) / 2));
      CHECK_UNARY(network[i] >= 0 && network[i] <= model.preparation.largest);
    }
  }
}

TEST_CASE("priors add up, once corrected, to what was spent") {
  const clv::AnnData data = test::ann_shop_data();
  const std::vector<Index> rows = test::all_rows(data);
  const clv::AnnPreparation preparation(data, rows, clv::AnnLoss::ziln, {});
  const Tensor<double> known = preparation.known(data, rows);
  CHECK(known.shape() == Shape{data.size(), static_cast<Index>(clv::ann_known_names().size())});
  double of_prior = 0, spent = 0;
  for (const Index i : rows) {
    of_prior += preparation.correction * clv::AnnPreparation::prior(known, i);
    spent += data.spend[static_cast<std::size_t>(i)];
  }
  CHECK(of_prior == doctest::Approx(spent));
}

TEST_CASE("what a forecaster is fitted to is the training part alone") {
  clv::AnnData data = test::ann_shop_data();
  const std::vector<Index> rows = tenure::detail::numbers(0, data.size() / 2);
  const auto fitted = [&] {
    clv::AnnForecaster model;
    model.preparation = clv::AnnPreparation(data, rows, clv::AnnLoss::mse, {});
    return state_text(model);
  };
  const std::string before = fitted();
  for (std::size_t i = rows.size(); i < data.spend.size(); ++i) {
    data.spend[i] = 1e6, data.summaries.monetary_value[i] *= 100;
    std::ranges::fill(data.features[static_cast<Index>(i)], 1e5);
  }
  CHECK(fitted() == before);
}

TEST_CASE("fit() gives the weights that a loop by hand gives") {
  const clv::AnnData data = test::ann_shop_data();
  clv::AnnForecaster model(test::small_ann());
  model.fit(data, {.epochs = 2, .seed = 3});
  const Split parts = split_at_random(data.size(), {.validation = 0.1}, Rng(3));
  const clv::AnnPreparation preparation(data, parts.train, clv::AnnLoss::ziln, {});
  const clv::AnnConfig& config = model.network->config;
  Rng rng(3);
  clv::Ann<float> network(config, rng);
  const clv::AnnDataset validation = preparation.dataset(data, parts.validation, config);
  const Parameters<float> by_hand(network);
  Adam<float> adam(by_hand, {.l2 = 1e-2 / 2});
  ThreadPool pool(1);
  const auto loss = [&](Var<float> y, Var<float> t) { return clv::ann_loss(config, y, t); };
  fit(network, adam, loss, preparation.dataset(data, parts.train, config),
      {.epochs = 2,
       .batch_size = 64,
       .seed = 3,
       .validation_data = &validation,
       .progress = Progress::silent,
       .executor = &pool});
  CHECK(weights_of(model) == std::vector<float>(by_hand.values().begin(), by_hand.values().end()));
}

TEST_CASE("a training that goes on from its checkpoint ends as an unbroken one, and not with other options") {
  const clv::AnnData data = test::ann_shop_data();
  const test::TemporaryDirectory directory;
  clv::TrainingOptions options{.epochs = 2, .directory = directory.path().string()};
  clv::AnnForecaster whole(test::small_ann()), parts(test::small_ann());
  whole.fit(data, {.epochs = 4});
  parts.fit(data, options);
  options.epochs = 4, options.resume = true;
  CHECK(parts.fit(data, options).epochs() == 4);
  CHECK(weights_of(parts) == weights_of(whole));
  options.seed = 7;
  test::check_throws<FileError>([&] { parts.fit(data, options); }, {"a checkpoint of a training with the options"});
}

TEST_CASE("a saved forecaster forecasts the same, and its parts must belong together") {
  const clv::AnnData data = test::ann_shop_data();
  clv::AnnForecaster model(test::small_ann());
  model.fit(data, {.epochs = 1});
  model.shifts = {0.1, 0.2, 0.3};
  const test::TemporaryDirectory directory, other;
  const std::string path = directory.path().string();
  model.save(path);
  const clv::AnnForecaster loaded = clv::AnnForecaster::load(path);
  CHECK(loaded.predict(data).spend == model.predict(data).spend);
  CHECK(loaded.predict(data).quantiles == model.predict(data).quantiles);
  CHECK(loaded.shifts == model.shifts);
  model.preparation.correction = 2;
  model.save(other.path().string());
  CHECK(clv::AnnForecaster::load(other.path().string()).preparation.correction == 2);
  std::filesystem::copy_file(other / "model.safetensors", directory / "model.safetensors",
                             std::filesystem::copy_options::overwrite_existing);
  test::check_throws<FileError>([&] { clv::AnnForecaster::load(path); }, {"the weights of the training that"});
}

TEST_CASE("a model that is not trained says what to call") {
  const clv::AnnForecaster model;
  const clv::AnnData data = test::ann_shop_data();
  const std::vector<std::string> parts = {"a trained model: call fit() or AnnForecaster::load() first"};
  test::check_throws<StateError>([&] { model.predict(data); }, parts);
  test::check_throws<StateError>([&] { model.evaluate(data); }, parts);
  test::check_throws<StateError>([&] { model.save("nowhere"); }, parts);
}

TEST_CASE("a training that an exception ends leaves no model half-way") {
  clv::AnnForecaster model;
  const clv::AnnData data = test::ann_shop_data();
  OnEpochEnd breaks([](Training&) { throw std::runtime_error("enough"); });
  CHECK_THROWS_AS(model.fit(data, {.epochs = 2, .callbacks = {&breaks}}), std::runtime_error);
  test::check_throws<StateError>([&] { model.save("no-such"); }, {"a trained model"});
}

TEST_CASE("quantiles are at least 0 and in the order of their shares, whatever their shifts") {
  clv::AnnForecast forecast;
  forecast.spend = {9, 0};
  forecast.quantiles = {{5, 0}, {8, 0}};
  const auto shifted = clv::shifted_quantiles(forecast, std::vector{-1.0, -0.7});
  CHECK(shifted[0] == std::vector<double>{0, 0});
  CHECK(shifted[1] == std::vector<double>{1, 0});
  CHECK(clv::shifted_quantiles(forecast, std::vector{0.1, -1.0})[1] == std::vector{6.0, 0.1});
  test::check_throws<ShapeError>([&] { clv::shifted_quantiles(forecast, {}); }, {"a shift for each of 2 levels"});
}
